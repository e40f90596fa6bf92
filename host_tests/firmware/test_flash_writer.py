"""The flash writer: one slice at a time, in moments when nobody may be speaking to us."""

import asyncio

import pytest

from firmware.app import memory
from firmware.app.doors import Doors
from firmware.app.flash_writer import (
    AFTER_SLICE_MS,
    ANY_WILL_DO_S,
    COLLECT_EVERY_SLICES,
    IDLE_WILL_DO_S,
    NOTHING_MS,
    RETRY_S,
    SLICE_MS,
    FlashWriter,
    Job,
)
from firmware.app.reports import Reports
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard
from host_tests.support.storage import FakeJournal, cards_of
from host_tests.support.tags import present, tag_read
from loquet.errors import StorageError
from loquet.panel import Panel
from loquet.settings import load

KNOWN = b"\x04\xa1\xb2\xc3"
PULSE_MS = 1000
ERASE_MS = 45


class FakeReader:
    """How good the moment is."""

    def __init__(self):
        self.is_quiet = True
        self.is_idle = True
        self.moves = False

    def quiet(self):
        return self.is_quiet and self.is_idle and not self.moves

    def idle(self):
        return self.is_idle and not self.moves

    def is_moving_bytes(self):
        return self.moves


class FakeWork:
    """Slices to do; notes when each was done, and stops the clock as an erase does."""

    def __init__(self, house, name):
        self.slices = 0
        self.done_ms = []
        self.errors = []
        self.job = Job(name, lambda now_s: self.slices > 0, self._work)
        self._house = house

    def _work(self):
        self.done_ms.append(self._house.clock.ms())
        self._house.clock.advance(ERASE_MS)
        if self.errors:
            raise self.errors.pop(0)
        self.slices -= 1


class House:
    def __init__(self):
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock)
        self.reports = Reports(self.board)
        settings = {"readers": [{"name": "front"}], "doors": [{"name": "gate"}]}
        settings["doors"][0]["pulse_ms"] = PULSE_MS
        self.journal = FakeJournal()
        settings = load(settings)
        self.panel = Panel(settings, cards_of(KNOWN), self.journal)
        self.doors = Doors(self.panel, settings, self.board, self.reports)
        self.doors.add_reader("front", lambda sequence: None)
        self.readers = [FakeReader(), FakeReader()]
        self.work = FakeWork(self, "log")
        self.other = FakeWork(self, "cards")
        jobs = [self.work.job, self.other.job]
        self.writer = FlashWriter(jobs, self.readers, self.doors, self.board, self.reports)

    def card(self):
        actions = present(self.panel, "front", tag_read(KNOWN), None, self.clock.ms())
        self.doors.carry_out(actions)

    def play(self, story):
        virtual_time.run(self.clock, self._play(story))

    async def _play(self, story):
        tasks = [asyncio.create_task(self.doors.run()), asyncio.create_task(self.writer.run())]
        await story()
        assert not any(task.done() for task in tasks)


@pytest.fixture
def house():
    return House()


def test_nothing_is_written_as_long_as_there_is_nothing_to_write(house):
    house.play(lambda: asyncio.sleep(60))
    assert house.work.done_ms == []


def test_in_a_quiet_moment_it_is_written_soon(house):
    async def story():
        await asyncio.sleep(1)
        house.work.slices = 1
        await asyncio.sleep(1)

    house.play(story)
    (done_ms,) = house.work.done_ms
    assert 1000 <= done_ms <= 1000 + NOTHING_MS


def test_nothing_is_written_while_a_reader_may_speak(house):
    house.work.slices = 1
    house.readers[1].is_quiet = False

    async def story():
        await asyncio.sleep(IDLE_WILL_DO_S - 2)
        assert house.work.done_ms == []
        house.readers[1].is_quiet = True
        await asyncio.sleep(0.1)
        assert len(house.work.done_ms) == 1

    house.play(story)


def test_between_two_slices_the_others_have_their_turn_and_the_line_is_looked_at_again(house):
    house.work.slices = 3

    async def story():
        while not house.work.done_ms:
            await asyncio.sleep(0.001)
        # As after an erase: only now it is seen that a card has come meanwhile.
        house.readers[0].is_idle = False
        await asyncio.sleep(0.5)
        assert len(house.work.done_ms) == 1
        house.readers[0].is_idle = True
        await asyncio.sleep(1)

    house.play(story)
    first, second = house.work.done_ms[1:]
    assert second - first >= ERASE_MS + AFTER_SLICE_MS


def test_what_slices_leave_in_memory_is_collected_in_moments_as_good(house, monkeypatch):
    slices = 3 * COLLECT_EVERY_SLICES
    house.work.slices = slices
    written_before = []
    collected_busy = []

    def collect():
        written_before.append(len(house.work.done_ms))
        collected_busy.append(not house.readers[0].is_quiet)

    async def story():
        while house.work.slices:
            house.readers[0].is_quiet = not house.readers[0].is_quiet
            await asyncio.sleep(0.03)

    monkeypatch.setattr(memory.gc, "collect", collect)
    house.play(story)
    assert written_before == list(range(COLLECT_EVERY_SLICES, slices, COLLECT_EVERY_SLICES))
    assert not any(collected_busy)


def test_the_end_of_a_pulse_is_not_delayed(house):
    async def story():
        house.card()
        await asyncio.sleep((PULSE_MS - SLICE_MS) / 1000)
        house.work.slices = 2
        house.writer._bell.ring()
        await asyncio.sleep(2)

    house.play(story)
    (_, on_ms, _), (_, off_ms, _) = house.board.noted("relay")
    assert off_ms - on_ms <= PULSE_MS + 2
    assert len(house.work.done_ms) == 2 and house.work.done_ms[0] >= off_ms


def test_early_in_a_pulse_there_is_time_for_a_slice(house):
    async def story():
        house.card()
        house.work.slices = 1
        await asyncio.sleep(0.8)
        assert len(house.work.done_ms) == 1

    house.play(story)


def test_where_readers_speak_unasked_an_idle_line_will_do_after_a_while(house):
    house.work.slices = 2
    for reader in house.readers:
        reader.is_quiet = False
    house.readers[0].is_idle = False

    async def story():
        await asyncio.sleep(IDLE_WILL_DO_S + 10)
        assert house.work.done_ms == []
        house.readers[0].is_idle = True
        await asyncio.sleep(1)

    house.play(story)
    assert len(house.work.done_ms) == 2


def test_with_a_reader_that_is_lost_it_is_written_between_two_bytes_in_the_end(house):
    house.work.slices = 1
    house.readers[0].is_idle = False
    house.readers[0].moves = True

    async def story():
        await asyncio.sleep(ANY_WILL_DO_S + 5)
        assert house.work.done_ms == []
        house.readers[0].moves = False
        await asyncio.sleep(0.1)

    house.play(story)
    assert len(house.work.done_ms) == 1


def test_every_wait_begins_anew_with_work_that_comes_later(house):
    house.readers[0].is_idle = False
    house.work.slices = 1

    async def story():
        await asyncio.sleep(ANY_WILL_DO_S + 2)
        assert len(house.work.done_ms) == 1
        await asyncio.sleep(2)
        house.work.slices = 1
        await asyncio.sleep(ANY_WILL_DO_S - 2)
        assert len(house.work.done_ms) == 1

    house.play(story)


def test_the_log_comes_first(house):
    house.other.slices = house.work.slices = 2
    house.play(lambda: asyncio.sleep(1))
    assert max(house.work.done_ms) < min(house.other.done_ms)


@pytest.mark.parametrize("error", [StorageError("log/state", "is full"), MemoryError()])
def test_what_fails_is_told_and_logged_once_and_tried_again_later(house, error):
    house.work.slices = 1
    house.other.slices = 1
    house.work.errors = [error, error]

    async def story():
        await asyncio.sleep(3 * RETRY_S)

    house.play(story)
    first, second, third = house.work.done_ms
    assert second - first >= (RETRY_S - 1) * 1000 and third - second >= (RETRY_S - 1) * 1000
    assert len(house.other.done_ms) == 1
    troubles = house.board.lines("trouble")
    assert [line["name"] for line in troubles] == ["storage", "storage"]
    assert troubles[0]["detail"].startswith("log: ")
    assert house.journal.kinds() == ["storage_failed"]
    assert house.board.noted("relay") == []


def test_time_goes_on_when_ticks_wrap(house):
    ticks = house.board.ticks_ms
    house.board.ticks_ms = lambda: (ticks() + 2**29 - 5000) % 2**29
    house.writer._last_ms = house.board.ticks_ms()
    house.work.slices = 1
    house.readers[0].is_quiet = False
    house.play(lambda: asyncio.sleep(IDLE_WILL_DO_S + 2))
    assert len(house.work.done_ms) == 1
