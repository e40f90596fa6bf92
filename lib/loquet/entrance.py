"""What belongs to one door, and what to one reader at it.

An Entrance holds a door's state machine, its posture and who came in; a Side what the panel has to
remember of one reader. They give the actions that concern them alone. Neither decides, logs or
grants: panel.py does.
"""

from loquet import access
from loquet.door import Door
from loquet.passback import Passages
from loquet.posture import NORMAL, Posture
from loquet.repeat import RepeatFilter
from loquet.settings import ENTRY
from loquet.slowdown import Slowdown
from springcore.codes import SEQ_ACCESS_DENIED, SEQ_ACCESS_GRANTED
from springcore.ticks import ticks_add, ticks_diff

# Nobody is at the reader who needs an answer: the card lies there, or its event is old.
SILENT_REASONS = (access.REPEAT, access.STALE_EVENT)

# What is logged of a reader's state and troubles, by the name that the link gives them. The rest,
# such as a damaged line, anybody can cause as often as they like: it is reported only.
READER_KINDS = {
    "lost": "reader_lost",
    "ready": "reader_found",
    "unsupervised": "reader_unsupervised",
    "deaf": "reader_deaf",
    "reader_changed": "reader_changed",
    "reader_stopped": "reader_stopped",
    "reader_restarted": "reader_restarted",
    "wakeup_stuck_low": "reader_stuck",
    "wakeup_released": "reader_unstuck",
    "wakeup_storm": "reader_stuck",
    "wakeup_calm": "reader_unstuck",
}


class Relay:
    """Set the relay of `door`; energised is released."""

    def __init__(self, door: str, energised: bool):
        self.door = door
        self.energised = energised


class Feedback:
    """Have `reader` play the sequence with this number."""

    def __init__(self, reader: str, sequence: int):
        self.reader = reader
        self.sequence = sequence


class Report:
    """Tell the outside: `event` is a word, `fields` a dict that JSON can hold."""

    def __init__(self, event: str, fields: dict):
        self.event = event
        self.fields = fields


class Visit:
    """One card at `side`, and the Decision about it; `actions` come before those of its relay.

    `key` is what it presented, or None; `sightings` how often it was seen before, since it came.
    """

    def __init__(self, side, tag, key, decision, sightings: int, actions: list):
        self.side = side
        self.tag = tag
        self.key = key
        self.decision = decision
        self.sightings = sightings
        self.actions = actions


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

    def switch(self) -> list:
        """The relay's action, if its level is not the one told before."""
        energised = self.door.energised
        if energised == self.relay:
            return []
        self.relay = energised
        return [Relay(self.rules.name, energised)]

    def passes(self, key, entry: bool, uptime_s: int) -> None:
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
        self._waiting: Feedback | None = None
        self._due_ms = 0

    def sightings(self, tag, now_ms: int) -> int:
        """How often the card of `tag` was seen already since it came.

        Not to be asked for a doubtful event: one that may be forged or old must neither keep the
        card's next clean one from opening nor prolong its presence.
        """
        return 0 if tag.tag_id is None else self.repeats.seen(tag.tag_id, tag.tag_index, now_ms)

    def answer(self, decision, now_ms: int) -> list:
        """The feedback of `decision`: now, or from `advance` when it has to wait."""
        delay_ms = self.slowdown.delay_ms(decision, now_ms)
        if decision.reason in SILENT_REASONS:
            return []
        sequence = SEQ_ACCESS_GRANTED if decision.granted else SEQ_ACCESS_DENIED
        self._waiting = Feedback(self.settings.name, sequence)
        self._due_ms = ticks_add(now_ms, delay_ms)
        return self._feedback(now_ms)

    def report(self, tag, decision) -> Report:
        """What is told of the decision about `tag`."""
        return Report(
            "decision",
            {
                "reader": self.settings.name,
                "door": self.entrance.rules.name,
                "card": tag.tag_id.hex().upper() if tag.tag_id is not None else None,
                "granted": decision.granted,
                "reason": decision.reason,
            },
        )

    def advance(self, now_ms: int) -> list:
        """Forgets what is too old; the feedback that has waited. At least every hour."""
        self.repeats.advance(now_ms)
        self.slowdown.advance(now_ms)
        return self._feedback(now_ms)

    def next_due(self, now_ms: int) -> int | None:
        """Milliseconds until `advance` has a feedback; None if none waits."""
        if self._waiting is None:
            return None
        return max(0, ticks_diff(self._due_ms, now_ms))

    def _feedback(self, now_ms: int) -> list:
        if self.next_due(now_ms) != 0:
            return []
        feedback, self._waiting = self._waiting, None
        return [feedback]
