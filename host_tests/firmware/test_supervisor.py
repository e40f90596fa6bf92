"""The supervisor: safe first, safe last, and in between every task has to live."""

import asyncio
import json
import shutil

import pytest

from firmware.app import supervisor
from firmware.app.doors import Doors
from firmware.app.flash_writer import FlashWriter
from firmware.app.serial_reader import SerialReader
from firmware.app.storage import GOOD_AFTER_S
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard, FakeWatchdog, Stopped
from host_tests.support.datagrams import scrdr
from host_tests.support.journal import change_byte, pull_all
from host_tests.support.scripted_link import ScriptedLink
from host_tests.support.storage import key_of
from host_tests.support.tags import tag_read
from loquet import records
from loquet.card import Card
from loquet.card_list import digest_of, pack_list
from loquet.cards import Cards
from loquet.journal import Journal
from springcore.happenings import TagSeen

KNOWN = b"\x04\xa1\xb2\xc3"
GOOD = {
    "readers": [{"name": "front", "bitrate": 115200, "stale_ms": 500, "buffer_bytes": 2048}],
    "doors": [{"name": "gate", "pulse_ms": 1000}],
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
        self.settings(GOOD)
        cards = Cards(str(storage / "cards"))
        cards.create()
        cards.open()
        cards.add(Card(key_of(KNOWN)))
        cards.close()

    def settings(self, document):
        """As a tool, or an older program, has left them: what is wrong with them is not asked."""
        records.save(str(self.storage / "settings"), json.dumps(document).encode())

    def records(self):
        """What is in the log, as the next start will find it."""
        journal = Journal(str(self.storage / "log"), 10000)
        journal.open()
        return pull_all(journal)[0]

    def log(self):
        """(kind, reason, count) of the same."""
        return [(record.kind, record.reason, record.count) for record in self.records()]

    def kinds(self):
        return [kind for kind, _, _ in self.log()]

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
    house.settings({**GOOD, "doors": [{"name": "gate", "pulse_ms": 5}]})
    reason = refused(house)["reason"]
    assert "doors[0].pulse_ms is 5; allowed: a whole number from 100" in reason


def test_damaged_settings_are_refused(house):
    (house.storage / "settings").write_bytes(json.dumps(GOOD).encode())
    assert "settings is damaged" in refused(house)["reason"]


def test_missing_settings_are_refused(house):
    (house.storage / "settings").unlink()
    assert "settings is missing" in refused(house)["reason"]


def test_a_reader_that_the_board_has_no_line_for_is_refused(house):
    house.settings({**GOOD, "readers": [{"name": "in"}, {"name": "out"}, {"name": "third"}]})
    assert "reader 3" in refused(house)["reason"]
    assert house.kinds() == ["power_up", "panel_error"]


NETWORKED = {"name": "yard", "udp": {"address": "192.168.1.50"}}


def test_readers_on_lines_take_the_boards_lines_in_their_order_past_those_on_the_network(house):
    house.settings({**GOOD, "readers": [{"name": "in"}, NETWORKED, {"name": "out"}]})
    assert house.run() is None
    assert len(house.board.ports) == 2
    assert house.board.udp.at == ("0.0.0.0", 4000)


def test_a_card_at_a_networked_reader_opens_its_door_and_is_logged_with_its_place(house):
    doors = [{"name": "gate"}, {"name": "yard"}]
    reader = {**NETWORKED, "door": "yard", "direction": "exit"}
    house.settings({**GOOD, "readers": [{"name": "in"}, reader], "doors": doors})

    async def story():
        await asyncio.sleep(1)
        house.board.udp.arrive(scrdr(KNOWN.hex().upper()), "192.168.1.50")
        await asyncio.sleep(0.1)
        assert house.board.doors[1].relay.energised and not house.board.doors[0].relay.energised
        await asyncio.sleep(60)

    assert house.run(story) is None
    (granted,) = [record for record in house.records() if record.kind == "access_granted"]
    assert (granted.reader, granted.door) == (1, 1)


def test_without_a_networked_reader_no_port_is_opened(house):
    assert house.run() is None
    assert house.board.udp is None


def test_a_networked_reader_on_a_board_without_a_network_is_refused(house):
    def udp_port(*arguments):
        raise ValueError("udp: this board has no network; allowed: readers on serial lines")

    house.board.udp_port = udp_port
    house.settings({**GOOD, "readers": [{"name": "in"}, NETWORKED]})
    assert "no network" in refused(house)["reason"]
    assert house.kinds() == ["power_up", "panel_error"]


def test_a_flood_keeps_neither_log_nor_collection_nor_watchdog_waiting(house):
    house.settings({**GOOD, "readers": [{"name": "in"}, NETWORKED]})

    async def flood():
        while True:
            for _ in range(10):
                house.board.udp.arrive(scrdr("04112233"), "192.168.1.66")
            await asyncio.sleep(0.005)

    async def story():
        task = asyncio.create_task(flood())
        await asyncio.sleep(40)
        task.cancel()

    assert house.run(story) is None
    assert len(house.collections) >= 10
    assert len(house.board.noted("fed")) >= 75
    # Flushed after 30 s, as ever.
    assert "power_up" in house.kinds()


def test_a_door_that_the_board_has_no_pins_for_is_refused(house):
    house.settings({**GOOD, "doors": [{"name": name} for name in ("a", "b", "c")]})
    assert "door 3" in refused(house)["reason"]
    assert house.kinds() == ["power_up", "panel_error"]


def test_the_start_is_logged_with_what_the_board_started_for(house):
    house.run()
    assert house.log()[0][:2] == ("power_up", "power")
    assert house.board.lines("panel")[0]["reset_cause"] == "power"


@pytest.mark.parametrize("says, quality", [(None, "unknown"), (True, "synchronised")])
def test_the_clock_starts_with_what_the_board_says(house, says, quality):
    house.board.clock_says = says and (1800000000, says)
    house.run()
    record = house.records()[0]
    assert record.clock == quality
    assert says is None or record.time == 1800000000


def test_when_a_task_dies_the_relay_falls_then_it_is_reported_then_the_board_starts_over(house):
    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert house.board.relay.energised
        house.board.ports[0].broken = OSError("hung up")
        house.board.ports[0].arrive(b"x")
        await asyncio.sleep(0.1)

    assert isinstance(house.run(story), Stopped)
    on = house.board.log.index(house.board.noted("relay")[0])
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

    monkeypatch.setattr(supervisor, "LOOK_KB", 0)
    monkeypatch.setattr(supervisor, "CARD_KB", supervisor.COLLECT_AT_KB)
    assert isinstance(house.run(story), MemoryError)


def test_garbage_is_collected_while_idle(house):
    async def story():
        await asyncio.sleep(1)
        before = len(house.collections)
        await asyncio.sleep(60)
        assert 18 <= len(house.collections) - before <= 25

    assert house.run(story) is None


def test_garbage_is_collected_sooner_while_cards_come(house, monkeypatch):
    async def story():
        await asyncio.sleep(1)
        before = len(house.collections)
        for _ in range(60):
            await house.card()
            await asyncio.sleep(1)
        assert 27 <= len(house.collections) - before <= 32

    monkeypatch.setattr(supervisor, "LOOK_KB", 0)
    assert house.run(story) is None


def test_garbage_is_not_collected_while_something_is_under_way(house):
    async def story():
        await asyncio.sleep(1)
        house.link.idle = False
        before = len(house.collections)
        await asyncio.sleep(60)
        assert len(house.collections) == before

    assert house.run(story) is None


def test_garbage_is_not_collected_while_something_is_due_soon_at_a_door(house, monkeypatch):
    due = []
    monkeypatch.setattr(Doors, "due_within", lambda doors, ms: due.append(ms) or True)

    async def story():
        await asyncio.sleep(1)
        before = len(house.collections)
        await asyncio.sleep(60)
        assert len(house.collections) == before
        assert supervisor.SOON_MS in due

    assert house.run(story) is None


# The watchdog


def fed(house, since_ms=0):
    return [entry[1] for entry in house.board.noted("fed") if entry[1] >= since_ms]


def test_the_watchdog_is_fed_in_time_as_long_as_every_task_steps(house):
    async def story():
        await asyncio.sleep(60)

    assert house.run(story) is None
    assert house.board.noted("watchdog") == [("watchdog", 0, supervisor.WATCHDOG_MS)]
    times = fed(house)
    pauses = [later - earlier for earlier, later in zip([0] + times, times + [60000], strict=True)]
    assert max(pauses) <= supervisor.WATCHDOG_MS / 4


@pytest.mark.parametrize("task", [Doors, SerialReader, FlashWriter])
def test_the_watchdog_is_not_fed_over_a_task_that_hangs(house, monkeypatch, task):
    async def story():
        await asyncio.sleep(5)
        monkeypatch.setattr(task, "step", lambda self: 10**9)
        await asyncio.sleep(30)
        assert fed(house)[-1] <= 6000

    assert house.run(story) is None


def test_a_watchdog_that_cannot_be_fed_is_a_death_like_any_other(house, monkeypatch):
    def feed(watchdog):
        raise OSError("gone")

    monkeypatch.setattr(FakeWatchdog, "feed", feed)
    assert isinstance(house.run(), Stopped)
    assert "watchdog" in house.board.lines("panel")[-1]["reason"]


# What is on flash


def test_the_first_start_makes_an_empty_list_and_log_in_which_nobody_passes(house):
    shutil.rmtree(house.storage / "cards")

    async def story():
        await asyncio.sleep(1)
        await house.card()

    assert house.run(story) is None
    assert house.board.lines("decision")[0]["reason"] == "unknown_card"
    assert house.board.lines("trouble") == []
    assert (house.storage / "cards" / "manifest").exists()
    assert house.kinds()[:2] == ["power_up", "access_denied"]


def test_a_first_start_that_the_power_cut_off_is_made_again(house):
    manifest = house.storage / "cards" / "manifest"
    shutil.rmtree(house.storage / "cards")
    Cards(str(house.storage / "cards")).create()
    manifest.rename(house.storage / "cards" / "manifest.new")
    house.run()
    assert manifest.exists()
    assert house.board.lines("trouble") == []


@pytest.mark.parametrize("name", ["manifest", "list.1", "changes.1.tail"])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_list_that_cannot_be_used_lets_nobody_pass_and_says_so(house, name, how):
    path = house.storage / "cards" / name
    if how == "missing":
        path.unlink()
    elif name == "list.1":
        pytest.skip("an empty list has no byte to damage")
    else:
        change_byte(str(path), 3)

    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert not house.board.relay.energised

    assert house.run(story) is None
    assert house.board.lines("decision")[0]["granted"] is False
    (trouble,) = house.board.lines("trouble")
    assert trouble["name"] == "cards" and name in trouble["detail"]
    assert house.kinds()[:3] == ["power_up", "list_unusable", "access_denied"]
    assert path.exists() == (how == "damaged"), "what was left was written over"


def test_damage_that_a_lookup_finds_is_told_once(house):
    cards = Cards(str(house.storage / "cards"))
    cards.open()
    cards.change(Card(key_of(KNOWN), 1))
    listed = [Card(key_of(bytes([number] * 4))) for number in range(1, 30)]
    profiles, rows = pack_list(listed)
    cards.begin_replace(1, len(listed), digest_of(profiles, rows), profiles)
    cards.stage(rows)
    cards.commit()
    while cards.work():
        pass
    cards.close()
    (path,) = (house.storage / "cards").glob("list.2")

    async def story():
        await asyncio.sleep(1)
        change_byte(str(path), 498 + 50)
        for _ in range(2):
            await house.card(bytes([1] * 4))
            await asyncio.sleep(10)
        assert not house.board.relay.energised

    assert house.run(story) is None
    assert [line["name"] for line in house.board.lines("trouble")] == ["cards"]
    assert house.kinds().count("list_damaged") == 1


def test_a_log_that_cannot_be_written_keeps_nobody_out(house):
    (house.storage / "log").write_text("no folder")

    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert house.board.relay.energised
        await asyncio.sleep(120)

    assert house.run(story) is None
    assert [line["name"] for line in house.board.lines("trouble")] == ["log"]
    assert (house.storage / "log").read_text() == "no folder"


def test_decisions_reach_the_flash_before_their_limit(house):
    async def story():
        await asyncio.sleep(1)
        await house.card()
        await asyncio.sleep(32)
        copy = house.storage.parent / "copy"
        shutil.copytree(house.storage, copy)

    house.run(story)
    house.storage = house.storage.parent / "copy"
    assert house.kinds()[:2] == ["power_up", "access_granted"]


def test_a_wanted_stop_writes_the_log_and_the_next_start_shows_no_gap(house):
    async def story():
        await asyncio.sleep(1)
        await house.card()

    house.run(story)
    assert house.kinds() == ["power_up", "access_granted", "restart_wanted"]


def test_a_task_that_dies_is_in_the_log(house):
    async def pins():
        await asyncio.sleep(1)
        raise OSError("connection lost")

    house.board.own_tasks = [pins]
    house.run()
    assert house.kinds() == ["power_up", "door_failed", "panel_error"]


def test_the_relay_falls_before_the_log_is_closed(house, monkeypatch):
    async def story():
        await asyncio.sleep(1)
        await house.card()
        assert house.board.relay.energised
        monkeypatch.setattr(Journal, "close", lambda journal: house.board.note("closed"))

    house.run(story)
    words = [entry[0] for entry in house.board.log if entry[0] != "line"]
    assert words[-2:] == ["relay", "closed"]
    assert house.board.relay.energised is False


def test_new_settings_are_good_once_the_panel_has_run_with_them_for_a_while(house):
    async def story():
        await asyncio.sleep(GOOD_AFTER_S - 1)
        assert not (house.storage / "settings.good").exists()
        await asyncio.sleep(3)
        assert (house.storage / "settings.good").exists()

    assert house.run(story) is None


def test_settings_that_cannot_be_used_fall_back_to_the_last_good_ones_which_is_logged(house):
    records.save(str(house.storage / "settings.good"), json.dumps(GOOD).encode())
    house.settings({**GOOD, "repeat_ms": -1})
    house.run()
    assert [line["name"] for line in house.board.lines("trouble")] == ["settings"]
    assert house.kinds()[:2] == ["power_up", "settings_fell_back"]


def test_flash_is_written_as_the_link_allows(house):
    """The whole panel: no file changes while the link does not say that the line is quiet."""

    async def story():
        await asyncio.sleep(1)
        house.link.quiet = house.link.idle = False
        before = files(house.storage)
        for number in range(20):
            await house.card(bytes([number] * 4))
            await asyncio.sleep(0.5)
        await asyncio.sleep(20)
        assert files(house.storage) == before
        house.link.quiet = house.link.idle = True
        await asyncio.sleep(1)
        assert files(house.storage) != before

    assert house.run(story) is None


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
