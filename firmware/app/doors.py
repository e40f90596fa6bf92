"""The doors' pins: tells the panel what they say, and carries out what the panel wants.

The one place that drives relays. No decision is taken here. The readers' tasks hand over the
panel's actions; a task of its own asks the panel what levels and time bring, such as the end of a
pulse. A relay is energised for a short while only, again and again as long as the panel says so:
a loop that has stopped holds no door.
"""

from firmware.app.bell import Bell
from loquet.entrance import Feedback, Relay, Report
from loquet.errors import UsageError
from springcore.ticks import ticks_diff

# However lost a ring or wrong a due time: levels and panel are looked at this often.
LONGEST_WAIT_MS = 250

# How long a relay stays energised by itself, and how often it is told to. Between two renewals
# stand at most a wait, an erase of 400 ms and a collection of garbage.
LEASE_MS = 2000
RENEW_MS = 500

# Electrical levels: pulled up, so that a broken wire is a door that is open, a button that nobody
# presses, and no fire.
CLOSED = 0
PRESSED = 0
FIRE = 0


class Doors:
    """The doors of `settings`, in their order, on the pins that `hal` has for them.

    Raises ValueError when the board has fewer doors than the settings.
    """

    def __init__(self, panel, settings, hal, reports):
        self.panel = panel
        # Set with each step; whoever feeds the watchdog takes it back.
        self.stepped = False
        # Since whoever collects garbage set it to 0.
        self.cards = 0
        self._hal = hal
        self._reports = reports
        self._bell = Bell(hal)
        self._feedback: dict = {}
        self._pins = [hal.door(place, self._bell.ring) for place in range(len(settings.doors))]
        self._fire = hal.fire(self._bell.ring) if settings.fire_input else None
        names = [door.name for door in settings.doors]
        self._relays = {name: pins.relay for name, pins in zip(names, self._pins)}
        self._energised: set = set()
        self._renewed_ms = hal.ticks_ms()

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

    def on_tag(self, contained, reader: str, tag, doubt) -> None:
        """`reader` saw `tag`: what the panel makes of it, and the relay before all else.

        `contained(function, *arguments)` is what keeps the panel's errors to this one card. A relay
        that does not switch is outside of it, and ends the whole panel; the card is told all the
        same.
        """
        self.cards += 1
        panel, ticks_ms = self.panel, self._hal.ticks_ms
        visit = contained(panel.on_tag, reader, tag, doubt, ticks_ms())
        if visit is None:
            return
        try:
            self.carry_out(contained(panel.admit, visit, ticks_ms()) or ())
        finally:
            self.carry_out(contained(panel.tell, visit, ticks_ms()) or ())

    def make_safe(self) -> None:
        """Lets every relay fall, each of them whatever happens to another."""
        self._energised.clear()
        for name in self._relays:
            self._try(self._relays[name].fall)

    def fail(self) -> None:
        """The same, and no door works any more until the panel has restarted."""
        self.make_safe()
        self._try(lambda: self.carry_out(self.panel.fail(self._hal.ticks_ms())))

    async def run(self) -> None:
        """Does in time what levels and time bring."""
        while True:
            await self._bell.wait(self.step())

    def step(self) -> int:
        """Does what is due; milliseconds until it has to be called again."""
        now_ms = self._hal.ticks_ms()
        self._look(now_ms)
        self.carry_out(self.panel.advance(now_ms))
        self._renew(now_ms)
        self._reports.flush()
        self.stepped = True
        due_ms = self.panel.next_due(now_ms)
        return LONGEST_WAIT_MS if due_ms is None else max(1, min(due_ms, LONGEST_WAIT_MS))

    def due_within(self, ms: int) -> bool:
        """Whether time brings something before `ms` milliseconds are over."""
        due_ms = self.panel.next_due(self._hal.ticks_ms())
        return due_ms is not None and due_ms <= ms

    def _look(self, now_ms: int) -> None:
        for place, pins in enumerate(self._pins):
            contact_open = pins.contact.level() != CLOSED
            rex_pressed = pins.rex.level() == PRESSED
            self.carry_out(self.panel.on_inputs(place, contact_open, rex_pressed, now_ms))
        if self._fire is not None:
            self.carry_out(self.panel.on_fire(self._fire.level() == FIRE, now_ms))
        seconds = self._hal.time_told()
        if seconds is not None:
            self._set_clock(seconds, now_ms)

    def _set_clock(self, seconds: int, now_ms: int) -> None:
        try:
            self.carry_out(self.panel.set_clock(seconds, now_ms))
        except UsageError as error:
            self._reports.trouble("clock", str(error))
        else:
            self._hal.set_wall_clock(seconds)

    def _switch(self, action) -> None:
        if action.energised:
            self._energised.add(action.door)
            self._relays[action.door].energise(LEASE_MS)
            # The pulse that may begin here ends sooner than the task above expects.
            self._bell.ring()
        else:
            self._energised.discard(action.door)
            self._relays[action.door].fall()
        self._reports.add("relay", {"door": action.door, "energised": action.energised})

    def _renew(self, now_ms: int) -> None:
        if ticks_diff(now_ms, self._renewed_ms) >= RENEW_MS:
            self._renewed_ms = now_ms
            for name in self._energised:
                self._relays[name].energise(LEASE_MS)

    def _try(self, function) -> None:
        try:
            function()
        except Exception as error:
            self._reports.trouble("relay", repr(error))
