"""`loquet panel` with a reader and a door that share nothing with the project.

The frames are those of protocol.md 1.8: nothing here uses the codec or the virtual reader.
"""

import json
import signal
import socket
import time

import pytest

from host_tests.support.datagrams import scrdr
from host_tests.support.tool import LIMIT_S, Tool, runs
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
        tools.append(Tool(tmp_path, "panel", "--pins", world.pins, *arguments))
        world.wait_for_panel()
        return tools[-1]

    yield start
    for tool in tools:
        tool.close()


@pytest.fixture
def settings_file(tmp_path_factory):
    def write(document):
        file = tmp_path_factory.mktemp("settings") / "settings.json"
        file.write_text(json.dumps(document))
        return str(file)

    return write


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_a_reader_and_a_door_of_somebody_elses_making(panel, world, interpreter):
    tool = panel("--serial", world.serial, "--allow", CARD, "--json", "--interpreter", interpreter)
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


def test_settings_of_ones_own_have_their_own_names(panel, world, settings_file):
    file = settings_file({"readers": [{"name": "yard"}], "doors": [{"name": "gate"}]})
    tool = panel("--serial", world.serial, "--settings", file, "--allow", CARD, "--json")
    world.go_on_until(lambda: world.polls == 1)
    world.lay_card()
    world.go_on_until(lambda: world.relay and world.relay[-1] == "1")
    decision = json.loads(tool.lines_until('"decision"')[-1])
    assert (decision["reader"], decision["door"], decision["granted"]) == ("yard", "gate", True)


def test_a_reader_on_the_network_needs_no_serial_line(panel, world, settings_file):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader:
        reader.bind(("127.0.0.2", 0))
        reader.settimeout(LIMIT_S)
        port = reader.getsockname()[1]
        yard = {"name": "yard", "udp": {"address": "127.0.0.2", "port": port}}
        document = {"readers": [yard], "doors": [{"name": "gate"}]}
        at = {"address": "127.0.0.1", "port": port}
        tool = panel("--settings", settings_file({**document, "udp": at}), "--allow", CARD)
        tool.lines_until("reader is unsupervised")
        reader.sendto(scrdr(CARD), ("127.0.0.1", port))
        assert reader.recv(100) == b"$SCCMD;SEQ=60"
    world.go_on_until(lambda: world.relay and world.relay[-1] == "1")


def test_nobody_may_pass_who_was_not_named(panel, world):
    tool = panel("--serial", world.serial)
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
    tool = panel("--serial", world.serial, "--allow", CARD, "--interpreter", interpreter)
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
    tool = panel("--serial", world.serial, "--json")
    world.go_on_until(lambda: world.polls == 1)
    world.close_door()
    status, out, err = tool.ended()
    assert status == 1
    stopped = json.loads(out.splitlines()[-1])
    assert (stopped["event"], stopped["state"]) == ("panel", "stopped")
    assert err == f"loquet: the panel ended: {stopped['reason']}\n"
    assert tool.leaves_nothing()
