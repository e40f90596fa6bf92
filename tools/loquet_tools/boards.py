"""The boards there are, and whether one has what a settings document asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loquet_tools.paths import ROOT

NAMES = ("pico", "virtual")

# Those of boards/hal that open a UDP port.
_HALS_WITH_NETWORK = ("unix",)


def path(name: str) -> Path:
    """Where the board.json of the board `name` is."""
    return ROOT / "boards" / name / "board.json"


def document(name: str) -> dict[str, Any]:
    """What stands there."""
    found: dict[str, Any] = json.loads(path(name).read_text())
    return found


def serial_readers(settings: Any) -> list[str]:
    """The names of the readers that are on serial lines, in their order."""
    return [reader.name for reader in settings.readers if reader.udp is None]


def problem_of(settings: Any, name: str) -> str | None:
    """What `settings`, as loaded, want and the board does not have; None if nothing."""
    board = document(name)
    on_lines = len(serial_readers(settings))
    if on_lines < len(settings.readers) and board["hal"] not in _HALS_WITH_NETWORK:
        return f"udp: the board {name} has no network; allowed: readers on serial lines"
    for field, wanted in (("readers", on_lines), ("doors", len(settings.doors))):
        if wanted > len(board[field]):
            return f"{field}: {wanted}; allowed on the board {name}: at most {len(board[field])}"
    return None
