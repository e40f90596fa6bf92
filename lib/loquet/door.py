"""One door: when its relay is energised, and nothing else.

Energised means released, always. A door is at rest when it is made, and only a granted Decision
takes it out of rest; time brings it back. A grant during a pulse begins the pulse anew, so the
person who comes second has the whole of it too.
"""

from loquet.errors import UsageError
from springcore.ticks import ticks_diff

AT_REST = "at rest"
RELEASED = "released"

GRANT = "grant"
PULSE_OVER = "pulse over"

# (state, event) -> next state. What is not here cannot happen.
TRANSITIONS = {
    (AT_REST, GRANT): RELEASED,
    (RELEASED, GRANT): RELEASED,
    (RELEASED, PULSE_OVER): AT_REST,
}

# The relay's level in each state.
ENERGISED = {AT_REST: False, RELEASED: True}


class Door:
    """A relay that releases for `pulse_ms` (at most an hour, so that no tick grows stale)."""

    def __init__(self, pulse_ms: int):
        self._pulse_ms = pulse_ms
        self._state = AT_REST
        self._pulse_began_ms = 0

    @property
    def energised(self) -> bool:
        """What the relay has to be now."""
        return ENERGISED[self._state]

    def grant(self, decision, now_ms: int) -> None:
        """Releases the door. Raises UsageError, and stays as it is, for a decision that denies."""
        if decision.granted is not True:
            raise UsageError("a denied decision (%s) at the door" % decision.reason)
        self._happens(GRANT)
        self._pulse_began_ms = now_ms

    def advance(self, now_ms: int) -> None:
        """Ends the pulse when its time is over."""
        if self.next_due(now_ms) == 0:
            self._happens(PULSE_OVER)

    def next_due(self, now_ms: int):
        """Milliseconds until `advance` has something to do; None at rest."""
        if self._state == AT_REST:
            return None
        return max(0, self._pulse_ms - ticks_diff(now_ms, self._pulse_began_ms))

    def _happens(self, event: str) -> None:
        self._state = TRANSITIONS[self._state, event]
