"""One Direct frame on a serial line (protocol.md 1.2 and 1.3).

    START  PCB  CLA  LEN LEN  payload (LEN + 1 bytes)  LRC

LEN, MSB first, is the length of the payload minus one. The LRC is the XOR of everything between
START and itself. The payload's first byte is the instruction of a command, the status of a
response or the code of an event.
"""

from springcore.errors import FrameError, UsageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


START = const(0x16)
HEADER_LENGTH = const(5)
OVERHEAD = const(6)  # START, PCB, CLA, LEN LEN, LRC: all but the payload
PAYLOAD_MAX = const(0x10000)
FRAME_MAX = const(0x10006)

# The PCB's high nibble: which way a frame goes, and on which channel.
COMMAND = const(0x00)
RESPONSE = const(0x80)
EVENT = const(0xC0)

_SECURE_BIT = const(0x20)
_LONG_HEADER_BIT = const(0x10)


class Frame:
    """What one frame says, and how it came.

    `payload` is bytes, instruction, status or event code first. `length` is the frame's size on
    the line and `offset` its place there. A `truncated` frame was longer than the decoder's
    buffer: its payload is the head that fitted, its LRC was right. A `suspect` frame was found
    inside a broken message, which card data can imitate: never decide on it.
    """

    def __init__(self, channel, sequence, cla, payload, offset, length, suspect):
        self.channel = channel
        self.sequence = sequence
        self.cla = cla
        self.payload = payload
        self.offset = offset
        self.length = length
        self.suspect = suspect
        self.truncated = len(payload) + OVERHEAD < length

    def __repr__(self) -> str:
        return "Frame(channel=%02X sequence=%X cla=%02X payload=%s%s%s)" % (
            self.channel,
            self.sequence,
            self.cla,
            bytes(self.payload).hex(),
            " truncated" if self.truncated else "",
            " suspect" if self.suspect else "",
        )


def lrc_of(data: bytes | bytearray | memoryview, lrc: int = 0) -> int:
    """XOR of all bytes of `data`, carried on from `lrc`."""
    for byte in data:
        lrc ^= byte
    return lrc


def refusal_of(pcb: int) -> str | None:
    """Why this PCB is not allowed on a serial line, naming the bit; None if it is allowed."""
    high = pcb & 0xF0
    if high in (COMMAND, RESPONSE, EVENT):
        return None
    if pcb & _SECURE_BIT:
        return "PCB %02X: bit 5 (secure) is set, a serial line carries plain frames" % pcb
    if pcb & _LONG_HEADER_BIT:
        return "PCB %02X: bit 4 (long header) is set, a serial line has short headers" % pcb
    return "PCB %02X: bit 6 (event) without bit 7 (to the host), the host sends no events" % pcb


def encode(channel: int, sequence: int, cla: int, payload: bytes) -> bytes:
    """The bytes of one frame. `payload`: 1 to 65536 bytes, instruction, status or event first.

    Raises UsageError for a value that no frame can carry.
    """
    if channel not in (COMMAND, RESPONSE, EVENT):
        raise UsageError("channel %r: must be COMMAND, RESPONSE or EVENT" % channel)
    if not 0 <= sequence <= 15:
        raise UsageError("sequence %r: must be 0 to 15" % sequence)
    if not 0 <= cla <= 255:
        raise UsageError("cla %r: must be 0 to 255" % cla)
    size = len(payload)
    if not 1 <= size <= PAYLOAD_MAX:
        raise UsageError("payload of %d bytes: must be 1 to %d" % (size, PAYLOAD_MAX))
    frame = bytearray(size + OVERHEAD)
    frame[0] = START
    frame[1] = channel | sequence
    frame[2] = cla
    frame[3] = (size - 1) >> 8
    frame[4] = (size - 1) & 0xFF
    frame[HEADER_LENGTH:-1] = payload
    frame[-1] = lrc_of(frame) ^ START
    return bytes(frame)


def decode(data: bytes | bytearray | memoryview) -> Frame:
    """The frame that `data` is, whole and alone. Raises FrameError saying what is wrong with it."""
    if len(data) < OVERHEAD + 1:
        raise FrameError("%d bytes: the shortest frame has %d" % (len(data), OVERHEAD + 1))
    if data[0] != START:
        raise FrameError("first byte %02X: a frame starts with %02X" % (data[0], START))
    refusal = refusal_of(data[1])
    if refusal:
        raise FrameError(refusal)
    length = (data[3] << 8 | data[4]) + 1 + OVERHEAD
    if length != len(data):
        raise FrameError("LEN makes a frame of %d bytes, here are %d" % (length, len(data)))
    lrc = lrc_of(memoryview(data)[1:-1])
    if lrc != data[-1]:
        raise FrameError("LRC %02X: computed %02X" % (data[-1], lrc))
    payload = bytes(data[HEADER_LENGTH:-1])
    return Frame(data[1] & 0xF0, data[1] & 0x0F, data[2], payload, 0, length, False)
