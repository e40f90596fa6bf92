"""The calendar against Python's own: local time by zoneinfo, hours by a list of open minutes."""

import io
import struct
import zoneinfo
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquet import settings
from loquet.calendar import Calendar

DAY_S = 86400

PARIS = "CET-1CEST,M3.5.0,M10.5.0/3"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"
LORD_HOWE = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"

# A rule, and a zone that has it from the first day of one year to that of another.
ZONES = (
    (PARIS, "Europe/Paris", 2000, 2038),
    (NEW_YORK, "America/New_York", 2008, 2038),
    (LORD_HOWE, "Australia/Lord_Howe", 2009, 2038),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "Australia/Sydney", 2009, 2038),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "Europe/Dublin", 2000, 2038),
    ("NZST-12NZDT,M9.5.0,M4.1.0/3", "Pacific/Auckland", 2009, 2038),
    ("IST-2IDT,M3.4.4/26,M10.5.0", "Asia/Jerusalem", 2014, 2038),
    ("IST-5:30", "Asia/Kolkata", 2000, 2038),
    ("<+0545>-5:45", "Asia/Kathmandu", 2000, 2038),
    ("MST7", "America/Phoenix", 2000, 2038),
    ("UTC0", "UTC", 2000, 2038),
)


def python_zone(rule):
    """Python reads a rule only from the end of a file that has no other change."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    block = b"TZif2" + bytes(15) + counts + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    footer = b"\n" + rule.encode() + b"\n"
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(block + block + footer))


def theirs(zone, seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).astimezone(zone)


def assert_same(calendar, zone, seconds):
    local, expected = calendar.local(seconds), theirs(zone, seconds)
    assert (local.year, local.month, local.day) == (expected.year, expected.month, expected.day)
    assert local.minute == 60 * expected.hour + expected.minute
    assert local.weekday == expected.weekday()


def seconds_of(year):
    return int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp())


def first_of_the_new(zone, before, after):
    """The second between two at which the offset is that of the later."""
    new = theirs(zone, after).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if theirs(zone, middle).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after


def assert_same_years(rule, zone, first, after_last):
    """Every noon, and both sides of every change."""
    calendar = Calendar(rule, [], [])
    changes = 0
    for noon in range(seconds_of(first) + DAY_S // 2, seconds_of(after_last), DAY_S):
        assert_same(calendar, zone, noon)
        if theirs(zone, noon).utcoffset() != theirs(zone, noon - DAY_S).utcoffset():
            change = first_of_the_new(zone, noon - DAY_S, noon)
            assert_same(calendar, zone, change)
            assert_same(calendar, zone, change - 1)
            changes += 1
    return changes


@pytest.mark.parametrize("rule, name, first, after_last", ZONES)
def test_a_zone_of_the_world(rule, name, first, after_last):
    try:
        zone = zoneinfo.ZoneInfo(name)
    except zoneinfo.ZoneInfoNotFoundError:
        pytest.skip("this machine has no table of the world's time zones")
    changes = assert_same_years(rule, zone, first, after_last)
    assert changes == (2 * (after_last - first) if "," in rule else 0)


@pytest.mark.parametrize("rule", [row[0] for row in ZONES])
def test_a_rule_through_all_the_years_we_build_for(rule):
    changes = assert_same_years(rule, python_zone(rule), 2000, 2100)
    assert changes == (200 if "," in rule else 0)


def changes(months, days):
    hours = st.integers(-167, 167)
    weekday = st.builds("M{}.{}.{}/{}".format, months, st.integers(1, 5), st.integers(0, 6), hours)
    return st.one_of(weekday, st.builds("J{}/{}".format, days, hours))


# Far from the year's ends and from each other: for what overlaps, Python looks at one year alone.
# Not by the number of a day from 0, nor by J59: some Pythons take them for the day before and,
# in leap years, the day after.
spring = changes(st.integers(2, 4), st.integers(60, 130))
autumn = changes(st.integers(7, 11), st.integers(190, 345))
offsets = st.builds("{}:{:02}:{:02}".format, st.integers(-12, 12), *[st.integers(0, 59)] * 2)
rules = st.one_of(
    st.builds("AAA{}BBB{},{},{}".format, offsets, offsets, spring, autumn),
    st.builds("AAA{}BBB{},{},{}".format, offsets, offsets, autumn, spring),
)
years = st.integers(1971, 2098)


@given(rules, years)
def test_any_rule_with_changes_within_the_year(rule, year):
    zone = python_zone(rule)
    calendar = Calendar(rule, [], [])
    for day in range(seconds_of(year), seconds_of(year + 1), DAY_S):
        assert_same(calendar, zone, day)
        if theirs(zone, day).utcoffset() != theirs(zone, day + DAY_S).utcoffset():
            change = first_of_the_new(zone, day, day + DAY_S)
            assert_same(calendar, zone, change)
            assert_same(calendar, zone, change - 1)


any_rule = st.one_of(rules, st.sampled_from([row[0] for row in ZONES]))
any_second = st.integers(0, seconds_of(2100) - 1)


@given(any_rule, st.lists(any_second, min_size=2, max_size=8))
def test_questions_in_any_order(rule, questions):
    zone = python_zone(rule)
    calendar = Calendar(rule, [], [])
    for seconds in questions:
        assert_same(calendar, zone, seconds)


# Hours. The model writes down every open minute of every day.

LEAP_YEAR = [date(2000, 1, 1) + timedelta(days) for days in range(366)]


def month_and_day(text):
    return tuple(map(int, text.split("-")))[1:]


def is_holiday(holiday, day):
    if not holiday["yearly"]:
        return holiday["first"] <= day.isoformat() <= (holiday["last"] or holiday["first"])
    # Walks through a calendar that has every date there is.
    at = date(2000, *month_and_day(holiday["first"]))
    end = month_and_day(holiday["last"] or holiday["first"])
    while (at.month, at.day) != (day.month, day.day):
        if (at.month, at.day) == end:
            return False
        at = LEAP_YEAR[(LEAP_YEAR.index(at) + 1) % len(LEAP_YEAR)]
    return True


def minute_of(text):
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def open_minutes(weekly, holidays, days):
    """Every open (date, minute) of those days."""
    found = set()
    for day in days:
        off = any(is_holiday(holiday, day) for holiday in holidays)
        name = "holiday" if off else settings.DAYS[day.weekday()]
        for row in weekly:
            begin, end = minute_of(row["begin"]), minute_of(row["end"])
            if name in row["days"]:
                for minute in range(begin, end if end > begin else end + 1440):
                    found.add((day + timedelta(minute // 1440), minute % 1440))
    return found


def clock_text(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def weekly_rows(draw):
    begin = draw(st.integers(0, 1439))
    # Near the begin as often as far: over midnight, and nearly a day.
    end = draw(st.one_of(st.integers(0, 1440), st.sampled_from([0, 1440, begin - 1, begin + 1])))
    if end in (-1, begin):
        end = begin + 1
    days = draw(st.lists(st.sampled_from(settings.DAYS), min_size=1, max_size=8))
    return {"days": days, "begin": clock_text(begin), "end": clock_text(end)}


@st.composite
def holidays(draw, near):
    """Some days around `near`, in this year or, yearly, as written in another."""
    first = near + timedelta(draw(st.integers(-8, 8)))
    last = draw(st.none() | st.integers(0, 6).map(lambda days: first + timedelta(days)))
    return {
        "first": first.isoformat(),
        "last": last and last.isoformat(),
        "yearly": draw(st.booleans()),
    }


@st.composite
def worlds(draw):
    ordinary = st.dates(date(2021, 1, 10), date(2098, 12, 1))
    special = st.sampled_from([date(2026, 12, 31), date(2028, 2, 29), date(2027, 2, 28)])
    day = draw(ordinary | special)
    weekly = draw(st.lists(weekly_rows(), min_size=1, max_size=4))
    # A yearly holiday may be written in any year that has the date.
    written = draw(st.sampled_from([day, date(2032, day.month, day.day)]))
    off = draw(st.lists(st.one_of(holidays(day), holidays(written)), max_size=3))
    rule = draw(st.sampled_from([PARIS, NEW_YORK, LORD_HOWE, "UTC0", "<+13>-13"]))
    return day, weekly, off, rule


@given(worlds())
def test_it_is_open_in_the_minutes_that_a_list_of_them_has(world):
    day, weekly, off, rule = world
    loaded = settings.load(
        {
            "readers": [{"name": "r"}],
            "doors": [{"name": "d"}],
            "time_zone": rule,
            "schedules": [{"name": "s", "weekly": weekly}],
            "holidays": off,
        }
    )
    calendar = Calendar(loaded.time_zone, loaded.schedules, loaded.holidays)
    zone = python_zone(rule)
    expected = open_minutes(weekly, off, [day + timedelta(days) for days in range(-3, 4)])
    begin = int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())
    for seconds in range(begin - DAY_S, begin + DAY_S, 60):
        local = theirs(zone, seconds)
        found = calendar.is_open("s", seconds)
        assert found is ((local.date(), 60 * local.hour + local.minute) in expected), local
