"""The board's half of `loquet deploy`: sent to its prompt as text, and called there by name.

It runs in maintenance, in the interpreter that also runs the panel, and uses the panel's own code:
what is put in place here is what the panel finds. It prints nothing.
"""

import hashlib
import os
from time import ticks_diff, ticks_ms  # type: ignore[attr-defined]

import machine
import rp2
import vfs

from loquet import records
from loquet.cards import Cards
from loquet.errors import StorageError
from loquet.manifest import Manifest

# Whoever deploys may be gone, and nobody else starts the panel again.
PATIENCE_MS = 60_000

# A job goes on for so long until it is asked again, which shows that somebody is there.
WORK_MS = 1000

CARDS = "/cards"

patience = machine.Timer()
cards = Cards(CARDS)
profiles = bytearray()


def stay() -> None:
    """Stays in maintenance for another minute."""
    patience.init(
        mode=machine.Timer.ONE_SHOT, period=PATIENCE_MS, callback=lambda timer: machine.reset()
    )


def hashes(names: list) -> dict:
    """SHA-256 in hex by name of each of these files in the root; None: there is none."""
    return {name: hash_of("/" + name) for name in names}


def hash_of(path: str) -> str | None:
    if not records.exists(path):
        return None
    digest = hashlib.sha256()
    chunk = memoryview(bytearray(512))
    with open(path, "rb") as file:
        count = file.readinto(chunk)
        while count:
            digest.update(chunk[:count])
            count = file.readinto(chunk)
    return digest.digest().hex()


def switch(names: list, suffix: str) -> None:
    """Puts the files that were written beside these in their place."""
    for name in names:
        os.rename(f"/{name}{suffix}", f"/{name}")


def remove(names: list) -> None:
    """Removes these from the root; they need not be there."""
    for name in names:
        records.remove("/" + name)


# The card list, by the code of the panel.


def cards_there() -> dict | None:
    """What there is to say of the card list; None: there is none. Raises StorageError."""
    if not records.exists(CARDS):
        return None
    # Without this one nothing can be put in place of what is there.
    Manifest(CARDS).load()
    problem = None
    try:
        cards.open()
    except StorageError as error:
        problem = str(error)
    if cards.damaged:
        problem = f"{cards.damaged[0]} is damaged"
    return {
        "generation": cards.generation,
        "digest": cards.digest.hex(),
        "count": cards.count,
        "changes": cards.revision,
        "problem": problem,
    }


def begin_cards(generation: int, count: int, digest: bytes) -> int:
    """Begins to stage the list with these `profiles`, or goes on: how many cards are staged."""
    if cards.staging == (generation, count, digest):
        return cards.resume()
    cards.abandon()
    cards.begin_replace(generation, count, digest, bytes(profiles))
    return 0


def work() -> bool:
    """Works at the list that was committed, for a while; whether there is more to do."""
    began_ms = ticks_ms()
    try:
        while ticks_diff(ticks_ms(), began_ms) < WORK_MS:
            if not cards.work():
                return False
    except Exception:
        # A list that is not what was announced can only be forgotten.
        cards.abandon()
        raise
    return True


# A new board's flash.


def make_file_system() -> str:
    """Mounts the file system, which may have to be made; "mounted", "made" or "unusable".

    One is made only if no byte of the flash was ever written.
    """
    flash = rp2.Flash()
    made = _is_blank(flash)
    if made:
        # The flash programs pages of 256 bytes; _boot.py mounts it so.
        vfs.VfsLfs2.mkfs(flash, progsize=256)
    try:
        vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/")
    except OSError:
        return "unusable"
    return "made" if made else "mounted"


def _is_blank(flash: rp2.Flash) -> bool:
    blocks, size = flash.ioctl(4, 0), flash.ioctl(5, 0)
    empty, block = b"\xff" * size, bytearray(size)
    for number in range(blocks):
        flash.readblocks(number, block)
        if block != empty:
            return False
    return True
