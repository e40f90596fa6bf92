"""Weekly schedules and holidays, to the minute. August 2026 begins on a Saturday."""

from host_tests.support.check import raises
from host_tests.support.dates import seconds_at
from loquet import settings
from loquet.calendar import Calendar
from loquet.errors import UsageError

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
PARIS = "CET-1CEST,M3.5.0,M10.5.0/3"


def calendar(weekly, holidays=(), zone="UTC0"):
    """With the one schedule `s`, of rows (days, begin, end)."""
    hours = [{"days": row[0], "begin": row[1], "end": row[2]} for row in weekly]
    loaded = settings.load(
        {
            "readers": [{"name": "r"}],
            "doors": [{"name": "d"}],
            "time_zone": zone,
            "schedules": [{"name": "s", "weekly": hours}] if hours else [],
            "holidays": list(holidays),
        }
    )
    return Calendar(loaded.time_zone, loaded.schedules, loaded.holidays)


def opens(dates, year, month, day, hour=0, minute=0, second=0):
    return dates.is_open("s", seconds_at(year, month, day, hour, minute, second))


def open_from_to(dates, day, first, last):
    """Is it open on that day of August 2026 from the minute `first` to `last`, and not the minute
    before nor the one after?
    """
    begin, end = (seconds_at(2026, 8, day, *at) for at in (first, last))
    seconds = (begin - 1, begin, end + 59, end + 60)
    return [dates.is_open("s", at) for at in seconds] == [False, True, True, False]


def holiday_days(dates, year, month, days):
    """Which days of the month are holidays, at both ends of the day."""
    found = []
    for day in days:
        begin = seconds_at(year, month, day)
        morning, evening = dates.is_holiday(begin), dates.is_holiday(begin + 86399)
        assert morning is evening
        if morning:
            found.append(day)
    return found


# Hours of the week.


def test_from_the_first_minute_to_before_the_last():
    dates = calendar([(WORKDAYS, "08:30", "17:45")])
    assert open_from_to(dates, 3, (8, 30), (17, 44))
    assert open_from_to(dates, 7, (8, 30), (17, 44))


def test_on_other_days_it_is_closed():
    dates = calendar([(WORKDAYS, "08:30", "17:45")])
    assert [opens(dates, 2026, 8, day, 12) for day in range(1, 11)] == (
        [False, False, True, True, True, True, True, False, False, True]
    )


def test_each_day_of_the_week_has_its_name():
    for place, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        dates = calendar([([day], "00:00", "24:00")])
        week = [opens(dates, 2026, 8, 3 + date, 12) for date in range(7)]
        assert week == [date == place for date in range(7)]


def test_a_whole_day_ends_with_it():
    dates = calendar([(["mon"], "00:00", "24:00")])
    assert open_from_to(dates, 3, (0, 0), (23, 59))


def test_one_minute():
    assert open_from_to(calendar([(["mon"], "12:00", "12:01")]), 3, (12, 0), (12, 0))
    assert open_from_to(calendar([(["mon"], "00:00", "00:01")]), 3, (0, 0), (0, 0))
    assert open_from_to(calendar([(["mon"], "23:59", "24:00")]), 3, (23, 59), (23, 59))


def test_hours_with_a_pause_and_hours_that_touch():
    dates = calendar(
        [(["mon"], "08:00", "12:00"), (["mon"], "13:00", "15:00"), (["mon"], "15:00", "17:00")]
    )
    assert open_from_to(dates, 3, (8, 0), (11, 59))
    assert open_from_to(dates, 3, (13, 0), (16, 59))
    assert opens(dates, 2026, 8, 3, 14, 59, 59) and opens(dates, 2026, 8, 3, 15)


def test_a_schedule_that_does_not_exist_is_an_error_and_not_closed():
    raises(UsageError, calendar([]).is_open, "s", seconds_at(2026, 8, 3))
    raises(UsageError, calendar([(["mon"], "00:00", "24:00")]).is_open, "S", 0)


def test_each_schedule_has_its_own_hours():
    loaded = settings.load(
        {
            "readers": [{"name": "r"}],
            "doors": [{"name": "d"}],
            "schedules": [
                {"name": "day", "weekly": [{"days": ["mon"], "begin": "08:00", "end": "20:00"}]},
                {"name": "night", "weekly": [{"days": ["mon"], "begin": "20:00", "end": "08:00"}]},
            ],
        }
    )
    dates = Calendar("UTC0", loaded.schedules, [])
    for hour, in_the_day in ((12, True), (22, False)):
        assert dates.is_open("day", seconds_at(2026, 8, 3, hour)) is in_the_day
        assert dates.is_open("night", seconds_at(2026, 8, 3, hour)) is not in_the_day


# Over midnight.


def test_hours_over_midnight_belong_to_the_day_they_begin_on():
    dates = calendar([(["mon"], "22:00", "06:00")])
    for day, hour, minute, expected in (
        (3, 0, 0, False),
        (3, 5, 59, False),
        (3, 21, 59, False),
        (3, 22, 0, True),
        (3, 23, 59, True),
        (4, 0, 0, True),
        (4, 5, 59, True),
        (4, 6, 0, False),
        (4, 22, 0, False),
        (5, 0, 0, False),
    ):
        assert opens(dates, 2026, 8, day, hour, minute) is expected, (day, hour, minute)


def test_sunday_night_reaches_into_monday():
    dates = calendar([(["sun"], "23:00", "01:00")])
    assert opens(dates, 2026, 8, 3, 0, 59) and not opens(dates, 2026, 8, 3, 1)
    assert not opens(dates, 2026, 8, 2, 0, 30)


def test_an_end_at_midnight_may_be_written_either_way():
    for end in ("00:00", "24:00"):
        dates = calendar([(["mon"], "22:00", end)])
        assert open_from_to(dates, 3, (22, 0), (23, 59))


def test_nearly_a_day_over_midnight():
    dates = calendar([(["mon"], "12:01", "12:00")])
    assert not opens(dates, 2026, 8, 3, 12, 0) and opens(dates, 2026, 8, 3, 12, 1)
    assert opens(dates, 2026, 8, 4, 11, 59) and not opens(dates, 2026, 8, 4, 12, 0)


def test_hours_that_end_where_they_begin_are_none():
    """The settings refuse them; here they are not taken for a whole day."""
    hours = settings.Group({"days": ["mon"], "begin": 480, "end": 480})
    schedule = settings.Group({"name": "s", "weekly": [hours]})
    dates = Calendar("UTC0", [schedule], [])
    around = ((3, 7, 59), (3, 8, 0), (3, 12, 0), (4, 7, 59), (4, 8, 0))
    assert not any(opens(dates, 2026, 8, *at) for at in around)


def test_hours_over_the_end_of_a_month_a_year_and_a_leap_day():
    every_day = WORKDAYS + ["sat", "sun"]
    dates = calendar([(every_day, "23:59", "00:01")])
    for at in ((2026, 8, 31), (2026, 12, 31), (2028, 2, 28), (2028, 2, 29), (2027, 2, 28)):
        midnight = seconds_at(*at) + 86400
        around = [dates.is_open("s", midnight + second) for second in (-61, -60, -1, 0, 59, 60)]
        assert around == [False, True, True, True, True, False], at


# Daylight saving time.


def test_hours_go_by_the_clock_on_the_wall():
    dates = calendar([(["mon"], "08:00", "09:00")], zone=PARIS)
    assert opens(dates, 2026, 8, 3, 6) and not opens(dates, 2026, 8, 3, 7)
    assert opens(dates, 2026, 12, 7, 7) and not opens(dates, 2026, 12, 7, 6)


def test_hours_in_the_gap_of_spring_do_not_come():
    dates = calendar([(["sun"], "02:00", "03:00")], zone=PARIS)
    midnight = seconds_at(2026, 3, 28, 23)
    assert not any(dates.is_open("s", midnight + 60 * minute) for minute in range(23 * 60))


def test_hours_that_begin_in_the_gap_come_late_and_end_in_time():
    dates = calendar([(["sun"], "02:30", "04:00")], zone=PARIS)
    assert [opens(dates, 2026, 3, 29, *at) for at in ((0, 59), (1, 0), (1, 59), (2, 0))] == (
        [False, True, True, False]
    )


def test_hours_repeated_in_autumn_come_twice():
    dates = calendar([(["sun"], "02:15", "02:30")], zone=PARIS)
    midnight = seconds_at(2026, 10, 24, 22)
    found = [m for m in range(25 * 60) if dates.is_open("s", midnight + 60 * m)]
    assert found == list(range(135, 150)) + list(range(195, 210))


def test_a_night_of_changing_clocks_stays_open_to_its_end():
    """Saturday 22:00 to Sunday 06:00 is seven hours in spring and nine in autumn."""
    dates = calendar([(["sat"], "22:00", "06:00")], zone=PARIS)
    for begin, minutes in (
        (seconds_at(2026, 3, 28, 21), 7 * 60),
        (seconds_at(2026, 10, 24, 20), 9 * 60),
    ):
        found = [dates.is_open("s", begin + 60 * minute) for minute in range(-1, minutes + 1)]
        assert found == [False] + [True] * minutes + [False]


def test_the_day_is_that_of_local_time():
    dates = calendar([(["mon"], "00:00", "24:00")], zone="<+13>-13")
    assert not opens(dates, 2026, 8, 2, 10, 59) and opens(dates, 2026, 8, 2, 11)
    assert opens(dates, 2026, 8, 3, 10, 59) and not opens(dates, 2026, 8, 3, 11)


# Which days are holidays.


def test_a_single_day():
    dates = calendar([], [{"first": "2026-08-03"}])
    assert holiday_days(dates, 2026, 8, range(1, 8)) == [3]
    assert holiday_days(dates, 2027, 8, range(1, 8)) == []
    assert holiday_days(dates, 2026, 7, range(1, 8)) == []


def test_a_range_has_its_first_day_and_its_last():
    dates = calendar([], [{"first": "2026-08-03", "last": "2026-08-05"}])
    assert holiday_days(dates, 2026, 8, range(1, 8)) == [3, 4, 5]
    assert holiday_days(dates, 2025, 8, range(1, 8)) == []


def test_a_range_over_the_end_of_a_year():
    dates = calendar([], [{"first": "2026-12-24", "last": "2027-01-02"}])
    assert holiday_days(dates, 2026, 12, range(20, 32)) == list(range(24, 32))
    assert holiday_days(dates, 2027, 1, range(1, 6)) == [1, 2]
    assert holiday_days(dates, 2026, 1, range(1, 6)) == []
    assert holiday_days(dates, 2027, 12, range(20, 32)) == []


def test_a_range_of_more_than_a_year():
    dates = calendar([], [{"first": "2026-12-24", "last": "2028-01-02"}])
    assert holiday_days(dates, 2027, 6, range(1, 31)) == list(range(1, 31))
    assert holiday_days(dates, 2028, 1, range(1, 6)) == [1, 2]


def test_yearly_is_every_year_before_and_after_the_one_written():
    dates = calendar([], [{"first": "2026-05-01", "yearly": True}])
    for year in (2020, 2026, 2028, 2099):
        assert holiday_days(dates, year, 5, range(1, 32)) == [1]
        assert holiday_days(dates, year, 4, range(1, 31)) == []


def test_a_yearly_range():
    dates = calendar([], [{"first": "2026-04-29", "last": "2026-05-02", "yearly": True}])
    for year in (2025, 2028):
        assert holiday_days(dates, year, 4, range(25, 31)) == [29, 30]
        assert holiday_days(dates, year, 5, range(1, 6)) == [1, 2]


def test_a_yearly_range_over_the_end_of_the_year():
    dates = calendar([], [{"first": "2026-12-30", "last": "2027-01-02", "yearly": True}])
    for year in (2020, 2027, 2028):
        assert holiday_days(dates, year, 12, range(25, 32)) == [30, 31]
        assert holiday_days(dates, year, 1, range(1, 6)) == [1, 2]
        assert holiday_days(dates, year, 6, range(1, 31)) == []


def test_yearly_on_29_february_is_every_fourth_year():
    dates = calendar([], [{"first": "2028-02-29", "yearly": True}])
    assert holiday_days(dates, 2032, 2, range(25, 30)) == [29]
    assert holiday_days(dates, 2029, 2, range(25, 29)) == []
    assert holiday_days(dates, 2029, 3, range(1, 5)) == []


def test_a_yearly_range_from_february_to_march_has_the_leap_day():
    dates = calendar([], [{"first": "2027-02-27", "last": "2027-03-01", "yearly": True}])
    assert holiday_days(dates, 2028, 2, range(25, 30)) == [27, 28, 29]
    assert holiday_days(dates, 2029, 2, range(25, 29)) == [27, 28]


def test_any_of_several_holidays():
    dates = calendar([], [{"first": "2026-08-03"}, {"first": "2026-08-05"}])
    assert holiday_days(dates, 2026, 8, range(1, 8)) == [3, 5]


def test_a_holiday_is_a_day_of_local_time():
    dates = calendar([], [{"first": "2026-08-03"}], zone=PARIS)
    hours = ((2, 21), (2, 22), (3, 21), (3, 22))
    assert [dates.is_holiday(seconds_at(2026, 8, *at)) for at in hours] == (
        [False, True, True, False]
    )


# Hours on holidays. Monday, 3 August 2026 is one.

MONDAY_OFF = [{"first": "2026-08-03"}]


def test_a_holiday_has_none_of_its_weekdays_hours():
    dates = calendar([(WORKDAYS, "08:00", "18:00")], MONDAY_OFF)
    assert not opens(dates, 2026, 8, 3, 12)
    assert opens(dates, 2026, 8, 4, 12) and opens(dates, 2026, 8, 10, 12)


def test_a_holiday_has_hours_of_its_own():
    dates = calendar([(["mon"], "08:00", "18:00"), (["holiday"], "10:00", "12:00")], MONDAY_OFF)
    assert open_from_to(dates, 3, (10, 0), (11, 59))
    assert open_from_to(dates, 10, (8, 0), (17, 59))


def test_a_night_before_a_holiday_goes_on_into_it():
    dates = calendar([(["sun"], "22:00", "06:00")], MONDAY_OFF)
    assert opens(dates, 2026, 8, 2, 22) and opens(dates, 2026, 8, 3, 5, 59)
    assert not opens(dates, 2026, 8, 3, 6)


def test_a_night_that_would_begin_on_a_holiday_does_not():
    dates = calendar([(["mon"], "22:00", "06:00")], MONDAY_OFF)
    assert not opens(dates, 2026, 8, 3, 23)
    assert not opens(dates, 2026, 8, 4, 5)
    assert opens(dates, 2026, 8, 10, 23) and opens(dates, 2026, 8, 11, 5)


def test_a_holidays_night_goes_on_into_the_day_after():
    dates = calendar([(["holiday"], "22:00", "06:00")], MONDAY_OFF)
    assert not opens(dates, 2026, 8, 3, 5) and opens(dates, 2026, 8, 3, 22)
    assert opens(dates, 2026, 8, 4, 5, 59) and not opens(dates, 2026, 8, 4, 6)


def test_nights_of_two_holidays_in_a_row():
    both = [{"first": "2026-08-03", "last": "2026-08-04"}]
    dates = calendar([(["holiday"], "22:00", "06:00")], both)
    around = ((3, 0), (3, 22), (4, 5), (4, 12), (4, 22), (5, 5), (5, 22))
    assert [opens(dates, 2026, 8, *at) for at in around] == (
        [False, True, True, False, True, True, False]
    )


def test_a_holiday_of_its_own_hours_only_among_weekdays():
    """`holiday` beside a weekday: the same hours on both."""
    dates = calendar([(["mon", "holiday"], "08:00", "18:00")], [{"first": "2026-08-05"}])
    assert [opens(dates, 2026, 8, day, 12) for day in range(3, 8)] == (
        [True, False, True, False, False]
    )


def test_days_may_be_asked_in_any_order():
    dates = calendar([(["tue"], "22:00", "06:00")], MONDAY_OFF)
    for _ in range(2):
        assert opens(dates, 2026, 8, 5, 5)
        assert not opens(dates, 2026, 8, 3, 12)
        assert opens(dates, 2026, 8, 4, 22)
        assert not opens(dates, 2026, 8, 4, 5)
        assert dates.is_holiday(seconds_at(2026, 8, 3))
        assert not dates.is_holiday(seconds_at(2026, 8, 4))
