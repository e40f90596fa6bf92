"""`loquet demo` at a real terminal: how it opens, how it ends, and how it leaves the terminal."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tests.support.terminal import LIMIT_S, Terminal
from host_tests.support.tool import LOQUET, runs

ROOT = Path(__file__).resolve().parents[2]
READY = "reader ready"
CTRL_C = "\x03"


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def start(*command, **environment):
        opened.append(
            Terminal([str(part) for part in command], TMPDIR=str(tmp_path), **environment)
        )
        return opened[-1]

    yield start
    for one in opened:
        one.close()
    assert list(tmp_path.glob("loquet-*")) == []


def children(seen):
    pid = seen.process.pid
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def waits_for(path, part):
    """Waits until that is written there."""
    due = time.monotonic() + LIMIT_S
    while not path.exists() or part not in path.read_text():
        assert time.monotonic() < due, part
        time.sleep(0.05)


@pytest.mark.parametrize("key", ["q", CTRL_C])
def test_it_opens_and_a_key_ends_it_with_the_terminal_as_it_was(terminal, key):
    seen = terminal(LOQUET, "demo")
    seen.until(READY)
    (panel,) = children(seen)
    seen.press(key)
    assert seen.ended() == 0
    assert seen.used_its_own_screen() and seen.is_restored()
    assert "Traceback" not in seen.shown and "loquet:" not in seen.after()
    assert not runs(panel)


def test_it_can_be_ended_before_the_panel_runs(terminal):
    seen = terminal(LOQUET, "demo")
    seen.until("Loquet")
    seen.press("q")
    assert seen.ended() == 0
    assert seen.is_restored()


def test_make_run_opens_it(terminal):
    seen = terminal(ROOT / "tools/setup/demo.sh")
    seen.until(READY)
    seen.press("q")
    assert seen.ended() == 0
    assert seen.used_its_own_screen() and seen.is_restored()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_finds_the_terminal_as_it_was(terminal, number):
    seen = terminal(LOQUET, "demo")
    seen.until(READY)
    (panel,) = children(seen)
    seen.process.send_signal(number)
    assert seen.ended() == 128 + number
    assert seen.is_restored()
    assert not runs(panel)


def test_a_terminal_that_is_closed_ends_it(terminal):
    for _ in range(5):  # there was a race
        seen = terminal(LOQUET, "demo")
        seen.until(READY)
        (panel,) = children(seen)
        seen.hang_up()
        assert seen.process.wait(timeout=60) == 128 + signal.SIGHUP
        assert not runs(panel)


def test_a_panel_that_dies_ends_it_with_a_sentence(terminal):
    seen = terminal(LOQUET, "demo")
    seen.until(READY)
    (panel,) = children(seen)
    os.kill(panel, signal.SIGKILL)
    assert seen.ended() == 1
    assert seen.is_restored()
    assert seen.after().endswith("loquet: the panel ended: exit status 137\r\n")


@pytest.fixture
def elsewhere(tmp_path):
    """The project without a MicroPython."""
    for folder in ("boards", "firmware", "lib", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / "project" / folder)
    return tmp_path / "project"


def loquet_in(project):
    code = (
        f"import sys; sys.path[:0] = [{str(project / 'tools')!r}, {str(project / 'lib')!r}]; "
        "from loquet_tools.cli import status_of; sys.exit(status_of(['demo']))"
    )
    return sys.executable, "-c", code


def test_without_micropython_it_does_not_open_and_says_what_gets_it(terminal, elsewhere):
    seen = terminal(*loquet_in(elsewhere))
    assert seen.ended() == 2
    assert not seen.used_its_own_screen()
    assert "loquet: --interpreter is micropython, and there is no " in seen.shown
    assert "`make run`" in seen.shown


def test_a_micropython_that_does_not_run_ends_it_with_its_own_words(terminal, elsewhere):
    program = elsewhere / ".cache/micropython/micropython"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho no good >&2\nexit 3\n")
    program.chmod(0o755)
    seen = terminal(*loquet_in(elsewhere))
    assert seen.ended() == 1
    assert seen.is_restored()
    assert seen.after().endswith("loquet: the panel ended: no good\r\n")


def test_a_dumb_terminal_and_other_forms_have_the_visit_line_by_line(terminal):
    seen = terminal(LOQUET, "demo", TERM="dumb")
    seen.until("falls: the reader has")
    seen.press(CTRL_C)
    assert seen.ended() == 128 + signal.SIGINT
    assert not seen.used_its_own_screen()
    seen = terminal(LOQUET, "demo", "--json")
    seen.until('"state": "ready"')
    seen.press(CTRL_C)
    assert seen.ended() == 128 + signal.SIGINT
    assert not seen.used_its_own_screen()


def test_output_that_goes_elsewhere_has_the_visit_line_by_line(terminal, tmp_path):
    """Each stream that is no terminal is enough."""
    for number, redirection in enumerate([">out", "2>out", "</dev/null"]):
        command = f"cd {tmp_path} && exec {LOQUET} demo {redirection}"
        seen = terminal("sh", "-c", command)
        if number:
            seen.until("falls: the reader has")
        else:
            waits_for(tmp_path / "out", "falls: the reader has")
        seen.process.send_signal(signal.SIGTERM)
        assert seen.ended() == 128 + signal.SIGTERM
        assert not seen.used_its_own_screen()


def test_nothing_but_the_live_view_loads_textual():
    code = "import sys, json; import loquet_tools.cli; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not [name for name in json.loads(done.stdout) if name.startswith("textual")]
