"""Cards and log for tests that are about something else: in RAM, and telling what was asked."""

from loquet.card import Card
from loquet.errors import StorageError
from loquet.identity import HF, uid_key

NFC_A = 0x01


def key_of(tag_id):
    """The key that tags.tag_read(tag_id) presents."""
    return uid_key(tag_id, HF, NFC_A)


class FakeCards:
    """`cards` may pass. `log` notes each use; `broken`: a use cannot be made durable."""

    def __init__(self, *cards, log=None):
        self.by_key = {card.key: card for card in cards}
        self.broken = False
        self.damaged = []
        self._log = [] if log is None else log

    def lookup(self, key):
        return self.by_key.get(key)

    def use(self, key):
        if self.broken:
            raise StorageError("cards/uses.1", "cannot be written")
        card = self.by_key[key]
        if card.uses_left == 0:
            return None
        card.uses_left -= 1
        self._log.append(("use", key))
        return card.uses_left


def cards_of(*tag_ids):
    """A list of cards that may always pass."""
    return FakeCards(*[Card(key_of(tag_id)) for tag_id in tag_ids])


class FakeJournal:
    """`events`: what was appended, (kind, fields); `times`: the time and clock of each."""

    def __init__(self):
        self.events = []
        self.times = []

    def append(self, kind, time, clock, **fields):
        self.events.append((kind, fields))
        self.times.append((time, clock))

    def kinds(self):
        return [kind for kind, _ in self.events]
