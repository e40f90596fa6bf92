"""What the live view makes of happenings, in words. Nothing is run here."""

import pytest

from loquet_tools.live import draw, view
from loquet_tools.live.view import View
from loquet_tools.narrate import HAPPENINGS, WORDS

SENT = {"event": "wire", "direction": "sent"}
RECEIVED = {"event": "wire", "direction": "received"}
PING = {**SENT, "meaning": "PING", "instruction": "PING"}
PONG = {**RECEIVED, "meaning": "PING: SUCCESS", "instruction": "PING"}
POLL = {**SENT, "meaning": "HOST_EVENT_POLL", "instruction": "HOST_EVENT_POLL"}
READY = {"event": "reader", "state": "ready", "detail": ""}
STARTED = {
    "event": "panel",
    "state": "started",
    "interpreter": "micropython 1.25.0",
    "reset_cause": "power",
}
CUT = {"event": "restart", "cause": "power"}


def after(*happenings):
    seen = View()
    for number, happening in enumerate(happenings):
        seen.note({"t_ms": number * 1000, **happening})
    return seen


def text(lines):
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)


def door(what):
    return {"event": "door", "door": "front", "what": what}


def sequence(number):
    return {"event": "sequence", "number": number}


def shown(seen, now_ms=0):
    """All of the view in words."""
    return "\n".join(
        [
            text([draw.head(seen, 80), draw.said(seen, 80)]),
            seen.caption,
            text(draw.door(seen)),
            text(draw.reader(seen, now_ms)),
            text(draw.log(seen, 20, 7)),
            text(draw.wire(seen, 78)),
            draw.under_wire(seen),
        ]
    )


@pytest.mark.parametrize(
    "happenings, words",
    [
        ([], ["closed", "locked", "relay at rest", "contact closed", "no alarm", "nothing yet"]),
        ([{"event": "relay", "energised": True}], ["RELEASED", "relay energised"]),
        ([{"event": "contact", "open": True}], ["OPEN", "contact open", "locked"]),
        ([door("door_forced")], ["ALARM: forced", " ALARM  the door was opened without a"]),
        ([door("door_forced"), door("door_forced_over")], ["no alarm", " ALARM OVER  forced"]),
        ([door("door_held_soon")], ["soon: held", " WARNING  the door stands open"]),
        ([door("door_held_soon"), door("door_held")], ["ALARM: held", "open for too long"]),
        ([door("door_held"), door("door_held_over")], ["no alarm", "held open"]),
        ([door("exit_requested")], [" EXIT  somebody asks to leave"]),
        ([door("not_entered")], ["released, and nobody opened the door"]),
        ([STARTED, READY], ["panel: runs, reader ready", " READY ", "the reader is ready"]),
        ([{**READY, "state": "lost", "detail": "no answer"}], [" LOST ", "is lost: no answer"]),
        (
            [{"event": "decision", "card": "04A1", "granted": True, "reason": "granted"}],
            [" GRANTED  card 04A1 may pass"],
        ),
        (
            [{"event": "decision", "card": None, "granted": False, "reason": "stale_event"}],
            [" DENIED  a card: stale event"],
        ),
        ([{"event": "card", "card": "04A1", "state": "presented"}], ["card on it:", "04A1", "▀▀▀"]),
        ([{"event": "power", "state": "booting"}], ["starts"]),
        ([{"event": "fault_set", "name": "silence", "value": "on"}], ["SILENT"]),
        ([{"event": "trouble", "name": "wakeup_stuck_low", "detail": "x"}], ["TROUBLE", "low: x"]),
        ([{"event": "remark", "words": "A card."}], ["A card."]),
        ([{"event": "act", "key": "c", "words": "Closed."}], ["Closed."]),
        ([{"event": "visit", "playing": True}], ["the visit plays", "The visit begins"]),
        ([{"event": "visit", "playing": False, "ended": True, "reason": None}], ["yours"]),
        ([{"event": "visit", "playing": False, "ended": True, "reason": "why"}], ["wrong: why"]),
        ([{"event": "wakeup", "asserted": True}], ["/WAKEUP  falls", "/WAKEUP low"]),
        ([POLL], ["  0.000  panel    HOST_EVENT_POLL"]),
        ([{**POLL, **RECEIVED}], ["  0.000  reader   HOST_EVENT_POLL"]),
        ([{"event": "log", "records": [(7, "access_granted", "granted")]}], ["  7 access granted"]),
        ([{"event": "log", "records": [(8, "power_up", "watchdog")]}], ["power up:", "watchdog"]),
        ([{"event": "news"}], ["no alarm"]),
    ],
)
def test_each_happening_is_told_in_words(happenings, words):
    told = shown(after(*happenings))
    for part in words:
        assert part in told, f"{part!r} is not in:\n{told}"


def test_a_power_cut_takes_what_the_panel_said_and_leaves_the_world_as_it_is():
    opened = {"event": "contact", "open": True}
    seen = after(STARTED, READY, door("door_forced"), opened, CUT)
    told = shown(seen)
    assert "panel: no power" in told and "reader ready" not in told
    assert "no alarm" in told and "OPEN" in told
    assert "panel: starts over" in shown(after(STARTED, {**CUT, "cause": "watchdog"}))


def test_cards_lie_there_until_they_are_taken_away():
    laid = [{"event": "card", "card": card, "state": "presented"} for card in ("A1", "B2", "A1")]
    seen = after(*laid)
    assert seen.cards == ["B2", "A1"]
    seen.note({"t_ms": 9, "event": "card", "card": "A1", "state": "removed"})
    assert seen.cards == ["B2"]
    seen.note({"t_ms": 9, "event": "card", "card": None, "state": "removed"})
    assert seen.cards == []


def test_pings_are_counted_and_only_one_without_an_answer_is_shown():
    seen = after(READY, PING, PONG, PING, PONG, PING, POLL)
    assert [what for _, _, what in seen.wire] == ["PING: no answer", "HOST_EVENT_POLL"]
    assert "2 × PING, answered" in draw.under_wire(seen)


def test_access_denied_blinks_red_and_beeps_and_then_the_resting_light_is_back():
    idle = {"event": "own_sequence", "number": 0x21}
    seen = after(idle, sequence(0x61))
    assert "○ ○ ○" not in text(draw.reader(seen, 1000))
    assert "♪" in text(draw.reader(seen, 1000)) and "♪" not in text(draw.reader(seen, 1200))
    assert "○ ○ ○" in text(draw.reader(seen, 1300))
    for words in ("red, blinking", "three beeps"):
        assert words in text(draw.reader(seen, 2999))
    assert "blue light" in text(draw.reader(seen, 3000))
    assert "no sound" in text(draw.reader(seen, 3000))


def test_access_granted_is_green_with_one_beep_and_the_dark_has_no_light():
    told = text(draw.reader(after(sequence(0x60)), 100))
    assert "green light" in told and "one long beep" in told and "♪" in told
    off = after(sequence(0x60), {"event": "power", "state": "off"})
    told = text(draw.reader(off, 1100))
    assert "no light" in told and "no power" in told and "●" not in told


def test_a_sequence_that_has_no_look_lights_up_too():
    assert "white light" in text(draw.reader(after(sequence(0xEE)), 10))


@pytest.mark.parametrize("width", [80, 81, 200])
def test_no_line_is_longer_than_its_room_and_none_is_broken(width):
    long = {**POLL, "meaning": "word " * 60}
    denied = {"event": "decision", "card": "04" * 11, "granted": False, "reason": "x" * 60}
    seen = after(
        {"event": "demo", "interpreter": "micropython", "heap_kib": 192, "events": "spontaneous"},
        READY,
        denied,
        long,
        {"event": "log", "records": [(100 + number, "a_" * 20, "b_" * 9) for number in range(9)]},
    )
    lines = [draw.head(seen, width), draw.said(seen, width), *draw.wire(seen, width - 2)]
    assert all(draw.width_of(line) <= width for line in lines)
    assert draw.width_of(draw.head(seen, width)) == width
    log = draw.log(seen, 20, 7)
    assert len(log) == 7 and all(draw.width_of(line) <= 20 for line in log)


def test_the_boxes_have_room_for_the_longest_words():
    """29 columns less border and padding, 9 lines less the border."""
    worst = after(*(door(what) for what in ("door_forced", "door_held")))
    for state in ("off", "booting", "running"):
        worst.note({"t_ms": 0, "event": "power", "state": state})
        for number in (0x60, 0x61, 0x21, 0x20):
            worst.note({"t_ms": 0, **sequence(number)})
            for box in (draw.door(worst), draw.reader(worst, 0)):
                assert len(box) == 7 and all(draw.width_of(line) <= 25 for line in box)


def test_what_the_panel_says_of_a_door_is_shown_there_or_in_words():
    by_the_door = {"door_opened", "door_closed"}
    assert set(HAPPENINGS) - set(view.SAID_OF_DOORS) == by_the_door | {"fire", "fire_over"}


def test_every_happening_that_has_words_is_seen():
    """But for what the live view has no keys for, and what is a script's alone."""
    unseen = {"clock", "posture", "fire_alarm", "time_told", "fault", "expect", "result", "rex"}
    assert set(WORDS) - set(view.NOTES) == unseen
