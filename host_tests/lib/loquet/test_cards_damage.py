"""Flipped bits, truncated, missing and foreign files: named, and never a card that is not there."""

import os
import struct

from host_tests.support import card_model
from host_tests.support.card_folder import FOLDER, assert_is, made, on_flash
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.check import raises
from loquet import records
from loquet.cards import Cards
from loquet.errors import CardError, StorageError

MODEL = many(range(100), 4)


def content(name):
    with open(FOLDER + "/" + name, "rb") as file:
        return bytearray(file.read())


def write(name, data):
    with open(FOLDER + "/" + name, "wb") as file:
        file.write(data)


def prepared():
    """Cards, closed, with all kinds of files: a list, changes in log and tail, uses."""
    cards = made(MODEL)
    for number in range(0, 44, 2):
        cards.revoke(key_of(number))
    for number in range(1, 9, 2):
        cards.use(key_of(number))
    cards.close()


def model_after():
    model = many(range(100), 4)
    for number in range(0, 44, 2):
        del model[key_of(number)]
    for number in range(1, 9, 2):
        model[key_of(number)] = state(number, 3)
    return model


def opened():
    """(the cards of the folder, the StorageError of opening them or None)"""
    cards = Cards(FOLDER, 32, 16)
    try:
        cards.open()
    except StorageError as error:
        return cards, error
    return cards, None


def assert_no_other_card(cards):
    """Every card that is known is one of the model, or has fewer uses left than there."""
    model = model_after()
    for number in range(100):
        card = cards.lookup(key_of(number))
        if card:
            groups, since, until, left, flags = model[key_of(number)]
            assert card_model.state_of(card) in (
                model[key_of(number)],
                (groups, since, until, 0, flags),
            )


def assert_mended_by_a_new_list(cards):
    new = many(range(50, 90))
    card_model.replace(cards, 9, new)
    assert_is(cards, new)
    for number in range(50, 70):
        cards.change(card_of(key_of(number), state(number, groups=7)))
        new[key_of(number)] = state(number, groups=7)
    assert cards.work() is True
    assert_is(cards, new)
    cards.close()
    cards.open()
    assert_is(cards, new)
    card_model.replace(cards, 10, new)  # and then nothing is left of what was damaged
    assert cards.check() == []


def check_flips(name, step, check):
    whole = content(name)
    for at in range(0, len(whole), step):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1 << at % 8
        write(name, spoilt)
        cards, error = opened()
        check(cards, error, at)
        assert_no_other_card(cards)
        cards.close()
    write(name, whole)


@on_flash
def test_a_damaged_block_of_the_list_costs_its_own_cards_and_is_named():
    prepared()
    keys = sorted(MODEL)
    profile_blocks = 1
    blocks = len(content("list.2")) // 498
    assert blocks == 5

    def check(cards, error, at):
        block = at // 498 - profile_blocks
        if block < 0:
            assert error.path == FOLDER + "/list.2" and "damaged" in str(error)
            return
        assert error is None
        assert cards.damaged == [FOLDER + "/list.2 block %d" % block]
        assert cards.check() == [FOLDER + "/list.2 is damaged in block %d" % block]
        lost = keys[block * 26 : (block + 1) * 26]
        expected = model_after()
        found = card_model.listing(cards)
        for key in keys:
            in_place = expected.get(key) if key not in lost else None
            assert found.get(key) == in_place
            assert (cards.lookup(key) is not None) == (in_place is not None)

    check_flips("list.2", 83, check)


@on_flash
def test_several_damaged_blocks_cost_their_own_cards_only():
    prepared()
    keys = sorted(MODEL)
    for damaged in ([0, 1], [1, 2], [2, 3], [0, 1, 2, 3]):
        whole = content("list.2")
        spoilt = bytearray(whole)
        for block in damaged:
            spoilt[498 * (1 + block)] ^= 0x40
        write("list.2", spoilt)
        cards, error = opened()
        assert error is None and len(cards.damaged) == len(damaged)
        for place in range(len(keys)):
            expected = place // 26 not in damaged and keys[place] in model_after()
            assert (cards.lookup(keys[place]) is not None) == expected
        cards.close()
        write("list.2", whole)


@on_flash
def test_a_block_that_is_damaged_while_the_panel_runs_is_noticed_by_the_next_lookup():
    cards = made(MODEL)
    spoilt = content("list.2")
    spoilt[498 + 5] ^= 1
    first = sorted(MODEL)[0]
    assert cards.lookup(first)
    cards._store.list._file.close()
    write("list.2", spoilt)
    cards._store.list._file = open(FOLDER + "/list.2", "rb")
    assert cards.lookup(first) is None
    assert cards.damaged == [FOLDER + "/list.2 block 0"]


@on_flash
def test_a_truncated_list_costs_the_cards_that_are_gone_and_is_named():
    prepared()
    whole = content("list.2")
    for size in (0, 100, 498, 600, 1494, 2000, len(whole) - 1):
        write("list.2", whole[:size])
        cards, error = opened()
        if size < 498:
            assert error.path == FOLDER + "/list.2"
        else:
            assert error is None and cards.damaged
        assert_no_other_card(cards)
        assert cards.check()
        cards.close()


@on_flash
def test_a_damaged_list_is_not_merged_and_mended_by_a_new_one():
    cards = made(MODEL)
    for number in range(29):
        cards.revoke(key_of(number))
    cards.close()
    spoilt = content("list.2")
    spoilt[-5] ^= 1
    write("list.2", spoilt)
    cards, error = opened()
    assert error is None and cards.damaged
    card_model.finish(cards)
    assert cards.damaged
    assert_mended_by_a_new_list(cards)


@on_flash
def test_damage_found_by_a_merge_stops_it():
    cards = made(MODEL)
    for number in range(28):
        cards.revoke(key_of(number))
    spoilt = content("list.2")
    spoilt[-5] ^= 1
    cards._store.list._file.close()
    write("list.2", spoilt)
    cards._store.list._file = open(FOLDER + "/list.2", "rb")
    error = raises(StorageError, card_model.finish, cards)
    assert error.path == FOLDER + "/list.2" and "damaged" in str(error)
    assert cards.work() is False
    assert cards.lookup(key_of(50)) or cards.damaged


@on_flash
def test_damage_that_comes_in_the_middle_of_a_merge_stops_it():
    cards = made(MODEL)
    for number in range(28):
        cards.revoke(key_of(number))
    for _ in range(6):
        cards.work()
    spoilt = content("list.2")
    spoilt[-5] ^= 1
    cards._store.list._file.close()
    write("list.2", spoilt)
    cards._store.list._file = open(FOLDER + "/list.2", "rb")
    assert raises(StorageError, card_model.finish, cards).path == FOLDER + "/list.2"
    assert cards.revision == 28 and cards.damaged == [FOLDER + "/list.2 block 3"]


@on_flash
def test_without_all_changes_no_card_is_known():
    # Which cards they revoked cannot be known.
    prepared()

    for name, step in (("changes.2", 29), ("changes.2.tail", 7)):

        def check(cards, error, at, name=name):
            assert error.path == FOLDER + "/" + name and "damaged" in str(error)
            assert cards.lookup(key_of(99)) is None and cards.page(b"", 9) == []
            assert cards.damaged == []
            raises(StorageError, cards.revoke, key_of(99))
            assert cards.work() is False

        check_flips(name, step, check)


@on_flash
def test_without_the_uses_no_limited_card_has_any_left():
    prepared()

    def check(cards, error, at):
        assert error.path == FOLDER + "/uses.1.tail" and "damaged" in str(error)
        assert cards.lookup(key_of(99)).uses_left == 0
        assert cards.use(key_of(99)) is None
        assert cards.check() == [str(error)]

    check_flips("uses.1.tail", 7, check)


@on_flash
def test_a_damaged_manifest_is_named_and_no_card_known():
    prepared()

    def check(cards, error, at):
        assert error.path == FOLDER + "/manifest" and "damaged" in str(error)
        assert cards.check() == [str(error)]
        assert cards.lookup(key_of(99)) is None

    check_flips("manifest", 7, check)


@on_flash
def test_a_missing_file_is_named():
    prepared()
    for name in ("manifest", "list.2", "changes.2", "changes.2.tail", "uses.1.tail"):
        whole = content(name)
        os.remove(FOLDER + "/" + name)
        cards, error = opened()
        assert name in error.path
        assert cards.lookup(key_of(2)) is None
        cards.close()
        write(name, whole)
    cards, error = opened()
    assert error is None
    assert_is(cards, model_after())


@on_flash
def test_truncated_changes_are_named():
    prepared()
    for name in ("changes.2", "changes.2.tail"):
        whole = content(name)
        for size in range(0, len(whole), 61):
            write(name, whole[:size])
            cards, error = opened()
            assert "changes.2" in error.path
            assert cards.lookup(key_of(99)) is None
            cards.close()
        write(name, whole)


@on_flash
def test_another_format_is_named():
    prepared()
    manifest = records.load(FOLDER + "/manifest")
    records.save(FOLDER + "/manifest", struct.pack("<H", 9) + manifest[2:])
    error = opened()[1]
    assert error.path == FOLDER + "/manifest" and "format 9" in str(error)


@on_flash
def test_a_new_list_mends_whatever_was_damaged():
    for name in ("list.2", "changes.2", "changes.2.tail", "uses.1.tail"):
        prepared()
        spoilt = content(name)
        spoilt[20] ^= 1
        write(name, spoilt)
        cards, error = opened()
        assert error
        assert_mended_by_a_new_list(cards)
        cards.close()
        for file in os.listdir(FOLDER):
            os.remove(FOLDER + "/" + file)


@on_flash
def test_only_force_goes_back_from_changes_that_cannot_be_read():
    prepared()
    write("changes.2.tail", b"")
    cards, error = opened()
    assert error
    assert "force" in str(raises(CardError, cards.rollback))
    cards.rollback(True)
    card_model.finish(cards)
    assert_is(cards, {})


@on_flash
def test_the_list_before_is_checked_as_well():
    cards = made(MODEL)
    card_model.replace(cards, 2, many(range(50)))
    assert cards.check() == []
    spoilt = content("list.2")
    spoilt[-5] ^= 1
    write("list.2", spoilt)
    assert cards.check() == [FOLDER + "/list.2 is damaged in block 3"]
    write("list.2", content("list.3"))
    assert [FOLDER + "/list.2" in problem for problem in cards.check()]
    os.remove(FOLDER + "/list.2")
    assert cards.check() == [FOLDER + "/list.2 is missing"]
    cards.rollback()
    assert raises(StorageError, card_model.finish, cards).path == FOLDER + "/list.2"
    assert_is(cards, many(range(50)))


class Unreadable:
    """An open file that nothing can be read from."""

    def seek(self, offset):
        raise OSError(5, "broken")

    def close(self):
        pass


@on_flash
def test_a_sound_file_of_another_list_is_noticed_by_a_check():
    cards = made(many(range(50)))
    assert cards.check() == []
    card_model.replace(cards, 2, many(range(50), groups=3))
    write("list.2", content("list.3"))
    problem = FOLDER + "/list.2 is not the list it should be: another digest"
    assert cards.check() == [problem]


@on_flash
def test_a_list_that_cannot_be_read_denies():
    cards = made(MODEL)
    cards._store.list._file.close()
    cards._store.list._file = Unreadable()
    assert cards.lookup(key_of(1)) is None
    assert len(cards.damaged) == 1


def failing(path, problem):
    """`records.rewrite`, for which the storage is full at `path`."""
    rewrite = records.rewrite

    def fails(name, block):
        if name.startswith(path):
            raise StorageError(name, problem)
        rewrite(name, block)

    return fails


@on_flash
def test_what_could_not_be_written_was_not_done():
    cards = made(MODEL)
    rewrite = records.rewrite
    for fails, function in (
        ("changes", lambda: cards.add(card_of(key_of(150), state(1)))),
        ("changes", lambda: cards.revoke(key_of(1))),
        ("changes", lambda: cards.change(card_of(key_of(1), state(2)))),
        ("uses", lambda: cards.use(key_of(1))),
        ("manifest", lambda: card_model.stage(cards, 2, many(range(30)))),
    ):
        records.rewrite = failing(FOLDER + "/" + fails, "is full")
        try:
            error = raises(StorageError, function)
        finally:
            records.rewrite = rewrite
        assert fails in error.path
        assert_is(cards, MODEL)
    card_model.stage(cards, 2, many(range(30)))
    for fails in ("changes", "manifest"):
        cards.commit()
        records.rewrite = failing(FOLDER + "/" + fails, "is full")
        try:
            raises(StorageError, card_model.finish, cards)
        finally:
            records.rewrite = rewrite
        assert_is(cards, MODEL)
    cards.commit()
    card_model.finish(cards)
    assert_is(cards, many(range(30)))
