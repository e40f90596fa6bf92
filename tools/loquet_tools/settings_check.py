"""`loquet settings`: what a settings document may hold, and whether one can be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet import settings
from loquet.errors import SettingsError
from loquet_tools import arguments, boards
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.settings_reference import print_reference

app = typer.Typer(help="The panel's settings document.")
app.command("reference")(print_reference)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The document, JSON.")],
    board: Annotated[
        str | None, typer.Option(help="Whether this board could: pico or virtual.")
    ] = None,
) -> int:
    """Says whether a panel would start with these settings; exit status 1 if not, and why."""
    if board is not None:
        arguments.one_of("--board", board, boards.NAMES)
    problem = _problem_of(_parsed(file), board)
    if problem is not None:
        raise ToolError(f"{file}: {problem}")
    print(f"{file}: these settings can be used")
    return 0


def load(file: Path) -> Any:
    """The settings in a document that a panel would start with. ArgumentError for another."""
    return settings.load(document(file))


def document(file: Path, board: str | None = None) -> Any:
    """A document that a panel on `board`, or on some board, would start with. ArgumentError."""
    found = _parsed(file)
    problem = _problem_of(found, board)
    if problem is not None:
        raise ArgumentError(f"{file}: {problem}")
    return found


def _problem_of(found: object, board: str | None) -> str | None:
    try:
        loaded = settings.load(found)
    except SettingsError as error:
        return str(error)
    return None if board is None else boards.problem_of(loaded, board)


def _parsed(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise ArgumentError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ArgumentError(f"{file} is not JSON: {error}") from error
