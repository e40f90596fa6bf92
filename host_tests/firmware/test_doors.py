"""The one place that drives relays."""

import asyncio

import pytest

from firmware.app.doors import LONGEST_WAIT_MS, Doors
from firmware.app.reports import Reports
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard, FakeRelay
from host_tests.support.storage import FakeJournal, cards_of
from host_tests.support.tags import tag_read
from loquet.panel import Panel, Relay
from loquet.settings import load

KNOWN = b"\x04\xa1\xb2\xc3"


def panel_of(pulse_ms):
    settings = load(
        {
            "readers": [{"name": "front"}],
            "doors": [{"name": "gate", "pulse_ms": pulse_ms}],
        }
    )
    return Panel(settings, cards_of(KNOWN), FakeJournal())


class House:
    def __init__(self, pulse_ms=1000):
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock)
        self.reports = Reports(self.board)
        relays = {"gate": self.board.relay}
        self.doors = Doors(panel_of(pulse_ms), relays, self.board, self.reports)
        self.doors.add_reader("front", lambda sequence: None)

    def open(self):
        panel = self.doors.panel
        self.doors.carry_out(panel.on_tag("front", tag_read(KNOWN), None, self.clock.ms()))

    def play(self, story):
        virtual_time.run(self.clock, self._play(story))

    async def _play(self, story):
        tasks = [asyncio.create_task(self.doors.run())]
        await story()
        assert not any(task.done() for task in tasks)


@pytest.fixture
def house():
    return House()


def test_a_pulse_shorter_than_the_wait_it_falls_into_ends_in_time():
    house = House(pulse_ms=100)

    async def story():
        await asyncio.sleep(0.01)
        house.open()
        await asyncio.sleep(2)

    house.play(story)
    (_, on_ms, _), (_, off_ms, energised) = house.board.noted("relay")
    assert not energised
    assert 100 <= off_ms - on_ms <= 102


def test_a_lost_ring_does_not_hold_the_door_open(house):
    house.doors._bell.ring = lambda: None

    async def story():
        await asyncio.sleep(0.1)
        house.open()
        await asyncio.sleep(2)

    house.play(story)
    (_, on_ms, _), (_, off_ms, _) = house.board.noted("relay")
    assert off_ms - on_ms <= 1000 + LONGEST_WAIT_MS


def test_nobody_taking_reports_does_not_hold_the_door_open(house):
    house.board.listening = False

    async def story():
        house.open()
        await asyncio.sleep(1.1)

    house.play(story)
    assert house.board.relay.energised is False


def test_each_switching_is_reported(house):
    async def story():
        house.open()
        await asyncio.sleep(1.1)

    house.play(story)
    told = [(line["door"], line["energised"]) for line in house.board.lines("relay")]
    assert told == [("gate", True), ("gate", False)]


def test_safe_reaches_every_relay_even_if_one_is_broken(house):
    other = FakeRelay(house.board)
    doors = Doors(
        panel_of(1000),
        {"gate": house.board.relay, "other": other},
        house.board,
        house.reports,
    )
    doors.carry_out([Relay("gate", True), Relay("other", True)])
    house.board.relay.broken = OSError("gone")
    doors.make_safe()

    assert other.energised is False
    house.reports.flush()
    assert "gone" in house.board.lines("trouble")[0]["detail"]


def test_idle_is_when_no_pulse_runs(house):
    assert house.doors.idle()
    house.open()
    assert not house.doors.idle()


def test_what_is_due_soon_is_known(house):
    assert not house.doors.due_within(5000)
    house.open()
    assert house.doors.due_within(1000)
    assert not house.doors.due_within(999)
