"""`loquet panel` with a reader and a door that share nothing with the project.

The frames are those of protocol.md 1.8: nothing here uses the codec or the virtual reader.
"""

import json
import signal
import time

import pytest

from host_tests.support.tool import Tool, runs
from host_tests.support.world import CARD, World


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


@pytest.fixture
def panel(tmp_path, world):
    tools = []

    def start(*arguments):
        ends = ("--serial", world.serial, "--pins", world.pins)
        tools.append(Tool(tmp_path, "panel", *ends, *arguments))
        world.wait_for_panel()
        return tools[-1]

    yield start
    for tool in tools:
        tool.close()


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_a_reader_and_a_door_of_somebody_elses_making(panel, world, interpreter):
    tool = panel("--allow", CARD, "--json", "--interpreter", interpreter)
    # The first poll is for PING_EVENT's event, and the panel is ready with it.
    world.go_on_until(lambda: world.polls == 1)
    world.lay_card()
    world.go_on_until(lambda: world.relay and world.relay[-1] == "1")
    world.go_on_until(lambda: world.sequences == [0x60])
    world.go_on_until(lambda: world.relay[-1] == "0")
    reports = [json.loads(line) for line in tool.lines_until('"energised": false')]
    (process,) = tool.children()
    tool.signal(signal.SIGINT)
    status, _, err = tool.ended()

    assert (status, err) == (130, "")
    assert reports[0]["event"] == "panel"
    assert reports[0]["interpreter"].startswith(interpreter + " ")
    (decision,) = [report for report in reports if report["event"] == "decision"]
    assert (decision["card"], decision["granted"]) == (CARD, True)
    assert {"panel", "reader", "wire", "relay"} <= {report["event"] for report in reports}
    assert tool.leaves_nothing()
    assert not runs(process)


def test_nobody_may_pass_who_was_not_named(panel, world):
    tool = panel()
    world.go_on_until(lambda: world.polls == 1)
    world.lay_card()
    world.go_on_until(lambda: world.sequences == [0x61])
    read = tool.lines_until(f"panel           card {CARD}: denied (unknown_card)")
    tool.signal(signal.SIGTERM)
    assert tool.ended()[0] == 128 + signal.SIGTERM
    assert "1" not in world.relay
    assert any("reader -> panel tag read " + CARD in line for line in read)


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_whoever_stops_it_while_the_door_is_released_locks_it(panel, world, interpreter):
    tool = panel("--allow", CARD, "--interpreter", interpreter)
    world.go_on_until(lambda: world.polls == 1)
    world.lay_card()
    world.go_on_until(lambda: world.sequences == [0x60])
    assert world.relay[-1] == "1"
    # Lines that the panel has not read when it ends make the end a reset, and a reset may take
    # with it what the panel has sent.
    quiet = time.monotonic() + 0.3
    world.go_on_until(lambda: time.monotonic() > quiet)
    tool.signal(signal.SIGINT)
    world.rest_of_pins()
    assert world.relay[-1] == "0"
    assert tool.ended()[0] == 130


def test_it_ends_with_the_panels_own_status_and_reason(panel, world):
    tool = panel("--json")
    world.go_on_until(lambda: world.polls == 1)
    world.close_door()
    status, out, err = tool.ended()
    assert status == 1
    stopped = json.loads(out.splitlines()[-1])
    assert (stopped["event"], stopped["state"]) == ("panel", "stopped")
    assert err == f"loquet: the panel ended: {stopped['reason']}\n"
    assert tool.leaves_nothing()
