"""A panel with its doors, cards and log, driven by calls, and its actions as plain values."""

from host_tests.support.storage import FakeCards, FakeJournal, key_of
from host_tests.support.tags import present, tag_read
from loquet.card import Card
from loquet.entrance import Feedback, Relay
from loquet.panel import Panel
from loquet.settings import load

CARD = bytes.fromhex("04A1B2C3D4E580")
OTHER_CARD = bytes.fromhex("04112233445566")
UNKNOWN_CARD = bytes.fromhex("DEADBEEF")

PLAY_GRANTED = 0x60
PLAY_DENIED = 0x61

MONDAY_S = 1795392000  # 2026-11-23 00:00 UTC


def told(actions):
    """Each action as a tuple: ("relay", door, energised), ("feedback", reader, sequence), and
    reports as (event, ...) with what tells one from another.
    """
    return [_told(action) for action in actions]


def _told(action):
    if isinstance(action, Relay):
        return ("relay", action.door, action.energised)
    if isinstance(action, Feedback):
        return ("feedback", action.reader, action.sequence)
    fields = action.fields
    if action.event == "decision":
        return ("decision", fields["door"], fields["reason"])
    if action.event == "door":
        return ("door", fields["door"], fields["what"])
    if action.event == "posture":
        return ("posture", fields["door"], fields["posture"])
    return (action.event, fields["quality"], fields["step_s"])


def listed(card_id=CARD, **rights):
    return Card(key_of(card_id), **rights)


SIDES = {"in": "entry", "out": "exit"}


def _reader(door, side):
    name = door["name"]
    return {"name": "%s %s" % (name, side), "door": name, "direction": SIDES[side]}


class House:
    """`doors`: the settings of each; readers `<door> in` and `<door> out` at each of them.

    Time is `now_ms`, which `wait` moves as a loop would: from one due time to the next.
    """

    def __init__(self, *doors, cards=None, now_ms=0, **document):
        document["doors"] = list(doors)
        document.setdefault("readers", [_reader(door, side) for door in doors for side in SIDES])
        self.cards = FakeCards(*([listed(), listed(OTHER_CARD)] if cards is None else cards))
        self.journal = FakeJournal()
        self.panel = Panel(load(document), self.cards, self.journal)
        self.now_ms = now_ms
        self.energised = set()

    def show(self, reader, card_id=CARD, doubt=None):
        return self.done(present(self.panel, reader, tag_read(card_id), doubt, self.now_ms))

    def reason(self, reader, card_id=CARD):
        """Why the card is granted or denied."""
        actions = self.show(reader, card_id)
        return [action[2] for action in actions if action[0] == "decision"][0]

    def inputs(self, place, contact_open, rex_pressed=False, settle_ms=50):
        """Levels that stay, and what they bring until they have settled."""
        panel = self.panel
        actions = self.done(panel.on_inputs(place, contact_open, rex_pressed, self.now_ms))
        return actions + self.wait(settle_ms)

    def wait(self, ms):
        """What time brings within so many milliseconds, the last one included."""
        actions = self.done(self.panel.advance(self.now_ms))
        while ms > 0:
            due_ms = self.panel.next_due(self.now_ms)
            assert 0 < due_ms <= 3600000, due_ms
            step_ms = min(ms, due_ms)
            ms -= step_ms
            self.now_ms = (self.now_ms + step_ms) % 2**29
            actions += self.done(self.panel.advance(self.now_ms))
        return actions

    def done(self, actions):
        """Notes which relays are energised; returns `told`."""
        for action in actions:
            if isinstance(action, Relay) and action.energised:
                self.energised.add(action.door)
            elif isinstance(action, Relay):
                self.energised.discard(action.door)
        return told(actions)

    def set_clock(self, seconds):
        return self.done(self.panel.set_clock(seconds, self.now_ms))

    def set_posture(self, door, posture):
        return self.done(self.panel.set_posture(door, posture, self.now_ms))

    def logged(self, *kinds):
        """(kind, fields) of the log; of these kinds, if any are named."""
        return [event for event in self.journal.events if not kinds or event[0] in kinds]
