"""The link's rules one by one, with a reader that is played by hand.

What happens over time, with a whole reader, stands in host_tests/conversations.
"""

from host_tests.support.by_hand import CARD, VICTIM, Talk, tag_event, tag_line
from host_tests.support.check import raises
from springcore import frame, instructions, link
from springcore.errors import UsageError
from springcore.happenings import Answer, BitrateWanted, TagGone
from springcore.link import LinkSettings

# Settings


def test_settings_that_no_line_can_have_are_refused_by_name():
    assert "events 'polled'" in str(raises(UsageError, LinkSettings, events="polled"))
    assert "bitrate 9600" in str(raises(UsageError, LinkSettings, bitrate=9600))
    error = raises(UsageError, LinkSettings, events="spontaneous", half_duplex=True)
    assert "half-duplex" in str(error)
    LinkSettings(events="text", half_duplex=True)


def test_commands_are_those_of_the_table_of_instructions():
    talk = Talk(bitrate=115200, auto_sequences=True)
    expected = {
        "ping": instructions.command("PING"),
        "identify": instructions.command("GET_DATA", identifier=3),
        "rate": instructions.command("SET_SERIAL_PARAMETERS", bitrate=115200),
        "ui": instructions.command("AUTO_SEQUENCES", enabled=1),
        "events": instructions.command("PING_EVENT"),
        "stop": instructions.command("CANCEL"),
    }
    for phase in expected:
        assert talk.link._commands[phase] == expected[phase], phase
    assert link._POLL_COMMAND == instructions.command("HOST_EVENT_POLL")
    assert link._EXTENSION_COMMAND == instructions.command("TIME_EXTENSION_ACK")


# What may decide


def test_event_that_answers_our_poll_decides():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.ids() == [CARD]


def test_event_decides_however_its_bytes_are_cut():
    for size in (1, 2, 5, 21):
        talk = Talk().ready()
        talk.poll()
        event = tag_event(CARD)
        for start in range(0, len(event), size):
            talk.hear(event[start : start + size])
        assert talk.ids() == [CARD], size


def test_event_that_was_not_polled_decides_nothing_in_wakeup_mode():
    talk = Talk().ready()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == []
    assert talk.link.counters["events_other_mode"] == 1


def test_second_event_for_one_poll_decides_nothing():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD) + tag_event(VICTIM))
    assert talk.ids() == [CARD]


def test_events_nibble_is_not_compared():
    for nibble in range(16):
        talk = Talk().ready()
        talk.poll()
        talk.hear(tag_event(CARD, sequence=nibble))
        assert talk.ids() == [CARD]


def test_line_of_text_decides_nothing_in_the_other_modes():
    for mode in ("wakeup", "spontaneous"):
        talk = Talk(events=mode).ready()
        talk.hear(tag_line(CARD))
        assert talk.doubts() == []
        assert talk.link.counters["events_other_mode"] == 1


def test_event_frame_decides_nothing_in_text_mode():
    talk = Talk(events="text").ready()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == []


def test_removal_never_decides():
    talk = Talk(events="spontaneous").ready()
    talk.hear(frame.encode(frame.EVENT, 0, 0x5B, bytes.fromhex("B1C00101")))
    assert talk.doubts() == []
    assert isinstance(talk.happenings[-1], TagGone)


def test_removal_that_may_be_forged_is_not_told():
    removed = frame.encode(frame.EVENT, 0, 0x5B, bytes.fromhex("B1C00101"))
    talk = Talk(events="spontaneous").ready()
    talk.hear(b"\x17" + tag_event(CARD)[1:] + removed)
    talk.wait(150)
    assert not any(isinstance(one, TagGone) for one in talk.happenings)


def test_card_before_the_start_is_over_is_not_ready():
    talk = Talk(events="spontaneous").begin()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == ["not_ready"]
    talk = Talk(events="text").begin()
    talk.hear(tag_line(CARD))
    assert talk.doubts() == ["not_ready"]


def test_event_whose_wakeup_is_two_seconds_old_is_stale():
    for age_ms, doubt in ((1990, None), (2010, "stale_event")):
        talk = Talk().ready()
        talk.wakeup(True)
        talk.now_ms += age_ms
        talk.sent()
        talk.hear(tag_event(CARD))
        assert talk.doubts() == [doubt], age_ms


def test_edge_is_older_than_the_look_that_finds_the_line_low():
    talk = Talk().ready()
    fell = talk.now_ms
    talk.now_ms += 2500
    talk.link.edge(fell)
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == ["stale_event"]


def test_event_whose_polls_were_lost_is_as_old_as_its_wakeup():
    talk = Talk().ready()
    talk.poll()
    talk.wait(1000)
    talk.wait(100)
    talk.answer(talk.sent())
    talk.now_ms += 1000
    talk.sent()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == ["stale_event"]


def test_event_within_the_wreck_of_another_is_suspect():
    # The whole frame of another card stands in the data of this one; one byte is disturbed.
    outer = tag_event(CARD, tag_event(VICTIM))
    for place in range(len(outer)):
        disturbed = bytearray(outer)
        disturbed[place] ^= 0x04
        talk = Talk().ready()
        talk.poll()
        talk.hear(bytes(disturbed))
        talk.wait(150)
        assert VICTIM not in talk.ids(), place


def test_event_within_the_wreck_of_another_that_lost_or_doubled_a_byte_is_suspect():
    outer = tag_event(CARD, tag_event(VICTIM))
    for place in range(len(outer)):
        for changed in (
            outer[:place] + outer[place + 1 :],
            outer[:place] + outer[place : place + 1] + outer[place:],
        ):
            for mode in ("wakeup", "spontaneous"):
                talk = Talk(events=mode).ready()
                if mode == "wakeup":
                    talk.poll()
                talk.hear(changed)
                talk.wait(150)
                assert VICTIM not in talk.ids(), place


def test_event_with_a_frame_in_its_data_is_one_event():
    for mode in ("wakeup", "spontaneous"):
        talk = Talk(events=mode).ready()
        if mode == "wakeup":
            talk.poll()
        talk.hear(tag_event(CARD, tag_event(VICTIM)))
        talk.wait(150)
        assert talk.ids() == [CARD]
        assert len(talk.doubts()) == 1


# One bit of LEN, 2F to 0F, which the LRC cannot see because the id was chosen to fit: the event
# ends early, and the card's data follows as a response and as another card's event.
ENDED_EARLY = bytes.fromhex(
    "16C05B000FB0C10480030101C207047DAE02C84039C31E1680000001000081"
    "16C05B000FB0C10480030100C20704A1B2C3D4E580C33E"
)


def test_event_that_ended_early_lets_nothing_after_it_decide():
    for mode in ("wakeup", "spontaneous"):
        talk = Talk(events=mode).ready()
        if mode == "wakeup":
            talk.poll()
        for byte in ENDED_EARLY:
            talk.hear(bytes((byte,)))
            talk.wakeup(True)
            talk.transmit()
        talk.wait(150)
        assert talk.ids() == [bytes.fromhex("047DAE02C84039")], mode


def test_poll_waits_until_nobody_is_in_the_middle_of_a_message():
    talk = Talk().ready()
    talk.hear(tag_event(CARD)[:3])
    talk.wakeup(True)
    talk.now_ms += 20
    assert talk.transmit() is None
    talk.wait(100)
    assert talk.sent().payload == b"\xfe"


def test_poll_waits_five_milliseconds_after_the_last_byte():
    talk = Talk().ready()
    talk.hear(b"\x00")
    talk.wakeup(True)
    talk.now_ms += 4
    assert talk.transmit() is None
    talk.now_ms += 1
    assert talk.sent().payload == b"\xfe"


def test_event_after_an_answer_to_nothing_is_suspect():
    talk = Talk(events="spontaneous").ready()
    talk.hear(frame.encode(frame.RESPONSE, 0, 0x00, b"\x00") + tag_event(CARD))
    assert talk.doubts() == ["suspect"]


def test_event_after_one_that_nobody_asked_for_is_suspect():
    talk = Talk().ready()
    talk.hear(tag_event(VICTIM))
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.doubts() == ["suspect"]


def test_two_cards_at_once_are_polled_one_after_the_other_and_both_decide():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    talk.now_ms += 5
    assert talk.sent().payload == b"\xfe"
    talk.hear(tag_event(VICTIM))
    assert talk.ids() == [CARD, VICTIM]


def test_second_event_of_a_burst_is_suspect_when_nobody_polls():
    talk = Talk(events="spontaneous").ready()
    talk.hear(tag_event(VICTIM))
    talk.hear(tag_event(CARD))
    assert talk.doubts() == [None, "suspect"]


def test_line_within_the_wreck_of_another_is_suspect():
    inner = tag_line(VICTIM)[:-2].decode()
    outer = tag_line(CARD, inner)
    for place in range(len(outer)):
        for changed in (
            outer[:place] + bytes((outer[place] ^ 0x01,)) + outer[place + 1 :],
            outer[:place] + outer[place + 1 :],
        ):
            talk = Talk(events="text").ready()
            talk.hear(changed)
            talk.wait(150)
            assert VICTIM not in talk.ids(), place


def test_whole_line_after_a_line_feed_in_a_tags_own_text_is_suspect():
    # The tag's text ends its own line with the right checksum and begins another.
    for first in (tag_line(CARD), b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;text\r\n"):
        talk = Talk(events="text").ready()
        talk.hear(first + tag_line(VICTIM) + b"rest;*00\r\n")
        talk.wait(150)
        assert VICTIM not in talk.ids()
        assert talk.doubts()[-1] == "suspect"


def test_line_after_a_quiet_gap_decides_again():
    talk = Talk(events="text").ready()
    talk.hear(tag_line(VICTIM)[:-4] + b"00\r\n")
    talk.wait(150)
    talk.hear(tag_line(CARD))
    assert talk.ids() == [CARD]


def test_glitch_of_a_transceiver_does_not_spoil_an_event():
    talk = Talk(half_duplex=True).ready()
    talk.poll()
    talk.hear(b"\x00\xff" + tag_event(CARD))
    assert talk.ids() == [CARD]


def test_line_without_or_with_a_wrong_checksum_decides_nothing():
    for end in (b"\r\n", b"*00\r\n", b"*4\r\n"):
        talk = Talk(events="text").ready()
        talk.hear(b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;" + end)
        assert talk.doubts() == []
        assert talk.troubles() == ["checksum"]


def test_checksum_rule_is_pinned_after_two_lines_that_agree():
    # The vendor's example, rule c, and the same line with the checksum of rule b.
    line = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*"
    talk = Talk(events="text").ready()
    for _ in range(2):
        talk.hear(line + b"47\r\n")
        talk.wait(150)
    talk.hear(line + b"6D\r\n")
    assert talk.ids() == [CARD, CARD]


def test_empty_hello_line_is_no_card():
    talk = Talk(events="text").ready()
    talk.hear(b"$SCRDR;;;;;;;;*7E\r\n")
    assert talk.happenings == []


def test_truncated_event_decides_by_a_whole_id_only():
    long = b"x" * 200
    talk = Talk(buffer_size=64).ready()
    talk.poll()
    talk.hear(tag_event(CARD, long))
    assert talk.ids() == [CARD]
    assert talk.happenings[-1].tag.truncated
    assert talk.happenings[-1].tag.tag_data is None
    payload = bytes((0xB0, 0xC1, 4, 0x80, 3, 1, 1, 0xC3, 0x81, 200)) + long + b"\xc2\x07" + CARD
    talk = Talk(buffer_size=64).ready()
    talk.poll()
    talk.hear(frame.encode(frame.EVENT, 0, 0x5B, payload))
    assert talk.doubts() == ["truncated"]


def test_malformed_event_is_counted_and_costs_nothing_else():
    talk = Talk().ready()
    talk.poll()
    talk.hear(frame.encode(frame.EVENT, 0, 0x5B, bytes.fromhex("B0C10480")))
    assert talk.link.counters["events_malformed"] == 1
    talk.wakeup(False)
    talk.wait(150)
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.ids() == [CARD]


# Who speaks when


def test_nothing_but_a_poll_goes_out_while_wakeup_is_low():
    talk = Talk().ready()
    talk.link.feedback(0x60)
    talk.wakeup(True)
    assert talk.sent().payload == b"\xfe"
    talk.hear(tag_event(CARD))


def test_nothing_goes_out_between_an_event_and_the_second_look_at_the_line():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    talk.link.request(0x58, b"\x20\x03")
    talk.now_ms += 4
    assert talk.transmit() is None
    talk.now_ms += 1
    assert talk.sent().payload == b"\xfe"


def test_feedback_goes_before_the_second_look_at_the_line():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    talk.link.feedback(0x60)
    feedback = talk.sent()
    assert feedback.payload == b"\x90\x60"
    talk.answer(feedback)
    talk.now_ms += 5
    assert talk.sent().payload == b"\xfe"


def test_line_is_polled_again_five_milliseconds_after_an_event_at_the_earliest():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.transmit() is None
    talk.now_ms += 4
    assert talk.transmit() is None
    talk.now_ms += 1
    assert talk.sent().payload == b"\xfe"


def test_second_poll_without_an_answer_is_no_event_and_no_silence():
    talk = Talk().ready()
    talk.poll()
    talk.hear(tag_event(CARD))
    talk.now_ms += 5
    talk.sent()
    talk.wakeup(False)
    talk.wait(200)
    assert talk.link.counters["polls_empty"] == 1
    assert talk.link.state == "ready"
    talk.wait(1500)
    assert talk.sent().payload == b"\x00"


def test_newer_feedback_replaces_one_that_waits():
    talk = Talk().ready()
    talk.link.feedback(0x61)
    talk.link.feedback(0x60)
    assert talk.sent().payload == b"\x90\x60"
    assert talk.link.counters["feedback_dropped"] == 1
    assert talk.transmit() is None


def test_one_command_is_in_flight_at_a_time():
    talk = Talk().ready()
    talk.link.feedback(0x60)
    talk.sent()
    talk.link.feedback(0x61)
    talk.wakeup(True)
    assert talk.transmit() is None


def test_half_duplex_text_speaks_only_on_a_quiet_line():
    talk = Talk(events="text", half_duplex=True).ready()
    talk.hear(tag_line(CARD))
    talk.link.feedback(0x60)
    assert talk.transmit() is None
    talk.wait(99)
    assert talk.transmit() is None
    talk.wait(1)
    assert talk.sent().payload == b"\x90\x60"


def test_line_is_quiet_for_flash_only_between_exchanges():
    talk = Talk().ready()
    assert talk.link.quiet
    talk.wakeup(True)
    assert not talk.link.quiet
    talk.sent()
    talk.hear(tag_event(CARD))
    talk.wakeup(False)
    assert not talk.link.quiet
    talk.wait(100)
    assert talk.link.quiet
    talk.link.feedback(0x60)
    assert not talk.link.quiet
    for mode in ("spontaneous", "text"):
        link_of_mode = Talk(events=mode).ready().link
        assert link_of_mode.idle and not link_of_mode.quiet


# Answers


def test_answer_is_matched_by_sequence_and_not_by_class():
    talk = Talk().ready()
    talk.link.feedback(0x60)
    feedback = talk.sent()
    talk.answer(feedback, b"\xf5", cla=0x00)
    assert talk.troubles() == ["feedback_refused"]


def test_late_answer_is_dropped():
    talk = Talk().ready()
    talk.link.feedback(0x60)
    feedback = talk.sent()
    talk.wait(1000)
    talk.wait(100)
    ping = talk.sent()
    assert ping.payload == b"\x00"
    talk.answer(feedback)
    assert talk.link.counters["answers_late"] == 1
    assert talk.transmit() is None
    talk.answer(ping)
    assert talk.link.state == "ready"


def test_time_extension_is_granted_and_either_sequence_accepted():
    for answered in (0, 1):
        talk = Talk().ready()
        talk.link.feedback(0x60)
        feedback = talk.sent()
        talk.now_ms += 900
        talk.answer(feedback, b"\xf0", cla=0x00)
        granted = talk.sent()
        assert granted.payload == b"\xf0"
        assert granted.sequence == (feedback.sequence + 1) & 0x0F
        talk.now_ms += 900
        talk.answer((feedback, granted)[answered])
        talk.wait(1)
        assert talk.link.counters["answers_late"] == 0
        assert talk.link.state == "ready"


def test_reader_without_ping_event_is_unsupervised_and_still_opens():
    talk = Talk().begin()
    for _ in range(4):
        talk.answer(talk.sent())
    talk.answer(talk.sent(), b"\xf5")
    assert talk.link.state == "unsupervised"
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.ids() == [CARD]


def test_reader_that_answers_only_what_a_door_needs_still_opens():
    known = (0x00, 0x11, 0xFE, 0x90)  # PING, SET_SERIAL_PARAMETERS, HOST_EVENT_POLL, PLAY_SEQUENCE
    talk = Talk().begin()
    while talk.link.state == "starting":
        assert talk.now_ms < 20000
        data = talk.transmit()
        command = data and frame.decode(data)
        if command and command.payload[0] in known and command.cla in (0x00, 0x58):
            talk.answer(command)
        else:
            talk.wait(max(1, talk.link.next_due(talk.now_ms)))
    assert talk.link.state == "unsupervised"
    assert talk.troubles() == ["step_unanswered"] * 3
    talk.poll()
    talk.hear(tag_event(CARD))
    assert talk.ids() == [CARD]


def test_ping_event_that_is_answered_no_more_leaves_the_line_free():
    talk = Talk().ready()
    asked = 0
    for _ in range(200):
        data = talk.transmit()
        command = data and frame.decode(data)
        if command and command.payload == b"\x01":
            asked += 1
            talk.wait(1000)
        elif command:
            talk.answer(command)
        else:
            talk.wait(max(1, talk.link.next_due(talk.now_ms)))
    assert talk.link.state == "unsupervised"
    assert asked <= 1 + talk.now_ms // 30000


def test_answer_that_was_lost_once_is_asked_for_again():
    talk = Talk(events="text").begin()
    talk.answer(talk.sent())
    assert talk.sent().payload == b"\x20\x03"
    talk.wait(1000)
    talk.wait(100)
    talk.answer(talk.sent())
    assert talk.sent().payload == b"\x20\x03"


def test_reader_that_refused_ping_event_once_is_supervised_again():
    talk = Talk().begin()
    for _ in range(4):
        talk.answer(talk.sent())
    talk.answer(talk.sent(), b"\xfb")
    assert talk.link.state == "unsupervised"
    for _ in range(20):
        talk.wait(1500)
        command = talk.sent()
        talk.answer(command)
    assert command.payload == b"\x01"
    talk.poll()
    talk.hear(frame.encode(frame.EVENT, 0, 0x00, b"\x00"))
    assert talk.link.state == "ready"


def test_bit_rate_changes_after_the_answer_at_the_old_rate():
    talk = Talk(bitrate=115200).begin()
    talk.sent()  # PING at 115200
    talk.wait(1000)
    assert [one.bps for one in talk.happenings if isinstance(one, BitrateWanted)] == [38400]
    talk.answer(talk.sent())
    talk.answer(talk.sent())
    rate = talk.sent()
    assert rate.payload == bytes.fromhex("110001C200")
    assert len([one for one in talk.happenings if isinstance(one, BitrateWanted)]) == 1
    talk.answer(rate)
    assert talk.happenings[-1].bps == 115200
    assert talk.sent().payload == b"\x00"


def test_reader_that_refuses_the_bit_rate_is_used_at_its_own():
    talk = Talk(bitrate=115200).begin()
    talk.sent()
    talk.wait(1000)
    talk.answer(talk.sent())
    talk.answer(talk.sent())
    talk.answer(talk.sent(), b"\xf3")
    assert talk.troubles() == ["bitrate_refused"]
    assert talk.sent().payload == b"\x9b\x00"


def test_own_echo_is_taken_off():
    talk = Talk(echo=True).ready()
    talk.wakeup(True)
    poll = talk.link.transmit(talk.now_ms)
    talk.hear(poll[:3])
    talk.hear(poll[3:] + tag_event(CARD))
    assert talk.ids() == [CARD]
    assert talk.link.counters["noise_bytes"] == 0


def test_echo_that_comes_back_otherwise_is_counted_and_spoils_nothing_for_long():
    talk = Talk(echo=True).ready()
    talk.wakeup(True)
    poll = talk.link.transmit(talk.now_ms)
    talk.link.transmitted(talk.now_ms)
    talk.hear(b"\x17" + poll[1:])
    assert talk.link._intake.echoes_broken == 1
    talk.wait(100)
    talk.wait(1000)
    ping = talk.link.transmit(talk.now_ms)
    talk.link.transmitted(talk.now_ms)
    talk.hear(ping)
    talk.answer(frame.decode(ping))
    assert talk.link.state == "ready"


def test_reader_that_answers_on_the_ladder_is_asked_for_an_event_at_once():
    # It may have restarted and forgotten that events are wanted.
    talk = Talk().ready()
    talk.link.feedback(0x60)
    talk.sent()
    talk.wait(1000)
    talk.wait(100)
    talk.answer(talk.sent())
    assert talk.sent().payload == b"\x01"


def test_feedback_from_before_the_start_is_not_played_after_it():
    talk = Talk(events="text").begin()
    talk.link.feedback(0x61)
    for _ in range(4):
        talk.answer(talk.sent())
    assert talk.link.state == "ready"
    assert talk.transmit() is None


# Requests


def test_request_is_answered():
    talk = Talk().ready()
    talk.link.request(0x58, b"\x81\x02\xc0")
    raises(UsageError, talk.link.request, 0x58, b"\x20\x03")
    command = talk.sent()
    talk.answer(command, b"\x00\x04")
    assert talk.happenings[-1].payload == b"\x00\x04"


def test_request_that_goes_on_is_followed():
    talk = Talk().ready()
    raises(UsageError, talk.link.follow, b"")
    talk.link.request(0x00, b"\x0a\x01\x00")
    talk.answer(talk.sent(), b"\xff" + bytes(16))
    assert talk.happenings[-1].payload[0] == 0xFF
    talk.link.follow(bytes(32))
    command = talk.sent()
    assert (command.cla, command.payload) == (0x00, b"\xff" + bytes(32))
    talk.answer(command, b"\x00" + bytes(16))
    assert [one.payload[0] for one in talk.happenings if isinstance(one, Answer)] == [0xFF, 0x00]


def test_exchange_that_nobody_follows_is_cancelled():
    talk = Talk().ready()
    talk.link.request(0x00, b"\x0a\x01\x00")
    talk.answer(talk.sent(), b"\xff" + bytes(16))
    talk.wait(1000)
    cancel = talk.sent()
    assert cancel.payload == b"\xfc"
    talk.answer(cancel, b"\xfc")
    talk.wait(1500)
    assert talk.sent().payload == b"\x00"


# Time


def test_waits_are_never_for_what_cannot_be_done():
    talk = Talk().ready()
    assert talk.link.next_due(talk.now_ms) > 1000
    talk.wakeup(True)
    assert talk.link.next_due(talk.now_ms) == 0
    talk.sent()
    assert talk.link.next_due(talk.now_ms) == 1000
