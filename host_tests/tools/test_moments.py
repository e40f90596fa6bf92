"""Times as people write them: by the clock on the wall, whatever it does twice a year."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from loquet.calendar import Calendar
from loquet_tools.errors import ArgumentError
from loquet_tools.moments import local, parse, utc

PARIS = "CET-1CEST,M3.5.0,M10.5.0/3"
DUBLIN = "IST-1GMT0,M10.5.0,M3.5.0/1"  # what is called daylight saving time is in winter
SYDNEY = "AEST-10AEDT,M10.1.0,M4.1.0/3"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"
LORD_HOWE = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"


def taken(text, zone):
    seconds, note = parse("--at", text, zone)
    return utc(seconds), note


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-11-21T08:30Z", PARIS, "2026-11-21T08:30Z"),
        ("2026-11-21T08:30", PARIS, "2026-11-21T07:30Z"),
        ("2026-07-01T00:15", PARIS, "2026-06-30T22:15Z"),
        ("2026-07-01T00:15", DUBLIN, "2026-06-30T23:15Z"),
        ("2026-12-31T23:59", NEW_YORK, "2027-01-01T04:59Z"),
        ("2026-01-01T09:00", SYDNEY, "2025-12-31T22:00Z"),
        ("2026-06-01T00:00", LORD_HOWE, "2026-05-31T13:30Z"),
        ("2026-11-21T08:30", "UTC0", "2026-11-21T08:30Z"),
        ("2028-02-29T12:00", "<-03>3", "2028-02-29T15:00Z"),
    ],
)
def test_local_time_goes_by_the_zone_and_z_is_utc(text, zone, expected):
    assert taken(text, zone) == (expected, None)


@pytest.mark.parametrize(
    ("text", "zone", "first", "second"),
    [
        ("2026-10-25T02:00", PARIS, "2026-10-25T00:00Z", "2026-10-25T01:00Z"),
        ("2026-10-25T02:59", PARIS, "2026-10-25T00:59Z", "2026-10-25T01:59Z"),
        ("2026-10-25T01:30", DUBLIN, "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
        ("2026-11-01T01:30", NEW_YORK, "2026-11-01T05:30Z", "2026-11-01T06:30Z"),
        ("2026-04-05T01:45", LORD_HOWE, "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
    ],
)
def test_of_a_time_that_comes_twice_the_first_is_taken_and_said(text, zone, first, second):
    seconds, note = taken(text, zone)
    assert seconds == first
    assert note == (
        f"{text} comes twice, for the clock goes back then: the first is taken, {first}, "
        f"and not {second}"
    )


@pytest.mark.parametrize(
    ("text", "zone", "expected", "shown"),
    [
        ("2026-03-29T02:00", PARIS, "2026-03-29T01:00Z", "2026-03-29T03:00"),
        ("2026-03-29T02:59", PARIS, "2026-03-29T01:59Z", "2026-03-29T03:59"),
        ("2026-03-29T01:30", DUBLIN, "2026-03-29T01:30Z", "2026-03-29T02:30"),
        ("2026-03-08T02:30", NEW_YORK, "2026-03-08T07:30Z", "2026-03-08T03:30"),
        ("2026-10-04T02:15", LORD_HOWE, "2026-10-03T15:45Z", "2026-10-04T02:45"),
    ],
)
def test_for_a_time_that_never_comes_the_clock_is_not_yet_put_forward(text, zone, expected, shown):
    seconds, note = taken(text, zone)
    assert seconds == expected
    assert note == (
        f"{text} never comes, for the clock goes forward then: {shown} is taken, {expected}"
    )


@pytest.mark.parametrize("text", ["2026-10-25T01:59", "2026-10-25T03:00", "2026-03-29T01:59"])
def test_beside_a_change_everything_is_clear(text):
    assert taken(text, PARIS)[1] is None


def test_every_half_hour_of_a_year_is_what_the_worlds_zone_table_says():
    zone, calendar = ZoneInfo("Europe/Paris"), Calendar(PARIS, [], [])
    first = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp())
    for seconds in range(first, first + 365 * 86400, 1800):
        shown = local(seconds, calendar)
        there = datetime.fromtimestamp(seconds, zone)
        assert shown == there.strftime("%Y-%m-%dT%H:%M")
        back, note = parse("--at", shown, PARIS)
        assert back == seconds - 3600 * there.fold, note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-21",
        "2026-11-21 08:30",
        "2026-11-21T8:30",
        "2026-11-21T08:30:00",
        "2026-11-21T08:30+01:00",
        "2026-11-21T08:30ZZ",
        "2026-02-29T08:30",
        "2026-11-21T24:00",
        "0000-01-01T00:00",
        "0001-01-01T00:00",
        "1969-12-31T23:59",
        "9999-12-31T23:59",
        "2019-12-31T23:59Z",
        "2100-01-01T00:00Z",
        "٢٠26-11-21T08:30",
    ],
)
def test_what_is_no_such_time_is_refused(text):
    with pytest.raises(ArgumentError) as caught:
        parse("--at", text, PARIS)
    assert str(caught.value).startswith(f"--at is {text!r}; allowed: a minute of 2020 to 2099")


def test_the_first_and_the_last_minute_are_allowed():
    assert taken("2020-01-01T00:00Z", PARIS)[0] == "2020-01-01T00:00Z"
    assert taken("2099-12-31T23:59", "UTC0")[0] == "2099-12-31T23:59Z"
    with pytest.raises(ArgumentError):
        parse("--at", "2020-01-01T00:59", PARIS)
