"""Lists with the ids the wrong way round: noticed, and lists that are right left in peace."""

import random

from loquet.notation import parse
from loquet_tools.byte_order import find_reversed


def nfc_a(first, size, count, seed=1):
    """Ids of `size` bytes which begin with `first`."""
    chance = random.Random(seed)
    return [bytes([first]) + chance.randbytes(size - 1) for _ in range(count)]


def keys(ids, notation="hex"):
    return [parse(identifier.hex(), notation) for identifier in ids]


def test_a_list_in_order_is_not_reported():
    ids = [*nfc_a(0x04, 7, 200), *nfc_a(0x5F, 4, 200), *nfc_a(0xE0, 8, 50)]
    assert find_reversed(keys(ids)) == []


def test_a_reversed_list_is_reported_with_numbers():
    found = find_reversed(keys(nfc_a(0x04, 7, 200), "hex_reversed"))
    assert [(one.technology, one.id_bytes, one.total) for one in found] == [("NFC-A", 7, 200)]
    assert found[0].backward > 190
    assert "of 200 NFC-A ids of 7 bytes" in str(found[0]) and "hex_reversed" in str(found[0])


def test_four_bytes_show_by_the_mark_of_ids_that_are_not_unique():
    found = find_reversed(keys(nfc_a(0x5F, 4, 100), "hex_reversed"))
    assert [(one.technology, one.id_bytes) for one in found] == [("NFC-A", 4)]


def test_nfc_v_shows_by_its_e0():
    ids = keys([b"\x01\x02\x03\x04\x05\x06\x04\xe0"] * 3, "NFC-V:hex")
    assert [one.technology for one in find_reversed(ids)] == ["NFC-V"]


def test_a_part_of_the_list_can_be_the_wrong_way_round():
    ids = keys(nfc_a(0x5F, 4, 100)) + keys(nfc_a(0x04, 7, 100), "hex_reversed")
    assert [one.id_bytes for one in find_reversed(ids)] == [7]


def test_old_chips_of_4_bytes_tell_nothing():
    chance = random.Random(2)
    assert find_reversed(keys(chance.randbytes(4) for _ in range(1000))) == []


def test_two_cards_are_no_list():
    assert find_reversed(keys(nfc_a(0x04, 7, 2), "hex_reversed")) == []


def test_cards_that_say_nothing_of_their_first_byte_are_passed_over():
    assert find_reversed(keys(nfc_a(0x04, 4, 10), "NFC-B:hex")) == []
    assert find_reversed(keys(nfc_a(0x30, 12, 10), "UHF-EPC:hex")) == []
