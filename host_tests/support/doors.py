"""Doors for tests: rules as the settings would give them, and a door whose time is told."""

from loquet.access import Decision
from loquet.door import Door
from loquet.settings import DOOR, Group
from springcore.ticks import ticks_add

GRANTED = Decision(True, "granted")
EXTENDED = Decision(True, "granted", extended=True)


def rules(**changed):
    """The settings' defaults, but for what is `changed`."""
    fields = {name: default for name, default, _ in DOOR}
    fields["name"] = "front"
    for name in changed:
        if name not in fields:
            raise KeyError(name)
        fields[name] = changed[name]
    return Group(fields)


class WatchedDoor:
    """A door with a contact, looked at in time: closed and its inputs settled when it is made.

    `changed` are its rules. It ends up where `now_ms` says; every method that passes time does so
    in the steps that the door asks for.
    """

    def __init__(self, now_ms=0, contact_open=False, **changed):
        self.rules = rules(**dict({"contact": True}, **changed))
        self.door = Door(self.rules)
        self.now_ms = now_ms
        self.inputs = [contact_open, False]
        self.look()
        self.wait(50)

    def look(self):
        self.door.on_inputs(self.inputs[0], self.inputs[1], self.now_ms)

    def wait(self, ms):
        """Time passes."""
        while True:
            due_ms = self.door.next_due(self.now_ms)
            step_ms = ms if due_ms is None else min(ms, due_ms)
            self.now_ms = ticks_add(self.now_ms, step_ms)
            self.door.advance(self.now_ms)
            ms -= step_ms
            if ms == 0:
                return

    def grant(self, decision=GRANTED):
        self.door.grant(decision, self.now_ms)

    def command(self):
        self.door.command(self.now_ms)

    def hold(self, unlocked):
        self.door.hold(unlocked, self.now_ms)

    def fire(self, active):
        self.door.fire(active, self.now_ms)

    def fail(self):
        self.door.fail(self.now_ms)

    def contact(self, contact_open):
        """The contact moves and settles."""
        self.inputs[0] = contact_open
        self.look()
        self.wait(self.rules.contact_settle_ms)

    def opens(self):
        self.contact(True)

    def closes(self):
        self.contact(False)

    def presses(self):
        """The button is pressed and let go; both settle."""
        for self.inputs[1] in (True, False):
            self.look()
            self.wait(self.rules.rex_settle_ms)

    def told(self):
        return list(self.door.take())

    @property
    def energised(self):
        return self.door.energised
