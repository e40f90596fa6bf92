"""The project's Python files as the checks see them: path, module name, syntax tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What runs on a device.
DEVICE_FOLDERS = ("lib", "firmware", "boards")

# Folders that are roots of imports: their own name is no part of a module's name.
IMPORT_ROOTS = ("lib", "tools")


@dataclass(frozen=True)
class Source:
    """One file. `path` is relative to the project's folder, with forward slashes."""

    path: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name it is imported by: `springcore.frame`, `boards.hal.unix`."""
        parts = Path(self.path).with_suffix("").parts
        if parts[0] in IMPORT_ROOTS:
            parts = parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def within(self, *folders: str) -> bool:
        """True if the file is one of `folders` or stands below one."""
        return any(f"{self.path}/".startswith(folder + "/") for folder in folders)


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def python_files(folders: Iterable[str], root: Path = ROOT) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def load(folders: Iterable[str], root: Path = ROOT) -> list[Source]:
    """Reads and parses every Python file below `folders` of `root`."""
    return [
        Source(path.relative_to(root).as_posix(), ast.parse(path.read_bytes(), str(path)))
        for path in python_files(folders, root)
    ]


@dataclass(frozen=True)
class Import:
    """One name that a file imports: `from springcore import tag` is (line, "springcore.tag")."""

    line: int
    target: str

    def inside(self, package: str) -> bool:
        """True for the package itself and all that is below it."""
        return self.target == package or self.target.startswith(package + ".")


def imports(source: Source) -> Iterator[Import]:
    """Every import of the file, wherever it stands, relative ones made absolute."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            yield from (Import(node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    # A package's __init__ is its own first level, a module's first level is its package.
    levels = node.level - source.path.endswith("/__init__.py")
    parts = source.module.split(".")
    return ".".join(
        [*parts[: len(parts) - levels], *(node.module.split(".") if node.module else [])]
    )


def report(
    name: str, folders: Iterable[str], check: Callable[[list[Source]], list[Finding]]
) -> None:
    """Runs `check` over the project, prints what it finds and leaves with its verdict.

    No file at all is a failure too: a check that looks at nothing must not pass.
    """
    sources = load(folders)
    findings = check(sources)
    for finding in sorted(findings, key=lambda found: (found.path, found.line)):
        print(finding)
    print(f"{name}: {len(sources)} files, {len(findings)} findings")
    sys.exit(bool(findings) or not sources)
