"""`loquet settings`: a document is checked by the panel's own code before it goes anywhere."""

import json

import pytest

from loquet_tools import cli, settings_reference

SMALLEST = {"readers": [{"name": "front"}], "doors": [{"name": "front"}]}


@pytest.fixture
def check(tmp_path):
    """Checks a document; the exit status."""

    def run(text, *options):
        path = tmp_path / "settings.json"
        path.write_text(text)
        return cli.status_of(["settings", "check", str(path), *options])

    return run


def test_settings_that_a_panel_takes_are_good(capsys, check):
    assert check(json.dumps(SMALLEST)) == 0
    assert capsys.readouterr().out.endswith("settings.json: these settings can be used\n")


def test_what_is_wrong_is_one_sentence_with_path_value_and_what_is_allowed(capsys, check):
    assert check(json.dumps({**SMALLEST, "repeat_ms": -1})) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "settings.json: repeat_ms is -1; allowed: a whole number from" in said


YARD = {"name": "yard", "udp": {"address": "192.168.1.50"}}
THREE = [{"name": name} for name in ("a", "b", "c")]


@pytest.mark.parametrize(
    ("board", "fields", "said"),
    [
        ("pico", {"readers": [YARD]}, "udp: the board pico has no network; allowed: readers on"),
        ("pico", {"readers": THREE}, "readers: 3; allowed on the board pico: at most 2"),
        ("virtual", {"doors": THREE}, "doors: 3; allowed on the board virtual: at most 2"),
    ],
)
def test_what_a_board_does_not_have_is_refused_for_that_board(capsys, check, board, fields, said):
    document = json.dumps({**SMALLEST, **fields})
    assert check(document) == 0
    assert check(document, "--board", board) == 1
    assert f"settings.json: {said}" in capsys.readouterr().err


def test_settings_that_a_board_can_do_are_good_for_it(capsys, check):
    assert check(json.dumps(SMALLEST), "--board", "pico") == 0
    assert check(json.dumps({**SMALLEST, "readers": [YARD]}), "--board", "virtual") == 0
    assert check(json.dumps(SMALLEST), "--board", "moon") == 2
    assert "--board is 'moon'; allowed: one of pico, virtual" in capsys.readouterr().err


def test_what_is_no_document_is_refused(capsys, check, tmp_path):
    assert check('{"readers": ') == 2
    assert "settings.json is not JSON: Expecting value" in capsys.readouterr().err
    assert cli.status_of(["settings", "check", str(tmp_path / "nowhere")]) == 2
    assert "nowhere cannot be read: No such file" in capsys.readouterr().err


def test_the_reference_is_printed(capsys):
    assert cli.status_of(["settings", "reference"]) == 0
    assert capsys.readouterr().out == settings_reference.reference()
