"""The settings' reference page: complete, and what the tables say today."""

from pathlib import Path

from loquet import settings
from loquet_tools.settings_reference import HELP, paths, print_reference, reference

PAGE = Path(__file__).resolve().parents[2] / "lib/loquet/SETTINGS.md"


def test_every_field_has_its_help_and_no_help_is_for_nothing():
    assert set(HELP) == paths("", settings.DOCUMENT)


def test_the_page_in_the_project_is_current():
    assert PAGE.read_text() == reference(), (
        "run: loquet settings reference > lib/loquet/SETTINGS.md"
    )


def test_a_row_has_field_range_unit_default_and_help():
    rows = {line.split(" | ")[0]: line for line in reference().splitlines()}
    assert rows["| `pulse_ms`"] == (
        "| `pulse_ms` | a whole number from 100 to 60000 (ms) | `3000` | "
        "How long the relay stays energised after a grant. |"
    )


def test_every_default_is_allowed():
    """A document that spells every default out is the smallest document."""
    smallest = {"readers": [{"name": "a"}], "doors": [{"name": "a"}]}
    spelt = {name: default for name, default, _ in settings.DOCUMENT}
    spelt["readers"] = [{name: default for name, default, _ in settings.READER} | {"name": "a"}]
    spelt["doors"] = [{name: default for name, default, _ in settings.DOOR} | {"name": "a"}]
    spelt["limits"] = {name: default for name, default, _ in settings.LIMITS}
    spelt["clock"] = {name: default for name, default, _ in settings.CLOCK}
    assert vars(settings.load(spelt).limits) == vars(settings.load(smallest).limits)
    assert vars(settings.load(spelt).clock) == vars(settings.load(smallest).clock)
    assert vars(settings.load(spelt).doors[0]) == vars(settings.load(smallest).doors[0])
    assert vars(settings.load(spelt).readers[0]) == vars(settings.load(smallest).readers[0])


def test_the_command_prints_the_page(capsys):
    assert print_reference() == 0
    assert capsys.readouterr().out == reference()
