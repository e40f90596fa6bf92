"""The Raspberry Pi Pico and what else has an RP2040: MicroPython's rp2 port.

Interrupt handlers only set flags, and each disarms its own pin until the level is looked at: a
line that floats costs one handler a look. What has to hold while the program does not is
hardware: each relay's limit (rp2_relay.py), the direction of RS-485 (rp2_senders.py), the
watchdog. Which pins there are stands in board.json.
"""

import asyncio
import os
import select
import sys
import time

import machine
from machine import UART, Pin

from boards.hal.rp2_relay import Output
from boards.hal.rp2_senders import PioSender, Sender, UartSender

# State machines: the first block of four counts for relays, the second sends.
_MOST_RELAYS = 4
_FIRST_SENDER = 4

# Our longest command is far shorter; see also Sender.start.
_SEND_BYTES = 256

# What MicroPython's UART can have at most.
_MOST_RECEIVE_BYTES = 32766

# RP2040 data sheet 4.7.6: the watchdog's registers. REASON tells of the last reset, SCRATCH lasts
# until the power goes.
_WATCHDOG_CTRL = 0x40058000
_WATCHDOG_REASON = 0x40058008
_WATCHDOG_SCRATCH0 = 0x4005800C
_CTRL_ENABLE = 1 << 30
_REASON_TIMER = 1

# Data sheet 2.19.6: four bits a pin, of which bit 2 is the falling and bit 3 the rising edge, and
# the two addresses where a write sets or clears bits.
_EDGES_SET = 0x40016100
_EDGES_CLEAR = 0x40017100
_FALLING = 1 << 2
_RISING = 1 << 3

# Data sheet 4.2.8: the mask of a UART's interrupts, and the same two addresses.
_UART_MASKS_SET = (0x40036038, 0x4003A038)
_UART_MASKS_CLEAR = (0x40037038, 0x4003B038)
_RECEIVE_TIMEOUT = 1 << 6

# What the console says at most in a line, and how many characters of it are taken at a time.
_LONGEST_LINE = 32
_CHARACTERS_A_LOOK = 64


async def open(board: dict) -> "Hal":
    """The Hal of `board` (the parsed board.json), with every output de-energised.

    Raises ValueError naming the field of board.json.
    """
    make_safe(board)
    doors = board["doors"]
    if len(doors) > _MOST_RELAYS:
        raise ValueError("doors: %d; allowed: 1 to %d" % (len(doors), _MOST_RELAYS))
    return Hal(board, [Output(door["relay"], place) for place, door in enumerate(doors)])


def make_safe(board: dict) -> None:
    """De-energises every output: relays fall, and no driver holds an RS-485 line."""
    for door in board["doors"]:
        Pin(door["relay"], Pin.OUT, value=0)
    for reader in board["readers"]:
        if reader["de"] is not None:
            Pin(reader["de"], Pin.OUT, value=0)


def ticks_ms() -> int:
    """Milliseconds of a clock that only goes forward; it wraps at a multiple of 2**29."""
    return time.ticks_ms()  # type: ignore[return-value]


class Hal:
    """This board's hardware, as the app asks for it (firmware/README.md lists the names)."""

    def __init__(self, board: dict, relays: list):
        self._board = board
        self._relays = relays
        self._console = Console()
        self._reset_cause = _reset_cause()
        self._wall_clock = WallClock()
        self._watchdog: Watchdog | None = None

    ticks_ms = staticmethod(ticks_ms)

    def door(self, place: int, on_change) -> "Door":
        """The pins of the door at that place; `on_change` is called when an input of it moves.

        Raises ValueError when the board has fewer doors.
        """
        if place >= len(self._relays):
            raise ValueError("door %d: this board has %d" % (place + 1, len(self._relays)))
        pins = self._board["doors"][place]
        contact, rex = Input(pins["contact"], on_change), Input(pins["rex"], on_change)
        return Door(self._relays[place], contact, rex)

    def fire(self, on_change) -> "Input":
        """The Input of the fire alarm system; `on_change` is called when it moves."""
        return Input(self._board["fire"], on_change)

    def reader_port(self, place: int, settings, on_bytes) -> "Port":
        """The Port of the reader at that place. Raises ValueError."""
        return Port(self._reader(place), place, settings, on_bytes)

    def wakeup(self, place: int, on_edge) -> "Wakeup":
        """The Wakeup of that reader; `on_edge` is called when the line falls."""
        return Wakeup(self._reader(place)["wakeup"], on_edge)

    def udp_port(self, address: str, port: int, on_datagram):
        """Raises ValueError: a Pico has no network."""
        raise ValueError("udp: this board has no network; allowed: readers on serial lines")

    def _reader(self, place: int) -> dict:
        readers = self._board["readers"]
        if place >= len(readers):
            raise ValueError("reader %d: this board has lines for %d" % (place + 1, len(readers)))
        return readers[place]

    def wall_clock(self):
        """(seconds since 1970 in UTC, whether they can be believed); None while nobody told."""
        return self._wall_clock.read()

    def set_wall_clock(self, seconds: int) -> None:
        """Sets the chip's clock. It goes on over restarts, until the power goes."""
        self._wall_clock.set(seconds)

    def time_told(self):
        """Seconds since 1970 that somebody has told since this was asked last; else None.

        On the console, as a line "clock SECONDS".
        """
        return self._console.time_told()

    def watchdog(self, timeout_ms: int) -> "Watchdog":
        """Starts the watchdog: without `feed` for so long, the board starts over."""
        self._watchdog = Watchdog(timeout_ms, self._wall_clock)
        return self._watchdog

    def reset_cause(self) -> str:
        """Why the board has started: "power", "watchdog" or "software"."""
        return self._reset_cause

    def tasks(self, trouble) -> list:
        """What has to run beside the app: nothing, the hardware does it."""
        return []

    def flag(self) -> "Flag":
        """What a callback of this hal may set and one task waits for."""
        return Flag()

    def print_line(self, line: str) -> bool:
        """Prints `line`; False if it was dropped because nobody takes what is printed."""
        return self._console.print_line(line)

    def print_error(self, error: BaseException) -> None:
        """Prints `error` with the places it came through, for whoever has to mend it."""
        sys.print_exception(error)  # type: ignore[attr-defined]

    def storage_root(self) -> str:
        """The folder of what a device keeps on flash: names begin with "/"."""
        return ""

    def entropy(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)

    def reset(self, reason: str) -> None:
        """Starts the board over; `reason` was reported."""
        self._wall_clock.keep()
        machine.reset()

    def halt(self, reason: str) -> None:
        """Stops where only a person can help: the outputs rest, the console takes Ctrl-C."""
        make_safe(self._board)
        while True:
            if self._watchdog is not None:
                self._watchdog.feed()
            time.sleep_ms(100)


class Flag:
    """What a task waits for, with a time limit from one of the chip's timers.

    asyncio.wait_for() makes two tasks for each wait: they took 1.4 KB of the heap, so that an idle
    panel used up what is free every 5 seconds, and milliseconds between an interrupt and its task.
    """

    def __init__(self):
        self._flag = asyncio.ThreadSafeFlag()
        self._timer = machine.Timer(-1)
        self._on_time = self._late
        self.set = self._flag.set

    async def wait_ms(self, timeout_ms: int) -> None:
        """Returns when it has been set, or after so long."""
        # Again and again, not once: a callback is lost when too many wait to be called.
        self._timer.init(period=timeout_ms, callback=self._on_time)
        try:
            await self._flag.wait()
        finally:
            self._timer.deinit()

    def _late(self, timer) -> None:
        self._flag.set()


def _reset_cause() -> str:
    # Only a soft restart (Ctrl-D) finds the watchdog running.
    if machine.mem32[_WATCHDOG_CTRL] & _CTRL_ENABLE:
        return "software"
    reason = machine.mem32[_WATCHDOG_REASON]
    if reason == 0:
        return "power"
    return "watchdog" if reason & _REASON_TIMER else "software"


class Door:
    """The pins of one door: `relay`, an Output, and `contact` and `rex`, Inputs."""

    def __init__(self, relay: Output, contact: "Input", rex: "Input"):
        self.relay = relay
        self.contact = contact
        self.rex = rex


class Edges:
    """Calls `on_edge(pin)` in an interrupt, at most once until `arm` is called again.

    `edges`: which of the pin's, _FALLING and _RISING. Those that come in between are kept by the
    chip: `arm` calls at once.
    """

    def __init__(self, pin: Pin, number: int, edges: int, on_edge):
        # Everything the handler needs is made here, for it may not allocate.
        shift = number % 8 * 4
        offset = number // 8 * 4
        self._bits = edges << shift
        self._set = _EDGES_SET + offset
        self._clear = _EDGES_CLEAR + offset
        self._on_edge = on_edge
        self._memory = machine.mem32
        falling = Pin.IRQ_FALLING if edges & _FALLING else 0
        rising = Pin.IRQ_RISING if edges & _RISING else 0
        pin.irq(self._on_interrupt, falling | rising, hard=True)

    def arm(self) -> None:
        """The next edge calls again."""
        self._memory[self._set] = self._bits

    def _on_interrupt(self, pin) -> None:
        self._memory[self._clear] = self._bits
        self._on_edge()


class Input:
    """One input pin with a pull-up. `on_change` is called in an interrupt when it has moved."""

    def __init__(self, pin: int, on_change):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self._edges = Edges(self._pin, pin, _FALLING | _RISING, on_change)

    def level(self) -> int:
        """The electrical level now, 0 or 1."""
        self._edges.arm()
        return self._pin.value()


class Wakeup:
    """/WAKEUP of one reader, which is low while an event waits (protocol.md 1.5)."""

    def __init__(self, pin: int, on_edge):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self._on_edge = on_edge
        self._fell = False
        self._fell_ms = 0
        self._edges = Edges(self._pin, pin, _FALLING, self._on_fall)

    def asserted(self) -> bool:
        """Whether the reader says that it has an event."""
        return self._pin.value() == 0

    def edge_ms(self):
        """The tick at which the line fell last, told once; None if it did not since."""
        edge_ms = self._fell_ms if self._fell else None
        self._fell = False
        self._edges.arm()
        return edge_ms

    def _on_fall(self) -> None:
        self._fell_ms = ticks_ms()
        self._fell = True
        self._on_edge()


class Port:
    """A reader's serial line: 8 data bits, no parity, 1 stop bit (protocol.md 1.1).

    `pins`: the reader's entry in board.json. Raises ValueError.
    """

    def __init__(self, pins: dict, place: int, settings, on_bytes):
        self._on_bytes = on_bytes
        self._pins = pins
        self._uart = UART(
            pins["uart"],
            settings.bitrate,
            tx=Pin(pins["tx"]),
            rx=Pin(pins["rx"], Pin.IN, Pin.PULL_UP),
            txbuf=_SEND_BYTES,
            rxbuf=min(settings.buffer_bytes, _MOST_RECEIVE_BYTES),
        )
        self._sender = self._sender_of(place, settings)
        self._memory = machine.mem32
        self._mask_set = _UART_MASKS_SET[pins["uart"]]
        self._mask_clear = _UART_MASKS_CLEAR[pins["uart"]]
        self.set_bitrate(settings.bitrate)

    def any(self) -> int:
        """Bytes that have arrived and wait."""
        count = self._uart.any()
        # Armed when the FIFO is empty: with something in it the interrupt would come at once.
        self._memory[self._mask_set] = _RECEIVE_TIMEOUT
        return count

    def readinto(self, buffer: memoryview) -> int:
        """Moves what has arrived into `buffer`, as much as fits; how many bytes that were."""
        # More than there is would be waited for.
        count = min(self._uart.any(), len(buffer))
        return self._uart.readinto(buffer, count) or 0

    def await_bytes(self, count: int, most_ms: int) -> None:
        """Returns when so many bytes wait, or after so long."""
        began_ms = time.ticks_ms()
        while self._uart.any() < count and time.ticks_diff(time.ticks_ms(), began_ms) < most_ms:
            pass

    def start(self, frame: bytes) -> None:
        """Begins to send `frame`; only when the one before is done."""
        self._sender.start(frame)

    def done(self) -> bool:
        """Whether the frame's last stop bit is out."""
        return self._sender.done()

    def set_bitrate(self, bps: int) -> None:
        """Runs the line at `bps` from here on."""
        self._uart.init(bps)
        # Set anew each time: init() makes the UART interrupt so early that it empties its FIFO,
        # and with nothing in it the line never counts as idle.
        triggers = UART.IRQ_RXIDLE | UART.IRQ_TXIDLE
        self._irq = self._uart.irq(self._on_interrupt, triggers, True)
        self._sender.set_bitrate(bps)

    def _sender_of(self, place: int, settings):
        pins = self._pins
        if not settings.half_duplex or pins["de"] is None:
            return Sender(self._uart)
        if pins["de_by"] == "uart":
            return UartSender(self._uart, pins["de"])
        return PioSender(pins["tx"], pins["de"], _FIRST_SENDER + place)

    def _on_interrupt(self, uart) -> None:
        flags = self._irq.flags()  # type: ignore[call-arg,union-attr]
        if flags & UART.IRQ_TXIDLE:
            self._sender.on_almost_sent()
        if flags & UART.IRQ_RXIDLE:
            # Disarmed until somebody looks. If this interrupts a read, MicroPython leaves the FIFO
            # as it is; 32 bits later it would come again, on a fast line before the read can go on.
            self._memory[self._mask_clear] = _RECEIVE_TIMEOUT
            self._on_bytes()


class Watchdog:
    """What starts the board over when nobody feeds it."""

    def __init__(self, timeout_ms: int, wall_clock: "WallClock"):
        self._wall_clock = wall_clock
        self._watchdog = machine.WDT(timeout=timeout_ms)

    def feed(self) -> None:
        """It may wait for its time once more."""
        self._watchdog.feed()
        self._wall_clock.keep()


class WallClock:
    """The chip's clock: it has no battery, and begins anew with every reset but a soft one.

    So that a restart of ours does not take the time from the cards with dates, the last known time
    stands in a register that only loses power: after a restart the clock is behind by what passed
    since, the watchdog's time and a second at most.
    """

    def __init__(self):
        kept = machine.mem32[_WATCHDOG_SCRATCH0]
        self._known = kept != 0
        if self._known and time.time() < kept:
            _set_rtc(kept)

    def read(self):
        """(seconds since 1970, False); None while nobody has set it."""
        return (time.time(), False) if self._known else None

    def set(self, seconds: int) -> None:
        """It is `seconds` since 1970 now."""
        _set_rtc(seconds)
        self._known = True
        self.keep()

    def keep(self) -> None:
        """Notes the time for the next start."""
        if self._known:
            machine.mem32[_WATCHDOG_SCRATCH0] = time.time()


def _set_rtc(seconds: int) -> None:
    year, month, day, hour, minute, second, weekday = time.gmtime(seconds)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


class Console:
    """The USB serial line (on the emulated Pico: UART0) that reports go to."""

    def __init__(self):
        self._room = select.poll()
        self._room.register(sys.stdout, select.POLLOUT)
        self._typed = select.poll()
        self._typed.register(sys.stdin, select.POLLIN)
        self._line = ""

    def print_line(self, line: str) -> bool:
        """False if the line was dropped.

        A host that is connected and stops reading costs half a second once: then there is no
        room, and nothing is printed until it reads again.
        """
        if not self._room.poll(0):
            return False
        print(line)
        return True

    def time_told(self):
        """The seconds of a line "clock SECONDS" that was typed; else None."""
        for _ in range(_CHARACTERS_A_LOOK):
            if not self._typed.poll(0):
                return None
            character = sys.stdin.read(1)
            if character in "\r\n":
                words, self._line = self._line.split(), ""
                if len(words) == 2 and words[0] == "clock" and words[1].isdigit():
                    return int(words[1])
            elif len(self._line) <= _LONGEST_LINE:
                self._line += character
        return None
