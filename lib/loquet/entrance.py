"""What belongs to one door, and what to one reader at it.

An Entrance holds a door's state machine, its posture and who came in; a Side what the panel has to
remember of one reader. Neither decides, logs or grants: panel.py does.
"""

from loquet.door import Door
from loquet.passback import Passages
from loquet.posture import NORMAL, Posture
from loquet.repeat import RepeatFilter
from loquet.settings import ENTRY
from loquet.slowdown import Slowdown
from springcore.ticks import ticks_add, ticks_diff


class Entrance:
    """The door with these settings (`rules`), at `place` of the settings' list.

    `in_effect` is the posture that the panel has last told, and `relay` the level.
    """

    def __init__(self, place: int, rules):
        self.place = place
        self.rules = rules
        self.door = Door(rules)
        self.posture = Posture(rules)
        self.in_effect = NORMAL
        self.relay = False
        self._passages = Passages() if rules.anti_passback_s else None

    def passed_s(self, key: bytes, uptime_s: int) -> int | None:
        """Seconds since the card was let in here; None if that is not known."""
        return None if self._passages is None else self._passages.ago_s(key, uptime_s)

    def passes(self, key: bytes, entry: bool, uptime_s: int) -> None:
        """The card was granted, on its way in or out."""
        if self._passages is None:
            return
        if entry:
            self._passages.note(key, uptime_s)
        else:
            self._passages.forget(key)


class Side:
    """The reader with these settings, at `place` of the settings' list and at `entrance`."""

    def __init__(self, place: int, settings, entrance: Entrance, repeat_ms: int):
        self.place = place
        self.settings = settings
        self.entrance = entrance
        self.entry = settings.direction == ENTRY
        self.repeats = RepeatFilter(repeat_ms)
        self.slowdown = Slowdown()
        self._sequence: int | None = None  # the feedback that has to wait
        self._due_ms = 0

    def play(self, sequence: int, delay_ms: int, now_ms: int) -> None:
        """Has `feedback` give the sequence after `delay_ms`, and forget the one before."""
        self._sequence = sequence
        self._due_ms = ticks_add(now_ms, delay_ms)

    def feedback(self, now_ms: int) -> int | None:
        """The sequence to be played now, told once."""
        if self.next_due(now_ms) != 0:
            return None
        sequence = self._sequence
        self._sequence = None
        return sequence

    def advance(self, now_ms: int) -> None:
        """Forgets what is too old. To be called at least every hour: ticks wrap."""
        self.repeats.advance(now_ms)
        self.slowdown.advance(now_ms)

    def next_due(self, now_ms: int) -> int | None:
        """Milliseconds until `feedback` has one; None if none waits."""
        if self._sequence is None:
            return None
        return max(0, ticks_diff(self._due_ms, now_ms))
