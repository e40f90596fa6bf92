"""The repeat filter: a card counts as there until it was away."""

from loquet.repeat import MOST_CARDS, RepeatFilter
from springcore.ticks import TICKS_PERIOD, ticks_add

A = b"\x04\x01\x02\x03"
B = b"\x04\x01\x02\x04"


def test_the_first_time_is_no_repeat():
    assert RepeatFilter(4000).seen(A, None, 0) == 0


def test_the_time_counts_from_when_the_card_was_last_seen():
    cards = RepeatFilter(4000)
    cards.seen(A, None, 0)
    assert cards.seen(A, None, 3999) == 1
    assert cards.seen(A, None, 7998) == 2
    assert cards.seen(A, None, 11998) == 0


def test_two_cards_that_lie_there_are_both_remembered():
    cards = RepeatFilter(4000)
    cards.seen(A, None, 0)
    assert cards.seen(B, None, 100) == 0
    assert cards.seen(A, None, 200) == 1
    assert cards.seen(B, None, 300) == 1
    assert cards.seen(A, None, 400) == 2


def test_ids_are_compared_whole():
    cards = RepeatFilter(4000)
    cards.seen(A, None, 0)
    assert cards.seen(A[:3], None, 0) == 0
    assert cards.seen(A + b"\x00", None, 0) == 0


def test_a_removed_card_is_forgotten_by_id_or_by_index():
    cards = RepeatFilter(4000)
    cards.seen(A, 1, 0)
    cards.removed(A, None)
    assert cards.seen(A, 1, 1) == 0
    cards.removed(None, 1)
    assert cards.seen(A, 1, 2) == 0


def test_the_removal_of_another_card_forgets_nothing():
    cards = RepeatFilter(4000)
    cards.seen(A, 1, 0)
    cards.removed(B, None)
    cards.removed(None, 2)
    cards.removed(None, None)
    assert cards.seen(A, 1, 1) == 1


def test_a_removal_that_names_nothing_forgets_no_card_without_index():
    cards = RepeatFilter(4000)
    cards.seen(A, None, 0)
    cards.removed(None, None)
    assert cards.seen(A, None, 1) == 1


def test_of_too_many_cards_the_one_seen_longest_ago_is_forgotten():
    cards = RepeatFilter(4000)
    for number in range(MOST_CARDS + 1):
        cards.seen(bytes([number]), None, number)
    assert cards.seen(bytes([MOST_CARDS]), None, 20) == 1
    assert cards.seen(bytes([1]), None, 20) == 1
    assert cards.seen(bytes([0]), None, 20) == 0


def test_no_time_turns_the_filter_off():
    cards = RepeatFilter(0)
    cards.seen(A, None, 0)
    assert cards.seen(A, None, 0) == 0


def test_ticks_may_wrap():
    cards = RepeatFilter(4000)
    seen_ms = TICKS_PERIOD - 1000
    cards.seen(A, None, seen_ms)
    assert cards.seen(A, None, ticks_add(seen_ms, 3999)) == 1
    cards.seen(B, None, seen_ms)
    assert cards.seen(B, None, ticks_add(seen_ms, 4000)) == 0


def test_an_old_card_does_not_come_back_when_ticks_have_gone_round():
    cards = RepeatFilter(4000)
    cards.seen(A, None, 0)
    cards.advance(4000)
    assert cards.seen(A, None, ticks_add(0, TICKS_PERIOD + 1)) == 0
