"""Which files belong onto a board, and how those that differ get there.

The log is not among them: what is in it is nowhere else. Cards have their own way (card_list.py).

All are written beside those that they replace, read back, and only when all are there, and right,
put in their place, by one call. Cut off before, everything is as it was; the power cut within
that call (some ten milliseconds) leaves some of each, and the next deployment puts it right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loquet.errors import StorageError
from loquet.settings_store import SettingsStore
from loquet_tools import device_folder
from loquet_tools.deploy.board import Board
from loquet_tools.errors import ArgumentError, ToolError

Tell = Callable[[dict[str, Any]], None]

SETTINGS = ("settings.tries", "settings.good", "settings")

# In the order in which they are put in place: boot.py reads board.json, main.py is last of all.
START = ("board.json", "boot.py", "main.py")

BEING_WRITTEN = ".deploy"

# What these would be taken for instead of the firmware's own: the root comes first.
SHADOWS = ("springcore", "loquet", "firmware", "boards", "loquet_build")


def start_files(board: str) -> dict[str, bytes]:
    """What a board of that name starts with, by name."""
    with TemporaryDirectory() as folder:
        device_folder.fill_board(Path(folder), board)
        return {name: Path(folder, name).read_bytes() for name in START}


def settings_files(stored: dict[str, bytes], document: object | None) -> dict[str, bytes]:
    """What a board's settings files have to hold for it to use `document`: SettingsStore's rules.

    `stored`: what they hold. Without a document they stay; then ArgumentError if a panel could not
    start with them.
    """
    usable, problem = _usable(stored)
    if document is None:
        if problem is not None:
            raise ArgumentError(f"--settings is needed: {problem}")
        return {}
    saved = _saved(stored, document)
    if usable and saved["settings"] == stored["settings"]:
        # Saved once more, they would be tried as new ones.
        return {"settings": saved["settings"]}
    return saved


def _usable(stored: dict[str, bytes]) -> tuple[bool, str | None]:
    """Whether a panel would start with what `settings` holds, and why it would not start at all."""
    with _folder_of(stored) as folder:
        store = SettingsStore(folder)
        try:
            store.load_usable()
        except StorageError as error:
            return False, str(error).replace(folder, "")
        return not store.fell_back, None


def _saved(stored: dict[str, bytes], document: object) -> dict[str, bytes]:
    with _folder_of(stored) as folder:
        SettingsStore(folder).save(document)
        paths = [Path(folder, name) for name in SETTINGS]
        return {path.name: path.read_bytes() for path in paths if path.exists()}


@contextmanager
def _folder_of(files: dict[str, bytes]) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        yield folder


def stored_settings(board: Board) -> dict[str, bytes]:
    """What a board's settings files hold, by name."""
    there = board.value(f"hashes({SETTINGS!r})")
    return {name: board.read(f"/{name}") for name in SETTINGS if there[name] is not None}


def check_root(board: Board) -> None:
    """ToolError if something on the board would be run in place of the firmware's program."""
    there = board.value("os.listdir('/')")
    found = sorted(name for name in there if name.split(".")[0] in SHADOWS)
    if found:
        raise ToolError(
            f"on the board there is {', '.join(found)}, which would run in place of the program in "
            f"its firmware; remove it (mpremote rm -r :{found[0]}) and deploy again"
        )


def differing(wanted: dict[str, bytes], there: dict[str, str | None]) -> list[str]:
    """Which of the files are not there as they should be. `there`: their hashes."""
    return [name for name, data in wanted.items() if there[name] != hash_of(data)]


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def transfer(board: Board, wanted: dict[str, bytes], tell: Tell) -> list[str]:
    """Makes the board's files those of `wanted`. Returns the names of those that were not."""
    there = board.value(f"hashes({list(wanted)!r})")
    names = differing(wanted, there)
    for name in names:
        _write(board, name + BEING_WRITTEN, wanted[name], tell)
    _check(board, {name + BEING_WRITTEN: wanted[name] for name in names})
    board.run(f"stay()\nswitch({names!r}, {BEING_WRITTEN!r})")
    # Of a deployment that was broken off, and of which nothing is needed any more.
    leftovers = [name + BEING_WRITTEN for name in wanted if name not in names]
    board.run(f"remove({leftovers!r})")
    _check(board, wanted)
    for name, data in wanted.items():
        state = "the same" if name not in names else "new" if there[name] is None else "changed"
        tell({"step": "file", "name": name, "bytes": len(data), "state": state})
    return names


def _write(board: Board, name: str, data: bytes, tell: Tell) -> None:
    board.run("stay()")
    shown = name.removesuffix(BEING_WRITTEN)
    board.write(
        f"/{name}",
        data,
        lambda done, total: tell({"step": "writing", "name": shown, "done": done, "of": total}),
    )


def _check(board: Board, wanted: dict[str, bytes]) -> None:
    wrong = differing(wanted, board.value(f"hashes({list(wanted)!r})"))
    if wrong:
        names = ", ".join(name.removesuffix(BEING_WRITTEN) for name in wrong)
        raise ToolError(
            f"the board does not have what was sent to it: {names}; nothing of it is used"
            if wrong[0].endswith(BEING_WRITTEN)
            else f"the board's flash does not keep what is written to it: {names}"
        )
