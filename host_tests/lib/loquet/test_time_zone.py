"""POSIX time zone rules: what they mean, and which are none."""

from host_tests.support.check import raises
from loquet.time_zone import parse


def test_a_zone_without_daylight_saving_time():
    zone = parse("UTC0")
    assert (zone.standard_s, zone.daylight_s, zone.begins, zone.ends) == (0, None, None, None)


def test_posix_counts_what_is_missing_to_utc():
    assert parse("EST5").standard_s == -5 * 3600
    assert parse("CET-1").standard_s == 3600
    assert parse("<+0530>-5:30").standard_s == 19800
    assert parse("LMT+0:09:21").standard_s == -561


def test_daylight_saving_time_is_an_hour_ahead_and_changes_at_two():
    zone = parse("CET-1CEST,M3.5.0,M10.5.0/3")
    assert (zone.standard_s, zone.daylight_s) == (3600, 7200)
    assert zone.begins == ("M", (3, 5, 0), 7200)
    assert zone.ends == ("M", (10, 5, 0), 10800)


def test_daylight_saving_time_may_have_an_offset_of_its_own():
    zone = parse("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")
    assert (zone.standard_s, zone.daylight_s) == (37800, 39600)


def test_changes_may_be_days_of_the_year_and_times_far_away():
    zone = parse("XXX3YYY,J60/-1:30,364/167")
    assert zone.begins == ("J", (60,), -5400)
    assert zone.ends == ("N", (364,), 167 * 3600)


def test_what_is_no_rule_is_refused():
    for wrong in (
        "",
        "UTC",
        "UT0",
        "U2C0",
        "<UTC0",
        "<+>0",
        "UTC25",
        "UTC0:60",
        "UTC0:00:60",
        "UTC:30",
        "UTC0 ",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/",
        "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,M3.5.0,M10.5.0,",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5,M10.5.0",
        "CET-1CEST,M3,M10.5.0",
        "CET-1CEST,J0,J10",
        "CET-1CEST,366,10",
        "CET-1CEST,0001,10",
        "Europe/Paris",
        None,
        1,
    ):
        raises(ValueError, parse, wrong)
