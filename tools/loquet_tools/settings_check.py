"""`loquet settings`: what a settings document may hold, and whether one can be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet import settings
from loquet.errors import SettingsError
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.settings_reference import print_reference

app = typer.Typer(help="The panel's settings document.")
app.command("reference")(print_reference)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The document, JSON.")]) -> int:
    """Says whether a panel would start with these settings; exit status 1 if not, and why."""
    document = _document(file)
    try:
        settings.load(document)
    except SettingsError as error:
        raise ToolError(f"{file}: {error}") from error
    print(f"{file}: these settings can be used")
    return 0


def load(file: Path) -> Any:
    """The settings in a document that a panel would start with. ArgumentError for another."""
    try:
        return settings.load(_document(file))
    except SettingsError as error:
        raise ArgumentError(f"{file}: {error}") from error


def _document(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise ArgumentError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ArgumentError(f"{file} is not JSON: {error}") from error
