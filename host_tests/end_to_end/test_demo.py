"""`loquet demo`: the firmware on a real MicroPython, the virtual reader on a real pty.

Limits are generous: a slow machine must not fail, and what holds sooner costs no time.
"""

import json
import os
import signal

import pytest

from host_tests.support.tool import Tool, only, runs

KNOWN = "04A1B2C3D4E580"
UNKNOWN = "0455667788AA80"

READY = '"state": "ready"'

VISITS = f"""
# A known card is left lying: it opens once.
present {KNOWN}
expect granted within 10000
expect relay on within 5000
expect relay off within 10000
wait 300
# Taken away and laid on again, it opens at once.
remove
wait 500
present {KNOWN} for 300
expect granted within 10000
expect relay on within 5000
wait 600
present {UNKNOWN} for 300
expect denied within 10000
expect relay off within 10000
"""

LOST = f"""
reader silent
expect reader lost within 15000
reader back
expect reader ready within 20000
present {KNOWN} for 300
expect granted within 10000
expect relay on within 5000
"""

FAULTS = f"""
fault split 1.0
present {KNOWN} for 300
expect granted within 10000
wait 800
fault split off
fault edge_lost 1
present {UNKNOWN} for 300
expect denied within 10000
wait 800
fault lost_frame 1 to_reader
wait 4000
present {KNOWN} for 300
expect granted within 10000
"""


@pytest.fixture
def demo(tmp_path):
    tools = []

    def start(*arguments, script=None):
        tools.append(Tool(tmp_path, "demo", *arguments, script=script))
        return tools[-1]

    yield start
    for tool in tools:
        tool.close()


def plays(demo, script, *arguments):
    """(exit status, what happened) of a script."""
    tool = demo("--headless", "--script", "-", "--json", *arguments, script=script)
    status, out, err = tool.ended()
    assert err == ""
    assert tool.leaves_nothing()
    return status, [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("events", ["wakeup", "spontaneous", "text"])
def test_a_known_card_opens_once_each_time_it_comes_and_an_unknown_one_never(demo, events):
    status, happened = plays(demo, VISITS, "--events", events)

    assert happened[-1]["event"] == "result" and happened[-1]["ok"], happened[-1]
    assert status == 0
    assert [line["energised"] for line in only(happened, "relay")] == [True, False, True, False]
    on_ms, off_ms = [line["t_ms"] for line in only(happened, "relay")][:2]
    assert 2900 <= off_ms - on_ms < 5000
    decisions = [(line["card"], line["granted"]) for line in only(happened, "decision")]
    assert decisions == [(KNOWN, True), (KNOWN, True), (UNKNOWN, False)]
    assert only(happened, "decision")[-1]["reason"] == "unknown_card"
    assert [line["number"] for line in only(happened, "sequence")] == [0x60, 0x60, 0x61]
    assert only(happened, "panel")[0]["interpreter"].startswith("micropython ")
    assert bool([line for line in only(happened, "wakeup") if line["asserted"]]) == (
        events == "wakeup"
    )
    times = [line["t_ms"] for line in happened]
    assert times == sorted(times)


def test_only_the_cards_that_were_named_may_pass(demo):
    script = f"present {UNKNOWN} for 200\nexpect granted within 9000\nwait 800\n"
    script += f"present {KNOWN}\nexpect denied within 9000"
    status, happened = plays(demo, script, "--allow", UNKNOWN, "--allow", "04A1B2C3")
    assert status == 0, happened[-1]


def test_a_reader_that_is_silent_is_lost_and_then_found_again(demo):
    status, happened = plays(demo, LOST)
    assert status == 0, happened[-1]
    states = [line["state"] for line in only(happened, "reader")]
    assert states == ["starting", "ready", "lost", "starting", "ready"]


def test_faults_cost_time_and_never_the_right_answer(demo):
    status, happened = plays(demo, FAULTS, "--seed", "5")
    assert status == 0, happened[-1]
    assert happened[0]["seed"] == 5
    struck = {line["what"].split()[0] for line in only(happened, "fault")}
    assert struck == {"split", "edge_lost", "lost_frame"}
    assert not [line for line in only(happened, "decision") if line["card"] is None]


def test_an_expectation_that_fails_ends_it_with_status_1(demo):
    script = f"present {UNKNOWN}\nexpect granted within 1000\nremove"
    status, happened = plays(demo, script)
    assert status == 1
    (failed,) = only(happened, "expect")
    assert (failed["line"], failed["held"]) == (2, False)
    assert failed["instead"] == f"card {UNKNOWN} was denied (unknown_card)"
    assert happened[-1]["ok"] is False
    assert happened[-1]["reason"].startswith("line 2, `expect granted within 1000`: ")


def test_the_same_firmware_runs_on_cpython(demo):
    script = f"present {KNOWN}\nexpect granted within 10000\nexpect relay on within 5000"
    status, happened = plays(demo, script, "--interpreter", "cpython")
    assert status == 0, happened[-1]
    assert only(happened, "panel")[0]["interpreter"].startswith("cpython ")


def test_the_visit_tells_people_what_happens_on_the_wire_and_at_the_door(demo):
    tool = demo()
    status, out, err = tool.ended()
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in out
    story = [
        "micropython with a heap of 192 KiB",
        "reader is ready",
        f"{UNKNOWN} is laid on the reader",
        "/WAKEUP         falls",
        "panel -> reader HOST_EVENT_POLL",
        f"reader -> panel tag inserted {UNKNOWN}",
        "plays: access denied",
        f"{KNOWN} is laid on the reader",
        "panel -> reader HOST_EVENT_POLL",
        f"reader -> panel tag inserted {KNOWN}",
        "door            relay energised",
        "reader          plays: access granted",
        "door            relay at rest",
        "falls silent",
        "reader is lost",
        "can be heard again",
        "reader is ready",
        "door            relay energised",
        "door            relay at rest",
        "done",
    ]
    places = iter(lines)
    for part in story:
        assert any(part in line for line in places), f"{part!r} is missing, or not in its place"
    # What the panel prints and what the reader plays come by two ways, in either order.
    assert f"card {UNKNOWN}: denied (unknown_card)" in out
    assert "panel -> reader PLAY_SEQUENCE number 60 (access granted)" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_leaves_nothing_behind(demo, number):
    tool = demo("--json")
    tool.lines_until(READY)
    (panel,) = tool.children()
    tool.signal(number)
    status, _, err = tool.ended()
    assert (status, err) == (128 + number, "")
    assert tool.leaves_nothing()
    assert not runs(panel)


@pytest.mark.parametrize("form", [["--json"], []])
def test_who_stops_reading_ends_it(demo, form):
    tool = demo(*form)
    tool.lines_until("started")
    (panel,) = tool.children()
    tool.process.stdout.close()
    assert tool.process.wait(timeout=60) == 1
    assert tool.process.stderr.read() == ""
    assert tool.leaves_nothing()
    assert not runs(panel)


def test_a_panel_that_dies_ends_it_with_the_reason(demo):
    tool = demo("--json", "--headless", "--script", "-", script="wait 60000")
    tool.lines_until(READY)
    (panel,) = tool.children()
    os.kill(panel, signal.SIGKILL)
    status, out, err = tool.ended()
    assert (status, err) == (1, "")
    assert json.loads(out.splitlines()[-1])["reason"] == "the panel ended: exit status 137"
    assert tool.leaves_nothing()
