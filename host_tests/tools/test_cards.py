"""`loquet cards`: what a spreadsheet says is what the panel's own code finds, or nothing is."""

import csv
import io
import json
import random
import shutil
import time

import pytest

from loquet import notation
from loquet.card import Card
from loquet.cards import Cards
from loquet_tools import cli
from loquet_tools.card_file import COLUMNS

HEADER = ",".join(COLUMNS)
DAY = 24 * 60


@pytest.fixture
def listed(tmp_path):
    """Writes a list; the path of its file."""

    def write(*rows, header=HEADER, encoding="utf-8"):
        path = tmp_path / "cards.csv"
        path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
        return path

    return write


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cards"


def run(*arguments):
    return cli.status_of(["cards", *map(str, arguments)])


def build(path, folder):
    assert run("build", path, "-o", folder) == 0


def refused(capsys, path, folder):
    """The lines on stderr of a build that must write nothing."""
    assert run("build", path, "-o", folder) == 2
    assert not folder.exists()
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def card_in(folder, text, form="hex"):
    cards = Cards(str(folder))
    cards.open()
    card = cards.lookup(notation.parse(text, form))
    cards.close()
    return vars(card) if card else None


def objects(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# What a row means.


def test_a_row_with_an_id_alone_is_a_card_that_always_may(listed, folder):
    build(listed("04A1B2C3D4E580", header="id"), folder)
    key = notation.parse("04A1B2C3D4E580")
    assert card_in(folder, "04A1B2C3D4E580") == vars(Card(key))


def test_every_column_arrives(listed, folder):
    build(
        listed('"120,41411",template-1:wiegand26,Ann,1 3 31,2020-01-02,2020-01-03,5,extended'),
        folder,
    )
    card = card_in(folder, "120,41411", "template-1:wiegand26")
    assert card["groups"] == 1 << 1 | 1 << 3 | 1 << 31
    # A day as the end is a day on which the card is still valid.
    assert (card["from_minute"], card["until_minute"]) == (DAY, 3 * DAY)
    assert (card["uses_left"], card["enabled"], card["extended"]) == (5, True, True)


def test_minutes_are_utc_and_the_last_one_is_out(listed, folder):
    build(listed("04A1B2C3,,,,2020-01-01T08:30,2020-01-01T09:00,,"), folder)
    card = card_in(folder, "04A1B2C3")
    assert (card["from_minute"], card["until_minute"]) == (8 * 60 + 30, 9 * 60)


@pytest.mark.parametrize(
    ("words", "attributes"),
    [
        ("disabled", {"enabled": False}),
        ("enabled unlock_first", {"enabled": True, "unlock_first": True}),
        ("pass_lockdown  extended", {"pass_lockdown": True, "extended": True}),
    ],
)
def test_flags_are_words(listed, folder, words, attributes):
    build(listed(f"04A1B2C3,,,,,,,{words}"), folder)
    assert attributes.items() <= card_in(folder, "04A1B2C3").items()


def test_columns_may_stand_in_any_order_and_case(listed, folder):
    build(listed("2,04A1B2C3", header="Groups,ID"), folder)
    assert card_in(folder, "04A1B2C3")["groups"] == 4


def test_what_spreadsheets_write_is_read(listed, folder):
    """A byte order mark, semicolons, carriage returns, rows without anything, blanks around."""
    path = listed(
        '04A1B2C3;"Zoë; Ann"; 3 \r', ";;\r", header="id;name;groups\r", encoding="utf-8-sig"
    )
    build(path, folder)
    assert card_in(folder, "04A1B2C3")["groups"] == 8


def test_names_stay_on_the_desktop(listed, folder):
    build(listed("04A1B2C3,,Zebulon,,,,,"), folder)
    for file in folder.iterdir():
        assert b"Zebulon" not in file.read_bytes()


# What cannot be used.


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0801A1B2,,,,,,,", 'id "0801A1B2" in notation "hex"; allowed: a UID that stays'),
        ("04A1,,,,,,,", 'id "04A1" in notation "hex"; allowed: 4, 7 or 10 bytes'),
        (",,Ann,,,,,", 'id "" in notation "hex"; allowed: pairs of hex digits'),
        ("04A1B2C3,hxe,,,,,,", 'in notation "hxe"; allowed: the notations hex, dec8'),
        ("04A1B2C3,,,1 32,,,,", 'groups "1 32"; allowed: numbers from 0 to 31'),
        ("04A1B2C3,,,one,,,,", 'groups "one"; allowed: numbers'),
        ("04A1B2C3,,,,2026-02-30,,,", 'from "2026-02-30"; allowed: a day or a minute in UTC'),
        ("04A1B2C3,,,,2019-12-31,,,", 'from "2019-12-31"; allowed: a day or a minute in UTC, 2020'),
        ("04A1B2C3,,,,,2052-01-01,,", 'until "2052-01-01"; allowed: a day'),
        ("04A1B2C3,,,,,21.11.2026,,", 'until "21.11.2026"; allowed: a day'),
        ("04A1B2C3,,,,,2026-11-21T24:00,,", 'until "2026-11-21T24:00"; allowed: a day'),
        (
            "04A1B2C3,,,,2026-05-01T10:00,2026-05-01T10:00,,",
            'from "2026-05-01T10:00" and until "2026-05-01T10:00"; allowed: an end after the begin',
        ),
        (
            "04A1B2C3,,,,,2020-01-01T00:00,,",
            'from "" and until "2020-01-01T00:00"; allowed: an end',
        ),
        ("04A1B2C3,,,,,,65535,", 'uses "65535"; allowed: a number from 0 to 65534'),
        ("04A1B2C3,,,,,,-1,", 'uses "-1"; allowed: a number'),
        ("04A1B2C3,,,,,,,flying", 'flags "flying"; allowed: words of enabled or disabled'),
        ("04A1B2C3,,,,,,,enabled disabled", 'flags "enabled disabled"; allowed: words'),
        ("04A1B2C3,hex", "2 values; allowed: 8, as in the header"),
        ("120,41411,wiegand26,,,,,,", "9 values; allowed: 8, as in the header; a value with"),
        ('04A1B2C3,,"An\nn",,,,,', "a value of more than one line; allowed: one line"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(capsys, listed, folder, row, said):
    path = listed("04A1B2C4,,,,,,,", row)
    found, last = refused(capsys, path, folder)
    assert found.startswith(f"{path}, line 3, ") and said in found
    assert last == f"loquet: nothing was written: {path} has 1 problem"


def test_all_bad_rows_and_all_that_is_bad_in_one_are_named(capsys, listed, folder):
    rows = ["zz,,,99,,,,never"] * 3
    lines = refused(capsys, listed(*rows), folder)
    assert len(lines) == 3 * 3 + 1
    assert [line.split(", ")[1] for line in lines[:-1]] == [
        f"line {number}" for number in (2, 2, 2, 3, 3, 3, 4, 4, 4)
    ]


def test_a_card_that_is_listed_twice_is_named_with_both_lines(capsys, listed, folder):
    path = listed("04A1B2C3,hex,,,,,,", "77312707,dec10,,,,,,", "C3:B2:A1:04,hex_reversed,,,,,,")
    found = refused(capsys, path, folder)[0]
    assert 'line 4, id "C3:B2:A1:04" is the card of line 2; allowed: each card once' in found


def test_lines_are_counted_as_an_editor_does(capsys, listed, folder):
    found = refused(capsys, listed("", '04A1B2C3,,"a\nb",,,,,', "zz,,,,,,,"), folder)
    assert "line 3, a value of more" in found[0] and "line 5, id" in found[1]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,colour", 'line 1: column "colour"; allowed: a header with id and any of notation'),
        ("id,id", 'line 1: column "id", "id"; allowed'),
        ("name,notation", "line 1: no column id; allowed"),
        ("04A1B2C3D4E580", 'line 1: column "04a1b2c3d4e580"; allowed'),
        ("", 'line 2: column "04a1b2c3"; allowed'),
    ],
)
def test_a_header_is_needed_and_knows_its_columns(capsys, listed, folder, header, said):
    (found,) = refused(capsys, listed("04A1B2C3", header=header), folder)
    assert said in found


def test_a_quote_that_is_not_closed_swallows_no_cards(capsys, listed, folder):
    (found,) = refused(capsys, listed('"04A1B2C3', "04A1B2C4", header="id"), folder)
    assert "line 2: unexpected end of data; are all quotes closed?" in found


def test_a_file_must_be_utf_8_and_there(capsys, listed, folder, tmp_path):
    (found,) = refused(capsys, listed("04A1B2C3,,Zoë,,,,,", encoding="latin-1"), folder)
    assert "cards.csv, line 2: this is not UTF-8" in found
    (found,) = refused(capsys, tmp_path / "nowhere.csv", folder)
    assert "nowhere.csv cannot be read: No such file" in found


def test_more_kinds_of_cards_than_a_list_has_room_for(capsys, listed, folder):
    path = listed(*(f"04A1{number:04X},,,,,,{number}," for number in range(2049)))
    (found,) = refused(capsys, path, folder)
    assert "at most 2048" in found


def test_a_list_that_seems_reversed_is_written_and_warned_of(capsys, listed, folder):
    chance = random.Random(1)
    build(listed(*(f"80{chance.randbytes(5).hex()}04" for _ in range(50)), header="id"), folder)
    said = capsys.readouterr().err
    assert said.startswith("loquet: warning: 50 of 50 NFC-A ids of 7 bytes end as such ids begin")


# Where it is written.


def test_a_list_in_use_is_replaced_as_a_device_does(capsys, listed, folder):
    build(listed("04A1B2C3", "04A1B2C4", header="id"), folder)
    build(listed("04A1B2C5", header="id"), folder)
    assert "generation 2, 1 card," in capsys.readouterr().out
    assert card_in(folder, "04A1B2C3") is None
    cards = Cards(str(folder))
    cards.open()
    assert (cards.generation, cards.previous, cards.check()) == (2, 1, [])
    cards.close()


def test_a_list_that_was_being_staged_is_given_up(listed, folder):
    build(listed("04A1B2C3", header="id"), folder)
    cards = Cards(str(folder))
    cards.open()
    cards.begin_replace(9, 1, bytes(32), b"")
    cards.close()
    build(listed("04A1B2C4", header="id"), folder)
    assert card_in(folder, "04A1B2C4")


def test_a_folder_of_other_things_is_left_alone(capsys, listed, folder):
    folder.mkdir()
    (folder / "list.txt").write_text("mine")
    for arguments in (["build", listed("04A1B2C3", header="id"), "-o", folder], ["show", folder]):
        assert run(*arguments) == 2
        assert f"{folder}/manifest is missing" in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["list.txt"]


def test_the_folder_must_be_one_that_can_be_made(capsys, listed, tmp_path):
    path = listed("04A1B2C3", header="id")
    assert run("build", path, "-o", tmp_path / "a/b") == 2
    assert "there is no folder to make it in" in capsys.readouterr().err
    assert run("build", path, "-o", path) == 2
    assert "is a file; allowed: a card folder" in capsys.readouterr().err


# What is shown.


def test_show_names_list_and_cards(capsys, listed, folder):
    build(
        listed(
            "0478A1C3,,,1 3,2026-11-21,2026-12-31,5,disabled extended",
            "E007A1B2C3D4E5F6,,,,2026-11-21T08:30,2026-12-31T18:00,,",
            "120,template-1:dec8,,,,,,",
            "04A1B2C3D4E580A1B2C3D4,template-2:hex,,,,,,",
        ),
        folder,
    )
    capsys.readouterr()
    assert run("show", folder) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder}: generation 1, 4 cards, digest ")
    assert lines[0] == (
        "0478A1C3                     groups 1 3 from 2026-11-21 until 2026-12-31 uses left 5 "
        "disabled extended"
    )
    assert lines[1] == ("E007A1B2C3D4E5F6             from 2026-11-21T08:30 until 2026-12-31T18:00")
    assert lines[2] == "000078 (template-1:hex)"
    assert lines[3].startswith("FA") and lines[3].endswith(" (key)")


def test_show_looks_up_single_cards(capsys, listed, folder):
    build(listed("0478A1C3", header="id"), folder)
    capsys.readouterr()
    assert run("show", folder, "04:78:a1:c3") == 0
    assert capsys.readouterr().out == "0478A1C3\n"
    assert run("show", folder, "--json", "--notation", "dec10", "0075014595", "1") == 1
    known, unknown = objects(capsys)
    assert known["listed"] and unknown == {"id": "00000001", "notation": "hex", "listed": False}


def test_an_id_that_is_none_is_refused(capsys, listed, folder):
    build(listed("0478A1C3", header="id"), folder)
    capsys.readouterr()
    assert run("show", folder, "0478A1C") == 2
    assert "allowed: pairs of hex digits" in capsys.readouterr().err


def test_show_tells_what_the_panel_counted_and_changed(capsys, listed, folder):
    build(listed("0478A1C3,,,,,,5,", "0478A1C4,,,,,,,"), folder)
    cards = Cards(str(folder))
    cards.open()
    cards.use(notation.parse("0478A1C3"))
    cards.revoke(notation.parse("0478A1C4"))
    cards.close()
    capsys.readouterr()
    assert run("show", folder, "--json") == 0
    facts, card = objects(capsys)
    assert (facts["generation"], facts["count"], facts["changes_since"]) == (1, 1, 1)
    assert (facts["previous_generation"], len(facts["digest"])) == (0, 64)
    assert card["uses_left"] == 4


def rows_of(cards):
    """Lines of CSV that say the same as `loquet cards show --json`."""
    text = io.StringIO()
    writer = csv.writer(text)
    for card in cards:
        numbers = " ".join(map(str, card["groups"]))
        uses = "" if card["uses_left"] is None else card["uses_left"]
        dates = card["from"], card["until"]
        flags = " ".join(card["flags"])
        writer.writerow([card["id"], card["notation"], "", numbers, *dates, uses, flags])
    return text.getvalue().splitlines()


def many(count):
    chance = random.Random(1)
    for number in range(count):
        identifier = (number * 7919).to_bytes(5, "big").hex()
        groups = " ".join(map(str, sorted(chance.sample(range(32), number % 4))))
        until = ("", "2030-06-30", "2051-11-24T20:14")[number % 3]
        uses = number % 7 if number % 5 == 0 else ""
        flags = ("", "disabled", "extended unlock_first pass_lockdown")[number % 40 % 3]
        first = "" if number % 2 else f"2026-01-{number % 28 + 1:02}"
        yield f"04{identifier}80,,Person {number},{groups},{first},{until},{uses},{flags}"


def test_what_show_prints_builds_the_same_list(capsys, listed, folder, tmp_path):
    build(listed(*(row.replace(" pass", "  pass") for row in many(500))), folder)
    capsys.readouterr()
    assert run("show", folder, "--json") == 0
    _, *cards = objects(capsys)
    assert len(cards) == 500
    build(listed(*rows_of(cards)), tmp_path / "again")
    capsys.readouterr()
    assert run("show", tmp_path / "again", "--json") == 0
    assert objects(capsys)[1:] == cards


def test_20_000_cards_are_built_and_shown_in_seconds(capsys, listed, folder):
    path = listed(*many(20_000))
    began = time.process_time()
    # 8 groups' worth of chance makes more kinds of cards than a list has room for.
    text = path.read_text().splitlines()
    path.write_text("\n".join([text[0], *(drop_groups(row) for row in text[1:])]))
    build(path, folder)
    assert run("show", folder) == 0
    assert len(capsys.readouterr().out.splitlines()) == 20_002
    assert run("check", folder) == 0
    taken_s = time.process_time() - began
    with capsys.disabled():
        print(f" [20,000 cards: {taken_s:.1f} s]", end="")
    # A tenth of this on any desktop; ten times slower would be another order of work.
    assert taken_s < 20


def drop_groups(row):
    values = row.split(",")
    values[3] = values[3][:1]
    return ",".join(values)


# What is wrong.


@pytest.fixture
def built(capsys, listed, folder):
    build(listed(*map(drop_groups, many(100))), folder)
    capsys.readouterr()
    return folder


def problems(capsys, folder):
    assert run("check", folder) == 1
    return capsys.readouterr().out.splitlines()


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_a_sound_folder_has_no_problems(capsys, built):
    assert run("check", built) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{built}: generation 1, 100 cards, digest ")
    assert said.endswith("; nothing is wrong\n")


def test_every_damaged_block_is_named_and_its_cards_are_missed(capsys, built):
    flip(built / "list.2", 600)
    flip(built / "list.2", 1600)
    assert problems(capsys, built) == [
        f"{built}/list.2 is damaged in block 0",
        f"{built}/list.2 is damaged in block 2",
    ]
    assert run("show", built) == 1
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1 + 100 - 26 - 26
    assert "list.2 block 0 is damaged: its cards are missing here" in printed.err


def test_missing_and_damaged_files_are_named_together(capsys, built):
    (built / "list.2").unlink()
    flip(built / "uses.1.tail", 3)
    first, second = problems(capsys, built)
    assert first == f"{built}/list.2 is missing" and "uses.1.tail is damaged" in second


def test_without_a_manifest_there_is_nothing_to_check(capsys, built):
    flip(built / "manifest", 3)
    (said,) = problems(capsys, built)
    assert "manifest is damaged" in said
    assert run("show", built) == 2


def test_a_list_of_another_folder_is_noticed(capsys, built, listed, tmp_path):
    build(listed(*map(drop_groups, list(many(101))[1:])), tmp_path / "other")
    shutil.copyfile(tmp_path / "other/list.2", built / "list.2")
    capsys.readouterr()
    assert problems(capsys, built) == [
        f"{built}/list.2 is not the list it should be: another digest"
    ]


@pytest.mark.parametrize("command", ["show", "check"])
def test_what_is_no_folder_is_refused(capsys, tmp_path, command):
    assert run(command, tmp_path / "nowhere") == 2
    assert "nowhere is not a folder; allowed: a card folder" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("build", "show", "check"))
