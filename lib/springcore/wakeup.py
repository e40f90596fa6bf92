"""The reader's /WAKEUP line: when to poll, and how old the event behind it is.

The reader holds the line low while it has an event, and releases it when the event has been sent
(protocol.md 1.5). It may fall again at once for the next one, too fast to be seen high between.

    state     entered when                          poll
    high      the line is seen high                 none
    fell      it is seen low after high             at once; the reader must answer
    polled    a poll has ended and it is still low  5 ms later; no answer means no event
    stuck     three such polls brought no event     every 500 ms, and other commands in between
"""

from springcore.ticks import ticks_add, ticks_diff

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


LOOK_AGAIN_MS = const(5)  # the line needs a moment to rise after an event
STUCK_POLL_MS = const(500)
_EMPTY_POLLS_MAX = const(3)

_HIGH = "high"
_FELL = "fell"
_POLLED = "polled"
_STUCK = "stuck"


class WakeupLine:
    """`poll_due` is the tick of the next poll, None while the line is high.

    `event_fell` tells when the line fell for the event that came last: no event is older. One that
    waited behind another while the line was low is as old as the first may be. On a stuck line it
    is the poll before: an event there looks young if several polls in a row were lost.
    """

    def __init__(self):
        self._state = _HIGH
        self._fell = 0
        self._taken = False  # an event has come since `_fell`
        self._empty_polls = 0
        self.poll_due = None
        self.event_fell = 0

    @property
    def low(self) -> bool:
        return self._state != _HIGH

    @property
    def stuck(self) -> bool:
        return self._state == _STUCK

    @property
    def must_answer(self) -> bool:
        """The next poll is for an event that the line has announced."""
        return self._state == _FELL

    def look(self, asserted: bool, now_ms: int) -> None:
        """The level as it was at `now_ms`."""
        if not asserted:
            self._state = _HIGH
            self.poll_due = None
            self._empty_polls = 0
        elif self._state == _HIGH:
            self._state = _FELL
            self._fell = now_ms
            self._taken = False
            self.poll_due = now_ms

    def edge(self, now_ms: int) -> None:
        """It fell at `now_ms`, and may have been high for too short a time to be seen so."""
        self.look(True, now_ms)
        if self._taken:
            # High in between: nothing waited behind the event that was taken.
            self._fell = now_ms
            self._taken = False

    def wants_poll(self, now_ms: int) -> bool:
        return self.poll_due is not None and ticks_diff(now_ms, self.poll_due) >= 0

    def on_event(self, now_ms: int) -> None:
        """A poll has brought an event. Another one may have waited behind it, as long."""
        self.event_fell = self._fell
        self._taken = True
        self._empty_polls = 0
        self._on_poll_ended(now_ms)

    def on_no_event(self, answered: bool, now_ms: int) -> None:
        """A poll has brought none: the reader `answered` that it has none, or nothing at all."""
        self._empty_polls += 1
        if self.low and self._empty_polls >= _EMPTY_POLLS_MAX:
            self._state = _STUCK
        # A poll or its answer may have been lost, and the event still waits since the line fell.
        if answered or self.stuck:
            self._fell = now_ms
        self._on_poll_ended(now_ms)

    def on_silence(self, now_ms: int) -> None:
        """A poll that had to be answered was not. If the reader turns out to be there, the line
        may be low for no reason."""
        self._on_poll_ended(now_ms)

    def _on_poll_ended(self, now_ms: int) -> None:
        if not self.low:
            return
        if not self.stuck:
            self._state = _POLLED
        self.poll_due = ticks_add(now_ms, STUCK_POLL_MS if self.stuck else LOOK_AGAIN_MS)
