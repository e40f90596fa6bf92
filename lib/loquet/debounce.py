"""A contact or a button that bounces: what counts is a level that stays.

Nothing is asked for here; levels come in at any rate, from edges or from looking now and then. A
level counts when it has been there for the settle time and nothing else was seen meanwhile. What
bounces away between two looks did not happen, so a look late by an erase of the flash never makes
an opening out of a bounce.
"""

from springcore.ticks import ticks_diff


class Debounced:
    """`level` is the one that counts: None until the first has settled, then a boolean.

    `sample`, `settle` and `next_due` take ticks; `settle` has to be called at least every hour.
    """

    def __init__(self, settle_ms: int):
        self._settle_ms = settle_ms
        self.level: bool | None = None
        self._seen: bool | None = None
        self._since_ms = 0

    def sample(self, seen: bool, now_ms: int) -> None:
        """The level is `seen` now. In one pass this comes before `settle`."""
        if seen != self._seen:
            self._seen = seen
            self._since_ms = now_ms

    def settle(self, now_ms: int) -> bool:
        """True if what was seen has just become the level that counts."""
        if self.next_due(now_ms) != 0:
            return False
        self.level = self._seen
        return True

    def next_due(self, now_ms: int):
        """Milliseconds until `settle` has something to do; None while nothing changes."""
        if self._seen == self.level:
            return None
        return max(0, self._settle_ms - ticks_diff(now_ms, self._since_ms))
