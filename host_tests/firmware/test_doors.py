"""The one place that drives relays, and what it tells the panel of the doors' wires."""

import asyncio

import pytest

from firmware.app.doors import LEASE_MS, LONGEST_WAIT_MS, RENEW_MS, Doors
from firmware.app.reports import Reports
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard
from host_tests.support.storage import FakeJournal, cards_of
from host_tests.support.tags import present, tag_read
from loquet.entrance import Relay
from loquet.panel import Panel
from loquet.settings import load

KNOWN = b"\x04\xa1\xb2\xc3"
NOON_S = 1800014400


class House:
    """Two doors, `gate` as `rules` say and `yard`, and a reader at the gate."""

    def __init__(self, **rules):
        gate = {"name": "gate", "pulse_ms": 1000, "contact": True, **rules}
        settings = load(
            {"readers": [{"name": "front"}], "doors": [gate, {"name": "yard"}], "fire_input": True}
        )
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock)
        # Both doors are closed.
        for door in self.board.doors:
            door.contact._level = 0
        self.gate, self.yard = self.board.doors
        self.reports = Reports(self.board)
        self.journal = FakeJournal()
        self.panel = Panel(settings, cards_of(KNOWN), self.journal)
        self.doors = Doors(self.panel, settings, self.board, self.reports)
        self.doors.add_reader("front", lambda sequence: None)

    def open(self):
        self.doors.carry_out(present(self.panel, "front", tag_read(KNOWN), None, self.clock.ms()))

    def play(self, story):
        virtual_time.run(self.clock, self._play(story))

    async def _play(self, story):
        tasks = [asyncio.create_task(self.doors.run())]
        await story()
        assert not any(task.done() for task in tasks)

    def happenings(self):
        return [(line["door"], line["what"]) for line in self.board.lines("door")]


@pytest.fixture
def house():
    return House()


async def for_ms(ms):
    await asyncio.sleep(ms / 1000)


def test_a_pulse_shorter_than_the_wait_it_falls_into_ends_in_time():
    house = House(pulse_ms=100)

    async def story():
        await for_ms(10)
        house.open()
        await for_ms(2000)

    house.play(story)
    (_, on_ms, _), (_, off_ms, energised) = house.board.noted("relay")
    assert not energised
    assert 100 <= off_ms - on_ms <= 102


def test_a_lost_ring_does_not_hold_the_door_open(house):
    house.doors._bell.ring = lambda: None

    async def story():
        await for_ms(100)
        house.open()
        await for_ms(2000)

    house.play(story)
    (_, on_ms, _), (_, off_ms, _) = house.board.noted("relay")
    assert off_ms - on_ms <= 1000 + LONGEST_WAIT_MS


def test_nobody_taking_reports_does_not_hold_the_door_open(house):
    house.board.listening = False

    async def story():
        house.open()
        await for_ms(1100)

    house.play(story)
    assert house.board.relay.energised is False


def _contained(function, *arguments):
    return function(*arguments)


def test_the_relay_is_switched_before_a_card_is_logged_and_told(house):
    relays = []
    append = house.journal.append
    house.journal.append = lambda *record, **more: (
        relays.append(house.board.relay.energised),
        append(*record, **more),
    )
    house.doors.on_tag(_contained, "front", tag_read(KNOWN), None)
    assert relays == [True]


def test_a_card_whose_relay_does_not_switch_is_in_the_log_all_the_same(house):
    def energise(limit_ms):
        raise OSError("the pin")

    house.board.relay.energise = energise
    with pytest.raises(OSError, match="the pin"):
        house.doors.on_tag(_contained, "front", tag_read(KNOWN), None)
    assert house.journal.kinds() == ["access_granted"]


def test_each_switching_is_reported(house):
    async def story():
        house.open()
        await for_ms(1100)

    house.play(story)
    told = [(line["door"], line["energised"]) for line in house.board.lines("relay")]
    assert told == [("gate", True), ("gate", False)]


# The lease


def test_a_relay_is_energised_again_in_time_as_long_as_the_panel_says_so():
    house = House(pulse_ms=10000)

    async def story():
        await for_ms(100)
        house.open()
        await for_ms(9990)
        assert house.gate.relay.energised
        await for_ms(100)
        assert not house.gate.relay.energised

    house.play(story)
    times, limits = zip(*house.gate.relay.leases, strict=True)
    assert set(limits) == {LEASE_MS} and LEASE_MS <= 2000
    pauses = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert max(pauses) <= RENEW_MS + LONGEST_WAIT_MS < LEASE_MS / 2
    assert len(times) <= 22


def test_a_loop_that_has_stopped_holds_no_door():
    house = House(pulse_ms=60000)

    async def story():
        house.open()
        await for_ms(5000)
        house.doors.step = lambda: 10**9
        await for_ms(LEASE_MS + LONGEST_WAIT_MS)
        assert not house.gate.relay.energised

    house.play(story)


def test_a_relay_at_rest_is_told_nothing(house):
    house.play(lambda: for_ms(5000))
    assert house.board.noted("relay") == [] and house.gate.relay.leases == []


# When something fails


def test_safe_reaches_every_relay_even_if_one_is_broken(house):
    house.doors.carry_out([Relay("gate", True), Relay("yard", True)])
    house.gate.relay.broken = OSError("gone")
    house.doors.make_safe()

    assert house.yard.relay.energised is False
    house.reports.flush()
    assert "gone" in house.board.lines("trouble")[0]["detail"]


def test_what_was_made_safe_is_not_energised_again(house):
    house.doors.carry_out([Relay("gate", True)])
    house.doors.make_safe()
    house.clock.advance(RENEW_MS)
    house.doors.step()
    assert not house.gate.relay.energised


def test_after_a_failure_no_card_energises_anything(house):
    house.open()
    house.doors.fail()
    assert not house.gate.relay.energised
    house.panel.on_removed("front", tag_read(KNOWN), house.clock.ms())
    house.open()
    house.doors.step()
    assert not house.gate.relay.energised
    assert house.board.lines("decision")[-1]["granted"] is False
    assert house.journal.kinds().count("door_failed") == 2


def test_relays_fall_even_if_the_panel_cannot_fail(house):
    def fail(now_ms):
        raise MemoryError

    house.panel.fail = fail
    house.open()
    house.doors.fail()
    assert not house.gate.relay.energised


# What the wires say


def test_levels_reach_the_panel_as_they_change(house):
    async def story():
        await for_ms(300)
        house.gate.contact.set(1)
        await for_ms(100)
        assert house.happenings() == [("gate", "door_opened"), ("gate", "door_forced")]
        house.gate.contact.set(0)
        await for_ms(100)
        assert house.happenings()[2:] == [("gate", "door_closed"), ("gate", "door_forced_over")]

    house.play(story)


def test_a_lost_change_costs_a_quarter_of_a_second(house):
    async def story():
        await for_ms(300)
        house.board.deaf = True
        house.gate.contact.set(1)
        await for_ms(LONGEST_WAIT_MS + 60)
        assert ("gate", "door_forced") in house.happenings()

    house.play(story)


def test_a_button_is_pressed_when_its_line_is_low():
    house = House(rex="unlock")

    async def story():
        await for_ms(300)
        assert not house.gate.relay.energised
        house.gate.rex.set(0)
        await for_ms(60)
        assert house.gate.relay.energised

    house.play(story)
    assert house.happenings() == [("gate", "exit_requested")]


def test_each_door_has_wires_of_its_own(house):
    async def story():
        await for_ms(300)
        house.yard.rex.set(0)
        await for_ms(100)

    house.play(story)
    assert house.happenings() == [("yard", "exit_requested")]
    assert house.board.noted("relay") == house.board.noted("relay2") == []


def test_fire_is_when_its_line_is_low(house):
    async def story():
        await for_ms(300)
        assert house.happenings() == []
        house.board.fire_pin.set(0)
        await for_ms(10)
        assert house.happenings() == [("gate", "fire"), ("yard", "fire")]
        house.board.fire_pin.set(1)
        await for_ms(10)
        assert house.happenings()[2:] == [("gate", "fire_over"), ("yard", "fire_over")]

    house.play(story)


# The time


def test_a_time_that_was_told_sets_the_panels_clock_and_the_boards(house):
    async def story():
        house.board.told_s = NOON_S
        await for_ms(LONGEST_WAIT_MS + 10)

    house.play(story)
    (told,) = house.board.lines("clock")
    assert (told["seconds"], told["quality"]) == (NOON_S, "synchronised")
    assert house.board.noted("clock")[0][2] == NOON_S


def test_a_time_that_cannot_be_is_trouble_and_sets_nothing(house):
    async def story():
        house.board.told_s = 5
        await for_ms(LONGEST_WAIT_MS + 10)

    house.play(story)
    assert house.board.lines("trouble")[0]["name"] == "clock"
    assert house.board.lines("clock") == house.board.noted("clock") == []


def test_what_is_due_soon_is_known(house):
    house.doors.step()
    house.clock.advance(100)
    house.doors.step()
    assert not house.doors.due_within(5000)
    house.open()
    assert house.doors.due_within(1000)
    assert not house.doors.due_within(999)
