"""Unknown cards in a row: the answer comes later and later, and nothing else happens."""

from loquet.access import Decision
from loquet.slowdown import DELAYS_MS, QUIET_MS, Slowdown
from springcore.ticks import TICKS_PERIOD, ticks_add

GRANTED = Decision(True, "granted")
UNKNOWN = Decision(False, "unknown_card")
RANDOM = Decision(False, "random_uid")
EXPIRED = Decision(False, "expired")
REPEAT = Decision(False, "repeat")


def delays(slowdown, count, now_ms=0):
    """Of so many unknown cards at once."""
    return [slowdown.delay_ms(UNKNOWN, now_ms) for _ in range(count)]


def test_the_answer_to_unknown_cards_comes_later_and_later_up_to_a_limit():
    assert delays(Slowdown(), 8) == [0, 0, 250, 500, 1000, 2000, 2000, 2000]


def test_random_uids_are_unknown_cards():
    slowdown = Slowdown()
    assert [slowdown.delay_ms(RANDOM, 0) for _ in range(3)] == [0, 0, 250]


def test_a_granted_card_waits_for_nothing_and_ends_the_row():
    slowdown = Slowdown()
    delays(slowdown, 8)
    assert slowdown.delay_ms(GRANTED, 1) == 0
    assert delays(slowdown, 3) == [0, 0, 250]


def test_another_denial_waits_for_nothing_and_does_not_end_the_row():
    slowdown = Slowdown()
    delays(slowdown, 3)
    assert slowdown.delay_ms(EXPIRED, 1) == 0
    assert slowdown.delay_ms(REPEAT, 1) == 0
    assert slowdown.delay_ms(UNKNOWN, 2) == 500


def test_a_quiet_minute_ends_the_row():
    slowdown = Slowdown()
    delays(slowdown, 8, 1000)
    assert slowdown.delay_ms(UNKNOWN, 1000 + QUIET_MS - 1) == DELAYS_MS[-1]
    assert delays(slowdown, 3, 1000 + QUIET_MS - 1 + QUIET_MS) == [0, 0, 250]


def test_a_minute_is_one():
    assert QUIET_MS == 60000


def test_a_quiet_minute_ends_it_when_ticks_wrap():
    slowdown = Slowdown()
    began_ms = TICKS_PERIOD - 1000
    delays(slowdown, 8, began_ms)
    assert slowdown.delay_ms(UNKNOWN, ticks_add(began_ms, QUIET_MS - 1)) == DELAYS_MS[-1]
    delays(slowdown, 8, began_ms)
    assert slowdown.delay_ms(UNKNOWN, ticks_add(began_ms, QUIET_MS)) == 0


def test_a_row_does_not_come_back_after_days():
    slowdown = Slowdown()
    delays(slowdown, 8, 0)
    for hour in range(1, 200):
        slowdown.advance(ticks_add(0, hour * 3600000))
    assert slowdown.delay_ms(UNKNOWN, 10) == 0


def test_readers_do_not_slow_down_each_other():
    one, other = Slowdown(), Slowdown()
    delays(one, 8)
    assert other.delay_ms(UNKNOWN, 0) == 0
