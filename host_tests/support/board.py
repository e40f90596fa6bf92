"""A board made of fakes: a serial line with byte times, pins with edge logs, virtual time.

Everything that leaves the board goes into one `log`, so that a test sees in which order it left:
("relay", ms, energised), ("frame", ms, bytes), ("bitrate", ms, bps), ("line", ms, dict) and
("stopped", ms, how, reason).
"""

import asyncio
import json


class Stopped(Exception):
    """The board was reset or halted; on a real one nothing would run on."""


class FakePort:
    """A UART: bytes need their time on the wire, both ways."""

    def __init__(self, board, settings, on_bytes):
        self._board = board
        self._on_bytes = on_bytes
        self._bps = settings.bitrate
        self._waiting = bytearray()
        self._left_us = 0
        self.broken = None

    def arrive(self, data: bytes) -> None:
        """The reader begins to send `data` now."""
        loop = asyncio.get_running_loop()
        for index in range(len(data)):
            loop.call_later((index + 1) * 10 / self._bps, self._on_byte, data[index])

    def any(self):
        return len(self._waiting)

    def readinto(self, buffer):
        if self.broken is not None:
            raise self.broken
        count = min(len(buffer), len(self._waiting))
        buffer[:count] = self._waiting[:count]
        del self._waiting[:count]
        return count

    def start(self, frame):
        assert self.done(), "a frame was started before the one before had left"
        self._board.note("frame", bytes(frame))
        self._left_us = self._board.clock.now_us + len(frame) * 10_000_000 // self._bps

    def done(self):
        return self._board.clock.now_us >= self._left_us

    def set_bitrate(self, bps):
        self._bps = bps
        self._board.note("bitrate", bps)

    def _on_byte(self, byte):
        self._waiting.append(byte)
        self._board.ring(self._on_bytes)


class FakeWakeup:
    """/WAKEUP: a level, and the tick at which it fell."""

    def __init__(self, board, on_edge):
        self._board = board
        self._on_edge = on_edge
        self._asserted = False
        self._edge_ms = None

    def fall(self):
        self._asserted = True
        if not self._board.deaf:
            self._edge_ms = self._board.clock.ms()
        self._board.ring(self._on_edge)

    def rise(self):
        self._asserted = False

    def asserted(self):
        return self._asserted

    def edge_ms(self):
        edge_ms, self._edge_ms = self._edge_ms, None
        return edge_ms


class FakeRelay:
    def __init__(self, board):
        self._board = board
        self.energised = None
        self.broken = None

    def write(self, energised):
        if self.broken is not None:
            raise self.broken
        self.energised = energised
        self._board.note("relay", energised)


class FakeFlag(asyncio.Event):
    async def wait(self):
        await super().wait()
        self.clear()


class FakeBoard:
    """The Hal. `deaf`: no interrupt gets through. `listening`: somebody takes printed lines."""

    def __init__(self, clock, storage=None):
        self.clock = clock
        self.log = []
        self.deaf = False
        self.listening = True
        self.relay = FakeRelay(self)
        self.ports = []
        self.own_tasks = []
        self._storage = storage

    # What tests use

    def note(self, what, *values):
        self.log.append((what, self.clock.ms()) + values)

    def noted(self, what):
        """The log's entries of one kind."""
        return [entry for entry in self.log if entry[0] == what]

    def lines(self, event):
        """The printed reports of one event."""
        return [entry[2] for entry in self.noted("line") if entry[2]["event"] == event]

    def ring(self, interrupt):
        if not self.deaf:
            interrupt()

    # What the app uses

    def ticks_ms(self):
        return self.clock.ms()

    def reader_port(self, settings, on_bytes):
        if self.ports:
            raise ValueError("reader %r: this board has a serial line for one" % settings.name)
        self.ports.append(FakePort(self, settings, on_bytes))
        return self.ports[0]

    def wakeup(self, settings, on_edge):
        self.wakeup_pin = FakeWakeup(self, on_edge)
        return self.wakeup_pin

    def output(self, name):
        assert name == "relay"
        return self.relay

    def flag(self):
        return FakeFlag()

    def tasks(self, trouble):
        return [(task.__name__, task()) for task in self.own_tasks]

    def print_line(self, line):
        if self.listening:
            self.note("line", json.loads(line))
        return self.listening

    def print_error(self, error):
        self.note("error", error)

    def storage_root(self):
        self.note("storage")
        return str(self._storage)

    def entropy(self, count):
        return bytes(count)

    def reset(self, reason):
        self._stop("reset", reason)

    def halt(self, reason):
        self._stop("halt", reason)

    def _stop(self, how, reason):
        self.note("stopped", how, reason)
        raise Stopped(reason)
