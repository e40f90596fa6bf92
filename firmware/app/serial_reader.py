"""One reader on its serial line: the asyncio skin of springcore.link.

It moves bytes, edges and time between the hardware and the Link, hands what the Link reports to
the panel, and has the panel's actions carried out. It is the only task that touches its port. It
decides nothing, and a message that breaks something here costs that message alone.
"""

from firmware.app.bell import Bell
from springcore.frame import OVERHEAD
from springcore.happenings import BitrateWanted, StateChanged, TagGone, TagSeen, Trouble

# However lost an edge or a ring: the line is looked at this often.
LONGEST_WAIT_MS = 250

# A byte takes 0.26 ms at 38400 bit/s: whether a frame has left is asked this often.
SENDING_WAIT_MS = 1

# A reader begins to answer within milliseconds, and an event is short: the task waits for it on the
# spot. To sleep and be woken takes a Pico two milliseconds more, while somebody stands at the door.
ANSWER_WAIT_MS = 5
SHORTEST_ANSWER_BYTES = OVERHEAD + 1
REST_WAIT_MS = 10
LONGEST_REST_BYTES = 32

CHUNK_BYTES = 256

# After so much in one pass the other tasks get their turn.
CHUNKS_A_PASS = 4

# A garbage collection takes some 25 ms on a Pico and must not meet anything that is due.
IDLE_MS = 100


class SerialReader:
    """The reader at `place` in the settings, of which `settings` is the Group, spoken to by `link`.

    Raises ValueError when the board has no line for it.
    """

    def __init__(self, place: int, settings, link, hal, doors, reports):
        self.name = settings.name
        # Set with each step; whoever feeds the watchdog takes it back.
        self.stepped = False
        self.faults = 0
        self._link = link
        self._hal = hal
        self._doors = doors
        self._reports = reports
        self._bell = Bell(hal)
        self._port = hal.reader_port(place, settings, self._bell.ring)
        self._wakeup = hal.wakeup(place, self._bell.ring)
        self._chunk = memoryview(bytearray(CHUNK_BYTES))
        self._sending = False
        doors.add_reader(self.name, self._feedback)

    async def run(self) -> None:
        """Talks to the reader for ever. Fails only with its port or its relay."""
        self._contained(self._link.begin, self._hal.ticks_ms())
        while True:
            await self._bell.wait(self.step())

    def step(self) -> int:
        """Does all there is to do; milliseconds until it has to be called again."""
        self.stepped = True
        faults = self.faults
        # What answers a frame comes after it: the Link must hear of them in this order.
        self._note_sent(self._hal.ticks_ms())
        self._receive()
        now_ms = self._hal.ticks_ms()
        self._look(now_ms)
        self._contained(self._link.advance, now_ms)
        self._follow_link(now_ms)
        self._send(now_ms)
        # Printing takes milliseconds, and the answer that is awaited may be a card's.
        if not self._link.awaits_answer:
            self._reports.flush()
        # What fails in every pass must not fill the line with its reports.
        return self._wait_ms() if self.faults == faults else LONGEST_WAIT_MS

    def idle(self) -> bool:
        """Whether nothing is under way and nothing due soon."""
        due_ms = self._link.next_due(self._hal.ticks_ms())
        soon = due_ms is not None and due_ms < IDLE_MS
        return self._link.idle and not (soon or self.is_moving_bytes())

    def quiet(self) -> bool:
        """Whether the reader, besides, says nothing before it is asked: flash may be written."""
        # The line itself is looked at: an edge of just now may not have reached the link yet.
        return self._link.quiet and self.idle() and not self._wakeup.asserted()

    def is_moving_bytes(self) -> bool:
        """Whether a frame is leaving, or bytes have arrived that nobody has looked at."""
        return self._sending or self._port.any() > 0

    def _receive(self) -> None:
        for _ in range(CHUNKS_A_PASS):
            count = self._port.readinto(self._chunk) if self._port.any() else 0
            if count == 0:
                return
            now_ms = self._hal.ticks_ms()
            self._contained(self._link.receive, self._chunk[:count], now_ms)
            self._wire("received", self._chunk[:count])
            self._follow_link(now_ms)
            lacking = self._link.lacking
            if 0 < lacking <= LONGEST_REST_BYTES:
                self._port.await_bytes(lacking, REST_WAIT_MS)

    def _look(self, now_ms: int) -> None:
        # A hal may not ring again before it is asked.
        if self._link.wants_edges:
            edge_ms = self._wakeup.edge_ms()
            if edge_ms is not None:
                self._contained(self._link.edge, edge_ms)
        self._contained(self._link.look, self._wakeup.asserted(), now_ms)

    def _follow_link(self, now_ms: int) -> None:
        happening = self._contained(self._link.take)
        while happening is not None:
            self._on_happening(happening, now_ms)
            happening = self._contained(self._link.take)

    def _on_happening(self, happening, now_ms: int) -> None:
        if isinstance(happening, TagSeen):
            self._doors.on_tag(self._contained, self.name, happening.tag, happening.doubt)
        elif isinstance(happening, TagGone):
            self._contained(self._doors.panel.on_removed, self.name, happening.tag, now_ms)
        elif isinstance(happening, StateChanged):
            self._contained(self._doors.panel.on_reader, self.name, happening.state)
            self._report("reader", {"state": happening.state, "detail": happening.detail})
        elif isinstance(happening, BitrateWanted):
            self._port.set_bitrate(happening.bps)
        elif isinstance(happening, Trouble):
            self._contained(self._doors.panel.on_reader, self.name, happening.name)
            self._report("trouble", {"name": happening.name, "detail": happening.detail})

    def _feedback(self, sequence: int) -> None:
        self._contained(self._link.feedback, sequence)
        # It may come from the doors' task, while this one waits.
        self._bell.ring()

    def _send(self, now_ms: int) -> None:
        if self._sending:
            return
        frame = self._contained(self._link.transmit, now_ms)
        if frame is not None:
            self._port.start(frame)
            self._sending = True
            self._wire("sent", frame)
            self._note_sent(now_ms)

    def _note_sent(self, now_ms: int) -> None:
        if self._sending and self._port.done():
            self._sending = False
            self._contained(self._link.transmitted, now_ms)
            if self._link.awaits_answer:
                self._port.await_bytes(SHORTEST_ANSWER_BYTES, ANSWER_WAIT_MS)

    def _wait_ms(self) -> int:
        if self._sending or self._port.any():
            return SENDING_WAIT_MS
        due_ms = self._link.next_due(self._hal.ticks_ms())
        return LONGEST_WAIT_MS if due_ms is None else max(1, min(due_ms, LONGEST_WAIT_MS))

    def _contained(self, function, *arguments):
        """What `function` gives, or None: an error is counted and reported, and goes no further."""
        try:
            return function(*arguments)
        except Exception as error:
            self.faults += 1
            self._report("trouble", {"name": "fault", "detail": repr(error)})
            return None

    def _wire(self, direction: str, data) -> None:
        self._report("wire", {"direction": direction, "hex": bytes(data)})

    def _report(self, event: str, fields: dict) -> None:
        fields["reader"] = self.name
        self._reports.add(event, fields)
