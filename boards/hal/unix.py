"""The board that is a process: MicroPython's Unix port or CPython, from this one file.

The reader is on a serial device or a pty, the pins are lines over one loopback TCP connection
that this file opens (boards/virtual/README.md), files lie in the working directory. What is
hardware of its own on a real board, so that it works when the program does not, is at the other
end of that connection: each relay's limit timer, and the watchdog. Nothing here blocks: a reader
that takes no bytes, a door that takes no lines and an output that nobody reads must not keep the
relay from falling.
"""

import asyncio
import io
import os
import select
import socket
import sys
import termios
import time

ON_MICROPYTHON = sys.implementation.name == "micropython"

# MicroPython raises OSError from termios, CPython an error of its own.
_TermiosError = getattr(termios, "error", OSError)

# Linux's numbers of what MicroPython's termios does not name.
_CS8 = getattr(termios, "CS8", 0o60)
_CREAD = getattr(termios, "CREAD", 0o200)
_CLOCAL = getattr(termios, "CLOCAL", 0o4000)
_VTIME = getattr(termios, "VTIME", 5)
_VMIN = getattr(termios, "VMIN", 6)
_SPEEDS = {
    38400: getattr(termios, "B38400", 0o17),
    115200: getattr(termios, "B115200", 0o10002),
    230400: getattr(termios, "B230400", 0o10003),
    460800: getattr(termios, "B460800", 0o10004),
    921600: getattr(termios, "B921600", 0o10007),
}

# What waits for the reader's task at most, as in the receive buffer of a UART; the rest stays
# with the kernel. The longest Direct message of an ordinary card is far below it.
_RECEIVE_BYTES = 4096
_READ_BYTES = 256

# "contact 0" and the like: a longer line is none of ours.
_LONGEST_LINE = 32

# Of every input before its first line: pulled up, as an open wire is.
_OPEN_WIRE = 1

# What the line `clock` may say at most: 32 bits of seconds, as the log has them.
_LATEST = 0xFFFFFFFF

# Linux's numbers of what MicroPython's socket does not name.
_IPPROTO_TCP = 6
_TCP_NODELAY = 1

# The kernel keeps datagrams in at most so many bytes (it doubles the number). That is some 30 short
# ones: a flood must not make a card wait behind thousands.
_DATAGRAM_BYTES = 16384
_SO_RCVBUF = 8

# After a ring so long is waited for the next: the app takes a few datagrams a pass, and others
# have their turn in between.
_DATAGRAM_PAUSE_S = 0.005

# A poll that says "ready" promises room for this much in a pipe (PIPE_BUF on Linux).
_LONGEST_REPORT = 4096


async def open(board: dict) -> "Hal":
    """The Hal of `board` (the parsed board.json), with every output de-energised.

    Raises ValueError naming the field of board.json, OSError when the door cannot be reached.
    """
    host, port = _address(board["pins_address"])
    try:
        reader, writer = await asyncio.open_connection(host, port)
        _send_at_once(writer)
        door_end = DoorEnd(writer)
        relays = [Output(door["relay"], door_end) for door in board["doors"]]
        for relay in relays:
            relay.fall()
    except OSError as error:
        raise OSError("pins_address %s: %s" % (board["pins_address"], error))
    return Hal(board, relays, Pins(reader, _inputs(board)), door_end)


def _send_at_once(writer):
    # Else a line waits for up to 40 ms until the one before is acknowledged. CPython does so too.
    if ON_MICROPYTHON:
        writer.s.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)


def _inputs(board: dict) -> list:
    """The names of all inputs."""
    names = [reader["wakeup"] for reader in board["readers"]]
    for door in board["doors"]:
        names += [door["contact"], door["rex"]]
    return names + [board["fire"]]


def _address(text: str) -> tuple:
    """(host, port) of "tcp:HOST:PORT". Raises ValueError."""
    kind, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    # Whoever is at the other end moves the relay, and nothing proves who that is.
    if kind != "tcp" or not (host == "localhost" or host.startswith("127.")):
        raise ValueError("pins_address is %r; allowed: tcp:127.0.0.1:PORT" % text)
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("pins_address is %r; allowed: a port from 1 to 65535" % text)
    return host, int(port)


def ticks_ms() -> int:
    """Milliseconds of a clock that only goes forward; it wraps at a multiple of 2**29."""
    if ON_MICROPYTHON:
        return time.ticks_ms()  # type: ignore[attr-defined]
    return time.monotonic_ns() // 1000000


class Hal:
    """This board's hardware, as the app asks for it (firmware/README.md lists the names)."""

    def __init__(self, board: dict, relays: list, pins: "Pins", door_end: "DoorEnd"):
        self._board = board
        self._relays = relays
        self._pins = pins
        self._door_end = door_end
        self._ports: list = []  # (name of the reader, Port)
        self._udp_ports: list = []
        self._stdout = select.poll()
        self._stdout.register(sys.stdout, select.POLLOUT)

    ticks_ms = staticmethod(ticks_ms)

    def door(self, place, on_change):
        """The pins of the door at that place; `on_change` is called when an input of it moves.

        Raises ValueError when the board has fewer doors.
        """
        if place >= len(self._relays):
            raise ValueError("door %d: this board has %d" % (place + 1, len(self._relays)))
        names = self._board["doors"][place]
        contact, rex = self._pins.inputs[names["contact"]], self._pins.inputs[names["rex"]]
        contact.on_change = rex.on_change = on_change
        return Door(self._relays[place], contact, rex)

    def fire(self, on_change):
        """The Input of the fire alarm system; `on_change` is called when it moves."""
        fire = self._pins.inputs[self._board["fire"]]
        fire.on_change = on_change
        return fire

    def reader_port(self, place, settings, on_bytes):
        """The Port of the reader at that place. Raises ValueError.

        RS-485 adapters turn their own line round; `done` needs no help from here.
        """
        path = self._reader(place)["serial"]
        try:
            port = Port(path, settings.bitrate, on_bytes)
        except (OSError, _TermiosError) as error:
            raise ValueError("reader %s: serial line %r: %s" % (settings.name, path, error))
        self._ports.append((settings.name, port))
        return port

    def wakeup(self, place, on_edge):
        """The Wakeup of that reader; `on_edge` is called when the line falls."""
        return Wakeup(self._pins.inputs[self._reader(place)["wakeup"]], on_edge)

    def udp_port(self, address, port, on_datagram):
        """The UdpPort at that address and port of this board. Raises ValueError.

        `on_datagram` is called when something has arrived.
        """
        try:
            udp = UdpPort(address, port, on_datagram)
        except OSError as error:
            raise ValueError("udp: port %d of %s: %s" % (port, address, error))
        self._udp_ports.append(udp)
        return udp

    def _reader(self, place: int) -> dict:
        readers = self._board["readers"]
        if place >= len(readers):
            raise ValueError("reader %d: this board has lines for %d" % (place + 1, len(readers)))
        return readers[place]

    def wall_clock(self):
        """(seconds since 1970 in UTC, whether they can be believed); None without such a clock."""
        return (int(time.time()), True) if self._board["clock"] == "host" else None

    def set_wall_clock(self, seconds: int) -> None:
        """Sets the board's own clock. Here there is none, or it is the host's and not ours."""

    def time_told(self):
        """Seconds since 1970 that somebody has told since this was asked last; else None."""
        seconds, self._pins.told_s = self._pins.told_s, None
        return seconds

    def watchdog(self, timeout_ms: int) -> "Watchdog":
        """Starts the watchdog: without `feed` for so long, the board starts over."""
        watchdog = Watchdog(self._door_end, timeout_ms)
        watchdog.feed()
        return watchdog

    def reset_cause(self) -> str:
        """Why the board has started: "power", "watchdog" or "software"."""
        return self._board["reset_cause"]

    def tasks(self, trouble):
        """List of (name, coroutine): what has to run beside the app; it ends only by failing.

        `trouble(name, detail)` is told of what was wrong and could be passed over.
        """
        tasks = [("pins", self._pins.run(trouble))]
        tasks += [("serial line of " + name, port.run()) for name, port in self._ports]
        return tasks + [("udp", udp.run()) for udp in self._udp_ports]

    def flag(self) -> "Flag":
        """What a callback of this hal may set and one task waits for."""
        return Flag()

    def print_line(self, line: str) -> bool:
        """Prints `line`; False if it was dropped because nobody takes what is printed."""
        if len(line) >= _LONGEST_REPORT or not self._stdout.poll(0):
            return False
        print(line)
        if not ON_MICROPYTHON:
            sys.stdout.flush()
        return True

    def print_error(self, error: BaseException) -> None:
        """Prints `error` with the places it came through, for whoever has to mend it."""
        if ON_MICROPYTHON:
            sys.print_exception(error, sys.stderr)  # type: ignore[attr-defined]
        else:
            sys.excepthook(type(error), error, error.__traceback__)

    def storage_root(self) -> str:
        """The folder of what a device keeps on flash."""
        return "."

    def entropy(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)

    def reset(self, reason: str) -> None:
        """Starts the board over: here the process ends with status 1; `reason` was reported."""
        sys.exit(1)

    def halt(self, reason: str) -> None:
        """Stops where only a person can help: here the process ends with status 2."""
        sys.exit(2)


class Flag(asyncio.Event):
    """Clears itself when its wait is over.

    All callbacks here come from tasks. MicroPython's ThreadSafeFlag would do as well, but is no
    file: with two of them its poll() answers only after 4 ms (1.25).
    """

    async def wait_ms(self, timeout_ms: int) -> None:
        """Returns when it has been set, or after so long."""
        try:
            await asyncio.wait_for(self.wait(), timeout_ms / 1000)
        except asyncio.TimeoutError:
            pass

    async def wait(self):
        await super().wait()
        self.clear()


class Port:
    """The reader's serial line: 8 data bits, no parity, 1 stop bit (protocol.md 1.1)."""

    def __init__(self, path, bps, on_bytes):
        self._file = io.open(path, "r+b", buffering=0)
        self._on_bytes = on_bytes
        self._received = bytearray()
        self._leaving = memoryview(b"")
        self._left = 0
        self._room = select.poll()
        self._room.register(self._file, select.POLLOUT)
        self.set_bitrate(bps)

    def any(self) -> int:
        """Bytes that have arrived and wait."""
        return len(self._received)

    def readinto(self, buffer: memoryview) -> int:
        """Moves what has arrived into `buffer`, as much as fits; how many bytes that were."""
        count = min(len(buffer), len(self._received))
        buffer[:count] = self._received[:count]
        self._received[:count] = b""
        return count

    def await_bytes(self, count: int, most_ms: int) -> None:
        """Returns at once: here it costs nothing to be woken."""

    def start(self, frame: bytes) -> None:
        """Begins to send `frame`; only when the one before is done."""
        self._leaving = memoryview(frame)
        self._left = 0
        self.done()

    def done(self) -> bool:
        """Whether the frame has left, as far as can be known here: the kernel has taken it all.

        The last stop bit itself is not visible to both interpreters; the link's time limits are
        far longer than a command is on the wire.
        """
        # "Room" promises one byte and no more. A write of several could block.
        while self._left < len(self._leaving) and self._room.poll(0):
            self._left += self._file.write(self._leaving[self._left : self._left + 1]) or 0
        return self._left == len(self._leaving)

    def set_bitrate(self, bps: int) -> None:
        """Runs the line at `bps` from here on, raw."""
        line = termios.tcgetattr(self._file.fileno())
        line[0] = line[1] = line[3] = 0
        line[2] = _CS8 | _CREAD | _CLOCAL
        line[4] = line[5] = _SPEEDS[bps]
        # MicroPython's read() asks again until it has as many bytes as were wanted: with both at
        # 0 the kernel answers at once that there are none.
        line[6][_VMIN] = line[6][_VTIME] = 0
        termios.tcsetattr(self._file.fileno(), termios.TCSANOW, line)

    async def run(self) -> None:
        """Fetches what arrives. Raises OSError when the line has been hung up."""
        reader = await _stream_of(self._file)
        while True:
            data = await reader.read(_READ_BYTES)
            if not data:
                raise OSError("hung up")
            while len(self._received) > _RECEIVE_BYTES - _READ_BYTES:
                await asyncio.sleep(0.001)
            self._received.extend(data)
            self._on_bytes()


async def _stream_of(file):
    if ON_MICROPYTHON:
        return asyncio.StreamReader(file)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)
    return reader


class UdpPort:
    """One UDP port of this board. No method waits."""

    def __init__(self, address, port, on_datagram):
        self._on_datagram = on_datagram
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUF, _DATAGRAM_BYTES)
        self._socket.bind(_socket_address(address, port))
        self._arrived = select.poll()
        self._arrived.register(self._socket, select.POLLIN)

    def receive_into(self, buffer):
        """(bytes, address, port) of the next datagram and its sender; None: nothing waits.

        What does not fit into `buffer` is lost. Raises OSError.
        """
        if not self._arrived.poll(0):
            return None
        if not ON_MICROPYTHON:
            count, (address, port) = self._socket.recvfrom_into(buffer)
            return count, address, port
        # MicroPython (1.25) has no recvfrom_into: what this allocates is bounded by the buffer.
        data, sender = self._socket.recvfrom(len(buffer))
        buffer[: len(data)] = data
        _, address, port = socket.sockaddr(sender)  # type: ignore[attr-defined]
        return len(data), "%d.%d.%d.%d" % tuple(address), port

    def send(self, data: bytes, address: str, port: int) -> None:
        """Sends `data` as one datagram. Raises OSError, also when there is no room for it now."""
        self._socket.sendto(data, _socket_address(address, port))

    async def run(self) -> None:
        """Rings when something has arrived."""
        reader = _arrivals_of(self._socket)
        while True:
            await reader()
            self._on_datagram()
            await asyncio.sleep(_DATAGRAM_PAUSE_S)


def _socket_address(address, port):
    if not ON_MICROPYTHON:
        return address, port
    # getaddrinfo would do, but what it asks may be a name server, and that waits.
    in_bytes = socket.inet_pton(socket.AF_INET, address)
    family = int(socket.AF_INET).to_bytes(2, sys.byteorder)
    return family + port.to_bytes(2, "big") + in_bytes + bytes(8)


def _arrivals_of(udp_socket):
    """A coroutine function that returns when a datagram waits."""
    if ON_MICROPYTHON:
        stream = asyncio.StreamReader(udp_socket)
        # Waits until there is something to read, and then reads no byte, which takes no datagram.
        return lambda: stream.readinto(bytearray(0))  # type: ignore[attr-defined]
    return lambda: _readable(udp_socket)


async def _readable(udp_socket):
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(udp_socket, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(udp_socket)


class DoorEnd:
    """Our half of the connection to the door's end of the pins."""

    def __init__(self, writer: asyncio.StreamWriter):
        self._writer = writer

    def tell(self, name: str, value: int) -> None:
        """Sends one line. Raises OSError when the other side takes no lines any more."""
        self._writer.write(("%s %d\n" % (name, value)).encode())
        # Only what the kernel has no room for is left: that is thousands of lines.
        if _unsent(self._writer):
            raise OSError("the door takes no lines")


def _unsent(writer):
    """How many bytes wait in the writer, because the kernel did not take them."""
    if ON_MICROPYTHON:
        return len(writer.out_buf)
    return writer.transport.get_write_buffer_size()


class Output:
    """One output pin that drives a relay, behind a timer that lets it fall by itself."""

    def __init__(self, name: str, door_end: DoorEnd):
        self._name = name
        self._door_end = door_end

    def energise(self, limit_ms: int) -> None:
        """Energises the relay for at most `limit_ms` from now, whatever the program does then."""
        self._door_end.tell(self._name, limit_ms)

    def fall(self) -> None:
        """Lets the relay fall."""
        self._door_end.tell(self._name, 0)


class Watchdog:
    """What starts the board over when nobody feeds it."""

    def __init__(self, door_end: DoorEnd, timeout_ms: int):
        self._door_end = door_end
        self._timeout_ms = timeout_ms

    def feed(self) -> None:
        """It may wait for its time once more."""
        self._door_end.tell("watchdog", self._timeout_ms)


class Door:
    """The pins of one door: `relay`, an Output, and `contact` and `rex`, Inputs."""

    def __init__(self, relay: Output, contact: "Input", rex: "Input"):
        self.relay = relay
        self.contact = contact
        self.rex = rex


class Pins:
    """The lines of the door's end: they set `inputs`, by name, and tell the time (`told_s`)."""

    def __init__(self, reader: asyncio.StreamReader, names: list):
        self.told_s: int | None = None
        self._reader = reader
        self.inputs = {name: Input() for name in names}
        self._rest = b""
        self._refused = 0

    async def run(self, trouble):
        """Follows the inputs. Raises OSError when the connection is lost."""
        while True:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                raise OSError("connection lost")
            for line in self._lines(data):
                if len(line) > _LONGEST_LINE or not self._is_taken(line.split()):
                    self._refuse(line, trouble)

    def _lines(self, data: bytes) -> list:
        lines = (self._rest + data).split(b"\n")
        # One byte too many is kept of a line without end, so that it stays too long.
        self._rest = lines.pop()[: _LONGEST_LINE + 1]
        return lines

    def _is_taken(self, words: list) -> bool:
        if len(words) != 2 or not words[1].isdigit():
            return False
        value = int(words[1])
        if words[0] == b"clock" and value <= _LATEST:
            self.told_s = value
            return True
        for name in self.inputs:
            if words[0] == name.encode() and value <= 1:
                self.inputs[name].set(value)
                return True
        return False

    def _refuse(self, line, trouble):
        self._refused += 1
        trouble("bad_pin_line", "%r; %d so far" % (line[:_LONGEST_LINE], self._refused))


class Input:
    """One input pin: its electrical level, 0 or 1. `on_change` is called when it has changed."""

    def __init__(self):
        self.on_change = None
        self._level = _OPEN_WIRE

    def level(self) -> int:
        """The level now."""
        return self._level

    def set(self, level: int) -> None:
        """The pin has this level from now on."""
        changes = level != self._level
        self._level = level
        if changes and self.on_change is not None:
            self.on_change()


class Wakeup:
    """/WAKEUP of one reader, which is low while an event waits (protocol.md 1.5)."""

    def __init__(self, pin, on_edge):
        self._pin = pin
        self._on_edge = on_edge
        self._edge_ms = None
        pin.on_change = self._changes

    def asserted(self) -> bool:
        """Whether the reader says that it has an event."""
        return self._pin.level() == 0

    def edge_ms(self):
        """The tick at which the line fell last, told once; None if it did not since."""
        edge_ms, self._edge_ms = self._edge_ms, None
        return edge_ms

    def _changes(self) -> None:
        if self.asserted():
            self._edge_ms = ticks_ms()
            self._on_edge()
