"""What time it is, and how far that may be believed.

Milliseconds come in as ticks and are counted here; nothing asks the hardware. The clock is unknown
until somebody says what time it is, and an unknown clock is never a reason to grant anything:
TRUST says what each feature does at each quality.

Seconds count from 1970-01-01 UTC on every board. Where the interpreter counts from 2000
(MicroPython on the ESP32), the hal adds the 946,684,800 seconds between.
"""

from loquet.errors import UsageError
from springcore.ticks import ticks_diff

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# Qualities, the worst first.
UNKNOWN = "unknown"
FREE_RUNNING = "free_running"
SYNCHRONISED = "synchronised"
QUALITIES = (UNKNOWN, FREE_RUNNING, SYNCHRONISED)

# What asks for the time.
PERMANENT_CARD = "permanent_card"
DATED_CARD = "dated_card"
SCHEDULED_CARD = "scheduled_card"
SCHEDULED_UNLOCK = "scheduled_unlock"
FIRST_CARD = "first_card"
ANTI_PASSBACK = "anti_passback"
LOG = "log"

# What it then does.
WORKS = "works"
MARKED = "marked"  # works; what it writes says that the time may be wrong
BY_SETTING = "by_setting"  # works if the settings say so; by default they do not
REFUSED = "refused"

# Feature, and what it does at each of QUALITIES. Printed in README.md.
TRUST = (
    (PERMANENT_CARD, WORKS, WORKS, WORKS),
    (DATED_CARD, REFUSED, BY_SETTING, WORKS),
    (SCHEDULED_CARD, REFUSED, BY_SETTING, WORKS),
    (SCHEDULED_UNLOCK, REFUSED, BY_SETTING, WORKS),
    (FIRST_CARD, REFUSED, BY_SETTING, WORKS),
    (ANTI_PASSBACK, WORKS, WORKS, WORKS),  # it counts `uptime_s`, which needs no setting
    (LOG, MARKED, MARKED, WORKS),
)

# What a clock may be set to: a time before is from a board that lost it, and the log's last
# second is in 2106.
EARLIEST_S = const(1577836800)  # 2020-01-01, where the minutes of cards begin
AFTER_LATEST_S = const(4102444800)  # 2100-01-01


def trusted(feature: str, quality: str, use_free_running: bool) -> bool:
    """May `feature` go by a clock of that quality? `use_free_running` is what the settings say.

    Raises UsageError for a name that is not in TRUST.
    """
    does = _does(feature, quality)
    if does == BY_SETTING:
        return use_free_running is True
    return does in (WORKS, MARKED)


def _does(feature: str, quality: str) -> str:
    for row in TRUST:
        if row[0] == feature and quality in QUALITIES:
            return row[1 + QUALITIES.index(quality)]
    raise UsageError("nothing is said about %s with a clock that is %s" % (feature, quality))


class Moment:
    """One reading: `seconds` since 1970-01-01 UTC (0 while unknown), and its `quality`."""

    def __init__(self, seconds: int, quality: str):
        self.seconds = seconds
        self.quality = quality

    @property
    def minute(self) -> int:
        """Minutes since 2020-01-01 UTC, as on cards; means nothing while unknown."""
        return (self.seconds - EARLIEST_S) // 60


class Step:
    """What has to be recorded of a setting: `step_s` (new time less old; None: the clock was
    unknown), and whether it went `backward`.
    """

    def __init__(self, step_s, backward: bool):
        self.step_s = step_s
        self.backward = backward


class Clock:
    """Counts ticks into seconds, and knows for how long it has been told nothing.

    Synchronised lasts `synchronised_h` hours; a step forward of up to `step_limit_s` seconds
    needs no record. `now`, `advance`, `start` and `set` have to be called at least once an hour
    between them: ticks wrap, and a pause of 3.1 days or more loses time without a trace.
    `uptime_s` only rises; it counts from the first tick told.
    """

    def __init__(self, synchronised_h: int, step_limit_s: int):
        self._synchronised_s = 3600 * synchronised_h
        self._step_limit_s = step_limit_s
        self._quality = UNKNOWN
        self.uptime_s = 0
        self._rest_ms = 0  # of the uptime, below a second
        self._last_ms: int | None = None  # the tick up to which the uptime is counted
        # What the clock was told, and the uptime then.
        self._told_s = 0
        self._told_uptime_s = 0
        self._told_rest_ms = 0

    def start(self, seconds: int, synchronised: bool, now_ms: int) -> None:
        """What the board's own clock says when the panel starts.

        A time that cannot be (a flat battery's) leaves the clock unknown.
        """
        self.advance(now_ms)
        if _possible(seconds):
            self._take(seconds, SYNCHRONISED if synchronised else FREE_RUNNING)

    def set(self, seconds: int, now_ms: int):
        """A trusted source (a person, NTP) says what time it is: synchronised from now on.

        Returns the Step to be recorded, or None if there is none: the step was forward (or
        nothing) and within the limit. Raises UsageError, and stays as it is, for a time before
        2020 or after 2099.
        """
        if not _possible(seconds):
            raise UsageError("a clock cannot be set to %r" % (seconds,))
        before = self.now(now_ms)
        self._take(seconds, SYNCHRONISED)
        if before.quality == UNKNOWN:
            return Step(None, False)
        step_s = seconds - before.seconds
        backward = step_s < 0
        return Step(step_s, backward) if backward or step_s > self._step_limit_s else None

    def now(self, now_ms: int) -> Moment:
        """What time it is at the tick `now_ms`."""
        self.advance(now_ms)
        if self._quality == UNKNOWN:
            return Moment(0, UNKNOWN)
        return Moment(self._told_s + self._since_told_s(), self._quality)

    def next_minute_ms(self, now_ms: int) -> int | None:
        """Milliseconds until the minute changes; None while unknown."""
        moment = self.now(now_ms)
        if moment.quality == UNKNOWN:
            return None
        of_the_second_ms = (self._rest_ms - self._told_rest_ms) % 1000
        return 1000 * (60 - moment.seconds % 60) - of_the_second_ms

    def advance(self, now_ms: int) -> None:
        """Counts the time up to the tick `now_ms`; one from before the last counts nothing."""
        if self._last_ms is None:
            self._last_ms = now_ms
        passed_ms = ticks_diff(now_ms, self._last_ms)
        if passed_ms <= 0:
            return
        self._last_ms = now_ms
        self._rest_ms += passed_ms
        self.uptime_s += self._rest_ms // 1000
        self._rest_ms %= 1000
        if self._quality == SYNCHRONISED and self._since_told_s() >= self._synchronised_s:
            self._quality = FREE_RUNNING

    def _take(self, seconds: int, quality: str) -> None:
        self._quality = quality
        self._told_s = seconds
        self._told_uptime_s = self.uptime_s
        self._told_rest_ms = self._rest_ms

    def _since_told_s(self) -> int:
        # Whole seconds: a part of one that was over when the clock was told does not count.
        return self.uptime_s - self._told_uptime_s - (self._rest_ms < self._told_rest_ms)


def _possible(seconds) -> bool:
    return isinstance(seconds, int) and EARLIEST_S <= seconds < AFTER_LATEST_S
