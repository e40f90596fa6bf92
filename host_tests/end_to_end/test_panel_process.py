"""The panel as a process: how it starts, and how it stops."""

import json

import pytest

from host_tests.support.process import COMMANDS, Process

GOOD = {"readers": [{"name": "front"}], "doors": [{"name": "gate"}], "cards": ["04A1B2C3"]}


@pytest.fixture(params=sorted(COMMANDS))
def panel(request, tmp_path):
    process = Process(request.param, tmp_path, "firmware/start/main.py")
    process.interpreter = request.param
    process.settings = tmp_path / "settings.json"
    process.settings.write_text(json.dumps(GOOD))
    yield process
    process.close()


def stopped(panel):
    """The report of its end, after which nothing is said any more."""
    report = panel.said()
    while report["event"] != "panel" or report["state"] != "stopped":
        report = panel.said()
    assert panel.process.stdout.read() == b""
    return report


def test_it_says_what_it_runs_on_and_begins_to_talk(panel):
    panel.start()
    started = panel.said()
    assert (started["event"], started["state"]) == ("panel", "started")
    assert started["interpreter"].startswith(panel.interpreter)
    assert panel.received(1) == b"\x16"


def test_wrong_settings_end_it_with_status_2_the_field_named_and_the_door_at_rest(panel):
    panel.settings.write_text(json.dumps({**GOOD, "doors": [{"name": "gate", "pulse_ms": "3 s"}]}))
    panel.start()
    report = stopped(panel)
    assert (report["path"], report["value"]) == ("doors[0].pulse_ms", '"3 s"')
    assert "100" in report["allowed"] and "ms" in report["allowed"]
    assert panel.ended() == 2
    assert panel.all_pin_lines() == b"relay 0\nrelay 0\n"


@pytest.mark.parametrize("text", ["", "{", "[]}", json.dumps(GOOD)[:-1], json.dumps(GOOD)[:-2]])
def test_settings_that_are_no_whole_json_end_it_with_status_2(panel, text):
    panel.settings.write_text(text)
    panel.start()
    assert "settings.json" in stopped(panel)["reason"]
    assert panel.ended() == 2


def test_a_serial_line_that_is_not_there_ends_it_with_status_2(panel):
    panel.board["reader"]["serial"] = "/dev/there-is-none"
    panel.start()
    assert "/dev/there-is-none" in stopped(panel)["reason"]
    assert panel.ended() == 2


def test_lost_pins_end_it_with_status_1(panel):
    panel.start()
    panel.said()
    panel.pins.close()
    assert "pins" in stopped(panel)["reason"]
    assert panel.ended() == 1


def test_a_line_that_is_hung_up_ends_it_with_status_1_and_the_relay_fallen(panel):
    panel.start()
    assert panel.received(1) == b"\x16"
    panel.close_slave()
    panel.hang_up()
    # Whether reading or writing notices first is chance.
    assert stopped(panel)["reason"].startswith(("serial line: ", "reader front: "))
    assert panel.ended() == 1
    assert panel.all_pin_lines().endswith(b"relay 0\n")
