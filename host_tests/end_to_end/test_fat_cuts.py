"""On FAT a power cut may cost cards, but opens no door; lib/loquet/FAT.md says how often."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"MICROPYPATH": ".frozen:lib:."}
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"
PROMISE = ROOT / "lib" / "loquet" / "FAT.md"
ORDER = (
    "add",
    "change",
    "revoke",
    "use",
    "tidy uses",
    "merge",
    "replace",
    "resume",
    "abandon",
    "rollback",
    "forced rollback",
    "rollback after a merge",
)
HEAD = (
    "| Scenario | Rewrites | Cuts | Fine | Damaged | No mount | Change missing | Revoked passes "
    "| Between: fine | Between: damaged |"
)
OUTCOMES = ("fine", "damaged", "does_not_mount", "change_missing", "revoked_passes")


def cut(*arguments):
    """What fat_cuts.py prints, by scenario."""
    command = [MICROPYTHON, "-X", "heapsize=128m", "host_tests/end_to_end/fat_cuts.py"]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    scenarios = [json.loads(line) for line in done.stdout.splitlines()]
    return {scenario["name"]: scenario for scenario in scenarios}


@pytest.fixture(scope="module")
def scenarios():
    return cut(0)


def counts(scenario):
    """The numbers of a row of the table."""
    within, between = scenario["within"], scenario["between"]
    both = [within[outcome] + between[outcome] for outcome in OUTCOMES]
    return [scenario["rewrites"], sum(both), *both, between["fine"], between["damaged"]]


def table(scenarios):
    rows = {name: counts(scenarios[name]) for name in ORDER}
    rows["all"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines = [f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows.items()]
    return "\n".join([HEAD, "|---|" + "---:|" * (HEAD.count("|") - 2), *lines])


def test_no_card_passes_that_was_never_listed_and_errors_are_storage_errors(scenarios):
    assert [name for name in scenarios if scenarios[name]["breaches"]] == []


def test_every_rewrite_is_cut_in_four_places_of_every_scenario(scenarios):
    assert sorted(scenarios) == sorted(ORDER)
    for scenario in scenarios.values():
        assert counts(scenario)[1] == 1 + 4 * scenario["rewrites"] >= 40


def test_a_drive_stays_mountable_if_no_block_is_half_rewritten(scenarios):
    assert not any(scenario["between"]["does_not_mount"] for scenario in scenarios.values())


def test_the_promise_has_the_numbers(scenarios, capsys):
    measured = table(scenarios)

    with capsys.disabled():
        print(f"\n{measured}")
    assert measured in PROMISE.read_text(), f"{PROMISE} needs this table:\n{measured}"


@pytest.mark.parametrize(
    ("name", "outcome"), [("add", "change_missing"), ("revoke", "revoked_passes")]
)
def test_a_drive_that_breaks_its_word_is_found(name, outcome):
    (scenario,) = cut(16, name).values()

    assert scenario["between"][outcome] > 0
