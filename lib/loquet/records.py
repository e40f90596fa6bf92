"""Files that a power cut cannot spoil: what cards and journal share.

A file is written beside the one in use, closed, and renamed over it; littlefs does both as one
step each, so that after a cut there is the old file or the new one, whole. Every file and every
block ends in a CRC-32 of what stands before it: damage is found, named, and never used.

`rewrite` and `append` leave out the file beside: littlefs keeps what a file held until the new
content is closed, so there they are as safe, at a third of the work. On a file system that does
not (FAT), a cut within them can cost the file, and more; FAT.md has the numbers.
"""

import os
from binascii import crc32

from loquet.errors import StorageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


try:
    from hashlib import sha256  # type: ignore[attr-defined]
except ImportError:  # CircuitPython
    import hashlib

    def sha256(data=b""):  # type: ignore[no-redef]
        return hashlib.new("sha256", data)  # type: ignore[attr-defined]


CRC_BYTES = const(4)
# What CRC-32 is of all data that its own CRC-32 follows.
_CRC_OF_SOUND = 0x2144DF1C
# Of errno.h; MicroPython's errno module does not have them all.
_ENOENT = const(2)
_ENOSPC = const(28)
_BEING_WRITTEN = ".new"


def seal(block: bytearray | memoryview) -> None:
    """Puts the CRC of all before it into the last four bytes of `block`."""
    end = len(block) - CRC_BYTES
    block[end:] = crc32(memoryview(block)[:end]).to_bytes(CRC_BYTES, "little")


def is_sound(block: bytes | bytearray | memoryview) -> bool:
    """Whether the last four bytes of `block` are the CRC of what stands before them."""
    return len(block) > CRC_BYTES and crc32(block) == _CRC_OF_SOUND


def save(path: str, data: bytes | bytearray) -> None:
    """Replaces the small file `path` by `data`, whole or not at all. Raises StorageError."""
    block = bytearray(len(data) + CRC_BYTES)
    block[: len(data)] = data
    seal(block)
    rewrite(path + _BEING_WRITTEN, block)
    try:
        os.rename(path + _BEING_WRITTEN, path)
    except OSError as error:
        raise cannot_write(path, error)


def load(path: str) -> bytes | None:
    """What `save` put there; None if there is no such file. Raises StorageError if damaged."""
    try:
        with open(path, "rb") as file:
            block = file.read()
    except OSError as error:
        if error.errno == _ENOENT:
            return None
        raise cannot_read(path, error)
    if not is_sound(block):
        raise StorageError(path, "is damaged: %d bytes whose check is wrong" % len(block))
    return block[: len(block) - CRC_BYTES]


def rewrite(path: str, block: bytes | bytearray | memoryview) -> None:
    """Makes `block`, sealed by the caller, all that the file holds. Raises StorageError."""
    _write(path, "wb", block)


def append(path: str, block: bytes | bytearray | memoryview) -> None:
    """Adds `block`, sealed by the caller, to the file, which may be new. Raises StorageError."""
    _write(path, "ab", block)


def remove(path: str) -> None:
    """The file is no longer there, and need not have been. Raises StorageError."""
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != _ENOENT:
            raise cannot_write(path, error)


def make_folder(path: str) -> None:
    """The folder is there, and may have been. Raises StorageError."""
    if not exists(path):
        try:
            os.mkdir(path)
        except OSError as error:
            raise cannot_write(path, error)


def names_in(folder: str) -> list:
    """The names of all that is in the folder. Raises StorageError."""
    try:
        return os.listdir(folder)
    except OSError as error:
        raise cannot_read(folder, error)
    except UnicodeError:  # FAT: names are read as they lie in a block that was being rewritten
        raise StorageError(folder, "is damaged: it holds names that are no text")


def exists(path: str) -> bool:
    """Whether there is a file or folder of that name."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def size(path: str) -> int:
    """The file's length in bytes, 0 if there is none. Raises StorageError."""
    try:
        return os.stat(path)[6]
    except OSError as error:
        if error.errno == _ENOENT:
            return 0
        raise cannot_read(path, error)


def free_bytes(folder: str) -> int:
    """How much may still be written beside `folder`. Raises StorageError."""
    if not hasattr(os, "statvfs"):
        return 1 << 29  # a desktop that cannot say; it has enough
    try:
        numbers = os.statvfs(folder)
    except OSError as error:
        raise cannot_read(folder, error)
    return numbers[1] * numbers[3]


def to_disk(file) -> None:
    """Commits an open file. A desktop's file system writes when it likes; a device's at once."""
    file.flush()
    fsync = getattr(os, "fsync", None)
    if fsync:
        fsync(file.fileno())


def cannot_write(path: str, error: OSError) -> StorageError:
    if error.errno == _ENOSPC:
        return StorageError(path, "cannot be written: no room is left on this storage")
    return StorageError(path, "cannot be written: %s" % error)


def cannot_read(path: str, error: OSError) -> StorageError:
    if error.errno == _ENOENT:
        return StorageError(path, "is missing")
    return StorageError(path, "cannot be read: %s" % error)


def _write(path: str, mode: str, block) -> None:
    try:
        with open(path, mode) as file:
            file.write(block)
            to_disk(file)
    except OSError as error:
        raise cannot_write(path, error)
