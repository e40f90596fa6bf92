"""Cards in files: every field, and a sentence for whatever cannot be used."""

import re

import pytest

from loquet_tools.virtual_reader import Card
from loquet_tools.virtual_reader.card_files import FIELDS, card_of, read_folder

UID = {"uid": "04a1B2C3"}


def test_a_card_with_every_field():
    described = {
        "uid": "04A1B2C3",
        "interface": "900",
        "protocol": "UHF-EPC",
        "data": "0102",
        "details_text": "naïve",
        "original": True,
        "rssi": 64,
        "protocol_bytes": "000408",
    }
    assert card_of(described) == Card(
        bytes.fromhex("04A1B2C3"),
        protocol=0x03,
        interface=0x06,
        data=b"\x01\x02",
        details="naïve".encode(),
        details_is_text=True,
        original=True,
        rssi=64,
        protocol_bytes=b"\x00\x04\x08",
    )
    assert {*described, "data_text", "details"} == set(FIELDS)


@pytest.mark.parametrize(
    ("more", "card"),
    [
        ({}, {}),
        ({"protocol": "NFC-V"}, {"protocol": 0x04}),
        ({"protocol": "4f"}, {"protocol": 0x4F}),
        ({"protocol": "iBeacon", "interface": "bluetooth"}, {"interface": 0x84, "protocol": 0x11}),
        ({"interface": "99"}, {"interface": 0x99}),
        ({"data_text": "hi"}, {"data": b"hi", "data_is_text": True}),
        ({"details": ""}, {"details": b""}),
    ],
)
def test_fields(more, card):
    assert card_of({**UID, **more}) == Card(bytes.fromhex("04A1B2C3"), **card)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ([], "[] is no card; allowed: an object with uid"),
        ("04A1", '"04A1" is no card'),
        ({}, "a card without uid"),
        ({"uid": ""}, 'uid is ""; allowed: the hex digits of 1 to 32 bytes'),
        ({"uid": "04A"}, 'uid is "04A"'),
        ({"uid": 4}, "uid is 4;"),
        ({"uid": "00" * 33}, "uid is "),
        ({**UID, "UID": 1}, "no field 'UID' of a card; allowed: uid, interface, protocol"),
        ({**UID, "interface": "13,56"}, 'interface is "13,56"; allowed: 13.56, 900, bluetooth'),
        ({**UID, "protocol": "NFC"}, 'protocol is "NFC"; allowed: a name'),
        ({**UID, "protocol": "UHF-EPC"}, 'protocol is "UHF-EPC"; allowed'),
        ({**UID, "protocol": ["NFC-A"]}, 'protocol is ["NFC-A"]; allowed'),
        ({**UID, "data": "0"}, 'data is "0"; allowed: hex digits'),
        ({**UID, "data": "00", "data_text": "x"}, 'data_text is "x"; allowed: text'),
        ({**UID, "details_text": 5}, "details_text is 5; allowed: text"),
        ({**UID, "original": 1}, "original is 1; allowed: true or false"),
        ({**UID, "rssi": 256}, "rssi is 256; allowed: a number from 0 to 255"),
        ({**UID, "rssi": True}, "rssi is true; allowed"),
        ({**UID, "protocol_bytes": None}, "protocol_bytes is null; allowed"),
    ],
)
def test_what_is_no_card(described, said):
    with pytest.raises(ValueError, match="^" + re.escape(said)):
        card_of(described)


def test_a_folder(tmp_path):
    (tmp_path / "bob.json").write_text('{"uid": "02"}')
    (tmp_path / "alice.json").write_text('{"uid": "01"}')
    (tmp_path / ".hidden").write_text("no card")
    assert list(read_folder(tmp_path).items()) == [
        ("alice", Card(b"\x01")),
        ("bob", Card(b"\x02")),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"{}", "/a.txt; allowed: NAME.json"),
        ("a b.json", b"{}", "/a b.json; allowed: NAME.json"),
        ("a.json", b'{"uid": "01"\n x}', "/a.json, line 2, column 2: "),
        ("a.json", b"", "/a.json, line 1, column 1: Expecting value; allowed: one JSON object"),
        ("a.json", b"\xff", "/a.json: not UTF-8; allowed"),
        ("a.json", b'{"uid": 1}', "/a.json: uid is 1; allowed"),
        ("a.json", b"[]", "/a.json: [] is no card; allowed"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(said)):
        read_folder(tmp_path)


def test_what_is_no_folder_or_no_file(tmp_path):
    with pytest.raises(ValueError, match="none: No such file or directory; allowed: a folder"):
        read_folder(tmp_path / "none")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(ValueError, match="a.json: Is a directory; allowed: a file"):
        read_folder(tmp_path)
