"""`loquet explain`: the decision for any card, time and state, with the facts it rests on."""

import json
import re
import shutil
from pathlib import Path

import pytest

from loquet import notation
from loquet.access import CHECKS
from loquet.cards import Cards
from loquet_tools import cli

README = Path(__file__).parents[2] / "lib/loquet/README.md"

CARDS = """\
id,notation,groups,from,until,uses,flags
04A1B2C3D4E580,,1,,2026-10-31T22:00,,
0478A1C3,,1 3,2026-11-21T07:30,,5,extended unlock_first
0478A1C4,,,,,,disabled
0478A1C5,,,,,0,pass_lockdown
0478A1C6,,1,,,,
0478A1C7,,,,,1,unlock_first
"120,41411",template-1:wiegand26,3,,,,
"""

SETTINGS = {
    "readers": [{"name": "front"}],
    "doors": [
        {
            "name": "front",
            "access": [{"group": 1, "schedule": "office"}, {"group": 3}],
            "anti_passback_s": 60,
        },
        {"name": "back"},
        {"name": "shut", "posture": "lockdown"},
        {"name": "hall", "posture": "schedule", "unlock_schedule": "office"},
    ],
    "time_zone": "CET-1CEST,M3.5.0,M10.5.0/3",
    "schedules": [
        {
            "name": "office",
            "weekly": [
                {"days": ["mon", "tue", "wed", "thu", "fri"], "begin": "08:00", "end": "18:00"}
            ],
        }
    ],
    "holidays": [{"first": "2026-12-24"}],
}

FRIDAY = "2026-11-20T08:30"
SATURDAY = "2026-11-21T08:30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("explain")
    (made / "cards.csv").write_text(CARDS)
    assert (
        cli.status_of(["cards", "build", str(made / "cards.csv"), "-o", str(made / "cards")]) == 0
    )
    return made / "cards"


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(SETTINGS))
    return path


@pytest.fixture
def run(capsys, folder, settings):
    """Calls `loquet explain` with these arguments: (status, standard output, standard error)."""
    capsys.readouterr()

    def call(card, *arguments, at=FRIDAY, door="front", cards=folder):
        named = ["--cards", cards, "--settings", settings, "--at", at, "--door", door]
        status = cli.status_of([str(part) for part in ["explain", card, *named, *arguments]])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def facts(run):
    """The object that --json prints; the status agrees with it."""

    def call(*arguments, **named):
        status, said, error = run(*arguments, "--json", **named)
        found = json.loads(said)
        assert error == "" and status == (0 if found["granted"] else 1)
        assert [check["reason"] for check in found["checks"]] == [row[0] for row in CHECKS]
        return found

    return call


@pytest.fixture
def told(facts):
    """(reason of the answer, sentence of the check with this reason)"""

    def call(reason, *arguments, **named):
        found = facts(*arguments, **named)
        (check,) = [check for check in found["checks"] if check["reason"] == reason]
        return found["reason"], check["says"]

    return call


# As a whole.


def test_a_denial_is_told_check_by_check(run):
    status, said, error = run("04A1B2C3D4E580", at=SATURDAY)
    assert (status, error) == (1, "")
    lines = said.splitlines()
    assert lines[0] == (
        "04A1B2C3D4E580 at front (entry), 2026-11-21T08:30 local time, 2026-11-21T07:30Z"
    )
    assert lines[1] == "  passes       not_ready         assumed: the reader was ready"
    assert lines[14:16] == [
        "  fails        expired           until 2026-10-31 22:00 UTC: expired 20 days ago",
        "  not reached  outside_schedule",
    ]
    assert lines[-1] == "denied: expired" and len(lines) == 2 + len(CHECKS)


def test_a_grant_is_status_0_and_says_what_it_does(run):
    status, said, error = run("0478A1C3", at=SATURDAY)
    assert (status, error) == (0, "")
    assert said.endswith("\ngranted, for the extended pulse, and may begin an unlocked period\n")
    assert "fails" not in said and "not reached" not in said
    assert run("0478A1C7", door="back")[1].endswith("\ngranted, and may begin an unlocked period\n")
    assert run("0478A1C6")[1].endswith("\ngranted\n")


def test_json_has_the_same_in_one_object(facts):
    found = facts("04A1B2C3D4E580", at=SATURDAY)
    checks = found.pop("checks")
    assert checks[13] == {
        "reason": "expired",
        "verdict": "fails",
        "says": "until 2026-10-31 22:00 UTC: expired 20 days ago",
    }
    assert checks[14] == {"reason": "outside_schedule", "verdict": "not reached", "says": None}
    assert found == {
        "card": "04A1B2C3D4E580",
        "notation": "hex",
        "door": "front",
        "direction": "entry",
        "posture": "normal",
        "at": "2026-11-21T07:30Z",
        "local": "2026-11-21T08:30",
        "clock": "synchronised",
        "granted": False,
        "reason": "expired",
        "extended": False,
        "unlock_first": False,
        "note": None,
    }


def test_a_card_is_named_in_any_notation(facts):
    found = facts("120,41411", "--notation", "template-1:wiegand26")
    assert found["granted"] and found["notation"] == "template-1:hex"
    assert facts("0075014597", "--notation", "dec10")["card"] == "0478A1C5"


def test_a_time_that_is_not_clear_is_said(run, facts):
    note = facts("0478A1C6", at="2026-10-25T02:30")["note"]
    assert note.startswith("2026-10-25T02:30 comes twice")
    assert f"\nnote: {note}\n" in run("0478A1C6", at="2026-10-25T02:30")[1]
    assert facts("0478A1C6", at="2026-10-25T00:30Z")["note"] is None


# The facts of each check.


def test_event_and_reader_are_assumed_to_be_good(facts):
    says = [check["says"] for check in facts("0478A1C6")["checks"][:5]]
    assert says == [
        "assumed: the reader was ready",
        "assumed: the event was fresh",
        "assumed: the event was clean",
        "assumed: the event was whole",
        "assumed: the card had been away",
    ]


@pytest.mark.parametrize(
    ("card", "more", "reason", "says"),
    [
        (
            "08A1B2C3",
            {},
            "random_uid",
            "an NFC-A UID of 4 bytes from 08 on is another one each time",
        ),
        ("0478A1C9", {}, "unknown_card", "the card is not in the list"),
        ("0478A1C4", {}, "disabled", "the card is disabled"),
        (
            "0478A1C6",
            {"door_failed": True},
            "door_failed",
            "the door is out of order until a restart",
        ),
        (
            "0478A1C6",
            {"posture": "lockdown"},
            "lockdown",
            "the door is in lockdown, which the card may not pass",
        ),
        (
            "0478A1C5",
            {},
            "wrong_group",
            "the card is in no group; the door takes group 1 (office), group 3 (any time)",
        ),
        (
            "04A1B2C3D4E580",
            {"clock_quality": "unknown"},
            "clock",
            "the card has dates and the door has hours for the card; the clock is unknown",
        ),
        (
            "0478A1C3",
            {"clock_quality": "free_running"},
            "clock",
            "the card has dates; the clock is free-running, which the settings refuse",
        ),
        (
            "0478A1C3",
            {"at": "2026-11-20T08:29"},
            "not_yet_valid",
            "from 2026-11-21 07:30 UTC: 1 day too early",
        ),
        (
            "04A1B2C3D4E580",
            {"at": "2026-10-31T22:00Z"},
            "expired",
            "until 2026-10-31 22:00 UTC: expired this minute",
        ),
        (
            "0478A1C6",
            {"at": "2026-11-21T09:00"},
            "outside_schedule",
            "Sat 09:00 local time: office is not open",
        ),
        (
            "0478A1C6",
            {"at": "2026-12-24T09:00"},
            "outside_schedule",
            "Thu 09:00 local time, a holiday: office is not open",
        ),
        (
            "0478A1C6",
            {"passed_s": 59},
            "anti_passback",
            "the card was let in 59 s ago, and may be again after 60 s",
        ),
        ("0478A1C5", {"door": "back"}, "uses_exhausted", "the card has no use left"),
    ],
)
def test_what_speaks_against_a_card_is_told_with_the_facts(told, card, more, reason, says):
    named = {name: more[name] for name in ("at", "door") if name in more}
    options = []
    for name, value in more.items():
        if name not in named:
            options += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
    assert told(reason, card, *options, **named) == (reason, says)


@pytest.mark.parametrize(
    ("card", "more", "reason", "says"),
    [
        ("0478A1C6", [], "random_uid", "the id is not one that changes each time"),
        ("0478A1C6", [], "unknown_card", "the card is in the list"),
        ("0478A1C6", [], "disabled", "the card is enabled"),
        ("0478A1C6", [], "door_failed", "the door works"),
        ("0478A1C6", [], "lockdown", "the door's posture is normal"),
        ("0478A1C6", ["--posture", "unlocked"], "lockdown", "the door's posture is unlocked"),
        (
            "0478A1C6",
            [],
            "wrong_group",
            "the card is in group 1; the door takes group 1 (office), group 3 (any time)",
        ),
        (
            "0478A1C3",
            [],
            "wrong_group",
            "the card is in groups 1, 3; the door takes group 1 (office), group 3 (any time)",
        ),
        ("0478A1C3", [], "clock", "the card has dates; the clock is synchronised"),
        ("0478A1C6", [], "clock", "the door has hours for the card; the clock is synchronised"),
        ("0478A1C3", [], "not_yet_valid", "from 2026-11-21 07:30 UTC: began this minute"),
        ("0478A1C6", [], "not_yet_valid", "the card has no begin"),
        ("0478A1C6", [], "expired", "the card has no end"),
        ("0478A1C3", [], "outside_schedule", "group 3 may pass at any time"),
        (
            "0478A1C6",
            [],
            "anti_passback",
            "the card was not let in within 60 s, as far as is known",
        ),
        (
            "0478A1C6",
            ["--passed-s", "60"],
            "anti_passback",
            "the card was let in 60 s ago, and may be again after 60 s",
        ),
        ("0478A1C6", ["--direction", "exit"], "anti_passback", "it is not for an exit"),
        ("0478A1C3", [], "uses_exhausted", "the card has 5 uses left"),
        ("0478A1C6", [], "uses_exhausted", "the card has any number of uses"),
    ],
)
def test_what_speaks_for_a_card_is_told_with_the_facts(told, card, more, reason, says):
    at = SATURDAY if card == "0478A1C3" else FRIDAY
    assert told(reason, card, *more, at=at) == ("granted", says)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("wrong_group", "the door takes every card of the list"),
        ("clock", "the card asks for no time"),
        ("outside_schedule", "the door has no hours"),
        ("anti_passback", "the door has no anti-passback"),
        ("uses_exhausted", "the card has 1 use left"),
    ],
)
def test_a_door_without_rules_says_so(told, reason, says):
    assert told(reason, "0478A1C7", door="back") == ("granted", says)


def test_hours_that_are_open_are_named(told):
    found = told("outside_schedule", "0478A1C6", at="2026-11-20T17:59")
    assert found == ("granted", "Fri 17:59 local time: office is open")
    assert told("outside_schedule", "0478A1C6", at="2026-11-20T18:00")[0] == "outside_schedule"


def test_how_long_ago_and_until_when_is_told_in_the_largest_unit(told):
    for at, says in (
        ("2026-10-31T21:59Z", "1 minute left"),
        ("2026-10-31T20:01Z", "1 hour left"),
        ("2026-10-30T21:00Z", "1 day left"),
        ("2024-10-30T21:00Z", "2 years left"),
        ("2026-10-31T22:59Z", "expired 59 minutes ago"),
        ("2026-11-01T21:00Z", "expired 23 hours ago"),
    ):
        found = told("expired", "04A1B2C3D4E580", at=at)
        assert found[1] == f"until 2026-10-31 22:00 UTC: {says}"


def test_a_card_may_pass_a_lockdown(told):
    found = told("lockdown", "0478A1C5", "--posture", "lockdown", door="back")
    assert found == ("uses_exhausted", "the door is in lockdown, which the card may pass")


# States that the settings or the options say.


def test_without_an_option_the_posture_is_that_of_the_settings(facts):
    assert facts("0478A1C7", door="shut")["reason"] == "lockdown"
    assert facts("0478A1C7", "--posture", "normal", door="shut")["granted"]
    assert facts("0478A1C7", door="hall")["posture"] == "unlocked"
    assert facts("0478A1C7", door="hall", at=SATURDAY)["posture"] == "normal"
    assert facts("0478A1C7", "--clock-quality", "unknown", door="hall")["posture"] == "normal"


def test_the_settings_say_whether_a_free_running_clock_is_used(facts, settings):
    document = {**SETTINGS, "clock": {"free_running": "use"}}
    settings.write_text(json.dumps(document))
    found = facts("0478A1C3", "--clock-quality", "free_running", at=SATURDAY)
    assert found["granted"] and found["clock"] == "free_running"
    assert found["checks"][11]["says"].endswith("free-running, which the settings use")
    assert facts("0478A1C3", "--clock-quality", "unknown")["reason"] == "clock"


def test_uses_and_changes_count_as_the_panel_left_them(told, folder, tmp_path):
    own = copied(folder, tmp_path / "own")
    cards = Cards(str(own))
    cards.open()
    cards.use(notation.parse("0478A1C7"))
    cards.revoke(notation.parse("0478A1C6"))
    cards.close()
    found = told("uses_exhausted", "0478A1C7", door="back", cards=own)
    assert found == ("uses_exhausted", "the card has no use left")
    assert told("unknown_card", "0478A1C6", cards=own)[0] == "unknown_card"


# What is left as it was, and what is refused.


def copied(folder, path):
    return Path(shutil.copytree(folder, path))


def files_of(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_the_card_folder_stays_as_it_is(run, folder, tmp_path):
    own = copied(folder, tmp_path / "own")
    # Whoever opens the folder for good deletes this, which nothing names.
    (own / "list.99").write_bytes(b"half a list")
    before = files_of(own)
    assert run("0478A1C6", cards=own)[0] == 0
    assert files_of(own) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--posture", "open"], "--posture is 'open'; allowed: one of normal, unlocked, lockdown"),
        (
            ["--clock-quality", "good"],
            "--clock-quality is 'good'; allowed: one of unknown, free_running, synchronised",
        ),
        (["--direction", "in"], "--direction is 'in'; allowed: one of entry, exit"),
        (["--passed-s", "-1"], "'--passed-s'"),
        (["--notation", "hexx"], "allowed: the notations hex"),
        (["--door", "side"], "--door is 'side'; allowed: one of front, back, shut, hall"),
        (["--at", "2026-11-21"], "--at is '2026-11-21'; allowed: a minute of 2020 to 2099"),
        (["--settings", "nowhere"], "nowhere cannot be read: No such file"),
        (["--cards", "nowhere"], "nowhere is not a folder; allowed: a card folder"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_status_2(run, more, said):
    status, out, error = run("0478A1C6", *more)
    assert (status, out) == (2, "")
    assert said in error and error.startswith("loquet: ") and error.count("\n") == 1


def test_a_card_that_is_none_is_refused(run):
    status, out, error = run("0478A1C")
    assert (status, out) == (2, "") and "allowed: pairs of hex digits" in error


def test_settings_that_no_panel_takes_are_refused(run, settings):
    settings.write_text(json.dumps({**SETTINGS, "repeat_ms": -1}))
    status, out, error = run("0478A1C6")
    assert (status, out) == (2, "")
    assert f"{settings}: repeat_ms is -1; allowed: a whole number" in error


def test_a_folder_without_cards_is_refused_by_its_own_name(run, tmp_path):
    status, out, error = run("0478A1C6", cards=tmp_path)
    assert (status, out) == (2, "")
    assert error == f"loquet: {tmp_path}/manifest is missing\n"


def test_a_damaged_list_is_told_by_its_own_name(run, folder, tmp_path):
    broken = copied(folder, tmp_path / "broken")
    data = bytearray((broken / "list.2").read_bytes())
    data[600] ^= 1
    (broken / "list.2").write_bytes(data)
    status, out, error = run("0478A1C6", cards=broken)
    assert status == 1 and "denied: unknown_card" in out
    assert error == f"loquet: {broken}/list.2 block 0 is damaged: its cards are denied\n"


def test_the_readme_has_the_reasons_in_their_order():
    rows = re.findall(r"^\| `(\w+)` \|", README.read_text(), re.MULTILINE)
    assert [reason for reason, _ in CHECKS] == [row for row in rows if row in dict(CHECKS)]
