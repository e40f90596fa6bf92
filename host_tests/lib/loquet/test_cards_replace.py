"""Another list: staged beside the one in use, checked, put in use, and taken back."""

import os

from host_tests.support import card_model
from host_tests.support.card_folder import FOLDER, assert_is, made, on_flash, reopened
from host_tests.support.card_model import card_of, key_of, many, packed, stage, state
from host_tests.support.check import raises
from host_tests.support.flash import Flash, Mounted
from loquet import records
from loquet.card import Card
from loquet.card_list import RECORD_BYTES, pack_list
from loquet.cards import Cards
from loquet.errors import CardError, StorageError

OLD = many(range(60))
NEW = many(range(40, 140), groups=3)


def begin(cards, generation=2, model=NEW, count=None, digest=None):
    profiles, listed, right = packed(model)
    cards.begin_replace(generation, count or len(model), digest or right, profiles)
    return listed


def commit(cards):
    cards.commit()
    card_model.finish(cards)


@on_flash
def test_a_list_takes_the_place_of_another():
    cards = made(OLD)
    stage(cards, 2, NEW)
    assert cards.staging == (2, 100, packed(NEW)[2])
    assert_is(cards, OLD)
    commit(cards)
    assert (cards.generation, cards.count, cards.previous) == (2, 100, 1)
    assert cards.digest == packed(NEW)[2] and cards.revision == 0 and cards.staging is None
    assert_is(cards, NEW)
    assert_is(reopened(cards), NEW)
    assert cards.check() == []


@on_flash
def test_the_old_list_is_in_use_until_the_new_one_is_checked_to_its_end():
    cards = made(OLD)
    stage(cards, 2, NEW)
    cards.commit()
    for _ in range(3):
        cards.work()
        assert_is(cards, OLD)
    assert_is(reopened(cards), OLD)


@on_flash
def test_records_may_come_in_pieces_of_any_size():
    for step in (1, 7, 26, 100):
        cards = Cards(FOLDER + str(step))
        cards.create()
        cards.open()
        stage(cards, 2, NEW, step)
        commit(cards)
        assert_is(cards, NEW)


@on_flash
def test_a_list_without_cards_can_be_put_in_use():
    cards = made(OLD)
    stage(cards, 2, {})
    commit(cards)
    assert_is(cards, {})
    assert_is(reopened(cards), {})


@on_flash
def test_a_list_that_is_complete_is_committed_after_a_restart():
    cards = made(OLD)
    stage(cards, 2, NEW)
    cards.commit()
    cards = reopened(cards)
    assert cards.resume() == 100
    commit(cards)
    assert_is(cards, NEW)


@on_flash
def test_an_abandoned_list_leaves_nothing_behind():
    cards = made(OLD)
    stage(cards, 2, NEW)
    cards.abandon()
    assert cards.staging is None
    assert_is(cards, OLD)
    cards.abandon()
    raises(CardError, cards.resume)
    raises(CardError, cards.stage, b"")
    raises(CardError, cards.commit)
    card_model.replace(cards, 3, NEW)
    assert_is(cards, NEW)


@on_flash
def test_only_one_list_is_staged_at_a_time():
    cards = made(OLD)
    stage(cards, 2, NEW)
    assert "already" in str(raises(CardError, begin, cards, 3))
    commit(cards)
    assert_is(cards, NEW)


@on_flash
def test_a_list_that_is_not_what_was_announced_is_not_put_in_use():
    cards = made(OLD)
    listed = begin(cards, digest=bytes(32))
    cards.stage(listed)
    cards.commit()
    error = raises(StorageError, card_model.finish, cards)
    assert error.path == FOLDER + "/list.3" and "digest" in str(error)
    assert_is(cards, OLD)
    cards.abandon()
    card_model.replace(cards, 2, NEW)
    assert_is(cards, NEW)


@on_flash
def test_a_list_that_was_damaged_since_it_was_staged_is_not_put_in_use():
    cards = made(OLD)
    stage(cards, 2, NEW)
    cards.commit()
    path = FOLDER + "/list.3"
    with open(path, "rb") as file:
        spoilt = bytearray(file.read())
    spoilt[600] ^= 1
    with open(path, "wb") as file:
        file.write(spoilt)
    error = raises(StorageError, card_model.finish, cards)
    assert error.path == path and "damaged" in str(error)
    assert_is(cards, OLD)


@on_flash
def test_a_list_that_is_not_complete_is_not_put_in_use():
    cards = made(OLD)
    listed = begin(cards)
    cards.stage(listed[: 99 * RECORD_BYTES])
    assert "99 of 100" in str(raises(CardError, cards.commit))
    cards.stage(listed[99 * RECORD_BYTES :])
    commit(cards)
    assert_is(cards, NEW)


@on_flash
def test_records_that_cannot_be_are_refused_and_none_of_them_taken():
    cards = made(OLD)
    listed = begin(cards)
    one, two, three = [listed[at : at + RECORD_BYTES] for at in (0, 19, 38)]
    assert "order" in str(raises(CardError, cards.stage, two + one))
    assert "twice" in str(raises(CardError, cards.stage, one + one))
    assert "bytes" in str(raises(CardError, cards.stage, one[:-1]))
    assert "bytes" in str(raises(CardError, cards.stage, listed + three))
    wrong_profile = two[:11] + b"\xff\x00" + two[13:]
    assert "profile 255" in str(raises(CardError, cards.stage, one + wrong_profile))
    assert "FF" in str(raises(CardError, cards.stage, b"\xff" + one[1:]))
    cards.stage(one)
    assert "order" not in str(raises(CardError, cards.stage, one))
    cards.stage(listed[RECORD_BYTES:])
    commit(cards)
    assert_is(cards, NEW)


@on_flash
def test_profiles_that_cannot_be_are_refused():
    cards = made(OLD)
    for profiles in (bytes(6), bytes(7 * 2049), b"\0\0\0\0\x80\xff\xff"):
        raises(CardError, cards.begin_replace, 2, 1, bytes(32), profiles)
    assert cards.staging is None


@on_flash
def test_a_list_says_no_card_twice():
    cards = [card_of(key_of(number), state(number)) for number in (1, 2, 1)]
    assert key_of(1).hex() in str(raises(CardError, pack_list, cards))


@on_flash
def test_changes_made_while_a_list_is_staged_stay_valid_on_top_of_it():
    cards = made(OLD)
    cards.add(card_of(key_of(150), state(1)))
    stage(cards, 2, NEW)
    cards.revoke(key_of(50))
    cards.revoke(key_of(3))
    cards.add(card_of(key_of(160), state(2)))
    cards.change(card_of(key_of(41), state(3)))
    cards = reopened(cards)
    cards.stage(packed(NEW)[1][cards.resume() * RECORD_BYTES :])
    commit(cards)
    model = dict(NEW)
    del model[key_of(50)]
    model[key_of(160)] = state(2)
    model[key_of(41)] = state(3)
    assert cards.revision == 4
    assert_is(cards, model)
    assert_is(reopened(cards), model)


@on_flash
def test_changes_are_not_merged_while_a_list_is_staged():
    cards = made(OLD)
    stage(cards, 2, NEW)
    for number in range(29):
        cards.revoke(key_of(number))
    assert card_model.finish(cards) < 3
    commit(cards)
    assert_is(cards, NEW)


@on_flash
def test_a_list_staged_during_a_merge_is_put_in_use():
    cards = made(OLD)
    for number in range(28):
        cards.revoke(key_of(number))
    for _ in range(4):
        cards.work()
    card_model.replace(cards, 2, NEW)
    assert_is(cards, NEW)


@on_flash
def test_uses_left_are_the_same_after_a_replacement():
    cards = made(many(range(5), 9))
    cards.use(key_of(1))
    cards.use(key_of(1))
    card_model.replace(cards, 2, many(range(1, 9), 9))
    assert cards.lookup(key_of(1)).uses_left == 7
    card_model.replace(cards, 3, many(range(1, 9), 1))
    assert cards.lookup(key_of(1)).uses_left == 0
    assert cards.use(key_of(1)) is None


@on_flash
def test_the_list_before_comes_back_with_its_changes():
    cards = made(OLD)
    cards.add(card_of(key_of(150), state(1)))
    cards.revoke(key_of(5))
    card_model.replace(cards, 2, NEW)
    cards.add(card_of(key_of(160), state(2)))
    cards.rollback()
    card_model.finish(cards)
    model = dict(OLD)
    model[key_of(150)] = state(1)
    del model[key_of(5)]
    assert (cards.generation, cards.previous) == (1, 2)
    assert_is(cards, model)
    cards = reopened(cards)
    assert_is(cards, model)
    cards.rollback()
    card_model.finish(cards)
    model = dict(NEW)
    model[key_of(160)] = state(2)
    assert_is(cards, model)


@on_flash
def test_a_card_revoked_since_stays_revoked():
    cards = made(OLD)
    card_model.replace(cards, 2, NEW)
    for number in (50, 10, 199):  # in both lists, in the old one, in none
        cards.revoke(key_of(number))
    cards.rollback()
    card_model.finish(cards)
    model = dict(OLD)
    del model[key_of(50)], model[key_of(10)]
    assert_is(cards, model)
    assert_is(reopened(cards), model)


@on_flash
def test_a_card_revoked_since_stays_revoked_when_that_was_merged():
    cards = made(OLD)
    card_model.replace(cards, 2, NEW)
    model = dict(OLD)
    for number in range(30, 58):
        cards.revoke(key_of(number))
        model.pop(key_of(number), None)
    card_model.finish(cards)
    assert cards.revision == 28 and cards.check() == []
    cards.revoke(key_of(0))
    del model[key_of(0)]
    cards.rollback()
    card_model.finish(cards)
    assert_is(cards, model)


@on_flash
def test_force_brings_back_revoked_cards():
    cards = made(OLD)
    card_model.replace(cards, 2, NEW)
    cards.revoke(key_of(50))
    cards.rollback(True)
    card_model.finish(cards)
    assert_is(cards, OLD)


@on_flash
def test_a_revocation_that_comes_during_the_rollback_is_kept():
    cards = made(OLD)
    card_model.replace(cards, 2, NEW)
    cards.rollback()
    cards.work()
    cards.revoke(key_of(50))
    card_model.finish(cards)
    model = dict(OLD)
    del model[key_of(50)]
    assert_is(cards, model)


@on_flash
def test_more_revocations_than_fit_beside_the_old_list_are_not_forgotten():
    cards = made(OLD)
    for number in range(10):
        cards.change(card_of(key_of(number), state(2)))
    card_model.replace(cards, 2, NEW)
    for number in range(25):
        cards.revoke(key_of(number))
    cards.rollback()
    assert "25 revocations" in str(raises(CardError, card_model.finish, cards))
    assert_is(cards, NEW)
    cards.rollback(True)
    card_model.finish(cards)
    assert cards.count == 60


@on_flash
def test_there_may_be_no_list_to_go_back_to():
    cards = made()
    raises(CardError, cards.rollback)


def filled(free_blocks):
    """Writes a file that leaves so many blocks free."""
    size = records.free_bytes("/flash") - free_blocks * 4096
    with open("/flash/filler", "wb") as file:
        file.write(bytes(size // 4096 * 4088))


@on_flash
def test_without_room_the_list_before_is_given_up_and_then_the_new_one_refused():
    cards = made(OLD)
    assert cards.previous == 0
    filled(10)
    card_model.replace(cards, 2, many(range(100), groups=3))
    assert cards.previous == 1
    filled_up = many(range(400, 2000))
    error = raises(StorageError, stage, cards, 3, filled_up)
    assert error.path == FOLDER and "room" in str(error)
    assert cards.previous is None and cards.staging is None
    assert_is(cards, many(range(100), groups=3))
    assert_is(reopened(cards), many(range(100), groups=3))


@on_flash
def test_without_room_changes_are_kept_and_merged_later():
    model = dict(OLD)
    cards = made(model)
    filled(5)
    for number in range(28):
        del model[key_of(number)]
        cards.revoke(key_of(number))
    error = raises(StorageError, card_model.finish, cards)
    assert "room" in str(error)
    assert cards.work() is False
    assert_is(cards, model)
    records.remove("/flash/filler")
    cards = reopened(cards)
    card_model.finish(cards)
    assert_is(cards, model)
    cards.add(Card(key_of(1)))


def test_cards_work_in_a_folder_of_any_file_system():
    folder = ".cache/test-cards"
    remove_folder(folder)
    cards = Cards(folder)
    cards.create()
    cards.open()
    card_model.replace(cards, 1, OLD)
    cards.add(card_of(key_of(100), state(1)))
    cards.close()
    cards.open()
    model = dict(OLD)
    model[key_of(100)] = state(1)
    assert_is(cards, model)
    cards.close()
    remove_folder(folder)


def remove_folder(folder):
    if records.exists(folder):
        for name in os.listdir(folder):
            os.remove(folder + "/" + name)
        os.rmdir(folder)


def test_a_staged_list_goes_on_when_power_was_gone():
    model = many(range(3000))
    with Mounted(Flash(48), fresh=True) as flash:
        cards = made(OLD)
        listed = begin(cards, model=model)
        for at in range(0, 2500, 50):
            cards.stage(listed[at * RECORD_BYTES : (at + 50) * RECORD_BYTES])
        assert cards.resume() == 2500
        image = bytearray(flash.image)
        cards.close()
    with Mounted(Flash(image=image)):
        cards = Cards(FOLDER)
        cards.open()
        assert 2500 - 832 < cards.resume() <= 2500
        assert_is(cards, OLD)
        cards.stage(listed[cards.resume() * RECORD_BYTES :])
        commit(cards)
        problem = card_model.complaint(cards, [model])
        assert problem is None, problem
