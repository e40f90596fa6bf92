"""The device's end of the line: commands and $SCCMD lines out of bytes, frames into bytes.

protocol.md 1.2, 1.3, 6.3 and 7. Only commands (PCB 0x) are a reader's business; any other high
nibble is a protocol error and its byte is dropped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from loquet_tools.virtual_reader import tables

HEADER = 5  # START, PCB, CLA, LEN (2)
SCCMD_LIMIT = 256  # a $SCCMD message is shorter than this, CR LF counted (7)
# How long each value is, in hex digits
SCCMD_DIGITS = {"SEQ": 2, "LEDS": 8, "BUZZ": 4}


@dataclass(frozen=True)
class Command:
    """A frame from the host. `payload` is INS and data; `fault` a status when it is no good."""

    sequence: int
    cla: int
    payload: bytes
    fault: int | None = None

    @property
    def ins(self) -> int:
        return self.payload[0]

    @property
    def data(self) -> bytes:
        return self.payload[1:]


@dataclass(frozen=True)
class TextCommand:
    """A $SCCMD message: None where the host did not send the field."""

    sequence: int | None = None
    leds: tuple[int, ...] | None = None
    buzzer_ms: int | None = None


def lrc(data: bytes) -> int:
    """XOR of all bytes."""
    return reduce(xor, data, 0)


def frame(channel: int, sequence: int, cla: int, payload: bytes) -> bytes:
    """A whole frame. `channel` is tables.RESPONSE or tables.EVENT; payload 1 to 65536 bytes."""
    body = bytes((channel | sequence, cla)) + (len(payload) - 1).to_bytes(2, "big") + payload
    return bytes((tables.START,)) + body + bytes((lrc(body),))


def without_envelope(whole: bytes) -> bytes:
    """A frame as it goes where messages have an end of their own: no START, no LRC (1.9)."""
    return whole[1:-1]


def parse_datagram(data: bytes, buffer_bytes: int) -> Command | None:
    """The command of one datagram; None for what is none. `buffer_bytes` is the longest payload."""
    header = HEADER - 1
    if len(data) <= header or data[0] & 0xF0 != tables.COMMAND:
        return None
    fault = None
    if int.from_bytes(data[2:header], "big") + 1 != len(data) - header:
        fault = tables.STA_PROTOCOL
    elif len(data) - header > buffer_bytes:
        fault = tables.STA_OVERFLOW
    return Command(data[0] & 0x0F, data[1], data[header:], fault)


def text_line(content: str, rule: str) -> bytes:
    """`$content*CK` CR LF with the checksum of `rule` (a, b, c, d), or none at all."""
    inner = content.encode("utf-8")
    if rule == "none":
        return b"$" + inner + b"\r\n"
    checksum = lrc(inner) ^ tables.CHECKSUM_RULES[rule]
    return b"$" + inner + b"*" + b"%02X" % checksum + b"\r\n"


@dataclass
class CommandReceiver:
    """Turns what the UART heard into commands. `buffer_bytes` is the longest payload taken."""

    buffer_bytes: int
    counters: Counter[str] = field(default_factory=Counter)
    _buffer: bytearray = field(default_factory=bytearray)

    @property
    def waiting(self) -> bool:
        """True while the beginning of a message lies here."""
        return bool(self._buffer)

    def receive(self, data: bytes) -> list[Command | TextCommand]:
        """Messages that `data` completes, in order."""
        self._buffer += data
        found: list[Command | TextCommand] = []
        while self._buffer and not self._waits():
            message = self._take()
            if message is not None:
                found.append(message)
        return found

    def give_up(self) -> Command | None:
        """The line fell quiet. Forgets the rest; a frame's head comes back as a faulty command."""
        head = bytes(self._buffer)
        self._buffer.clear()
        self.counters["forgotten"] += 1
        if head[0] != tables.START or len(head) < 3:
            return None
        return Command(head[1] & 0x0F, head[2], head[5:], tables.STA_PROTOCOL)

    def reset(self) -> None:
        """Forgets what has been received."""
        self._buffer.clear()

    def _waits(self) -> bool:
        """More bytes are needed before anything can be said about the head of the buffer."""
        buffer = self._buffer
        if buffer[0] == tables.START:
            if len(buffer) < 2 or buffer[1] & 0xF0 != tables.COMMAND:
                return len(buffer) < 2
            return len(buffer) < HEADER or len(buffer) < self._frame_length()
        if buffer[0] == tables.DOLLAR:
            return self._line_end() is None
        return False

    def _take(self) -> Command | TextCommand | None:
        if self._buffer[0] == tables.START:
            return self._take_frame()
        if self._buffer[0] == tables.DOLLAR:
            return self._take_line()
        self._drop(1)
        self.counters["noise"] += 1
        return None

    def _frame_length(self) -> int:
        return int.from_bytes(self._buffer[3:5], "big") + 7

    def _take_frame(self) -> Command | None:
        if self._buffer[1] & 0xF0 != tables.COMMAND:
            # Only START goes: the byte after it may be the START of a good command.
            self._drop(1)
            self.counters["dropped_pcb"] += 1
            return None
        whole = self._drop(self._frame_length())
        fault = None
        if lrc(whole[1:]) != 0:
            self.counters["bad_lrc"] += 1
            fault = tables.STA_PROTOCOL
        elif len(whole) - 7 >= self.buffer_bytes:
            self.counters["too_long"] += 1
            fault = tables.STA_OVERFLOW
        return Command(whole[1] & 0x0F, whole[2], whole[HEADER:-1], fault)

    def _line_end(self) -> int | None:
        """How many bytes the line takes: up to LF, what cannot belong to a line, or the limit."""
        for place, byte in enumerate(self._buffer[:SCCMD_LIMIT]):
            if byte == 0x0A:
                return place + 1
            if byte != 0x0D and not 0x20 <= byte <= 0x7E:
                return place
        return SCCMD_LIMIT if len(self._buffer) >= SCCMD_LIMIT else None

    def _take_line(self) -> TextCommand | None:
        line = self._drop(self._line_end() or 0)
        message = None
        # A line as long as the limit is thrown away; what follows of it is noise.
        if line.endswith(b"\n") and len(line) < SCCMD_LIMIT:
            message = parse_sccmd(line.decode("ascii").rstrip("\r\n"))
        if message is None:
            self.counters["bad_lines"] += 1
        return message

    def _drop(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def parse_sccmd(line: str) -> TextCommand | None:
    """A $SCCMD line without its CR LF, or None when it is not one or its checksum is wrong.

    A checksum is verified when there is one (7), by any of the four readings of the rule (6.3).
    """
    content, star, checksum = line.partition("*")
    if star and not checksum_valid(content[1:], checksum):
        return None
    header, *fields = content.split(";")
    if header != "$SCCMD":
        return None
    values: dict[str, str] = {}
    for text in fields:
        name, _, value = text.partition("=")
        if len(value) != SCCMD_DIGITS.get(name) or not is_hex(value):
            return None
        values[name] = value
    return _text_command(values)


def _text_command(values: dict[str, str]) -> TextCommand:
    leds = values.get("LEDS")
    return TextCommand(
        sequence=int(values["SEQ"], 16) if "SEQ" in values else None,
        leds=tuple(bytes.fromhex(leds)) if leds else None,
        buzzer_ms=int(values["BUZZ"], 16) if "BUZZ" in values else None,
    )


def checksum_valid(inner: str, checksum: str) -> bool:
    """Whether two hex digits fit the text between `$` and `*` by one of the four rules."""
    if len(checksum) != 2 or not is_hex(checksum):
        return False
    difference = lrc(inner.encode("ascii")) ^ int(checksum, 16)
    return difference in tables.CHECKSUM_RULES.values()


def is_hex(text: str) -> bool:
    """Hex digits only, at least one."""
    return bool(text) and all(digit in "0123456789ABCDEFabcdef" for digit in text)
