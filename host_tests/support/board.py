"""A board made of fakes: a serial line with byte times, pins with edge logs, virtual time.

Everything that leaves the board goes into one `log`, so that a test sees in which order it left:
("relay", ms, energised) when it is switched, and "relay2" of the second door, ("frame", ms, bytes),
("datagram", ms, bytes, address, port), ("bitrate", ms, bps), ("line", ms, dict), ("clock", ms,
seconds), ("watchdog", ms, timeout_ms) when it is started and ("fed", ms), and ("stopped", ms, how,
reason).
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

    def await_bytes(self, count, most_ms):
        self._board.note("awaited", count, most_ms)

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


class FakeUdpPort:
    """A UDP port. `waiting`: (bytes, address, port) of what has arrived; `taken`: the ms of each
    datagram that the app has fetched."""

    def __init__(self, board, address, port, on_datagram):
        self._board = board
        self._on_datagram = on_datagram
        self.at = (address, port)
        self.waiting = []
        self.taken = []
        self.broken = None

    def arrive(self, data, address, port=4000):
        """A datagram with that source arrives now."""
        self.waiting.append((data, address, port))
        self._board.ring(self._on_datagram)

    def receive_into(self, buffer):
        if self.broken is not None:
            raise self.broken
        if not self.waiting:
            return None
        data, address, port = self.waiting.pop(0)
        self.taken.append(self._board.clock.ms())
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        return size, address, port

    def send(self, data, address, port):
        if self.broken is not None:
            raise self.broken
        self._board.note("datagram", bytes(data), address, port)


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
    """A relay behind its limit timer. `leases`: (ms, limit_ms) of each energising."""

    def __init__(self, board, name):
        self._board = board
        self._name = name
        self._until_us = 0
        self.leases = []
        self.broken = None

    @property
    def energised(self):
        return self._board.clock.now_us < self._until_us

    def energise(self, limit_ms):
        self._check()
        self.leases.append((self._board.clock.ms(), limit_ms))
        self._set_until(self._board.clock.now_us + 1000 * limit_ms)

    def fall(self):
        self._check()
        self._set_until(0)

    def _check(self):
        if self.broken is not None:
            raise self.broken

    def _set_until(self, until_us):
        was_energised = self.energised
        self._until_us = until_us
        if self.energised != was_energised:
            self._board.note(self._name, self.energised)


class FakeInput:
    """A pin with a pull-up, on which nothing is wired."""

    def __init__(self, board):
        self._board = board
        self._level = 1
        self.on_change = None

    def level(self):
        return self._level

    def set(self, level):
        self._level = level
        self._board.ring(self.on_change)


class FakeDoor:
    def __init__(self, board, name):
        self.relay = FakeRelay(board, name)
        self.contact = FakeInput(board)
        self.rex = FakeInput(board)


class FakeWatchdog:
    def __init__(self, board):
        self._board = board

    def feed(self):
        self._board.note("fed")


class FakeFlag(asyncio.Event):
    async def wait_ms(self, timeout_ms):
        try:
            await asyncio.wait_for(self.wait(), timeout_ms / 1000)
        except asyncio.TimeoutError:
            pass

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
        self.doors = [FakeDoor(self, name) for name in ("relay", "relay2")]
        self.relay = self.doors[0].relay
        self.fire_pin = FakeInput(self)
        self.ports = []
        self.udp = None
        self.clock_says = None
        self.told_s = None
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

    def reader_port(self, place, settings, on_bytes):
        if place != len(self.ports) or place > 1:
            raise ValueError("reader %d: this board has lines for 2" % (place + 1))
        self.ports.append(FakePort(self, settings, on_bytes))
        return self.ports[place]

    def udp_port(self, address, port, on_datagram):
        self.udp = FakeUdpPort(self, address, port, on_datagram)
        return self.udp

    def wakeup(self, place, on_edge):
        pin = FakeWakeup(self, on_edge)
        if place == 0:
            self.wakeup_pin = pin
        return pin

    def door(self, place, on_change):
        if place >= len(self.doors):
            raise ValueError("door %d: this board has 2" % (place + 1))
        door = self.doors[place]
        door.contact.on_change = door.rex.on_change = on_change
        return door

    def fire(self, on_change):
        self.fire_pin.on_change = on_change
        return self.fire_pin

    def wall_clock(self):
        return self.clock_says

    def set_wall_clock(self, seconds):
        self.note("clock", seconds)

    def time_told(self):
        seconds, self.told_s = self.told_s, None
        return seconds

    def watchdog(self, timeout_ms):
        self.note("watchdog", timeout_ms)
        return FakeWatchdog(self)

    def reset_cause(self):
        return "power"

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
