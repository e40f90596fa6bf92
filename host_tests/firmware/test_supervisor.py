"""The supervisor: safe first, safe last, and in between every task has to live."""

import asyncio
import json

import pytest

from firmware.app import supervisor
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard, Stopped
from host_tests.support.scripted_link import ScriptedLink
from host_tests.support.tags import tag_read
from springcore.happenings import TagSeen

KNOWN = b"\x04\xa1\xb2\xc3"
GOOD = {
    "readers": [{"name": "front", "bitrate": 115200, "stale_ms": 500, "buffer_bytes": 2048}],
    "doors": [{"name": "gate", "pulse_ms": 1000}],
    "cards": [KNOWN.hex()],
}


class House:
    """A board with settings, on which the supervisor runs with scripted links."""

    def __init__(self, storage, monkeypatch):
        self.storage = storage
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock, storage)
        self.link = ScriptedLink()
        self.link_settings = []
        self.collections = []
        monkeypatch.setattr(supervisor, "Link", self._make_link)
        monkeypatch.setattr(supervisor.gc, "collect", self._collect)
        self.settings(json.dumps(GOOD))

    def settings(self, text):
        (self.storage / "settings.json").write_text(text)

    def run(self, story=None):
        """Runs the supervisor while `story` plays; what stopped it, or None if it still runs."""
        return virtual_time.run(self.clock, self._run(story))

    async def _run(self, story):
        task = asyncio.create_task(supervisor.run(self.board))
        if story is not None:
            await story()
        else:
            await asyncio.wait([task], timeout=60)
        return task.exception() if task.done() else None

    async def card(self, card=KNOWN):
        self.link.on_data[b"card"] = [TagSeen(tag_read(card), None)]
        self.board.ports[0].arrive(b"card")
        await asyncio.sleep(0.01)

    def _make_link(self, settings, first_sequence):
        self.link_settings.append(settings)
        return self.link

    def _collect(self):
        self.collections.append(self.clock.ms())


@pytest.fixture
def house(tmp_path, monkeypatch):
    return House(tmp_path, monkeypatch)


def test_the_relay_falls_before_the_settings_are_read(house):
    house.run()
    words = [entry[0] for entry in house.board.log]
    assert house.board.log[0] == ("relay", 0, False)
    assert words.index("relay") < words.index("storage")


def test_a_start_is_reported_with_interpreter_and_free_memory(house):
    house.run()
    (started,) = house.board.lines("panel")
    assert started["state"] == "started"
    assert started["interpreter"].startswith("cpython 3.")
    assert "heap_free" in started


def test_a_known_card_opens_for_one_pulse(house):
    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert house.board.relay.energised
        await asyncio.sleep(1)
        assert not house.board.relay.energised

    assert house.run(story) is None


def test_the_link_is_made_as_the_settings_say(house):
    house.run()
    (made,) = house.link_settings
    assert (made.events, made.bitrate, made.stale_ms) == ("wakeup", 115200, 500)
    assert made.buffer_size == 2048


def test_it_runs_until_something_dies(house):
    async def story():
        await asyncio.sleep(3600)

    assert house.run(story) is None


def refused(house):
    """What is reported of a start that was refused, with the door at rest."""
    assert isinstance(house.run(), Stopped)
    assert house.board.log[-1][0] == "stopped" and house.board.log[-1][2] == "halt"
    assert all(not energised for _, _, energised in house.board.noted("relay"))
    (report,) = house.board.lines("panel")
    assert report["state"] == "stopped"
    return report


def test_wrong_settings_are_refused_naming_path_value_and_what_may_be(house):
    house.settings(json.dumps({**GOOD, "doors": [{"name": "gate", "pulse_ms": 5}]}))
    report = refused(house)
    assert report["path"] == "doors[0].pulse_ms"
    assert report["value"] == "5"
    assert "100" in report["allowed"]
    assert "doors[0].pulse_ms" in report["reason"]


def test_settings_that_are_not_json_are_refused(house):
    house.settings('{"readers": [')
    assert "settings.json" in refused(house)["reason"]


def test_missing_settings_are_refused(house):
    (house.storage / "settings.json").unlink()
    assert "settings.json" in refused(house)["reason"]


def test_a_reader_that_the_board_has_no_line_for_is_refused(house):
    house.settings(json.dumps({**GOOD, "readers": [{"name": "in"}, {"name": "out"}]}))
    assert "'out'" in refused(house)["reason"]


def test_when_a_task_dies_the_relay_falls_then_it_is_reported_then_the_board_starts_over(house):
    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert house.board.relay.energised
        house.board.ports[0].broken = OSError("hung up")
        house.board.ports[0].arrive(b"x")
        await asyncio.sleep(0.1)

    assert isinstance(house.run(story), Stopped)
    on = house.board.log.index(house.board.noted("relay")[1])
    after = [entry[0] for entry in house.board.log[on + 1 :] if entry[0] != "line"]
    assert after[:3] == ["relay", "error", "stopped"]
    assert house.board.relay.energised is False
    assert house.board.noted("stopped")[0][2] == "reset"
    stopped = house.board.lines("panel")[-1]
    assert stopped["state"] == "stopped"
    assert "reader front" in stopped["reason"] and "hung up" in stopped["reason"]


def test_a_task_of_the_board_that_dies_counts_too(house):
    async def pins():
        await asyncio.sleep(1)
        raise OSError("connection lost")

    house.board.own_tasks = [pins]
    assert isinstance(house.run(), Stopped)
    assert "pins" in house.board.lines("panel")[-1]["reason"]


def test_a_task_that_simply_ends_has_died(house):
    async def pins():
        await asyncio.sleep(1)

    house.board.own_tasks = [pins]
    assert isinstance(house.run(), Stopped)


def test_the_relay_falls_when_the_supervisor_itself_fails(house, monkeypatch):
    def fails(doors, readers):
        raise MemoryError

    async def story():
        await asyncio.sleep(4)
        await house.card()
        monkeypatch.setattr(supervisor, "_all_idle", fails)
        assert house.board.relay.energised
        await asyncio.sleep(0.9)
        assert not house.board.relay.energised

    monkeypatch.setattr(supervisor, "COLLECT_EVERY", 17)
    assert isinstance(house.run(story), MemoryError)


def test_garbage_is_collected_while_idle(house):
    async def story():
        await asyncio.sleep(60)

    house.run(story)
    assert 5 <= len(house.collections) <= 13


def test_garbage_is_not_collected_while_something_is_under_way(house):
    async def story():
        await asyncio.sleep(1)
        house.link.idle = False
        before = len(house.collections)
        await asyncio.sleep(60)
        assert len(house.collections) == before

    assert house.run(story) is None


def test_garbage_is_not_collected_during_a_pulse(house):
    house.settings(json.dumps({**GOOD, "doors": [{"name": "gate", "pulse_ms": 30000}]}))

    async def story():
        await asyncio.sleep(1)
        await house.card()
        before = len(house.collections)
        await asyncio.sleep(29)
        assert len(house.collections) == before

    assert house.run(story) is None
