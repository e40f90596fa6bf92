"""Cards: read, read again, moved; what the templates make of them; $SCRDR and MK1 lines."""

from itertools import pairwise

import pytest

from host_tests.tools.virtual_reader.rig import Rig
from loquet_tools.virtual_reader import Card, Options, Registers
from loquet_tools.virtual_reader.events import scrdr, tag_read, tlv
from loquet_tools.virtual_reader.registers import (
    OUTPUT_MK1,
    OUTPUT_SCRDR,
    OUTPUT_TLV,
    Template,
)
from loquet_tools.virtual_reader.templates import Reading, formatted, reading_of

UID = bytes.fromhex("047DAE02C84080")
CARD = Card(UID)
OTHER = Card(bytes.fromhex("11223344"), protocol=0x02)
EXAMPLE = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"


def registers(output, flags=0x01, timings=b"", template=b"", form=b""):
    values = {0x02A0: bytes((flags, output, 0, 2, 0))}
    values |= {0x02A1: timings, 0x0310: template, 0x0311: form}
    return Registers({address: value for address, value in values.items() if value})


def spontaneous(**rest):
    rig = Rig(registers=registers(OUTPUT_TLV, **rest), event_mode="spontaneous")
    rig.enable_events()
    return rig


def news(rig):
    """EVT byte and TagInfo's New (None where there is no TagInfo) of each event sent."""
    found = []
    for data in rig.of("tx"):
        place = data.find(b"\xc1\x04")
        found.append((data[5], bool(data[place + 2] & 0x80) if place > 0 else None))
    return found


def test_card_that_lies_there_is_read_again_at_the_interval_of_02a1():
    rig = spontaneous()
    rig.present(CARD, wait_ms=10_000)
    assert news(rig) == [(0xB0, True), (0xB0, False), (0xB0, False), (0xB0, False)]
    starts = rig.times("tx")
    assert [later - earlier for earlier, later in pairwise(starts)] == ([3_000_000] * 3)


def test_ff_means_never_again_until_removed():
    rig = spontaneous(timings=b"\x0a\xff")
    rig.present(CARD, wait_ms=60_000)
    assert news(rig) == [(0xB0, True)]
    rig.remove()
    rig.present(CARD, wait_ms=2000)
    assert news(rig) == [(0xB0, True), (0xB0, True)]


def test_next_card_is_read_after_the_delay_between_two_readings():
    rig = spontaneous()
    rig.present(CARD, wait_ms=100)
    rig.remove()
    rig.present(OTHER, wait_ms=2000)
    assert news(rig) == [(0xB0, True), (0xB0, True)]
    first, second = rig.times("tx")
    assert second - first == 1_000_000


def test_zero_intervals_are_as_fast_as_possible():
    rig = spontaneous(timings=b"\x00\x00")
    rig.present(CARD, wait_ms=1000)
    assert len(rig.of("tx")) == 20


def test_no_event_when_a_card_leaves_in_read_mode():
    rig = spontaneous()
    rig.present(CARD)
    rig.remove(wait_ms=5000)
    assert news(rig) == [(0xB0, True)]


def test_inserted_once_and_removed_once():
    rig = spontaneous(flags=0x11)
    rig.present(CARD, wait_ms=20_000)
    rig.remove()
    assert news(rig) == [(0xB1, True), (0xB1, None)]
    assert rig.of("tx")[1][5:9] == b"\xb1\xc0\x01\x01"


def test_two_cards_have_their_own_index():
    rig = spontaneous(flags=0x11, timings=b"\x00\x1e")
    rig.present(CARD)
    rig.present(OTHER)
    rig.remove(CARD)
    rig.remove(OTHER)
    assert [data[8] for data in rig.of("tx")] == [1, 2, 1, 2]


def test_card_gone_before_it_is_noticed_is_never_mentioned():
    for flags in (0x01, 0x11):
        rig = spontaneous(flags=flags)
        rig.present(CARD, wait_ms=19)
        rig.remove(wait_ms=5000)
        assert rig.sent() == []


def test_card_that_lies_there_at_power_up_is_read_when_the_reader_runs():
    rig = Rig(registers=registers(OUTPUT_SCRDR), boot=False)
    rig.present(CARD)
    rig.reader.power_on(rig.now_us)
    rig.run(1000)
    assert len(rig.of("tx")) == 1


def test_the_vendors_scrdr_example_comes_out_whole():
    rig = Rig(registers=registers(OUTPUT_SCRDR, template=b"\xff", form=b"\x02\x00"))
    rig.present(CARD)
    assert rig.of("tx") == [EXAMPLE]


@pytest.mark.parametrize(
    ("rule", "end"), [("a", b"*63"), ("b", b"*6D"), ("c", b"*47"), ("d", b"*49"), ("none", b"")]
)
def test_checksum_rules(rule, end):
    reading = Reading(CARD, 1, b"\x00" + UID)
    line = scrdr(reading, "", Options(scrdr_checksum=rule))
    assert line == EXAMPLE.partition(b"*")[0] + end + b"\r\n"


def test_codes_instead_of_names_and_two_digits_of_template():
    options = Options(scrdr_names=False, scrdr_template_digits=2, scrdr_checksum="none")
    reading = Reading(CARD, 1, b"text; as is", data_is_text=True)
    assert scrdr(reading, "", options) == b"$SCRDR;03;01;01;;047DAE02C84080;;text; as is;\r\n"


def test_rssi_and_details():
    card = Card(UID, details=b"\xab", rssi=0x2A)
    line = scrdr(Reading(card), "", Options(scrdr_checksum="none"))
    assert line == b"$SCRDR;13.56;NFC-A;0;2A;047DAE02C84080;;;AB\r\n"


def test_moves_in_text():
    rig = Rig(registers=registers(OUTPUT_SCRDR, flags=0x11))
    rig.present(CARD)
    rig.remove()
    inserted, removed = (line.split(b";") for line in rig.of("tx"))
    assert (inserted[6], removed[6]) == (b"I ", b"R ")
    assert inserted[5] == removed[5] == b"047DAE02C84080"


def test_move_without_the_trailing_space_by_option():
    rig = Rig(registers=registers(OUTPUT_SCRDR, flags=0x11), move_trailing_space=False)
    rig.present(CARD)
    assert rig.of("tx")[0].split(b";")[6] == b"I"


def test_short_visit_makes_one_line_by_option():
    rig = Rig(registers=registers(OUTPUT_SCRDR, flags=0x11), short_visit_ms=500)
    rig.present(CARD, wait_ms=200)
    rig.remove()
    assert [line.split(b";")[6] for line in rig.of("tx")] == [b"IR "]
    rig.outputs.clear()
    rig.present(CARD, wait_ms=2000)
    rig.remove()
    assert [line.split(b";")[6] for line in rig.of("tx")] == [b"I ", b"R "]


def test_hello_by_option():
    rig = Rig(registers=registers(OUTPUT_SCRDR), boot=False, scrdr_hello=True)
    rig.reader.power_on(0)
    rig.run(1000)
    assert rig.of("tx") == [b"$SCRDR;;;;;;;;*7E\r\n"]


def test_fast_inventory_without_scrdr_by_option():
    rig = Rig(registers=registers(OUTPUT_SCRDR), scrdr_in_fast_inventory=False)
    rig.present(CARD)
    assert rig.of("tx") == []


def test_mk1_banner_and_card_by_default():
    rig = Rig(registers=Registers(), boot=False)
    rig.reader.power_on(0)
    rig.run(1000)
    rig.present(CARD)
    assert rig.of("tx") == [b"# M519/RDR\r\n", b"+047DAE02C84080\r\n"]


def test_mk1_prefix_of_the_template():
    memory = registers(OUTPUT_MK1, template=b"\xff", form=b"\x0f\x00")
    memory.write(0x0312, b"AB")
    memory.activate()
    rig = Rig(registers=memory)
    rig.present(CARD)
    assert rig.of("tx") == [b"+AB047DAE02C84080\r\n"]


def test_events_beside_text_by_option():
    rig = Rig(registers=registers(OUTPUT_SCRDR), direct_events="always")
    rig.enable_events()
    rig.present(CARD)
    assert rig.of("wakeup") == [True]
    assert rig.of("tx")[0].startswith(b"$SCRDR")


def test_card_that_no_template_takes_makes_a_failed_reading_only():
    rig = spontaneous(template=b"\x02")
    rig.present(CARD, wait_ms=10_000)
    assert rig.of("own_sequence") == [0x22, 0x24]
    assert rig.sent() == []


@pytest.mark.parametrize(
    ("form", "text", "data"),
    [
        (0x00, True, b"0075345410"),
        (0x0C, True, b"%012d" % (0x047DAE02C84080 % 10**12)),
        (0x0E, True, b"%d" % 0x047DAE02C84080),
        (0x01, False, bytes.fromhex("047DAE02")),
        (0x02, False, bytes.fromhex("00047DAE02C84080")),
        (0x22, False, bytes.fromhex("047DAE02C84080FF")),
        (0x05, False, UID),
        (0x0F, False, UID),
        (0xCF, False, UID[::-1]),
        (0x8F, False, UID),
    ],
)
def test_output_formats(form, text, data):
    assert formatted(UID, form, 0x01) == (data, text)


def test_swap_of_4_byte_a_only():
    assert formatted(b"\x01\x02\x03\x04", 0x8F, 0x01) == (b"\x04\x03\x02\x01", False)
    assert formatted(b"\x01\x02\x03\x04", 0x8F, 0x02) == (b"\x01\x02\x03\x04", False)


def test_first_template_that_takes_the_card_is_used():
    templates = [Template(1, 0x04, b"\x0f\x00", ""), Template(2, 0x01, b"\x0f\x00", "")]
    assert reading_of(CARD, templates).template == 2
    assert reading_of(Card(UID, protocol=0x04), templates).template == 1
    assert reading_of(OTHER, templates) is None


@pytest.mark.parametrize(
    ("length", "coded"),
    [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (928, "8203A0")],
)
def test_lengths_of_tlv(length, coded):
    assert tlv(0xC3, bytes(length))[1 : 1 + len(coded) // 2].hex().upper() == coded


def test_flags_of_tag_info():
    card = Card(
        UID, data=b"a", data_is_text=True, details=b"b", details_is_text=True, original=True
    )
    reading = reading_of(card, [])
    assert tag_read(reading, new=True)[3] == 0xF0
    assert tag_read(reading, new=False)[3] == 0x70
