"""A link and the virtual reader on one line, in virtual time: both ends back to back.

Does what the firmware's skin does, at the same places: bytes and edges are handed in when they
arrive, /WAKEUP is looked at, timers run, one frame is on its way at a time. Time jumps to the next
thing that is due.
"""

from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.core import VirtualReader
from loquet_tools.virtual_reader.faults import FaultyLine
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.registers import Registers
from loquet_tools.virtual_reader.wire import as_heard
from springcore.happenings import BitrateWanted, StateChanged, TagSeen, Trouble
from springcore.link import Link, LinkSettings

KNOWN = bytes.fromhex("04A1B2C3D4E580")
OTHER = bytes.fromhex("0455667788AA80")
GRANTED = 0x60
DENIED = 0x61

# Register 02A0: active from power-up, and what the serial line carries (protocol.md 9.2).
OUTPUTS = {"wakeup": "0100000200", "spontaneous": "0100000200", "text": "0101000200"}
LOOK_MS = 250  # the skin looks at /WAKEUP at least this often


class Conversation:
    """`events` is the mode of both ends; `start_tick` the host's clock at the beginning."""

    def __init__(
        self, events="wakeup", seed=0, start_tick=0, registers=None, options=None, **settings
    ):
        values = {0x02A0: bytes.fromhex(OUTPUTS[events]), **(registers or {})}
        mode = "spontaneous" if events == "spontaneous" else "wakeup"
        options = Options(**{"event_mode": mode, **(options or {})})
        self.reader = VirtualReader(options, Registers(values), seed)
        self.line = FaultyLine(self.reader, seed)
        self.link = Link(LinkSettings(events=events, **settings), seed)
        self.now_us = 0
        self.happenings: list = []
        self.sequences: list = []
        self.sent: list = []  # every frame or line that the host put on the line
        self.relay_ms: list = []  # when a known card was seen that may decide
        self._start_tick = start_tick
        self._bitrate = settings.get("bitrate", 38400)
        self._sent_us = None

    @property
    def now_ms(self) -> int:
        return self.now_us // 1000

    @property
    def tick(self) -> int:
        """What MicroPython's counter would show: it wraps at 2**30."""
        return (self._start_tick + self.now_ms) % (1 << 30)

    @property
    def state(self) -> str:
        return self.link.state

    def start(self, run_ms=3000, boot_ms=600):
        """Switches the reader on, `boot_ms` later the panel, and lets them find each other."""
        self.reader.power_on(self.now_us)
        self.run(boot_ms)
        self.link.begin(self.tick)
        self.run(run_ms)
        return self

    def run(self, duration_ms: int) -> None:
        """Lets time go on."""
        end_us = self.now_us + duration_us(duration_ms)
        while self.now_us < end_us:
            self._skin()
            self._jump(end_us)

    def run_until(self, condition, limit_ms: int) -> int:
        """Runs until `condition()`; returns the milliseconds it took. AssertionError if never."""
        begin_ms = self.now_ms
        while not condition():
            assert self.now_ms - begin_ms < limit_ms, "not within %d ms" % limit_ms
            self.run(1)
        return self.now_ms - begin_ms

    def present(self, uid: bytes, **card) -> None:
        self.line.advance(self.now_us)
        self.reader.present(Card(uid, **card), self.now_us)

    def lay_and_take(self, uid: bytes = KNOWN) -> None:
        """A card is at the reader for 200 ms; nothing is waited for afterwards."""
        self.present(uid)
        self.run(200)
        self.remove()

    def remove(self) -> None:
        self.line.advance(self.now_us)
        self.reader.remove(self.now_us)

    def visit(self, uid: bytes = KNOWN, run_ms=1500) -> list:
        """A card is laid on the reader for 200 ms; returns the tags that were seen from then on."""
        before = len(self.happenings)
        self.lay_and_take(uid)
        self.run(run_ms)
        return [seen for seen in self.happenings[before:] if isinstance(seen, TagSeen)]

    def fault(self, name: str, value) -> None:
        self.line.advance(self.now_us)
        self.line.set(name, value)

    def grants(self) -> int:
        """How many known cards were seen that may decide."""
        return len(self.relay_ms)

    def troubles(self) -> list:
        return [seen.name for seen in self.happenings if isinstance(seen, Trouble)]

    def states(self) -> list:
        return [seen.state for seen in self.happenings if isinstance(seen, StateChanged)]

    # One pass of the skin's loop

    def _skin(self) -> None:
        self.line.advance(self.now_us)
        self._hear()
        self.link.look(self.line.asserted, self.tick)
        self.link.advance(self.tick)
        self._take()
        if self._sent_us is not None and self.now_us >= self._sent_us:
            self._sent_us = None
            self.link.transmitted(self.tick)
        if self._sent_us is None:
            self._transmit()

    def _hear(self) -> None:
        happened = self.line.take()
        while happened is not None:
            if happened.kind == "rx":
                data = as_heard(happened.value, happened.bitrate, self._bitrate)
                self.link.receive(data, self.tick)
            elif happened.kind == "edge":
                self.link.edge(self.tick)
            elif happened.kind == "sequence":
                self.sequences.append(happened.value)
            happened = self.line.take()

    def _take(self) -> None:
        happening = self.link.take()
        while happening is not None:
            self.happenings.append(happening)
            if isinstance(happening, BitrateWanted):
                self._bitrate = happening.bps
            elif isinstance(happening, TagSeen):
                self._decide(happening)
            happening = self.link.take()

    def _decide(self, seen) -> None:
        granted = seen.doubt is None and seen.tag.tag_id == KNOWN
        if granted:
            self.relay_ms.append(self.now_ms)
        self.link.feedback(GRANTED if granted else DENIED)

    def _transmit(self) -> None:
        frame = self.link.transmit(self.tick)
        if frame is not None:
            self.sent.append(frame)
            self._sent_us = self.line.send(frame, self._bitrate, self.now_us)

    def _jump(self, end_us: int) -> None:
        """To the next thing that is due, at most until the line is looked at again."""
        due_ms = self.link.next_due(self.tick)
        dues = [end_us, self.now_us + duration_us(LOOK_MS)]
        if due_ms is not None:
            # A skin's loop takes time; what is due now is done in the next pass.
            dues.append(self.now_us + max(1000, duration_us(due_ms)))
        if self._sent_us is not None:
            dues.append(self._sent_us)
        line_us = self.line.next_due_us()
        if line_us is not None:
            dues.append(line_us)
        self.now_us = max(self.now_us + 1, min(dues))


def duration_us(duration_ms: int) -> int:
    return duration_ms * 1000
