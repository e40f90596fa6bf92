"""The panel: takes what readers saw, decides, and says what is to be done.

The only caller of Door.grant. It returns actions in the order in which they must be carried out:
the relay first because a person is waiting, then the reader's light and sound, then the report.
Time comes in as `now_ms`; nothing here waits.
"""

from loquet import access
from loquet.door import Door
from loquet.repeat import RepeatFilter
from springcore.codes import SEQ_ACCESS_DENIED, SEQ_ACCESS_GRANTED

# Nobody is at the reader who needs an answer: the card lies there, or its event is old.
SILENT_REASONS = (access.REPEAT, access.STALE_EVENT)


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


class Panel:
    """All readers of `settings` and the one door that they open."""

    def __init__(self, settings):
        self._cards = settings.cards
        self._door_name = settings.doors[0].name
        self._door = Door(settings.doors[0].pulse_ms)
        self._repeats = {
            reader.name: RepeatFilter(settings.repeat_ms) for reader in settings.readers
        }

    def on_tag(self, reader: str, tag, doubt, now_ms: int) -> list:
        """`reader` saw `tag` (a TagRead); `doubt` is why not to believe it, or None."""
        if doubt is None and tag.truncated and tag.tag_id is None:
            doubt = access.TRUNCATED
        repeat = doubt is None and self._is_repeat(reader, tag, now_ms)
        decision = access.decide(tag.tag_id, doubt, repeat, self._cards)
        actions = self._grant(decision, now_ms) if decision.granted else []
        actions += self._feedback(reader, decision)
        actions.append(self._report(reader, tag, decision))
        return actions

    def on_removed(self, reader: str, tag, now_ms: int) -> None:
        """The card of `tag` (a TagRemoved) left `reader`. A removal decides nothing."""
        self._repeats[reader].removed(tag.tag_id, tag.tag_index)

    def advance(self, now_ms: int) -> list:
        """Actions that time brings: the end of a relay pulse. To be called at least every hour."""
        for repeats in self._repeats.values():
            repeats.advance(now_ms)
        was_energised = self._door.energised
        self._door.advance(now_ms)
        return self._relay_if_changed(was_energised)

    def next_due(self, now_ms: int):
        """Milliseconds until `advance` has something for the door; None when nothing is due."""
        return self._door.next_due(now_ms)

    def _is_repeat(self, reader: str, tag, now_ms: int) -> bool:
        # A doubtful event never comes here: an event that may be forged or old must neither
        # keep the card's next clean one from opening nor prolong its presence.
        if tag.tag_id is None:
            return False
        return self._repeats[reader].seen(tag.tag_id, tag.tag_index, now_ms)

    def _grant(self, decision, now_ms: int) -> list:
        was_energised = self._door.energised
        self._door.grant(decision, now_ms)
        return self._relay_if_changed(was_energised)

    def _relay_if_changed(self, was_energised: bool) -> list:
        if self._door.energised == was_energised:
            return []
        return [Relay(self._door_name, self._door.energised)]

    def _feedback(self, reader: str, decision) -> list:
        if decision.reason in SILENT_REASONS:
            return []
        sequence = SEQ_ACCESS_GRANTED if decision.granted else SEQ_ACCESS_DENIED
        return [Feedback(reader, sequence)]

    def _report(self, reader: str, tag, decision) -> Report:
        return Report(
            "decision",
            {
                "reader": reader,
                "door": self._door_name,
                "card": tag.tag_id.hex().upper() if tag.tag_id is not None else None,
                "granted": decision.granted,
                "reason": decision.reason,
            },
        )
