"""Whether /WAKEUP falls so often that no reader can be behind it: a line that floats.

A reader's line falls once for each event. One that falls again and again with no event between has
come off, or picks up what is beside it. Each fall interrupts, and keeps the whole program busy
with nothing: in a storm nobody listens to falls, and the line's level is looked at now and then.

    state   entered when                           falls
    calm    at the start; a second of trial over   listened to
    storm   FALLS of them in a second, no event    not listened to
    trial   REST_MS of storm are over              listened to, but nothing is believed of them
"""

from springcore.ticks import ticks_diff

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


FALLS = const(32)  # more than the fastest reader has events in a second
WINDOW_MS = const(1000)
REST_MS = const(10000)

_CALM = "calm"
_STORM = "storm"
_TRIAL = "trial"


class Storm:
    """`look` is to be called in every pass, also when nothing falls."""

    def __init__(self):
        self._state = _CALM
        self._falls = 0
        self._since = 0

    @property
    def rages(self) -> bool:
        """Whether a fall means nothing."""
        return self._state != _CALM

    @property
    def listens(self) -> bool:
        """Whether anybody wants to know of falls."""
        return self._state != _STORM

    def on_fall(self) -> None:
        """The line has fallen."""
        self._falls += 1

    def on_event(self) -> None:
        """There was an event behind what fell."""
        self._falls = 0

    def look(self, now_ms: int) -> None:
        """Does what is due."""
        if self._falls >= FALLS:
            self._enter(_STORM, now_ms)
        elif self._state == _STORM and self._is_over(REST_MS, now_ms):
            self._enter(_TRIAL, now_ms)
        elif self._state != _STORM and self._is_over(WINDOW_MS, now_ms):
            self._enter(_CALM, now_ms)

    def _is_over(self, ms: int, now_ms: int) -> bool:
        # Ticks may begin anywhere: the first window may seem to lie ahead.
        return not 0 <= ticks_diff(now_ms, self._since) < ms

    def _enter(self, state: str, now_ms: int) -> None:
        self._state = state
        self._falls = 0
        self._since = now_ms
