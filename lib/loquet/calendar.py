"""Local time, weekly schedules and holidays.

Dates are computed here, in the Gregorian calendar and from seconds since 1970-01-01 UTC: what the
interpreters' own functions count from differs. Whether the clock may be believed is no question
of the calendar (clock.TRUST).
"""

from loquet import time_zone
from loquet.errors import UsageError
from loquet.settings import DAYS

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


HOLIDAY = "holiday"  # the day of DAYS that is none of the week

_DAY_S = const(86400)
_THURSDAY = const(3)  # 1970-01-01, counted from Monday = 0
_LEAP_DAYS_BEFORE_1970 = const(477)  # 29 February, from year 1 on
_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_FEBRUARY_28 = const(59)  # as a day of the year
_ENDLESS_S = const(1 << 40)


class Local:
    """A reading of the clock on the wall: `year`, `month`, `day`, `weekday` (0 = Monday) and
    `minute` (of the day, 0 to 1439).
    """

    def __init__(self, date: tuple, weekday: int, minute: int):
        self.year, self.month, self.day = date
        self.weekday = weekday
        self.minute = minute


class Calendar:
    """The settings' `time_zone`, `schedules` and `holidays`.

    What was found out about a day, and about daylight saving time up to its next change, is
    kept: a question about the same day again computes no date.
    """

    def __init__(self, zone_text: str, schedules: list, holidays: list):
        self._zone = time_zone.parse(zone_text)
        self._schedules = schedules
        self._holidays = holidays
        # Local time less UTC, from the first of the seconds to before the second.
        self._offset_s = self._zone.standard_s
        self._offset_from_s = self._offset_until_s = 0
        # The local day (from 1970-01-01), its name in DAYS and that of the day before.
        self._day: int | None = None
        self._today = self._yesterday = DAYS[0]

    def local(self, seconds: int) -> Local:
        """What the clock on the wall shows `seconds` after 1970-01-01 UTC."""
        day, second = self._local(seconds)
        return Local(date_of(day), _weekday(day), second // 60)

    def is_holiday(self, seconds: int) -> bool:
        """Is it a holiday, by local time?"""
        self._turn_to(self._local(seconds)[0])
        return self._today == HOLIDAY

    def is_open(self, schedule_name: str, seconds: int) -> bool:
        """Is it within the hours of that schedule? Raises UsageError for a name it has not.

        Hours go by the clock on the wall: those that a change to daylight saving time leaves
        out do not come, those that it repeats come twice. They last from the minute `begin` to
        before the minute `end`.
        """
        day, second = self._local(seconds)
        self._turn_to(day)
        minute = second // 60
        for hours in self._weekly(schedule_name):
            over_midnight = hours.end < hours.begin
            if self._today in hours.days and hours.begin <= minute:
                if over_midnight or minute < hours.end:
                    return True
            if over_midnight and minute < hours.end and self._yesterday in hours.days:
                return True
        return False

    def _weekly(self, schedule_name: str) -> list:
        for schedule in self._schedules:
            if schedule.name == schedule_name:
                return schedule.weekly
        raise UsageError("there is no schedule %s" % schedule_name)

    def _turn_to(self, day: int) -> None:
        if day != self._day:
            self._day = day
            self._today = self._name(day)
            self._yesterday = self._name(day - 1)

    def _name(self, day: int) -> str:
        date = date_of(day)
        for holiday in self._holidays:
            if _holds(holiday, date):
                return HOLIDAY
        return DAYS[_weekday(day)]

    def _local(self, seconds: int) -> tuple:
        """(local day from 1970-01-01, second of it)"""
        if not self._offset_from_s <= seconds < self._offset_until_s:
            self._find_offset(seconds)
        return divmod(seconds + self._offset_s, _DAY_S)

    def _find_offset(self, seconds: int) -> None:
        zone = self._zone
        self._offset_from_s, self._offset_until_s = -_ENDLESS_S, _ENDLESS_S
        if zone.begins is None:
            return
        year = date_of(seconds // _DAY_S)[0]
        # A rule may put a year's changes a week away, into the year before or after: two years
        # away there is always one of each before and after. Where both come at once, daylight
        # saving time begins after it ends.
        for near in range(year - 2, year + 3):
            ends_s = _change_s(zone.ends, near, zone.daylight_s)
            self._narrow(seconds, ends_s, zone.standard_s)
            begins_s = _change_s(zone.begins, near, zone.standard_s)
            self._narrow(seconds, begins_s, zone.daylight_s)

    def _narrow(self, seconds: int, change_s: int, offset_s: int) -> None:
        if change_s > seconds:
            self._offset_until_s = min(self._offset_until_s, change_s)
        elif change_s >= self._offset_from_s:
            self._offset_from_s = change_s
            self._offset_s = offset_s


def _holds(holiday, date: tuple) -> bool:
    """Is that date (year, month, day) one of the holiday's?"""
    first, last = holiday.first, holiday.last or holiday.first
    if not holiday.yearly:
        return first <= date <= last
    first, last, date = first[1:], last[1:], date[1:]
    if first <= last:
        return first <= date <= last
    return date >= first or date <= last  # from December to January


# Days are counted from 1970-01-01, which is 0.


def date_of(day: int) -> tuple:
    """(year, month, day) of a day of 1970 to 2200."""
    year = 1970 + day // 366  # as if every year were a leap year: never too late
    if day >= _first_day(year + 1, 1):
        year += 1
    # As if every month were a February: never too early.
    month = min(12, (day - _first_day(year, 1)) // 29 + 1)
    if day < _first_day(year, month):
        month -= 1
    return year, month, day - _first_day(year, month) + 1


def _first_day(year: int, month: int) -> int:
    """The day on which that month begins; month 13 is the next year's first."""
    if month == 13:
        year, month = year + 1, 1
    past = year - 1 if month < 3 else year
    leap_days = past // 4 - past // 100 + past // 400 - _LEAP_DAYS_BEFORE_1970
    return 365 * (year - 1970) + leap_days + _BEFORE_MONTH[month - 1]


def _weekday(day: int) -> int:
    """0 = Monday"""
    return (day + _THURSDAY) % 7


def _change_s(change: tuple, year: int, offset_s: int) -> int:
    """Seconds since 1970 at which that year's change (time_zone.Zone) comes; `offset_s` is the
    local time's before it.
    """
    form, numbers, second = change
    return _DAY_S * _change_day(form, numbers, year) + second - offset_s


def _change_day(form: str, numbers: tuple, year: int) -> int:
    if form == "M":
        return _nth_weekday(year, *numbers)
    first = _first_day(year, 1)
    if form == "N":
        return first + numbers[0]
    day = first + numbers[0] - 1
    # Such a number means the same date in every year: 29 February has none.
    return day + 1 if numbers[0] > _FEBRUARY_28 and _first_day(year, 3) - first == 60 else day


def _nth_weekday(year: int, month: int, week: int, sunday_based: int) -> int:
    """`week` 5 is the last one, whether there are four or five."""
    first = _first_day(year, month)
    day = first + (sunday_based - 1 - _weekday(first)) % 7 + 7 * (week - 1)
    return day if day < _first_day(year, month + 1) else day - 7
