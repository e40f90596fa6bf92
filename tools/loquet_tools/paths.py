"""Where the project's own files are, and the interpreters that run the firmware."""

from __future__ import annotations

import sys
from pathlib import Path

from loquet_tools.errors import ArgumentError

ROOT = Path(__file__).resolve().parents[2]

MICROPYTHON = "micropython"
CPYTHON = "cpython"
INTERPRETERS = (MICROPYTHON, CPYTHON)


def device_sources(root: Path = ROOT) -> list[Path]:
    """What a device of the Unix family imports, relative to `root`."""
    found = [*(root / "lib").rglob("*.py"), *(root / "firmware/app").rglob("*.py")]
    return sorted(path.relative_to(root) for path in [*found, root / "boards/hal/unix.py"])


def interpreter(name: str, root: Path = ROOT) -> Path:
    """The program that `--interpreter NAME` means. Raises ArgumentError if it is not there."""
    if name == CPYTHON:
        return Path(sys.executable)
    path = root / ".cache/micropython/micropython"
    if not path.exists():
        raise ArgumentError(
            f"--interpreter is {name}, and there is no {path}; "
            "`make run` or tools/setup/micropython.sh in the project's folder gets it"
        )
    return path
