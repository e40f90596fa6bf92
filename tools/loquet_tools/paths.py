"""Where the project's own files are, and the interpreters that run the firmware.

The build of a device's firmware imports this too: nothing but Python itself is there then.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path

from loquet_tools.errors import ArgumentError

ROOT = Path(__file__).resolve().parents[2]

MICROPYTHON = "micropython"
CPYTHON = "cpython"
INTERPRETERS = (MICROPYTHON, CPYTHON)


def device_sources(root: Path = ROOT, hal: str = "unix") -> list[Path]:
    """What a device with that hal imports, relative to `root`: nothing else goes there."""
    found: set[Path] = set()
    wanted = [root / "firmware/app/supervisor.py", root / f"boards/hal/{hal}.py"]
    while wanted:
        source = wanted.pop()
        if source not in found:
            found.add(source)
            wanted += [path for name in _imported(source) for path in _files_of(name, root)]
    return sorted(path.relative_to(root) for path in found)


def program_digest(sources: list[Path], root: Path = ROOT) -> str:
    """Tells which program a device runs: SHA-256 over the names and contents of `sources`, as hex.

    A frozen program has it as `loquet_build.DIGEST`.
    """
    digest = hashlib.sha256()
    for source in sources:
        data = (root / source).read_bytes()
        digest.update(b"%s\0%d\0" % (source.as_posix().encode(), len(data)))
        digest.update(data)
    return digest.hexdigest()


def _imported(source: Path) -> list[str]:
    """Every name that may be a module in the imports of `source`, dotted."""
    names = []
    for node in ast.walk(ast.parse(source.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _files_of(name: str, root: Path) -> list[Path]:
    """The project's files that importing `name` runs: the module, and the package it is in."""
    for folder in (root / "lib", root):
        path = folder.joinpath(*name.split("."))
        found = [path.with_suffix(".py"), path / "__init__.py", path.parent / "__init__.py"]
        if found[0].exists() or found[1].exists():
            return [one for one in found if one.exists()]
    return []


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
