"""`loquet demo --pico`: what the demo plays with the Unix port, on the emulated Pico."""

import contextlib
import json
import os
import re
import signal
import sys

import pytest

from host_tests.support.tool import Tool, only, runs
from loquet_tools import demo as demo_module
from loquet_tools import pico_stage
from loquet_tools.demo import VISIT
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.rig_loop import RigLoop
from loquet_tools.scene import Cast

KNOWN = "04A1B2C3D4E580"
UNKNOWN = "0455667788AA80"

# Everything that a script can do, within limits that a slow machine keeps too: one of the two
# stages is in real time.
EVERYTHING = f"""
clock 2026-11-21T08:30
expect logged clock_set within 5000
present {KNOWN} for 500
expect granted within 5000
expect relay on within 2000
expect relay off within 8000
wait 1000
contact open
expect alarm forced on within 2000
contact closed
expect alarm forced off within 2000
rex
expect logged exit_requested within 5000
fire on
expect logged fire within 5000
fire off
expect logged fire_over within 5000
fault edge_lost 1
present {UNKNOWN} for 1500
expect denied within 5000
wait 2500
fault split 1.0
present {KNOWN} for 500
expect granted within 5000
expect relay off within 8000
fault split off
fault lost_frame 2 to_host
wait 4000
present {UNKNOWN} for 500
expect denied within 5000
wait 1500
present {KNOWN}
expect granted within 5000
expect relay on within 2000
power cut
expect relay off within 1000
expect reader ready within 20000
expect logged power_up within 5000
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
    """(exit status, what happened) of a script; None: of the visit."""
    given = ["--script", "-"] if script else []
    tool = demo("--json", "--seed", "7", *given, *arguments, script=script)
    status, out, err = tool.ended()
    assert err == ""
    assert tool.leaves_nothing()
    return status, [json.loads(line) for line in out.splitlines()]


def decisions(happened):
    return [(line["card"], line["granted"], line["reason"]) for line in only(happened, "decision")]


def doors(happened):
    return [line["what"] for line in only(happened, "door")]


def test_the_visit_holds_on_the_pico_as_on_the_unix_port(demo):
    status, on_pico = plays(demo, None, "--pico")
    assert status == 0, on_pico[-1]
    assert on_pico[0]["board"] == "pico"
    assert len(only(on_pico, "expect")) == VISIT.count("\nexpect ")
    times = [line["t_ms"] for line in on_pico]
    assert times == sorted(times)
    (on_ms, off_ms) = [line["t_ms"] for line in only(on_pico, "relay")][:2]
    assert abs(off_ms - on_ms - 3000) < 30
    status, on_unix = plays(demo, None)
    assert status == 0, on_unix[-1]
    assert decisions(on_pico) == decisions(on_unix)
    assert doors(on_pico) == doors(on_unix)
    assert [line["state"] for line in only(on_pico, "reader")] == [
        line["state"] for line in only(on_unix, "reader")
    ]


def test_everything_that_a_script_can_do_is_decided_alike_on_both(demo):
    status, on_pico = plays(demo, EVERYTHING, "--pico")
    assert status == 0, on_pico[-1]
    status, on_unix = plays(demo, EVERYTHING)
    assert status == 0, on_unix[-1]
    assert decisions(on_pico) == decisions(on_unix)
    for happened in (on_pico, on_unix):
        struck = {line["what"].split()[0] for line in only(happened, "fault")}
        assert struck == {"edge_lost", "split", "lost_frame"}
        causes = [line["reset_cause"] for line in only(happened, "panel")]
        assert causes == ["power", "power"]
        assert [line["cause"] for line in only(happened, "restart")] == ["power"]
        assert [line["energised"] for line in only(happened, "relay")][-1] is False


def test_two_runs_with_one_seed_are_the_same_run(demo):
    script = f"fault corrupt 0.2\npresent {KNOWN} for 700\nwait 2000"
    first, second = (plays(demo, script, "--pico") for _ in range(2))
    assert first == second


def test_every_third_edge_that_is_lost_costs_time_and_nothing_else(demo):
    lost = "fault edge_lost 1\n"
    visit = f"present {KNOWN} for 1000\nexpect granted within 2000\nwait 1500\n"
    status, happened = plays(demo, (lost + 3 * visit) * 4, "--pico")
    assert status == 0, happened[-1]
    assert len(only(happened, "fault")) == 4
    presented = [line["t_ms"] for line in only(happened, "card") if line["state"] == "presented"]
    decided = [line["t_ms"] for line in only(happened, "decision")]
    took_ms = [there - here for here, there in zip(presented, decided, strict=True)]
    # /WAKEUP is looked at every 250 ms; what else it takes is the same.
    assert all(took < 100 for place, took in enumerate(took_ms) if place % 3)
    assert all(100 < took < 350 for took in took_ms[::3])


def test_a_start_by_the_watchdog_is_told_as_that():
    settings = demo_module.settings_of("wakeup")

    async def stopped_at_the_console():
        async with pico_stage.PicoStage(Cast("micropython", "wakeup", [], 7, settings)) as stage:
            await stage.wait_ms(2000)
            stage._rig.type("\x03")
            await stage.wait_ms(11_000)
            return [stage.happenings.get_nowait() for _ in range(stage.happenings.qsize())]

    with contextlib.closing(RigLoop()) as loop:
        happened = loop.run_until_complete(stopped_at_the_console())
    assert [line["cause"] for line in only(happened, "restart")] == ["watchdog"]
    starts = [line["reset_cause"] for line in only(happened, "panel") if line["state"] == "started"]
    assert starts == ["power", "watchdog"]


def test_an_expectation_that_fails_ends_it_with_status_1(demo):
    status, happened = plays(demo, f"present {UNKNOWN}\nexpect granted within 1000", "--pico")
    assert status == 1
    assert happened[-1]["reason"].endswith(f"card {UNKNOWN} was denied (unknown_card)")
    presented_ms, failed_ms = (only(happened, event)[0]["t_ms"] for event in ("card", "expect"))
    assert failed_ms - presented_ms == 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_leaves_nothing_behind(demo, number):
    tool = demo("--pico", "--json")
    tool.lines_until('"state": "started"')
    (rig,) = tool.children()
    tool.signal(number)
    status, _, err = tool.ended()
    assert (status, err) == (128 + number, "")
    assert tool.leaves_nothing()
    assert not runs(rig)


def test_a_rig_that_dies_is_told_as_that(demo):
    tool = demo("--pico", "--json")
    tool.lines_until('"state": "started"')
    (rig,) = tool.children()
    os.kill(rig, signal.SIGKILL)
    status, _, err = tool.ended()
    assert status == 1 and "the emulated Pico has failed" in err
    assert not runs(rig)


def test_what_is_missing_is_named_with_the_command_that_gets_it(tmp_path, monkeypatch):
    def said(**places):
        with pytest.raises(ArgumentError) as caught:
            pico_stage.check(**places)
        return str(caught.value)

    pico_stage.check()
    (tmp_path / "package-lock.json").write_text("{}")
    other = tmp_path / "other.uf2"
    assert "`make pico-firmware`" in said(firmware=other)
    other.write_bytes(bytes(1024))
    assert re.search("other sources.*`make pico-firmware`", said(firmware=other))
    assert "tools/pico_rig/install.sh" in said(rig=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt install nodejs npm" in said()


def test_a_missing_python_package_is_named(monkeypatch):
    for module in ("loquet_tools.pico_stage", "pico_rig.image", "pico_rig.reader_peer"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delattr("loquet_tools.pico_stage")
    monkeypatch.setitem(sys.modules, "littlefs", None)
    cast = Cast("micropython", "wakeup", [], 7, {})
    with pytest.raises(ToolError, match="needs the Python package littlefs; `make` gets it"):
        demo_module.perform_on_pico(cast, [], print)


def test_only_micropython_runs_there(demo):
    tool = demo("--pico", "--interpreter", "cpython")
    status, out, err = tool.ended()
    assert (status, out) == (2, "")
    assert err == "loquet: --interpreter is cpython; --pico has micropython only\n"
