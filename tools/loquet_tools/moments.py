"""A moment as people write it, into seconds since 1970 UTC.

    2026-11-21T08:30     by the clock on the wall, in the settings' time zone
    2026-11-21T08:30Z    in UTC

Of a minute that the clock shows twice, when daylight saving time ends, the first is meant. For one
that it never shows the clock is taken as not yet put forward: 02:30 is what it then calls 03:30.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from loquet import time_zone
from loquet.calendar import Calendar
from loquet.clock import AFTER_LATEST_S, EARLIEST_S
from loquet_tools.errors import ArgumentError

_EPOCH = datetime(1970, 1, 1)


def parse(name: str, text: str, zone_text: str) -> tuple[int, str | None]:
    """(seconds, what was taken if that was not clear). ArgumentError names `name` and the text."""
    wall_s = _seconds(text)
    if wall_s is None:
        raise _refused(name, text)
    seconds, note = (wall_s, None) if text.endswith("Z") else _from_local(wall_s, zone_text)
    if not EARLIEST_S <= seconds < AFTER_LATEST_S:
        raise _refused(name, text)
    return seconds, note


def utc(seconds: int) -> str:
    """As `parse` reads it: 2026-11-21T08:30Z."""
    return _written(seconds) + "Z"


def local(seconds: int, calendar: Calendar) -> str:
    """What the clock on the wall shows: 2026-11-21T08:30."""
    shown = calendar.local(seconds)
    day = datetime(shown.year, shown.month, shown.day)
    return _written(int((day - _EPOCH).total_seconds()) + 60 * shown.minute)


def _from_local(wall_s: int, zone_text: str) -> tuple[int, str | None]:
    zone = time_zone.parse(zone_text)
    offsets = {zone.standard_s, zone.standard_s if zone.daylight_s is None else zone.daylight_s}
    calendar = Calendar(zone_text, [], [])
    tried = sorted(wall_s - offset_s for offset_s in offsets)
    shown = _written(wall_s)
    found = [seconds for seconds in tried if local(seconds, calendar) == shown]
    if not found:
        taken = f"{local(tried[-1], calendar)} is taken, {utc(tried[-1])}"
        return tried[-1], f"{shown} never comes, for the clock goes forward then: {taken}"
    if len(found) == 1:
        return found[0], None
    taken = f"the first is taken, {utc(found[0])}, and not {utc(found[1])}"
    return found[0], f"{shown} comes twice, for the clock goes back then: {taken}"


def _seconds(text: str) -> int | None:
    """As if the text were in UTC; None if it is no time of this century."""
    if not re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\dZ?", text, re.ASCII):
        return None
    try:
        moment = datetime.fromisoformat(text.rstrip("Z"))
    except ValueError:
        return None
    return int(moment.replace(tzinfo=timezone.utc).timestamp())


def _written(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M")


def _refused(name: str, text: str) -> ArgumentError:
    return ArgumentError(
        f"{name} is {text!r}; allowed: a minute of 2020 to 2099, as in 2026-11-21T08:30 in the "
        "settings' time zone or 2026-11-21T08:30Z in UTC"
    )
