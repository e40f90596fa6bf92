"""Files that a power cut cannot spoil: what cards and journal share.

A file is written beside the one in use, closed, and renamed over it; littlefs does both as one
step each, so that after a cut there is the old file or the new one, whole. Every file and every
block ends in a CRC-32 of what stands before it: damage is found, named, and never used.
"""

import os
from binascii import crc32

from loquet.errors import StorageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


CRC_BYTES = const(4)
_BEING_WRITTEN = ".new"


def seal(block: bytearray) -> None:
    """Puts the CRC of all before it into the last four bytes of `block`."""
    end = len(block) - CRC_BYTES
    block[end:] = crc32(memoryview(block)[:end]).to_bytes(CRC_BYTES, "little")


def is_sound(block: bytes | bytearray | memoryview) -> bool:
    """Whether the last four bytes of `block` are the CRC of what stands before them."""
    end = len(block) - CRC_BYTES
    view = memoryview(block)
    return end > 0 and crc32(view[:end]) == int.from_bytes(view[end:], "little")


def save(path: str, data: bytes) -> None:
    """Replaces the small file `path` by `data`, whole or not at all. Raises StorageError."""
    block = bytearray(len(data) + CRC_BYTES)
    block[: len(data)] = data
    seal(block)
    try:
        with open(path + _BEING_WRITTEN, "wb") as file:
            file.write(block)
            _to_disk(file)
        os.rename(path + _BEING_WRITTEN, path)
    except OSError as error:
        raise StorageError(path, "cannot be written: %s" % error)


def load(path: str) -> bytes | None:
    """What `save` put there; None if there is no such file. Raises StorageError if damaged."""
    try:
        with open(path, "rb") as file:
            block = file.read()
    except OSError:
        return None
    if not is_sound(block):
        raise StorageError(path, "is damaged: %d bytes whose check is wrong" % len(block))
    return block[: len(block) - CRC_BYTES]


def _to_disk(file) -> None:
    """A desktop's file system writes when it likes; a device's has written at close."""
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())
