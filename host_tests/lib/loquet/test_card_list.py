"""The list file: what stands in it, its size, and one read a lookup."""

from host_tests.support.card_folder import on_flash
from host_tests.support.card_model import key_of, many, packed
from host_tests.support.check import raises
from loquet import records
from loquet.card import NEVER_ENDS, Card
from loquet.card_list import CardList, ListWriter, Profiles, digest_of, file_bytes, pack_list
from loquet.errors import CardError, StorageError

PATH = "/flash/list.1"
KEY = bytes.fromhex("17 04a1b2c3d4e580 000000".replace(" ", ""))


def written(model):
    profiles, listed, _ = packed(model)
    writer = ListWriter(PATH, len(profiles) // 7, False)
    for _ in writer.begin(profiles):
        pass
    for at in range(0, len(listed), 19):
        writer.add(listed[at : at + 19])
    writer.finish()
    return opened(len(profiles) // 7, len(model))


def opened(profiles, count):
    found = CardList(PATH, profiles, count)
    for _ in found.load():
        pass
    return found


def test_a_list_is_profiles_and_records_in_order():
    cards = [
        Card(key_of(1), 0x80000001, 0x010203, 0x040506, 7, True, True, False, True),
        Card(KEY, 2, enabled=False),
        Card(key_of(2), 2, 1, NEVER_ENDS, None, False, False, False, False),
    ]
    profiles, listed = pack_list(cards)
    assert profiles == bytes.fromhex("010000800b0700" + "0200000000ffff")
    assert sorted([KEY, key_of(1), key_of(2)]) == [listed[at : at + 11] for at in (0, 19, 38)]
    assert key_of(1) + bytes.fromhex("0000030201060504") in listed
    assert KEY + bytes.fromhex("0100000000ffffff") in listed
    assert key_of(2) + bytes.fromhex("0100010000ffffff") in listed
    assert digest_of(b"", b"").hex()[:16] == "e3b0c44298fc1c14"


@on_flash
def test_blocks_are_filled_up_and_checked():
    written({KEY: many([1])[key_of(1)]}).close()
    with open(PATH, "rb") as file:
        content = file.read()
    assert len(content) == 2 * 498
    assert records.is_sound(content[:498]) and records.is_sound(content[498:])
    assert content[7:494] == b"\xff" * 487
    assert content[498:509] == KEY and content[498 + 19 : 992] == b"\xff" * 475


def test_a_profile_is_found_at_its_own_place_only():
    rows = [
        bytes([1, 2, 3, 1, 2, 3, 1]),
        bytes([2, 3, 1, 2, 3, 1, 1]),
        bytes([3, 1, 1, 2, 3, 1, 2]),
    ]
    table = Profiles(b"")
    assert [table.place(row) for row in rows] == [0, 1, 2]
    assert [table.number(row) for row in rows] == [0, 1, 2]
    assert table.number(bytes([3, 1, 2, 3, 1, 2, 3])) == -1


def test_there_are_only_so_many_profiles():
    table = Profiles(b"".join([bytes([1, 0, 0, 0, 1]) + n.to_bytes(2, "big") for n in range(2047)]))
    used = bytearray(b"\1" * 2047 + b"\0")
    table.reuse(used, bytes(7))
    assert table.number(bytes(7)) == 2047
    raises(CardError, table.reuse, used, b"\2" + bytes(6))


@on_flash
def test_every_key_is_found_and_none_beside_it():
    for count in (1, 25, 26, 27, 52, 1000):
        model = many(range(count))
        listed = written(model)
        for key in model:
            assert listed.find(key) is not None
            for beside in (-1, 1):
                other = (int.from_bytes(key, "big") + beside).to_bytes(11, "big")
                assert listed.find(other) is None
        assert listed.find(bytes(11)) is None and listed.find(b"\xfe" * 11) is None
        listed.close()
        records.remove(PATH)


def test_a_card_takes_less_than_20_bytes():
    for count in (20000, 5000):
        assert file_bytes(70, count) <= 20 * count


def test_a_list_that_is_not_there_is_named():
    assert raises(StorageError, CardList, "/flash-not-there/list.1", 0, 0).path
    assert raises(StorageError, ListWriter, "/flash-not-there/list.1", 0, False).path
