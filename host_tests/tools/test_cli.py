"""What the command line says to a value it cannot use: one sentence, status 2, nothing started."""

import json
import os
import pty

import pytest

from loquet_tools import cli, demo
from loquet_tools.script import parse


@pytest.fixture
def line():
    """A pseudo terminal to name as the reader's line."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture(autouse=True)
def starts_nothing(monkeypatch):
    def started(coroutine):
        coroutine.close()
        raise AssertionError("something was started")

    monkeypatch.setattr("loquet_tools.demo.run", started)
    monkeypatch.setattr("loquet_tools.panel.run", started)


def refused(capsys, *arguments):
    """The sentence on stderr."""
    assert cli.status_of([str(argument) for argument in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("loquet: ") and printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize("value", ["04A", "0g", "", "04 A1", "0102030405060708090A0B", "0x04"])
def test_a_card_must_be_hex_of_1_to_10_bytes(capsys, value):
    said = refused(capsys, "demo", "--allow", value)
    assert f"--allow is {value!r}; allowed: the hex digits of 1 to 10 bytes" in said


@pytest.mark.parametrize(
    ("value", "reason"), [("04A1", "4, 7 or 10 bytes"), ("08A1B2C3", "random")]
)
def test_a_card_that_no_list_can_have_is_refused(capsys, value, reason):
    said = refused(capsys, "demo", "--allow", "04A1B2C3", "--allow", value)
    assert "--allow: card" in said and value in said and reason in said


def test_events_must_be_a_mode_that_there_is(capsys):
    said = refused(capsys, "demo", "--events", "smoke")
    assert "--events is 'smoke'; allowed: one of wakeup, spontaneous, text" in said


def test_the_interpreter_must_be_one_that_there_is(capsys):
    said = refused(capsys, "demo", "--interpreter", "pypy")
    assert "--interpreter is 'pypy'; allowed: one of micropython, cpython" in said


def test_a_missing_micropython_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("loquet_tools.paths.interpreter.__defaults__", (tmp_path,))
    assert "`make run`" in refused(capsys, "demo", "--interpreter", "micropython")


def test_a_script_must_be_there(capsys, tmp_path):
    missing = tmp_path / "missing"
    said = refused(capsys, "demo", "--interpreter", "cpython", "--script", missing)
    assert f"--script is {str(missing)!r}: No such file or directory" in said


def test_a_script_must_be_text(capsys, tmp_path):
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe")
    said = refused(capsys, "demo", "--interpreter", "cpython", "--script", noise)
    assert "not UTF-8" in said


def test_a_script_with_a_wrong_line_is_refused_whole(capsys, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("remove\nexplode\n")
    said = refused(capsys, "demo", "--interpreter", "cpython", "--script", wrong)
    assert "script line 2, 'explode'" in said


@pytest.mark.parametrize("value", ["/dev/does_not_exist", "/dev/null", os.devnull, __file__])
def test_the_reader_must_be_on_a_serial_device(capsys, value):
    said = refused(capsys, "panel", "--serial", value, "--pins", "tcp:127.0.0.1:5000")
    assert f"--serial is {value!r}" in said and "allowed: a serial device or pty" in said


@pytest.mark.parametrize(
    "value",
    [
        "127.0.0.1:5000",
        "tcp:127.0.0.1",
        "tcp:10.0.0.1:5000",
        "tcp:localhost:0",
        "tcp:127.0.0.1:65536",
    ],
)
def test_the_door_must_be_on_this_machine(capsys, line, value):
    said = refused(capsys, "panel", "--serial", line, "--pins", value)
    assert f"--pins is {value!r}; allowed: tcp:HOST:PORT" in said


def test_what_a_panel_cannot_do_without_is_asked_for(capsys, line, tmp_path):
    pins = ("--pins", "tcp:127.0.0.1:5000")
    assert "Missing option '--pins'" in refused(capsys, "panel")
    said = refused(capsys, "panel", *pins)
    assert "--serial is there 0 times; allowed: once for each reader" in said and "(front)" in said
    file = tmp_path / "settings.json"
    file.write_text('{"readers": [{"name": "in"}, {"name": "out"}], "doors": [{"name": "gate"}]}')
    said = refused(capsys, "panel", *pins, "--serial", line, "--settings", file)
    assert "--serial is there 1 times" in said and "(in, out)" in said


def test_a_panel_has_settings_or_a_mode_of_its_one_reader(capsys, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"readers": [{"name": "in"}], "doors": []}')
    options = ("panel", "--pins", "tcp:127.0.0.1:5000", "--settings", file)
    said = refused(capsys, *options, "--events", "text")
    assert "--events is 'text' beside --settings; allowed: one of the two" in said
    assert "settings.json: doors is []; allowed:" in refused(capsys, *options)


def test_settings_that_a_board_cannot_do_are_not_deployed_onto_it(capsys, tmp_path):
    file = tmp_path / "settings.json"
    yard = {"name": "yard", "udp": {"address": "192.168.1.50"}}
    file.write_text(json.dumps({"readers": [yard], "doors": [{"name": "gate"}]}))
    said = refused(capsys, "deploy", "--board", "pico", "--settings", file)
    assert "settings.json: udp: the board pico has no network" in said


@pytest.mark.parametrize("arguments", [["--fly"], ["demo", "--fly"], ["open"], []])
def test_what_is_no_command_is_refused(capsys, arguments):
    refused(capsys, *arguments)


def test_help_is_there(capsys):
    for arguments in (["--help"], ["demo", "--help"], ["panel", "--help"]):
        assert cli.status_of(arguments) == 0
        assert "loquet" in capsys.readouterr().out


def test_the_demos_own_visit_is_a_script():
    steps = parse(demo.VISIT)
    assert len(steps) > 10
