"""Who came in when: the last passage of each card, in a memory of a fixed size."""

from host_tests.support.storage import key_of
from loquet.passback import MOST_PASSAGES, Passages


def key(number):
    return key_of(number.to_bytes(7, "big"))


ANN, BOB = key(1), key(2)


def test_nobody_has_passed_at_first():
    passages = Passages()
    assert passages.ago_s(ANN, 0) is None
    assert passages.ago_s(ANN, 100000) is None


def test_it_tells_how_long_ago_a_card_was_let_in():
    passages = Passages()
    passages.note(ANN, 100)
    assert passages.ago_s(ANN, 100) == 0
    assert passages.ago_s(ANN, 160) == 60
    assert passages.ago_s(BOB, 160) is None


def test_the_last_passage_counts():
    passages = Passages()
    passages.note(ANN, 100)
    passages.note(BOB, 130)
    passages.note(ANN, 200)
    assert passages.ago_s(ANN, 250) == 50
    assert passages.ago_s(BOB, 250) == 120


def test_who_went_out_is_forgotten_and_nobody_else():
    passages = Passages()
    passages.note(ANN, 100)
    passages.note(BOB, 100)
    passages.forget(ANN)
    assert passages.ago_s(ANN, 110) is None
    assert passages.ago_s(BOB, 110) == 10


def test_who_never_came_in_can_go_out():
    passages = Passages()
    passages.note(ANN, 100)
    passages.forget(BOB)
    assert passages.ago_s(ANN, 100) == 0


def test_who_went_out_and_came_in_again_is_known_again():
    passages = Passages()
    passages.note(ANN, 100)
    passages.forget(ANN)
    passages.note(ANN, 300)
    assert passages.ago_s(ANN, 301) == 1


def test_it_remembers_as_many_as_the_readme_says():
    assert MOST_PASSAGES == 256


def test_of_too_many_the_oldest_are_forgotten():
    passages = Passages()
    for number in range(MOST_PASSAGES):
        passages.note(key(number), number)
    assert all(passages.ago_s(key(n), 1000) == 1000 - n for n in range(MOST_PASSAGES))
    passages.note(key(MOST_PASSAGES), MOST_PASSAGES)
    assert passages.ago_s(key(0), 1000) is None
    assert passages.ago_s(key(1), 1000) == 999
    assert passages.ago_s(key(MOST_PASSAGES), 1000) == 1000 - MOST_PASSAGES


def test_a_card_that_comes_again_is_no_longer_among_the_oldest():
    passages = Passages()
    for number in range(MOST_PASSAGES):
        passages.note(key(number), number)
    passages.note(key(0), 500)
    for number in range(1000, 1000 + MOST_PASSAGES - 1):
        passages.note(key(number), 600)
    assert passages.ago_s(key(0), 700) == 200
    assert passages.ago_s(key(1), 700) is None


def test_cards_that_differ_in_the_order_of_their_bytes_are_kept_apart():
    one, other = key_of(bytes([1, 2, 3, 4])), key_of(bytes([4, 3, 2, 1]))
    passages = Passages()
    passages.note(one, 10)
    assert passages.ago_s(other, 20) is None
    passages.note(other, 15)
    assert passages.ago_s(one, 20) == 10 and passages.ago_s(other, 20) == 5


def test_years_of_uptime_are_counted():
    passages = Passages()
    passages.note(ANN, 1000000000)
    assert passages.ago_s(ANN, 1000000007) == 7
