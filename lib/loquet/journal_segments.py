"""The older part of the event log: files of up to 128 records, one flash block each.

A segment's name is the first sequence number that it covers: the one after the last of the
segment before. So the start reads a list of names and the end of one file, a reader's cursor
finds its file without opening another, and a segment that lost records shows it. Only the newest
segment is ever appended to, and it is left alone for good once anything about it is doubtful.
"""

import os

from loquet.errors import StorageError
from loquet.journal_records import RECORD_BYTES, select, sequence_of, unpack
from loquet.records import append, cannot_read, is_sound, remove, rewrite

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


SEGMENT_RECORDS = const(128)  # 4096 bytes, one erase block of the chips we know

_NAME_DIGITS = const(8)
_READ_RECORDS = const(16)
_FROM_END = const(2)  # of seek


class Segments:
    """The segments in `folder`, `most` of them at most.

    `next` is the number after the last one kept, `room` how many records the newest still takes.
    """

    def __init__(self, folder: str, most: int):
        self.next = 1
        self.room = 0
        self._folder = folder
        self._most = most
        self._firsts: list[int] = []  # what the files' names say, in order
        self._buffer = memoryview(bytearray(_READ_RECORDS * RECORD_BYTES))

    @property
    def first(self) -> int:
        """The oldest sequence number that is covered."""
        return self._firsts[0] if self._firsts else self.next

    @property
    def full(self) -> bool:
        """Whether the oldest segment has to go before anything can be appended."""
        return not self.room and len(self._firsts) >= self._most and not self._newest_is_empty()

    def open(self):
        """Finds the segments. Returns the problem of the newest one, or None.

        Raises StorageError for a folder that cannot be listed.
        """
        try:
            numbers = [_number(name) for name in os.listdir(self._folder)]
        except OSError as error:
            raise cannot_read(self._folder, error)
        self._firsts = sorted(number for number in numbers if number is not None)
        if not self._firsts:
            return None
        self.next, self.room, sound = self._end_of_newest()
        return None if sound else damaged(self._path(self._firsts[-1]))

    def begin(self) -> None:
        """Makes an empty newest segment, for the one before takes no more."""
        rewrite(self._path(self.next), b"")
        if not self._newest_is_empty():
            self._firsts.append(self.next)
        self.room = SEGMENT_RECORDS

    def append(self, records, next_sequence: int) -> None:
        """Adds `records`, at most `room` of them; `next_sequence` is the number after the last."""
        room_after = self.room - len(records) // RECORD_BYTES
        # Until this has worked nobody knows how the file ends: without room it is left alone.
        self.room = 0
        append(self._path(self._firsts[-1]), records)
        self.room = room_after
        self.next = next_sequence

    def drop_oldest(self):
        """Removes the oldest segment. Returns the first number it covered and the first kept."""
        remove(self._path(self._firsts[0]))
        return self._firsts.pop(0), self.first

    def read(self, cursor: int, limit: int):
        """Up to `limit` records from number `cursor` on, out of the one segment that covers it.

        Returns (records, number after the last one looked at). Damaged records are left out, a
        file that cannot be read is an empty one.
        """
        index = len(self._firsts) - 1
        while index > 0 and self._firsts[index] > cursor:
            index -= 1
        return select(self._places(index), cursor, self._end_of(index), limit)

    def check(self):
        """The problems of all segments, as a list of sentences. Reads all of them: slow."""
        problems = []
        for index, first in enumerate(self._firsts):
            last, damaged_records = self._survey(index)
            if damaged_records or last + 1 < self._end_of(index):
                problems.append(damaged(self._path(first)))
        return problems

    def _newest_is_empty(self) -> bool:
        """It is the one to use, then: or else each try that fails would cost an old segment."""
        return bool(self._firsts) and self._firsts[-1] == self.next

    def _end_of(self, index: int) -> int:
        return self._firsts[index + 1] if index + 1 < len(self._firsts) else self.next

    def _end_of_newest(self):
        """(number after the last record, how many more fit, whether its end is sound)."""
        first = self._firsts[-1]
        size, last = self._newest_size_and_last()
        if size == 0:
            return first, SEGMENT_RECORDS, True
        if last is not None:
            return last.sequence + 1, SEGMENT_RECORDS - size // RECORD_BYTES, True
        return self._survey(len(self._firsts) - 1)[0] + 1, 0, False

    def _newest_size_and_last(self):
        """Bytes of the newest segment, and its last record; None if that is damaged."""
        try:
            with open(self._path(self._firsts[-1]), "rb") as file:
                size = file.seek(0, _FROM_END)
                file.seek(max(0, size - RECORD_BYTES))
                last = unpack(file.read(RECORD_BYTES))
        except OSError:
            return None, None
        return size, last if size % RECORD_BYTES == 0 else None

    def _survey(self, index: int):
        """(number of the last sound record, how many are damaged)."""
        last, damaged_records = self._firsts[index] - 1, 0
        for place in self._places(index):
            if is_sound(place):
                last = sequence_of(place)
            else:
                damaged_records += 1
        return last, damaged_records

    def _places(self, index: int):
        """The records of one segment, as views of a buffer that the next ones overwrite."""
        try:
            with open(self._path(self._firsts[index]), "rb") as file:
                while count := file.readinto(self._buffer):
                    for start in range(0, count - RECORD_BYTES + 1, RECORD_BYTES):
                        yield self._buffer[start : start + RECORD_BYTES]
        except OSError:
            return

    def _path(self, first: int) -> str:
        return "%s/%08x" % (self._folder, first)


def _number(name: str):
    """The number that a segment's `name` stands for, or None: a stranger's file."""
    try:
        return int(name, 16) if len(name) == _NAME_DIGITS else None
    except ValueError:
        return None


def damaged(path: str) -> str:
    """What is said of a file some of whose records are not sound."""
    return str(StorageError(path, "is damaged: its sound records are kept"))
