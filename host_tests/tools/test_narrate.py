"""What people are told, line by line."""

import io

import pytest

from loquet_tools import script
from loquet_tools.console import PlainConsole
from loquet_tools.narrate import COLUMNS, HAPPENINGS, WORDS, Narrator

SENT = {"event": "wire", "direction": "sent"}
RECEIVED = {"event": "wire", "direction": "received"}
PING = {**SENT, "meaning": "PING", "instruction": "PING"}
PONG = {**RECEIVED, "meaning": "answer: SUCCESS", "instruction": "PING"}
POLL = {**SENT, "meaning": "HOST_EVENT_POLL", "instruction": "HOST_EVENT_POLL"}
READY = {"event": "reader", "state": "ready", "detail": ""}


def told(*happenings, **console):
    file = io.StringIO()
    narrator = Narrator(PlainConsole(width=COLUMNS, highlight=False, file=file, **console))
    for number, happening in enumerate(happenings):
        narrator.tell({"t_ms": number * 1000, **happening})
    return file.getvalue().splitlines()


@pytest.mark.parametrize(
    "board, heap_kib, words",
    [
        ("virtual", 192, "micropython with a heap of 192 KiB, events: wakeup, reader at x, seed 7"),
        (
            "pico",
            None,
            "micropython on an emulated Pico, in its virtual time, events: wakeup, reader at x, "
            "seed 7",
        ),
    ],
)
def test_who_plays_where(board, heap_kib, words):
    cast = {"interpreter": "micropython", "events": "wakeup", "serial": "x", "seed": 7}
    lines = told({"event": "demo", "board": board, "heap_kib": heap_kib, **cast})
    assert " ".join(" ".join(lines).split()) == f"0.000 demo the panel runs on {words}"


@pytest.mark.parametrize(
    "happening, line",
    [
        ({"event": "relay", "energised": True}, "door            relay energised: the door is"),
        ({"event": "relay", "energised": False}, "door            relay at rest: the door is"),
        ({"event": "wakeup", "asserted": True}, "/WAKEUP         falls"),
        ({"event": "wakeup", "asserted": False}, "/WAKEUP         rises"),
        ({"event": "sequence", "number": 0x60}, "reader          plays: access granted"),
        ({"event": "own_sequence", "number": 0xFE}, "reader          plays: FE (by itself)"),
        (
            {"event": "decision", "card": "04A1", "granted": True, "reason": "granted"},
            "panel           card 04A1: granted",
        ),
        (
            {"event": "decision", "card": None, "granted": False, "reason": "suspect"},
            "panel           card None: denied (suspect)",
        ),
        (POLL, "panel -> reader HOST_EVENT_POLL"),
        (
            {"event": "trouble", "name": "wakeup_stuck_low", "detail": "x"},
            "trouble         wakeup_stuck_low: x",
        ),
        ({"event": "fault", "what": "drop to_host"}, "fault           drop to_host"),
        (
            {"event": "fault_set", "name": "silence", "value": "on"},
            "reader          falls silent",
        ),
        ({"event": "fault_set", "name": "drop", "value": "1"}, "fault           set: drop 1"),
        (
            {"event": "expect", "held": False, "line": 3, "text": "expect x", "instead": "y"},
            "trouble         line 3, expect x: y",
        ),
        (
            {"event": "door", "door": "front", "what": "door_forced"},
            "panel           ALARM: the door was opened without a release",
        ),
        ({"event": "contact", "open": True}, "door            opens"),
        ({"event": "contact", "open": False}, "door            closes"),
        ({"event": "rex", "for_ms": 5}, "door            the button inside is pressed"),
        ({"event": "fire_alarm", "active": True}, "fire alarm      fire"),
        (
            {"event": "time_told", "seconds": 1795249800},
            "clock           somebody says it is 2026-11-21 08:30:00 UTC",
        ),
        (
            {"event": "clock", "seconds": 1795249800, "quality": "synchronised", "step_s": -5},
            "panel           it is 2026-11-21 08:30:00 UTC, synchronised, -5 s",
        ),
        ({"event": "posture", "door": "front", "posture": "lockdown"}, "panel           the door"),
        ({"event": "restart", "cause": "watchdog"}, "demo            the watchdog starts"),
        ({"event": "result", "ok": True}, "demo            done"),
        ({"event": "result", "ok": False, "reason": "why"}, "demo            failed: why"),
        ({"event": "news", "a": 1, "b": "c"}, "news            a 1, b c"),
    ],
)
def test_each_happening_is_a_line_with_its_time_and_who(happening, line):
    (printed,) = told(happening)
    assert printed.startswith("   0.000  " + line)


def test_a_remark_is_a_heading():
    assert told({"event": "remark", "line": 1, "words": "A card"}) == ["", "A card"]


def test_long_lines_are_wrapped_and_no_line_is_longer_than_the_page():
    lines = told({"event": "trouble", "name": "x", "detail": "word " * 100})
    assert len(lines) > 5
    assert all(len(line) <= COLUMNS for line in lines)
    assert all(line.startswith(" " * 26) for line in lines[1:])


def test_pings_that_are_answered_are_folded_while_the_reader_is_ready():
    lines = told(READY, PING, PONG, PING, PONG, POLL)
    assert lines[1:] == [
        "   5.000                  (meanwhile 2 x PING, answered)",
        "   5.000  panel -> reader HOST_EVENT_POLL",
    ]


def test_a_ping_without_an_answer_is_told():
    lines = told(READY, PING, PING)
    assert lines[1:] == [
        "   2.000  panel -> reader PING: no answer",
        "   2.000  panel -> reader PING",
    ]


def test_what_comes_between_a_ping_and_its_answer_is_told_at_once():
    event = {**RECEIVED, "meaning": "tag read", "instruction": None}
    lines = told(READY, PING, event, PONG, POLL)
    assert [line[26:] for line in lines[1:]] == [
        "tag read",
        "(meanwhile 1 x PING, answered)",
        "HOST_EVENT_POLL",
    ]


def test_pings_are_told_while_the_reader_is_not_ready():
    assert len(told(PING, PONG)) == 2


def test_there_are_colours_on_a_terminal_only():
    relay = {"event": "relay", "energised": True}
    assert "\x1b[" not in told(relay)[0]
    assert "\x1b[" in told(relay, force_terminal=True, color_system="standard")[0]


def test_a_reader_that_has_gone_is_the_command_lines_affair():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Narrator(PlainConsole(file=Gone())).tell({"t_ms": 0, "event": "result", "ok": True})


def test_everything_that_the_firmware_reports_has_words():
    told = {"panel", "reader", "decision", "relay", "door", "clock", "posture", "trouble"}
    assert told <= set(WORDS)


def test_everything_that_happens_at_a_door_has_words():
    happenings = {"exit_requested", "not_entered", "fire", "fire_over", *HAPPENINGS}
    doors = {kind for kind in script.KINDS if kind.startswith("door_")}
    others = {"door_commanded", "door_mode_changed"}
    assert (doors - others) | happenings == set(HAPPENINGS)
