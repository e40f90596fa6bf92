"""Reports: one JSON object a line, after everything else, never at the cost of waiting."""

import json

from firmware.app.reports import MOST_WAITING, Reports, line_of
from host_tests.support.board import FakeBoard
from host_tests.support.virtual_time import Clock
from springcore.ticks import TICKS_PERIOD


def test_a_line_begins_with_time_and_event_and_is_json():
    line = line_of(12, "decision", {"granted": True, "card": None, "reason": 'a "b"\n'})

    assert line.startswith('{"t_ms": 12, "event": "decision", ')
    assert "\n" not in line
    expected = {"t_ms": 12, "event": "decision", "granted": True, "card": None, "reason": 'a "b"\n'}
    assert json.loads(line) == expected


def test_bytes_are_printed_as_hex():
    assert json.loads(line_of(0, "wire", {"hex": b"\x16\xab"}))["hex"] == "16AB"


def test_nothing_is_printed_before_the_flush():
    board = FakeBoard(Clock())
    reports = Reports(board)
    reports.add("panel", {})
    assert board.log == []
    reports.flush()
    assert len(board.lines("panel")) == 1
    reports.flush()
    assert len(board.lines("panel")) == 1


def test_a_report_bears_the_time_of_its_happening():
    board = FakeBoard(Clock(start_ms=5000))
    reports = Reports(board)
    board.clock.advance(7)
    reports.add("panel", {})
    board.clock.advance(100)
    reports.flush()
    assert board.lines("panel")[0]["t_ms"] == 7


def test_the_time_goes_on_when_ticks_wrap():
    board = FakeBoard(Clock())
    board.ticks_ms = lambda: board.clock.ms() % TICKS_PERIOD
    reports = Reports(board)
    for _ in range(8):
        board.clock.advance(86400000)
        reports.add("panel", {})
    reports.flush()
    assert board.lines("panel")[-1]["t_ms"] == 8 * 86400000


def test_what_does_not_fit_is_lost_and_counted():
    board = FakeBoard(Clock())
    reports = Reports(board)
    for _ in range(MOST_WAITING + 3):
        reports.add("wire", {})
    reports.flush()
    assert len(board.lines("wire")) == MOST_WAITING
    (lost,) = board.lines("trouble")
    assert (lost["name"], lost["detail"]) == ("reports_lost", "3")


def test_what_nobody_takes_is_counted_and_told_when_somebody_does():
    board = FakeBoard(Clock())
    reports = Reports(board)
    board.listening = False
    reports.add("panel", {})
    reports.flush()
    board.listening = True
    reports.flush()
    assert board.lines("panel") == []
    assert board.lines("trouble")[0]["detail"] == "1"
    reports.flush()
    assert len(board.lines("trouble")) == 1
