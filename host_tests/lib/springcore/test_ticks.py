from springcore.ticks import TICKS_PERIOD, ticks_add, ticks_diff


def test_a_difference_is_in_milliseconds_and_signed():
    assert ticks_diff(1500, 1000) == 500
    assert ticks_diff(1000, 1500) == -500


def test_a_difference_is_right_where_the_counter_wraps():
    before = TICKS_PERIOD - 10
    after = ticks_add(before, 30)

    assert after == 20
    assert ticks_diff(after, before) == 30
    assert ticks_diff(before, after) == -30


def test_adding_a_negative_delta_goes_back_past_the_wrap():
    assert ticks_add(5, -10) == TICKS_PERIOD - 5


def test_a_counter_with_a_longer_period_gives_the_same_difference():
    micropython_period = 1 << 30
    before, after = micropython_period - 7, 3  # a MicroPython counter wrapped in between

    assert ticks_diff(after, before) == 10


def test_the_largest_difference_is_just_under_half_a_period():
    half = TICKS_PERIOD // 2

    assert ticks_diff(half - 1, 0) == half - 1
    assert ticks_diff(half, 0) == -half
