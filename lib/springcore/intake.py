"""What comes in from the line: messages, and whether each stands where a message was due.

A card's own data can be made to look like messages. A damaged start byte leaves them standing
alone; a line feed in the data ends its line; one changed bit in LEN ends a frame early, and the
rest of it is told as frames. So only the first tag since the line was quiet is clean, and only if
nothing came before it that belongs nowhere. A quiet gap ends the distrust.
"""

from springcore import codes
from springcore.frame import EVENT, Frame
from springcore.stream import Noise, StreamDecoder
from springcore.text import TextMessage
from springcore.ticks import ticks_add, ticks_diff

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


GAP_MS = const(100)  # a pause that ends a message; 10 byte times at 38400 are 3 ms
PAUSE_MS = const(5)  # nobody is in the middle of a message after so long without a byte
# Noise shorter than a header cannot be what is left of a message with another inside: RS-485
# transceivers make a byte or two of it whenever the line turns round.
_REMAINS_MIN = const(5)


class Intake:
    """`gap_due` is the tick at which the line counts as quiet, `pause_due` the one at which
    nobody is in the middle of a message; None once that has passed.
    `echoes_broken` counts echoes of ours that did not come back as they were sent.
    """

    def __init__(self, buffer_size: int):
        self._stream = StreamDecoder(buffer_size)
        self._echo = b""
        self._remains = 0  # bytes of noise since the line was last quiet
        self._tag_came = False  # what may tell of a tag came since then, or something astray
        self.gap_due: int | None = None
        self.pause_due: int | None = None
        self.echoes_broken = 0

    @property
    def waiting(self) -> bool:
        """A message has begun and its end has not come."""
        return self._stream.waiting

    @property
    def lacking(self) -> int:
        """How many bytes a frame that has begun lacks, at least; 0 if none has."""
        return self._stream.lacking

    @property
    def garbled(self) -> bool:
        """What came since the line was last quiet holds the remains of a message."""
        return self._remains >= _REMAINS_MIN

    def restart(self, now_ms: int) -> None:
        """Forgets what has come; the line is not known to be quiet."""
        self._stream.flush()
        self.forget_burst()
        self.gap_due = ticks_add(now_ms, GAP_MS)

    def expect_echo(self, sent: bytes) -> None:
        """These bytes of ours will come back first."""
        self._echo = sent

    def receive(self, data: bytes | bytearray | memoryview, now_ms: int) -> list | tuple:
        """The messages that end in `data`, in order."""
        if self._echo:
            data = self._without_echo(data)
        self.gap_due = ticks_add(now_ms, GAP_MS)
        self.pause_due = ticks_add(now_ms, PAUSE_MS)
        return self._stream.receive(data)

    def pauses(self, now_ms: int) -> bool:
        """Whether no byte has come for long enough to ask for the next message."""
        if self.pause_due is not None and ticks_diff(now_ms, self.pause_due) >= 0:
            self.pause_due = None
        return self.pause_due is None and not self.waiting

    def expect_event(self) -> None:
        """A poll goes out in a pause: the event that answers it follows no other."""
        self._tag_came = False

    def distrust(self) -> None:
        """Something came that nobody asked for: until the line is quiet, no tag is clean."""
        self._remains = _REMAINS_MIN

    def is_quiet(self, now_ms: int) -> bool:
        """Whether the gap has passed that ends every message."""
        return self.gap_due is not None and ticks_diff(now_ms, self.gap_due) >= 0

    def end_burst(self) -> list | tuple:
        """The messages that are left when the gap has passed. Call `forget_burst` after them."""
        self.gap_due = None
        return self._stream.flush()

    def forget_burst(self) -> None:
        """The line has been quiet: what comes next is clean again."""
        self._echo = b""
        self._remains = 0
        self._tag_came = False
        self.pause_due = None

    def weigh(self, message: Frame | TextMessage | Noise) -> bool:
        """Whether this message is clean. To be asked of each one, in order."""
        if isinstance(message, Noise):
            self._remains += message.length
            return False
        clean = not (message.suspect or self.garbled or self._tag_came)
        if isinstance(message, TextMessage) or (
            message.channel == EVENT and message.cla == codes.CLA_READER
        ):
            self._tag_came = True
        return clean

    def _without_echo(self, data: bytes | bytearray | memoryview) -> bytes | bytearray | memoryview:
        """`data` less the bytes of our own that come back first."""
        count = min(len(data), len(self._echo))
        if bytes(data[:count]) == self._echo[:count]:
            self._echo = self._echo[count:]
            return data[count:]
        # Somebody spoke at the same time, or a byte was damaged: nothing can be told apart.
        self._echo = b""
        self.echoes_broken += 1
        return data
