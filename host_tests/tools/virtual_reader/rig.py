"""A virtual reader on the bench: virtual time, hex in and hex out, nothing of the host's codec."""

from functools import reduce
from operator import xor

from loquet_tools.virtual_reader import FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.registers import OUTPUT_TLV

SETTLED_US = 1_000_000  # the rig begins when the reader has booted


def command(sequence, cla, ins, data=b""):
    """A frame from the host, made here by protocol.md 1.2 and by nobody's code."""
    body = bytes((sequence, cla)) + len(data).to_bytes(2, "big") + bytes((ins,)) + data
    return b"\x16" + body + bytes((reduce(xor, body),))


class Rig:
    """A reader that has booted. Keeps everything it does in `outputs`."""

    def __init__(self, registers=None, seed=0, boot=True, **options):
        if registers is None:
            registers = Registers.smart_reader(OUTPUT_TLV)
        self.reader = VirtualReader(Options(**options), registers, seed)
        self.now_us = 0
        self.outputs = []
        if boot:
            self.reader.power_on(0)
            self.run(SETTLED_US // 1000)
            self.outputs.clear()

    def run(self, ms=0, us=0):
        """Lets time pass and collects what happens."""
        self.now_us += ms * 1000 + us
        self.reader.advance(self.now_us)
        self.collect()

    def collect(self):
        output = self.reader.take()
        while output is not None:
            self.outputs.append(output)
            output = self.reader.take()

    def hear(self, data, bitrate=None):
        """The reader hears bytes, now. Text is hex."""
        data = bytes.fromhex(data) if isinstance(data, str) else data
        self.reader.receive(data, bitrate or self.reader.bitrate, self.now_us)
        self.collect()

    def ask(self, data, wait_ms=100):
        """The same, then the hex of what the reader sends within the time."""
        self.outputs.clear()
        self.hear(data)
        self.run(wait_ms)
        return self.sent()

    def enable_events(self):
        """SET_SERIAL_PARAMETERS at the rate that is."""
        self.ask("16 0F 00 00 04 11 00 00 96 00 8C")
        self.outputs.clear()

    def poll(self, sequence=0):
        return self.ask(command(sequence, 0x00, 0xFE))

    def present(self, card, wait_ms=50):
        self.reader.present(card, self.now_us)
        self.run(wait_ms)

    def remove(self, card=None, wait_ms=50):
        self.reader.remove(self.now_us, card)
        self.run(wait_ms)

    def of(self, kind):
        """Values of one kind of output."""
        return [output.value for output in self.outputs if output.kind == kind]

    def times(self, kind):
        return [output.at_us for output in self.outputs if output.kind == kind]

    def sent(self):
        """What the reader has sent, each message in upper-case hex."""
        return [data.hex(" ").upper() for data in self.of("tx")]


class LineRig(Rig):
    """The same behind a FaultyLine; `outputs` are what comes out of the line."""

    def __init__(self, seed=0, **rest):
        super().__init__(**rest)
        self.line = FaultyLine(self.reader, seed)
        self.line.advance(self.now_us)

    def run(self, ms=0, us=0):
        self.now_us += ms * 1000 + us
        if hasattr(self, "line"):
            self.line.advance(self.now_us)
        else:
            self.reader.advance(self.now_us)
        self.collect()

    def collect(self):
        source = getattr(self, "line", self.reader)
        output = source.take()
        while output is not None:
            self.outputs.append(output)
            output = source.take()

    def hear(self, data, bitrate=None):
        data = bytes.fromhex(data) if isinstance(data, str) else data
        self.line.send(data, bitrate or self.reader.bitrate, self.now_us)
        self.collect()

    def heard(self):
        """All bytes that reached the host, as one."""
        return b"".join(self.of("rx"))
