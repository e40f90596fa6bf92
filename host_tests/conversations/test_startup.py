"""What the link says to a reader, and in which order, before a card may decide."""

import pytest

from host_tests.support.conversation import KNOWN, Conversation
from springcore import frame, instructions
from springcore.happenings import BitrateWanted, TagSeen

MODES = ("wakeup", "spontaneous", "text")


def names_of(frames) -> list:
    found = [frame.decode(sent) for sent in frames]
    return [instructions.explain_command(one.cla, one.payload)[0] for one in found]


STARTUP = ["PING", "GET_DATA", "SET_SERIAL_PARAMETERS", "AUTO_SEQUENCES"]


def test_startup_in_wakeup_mode_ends_with_an_event_that_was_polled():
    talk = Conversation("wakeup").start(run_ms=1000)
    assert talk.state == "ready"
    assert names_of(talk.sent) == [*STARTUP, "PING_EVENT", "HOST_EVENT_POLL"]


def test_startup_in_spontaneous_mode_ends_with_an_event_of_its_own():
    talk = Conversation("spontaneous").start(run_ms=1000)
    assert talk.state == "ready"
    assert names_of(talk.sent) == [*STARTUP, "PING_EVENT"]


def test_startup_in_text_mode_needs_no_event():
    talk = Conversation("text").start(run_ms=1000)
    assert talk.state == "ready"
    assert names_of(talk.sent) == STARTUP


def test_every_command_is_one_that_the_table_of_instructions_would_build():
    talk = Conversation("wakeup", bitrate=115200, auto_sequences=True).start(run_ms=2000)
    talk.visit()
    for sent in talk.sent:
        said = frame.decode(sent)
        name, values = instructions.explain_command(said.cla, said.payload)
        assert instructions.command(name, **values) == (said.cla, said.payload)


def test_first_sequence_number_is_the_one_that_was_drawn():
    firsts = [
        frame.decode(Conversation("text", seed=seed).start(run_ms=1000).sent[0]).sequence
        for seed in range(16)
    ]
    assert sorted(firsts) == list(range(16))


@pytest.mark.parametrize("mode", MODES)
def test_card_presented_before_the_start_is_over_does_not_decide(mode):
    for wait_ms in range(0, 800, 40):
        talk = Conversation(mode).start(run_ms=wait_ms)
        not_ready = talk.state != "ready"
        seen = talk.visit()
        if not_ready and seen and talk.states()[-1] == "ready":
            early = [one for one in seen if one.doubt is not None]
            assert {one.doubt for one in early} <= {"not_ready", "stale_event"}
        assert all(one.tag.tag_id == KNOWN for one in seen)


def test_events_that_waited_in_the_reader_are_stale():
    talk = Conversation("wakeup", options={"events_enabled_by": "power_on"})
    talk.reader.power_on(0)
    talk.reader.advance(1_000_000)
    talk.now_us = 1_000_000
    talk.present(KNOWN)
    talk.now_us = 1_500_000
    talk.line.advance(talk.now_us)
    assert talk.line.asserted
    talk.link.begin(talk.tick)
    talk.run(2000)
    doubts = [seen.doubt for seen in talk.happenings if isinstance(seen, TagSeen)]
    assert doubts == ["stale_event"]
    assert talk.state == "ready"
    assert talk.grants() == 0


def test_bit_rate_is_raised_at_the_old_rate_and_confirmed_at_the_new():
    talk = Conversation("wakeup", bitrate=115200).start(run_ms=4000)
    assert talk.state == "ready"
    assert talk.reader.bitrate == 115200
    rates = [one.bps for one in talk.happenings if isinstance(one, BitrateWanted)]
    assert rates == [38400, 115200]
    assert talk.visit()[0].doubt is None


@pytest.mark.parametrize("rate", [38400, 115200, 230400, 460800, 921600])
def test_reader_that_kept_its_rate_is_found_by_a_panel_that_restarts(rate):
    talk = Conversation("wakeup", bitrate=rate).start(run_ms=4000)
    assert talk.reader.bitrate == rate
    talk.link.begin(talk.tick)
    assert talk.run_until(lambda: talk.state == "ready", 1000) < 500


def test_reader_that_lost_its_rate_in_a_power_cut_is_found():
    talk = Conversation("wakeup", bitrate=460800).start(run_ms=4000)
    talk.reader.power_off(talk.now_us)
    talk.run(100)
    talk.reader.power_on(talk.now_us)
    talk.run(12000)
    assert talk.state == "ready"
    assert talk.reader.bitrate == 460800
    assert talk.visit()[0].doubt is None


def test_changed_reader_is_reported_when_its_serial_number_is_pinned():
    talk = Conversation("wakeup", serial_number="5A000001").start()
    assert talk.troubles() == []
    talk = Conversation("wakeup", serial_number="12345678").start()
    assert talk.troubles() == ["reader_changed"]
    assert talk.state == "ready"


def test_new_reader_that_still_sends_mk1_is_named():
    talk = Conversation("wakeup", registers={0x02A0: bytes.fromhex("0103000200")})
    talk.link.begin(0)
    talk.reader.power_on(0)
    talk.run(6000)
    assert "wrong_output" in talk.troubles()
