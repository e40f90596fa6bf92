"""Power is cut at every erase and program of the event log, whole and torn in the middle.

After each cut the log is started and read: nothing acknowledged is missing, nothing was invented,
the order holds, every gap is told, and no number comes a second time.
"""

import os

from host_tests.support.flash import Flash, Story, mount, run_cut_matrix, unmount
from host_tests.support.journal import (
    BLOCKS,
    CARD,
    FOLDER,
    SMALL_CAPACITY,
    contents,
    flush,
    pull_all,
    started,
)
from loquet import records
from loquet.journal import RAM_RECORDS, RESERVED_RECORDS, YOUNG_RECORDS, Journal

OWN_KINDS = ("gap", "overwritten", "nearly_full", "nearly_full_over")
READERS = ("office", "server")


class Promise:
    """What the log stands for at one moment."""

    def __init__(self):
        self.end = self.first = 1
        self.given = self.boot = 0
        self.cursors = [0, 0]

    def note(self, journal, given):
        self.end, self.first, self.boot = journal.end, journal.first, journal.boot
        self.given = given
        self.cursors = [journal.cursor(name) or 0 for name in READERS]


class Life:
    """Uses a journal, remembers every event, and tells a Story what has been promised."""

    def __init__(self, flash):
        self.build = Journal
        self.events = {}
        self._given = 0
        self._promise = Promise()
        self.record(flash)

    def record(self, flash):
        """The Story, from here on, of what is promised."""
        self._story = Story(flash, self._promise)
        return self._story

    def start(self):
        """After power was off: what was in RAM alone is gone for good."""
        end = self._promise.end
        self.events = {number: self.events[number] for number in self.events if number < end}
        self._journal = self.build(FOLDER, SMALL_CAPACITY)
        self._step(self._journal.open)

    def add(self, events):
        for _ in range(events):
            time, boot = 1000 + len(self.events), self._journal.boot
            fields = ("access_denied", time, "synchronised")
            number = self._journal.append(*fields, 0, 1, "repeat", CARD)
            if number is not None:
                self.events[number] = (number,) + fields + (boot, 0, 1, "repeat", CARD, 0)
                self._given = number
        self._step(lambda: False)

    def flush(self):
        while self._step(self._journal.flush):
            pass

    def flush_a_slice(self):
        self._step(self._journal.flush)

    def add_and_flush(self, times, events=8):
        for _ in range(times):
            self.add(events)
            self.flush()

    def ack(self, reader, behind):
        self._journal.ack(reader, self._journal.end - behind)
        self.flush()

    def close(self):
        self._step(self._journal.close)

    def _step(self, function):
        promise = Promise()
        self._story.begin(promise)
        more = function()
        promise.note(self._journal, self._given)
        if more:
            # Until the flush is through, cursors are promised to nobody.
            promise.cursors = self._promise.cursors
        self._promise = promise
        self._story.done()
        return more

    def check(self, states):
        """What is wrong with the log on /flash, or None."""
        must, may = states[0], states[-1]
        journal = started()
        first = journal.first
        acknowledged, _ = pull_all(journal, first)
        flush(journal)
        all_told, lost = pull_all(journal, journal.first)
        problems = journal.problems + journal.check()
        if lost or problems:
            return "%d lost, %s" % (lost, problems)
        return (
            _wrong_ring(journal, first, may)
            or self._missing(acknowledged, first, must)
            or self._wrong_record(acknowledged, may.given)
            or self._wrong_record(all_told, may.given)
            or _wrong_cursor(journal, must, may)
            or _wrong_start(journal, must, may)
        )

    def _wrong_record(self, found, given):
        last = 0
        for record in found:
            if record.sequence <= last:
                return "%d comes after %d" % (record.sequence, last)
            last = record.sequence
            # Above `given` there may be what this start tells, and nothing else.
            logged = self.events.get(last) if last <= given else None
            if logged is None and record.kind not in OWN_KINDS:
                return "%d was invented" % last
            if logged is not None and contents(record) != logged:
                return "%d is not what was logged" % last
        return None

    def _missing(self, found, first, must):
        numbers = {record.sequence for record in found}
        for number in self.events:
            if first <= number < must.end and number not in numbers:
                return "%d was acknowledged and is missing" % number
        return None


def _wrong_ring(journal, first, may):
    if first > may.first or (first > 1 and journal.end - first < SMALL_CAPACITY):
        return "the ring begins at %d, not %d" % (first, may.first)
    return None


def _wrong_cursor(journal, must, may):
    for place, name in enumerate(READERS):
        cursor = journal.cursor(name) or 0
        if not must.cursors[place] <= cursor <= may.cursors[place]:
            return "%s is at %d, not %d" % (name, cursor, must.cursors[place])
    return None


def _wrong_start(journal, must, may):
    if not must.boot < journal.boot <= may.boot + 1:
        return "start %d after %d" % (journal.boot, may.boot)
    number = journal.append("power_up", 0, "unknown")
    if number <= may.given:
        return "%d was given a second time" % number
    return None


def cut(before, scenario, build=Journal):
    """Lives through `before`, then cuts `scenario` everywhere. Returns (points, complaints)."""
    flash = Flash(BLOCKS)
    mount(flash, fresh=True)
    life = Life(flash)
    try:
        before(life)
    finally:
        unmount()
    life.build = build

    def recorded(chip):
        story = life.record(chip)
        scenario(life)
        return story

    return run_cut_matrix(flash.image, recorded, life.check)


def survives(name, before, scenario):
    points, complaints = cut(before, scenario)
    print("journal, %s: %d cuts" % (name, points))
    assert points > 10
    assert not complaints, complaints[:5]


def nothing(life):
    """The flash is new."""


def some_events(life):
    """Two segments have begun, the young files hold some, and 5 never came to flash."""
    life.start()
    life.ack("office", 0)
    life.add_and_flush(22)
    life.add(5)


def full_ring(life):
    """The next few flushes have to remove the oldest segment; nobody has read it."""
    some_events(life)
    life.flush()
    life.add_and_flush(21)


# What survives.


def test_the_first_start():
    def scenario(life):
        life.start()
        life.add_and_flush(2, events=3)

    survives("first start", nothing, scenario)


def test_a_start_after_a_lost_tail():
    def scenario(life):
        life.start()
        life.add_and_flush(2)
        life.start()
        life.start()
        life.flush()

    survives("start", some_events, scenario)


def test_a_wanted_restart():
    def scenario(life):
        life.start()
        life.add(20)
        life.close()
        life.start()
        life.add_and_flush(1)

    survives("close", some_events, scenario)


def test_flushes_through_young_files_into_segments():
    def scenario(life):
        life.start()
        life.add_and_flush(20)

    survives("flush", some_events, scenario)


def test_flushes_of_one_event_each():
    def scenario(life):
        life.start()
        life.add_and_flush(40, events=1)

    survives("flush of one event", some_events, scenario)


def test_flushes_of_as_much_as_ram_holds():
    def scenario(life):
        life.start()
        life.add(RAM_RECORDS - 40)
        life.flush()
        life.add(RAM_RECORDS - YOUNG_RECORDS)
        life.flush()

    survives("flush of many events", some_events, scenario)


def test_the_ring_coming_round():
    def scenario(life):
        life.start()
        life.add_and_flush(24)

    survives("wrap", full_ring, scenario)


def test_numbers_reserved_again_and_again():
    def scenario(life):
        life.start()
        life.add_and_flush(RESERVED_RECORDS // 16, events=16)

    survives("reserve", some_events, scenario)


def test_cursors_moving_on():
    def scenario(life):
        life.start()
        for behind in (160, 100, 60, 20, 0):
            life.ack("office", behind)
            life.ack("server", behind + 10)
        life.add_and_flush(3)
        life.ack("office", 0)

    survives("cursors", some_events, scenario)


def test_a_mixed_life():
    def scenario(life):
        life.start()
        chance = 1
        for _ in range(150):
            chance = chance * 1103515245 + 12345 & 0x7FFFFFFF  # the C standard's example generator
            dice, amount = chance >> 16 & 15, chance >> 20 & 31
            if dice < 9:
                life.add(amount)
            elif dice < 12:
                life.flush_a_slice()
            elif dice < 14:
                life.ack(READERS[dice & 1], amount)
            else:
                if dice == 14:
                    life.close()
                life.start()

    survives("mixed life", full_ring, scenario)


# What must not survive: the matrix would find these faults.


class AcknowledgesFirst(Journal):
    """Leaves out the write of a flush; the records come to flash with the next segment."""

    def _to_young_file(self, count):
        self._young_file += 1
        self._flushed += count


class ReversedRenames:
    """`os`, with the two names of a rename the wrong way round."""

    def __getattr__(self, name):
        return getattr(os, name)

    def rename(self, path, new_path):
        os.rename(new_path, path)


def scenario_of_a_flush(life):
    life.start()
    life.add_and_flush(4)


def test_a_flush_that_acknowledges_before_it_writes_is_found():
    _, complaints = cut(some_events, scenario_of_a_flush, AcknowledgesFirst)
    assert "acknowledged and is missing" in complaints[0]


def test_numbers_that_are_not_reserved_ahead_are_found():
    class ReservesNothing(Journal):
        def _reserve(self, limit):
            self._reserved = limit

    _, complaints = cut(some_events, scenario_of_a_flush, ReservesNothing)
    assert "start 2 after 2" in complaints[-1]


def test_a_reversed_rename_is_found():
    def scenario(life):
        records.os = ReversedRenames()
        try:
            life.ack("office", 0)
        finally:
            records.os = os

    _, complaints = cut(some_events, scenario)
    assert "office is at 0" in complaints[-1]


def test_a_segment_removed_too_early_is_found():
    def scenario(life):
        life.start()
        life.add_and_flush(24)

    class RemovesTooMuch(Journal):
        def _drop_oldest(self):
            self._segments.drop_oldest()
            self._segments.drop_oldest()

    _, complaints = cut(
        full_ring, lambda life: (life.start(), life.add_and_flush(24)), RemovesTooMuch
    )
    assert complaints
