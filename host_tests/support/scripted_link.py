"""A Link that says what a test wants to hear, and keeps what it was told."""


class ScriptedLink:
    """`on_data`: bytes, however they arrive -> the happenings that they cause."""

    def __init__(self):
        self.told = []
        self.on_data = {}
        self._heard = b""
        self.to_send = []
        self.happenings = []
        self.errors = {}
        self.awaits_answer = False
        self.idle = True
        self.lacking = 0
        self.quiet = True
        self.wants_edges = True
        self.due_ms = None

    def fail(self, name, error, times=1):
        """The next `times` calls of the method `name` raise `error`."""
        self.errors[name] = [error] * times

    def begin(self, now_ms):
        self._called("begin", now_ms)

    def receive(self, data, now_ms):
        data = bytes(data)
        self._called("receive", data, now_ms)
        self._heard += data
        for expected, happenings in self.on_data.items():
            if expected in self._heard:
                self._heard = b""
                self.happenings += happenings

    def edge(self, now_ms):
        self._called("edge", now_ms)

    def look(self, asserted, now_ms):
        self._called("look", asserted, now_ms)

    def advance(self, now_ms):
        self._called("advance", now_ms)

    def transmit(self, now_ms):
        self._called("transmit", now_ms)
        return self.to_send.pop(0) if self.to_send else None

    def transmitted(self, now_ms):
        self._called("transmitted", now_ms)

    def feedback(self, number):
        self._called("feedback", number)

    def take(self):
        self._called("take")
        return self.happenings.pop(0) if self.happenings else None

    def next_due(self, now_ms):
        return self.due_ms

    def calls(self, name):
        """The arguments of every call of one method."""
        return [call[1:] for call in self.told if call[0] == name]

    def _called(self, name, *arguments):
        self.told.append((name,) + arguments)
        if self.errors.get(name):
            raise self.errors[name].pop()
