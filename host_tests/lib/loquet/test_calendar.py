"""Local time: daylight saving time in both hemispheres, leap years, ends of years and of epochs."""

from host_tests.support.check import raises
from host_tests.support.dates import seconds_at
from loquet.calendar import Calendar, date_of

DAY_S = 86400

PARIS = "CET-1CEST,M3.5.0,M10.5.0/3"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"
SYDNEY = "AEST-10AEDT,M10.1.0,M4.1.0/3"
LORD_HOWE = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"


def shown(zone, *utc):
    """The clock on the wall in `zone` at that time of UTC."""
    local = Calendar(zone, [], []).local(seconds_at(*utc))
    return "%04d-%02d-%02d %02d:%02d" % (
        local.year,
        local.month,
        local.day,
        local.minute // 60,
        local.minute % 60,
    )


def check(zone, rows):
    for utc, wall in rows:
        assert shown(zone, *utc) == wall, (zone, utc)


# Daylight saving time.


def test_north_of_the_equator():
    check(
        PARIS,
        (
            ((2026, 1, 1, 0, 0), "2026-01-01 01:00"),
            ((2026, 3, 29, 0, 59, 59), "2026-03-29 01:59"),
            ((2026, 3, 29, 1, 0, 0), "2026-03-29 03:00"),
            ((2026, 7, 14, 12, 0), "2026-07-14 14:00"),
            ((2026, 10, 25, 0, 0), "2026-10-25 02:00"),
            ((2026, 10, 25, 0, 59, 59), "2026-10-25 02:59"),
            ((2026, 10, 25, 1, 0, 0), "2026-10-25 02:00"),
            ((2026, 10, 25, 1, 59, 59), "2026-10-25 02:59"),
            ((2026, 10, 25, 2, 0), "2026-10-25 03:00"),
            ((2026, 12, 31, 22, 59, 59), "2026-12-31 23:59"),
            ((2026, 12, 31, 23, 0), "2027-01-01 00:00"),
        ),
    )


def test_west_of_greenwich():
    check(
        NEW_YORK,
        (
            ((2026, 3, 8, 6, 59, 59), "2026-03-08 01:59"),
            ((2026, 3, 8, 7, 0), "2026-03-08 03:00"),
            ((2026, 11, 1, 5, 59, 59), "2026-11-01 01:59"),
            ((2026, 11, 1, 6, 0), "2026-11-01 01:00"),
            ((2027, 1, 1, 4, 59, 59), "2026-12-31 23:59"),
            ((2027, 1, 1, 5, 0), "2027-01-01 00:00"),
        ),
    )


def test_south_of_the_equator():
    check(
        SYDNEY,
        (
            ((2026, 1, 1, 0, 0), "2026-01-01 11:00"),
            ((2026, 4, 4, 15, 59, 59), "2026-04-05 02:59"),
            ((2026, 4, 4, 16, 0), "2026-04-05 02:00"),
            ((2026, 7, 1, 0, 0), "2026-07-01 10:00"),
            ((2026, 10, 3, 15, 59, 59), "2026-10-04 01:59"),
            ((2026, 10, 3, 16, 0), "2026-10-04 03:00"),
            ((2026, 12, 31, 13, 0), "2027-01-01 00:00"),
        ),
    )


def test_half_an_hour_of_daylight_saving():
    check(
        LORD_HOWE,
        (
            ((2026, 4, 4, 14, 59, 59), "2026-04-05 01:59"),
            ((2026, 4, 4, 15, 0), "2026-04-05 01:30"),
            ((2026, 10, 3, 15, 29, 59), "2026-10-04 01:59"),
            ((2026, 10, 3, 15, 30), "2026-10-04 02:30"),
        ),
    )


def test_daylight_saving_time_may_be_behind():
    """Dublin: what the law calls standard time is that of the summer."""
    check(
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        (
            ((2026, 3, 29, 0, 59, 59), "2026-03-29 00:59"),
            ((2026, 3, 29, 1, 0), "2026-03-29 02:00"),
            ((2026, 10, 25, 0, 59, 59), "2026-10-25 01:59"),
            ((2026, 10, 25, 1, 0), "2026-10-25 01:00"),
        ),
    )


def test_a_change_at_midnight_of_the_day_after():
    """Cairo: the last Thursday of October, 24:00"""
    check(
        "EET-2EEST,M4.5.5/0,M10.5.4/24",
        (
            ((2026, 4, 23, 21, 59, 59), "2026-04-23 23:59"),
            ((2026, 4, 23, 22, 0), "2026-04-24 01:00"),
            ((2026, 10, 29, 20, 59, 59), "2026-10-29 23:59"),
            ((2026, 10, 29, 21, 0), "2026-10-29 23:00"),
            ((2026, 10, 29, 22, 0), "2026-10-30 00:00"),
        ),
    )


def test_a_change_on_another_day_than_the_rule_counts_from():
    """Jerusalem: the Friday before the last Sunday is 26 hours into a Thursday; Nuuk: the evening
    before a Sunday.
    """
    check(
        "IST-2IDT,M3.4.4/26,M10.5.0",
        (
            ((2026, 3, 26, 23, 59, 59), "2026-03-27 01:59"),
            ((2026, 3, 27, 0, 0), "2026-03-27 03:00"),
        ),
    )
    check(
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        (
            ((2026, 3, 29, 0, 59, 59), "2026-03-28 22:59"),
            ((2026, 3, 29, 1, 0), "2026-03-29 00:00"),
            ((2026, 10, 25, 0, 59, 59), "2026-10-24 23:59"),
            ((2026, 10, 25, 1, 0), "2026-10-24 23:00"),
        ),
    )


def test_days_of_the_year_with_and_without_29_february():
    """J60 is 1 March in every year; 60 is 1 March in leap years, else 2 March."""
    check(
        "AAA0BBB,J60/0,J300/0",
        (
            ((2027, 2, 28, 23, 59, 59), "2027-02-28 23:59"),
            ((2027, 3, 1, 0, 0), "2027-03-01 01:00"),
            ((2028, 2, 29, 23, 59, 59), "2028-02-29 23:59"),
            ((2028, 3, 1, 0, 0), "2028-03-01 01:00"),
        ),
    )
    check(
        "AAA0BBB,60/0,300/0",
        (
            ((2027, 3, 1, 23, 59, 59), "2027-03-01 23:59"),
            ((2027, 3, 2, 0, 0), "2027-03-02 01:00"),
            ((2028, 2, 29, 23, 59, 59), "2028-02-29 23:59"),
            ((2028, 3, 1, 0, 0), "2028-03-01 01:00"),
        ),
    )
    for rule in ("AAA0BBB,J59/0,J300/0", "AAA0BBB,58/0,300/0"):
        check(
            rule,
            (
                ((2028, 2, 27, 23, 59, 59), "2028-02-27 23:59"),
                ((2028, 2, 28, 0, 0), "2028-02-28 01:00"),
            ),
        )


def test_weeks_are_counted_from_the_first_such_day_of_the_month():
    """February 2026 begins on a Sunday and has four of them; March 2026 has five."""
    for rule, day in (("M2.1.0", 1), ("M2.2.0", 8), ("M2.4.0", 22), ("M2.5.0", 22)):
        check(
            "AAA0BBB," + rule + "/12,M11.1.0",
            (
                ((2026, 2, day, 11, 59, 59), "2026-02-%02d 11:59" % day),
                ((2026, 2, day, 12, 0), "2026-02-%02d 13:00" % day),
            ),
        )
    for rule, day in (("M3.1.6", 7), ("M3.4.0", 22), ("M3.5.0", 29), ("M3.5.6", 28)):
        check(
            "AAA0BBB," + rule + "/12,M11.1.0",
            (
                ((2026, 3, day, 11, 59, 59), "2026-03-%02d 11:59" % day),
                ((2026, 3, day, 12, 0), "2026-03-%02d 13:00" % day),
            ),
        )


def test_the_last_week_of_december():
    """A month whose end is that of the year: 27 December 2026 is its last Sunday."""
    check(
        "AAA0BBB,M6.1.0,M12.5.0/0",
        (
            ((2026, 12, 26, 22, 59, 59), "2026-12-26 23:59"),
            ((2026, 12, 26, 23, 0), "2026-12-26 23:00"),
        ),
    )


def test_daylight_saving_time_all_year():
    """As RFC 9636 writes it: it ends when the next year's begins."""
    check(
        "XXX3EDT4,0/0,J365/23",
        (
            ((2026, 1, 1, 2, 59, 59), "2025-12-31 22:59"),
            ((2026, 1, 1, 3, 0), "2025-12-31 23:00"),
            ((2026, 1, 1, 4, 0), "2026-01-01 00:00"),
            ((2026, 7, 1, 0, 0), "2026-06-30 20:00"),
            ((2028, 12, 31, 23, 0), "2028-12-31 19:00"),
        ),
    )


def test_a_change_that_belongs_to_another_year_than_its_day():
    """Up to a week: begins on 28 December of the year before, ends on 5 January of the next."""
    check(
        "AAA0BBB,J2/-120,J180/0",
        (
            ((2026, 12, 27, 23, 59, 59), "2026-12-27 23:59"),
            ((2026, 12, 28, 0, 0), "2026-12-28 01:00"),
            ((2027, 1, 1, 0, 0), "2027-01-01 01:00"),
        ),
    )
    check(
        "AAA0BBB,J180/0,J364/145",
        (
            ((2027, 1, 4, 23, 59, 59), "2027-01-05 00:59"),
            ((2027, 1, 5, 0, 0), "2027-01-05 00:00"),
        ),
    )


def test_two_changes_that_both_belong_to_another_year():
    check(
        "AAA0BBB,J1/-100,J2/-100",
        (
            ((2026, 12, 27, 19, 59, 59), "2026-12-27 19:59"),
            ((2026, 12, 27, 20, 0), "2026-12-27 21:00"),
            ((2026, 12, 28, 18, 59, 59), "2026-12-28 19:59"),
            ((2026, 12, 28, 19, 0), "2026-12-28 19:00"),
            ((2026, 12, 31, 12, 0), "2026-12-31 12:00"),
        ),
    )
    check(
        "AAA0BBB,J364/100,J365/100",
        (
            ((2027, 1, 1, 0, 0), "2027-01-01 00:00"),
            ((2027, 1, 3, 4, 0), "2027-01-03 05:00"),
            ((2027, 1, 4, 2, 59, 59), "2027-01-04 03:59"),
            ((2027, 1, 4, 3, 0), "2027-01-04 03:00"),
        ),
    )


def test_what_was_before_two_such_changes_goes_on_until_them():
    check(
        "AAA0BBB,J365/100,J364/100",
        (
            ((2027, 1, 1, 0, 0), "2027-01-01 01:00"),
            ((2027, 1, 3, 3, 0), "2027-01-03 03:00"),
            ((2027, 1, 4, 4, 0), "2027-01-04 05:00"),
        ),
    )
    calendar = Calendar("AAA0BBB,J1/-100,J2/-100", [], [])
    assert calendar.local(seconds_at(2026, 12, 31)).minute == 0
    assert calendar.local(seconds_at(2027, 12, 28)).minute == 60


def test_offsets_to_the_second():
    assert shown("AAA0:00:01", 2026, 1, 1) == "2025-12-31 23:59"
    assert shown("AAA-0:00:59", 2026, 1, 1, 0, 0, 1) == "2026-01-01 00:01"
    assert shown("<+1345>-13:45", 2026, 2, 28, 10, 15) == "2026-03-01 00:00"
    assert shown("<-12>12", 2028, 3, 1, 11, 59) == "2028-02-29 23:59"


def test_a_calendar_may_be_asked_in_any_order():
    """What it keeps of one question does not spoil the next, forward or back."""
    calendar = Calendar(PARIS, [], [])
    for utc, minute in (
        ((2026, 7, 1, 0, 0), 120),
        ((2026, 1, 1, 0, 0), 60),
        ((2026, 3, 29, 1, 0), 180),
        ((2026, 3, 29, 0, 59), 119),
        ((2026, 10, 25, 0, 59), 179),
        ((2026, 10, 25, 1, 0), 120),
        ((2020, 7, 1, 0, 0), 120),
        ((2099, 1, 1, 0, 0), 60),
    ):
        assert calendar.local(seconds_at(*utc)).minute == minute


# Dates.


def test_29_february():
    check(
        "UTC0",
        (
            ((2000, 2, 28, 23, 59, 59), "2000-02-28 23:59"),
            ((2000, 2, 29, 0, 0), "2000-02-29 00:00"),
            ((2000, 3, 1, 0, 0), "2000-03-01 00:00"),
            ((2027, 3, 1, 0, 0), "2027-03-01 00:00"),
            ((2028, 2, 29, 23, 59, 59), "2028-02-29 23:59"),
            ((2028, 3, 1, 0, 0), "2028-03-01 00:00"),
        ),
    )


def test_2100_is_no_leap_year_and_2000_was_one():
    day = seconds_at(2100, 2, 28) // DAY_S
    assert (date_of(day), date_of(day + 1)) == ((2100, 2, 28), (2100, 3, 1))
    day = seconds_at(2000, 2, 28) // DAY_S
    assert (date_of(day), date_of(day + 1)) == ((2000, 2, 28), (2000, 2, 29))


def test_every_day_of_the_years_we_build_for_follows_the_one_before():
    day = 0
    for year in range(1970, 2101):
        for month in range(1, 13):
            days = (seconds_at(year, month, 28) // DAY_S - day) + 1
            assert days == 28
            while date_of(day + days)[1] == month:
                days += 1
            assert date_of(day) == (year, month, 1)
            assert date_of(day + days - 1) == (year, month, days)
            day += days
    assert day * DAY_S == seconds_at(2101, 1, 1)


def test_ends_of_years():
    check(
        "UTC0",
        (
            ((1999, 12, 31, 23, 59, 59), "1999-12-31 23:59"),
            ((2000, 1, 1, 0, 0), "2000-01-01 00:00"),
            ((2028, 12, 31, 23, 59, 59), "2028-12-31 23:59"),
            ((2029, 1, 1, 0, 0), "2029-01-01 00:00"),
            ((2099, 12, 31, 23, 59, 59), "2099-12-31 23:59"),
        ),
    )
    assert shown("CET-1", 2099, 12, 31, 23, 59) == "2100-01-01 00:59"


def test_weekdays():
    calendar = Calendar("UTC0", [], [])
    for utc, weekday in (
        ((1970, 1, 1), 3),
        ((2000, 1, 1), 5),
        ((2026, 8, 3), 0),
        ((2026, 8, 9, 23, 59, 59), 6),
        ((2028, 2, 29), 1),
        ((2099, 12, 31), 3),
    ):
        assert calendar.local(seconds_at(*utc)).weekday == weekday


def test_the_second_from_which_32_bits_are_too_few():
    calendar = Calendar("UTC0", [], [])
    for seconds, minute in ((2**31 - 1, 194), (2**31, 194), (2**31 + 52, 195)):
        local = calendar.local(seconds)
        assert (local.year, local.month, local.day, local.minute) == (2038, 1, 19, minute)
    assert calendar.local(4102444799).year == 2099


def test_both_epochs():
    """Seconds count from 1970 on every board; 2000 is where some interpreters begin."""
    calendar = Calendar("UTC0", [], [])
    for seconds, date in ((0, (1970, 1, 1)), (946684800, (2000, 1, 1))):
        local = calendar.local(seconds)
        assert (local.year, local.month, local.day, local.minute) == date + (0,)
    assert shown(LORD_HOWE, 1970, 1, 1) == "1970-01-01 11:00"
    assert shown(NEW_YORK, 1970, 1, 1) == "1969-12-31 19:00"


def test_a_rule_that_is_none_is_refused():
    raises(ValueError, Calendar, "Europe/Paris", [], [])


def test_a_last_week_of_december_that_is_the_fifth():
    """31 December 2028 is a Sunday."""
    check(
        "AAA0BBB,M6.1.0,M12.5.0/0",
        (
            ((2028, 12, 30, 22, 59, 59), "2028-12-30 23:59"),
            ((2028, 12, 30, 23, 0), "2028-12-30 23:00"),
        ),
    )


def test_the_change_before_may_be_that_of_the_year_before_last():
    """On 1 January 2026, that of 2025 is still to come, and that of 2024 was in January 2025."""
    check("AAA0BBB,J365/160,J365/100", (((2026, 1, 1, 0, 0), "2026-01-01 01:00"),))


def test_the_next_change_may_be_that_of_the_year_after_next():
    """On 31 December 2026, that of 2027 is over, and that of 2028 comes in December 2027."""
    calendar = Calendar("AAA0BBB,J1/-100,J1/-160", [], [])
    for utc, minute in (((2026, 12, 31), 60), ((2027, 12, 25, 6, 59), 479), ((2027, 12, 26), 0)):
        assert calendar.local(seconds_at(*utc)).minute == minute


def test_dates_are_right_up_to_the_year_2200():
    for year in range(2101, 2201):
        day = seconds_at(year, 12, 31) // DAY_S
        assert (date_of(day), date_of(day + 1)) == ((year, 12, 31), (year + 1, 1, 1))
