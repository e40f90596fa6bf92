"""The event log on flash: a bounded ring of numbered records that shows its own gaps.

An event goes through three places. `append` puts it into RAM. `flush` writes it into one of the
young files, each so small that littlefs keeps it inside the folder's own log: cheap, but there is
no room for many. When these are used up, `flush` appends all to the newest segment
(`journal_segments.py`), and the young files are free again. RAM keeps a record until a segment
has it. When the segments have used up their capacity, the oldest goes.

Numbers rise by one from record to record over all restarts. The `state` file says up to which
number they are given out; the start continues there. Where events may have been lost before they
reached flash, a gap record says how many at most.

    FOLDER/state             numbers reserved, count of starts     (records.save)
    FOLDER/readers           cursors of the named readers          (records.save)
    FOLDER/young00..15       up to 16 records each
    FOLDER/segments/0000002a up to 128 records from number 0x2a on

Time comes in as arguments. Flash is written only by `open`, `flush` and `close`. A file keeps what
it held until its new content is closed: that is littlefs's promise. On FAT a cut can cost the
records of the segment that was being appended to.
"""

import errno
import os
import struct

from loquet.errors import StorageError, UsageError
from loquet.journal_cursors import Cursors
from loquet.journal_records import (
    CLOCK_UNKNOWN,
    GAP,
    NEARLY_FULL,
    NEARLY_FULL_OVER,
    NOBODY,
    OVERWRITTEN,
    RAM_FULL,
    RECORD_BYTES,
    RESTART,
    STATE_DAMAGED,
    STORAGE_DAMAGED,
    Record,
    select,
    sequence_of,
)
from loquet.journal_segments import SEGMENT_RECORDS, Segments, damaged
from loquet.records import cannot_read, is_sound, load, rewrite, save

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


RAM_RECORDS = const(128)  # 4 KiB: the young ones and at least as many that wait for a flush
YOUNG_RECORDS = const(64)  # more than this would crowd the folder's log: measured, see the tests
YOUNG_FILES = const(16)
YOUNG_FILE_RECORDS = const(16)  # 512 bytes: what littlefs keeps inside the folder's log
RESERVED_RECORDS = const(256)  # twice the RAM: one write of `state` for every 128 events

DUE_EVENTS = const(8)
DUE_S = const(30)

WARN_PERCENT = const(80)
# Lower, so that a reader who keeps pace at the limit does not fill the log with warnings.
WARN_OVER_PERCENT = const(70)

_VERSION = const(1)
_STATE = "<BHI"  # version, count of starts, first number that is not reserved


class Journal:
    """The log in `folder`, which keeps the last `capacity_events` events at least.

    `boot` counts the starts. `problems` are sentences about damaged files that `open` found.
    `nearly_full` is True while 80 % of the capacity is unread by the slowest named reader.
    """

    def __init__(self, folder: str, capacity_events: int, due_events=DUE_EVENTS, due_s=DUE_S):
        self.boot = 0
        self.problems: list[str] = []
        self.nearly_full = False
        self._folder = folder
        self._capacity = capacity_events
        self._due_events = due_events
        self._due_s = due_s
        self._waiting_since_s: int | None = None
        # One more than the capacity needs: the newest is not full while the oldest goes.
        most = (capacity_events + SEGMENT_RECORDS - 1) // SEGMENT_RECORDS + 1
        self._segments = Segments(folder + "/segments", most)
        self._cursors = Cursors(folder + "/readers")
        self._ram = memoryview(bytearray(RAM_RECORDS * RECORD_BYTES))
        # Records since the start: all before _kept are in segments, all before _flushed are in
        # segments or young files, all before _end are at least in RAM.
        self._kept = self._flushed = self._end = 0
        self._young_file = 0  # the next one to write; the ones below hold what RAM keeps
        self._next = 1
        self._reserved = 0
        self._dropped = 0
        self._time = 0
        self._clock = CLOCK_UNKNOWN

    def open(self) -> None:
        """Finds the end of the log. Raises StorageError only where nothing could be written."""
        _make_folder(self._folder)
        _make_folder(self._folder + "/segments")
        self._note_problem(self._segments.open())
        self._note_problem(self._cursors.open())
        self._load_young()
        self._start_numbers()
        if self.problems:
            self._note(STORAGE_DAMAGED, None, len(self.problems))

    def append(
        self, kind, time, clock, door=NOBODY, reader=NOBODY, reason=None, card=None, count=0
    ):
        """Takes an event into RAM; the arguments are those of Record. Writes no flash.

        Returns its number, or None when RAM is full: a gap record will tell how many that met. If
        power goes before flash can be written again, only that some are missing is told.
        """
        self._time, self._clock = time, clock
        if self._end - self._kept == RAM_RECORDS:
            self._dropped += 1
            return None
        record = Record(self._next, kind, time, clock, self.boot)
        record.door, record.reader, record.reason = door, reader, reason
        record.card, record.count = card, count
        record.pack_into(self._place(self._end))
        self._end += 1
        self._next += 1
        return record.sequence

    @property
    def first(self) -> int:
        """The oldest number that the ring still covers."""
        return self._segments.first

    @property
    def end(self) -> int:
        """The number after the last acknowledged record: all before it is on flash."""
        if self._flushed == self._kept:
            return self._segments.next
        return sequence_of(self._place(self._flushed - 1)) + 1

    @property
    def waiting(self) -> bool:
        """Whether `flush` has something to do."""
        return self._flushed != self._end or self._cursors.changed

    def due(self, now_s: int) -> bool:
        """Whether it is time to flush: too many events wait, or one waits for too long.

        `now_s` is any clock of seconds that only rises. An event's age counts from the first call
        that sees it, so this is to be called every few seconds.
        """
        if not self.waiting:
            self._waiting_since_s = None
            return False
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        waits_s = now_s - self._waiting_since_s
        return self._end - self._flushed >= self._due_events or waits_s >= self._due_s

    def flush(self) -> bool:
        """One slice of flash work; True while there is more. Raises StorageError.

        Once it has returned False, all that was appended before is acknowledged. A slice writes
        one file. After an error everything that was not acknowledged is still in RAM.
        """
        if self._reserved - self._next < RAM_RECORDS:
            self._reserve(self._next + RESERVED_RECORDS)
        elif self._flushed != self._end:
            self._flush_records()
            self._tell_dropped()
            self._watch_unread()
        elif self._cursors.changed:
            self._cursors.save()
        return self.waiting

    def close(self) -> None:
        """Flushes all before a wanted restart, which then leaves no gap. Nothing comes after it."""
        while self.flush():
            pass
        self._reserve(self._next)

    def pull(self, cursor: int, limit: int):
        """Acknowledged records from number `cursor` on: (records, next cursor, lost).

        At most `limit` records, out of one file, so there may be more, or none and yet more, until
        the next cursor equals `cursor`. `lost` is how many numbers in between have neither a
        record nor a gap record that tells of them: overwritten or damaged. 0 is the start.
        """
        cursor = max(cursor, 1)
        if cursor > self.end:
            raise UsageError("cursor %d is beyond the end of the log, %d" % (cursor, self.end))
        if cursor < self._segments.next:
            records, end = self._segments.read(cursor, limit)
        else:
            young = [self._place(position) for position in range(self._kept, self._flushed)]
            records, end = select(young, cursor, self.end, limit)
        return records, end, _lost(records, cursor, end)

    def cursor(self, reader: str):
        """What `reader` acknowledged last; None for an unknown one."""
        return self._cursors.get(reader)

    def ack(self, reader: str, cursor: int) -> None:
        """`reader` has all before `cursor`. Durable after the next flush. Raises UsageError."""
        if not 0 <= cursor <= self.end:
            raise UsageError("cursor %d is beyond the end of the log, %d" % (cursor, self.end))
        self._cursors.set(reader, cursor)
        self._watch_unread()

    def forget(self, reader: str) -> None:
        """`reader` comes no more. Durable after the next flush."""
        self._cursors.forget(reader)
        self._watch_unread()

    def check(self):
        """The problems of all files, as a list of sentences. Reads the whole log: slow."""
        later = self._segments.check()
        return self.problems + [problem for problem in later if problem not in self.problems]

    # The start.

    def _load_young(self) -> None:
        """Puts into RAM what is in young files only; the others' records are in segments."""
        found = []
        for number in range(YOUNG_FILES):
            found += self._young_records(number)
        # More than there can be come back to life only when a segment has lost its end.
        for place in sorted(found, key=sequence_of)[-YOUNG_RECORDS:]:
            self._place(self._end)[:] = place
            self._end += 1
        self._flushed = self._end
        # Which file holds which is not worth knowing: the first flush puts all into a segment.
        self._young_file = YOUNG_FILES if found else 0

    def _young_records(self, number: int):
        data = self._young_data(self._young_path(number))
        places = [data[at : at + RECORD_BYTES] for at in range(0, len(data), RECORD_BYTES)]
        sound = [place for place in places if is_sound(place)]
        if len(sound) < len(places):
            self._note_problem(damaged(self._young_path(number)))
        return [place for place in sound if sequence_of(place) >= self._segments.next]

    def _young_data(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            if error.errno != errno.ENOENT:
                self._note_problem(str(cannot_read(path, error)))
            return b""

    def _start_numbers(self) -> None:
        after_last = self.end
        starts, reserved, reason = self._load_state(after_last)
        self.boot = starts + 1
        self._next = max(reserved, after_last)
        missing = self._next - after_last
        self._reserve(self._next + RESERVED_RECORDS)
        if missing:
            self._note(GAP, reason, missing)

    def _load_state(self, after_last: int):
        """(starts so far, first number not reserved, why those before it may be missing)."""
        path = self._state_path()
        try:
            data = load(path)
        except StorageError as error:
            self._note_problem(str(error))
            data = b""
        if data is None and after_last == 1:
            return 0, 1, RESTART
        if not data:
            return 0, after_last + RESERVED_RECORDS, STATE_DAMAGED
        if data[0] != _VERSION:
            raise StorageError(path, "has version %d; this is %d" % (data[0], _VERSION))
        return struct.unpack(_STATE, data)[1:] + (RESTART,)

    def _reserve(self, limit: int) -> None:
        save(self._state_path(), struct.pack(_STATE, _VERSION, self.boot & 0xFFFF, limit))
        self._reserved = limit

    # One slice of a flush.

    def _flush_records(self) -> None:
        """Acknowledges what waits, or as much of it as one file takes."""
        count = self._in_one_piece(self._flushed, YOUNG_FILE_RECORDS)
        young = self._flushed - self._kept
        if self._young_file < YOUNG_FILES and young + count <= YOUNG_RECORDS:
            self._to_young_file(count)
        elif self._segments.full:
            self._drop_oldest()
        elif not self._segments.room:
            self._segments.begin()
        else:
            self._to_segment(self._in_one_piece(self._kept, self._segments.room))

    def _to_young_file(self, count: int) -> None:
        # Its records from before are in a segment: this overwrites no only copy.
        rewrite(self._young_path(self._young_file), self._piece(self._flushed, count))
        self._young_file += 1
        self._flushed += count

    def _to_segment(self, count: int) -> None:
        after = sequence_of(self._place(self._kept + count - 1)) + 1
        self._segments.append(self._piece(self._kept, count), after)
        self._kept += count
        if self._kept >= self._flushed:
            self._flushed = self._kept
            self._young_file = 0

    def _drop_oldest(self) -> None:
        first, first_kept = self._segments.drop_oldest()
        slowest = self._cursors.slowest()
        if slowest is not None and slowest < first_kept:
            self._note(OVERWRITTEN, None, first_kept - max(slowest, first))

    def _tell_dropped(self) -> None:
        if self._dropped and self._end - self._kept < RAM_RECORDS:
            count, self._dropped = self._dropped, 0
            self._note(GAP, RAM_FULL, count)

    def _watch_unread(self) -> None:
        slowest = self._cursors.slowest()
        unread = 0 if slowest is None else self.end - max(slowest, self.first)
        percent = unread * 100 // self._capacity
        if not self.nearly_full and percent >= WARN_PERCENT:
            self.nearly_full = True
            self._note(NEARLY_FULL, None, unread)
        elif self.nearly_full and percent < WARN_OVER_PERCENT:
            self.nearly_full = False
            self._note(NEARLY_FULL_OVER, None, unread)

    def _note(self, kind: str, reason, count: int) -> None:
        """An event of the log itself; it happens when the last one did, as far as is known."""
        self.append(kind, self._time, self._clock, reason=reason, count=count)

    # Places.

    def _place(self, position: int):
        return self._piece(position, 1)

    def _piece(self, position: int, count: int):
        start = position % RAM_RECORDS * RECORD_BYTES
        return self._ram[start : start + count * RECORD_BYTES]

    def _in_one_piece(self, position: int, most: int) -> int:
        """How many records from `position` on lie side by side in RAM, `most` at most."""
        return min(self._end - position, most, RAM_RECORDS - position % RAM_RECORDS)

    def _state_path(self) -> str:
        return self._folder + "/state"

    def _young_path(self, number: int) -> str:
        return "%s/young%02d" % (self._folder, number)

    def _note_problem(self, problem) -> None:
        if problem is not None:
            self.problems.append(problem)


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except OSError:
        # There already; if it is not, the first write names what is wrong.
        pass


def _lost(records, cursor: int, end: int) -> int:
    """How many numbers from `cursor` to before `end` nothing in `records` accounts for."""
    lost = 0
    for record in records:
        told = record.count if record.kind == GAP and record.reason != RAM_FULL else 0
        lost += max(0, record.sequence - cursor - told)
        cursor = record.sequence + 1
    return lost + end - cursor
