"""A stage without a panel: its own clock, and happenings that a test plans for their time."""

from loquet_tools.witness import Witness


class FakeStage:
    """What a script acts on (loquet_tools.director.Stage). `done` lists what the script did.

    `logged`: (t_ms, number, kind, reason) of what the log on flash has from that time on.
    """

    def __init__(self, planned=()):
        self.witness = Witness()
        self.logged = []
        self.done = []
        self.told = []
        self._now_ms = 0
        self._planned = sorted(planned, key=lambda happening: happening["t_ms"])

    def now_ms(self):
        return self._now_ms

    async def wait_ms(self, ms):
        self._go_on_to(self._now_ms + ms)

    async def wait_for_change(self, timeout_ms):
        due_ms = self._now_ms + timeout_ms
        if self._planned and self._planned[0]["t_ms"] <= due_ms:
            due_ms = self._planned[0]["t_ms"]
        self._go_on_to(due_ms)

    def happen(self, event, **fields):
        self.told.append({"t_ms": self._now_ms, "event": event, **fields})

    def present(self, card, for_ms):
        self.witness.presented()
        self.done.append((self._now_ms, "present", card, for_ms))

    def remove(self):
        self.done.append((self._now_ms, "remove"))

    def set_fault(self, name, value):
        self.done.append((self._now_ms, "fault", name, value))

    def set_contact(self, is_open):
        self.done.append((self._now_ms, "contact", is_open))

    def press_rex(self, for_ms):
        self.done.append((self._now_ms, "rex", for_ms))

    def set_fire(self, active):
        self.done.append((self._now_ms, "fire", active))

    def tell_time(self, seconds):
        self.done.append((self._now_ms, "clock", seconds))

    def cut_power(self):
        self.done.append((self._now_ms, "cut"))

    def log(self):
        return [event[1:] for event in self.logged if event[0] <= self._now_ms]

    def _go_on_to(self, now_ms):
        self._now_ms = now_ms
        while self._planned and self._planned[0]["t_ms"] <= now_ms:
            self.witness.note(self._planned.pop(0))
