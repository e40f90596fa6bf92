"""The reader's task: what it moves between the line, the link, the panel and the door."""

import asyncio

import pytest

from firmware.app.doors import Doors
from firmware.app.reports import Reports
from firmware.app.serial_reader import (
    ANSWER_WAIT_MS,
    CHUNK_BYTES,
    LONGEST_REST_BYTES,
    LONGEST_WAIT_MS,
    REST_WAIT_MS,
    SHORTEST_ANSWER_BYTES,
    SerialReader,
)
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard
from host_tests.support.scripted_link import ScriptedLink
from host_tests.support.storage import FakeJournal, cards_of
from host_tests.support.tags import tag_read, tag_removed
from loquet.entrance import Feedback
from loquet.panel import Panel
from loquet.settings import load
from springcore.happenings import BitrateWanted, StateChanged, TagGone, TagSeen, Trouble

KNOWN = bytes.fromhex("04A1B2C3D4E580")
SETTINGS = load(
    {
        "readers": [{"name": "front"}],
        "doors": [{"name": "gate", "pulse_ms": 1000}],
    }
)


class House:
    """One reader and one door on a fake board, with a link that follows a script."""

    def __init__(self):
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock)
        self.link = ScriptedLink()
        self.journal = FakeJournal()
        self.panel = Panel(SETTINGS, cards_of(KNOWN), self.journal)
        self.reports = Reports(self.board)
        self.doors = Doors(self.panel, SETTINGS, self.board, self.reports)
        self.reader = SerialReader(
            0, SETTINGS.readers[0], self.link, self.board, self.doors, self.reports
        )
        self.port = self.board.ports[0]
        self.failed = None

    def play(self, story):
        """Runs the tasks while the coroutine function `story` plays."""
        virtual_time.run(self.clock, self._play(story))

    async def _play(self, story):
        tasks = [asyncio.create_task(self.doors.run()), asyncio.create_task(self.reader.run())]
        await story()
        for task in tasks:
            if task.done():
                self.failed = task.exception()

    def present(self, data=b"card", card=KNOWN, doubt=None):
        """The reader sends `data`, which the link takes for that card."""
        self.link.on_data[data] = [TagSeen(tag_read(card), doubt)]
        self.port.arrive(data)


@pytest.fixture
def house():
    return House()


async def for_ms(ms):
    await asyncio.sleep(ms / 1000)


def test_the_conversation_begins_at_the_start(house):
    house.play(lambda: for_ms(1))

    assert house.link.told[0][0] == "begin"


def test_a_known_card_energises_the_relay_then_plays_then_reports(house):
    house.link.feedback = lambda number: house.link.to_send.append(bytes([number]))

    async def story():
        house.present()
        await for_ms(5)

    house.play(story)
    relay = house.board.log.index(house.board.noted("relay")[0])
    frame = house.board.log.index(house.board.noted("frame")[0])
    told = [entry[0] == "line" and entry[2]["event"] == "decision" for entry in house.board.log]
    assert relay < frame < told.index(True)
    assert house.board.log[frame][2] == b"\x60"


def test_the_relay_moves_within_a_millisecond_of_the_last_byte(house):
    async def story():
        await for_ms(100)
        house.link.on_data[b"c"] = [TagSeen(tag_read(KNOWN), None)]
        house.port.arrive(b"c")
        await for_ms(5)

    house.play(story)
    (_, on_ms, _) = house.board.noted("relay")[0]
    assert on_ms <= 101


def test_the_relay_falls_when_the_pulse_is_over(house):
    async def story():
        house.present()
        await for_ms(3000)

    house.play(story)
    (_, on_ms, on), (_, off_ms, off) = house.board.noted("relay")
    assert (on, off) == (True, False)
    assert 1000 <= off_ms - on_ms <= 1002


def test_an_unknown_card_leaves_the_relay_alone(house):
    async def story():
        house.present(card=b"\x01\x02\x03\x04")
        await for_ms(5)

    house.play(story)
    assert house.board.noted("relay") == []
    assert house.link.calls("feedback") == [(0x61,)]
    assert house.board.lines("decision")[0]["reason"] == "unknown_card"


def test_the_links_doubt_reaches_the_decision(house):
    async def story():
        house.present(doubt="suspect")
        await for_ms(5)

    house.play(story)
    assert house.board.noted("relay") == []
    assert house.board.lines("decision")[0]["reason"] == "suspect"


def test_a_removed_card_may_come_back_at_once(house):
    async def story():
        house.present()
        await for_ms(10)
        house.link.on_data[b"gone"] = [TagGone(tag_removed(KNOWN))]
        house.port.arrive(b"gone")
        await for_ms(10)
        house.present()
        await for_ms(10)

    house.play(story)
    assert [line["reason"] for line in house.board.lines("decision")] == ["granted", "granted"]


def test_every_byte_reaches_the_link_once_and_in_order(house):
    data = bytes(number % 251 for number in range(3 * CHUNK_BYTES + 7))

    async def story():
        house.port.arrive(data)
        await for_ms(1000)

    house.play(story)
    assert b"".join(call[0] for call in house.link.calls("receive")) == data


def test_what_waited_in_the_port_is_taken_in_pieces_and_others_get_their_turn(house):
    house.port._waiting.extend(bytes(20 * CHUNK_BYTES))
    house.reader.step()

    taken = sum(len(call[0]) for call in house.link.calls("receive"))
    assert 0 < taken < 20 * CHUNK_BYTES
    assert house.reader.step() == 1


def test_the_tick_of_an_edge_goes_to_the_link_before_the_level(house):
    async def story():
        await for_ms(100)
        house.board.wakeup_pin.fall()
        await for_ms(2)

    house.play(story)
    assert house.link.calls("edge") == [(100,)]
    at = house.link.told.index(("edge", 100))
    assert house.link.told[at + 1][:2] == ("look", True)


def test_an_edge_is_left_alone_while_the_link_wants_none(house):
    async def story():
        await for_ms(100)
        house.link.wants_edges = False
        house.board.wakeup_pin.fall()
        await for_ms(2)

    house.play(story)
    assert house.link.calls("edge") == []
    assert house.board.wakeup_pin.edge_ms() == 100


def test_a_lost_edge_costs_a_quarter_of_a_second_and_no_event(house):
    fell_ms = []

    async def story():
        await for_ms(1000)
        house.board.deaf = True
        house.board.wakeup_pin.fall()
        fell_ms.append(house.clock.ms())
        await for_ms(1000)

    house.play(story)
    seen_ms = next(call[1] for call in house.link.calls("look") if call[0])
    assert house.link.calls("edge") == []
    assert seen_ms - fell_ms[0] <= LONGEST_WAIT_MS + 1


def test_lost_interrupts_of_the_line_cost_a_quarter_of_a_second_and_no_byte(house):
    async def story():
        await for_ms(1000)
        house.board.deaf = True
        house.port.arrive(b"abc")
        await for_ms(1000)

    house.play(story)
    assert house.link.calls("receive")[0][0] == b"abc"
    assert house.link.calls("receive")[0][1] <= 1000 + LONGEST_WAIT_MS + 1


def test_the_link_is_called_when_it_is_due(house):
    house.link.due_ms = 20

    house.play(lambda: for_ms(1000))

    ticks = [call[0] for call in house.link.calls("advance")]
    assert all(later - earlier <= 21 for earlier, later in zip(ticks, ticks[1:], strict=False))


def test_a_link_that_is_due_at_once_does_not_keep_the_others_from_running(house):
    house.link.due_ms = 0

    house.play(lambda: for_ms(1000))

    assert len(house.link.calls("advance")) <= 1001


def test_a_frame_starts_when_the_one_before_has_left(house):
    house.link.to_send = [bytes(100), bytes(10)]

    house.play(lambda: for_ms(100))

    (_, first_ms, _), (_, second_ms, _) = house.board.noted("frame")
    # 100 bytes at 38400 bit/s take 26 ms.
    assert 26 <= second_ms - first_ms <= 29


def awaited(house):
    return [(count, most_ms) for _, _, count, most_ms in house.board.noted("awaited")]


def test_the_beginning_of_an_answer_is_awaited_on_the_spot(house):
    house.link.to_send = [b"question"]
    house.link.awaits_answer = True

    house.play(lambda: for_ms(100))

    assert awaited(house) == [(SHORTEST_ANSWER_BYTES, ANSWER_WAIT_MS)]


def test_what_needs_no_answer_is_not_waited_for(house):
    house.link.to_send = [b"$SCCMD"]

    house.play(lambda: for_ms(100))

    assert awaited(house) == []


@pytest.mark.parametrize(
    "lacking, waits",
    ((0, 0), (1, 1), (LONGEST_REST_BYTES, 1), (LONGEST_REST_BYTES + 1, 0)),
)
def test_the_rest_of_a_short_message_is_awaited_on_the_spot(house, lacking, waits):
    async def story():
        house.link.lacking = lacking
        house.port._waiting.extend(b"head")
        await for_ms(500)

    house.play(story)
    assert awaited(house) == waits * [(lacking, REST_WAIT_MS)]


def test_a_feedback_that_comes_while_the_task_waits_leaves_at_once(house):
    house.link.feedback = lambda number: house.link.to_send.append(bytes([number]))

    async def story():
        await for_ms(300)
        house.doors.carry_out([Feedback("front", 0x61)])
        await for_ms(50)

    house.play(story)
    (_, sent_ms, _) = house.board.noted("frame")[0]
    assert sent_ms <= 302


def test_the_link_hears_that_a_frame_has_left_before_it_hears_the_answer(house):
    house.link.to_send = [b"question"]

    async def story():
        house.board.deaf = True
        await for_ms(3)
        house.port.arrive(b"answer")
        await for_ms(500)

    house.play(story)
    names = [call[0] for call in house.link.told]
    assert names.index("transmitted") < names.index("receive")
    assert house.link.calls("transmitted")[0][0] >= 2


def test_the_port_changes_its_rate_when_the_link_wants_it(house):
    house.link.happenings = [BitrateWanted(115200)]

    house.play(lambda: for_ms(1))

    assert house.board.noted("bitrate") == [("bitrate", 0, 115200)]


def test_state_and_trouble_are_reported_with_the_readers_name(house):
    house.link.happenings = [StateChanged("ready", "in time"), Trouble("event_lost", "damaged")]

    house.play(lambda: for_ms(1))

    (state,) = house.board.lines("reader")
    assert (state["reader"], state["state"], state["detail"]) == ("front", "ready", "in time")
    (trouble,) = house.board.lines("trouble")
    assert (trouble["reader"], trouble["name"]) == ("front", "event_lost")


def test_the_wire_is_reported_both_ways_as_hex(house):
    house.link.to_send = [b"\x16\x00"]

    async def story():
        house.port.arrive(b"\xff")
        await for_ms(5)

    house.play(story)
    told = [(line["direction"], line["hex"]) for line in house.board.lines("wire")]
    assert told == [("sent", "1600"), ("received", "FF")]


def test_nothing_is_printed_while_an_answer_is_awaited(house):
    async def story():
        # The doors' task prints as well: once the contact has settled it sleeps for long.
        await for_ms(100)
        house.link.awaits_answer = True
        house.port.arrive(b"\x16")
        await for_ms(50)
        assert not house.board.lines("wire")
        house.link.awaits_answer = False
        house.port.arrive(b"\xff")
        await for_ms(5)
        assert len(house.board.lines("wire")) == 2

    house.play(story)


@pytest.mark.parametrize("name", ["receive", "look", "edge", "advance", "take", "transmit"])
def test_an_error_in_one_pass_is_counted_and_reported_and_the_next_card_opens(house, name):
    house.link.fail(name, ValueError("wrong"))

    async def story():
        house.board.wakeup_pin.fall()
        house.port.arrive(b"\x00")
        await for_ms(500)
        house.present()
        await for_ms(300)

    house.play(story)
    assert house.failed is None
    assert house.reader.faults == 1
    assert "wrong" in house.board.lines("trouble")[0]["detail"]
    assert house.board.relay.energised


def test_an_error_in_the_panel_moves_no_relay(house):
    def on_tag(*arguments):
        raise MemoryError

    house.panel.on_tag = on_tag

    async def story():
        house.present()
        await for_ms(300)

    house.play(story)
    assert house.failed is None
    assert house.board.noted("relay") == []
    assert "MemoryError" in house.board.lines("trouble")[0]["detail"]


def test_an_error_in_every_pass_is_reported_slowly(house):
    house.link.due_ms = 0
    house.link.fail("advance", ValueError("always"), times=10**6)

    house.play(lambda: for_ms(10000))

    assert 30 <= len(house.board.lines("trouble")) <= 45


def test_a_relay_that_does_not_switch_ends_the_task(house):
    async def story():
        house.board.relay.broken = OSError("gone")
        house.present()
        await for_ms(10)

    house.play(story)
    assert str(house.failed) == "gone"


def test_a_port_that_fails_ends_the_task(house):
    async def story():
        house.port.broken = OSError("hung up")
        house.port.arrive(b"x")
        await for_ms(10)

    house.play(story)
    assert str(house.failed) == "hung up"


def test_idle_is_when_nothing_is_under_way_nor_due_soon(house):
    assert house.reader.idle()

    house.link.due_ms = 50
    assert not house.reader.idle()
    house.link.due_ms = 500
    assert house.reader.idle()

    house.link.idle = False
    assert not house.reader.idle()
    house.link.idle = True

    house.port._waiting.extend(b"x")
    assert not house.reader.idle()
    house.reader.step()

    house.link.to_send = [bytes(100)]
    house.reader.step()
    assert not house.reader.idle()


def test_states_and_troubles_of_the_link_are_logged_by_the_panel(house):
    async def story():
        house.link.happenings += [StateChanged("lost", ""), Trouble("reader_changed", "")]
        await for_ms(300)

    house.play(story)
    assert house.journal.kinds() == ["reader_lost", "reader_changed"]


def test_the_line_is_quiet_only_if_the_link_says_so_and_nothing_speaks_against(house):
    async def story():
        await for_ms(1)
        assert house.reader.quiet()
        house.link.quiet = False
        assert house.reader.idle() and not house.reader.quiet()
        house.link.quiet = True
        house.link.due_ms = 50
        assert not house.reader.quiet()
        house.link.due_ms = None
        house.board.wakeup_pin.fall()
        assert not house.reader.quiet()
        house.board.wakeup_pin.rise()
        assert house.reader.quiet()
        house.board.deaf = True
        house.port.arrive(b"x")
        await for_ms(1)
        assert house.reader.is_moving_bytes() and not house.reader.quiet()

    house.play(story)


def test_while_a_frame_leaves_the_line_is_not_quiet(house):
    async def story():
        house.link.to_send.append(bytes(100))
        await for_ms(10)
        assert house.reader.is_moving_bytes() and not house.reader.quiet()
        await for_ms(500)
        assert house.reader.quiet()

    house.play(story)
