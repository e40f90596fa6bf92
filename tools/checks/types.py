"""mypy, once for the desktop's code and once for each family of boards against its stubs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from checks.source import ROOT, python_files

SHARED = ("lib", "firmware")

RP2 = ("boards/hal/rp2.py", "boards/hal/rp2_relay.py", "boards/hal/rp2_senders.py")

# Target (its settings: mypy/<target>.ini) -> folders and files. Everything in boards/hal has one.
TARGETS = {
    "desktop": ("tools", "boards/hal/unix.py"),
    "rp2": (*SHARED, *RP2),
    "esp32": (*SHARED, "boards/hal/esp32.py"),
    "circuitpython": (*SHARED, "boards/hal/circuitpython.py"),
}


def files_of(target: str, root: Path = ROOT) -> list[str]:
    """The files of a target that the project has, relative to `root`."""
    found = python_files(TARGETS[target], root)
    found += [root / name for name in TARGETS[target] if (root / name).is_file()]
    return [path.relative_to(root).as_posix() for path in found]


def unchecked(root: Path = ROOT) -> list[str]:
    """Device files that belong to no target."""
    checked = {name for target in TARGETS for name in files_of(target, root)}
    every = (path.relative_to(root).as_posix() for path in python_files((*SHARED, "boards"), root))
    return [name for name in every if name not in checked]


def check(target: str) -> bool:
    files = files_of(target)
    print(f"types: {target}, {len(files)} files", flush=True)
    settings = f"tools/checks/mypy/{target}.ini"
    command = [sys.executable, "-m", "mypy", "--config-file", settings, *files]
    return subprocess.run(command, cwd=ROOT).returncode == 0


def main() -> None:
    for name in unchecked():
        sys.exit(f"{name}: no target of tools/checks/types.py checks this file")
    # All targets run even if one fails: their findings are fixed together.
    verdicts = [check(target) for target in TARGETS]
    sys.exit(not all(verdicts))


if __name__ == "__main__":
    main()
