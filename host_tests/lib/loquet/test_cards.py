"""Single cards: added, changed, revoked, used, looked up and listed; merged into the list."""

from host_tests.support import card_model
from host_tests.support.card_folder import FOLDER, assert_is, made, on_flash, reopened
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.check import raises
from loquet.card import NEVER_ENDS, Card
from loquet.card_list import MOST_PROFILES
from loquet.errors import CardError, StorageError


@on_flash
def test_an_empty_list_knows_no_card():
    cards = made()
    assert cards.count == 0 and cards.generation == 0 and cards.revision == 0
    assert cards.lookup(key_of(1)) is None
    assert cards.page(b"", 10) == []
    assert cards.previous is None and cards.staging is None and cards.damaged == []
    assert cards.work() is False and cards.check() == []


@on_flash
def test_a_list_is_never_made_over_another():
    cards = made(many(range(3)))
    assert "is there already" in str(raises(CardError, cards.create))
    assert_is(reopened(cards), many(range(3)))


@on_flash
def test_everything_about_a_card_comes_back_after_a_restart():
    cards = made()
    card = Card(key_of(1), 0x80000001, 1234, 56789, 7, False, True, True, True)
    cards.add(card)
    cards = reopened(cards)
    found = cards.lookup(key_of(1))
    assert found.key == key_of(1) and found.groups == 0x80000001
    assert (found.from_minute, found.until_minute, found.uses_left) == (1234, 56789, 7)
    assert not found.enabled and found.extended and found.unlock_first and found.pass_lockdown


@on_flash
def test_a_card_is_enabled_always_valid_and_unlimited_if_nothing_is_said():
    cards = made()
    cards.add(Card(key_of(1)))
    found = cards.lookup(key_of(1))
    assert (found.groups, found.from_minute, found.until_minute) == (0, 0, NEVER_ENDS)
    assert found.uses_left is None and found.enabled
    assert not (found.extended or found.unlock_first or found.pass_lockdown)


@on_flash
def test_every_card_of_a_list_is_found_and_no_other():
    model = many(range(0, 200, 2))
    cards = made(model)
    assert_is(cards, model)
    assert_is(reopened(cards), model)
    for key in (b"\0" * 11, b"\xfe" * 11, key_of(0)[:10] + b"\x01"):
        assert cards.lookup(key) is None


@on_flash
def test_cards_are_added_changed_and_revoked():
    model = many(range(30))
    cards = made(model)
    cards.add(card_of(key_of(100), state(100)))
    cards.change(card_of(key_of(5), state(6)))
    assert cards.revoke(key_of(7)) is True
    assert cards.revoke(key_of(150)) is False
    model[key_of(100)] = state(100)
    model[key_of(5)] = state(6)
    del model[key_of(7)]
    assert cards.revision == 4
    assert_is(cards, model)
    assert_is(reopened(cards), model)


@on_flash
def test_a_revoked_card_may_be_added_again():
    cards = made(many(range(3)))
    cards.revoke(key_of(1))
    cards.add(card_of(key_of(1), state(9)))
    model = many(range(3))
    model[key_of(1)] = state(9)
    assert_is(cards, model)


@on_flash
def test_what_cannot_be_is_refused_by_name():
    cards = made(many(range(3)))
    assert key_of(1).hex() in str(raises(CardError, cards.add, Card(key_of(1))))
    assert key_of(4).hex() in str(raises(CardError, cards.change, Card(key_of(4))))
    for key in (b"", key_of(1)[:10], key_of(1) + b"\0", b"\xff" + key_of(1)[1:]):
        assert "11 bytes" in str(raises(CardError, cards.add, Card(key)))
    for field, value in (
        ("groups", 1 << 32),
        ("groups", -1),
        ("from_minute", 1 << 24),
        ("until_minute", 1.5),
        ("uses_left", 65535),
        ("uses_left", -1),
    ):
        card = Card(key_of(4))
        setattr(card, field, value)
        assert field in str(raises(CardError, cards.add, card))
    assert cards.revision == 0
    assert_is(cards, many(range(3)))


@on_flash
def test_cards_are_listed_in_pages_across_list_and_changes():
    model = many(range(40))
    cards = made(model)
    for number in range(60, 75):
        model[key_of(number)] = state(number)
        cards.add(card_of(key_of(number), state(number)))
    keys = sorted(model)
    first = cards.page(b"", 20)
    second = cards.page(first[-1].key, 20)
    third = cards.page(second[-1].key, 20)
    assert [card.key for card in first + second + third] == keys
    assert cards.page(keys[-1], 20) == []


@on_flash
def test_changes_are_merged_into_the_list():
    model = many(range(30))
    cards = made(model)
    for number in range(100, 115):
        model[key_of(number)] = state(number)
        cards.add(card_of(key_of(number), state(number)))
    for number in range(13):
        del model[key_of(number)]
        cards.revoke(key_of(number))
    assert card_model.finish(cards) > 3
    assert cards.revision == 28 and cards.generation == 1
    assert_is(cards, model)
    assert_is(reopened(cards), model)
    assert cards.check() == []


@on_flash
def test_changes_that_come_during_a_merge_are_kept():
    model = many(range(100))
    cards = made(model, changes=64)
    for number in range(56):
        model[key_of(number)] = state(number, groups=3)
        cards.change(card_of(key_of(number), model[key_of(number)]))
    for number in (20, 110, 111):
        for _ in range(3):
            cards.work()
        model[key_of(number)] = state(number, 9, groups=7)  # of a kind the list does not have yet
        card = card_of(key_of(number), model[key_of(number)])
        (cards.change if number == 20 else cards.add)(card)
        cards.work()
    del model[key_of(60)]
    cards.revoke(key_of(60))
    card_model.finish(cards)
    assert cards.revision == 60
    assert_is(cards, model)
    assert_is(reopened(cards, changes=64), model)


@on_flash
def test_a_merge_forgotten_by_a_restart_begins_again():
    model = many(range(60))
    cards = made(model)
    for number in range(28):
        del model[key_of(number)]
        cards.revoke(key_of(number))
    for _ in range(5):
        cards.work()
    cards = reopened(cards)
    assert_is(cards, model)
    card_model.finish(cards)
    assert_is(cards, model)


@on_flash
def test_kinds_of_cards_that_are_no_longer_needed_make_room_for_others():
    cards = made()
    for number in range(150):
        cards.add(card_of(key_of(1), state(number, number)))
        card_model.finish(cards)
        cards.revoke(key_of(1))
        card_model.finish(cards)
    assert len(cards._store.list.profiles.table) < 7 * 60
    assert_is(cards, {})


@on_flash
def test_of_changes_that_cannot_be_merged_the_last_places_are_for_revocations():
    model = many(range(40))
    cards = made(model)
    for number in range(100, 130):
        cards.add(card_of(key_of(number), state(number)))
    error = raises(StorageError, cards.add, Card(key_of(150)))
    assert error.path == FOLDER + "/changes.2" and "full" in str(error)
    raises(StorageError, cards.change, Card(key_of(100)))
    cards.revoke(key_of(1))
    cards.revoke(key_of(100))
    assert "full" in str(raises(StorageError, cards.revoke, key_of(2)))
    assert cards.lookup(key_of(2)) and not cards.lookup(key_of(1))
    card_model.finish(cards)
    cards.add(Card(key_of(150)))
    assert cards.count == 40 - 1 + 30 - 1 + 1


@on_flash
def test_more_kinds_of_cards_than_fit_are_refused():
    model = {}
    for number in range(MOST_PROFILES):
        model[key_of(number)] = (number, 0, NEVER_ENDS, None, (True, False, False, False))
    cards = made(model)
    error = raises(CardError, cards.add, Card(key_of(9000), 5000))
    assert str(MOST_PROFILES) in str(error)
    cards.add(Card(key_of(9000), 500))
    assert cards.lookup(key_of(9000)).groups == 500


@on_flash
def test_a_limited_card_is_counted_down_across_restarts():
    cards = made(many(range(3), 3))
    key = key_of(1)
    assert cards.use(key) == 2
    cards = reopened(cards)
    assert cards.lookup(key).uses_left == 2
    assert cards.use(key) == 1 and cards.use(key) == 0
    assert cards.use(key) is None
    assert reopened(cards).lookup(key).uses_left == 0


@on_flash
def test_only_limited_cards_have_uses():
    cards = made(many(range(3)))
    assert cards.use(key_of(1)) is None
    assert cards.use(key_of(5)) is None
    cards.revoke(key_of(2))
    assert cards.use(key_of(2)) is None


@on_flash
def test_a_change_says_how_many_uses_are_left_from_now_on():
    cards = made(many(range(3), 3))
    key = key_of(1)
    cards.use(key)
    card = cards.lookup(key)
    card.groups = 0x40
    cards.change(card)
    assert cards.lookup(key).uses_left == 2
    card.uses_left = 5
    cards.change(card)
    assert cards.lookup(key).uses_left == 5 and cards.use(key) == 4
    card.uses_left = None
    cards.change(card)
    assert reopened(cards).lookup(key).uses_left is None


@on_flash
def test_uses_are_tidied_and_cards_that_are_gone_forgotten():
    cards = made(changes=64)
    for number in range(40):
        cards.add(card_of(key_of(number), state(1, 50)))
        assert cards.use(key_of(number)) == 49
        cards.revoke(key_of(number))
        card_model.finish(cards)
    cards.add(card_of(key_of(1), state(1, 9)))
    assert cards.use(key_of(1)) == 8


@on_flash
def test_the_uses_of_a_card_that_may_come_back_are_not_forgotten():
    cards = made(many(range(4), 50), changes=64)
    cards.add(card_of(key_of(9), state(9, 50)))
    cards.use(key_of(1))
    cards.use(key_of(9))
    card_model.replace(cards, 2, many(range(20, 40), 50))
    for _ in range(30):
        cards.use(key_of(20))
        card_model.finish(cards)
    cards.rollback()
    card_model.finish(cards)
    assert cards.lookup(key_of(1)).uses_left == 49
    assert cards.lookup(key_of(9)).uses_left == 49


@on_flash
def test_uses_of_many_cards_are_tidied_in_slices():
    cards = made(many(range(100), 5), limited=200)
    for number in range(100):
        assert cards.use(key_of(number)) == 4
    cards.work()
    assert cards.use(key_of(50)) == 3
    assert card_model.finish(cards) > 0
    model = many(range(100), 4)
    model[key_of(50)] = state(50, 3)
    assert_is(cards, model)
    assert_is(reopened(cards, limited=200), model)


@on_flash
def test_uses_that_come_while_they_are_tidied_are_kept():
    cards = made(many(range(12), 50))
    for number in range(12):
        cards.use(key_of(number))
    cards.work()
    cards.use(key_of(3))
    card_model.finish(cards)
    for _ in range(60):
        cards.use(key_of(5))
        if cards.work():
            cards.use(key_of(4))
    card_model.finish(cards)
    cards = reopened(cards)
    assert cards.lookup(key_of(3)).uses_left == 48
    assert cards.lookup(key_of(5)).uses_left == 0
    assert cards.lookup(key_of(7)).uses_left == 49


@on_flash
def test_more_limited_cards_than_can_be_counted_are_refused_by_name():
    cards = made(many(range(20), 3))
    for number in range(16):
        cards.use(key_of(number))
    error = raises(StorageError, cards.use, key_of(17))
    assert error.path == FOLDER + "/uses.1" and "full" in str(error)
    assert cards.use(key_of(3)) == 1
