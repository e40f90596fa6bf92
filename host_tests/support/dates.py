"""Dates the slow way, so that nothing of what is tested is used: day by day from 1970."""


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(year, month):
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def seconds_at(year, month, day, hour=0, minute=0, second=0):
    """Seconds since 1970-01-01 UTC at that time of UTC."""
    days = day - 1
    for past in range(1970, year):
        days += 366 if is_leap(past) else 365
    for past in range(1, month):
        days += days_in(year, past)
    return ((24 * days + hour) * 60 + minute) * 60 + second
