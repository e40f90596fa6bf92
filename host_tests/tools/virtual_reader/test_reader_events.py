"""When events reach the host: enabling, /WAKEUP and poll, spontaneous frames, the queue."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools.virtual_reader import Card

CARD = Card(bytes.fromhex("04A1B2C3D4E580"))
PING_EVENT = command(2, 0x00, 0x01)
NO_EVENT = "16 80 00 00 00 FE 7E"


def test_no_event_before_they_are_enabled():
    rig = Rig()
    rig.present(CARD)
    assert rig.of("wakeup") == []
    assert rig.poll() == [NO_EVENT]


def test_events_from_before_are_kept_only_by_option():
    # The reader's own start is one, the card the other.
    for keeping, count in (("discard", 0), ("queue", 2)):
        rig = Rig(events_before_enabling=keeping)
        rig.present(CARD)
        rig.enable_events()
        assert rig.reader.outlet.pending == count


def test_wakeup_is_released_with_the_last_bit_of_the_event():
    rig = Rig()
    rig.enable_events()
    rig.present(CARD)
    assert rig.of("wakeup") == [True]
    rig.poll()
    begin_us = rig.times("tx")[0]
    length = len(rig.of("tx")[0])
    assert rig.of("wakeup") == [False]
    assert rig.times("wakeup") == [begin_us + -(-length * 10 * 1_000_000 // 38400)]


def test_wakeup_release_can_be_late_by_option():
    rig = Rig(wakeup_release_us=3000)
    rig.enable_events()
    rig.present(CARD)
    rig.poll()
    end_us = rig.times("tx")[0] + -(-len(rig.of("tx")[0]) * 10 * 1_000_000 // 38400)
    assert rig.times("wakeup") == [end_us + 3000]


def test_each_waiting_event_has_its_own_edge():
    rig = Rig()
    rig.enable_events()
    rig.ask(PING_EVENT)
    rig.ask(PING_EVENT)
    rig.poll()
    assert rig.of("wakeup") == [False, True]
    released_us, asserted_us = rig.times("wakeup")
    assert asserted_us - released_us == 1000
    rig.poll()
    assert rig.of("wakeup") == [False]


def test_poll_within_the_gap_gets_the_event_and_starts_a_new_gap():
    rig = Rig(wakeup_gap_us=10_000)
    rig.enable_events()
    for _ in range(3):
        rig.ask(PING_EVENT)
    rig.hear(command(0, 0x00, 0xFE))
    rig.run(3)  # the first event has left after 500 + 1823 us
    rig.outputs.clear()
    rig.hear(command(1, 0x00, 0xFE))
    rig.run(50)
    assert len(rig.sent()) == 1
    assert rig.of("wakeup") == [True]
    assert rig.times("wakeup")[0] == rig.times("tx")[0] + 1823 + 10_000


def test_without_a_gap_the_line_stays_low_until_the_last_event():
    rig = Rig(wakeup_gap_us=0)
    rig.enable_events()
    rig.ask(PING_EVENT)
    rig.ask(PING_EVENT)
    rig.poll()
    assert rig.of("wakeup") == []
    rig.poll()
    assert rig.of("wakeup") == [False]


@pytest.mark.parametrize(("status", "answer"), [(0xFE, [NO_EVENT]), (None, [])])
def test_poll_without_an_event(status, answer):
    rig = Rig(empty_poll_status=status)
    rig.enable_events()
    assert rig.poll() == answer
    assert rig.ask(command(1, 0x00, 0x00)) == ["16 81 00 00 00 00 81"]


def test_event_sequence_counts_stays_or_follows_the_poll():
    expected = {"count": ["C0", "C1", "C2"], "zero": ["C0"] * 3, "poll": ["C7"] * 3}
    for choice, pcbs in expected.items():
        rig = Rig(event_sequence=choice)
        rig.enable_events()
        for _ in pcbs:
            rig.ask(PING_EVENT)
        assert [rig.poll(sequence=7)[0].split()[1] for _ in pcbs] == pcbs


def test_event_sequence_wraps_after_15():
    rig = Rig()
    rig.enable_events()
    seen = []
    for _ in range(17):
        rig.ask(PING_EVENT)
        seen.append(rig.poll()[0].split()[1])
    assert seen[14:] == ["CE", "CF", "C0"]


def test_full_queue_drops_the_new_event_or_the_oldest():
    for choice, first in (("drop_new", "00"), ("drop_old", "8B")):
        rig = Rig(event_queue_size=2, full_queue=choice)
        rig.enable_events()
        rig.ask(PING_EVENT)
        rig.ask(command(3, 0x58, 0xA0))
        rig.ask(command(4, 0x58, 0xA1))
        assert rig.reader.counters["events_lost"] == 1
        assert rig.poll()[0].split()[5] == first


def test_spontaneous_event_follows_a_message_that_is_being_sent():
    rig = Rig(event_mode="spontaneous")
    rig.enable_events()
    rig.reader.present(CARD, rig.now_us)
    rig.run(us=18_000)  # the card is noticed after 20 ms, while the answer is being sent
    rig.hear(command(1, 0x58, 0x20, b"\x00"))
    rig.run(100)
    starts, messages = rig.times("tx"), rig.of("tx")
    assert [message[1] & 0xF0 for message in messages[:2]] == [0x80, 0xC0]
    assert starts[0] < rig.now_us - 98_000 < starts[1]
    assert starts[1] == starts[0] + -(-len(messages[0]) * 10 * 1_000_000 // 38400)
    assert rig.of("wakeup") == []


def test_spontaneous_event_may_come_between_command_and_answer():
    rig = Rig(event_mode="spontaneous", answer_delay_us=30_000)
    rig.enable_events()
    rig.hear(command(1, 0x00, 0x00))
    rig.present(CARD, wait_ms=100)
    assert [message[1] & 0xF0 for message in rig.of("tx")] == [0xC0, 0x80]


def test_restart_switches_events_off_again():
    rig = Rig()
    rig.enable_events()
    rig.reader.restart_unnoticed(rig.now_us, dark_ms=0)
    rig.run(10)
    rig.present(CARD)
    assert rig.of("wakeup") == []
    rig.enable_events()
    rig.ask(PING_EVENT)
    assert rig.of("wakeup") == [True]


def test_power_cut_releases_the_line_and_forgets_events():
    rig = Rig()
    rig.enable_events()
    rig.ask(PING_EVENT)
    rig.reader.power_off(rig.now_us)
    rig.run(10)
    assert rig.of("wakeup") == [True, False]
    rig.reader.power_on(rig.now_us)
    rig.run(1000)
    rig.enable_events()
    assert rig.poll() == [NO_EVENT]


@pytest.mark.parametrize(
    ("choice", "enabled"),
    [("set_serial_parameters", False), ("power_on", True), ("any_command", True), ("never", False)],
)
def test_what_enables_events(choice, enabled):
    rig = Rig(events_enabled_by=choice)
    rig.ask(PING_EVENT)
    assert rig.reader.outlet.asserted == enabled


def test_refused_serial_parameters_enable_nothing():
    rig = Rig()
    rig.ask(command(0, 0x00, 0x11, (9600).to_bytes(4, "big")))
    rig.ask(PING_EVENT)
    assert rig.of("wakeup") == []


def test_ping_event_before_its_answer_by_option():
    rig = Rig(event_mode="spontaneous", ping_event_order="event_first")
    rig.enable_events()
    assert [frame[3:5] for frame in rig.ask(PING_EVENT)] == ["C0", "82"]
