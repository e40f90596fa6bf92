"""What bounces does not count; what stays does."""

from loquet.debounce import Debounced
from springcore.ticks import TICKS_PERIOD, ticks_add


def settled(level, settle_ms=50):
    """One whose level has settled at tick 0."""
    debounced = Debounced(settle_ms)
    debounced.sample(level, ticks_add(0, -settle_ms))
    assert debounced.settle(0)
    return debounced


def test_nothing_is_known_before_the_first_level_has_settled():
    debounced = Debounced(50)
    assert debounced.level is None and debounced.next_due(0) is None
    assert not debounced.settle(0)
    debounced.sample(False, 100)
    assert debounced.level is None and debounced.next_due(100) == 50
    assert not debounced.settle(149)
    assert debounced.settle(150)
    assert debounced.level is False and debounced.next_due(150) is None


def test_a_level_counts_when_it_has_stayed():
    debounced = settled(False)
    debounced.sample(True, 1000)
    assert not debounced.settle(1049) and debounced.level is False
    assert debounced.next_due(1049) == 1
    assert debounced.settle(1050) and debounced.level is True


def test_it_settles_once():
    debounced = settled(False)
    debounced.sample(True, 1000)
    assert debounced.settle(1050)
    assert not debounced.settle(1051)


def test_looking_again_does_not_put_it_off():
    debounced = settled(False)
    for now_ms in (1000, 1010, 1049):
        debounced.sample(True, now_ms)
    assert debounced.settle(1050)


def test_each_bounce_puts_it_off():
    debounced = settled(False)
    for now_ms in (1000, 1040, 1080):
        debounced.sample(True, now_ms)
        debounced.sample(False, now_ms + 20)
        assert not debounced.settle(now_ms + 20)
    debounced.sample(True, 1120)
    assert not debounced.settle(1169)
    assert debounced.settle(1170)


def test_a_bounce_that_ends_where_it_began_was_nothing():
    debounced = settled(True)
    debounced.sample(False, 1000)
    debounced.sample(True, 1030)
    assert debounced.next_due(1030) is None
    assert not debounced.settle(5000) and debounced.level is True


def test_what_is_gone_at_a_late_look_was_nothing():
    # The look was due at 1050; an erase of the flash came between.
    debounced = settled(False)
    debounced.sample(True, 1000)
    debounced.sample(False, 1090)
    assert not debounced.settle(1090) and debounced.level is False


def test_a_late_look_is_due_at_once():
    debounced = settled(False)
    debounced.sample(True, 1000)
    assert debounced.next_due(9000) == 0
    assert debounced.settle(9000)


def test_with_no_settle_time_every_level_counts():
    debounced = settled(False, settle_ms=0)
    debounced.sample(True, 1000)
    assert debounced.settle(1000) and debounced.level is True
    debounced.sample(False, 1000)
    assert debounced.settle(1000) and debounced.level is False


def test_it_settles_on_time_when_ticks_wrap():
    debounced = settled(False)
    began_ms = TICKS_PERIOD - 20
    debounced.sample(True, began_ms)
    assert not debounced.settle(ticks_add(began_ms, 49))
    assert debounced.settle(ticks_add(began_ms, 50))
