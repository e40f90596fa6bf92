"""The clock: what it counts, what it is worth, and what of it has to be recorded."""

from host_tests.support.check import raises
from host_tests.support.dates import seconds_at
from loquet.clock import (
    AFTER_LATEST_S,
    EARLIEST_S,
    FREE_RUNNING,
    QUALITIES,
    SYNCHRONISED,
    TRUST,
    UNKNOWN,
    Clock,
    Moment,
    trusted,
)
from loquet.errors import UsageError
from springcore.ticks import TICKS_PERIOD

NOON = seconds_at(2026, 8, 1, 12)
HOUR_MS = 3600 * 1000
LIMIT_S = 60


def clock_set(now_ms=0, seconds=NOON, synchronised_h=168):
    clock = Clock(synchronised_h, LIMIT_S)
    clock.set(seconds, now_ms)
    return clock


def reading(clock, now_ms):
    moment = clock.now(now_ms)
    return moment.seconds, moment.quality


def step_of(clock, seconds, now_ms):
    """(step_s, backward) of what set() returns, or None"""
    step = clock.set(seconds, now_ms)
    return None if step is None else (step.step_s, step.backward)


# What it knows.


def test_a_clock_is_unknown_until_somebody_tells_the_time():
    clock = Clock(168, LIMIT_S)
    assert reading(clock, 0) == (0, UNKNOWN)
    assert reading(clock, HOUR_MS) == (0, UNKNOWN)


def test_no_time_that_passes_makes_an_unknown_clock_known():
    clock = Clock(1, LIMIT_S)
    for hour in range(1000):
        assert reading(clock, hour * HOUR_MS % TICKS_PERIOD) == (0, UNKNOWN)


def test_the_boards_own_clock_is_believed_as_far_as_it_says():
    for synchronised, quality in ((False, FREE_RUNNING), (True, SYNCHRONISED)):
        clock = Clock(168, LIMIT_S)
        clock.start(NOON, synchronised, 500)
        assert reading(clock, 2500) == (NOON + 2, quality)


def test_a_board_that_lost_the_time_leaves_the_clock_unknown():
    for lost in (0, EARLIEST_S - 1, AFTER_LATEST_S, None, True, float(NOON)):
        clock = Clock(168, LIMIT_S)
        clock.start(lost, True, 0)
        assert reading(clock, 1000) == (0, UNKNOWN)


def test_the_first_and_the_last_second_that_a_clock_may_be_set_to():
    assert EARLIEST_S == seconds_at(2020, 1, 1)
    assert AFTER_LATEST_S == seconds_at(2100, 1, 1)
    for seconds in (EARLIEST_S, AFTER_LATEST_S - 1):
        assert reading(clock_set(0, seconds), 0) == (seconds, SYNCHRONISED)


def test_an_impossible_time_is_refused_and_changes_nothing():
    for wrong in (EARLIEST_S - 1, AFTER_LATEST_S, 0, -1, None, True, float(NOON), "12:00"):
        unknown, known = Clock(168, LIMIT_S), clock_set()
        raises(UsageError, unknown.set, wrong, 0)
        raises(UsageError, known.set, wrong, 0)
        assert reading(unknown, 1000) == (0, UNKNOWN)
        assert reading(known, 1000) == (NOON + 1, SYNCHRONISED)


def test_a_free_running_clock_that_is_set_is_synchronised():
    clock = Clock(168, LIMIT_S)
    clock.start(NOON, False, 0)
    clock.set(NOON, 0)
    assert reading(clock, 0) == (NOON, SYNCHRONISED)


def test_synchronised_lasts_so_many_hours():
    clock = clock_set(0, NOON, synchronised_h=1)
    assert reading(clock, HOUR_MS - 1) == (NOON + 3599, SYNCHRONISED)
    assert reading(clock, HOUR_MS) == (NOON + 3600, FREE_RUNNING)
    assert reading(clock, 2 * HOUR_MS) == (NOON + 7200, FREE_RUNNING)


def test_being_set_again_begins_the_hours_anew():
    clock = clock_set(0, NOON, synchronised_h=2)
    clock.advance(HOUR_MS)
    clock.set(NOON + 3600, HOUR_MS + 1)
    assert clock.now(2 * HOUR_MS).quality == SYNCHRONISED
    assert clock.now(3 * HOUR_MS).quality == SYNCHRONISED
    assert clock.now(3 * HOUR_MS + 1).quality == FREE_RUNNING


def test_the_hours_of_a_board_that_starts_synchronised_are_counted_too():
    clock = Clock(1, LIMIT_S)
    clock.start(NOON, True, 0)
    assert clock.now(HOUR_MS - 1).quality == SYNCHRONISED
    assert clock.now(HOUR_MS).quality == FREE_RUNNING


def test_the_longest_time_of_synchronised_is_counted_out():
    clock = clock_set(0, NOON, synchronised_h=8760)
    for hour in range(1, 8761):
        assert clock.now((hour - 1) * HOUR_MS % TICKS_PERIOD).quality == SYNCHRONISED
    assert reading(clock, 8760 * HOUR_MS % TICKS_PERIOD) == (NOON + 8760 * 3600, FREE_RUNNING)


# What has to be recorded of a step.


def test_the_first_time_is_a_step_of_unknown_length():
    assert step_of(Clock(168, LIMIT_S), NOON, 0) == (None, False)


def test_a_small_step_forward_is_none():
    assert step_of(clock_set(), NOON, 0) is None
    assert step_of(clock_set(), NOON + 1, 0) is None
    assert step_of(clock_set(), NOON + LIMIT_S, 0) is None


def test_a_step_beyond_the_limit_is_recorded():
    assert step_of(clock_set(), NOON + LIMIT_S + 1, 0) == (LIMIT_S + 1, False)


def test_every_step_backward_is_recorded():
    assert step_of(clock_set(), NOON - 1, 0) == (-1, True)
    assert step_of(clock_set(), NOON - 3600, 0) == (-3600, True)


def test_a_step_is_measured_from_the_time_that_it_was():
    assert step_of(clock_set(), NOON + 600, 600 * 1000) is None
    assert step_of(clock_set(), NOON + 600, 601 * 1000) == (-1, True)
    assert step_of(clock_set(), NOON + 600, 539 * 1000) == (61, False)


def test_a_step_from_a_free_running_clock_is_measured_too():
    clock = Clock(168, LIMIT_S)
    clock.start(NOON, False, 0)
    assert step_of(clock, NOON - 5, 0) == (-5, True)


def test_after_a_step_the_new_time_goes_on():
    for seconds in (NOON - 100000, NOON + 100000):
        clock = clock_set()
        clock.set(seconds, 1000)
        assert reading(clock, 3000) == (seconds + 2, SYNCHRONISED)


# Counting.


def test_seconds_pass_when_the_ticks_say_so():
    clock = clock_set(700)
    assert clock.now(1699).seconds == NOON
    assert clock.now(1700).seconds == NOON + 1
    assert clock.now(2699).seconds == NOON + 1
    assert clock.now(2700).seconds == NOON + 2


def test_parts_of_seconds_add_up():
    clock = clock_set()
    for now_ms in range(0, 100000, 7):
        clock.advance(now_ms)
    assert clock.now(99999).seconds == NOON + 99
    assert clock.now(100000).seconds == NOON + 100


def test_a_tick_from_before_the_last_one_counts_nothing():
    clock = clock_set()
    assert clock.now(5000).seconds == NOON + 5
    assert clock.now(3000).seconds == NOON + 5
    assert clock.now(6000).seconds == NOON + 6
    assert clock.uptime_s == 6


def stays_exact(ticks_period, step_ms, days):
    """Through `days` of ticks that wrap at `ticks_period`, looked at every `step_ms`."""
    begin_ms = ticks_period - 12345
    clock = clock_set(begin_ms, NOON, synchronised_h=8760)
    for passed_ms in range(0, days * 24 * HOUR_MS, step_ms):
        moment = clock.now((begin_ms + passed_ms) % ticks_period)
        assert moment.seconds == NOON + passed_ms // 1000
        assert clock.uptime_s == passed_ms // 1000


def test_ticks_that_wrap_after_12_days_lose_nothing():
    """MicroPython's: 2**30 ms"""
    stays_exact(2 * TICKS_PERIOD, HOUR_MS - 1, 100)


def test_ticks_that_wrap_after_6_days_lose_nothing():
    """CircuitPython's: 2**29 ms"""
    stays_exact(TICKS_PERIOD, HOUR_MS - 1, 100)


def test_a_clock_that_is_asked_at_odd_times_loses_nothing():
    stays_exact(TICKS_PERIOD, 59 * 60 * 1000 + 123, 40)


def test_2038_is_a_second_like_any_other():
    clock = clock_set(0, 2**31 - 2)
    readings = [clock.now(now_ms).seconds for now_ms in (0, 1000, 2000, 3000)]
    assert readings == [2147483646, 2147483647, 2147483648, 2147483649]


def test_the_uptime_counts_from_the_first_tick_and_no_setting_changes_it():
    clock = Clock(168, LIMIT_S)
    assert clock.uptime_s == 0
    clock.advance(77000)
    assert clock.uptime_s == 0
    clock.set(NOON, 80000)
    assert clock.uptime_s == 3
    clock.set(NOON - 86400, 81000)
    clock.set(NOON + 86400, 82000)
    assert clock.uptime_s == 5


def test_the_minutes_of_cards_count_from_2020():
    for seconds, minute in (
        (EARLIEST_S, 0),
        (EARLIEST_S + 59, 0),
        (EARLIEST_S + 60, 1),
        (seconds_at(2020, 12, 31, 23, 59), 366 * 1440 - 1),
        (2**31, 9494114),
    ):
        assert Moment(seconds, SYNCHRONISED).minute == minute


def test_a_board_that_counts_from_2000_says_the_same_second():
    """What its hal does: add what lies between the epochs."""
    of_the_board = seconds_at(2026, 8, 1, 12) - seconds_at(2000, 1, 1)
    assert seconds_at(2000, 1, 1) == 946684800
    assert reading(clock_set(0, of_the_board + 946684800), 0) == (NOON, SYNCHRONISED)


# What each feature does at each quality: feature, quality, and whether it works while the
# settings refuse a free-running clock, and while they use one.
CELLS = (
    ("permanent_card", UNKNOWN, True, True),
    ("permanent_card", FREE_RUNNING, True, True),
    ("permanent_card", SYNCHRONISED, True, True),
    ("dated_card", UNKNOWN, False, False),
    ("dated_card", FREE_RUNNING, False, True),
    ("dated_card", SYNCHRONISED, True, True),
    ("scheduled_card", UNKNOWN, False, False),
    ("scheduled_card", FREE_RUNNING, False, True),
    ("scheduled_card", SYNCHRONISED, True, True),
    ("scheduled_unlock", UNKNOWN, False, False),
    ("scheduled_unlock", FREE_RUNNING, False, True),
    ("scheduled_unlock", SYNCHRONISED, True, True),
    ("first_card", UNKNOWN, False, False),
    ("first_card", FREE_RUNNING, False, True),
    ("first_card", SYNCHRONISED, True, True),
    ("anti_passback", UNKNOWN, True, True),
    ("anti_passback", FREE_RUNNING, True, True),
    ("anti_passback", SYNCHRONISED, True, True),
    ("log", UNKNOWN, True, True),
    ("log", FREE_RUNNING, True, True),
    ("log", SYNCHRONISED, True, True),
)


def test_each_cell_of_the_table_does_what_it_says():
    for feature, quality, refused, used in CELLS:
        assert trusted(feature, quality, False) is refused, (feature, quality)
        assert trusted(feature, quality, True) is used, (feature, quality)


def test_every_cell_has_been_tested():
    cells = [(row[0], quality) for row in TRUST for quality in QUALITIES]
    assert [cell[:2] for cell in CELLS] == cells
    assert [len(row) for row in TRUST] == [1 + len(QUALITIES)] * len(TRUST)


def test_records_are_marked_unless_the_clock_is_synchronised():
    row = [row for row in TRUST if row[0] == "log"][0]
    assert row[1:] == ("marked", "marked", "works")


def test_only_true_uses_a_free_running_clock():
    for doubtful in (None, 1, "use", "refuse", [0]):
        assert trusted("dated_card", FREE_RUNNING, doubtful) is False


def test_nothing_works_that_the_table_does_not_know():
    for feature, quality in (
        ("dated", SYNCHRONISED),
        ("", SYNCHRONISED),
        (None, SYNCHRONISED),
        ("permanent_card", "synchronized"),
        ("permanent_card", None),
    ):
        raises(UsageError, trusted, feature, quality, True)


def test_the_next_minute_is_met_to_the_millisecond():
    clock = Clock(168, 60)
    assert clock.next_minute_ms(0) is None
    clock.advance(777)  # the clock is told in the middle of a second of ours
    clock.set(1577836830, 777)
    for passed_ms, left_ms in (
        (0, 30000),
        (1, 29999),
        (222, 29778),
        (223, 29777),
        (999, 29001),
        (1000, 29000),
        (29999, 1),
        (30000, 60000),
        (30001, 59999),
    ):
        assert clock.next_minute_ms(777 + passed_ms) == left_ms
