"""Carries out what the panel wants. The one place that drives a relay.

No decision is taken here. The readers' tasks hand over the panel's actions, and a task of its own
asks the panel for those that time brings, such as the end of a pulse.
"""

from firmware.app.bell import Bell
from loquet.panel import Feedback, Relay, Report

# However lost a ring or wrong a due time: the panel is asked this often.
LONGEST_WAIT_MS = 250


class Doors:
    """`relays`: the output of each door by its name."""

    def __init__(self, panel, relays: dict, hal, reports):
        self.panel = panel
        self._relays = relays
        self._hal = hal
        self._reports = reports
        self._bell = Bell(hal)
        self._feedback: dict = {}

    def add_reader(self, name: str, feedback) -> None:
        """`feedback(sequence)` has the reader `name` play that sequence."""
        self._feedback[name] = feedback

    def carry_out(self, actions) -> None:
        """Does what the panel's `actions` say, in their order."""
        for action in actions:
            if isinstance(action, Relay):
                self._switch(action)
            elif isinstance(action, Feedback):
                self._feedback[action.reader](action.sequence)
            elif isinstance(action, Report):
                self._reports.add(action.event, action.fields)

    def make_safe(self) -> None:
        """Lets every relay fall, each of them whatever happens to another."""
        for relay in self._relays.values():
            try:
                relay.write(False)
            except Exception as error:
                self._reports.trouble("relay", repr(error))

    async def run(self) -> None:
        """Does in time what time brings."""
        while True:
            await self._bell.wait(self.step())

    def step(self) -> int:
        """Does what is due; milliseconds until it has to be called again."""
        now_ms = self._hal.ticks_ms()
        self.carry_out(self.panel.advance(now_ms))
        self._reports.flush()
        due_ms = self.panel.next_due(now_ms)
        return LONGEST_WAIT_MS if due_ms is None else max(1, min(due_ms, LONGEST_WAIT_MS))

    def idle(self) -> bool:
        """Whether time brings nothing soon."""
        return self.panel.next_due(self._hal.ticks_ms()) is None

    def due_within(self, ms: int) -> bool:
        """Whether time brings something before `ms` milliseconds are over."""
        due_ms = self.panel.next_due(self._hal.ticks_ms())
        return due_ms is not None and due_ms <= ms

    def _switch(self, action) -> None:
        self._relays[action.door].write(action.energised)
        self._reports.add("relay", {"door": action.door, "energised": action.energised})
        # The pulse that may begin here ends sooner than the task above expects.
        self._bell.ring()
