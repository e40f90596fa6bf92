"""Registers 030x to 037x turn a card into TagData, in TLV and in $SCRDR alike."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools.virtual_reader import Card
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR, OUTPUT_TLV, Registers

UID4 = bytes.fromhex("04A1B2C3")
UID7 = bytes.fromhex("047DAE02C84080")
CARD4 = Card(UID4, protocol_bytes=bytes.fromhex("000408") + UID4)
CARD7 = Card(UID7)


def line(card, **values):
    """Fields of the $SCRDR line that a reader with these registers prints, None if none."""
    memory = {int(name[1:], 16): bytes.fromhex(value) for name, value in values.items()}
    memory[0x02A0] = bytes((0x01, OUTPUT_SCRDR, 0, 2, 0))
    rig = Rig(Registers(memory))
    rig.present(card)
    said = rig.of("tx")
    return said[0].decode().split("*")[0].split(";") if said else None


def data(card, **values):
    return line(card, **values)[7]


@pytest.mark.parametrize(
    ("form", "four", "seven"),
    [
        ("00 00", "0077705923", "0075345410"),
        ("01 00", "04A1B2C3", "047DAE02"),
        ("02 00", "0000000004A1B2C3", "00047DAE02C84080"),
        ("22 00", "04A1B2C3FFFFFFFF", "047DAE02C84080FF"),
        ("03 00", "0004A1B2C3", "047DAE02C8"),
        ("04 00", "00000000000004A1B2C3", "000000047DAE02C84080"),
        ("05 00", "00000004A1B2C3", "047DAE02C84080"),
        ("06 00", "0" * 14 + "04A1B2C3", "0" * 8 + "047DAE02C84080"),
        ("08 00", "0" * 24 + "04A1B2C3", "0" * 18 + "047DAE02C84080"),
        ("09 00", "0" * 32 + "04A1B2C3", "0" * 26 + "047DAE02C84080"),
        ("0A 00", "0" * 40 + "04A1B2C3", "0" * 34 + "047DAE02C84080"),
        ("0B 00", "0" * 56 + "04A1B2C3", "0" * 50 + "047DAE02C84080"),
        ("0C 00", "000077705923", "086231302272"),
        ("0D 00", "0000077705923", "4086231302272"),
        ("0E 00", "77705923", "1264086231302272"),
        ("0F 00", "04A1B2C3", "047DAE02C84080"),
        ("8F 00", "C3B2A104", "047DAE02C84080"),
        ("CF 00", "C3B2A104", "8040C802AE7D04"),
        ("1F 00", "00040804A1B2C3", "047DAE02C84080"),
    ],
)
def test_output_format(form, four, seven):
    assert data(CARD4, x0310="FF", x0311=form) == four
    assert data(CARD7, x0310="FF", x0311=form) == seven


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("01", "A1B2C3"),
        ("00 04", "04A1B2C3"),
        ("00 08", "A1B2C3"),
        ("01 01", "21B2C3"),
        ("04", ""),
        ("09 00", ""),
        ("00 FF", ""),
    ],
)
def test_location_cuts_off_in_front(location, found):
    assert data(CARD4, x0310="FF", x0311="0F00", x0313=location) == found


@pytest.mark.parametrize(
    ("lookup", "protocols"),
    [
        ("01", {1}),
        ("02", {2}),
        ("03", {1, 2}),
        ("04", {4}),
        ("07", {1, 2, 4}),
        ("08", {3}),
        ("0F", {1, 2, 3, 4}),
        ("20", {0x18}),
        ("21", {0x11}),
        ("22", {0x20}),
        ("23", {0x40}),
        ("24", {0x10}),
        ("28", {3}),
        ("2A", {0x10}),
        ("2C", {0x80}),
        ("55", set()),
        ("FF", {1, 2, 3, 4, 0x10, 0x11, 0x18, 0x20, 0x40, 0x80}),
    ],
)
def test_lookup(lookup, protocols):
    known = (1, 2, 3, 4, 0x10, 0x11, 0x18, 0x20, 0x40, 0x80)
    found = {one for one in known if line(Card(UID4, protocol=one), x0310=lookup)}
    assert found == protocols


def test_the_first_template_that_takes_the_card_makes_its_data():
    registers = {"x0310": "02", "x0311": "0F00", "x0330": "FF", "x0331": "0E00"}
    assert line(CARD4, **registers)[3] == "3"
    assert data(CARD4, **registers) == "77705923"
    assert line(Card(UID4, protocol=2), **registers)[3] == "1"


def test_templates_of_other_interfaces():
    label = Card(UID4, interface=0x06, protocol=0x03, rssi=0x40)
    beacon = Card(UID7, interface=0x84, protocol=0x11)
    assert line(label, x0310="FF") is None
    assert line(label, x0370="FF", x0371="0F00")[1:] == [
        *("900", "UHF-EPC", "7", "40", "04A1B2C3", "", "04A1B2C3", "")
    ]
    assert line(beacon, x0300="FF", x0301="0F00")[3] == "8"
    assert line(beacon, x0300="01") is None


def test_data_of_the_card_itself_comes_first():
    card = Card(UID4, data=b"hello", data_is_text=True)
    assert data(card, x0310="FF", x0311="0F00") == "hello"


def test_a_template_written_by_the_host_counts_after_a_reset():
    rig = Rig(Registers({0x02A0: bytes((0x01, OUTPUT_TLV, 0, 2, 0))}), event_mode="spontaneous")
    rig.enable_events()
    rig.ask(command(1, 0x58, 0x82, bytes.fromhex("0310 FF")))
    rig.ask(command(2, 0x58, 0x82, bytes.fromhex("0311 0F 00")))
    rig.outputs.clear()
    rig.present(CARD4)
    assert rig.sent() == ["16 C0 5B 00 0C B0 C1 04 80 03 01 00 C2 04 04 A1 B2 C3 72"]
    rig.remove()
    rig.ask(command(3, 0x58, 0x8E), wait_ms=1000)
    rig.enable_events()
    rig.outputs.clear()
    rig.present(CARD4)
    assert "C1 04 80 03 01 01 C2 04 04 A1 B2 C3 C3 04 04 A1 B2 C3" in rig.sent()[0]
