"""The panel as a process: how it starts, and how it stops."""

import json
from pathlib import Path

import pytest

from host_tests.support.process import COMMANDS, Process
from loquet import records
from loquet_tools import device_folder

GOOD = {"readers": [{"name": "front"}], "doors": [{"name": "gate"}]}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """By interpreter, where the program is: compiled, as it is on a device, or as it is here."""
    compiled = tmp_path_factory.mktemp("compiled")
    device_folder.fill(compiled, {}, compiled=True)
    sources = tmp_path_factory.mktemp("sources")
    device_folder.fill(sources, {}, compiled=False)
    return {"micropython": compiled, "cpython": sources}


@pytest.fixture(params=sorted(COMMANDS))
def panel(request, roots, tmp_path):
    process = Process(request.param, tmp_path, "main.py", roots[request.param])
    process.interpreter = request.param
    process.settings = str(tmp_path / "settings")
    records.save(process.settings, json.dumps(GOOD).encode())
    yield process
    process.close()


def test_the_relays_are_at_rest_before_the_app_is_there(panel):
    # What stops the app from being imported at all.
    panel.start()
    assert panel.pin_lines(2) == b"relay 0\nrelay2 0\n"


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
    wrong = {**GOOD, "doors": [{"name": "gate", "pulse_ms": "3 s"}]}
    records.save(panel.settings, json.dumps(wrong).encode())
    panel.start()
    assert 'doors[0].pulse_ms is "3 s"; allowed: a whole number' in stopped(panel)["reason"]
    assert panel.ended() == 2
    assert panel.all_pin_lines() == b"relay 0\nrelay2 0\n"


@pytest.mark.parametrize("text", [b"", b"{", json.dumps(GOOD).encode()])
def test_settings_that_are_not_whole_end_it_with_status_2(panel, text):
    Path(panel.settings).write_bytes(text)
    panel.start()
    assert "settings is damaged" in stopped(panel)["reason"]
    assert panel.ended() == 2


@pytest.mark.parametrize("text", [b"{", b"[]}", json.dumps(GOOD)[:-2].encode()])
def test_settings_that_are_no_json_object_end_it_with_status_2(panel, text):
    records.save(panel.settings, text)
    panel.start()
    stopped(panel)
    assert panel.ended() == 2


def test_a_serial_line_that_is_not_there_ends_it_with_status_2(panel):
    panel.board["readers"][0]["serial"] = "/dev/there-is-none"
    panel.start()
    assert "/dev/there-is-none" in stopped(panel)["reason"]
    assert panel.ended() == 2


def test_lost_pins_end_it_with_status_1(panel):
    panel.start()
    panel.said()
    panel.pins.close()
    # Whether the end is read first, or nobody takes what is written, is chance.
    assert stopped(panel)["reason"].startswith(("pins: ", "watchdog: "))
    assert panel.ended() == 1


def test_a_line_that_is_hung_up_ends_it_with_status_1_and_the_relay_fallen(panel):
    panel.start()
    assert panel.received(1) == b"\x16"
    panel.close_slave()
    panel.hang_up()
    # Whether reading or writing notices first is chance.
    assert stopped(panel)["reason"].startswith(("serial line of front: ", "reader front: "))
    assert panel.ended() == 1
    assert panel.all_pin_lines().endswith(b"relay 0\nrelay 0\n")
