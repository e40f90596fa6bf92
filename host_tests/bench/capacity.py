"""How many cards fit on each board, tried out on its file system, by the code that a device runs.

The flash holds what a deployment puts there, a log that has come round, a list in use and one as
long that is staged. Then the staged one is put in use.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host_tests.support import card_model, journal
from host_tests.support.flash import (
    BLOCK_BYTES,
    ESP32_PROG_BYTES,
    RP2_PROG_BYTES,
    Flash,
    Mounted,
)
from loquet.card_list import RECORD_BYTES
from loquet.cards import Cards
from loquet.errors import StorageError
from loquet_tools import boards, device_folder, paths

FOLDER = "/flash/cards"
CARDS = 20_000
EVENTS = 10_000
CHANGES = 1024 * 7 // 8  # then cards.py merges
STEP = 100  # as close as the largest list is looked for


@dataclass(frozen=True)
class Board:
    """`kib`: what MicroPython leaves for files, by its file `source`. `frozen`: the program is in
    the firmware itself, and not among these files."""

    name: str
    kib: int
    prog_bytes: int
    frozen: bool
    source: str

    @property
    def blocks(self):
        return self.kib * 1024 // BLOCK_BYTES


BOARDS = (
    Board("Pico", 1408, RP2_PROG_BYTES, True, "ports/rp2/boards/RPI_PICO/mpconfigboard.h"),
    Board("Pico W", 848, RP2_PROG_BYTES, True, "ports/rp2/boards/RPI_PICO_W/mpconfigboard.h"),
    Board("Pico 2", 3072, RP2_PROG_BYTES, True, "ports/rp2/boards/RPI_PICO2/mpconfigboard.h"),
    Board("ESP32, 4 MB", 2048, ESP32_PROG_BYTES, False, "ports/esp32/partitions-4MiB.csv"),
)


@dataclass(frozen=True)
class Capacity:
    """`free_blocks`: with `cards` in use and as many staged. `largest`: the longest list with which
    a panel goes on, as `goes_on` has it."""

    board: Board
    file_bytes: int
    file_blocks: int
    log_blocks: int
    cards: int
    free_blocks: int
    largest: int


def measured(board, files):
    """The Capacity of a board with `files`, path -> content, of which it takes its own."""
    files = files_of(board, files)
    image, *blocks = prepared(board, files)
    largest = largest_list(board, image)
    cards, free = CARDS, free_blocks(board, image, CARDS)
    if free is None:
        cards, free = largest, free_blocks(board, image, largest)
    return Capacity(board, sum(map(len, files.values())), *blocks, cards, free, largest)


def files_of(board, files):
    """Those of `files` that are on this board's file system."""
    return {path: files[path] for path in files if not (board.frozen and path.endswith(".mpy"))}


def firmware():
    """path -> content of what is on a device beside its data, with the Unix board's hal."""
    found = {
        "main.py": device_folder.START.read_bytes(),
        "board.json": boards.path("virtual").read_bytes(),
    }
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "compiled.mpy"
        for source in paths.device_sources():
            device_folder.compile_module(source, output)
            found[str(source.with_suffix(".mpy"))] = output.read_bytes()
    return found


def prepared(board, files):
    """(flash with the files and a log, blocks that the files take, blocks that the log takes)."""
    flash = Flash(board.blocks, prog_bytes=board.prog_bytes)
    with Mounted(flash, fresh=True):
        free = [os.statvfs("/flash")[3]]
        for path in files:
            put(path, files[path])
        free.append(os.statvfs("/flash")[3])
        fill_log()
        free.append(os.statvfs("/flash")[3])
    return flash.image, free[0] - free[1], free[1] - free[2]


def put(path, data):
    folder = "/flash"
    for name in path.split("/")[:-1]:
        folder += "/" + name
        if name not in os.listdir(os.path.dirname(folder)):
            os.mkdir(folder)
    with open("/flash/" + path, "wb") as file:
        file.write(data)


def fill_log():
    log = journal.started(EVENTS)
    while log.first == 1:
        journal.add_and_flush(log, 8)
    # The young files are full as well.
    journal.add_and_flush(log, 56)


def largest_list(board, image):
    """The longest list, in steps of STEP, with which a panel goes on."""
    fits, too_many = 0, board.blocks * BLOCK_BYTES // (2 * RECORD_BYTES) // STEP
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if goes_on(board, image, middle * STEP):
            fits = middle
        else:
            too_many = middle
    return fits * STEP


def free_blocks(board, image, count):
    """Blocks left when a list of `count` is in use and another staged; None if they do not fit."""
    with Mounted(Flash(image=bytearray(image), prog_bytes=board.prog_bytes)):
        cards = Cards(FOLDER)
        try:
            return fill(cards, count)
        except StorageError:
            return None
        finally:
            cards.close()


def goes_on(board, image, count):
    """Whether a list of `count` can be replaced by another, and then as many single changes be
    merged into that as are kept beside it."""
    with Mounted(Flash(image=bytearray(image), prog_bytes=board.prog_bytes)):
        cards = Cards(FOLDER)
        try:
            fill(cards, count)
            change(cards, count)
        except StorageError:
            return False
        finally:
            cards.close()
    return True


def fill(cards, count):
    cards.create()
    cards.open()
    model = card_model.many(range(count))
    card_model.replace(cards, 1, model)
    card_model.stage(cards, 2, model)
    cards.commit()
    free = os.statvfs("/flash")[3]
    card_model.finish(cards)
    return free


def change(cards, count):
    """As many new cards as lead to a merge, which is done."""
    state = card_model.state(1)
    for number in range(count, count + CHANGES):
        cards.add(card_model.card_of(card_model.key_of(number), state))
        card_model.finish(cards)
