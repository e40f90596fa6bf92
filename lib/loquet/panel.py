"""The panel: takes what readers saw, decides, logs it, and says what is to be done.

The only caller of Door.grant. It returns actions in the order in which they must be carried out:
the relay first because a person is waiting, then the reader's light and sound, then the report.
What it logs stays in RAM until flash_writer.py finds a quiet moment. One thing it makes durable
itself, and before the relay: that a limited card was used. Time comes in as `now_ms`; nothing
here waits.
"""

from loquet import access
from loquet.door import Door
from loquet.errors import StorageError
from loquet.identity import credential_key
from loquet.journal_records import CLOCK_UNKNOWN
from loquet.repeat import RepeatFilter
from springcore.codes import SEQ_ACCESS_DENIED, SEQ_ACCESS_GRANTED

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


class Panel:
    """All readers of `settings` and the one door that they open.

    `cards`: an opened Cards, or one that could not be opened and knows no card. `journal`: the
    Journal that everything is appended to.
    """

    def __init__(self, settings, cards, journal):
        self._cards = cards
        self._journal = journal
        self._door_name = settings.doors[0].name
        self._door = Door(settings.doors[0].pulse_ms)
        self._readers = {reader.name: reader for reader in settings.readers}
        self._places = {reader.name: place for place, reader in enumerate(settings.readers)}
        self._repeats = {name: RepeatFilter(settings.repeat_ms) for name in self._readers}

    def on_tag(self, reader: str, tag, doubt, now_ms: int) -> list:
        """`reader` saw `tag` (a TagRead); `doubt` is why not to believe it, or None."""
        key = self._key(reader, tag)
        if doubt is None and tag.truncated and key is None:
            doubt = access.TRUNCATED
        repeat = doubt is None and self._is_repeat(reader, tag, now_ms)
        decision = self._decide(key, doubt, repeat)
        # Before the grant: what fails here must not leave a door released whose relay nobody set.
        self._log_decision(reader, key, decision)
        actions = self._grant(decision, now_ms) if decision.granted else []
        actions += self._feedback(reader, decision)
        actions.append(self._report(reader, tag, decision))
        return actions

    def on_removed(self, reader: str, tag, now_ms: int) -> None:
        """The card of `tag` (a TagRemoved) left `reader`. A removal decides nothing."""
        self._repeats[reader].removed(tag.tag_id, tag.tag_index)

    def on_reader(self, reader: str, what: str) -> None:
        """The link to `reader` told a state or a trouble of this name."""
        if what in READER_KINDS:
            self.log(READER_KINDS[what], reader=self._places[reader])

    def log(self, kind: str, **fields) -> None:
        """Appends an event; `fields` as Journal.append has them. It is in RAM, and not on flash."""
        # No clock yet that could be believed.
        self._journal.append(kind, 0, CLOCK_UNKNOWN, **fields)

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

    def _key(self, reader: str, tag) -> bytes | None:
        settings = self._readers[reader]
        return credential_key(tag, settings.credential, settings.template)

    def _is_repeat(self, reader: str, tag, now_ms: int) -> bool:
        # A doubtful event never comes here: an event that may be forged or old must neither
        # keep the card's next clean one from opening nor prolong its presence.
        if tag.tag_id is None:
            return False
        return self._repeats[reader].seen(tag.tag_id, tag.tag_index, now_ms)

    def _decide(self, key, doubt, repeat: bool):
        """A granted Decision only once the use of a limited card is on flash."""
        if doubt is not None or repeat or key is None:
            return access.decide(None, doubt, repeat)
        card = self._cards.lookup(key)
        decision = access.decide(card, None, False)
        if decision.granted and card.uses_left is not None:
            return self._use(key, decision)
        return decision

    def _use(self, key: bytes, decision):
        try:
            left = self._cards.use(key)
        except StorageError:
            return access.Decision(False, access.STORAGE)
        return access.Decision(False, access.USES_EXHAUSTED) if left is None else decision

    def _log_decision(self, reader: str, key, decision) -> None:
        self.log(
            "access_granted" if decision.granted else "access_denied",
            door=0,
            reader=self._places[reader],
            reason=decision.reason,
            card=key,
        )

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
