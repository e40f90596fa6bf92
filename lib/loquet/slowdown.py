"""Slows down what a reader answers to unknown cards shown one after another.

Whoever tries out ids waits longer and longer for the light that says no. Nobody is locked out by
it: it is about the feedback alone, never about a decision or the relay.
"""

from loquet import access
from springcore.ticks import ticks_diff

# How long the answer to the first, second … unknown card in a row waits; from the last on, as long.
# The first are free: people hold out the wrong card, and then the right one.
DELAYS_MS = (0, 0, 250, 500, 1000, 2000)

# Without an unknown card for so long, a row is over.
QUIET_MS = 60000

UNKNOWN = (access.UNKNOWN_CARD, access.RANDOM_UID)


class Slowdown:
    """The row of unknown cards at one reader."""

    def __init__(self):
        self._in_a_row = 0
        self._last_ms = 0

    def delay_ms(self, decision, now_ms: int) -> int:
        """How long the feedback of `decision` has to wait. Other denials neither add nor end."""
        self.advance(now_ms)
        if decision.granted:
            self._in_a_row = 0
        if decision.reason not in UNKNOWN:
            return 0
        delay_ms = DELAYS_MS[self._in_a_row]
        self._in_a_row = min(self._in_a_row + 1, len(DELAYS_MS) - 1)
        self._last_ms = now_ms
        return delay_ms

    def advance(self, now_ms: int) -> None:
        """Ends a row that has been quiet. To be called at least every hour: ticks wrap."""
        if ticks_diff(now_ms, self._last_ms) >= QUIET_MS:
            self._in_a_row = 0
