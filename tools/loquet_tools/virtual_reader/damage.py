"""What a bad line does to one transmission: a few bytes lost, doubled, changed.

Each function gets a random source and the bytes, and returns other bytes, or None when it cannot do
its kind of damage to them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.framing import HEADER, checksum_valid, lrc

Damage = Callable[[Random, bytes], "bytes | None"]

TRIES = 100  # a random change of the wanted kind is found long before


def drop(random: Random, data: bytes) -> bytes | None:
    """One byte is lost."""
    place = random.randrange(len(data))
    return data[:place] + data[place + 1 :]


def duplicate(random: Random, data: bytes) -> bytes | None:
    """One byte comes twice."""
    place = random.randrange(len(data))
    return data[: place + 1] + data[place:]


def corrupt(random: Random, data: bytes) -> bytes | None:
    """One byte is another; every second time by one bit only."""
    place = random.randrange(len(data))
    change = 1 << random.randrange(8) if random.random() < 0.5 else random.randrange(1, 256)
    return _changed(data, place, change)


def truncate(random: Random, data: bytes) -> bytes | None:
    """The end is lost, but not everything."""
    return data[: random.randrange(1, len(data))] if len(data) > 1 else None


def lose(random: Random, data: bytes) -> bytes | None:
    """All of it is lost."""
    return b""


def repeat(random: Random, data: bytes) -> bytes | None:
    """All of it comes twice."""
    return data + data


def corrupt_unseen(random: Random, data: bytes) -> bytes | None:
    """Two bytes change so that the checksum stays right: payload and LRC, or text fields."""
    places = _inner_places(data)
    if len(places) < 2:
        return None
    for _ in range(TRIES):
        first, second = random.sample(places, 2)
        change = random.randrange(1, 256)
        changed = _changed(_changed(data, first, change), second, change)
        if data[0] == tables.START or all(_plain(changed[place]) for place in (first, second)):
            return changed
    return None


def seen(damage: Damage) -> Damage:
    """The same damage, but never such that the rest passes for a whole, good message."""

    def apply(random: Random, data: bytes) -> bytes | None:
        for _ in range(TRIES):
            changed = damage(random, data)
            if changed is None or not passes(changed):
                return changed
        return None

    return apply


def passes(data: bytes) -> bool:
    """Whether a receiver takes the beginning of `data` for a whole frame or line."""
    if data[:1] == b"$":
        return _line_passes(data)
    if len(data) < 7 or data[0] != tables.START:
        return False
    if data[1] & 0xF0 not in (tables.COMMAND, tables.RESPONSE, tables.EVENT):
        return False
    length = int.from_bytes(data[3:5], "big") + 7
    return length <= len(data) and lrc(data[1:length]) == 0


def _line_passes(data: bytes) -> bool:
    inner, star, checksum = data[1:].rstrip(b"\r\n").rpartition(b"*")
    if not star or not inner.isascii() or not checksum.isascii():
        return False
    return checksum_valid(inner.decode("ascii"), checksum.decode("ascii"))


def _inner_places(data: bytes) -> list[int]:
    if data[0] == tables.START:
        return list(range(HEADER, len(data)))
    header = data.find(b";")
    end = data.rfind(b"*")
    return [place for place in range(header, end) if header >= 0 and _plain(data[place])]


def _plain(byte: int) -> bool:
    return 0x20 <= byte <= 0x7E and byte not in b"$*;"


def _changed(data: bytes, place: int, change: int) -> bytes:
    return data[:place] + bytes((data[place] ^ change,)) + data[place + 1 :]
