"""One byte stream from the line, told apart into frames, text messages and noise.

`16` starts a Direct frame, `$` a text message, all else is noise (protocol.md 1.1, 1.7). Nothing
is escaped: a message's own bytes may look like the start of another, so only its length, or its
line feed, ends it. A message that turns out broken gives up one byte, and the search goes on
inside it: no good message within the buffer is lost. What is found inside the claimed extent of
a broken message is marked suspect, because a card's data can be made to look like a frame.

The buffer is allocated once. A longer message keeps its head, its check runs over the rest
without storing it, and it is delivered as `truncated`.

How bytes are cut into chunks changes nothing in the result. Time does not come in here: the
caller says with flush() that the line fell quiet, and what is incomplete then is given up.
"""

from springcore.errors import UsageError
from springcore.frame import (
    EVENT,
    FRAME_MAX,
    HEADER_LENGTH,
    OVERHEAD,
    RESPONSE,
    START,
    Frame,
    lrc_of,
    refusal_of,
)
from springcore.text import DOLLAR, INVALID, TEXT_HEAD, TextMessage, head_is_text, verdict

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


CAPACITY_MIN = const(64)
TEXT_MAX = const(0x10100)  # a line may be 64 KiB long (protocol.md 6.1); no end by then is none
NOISE_HEAD = const(64)  # bytes of a stretch of noise that are kept to be shown

_CR = const(0x0D)
_TEXT_END = const(5)  # the longest end of a line that its checksum leaves out: *47 CR LF

# What a line carries that is neither Direct nor $SC text, by its first byte (protocol.md 1.1).
_OTHER_PROTOCOLS = (
    (b"#", "MK1 start line: the reader's output is not set to Direct events or $SCRDR"),
    (b"+", "MK1 card line: the reader's output is not set to Direct events or $SCRDR"),
    (b"{", "JSON message: the reader's output is not set to Direct events or $SCRDR"),
    (b"\xcd", "CCID frame: the reader runs its CCID profile"),
)


class Noise:
    """A stretch of bytes that are no message.

    `head` holds its first bytes (64 at most), `length` counts all of them. `looks_like` says in
    words which other protocol of these readers they may belong to, `reason` why the first of
    them do not begin a message; each is None if there is nothing to say.
    """

    def __init__(self, offset, length, head, reason):
        self.offset = offset
        self.length = length
        self.head = head
        self.reason = reason
        self.looks_like = _protocol_of(head)

    def __repr__(self) -> str:
        return "Noise(offset=%d length=%d head=%s looks_like=%r reason=%r)" % (
            self.offset,
            self.length,
            self.head.hex(),
            self.looks_like,
            self.reason,
        )


def _protocol_of(head: bytes) -> str | None:
    """Which other protocol the first line says that begins like one; glitches may stand before."""
    for line in head.split(b"\n"):
        first = line.lstrip(b"\x00\xff")[:1]
        for start, name in _OTHER_PROTOCOLS:
            if first == start:
                return name
    return None


class StreamDecoder:
    """Bytes in, messages out. `capacity` bytes are buffered: 64 to 65542, the longest frame.

    `channels` says which ways of traffic are expected: a host's line carries responses and
    events only; a capture of both directions carries commands too.
    """

    def __init__(self, capacity: int = FRAME_MAX, channels=(RESPONSE, EVENT)):
        if not CAPACITY_MIN <= capacity <= FRAME_MAX:
            raise UsageError("capacity %r: must be %d to %d" % (capacity, CAPACITY_MIN, FRAME_MAX))
        self._channels = channels
        self._capacity = capacity
        self._buffer = bytearray(capacity)
        self._view = memoryview(self._buffer)
        # [_start, _end) of the buffer waits to be told; a candidate message begins at _start.
        self._start = 0
        self._end = 0
        self._base = 0  # place in the stream of the buffer's first byte
        # Of the candidate: [_start + 1, _checked) is in _lrc; _total is its length once known.
        self._checked = 1
        self._lrc = 0
        self._total = 0
        # A candidate longer than the buffer: how many of its bytes were checked, not kept.
        self._skipping = False
        self._skipped = 0
        self._tail = b""
        self._lowest = 0xFF  # lowest byte of a long line so far, without its tail
        self._suspect_until = 0  # places in the stream before this are inside a broken message
        self._told_until = 0  # places before this belong to a broken line that was delivered
        self._noise_offset = 0
        self._noise_length = 0
        self._noise_head = bytearray(NOISE_HEAD)
        self._noise_kept = 0
        self._noise_reason: str | None = None
        self._found: list = []

    @property
    def waiting(self) -> bool:
        """A message has begun and its end has not come."""
        return self._skipping or self._start < self._end

    @property
    def lacking(self) -> int:
        """How many bytes a frame that has begun lacks, at least; 0 if none has."""
        have = self._end - self._start
        if self._skipping or have == 0 or self._buffer[self._start] != START:
            return 0
        return (self._total or HEADER_LENGTH) - have

    @property
    def unsettled(self) -> bool:
        """Bytes have come that have not been told as a message or as noise yet."""
        return self.waiting or self._noise_length > 0

    def receive(self, data: bytes | bytearray | memoryview) -> list | tuple:
        """The messages that end in `data` (any bytes-like), in order; noise as it is passed."""
        size = len(data)
        if size <= self._capacity - self._end and not self._skipping:
            end = self._end + size
            self._buffer[self._end : end] = data
            self._end = end
            self._parse()
        else:
            self._receive_in_parts(memoryview(data))
        return self._take_found()

    def flush(self) -> list | tuple:
        """The messages that are left when the line has fallen quiet: nothing more will come."""
        self._give_up()
        self._tell_noise()
        self._suspect_until = 0
        return self._take_found()

    def _take_found(self) -> list | tuple:
        if not self._found:
            return ()
        found = self._found
        self._found = []
        return found

    def _receive_in_parts(self, view: memoryview) -> None:
        position = 0
        while position < len(view):
            if self._skipping:
                position += self._skip(view[position:])
                continue
            if self._end == self._capacity:
                self._make_room()
            part = view[position : position + self._capacity - self._end]
            self._buffer[self._end : self._end + len(part)] = part
            self._end += len(part)
            position += len(part)
            self._parse()

    def _make_room(self) -> None:
        """Moves the candidate to the buffer's beginning, or starts to skip if it fills it all."""
        if self._start == 0:
            self._begin_skipping()
            return
        kept = self._end - self._start
        self._view[:kept] = self._view[self._start : self._end]
        self._base += self._start
        self._checked -= self._start
        self._start = 0
        self._end = kept

    # Telling messages apart

    def _parse(self) -> None:
        """Tells everything that can be told from what is in the buffer."""
        told = True
        while told and self._start < self._end:
            first = self._buffer[self._start]
            if first == START:
                told = self._parse_frame()
            elif first == DOLLAR:
                told = self._parse_text()
            else:
                self._pass_noise()

    def _pass_noise(self) -> None:
        """Counts bytes as noise up to the next one that may start a message."""
        stop = self._end
        for mark in (b"\x16", b"$"):
            place = self._buffer.find(mark, self._start, stop)
            if place >= 0:
                stop = place
        self._add_noise(stop - self._start)

    def _parse_frame(self) -> bool:
        """Whether the candidate frame could be told; False if more bytes must come first."""
        buffer, start = self._buffer, self._start
        have = self._end - start
        total = self._total
        if total == 0:
            if have >= 2 and buffer[start + 1] & 0xF0 not in self._channels:
                self._fail_pcb(buffer[start + 1])
                return True
            if have < HEADER_LENGTH:
                return False
            total = self._total = (buffer[start + 3] << 8 | buffer[start + 4]) + 1 + OVERHEAD
        stop = start + (have if have < total else total)
        if self._checked < stop:
            self._lrc = lrc_of(self._view[self._checked : stop], self._lrc)
            self._checked = stop
        if have < total:
            return False
        if self._lrc == 0:
            self._deliver_frame(total)
        else:
            self._fail(total, "broken frame: wrong LRC")
        return True

    def _fail_pcb(self, pcb: int) -> None:
        refusal = refusal_of(pcb) or "PCB %02X: a command, on a line that carries none" % pcb
        self._fail(1, "no frame: " + refusal)

    def _parse_text(self) -> bool:
        """Whether the candidate line could be told; False if more bytes must come first."""
        if not head_is_text(self._view[self._start : min(self._end, self._start + TEXT_HEAD)]):
            self._fail(1, None)
            return True
        stop = self._buffer.find(b"\n", self._checked, self._end)
        self._checked = self._end
        if stop < 0:
            return False
        length = stop + 1 - self._start
        end = stop - 1 if self._buffer[stop - 1] == _CR else stop
        if min(self._view[self._start : end]) < 0x20:
            self._fail(length, "broken line: control characters in it")
            return True
        line = bytes(self._view[self._start : end])
        between = lrc_of(self._view[self._start + 1 : end - 3])
        self._deliver_text(line, length, between, line)
        return True

    # Messages longer than the buffer

    def _begin_skipping(self) -> None:
        self._skipping = True
        self._skipped = 0
        if self._buffer[0] == DOLLAR:
            keep = self._capacity - _TEXT_END
            self._lrc = lrc_of(self._view[1:keep])
            self._lowest = min(self._view[:keep])
            self._tail = bytes(self._view[keep:])

    def _skip(self, view: memoryview) -> int:
        """Checks the next bytes of a message whose head fills the buffer; returns how many."""
        if self._buffer[0] == START:
            return self._skip_frame(view)
        return self._skip_text(view)

    def _skip_frame(self, view: memoryview) -> int:
        count = min(len(view), self._total - self._capacity - self._skipped)
        self._lrc = lrc_of(view[:count], self._lrc)
        self._skipped += count
        if self._capacity + self._skipped == self._total:
            if self._lrc == 0:
                self._deliver_frame(self._capacity)
                self._end_skipping()
            else:
                self._fail_skipped("broken frame: wrong LRC")
        return count

    def _skip_text(self, view: memoryview) -> int:
        part = bytes(view[: TEXT_MAX - self._capacity - self._skipped])
        stop = part.find(b"\n")
        if stop >= 0:
            part = part[: stop + 1]
        seen = self._tail + part
        passed = seen[:-_TEXT_END]
        self._lrc = lrc_of(passed, self._lrc)
        self._lowest = min(self._lowest, min(passed))
        self._tail = seen[-_TEXT_END:]
        self._skipped += len(part)
        if stop >= 0:
            self._end_long_text()
        elif self._capacity + self._skipped == TEXT_MAX:
            self._fail_skipped("broken line: no end")
        return len(part)

    def _end_long_text(self) -> None:
        end = self._tail[:-1]
        if end[-1] == _CR:
            end = end[:-1]
        between = lrc_of(end[:-3], self._lrc)
        # Of a line that just filled the buffer, only CR LF or LF may have been skipped.
        size = self._capacity + self._skipped - (_TEXT_END - len(end))
        head = bytes(self._view[:size])
        if min(self._lowest, min(end)) < 0x20:
            self._fail_skipped("broken line: control characters in it")
        else:
            truncated = size > self._capacity
            self._deliver_text(head, self._capacity, between, b"$SCxxx" + end, truncated)

    def _fail_skipped(self, reason: str | None) -> None:
        """Searches the head of a broken long message; the rest of it was not kept."""
        self._suspect(self._capacity + self._skipped)
        self._skipping = False
        self._add_noise(1, reason)
        self._give_up()
        if self._base >= self._told_until:
            if self._noise_length == 0:
                self._noise_offset = self._base
                self._noise_reason = reason
            self._noise_length += self._skipped
        self._end_skipping()

    def _end_skipping(self) -> None:
        """The buffer is empty: counts what was not kept of the message as passed."""
        self._skipping = False
        self._base += self._skipped
        self._skipped = 0

    # What becomes of a candidate

    def _deliver_frame(self, kept: int) -> None:
        if self._noise_length:
            self._tell_noise()
        start = self._start
        pcb = self._buffer[start + 1]
        # The LRC is no payload; a truncated frame's LRC is not among the bytes that were kept.
        end = start + (kept if kept < self._total else kept - 1)
        frame = Frame(
            pcb & 0xF0,
            pcb & 0x0F,
            self._buffer[start + 2],
            bytes(self._view[start + HEADER_LENGTH : end]),
            self._base + start,
            self._total,
            self._base + start < self._suspect_until,
        )
        self._found.append(frame)
        self._consume(kept)

    def _deliver_text(
        self, line: bytes, kept: int, between: int, end: bytes, truncated: bool = False
    ) -> None:
        """`line`: what was kept of it; `end`: its last bytes, without CR LF, with the checksum."""
        checksum, rule = verdict(between, end)
        offset = self._base + self._start
        # A line in the head of a broken long message is as long as it is, not as that message.
        length = kept + self._skipped if self._skipping else kept
        self._tell_noise()
        suspect = offset < self._suspect_until
        message = TextMessage(line, offset, length, checksum, rule, suspect, truncated)
        self._found.append(message)
        if checksum == INVALID:
            # Delivered for what it claims to be; a good message inside it is still looked for.
            self._told_until = offset + length
            if self._skipping:
                self._fail_skipped(None)
            else:
                self._fail(length, None)
        else:
            self._consume(kept)
            if self._skipping:
                self._end_skipping()

    def _fail(self, claimed: int, reason: str | None) -> None:
        """The candidate is no message: gives up its first byte, distrusts all that it claimed."""
        self._suspect(claimed)
        self._add_noise(1, reason)

    def _suspect(self, claimed: int) -> None:
        # A candidate of one byte claims nothing: its second byte already told it was none.
        end = self._base + self._start + claimed
        if claimed > 1 and end > self._suspect_until:
            self._suspect_until = end

    def _give_up(self) -> None:
        """Fails every candidate that waits for bytes that will not come."""
        if self._skipping:
            self._fail_skipped("broken message: cut off")
        self._parse()
        while self._start < self._end:
            self._fail(max(self._end - self._start, self._total), "broken message: cut off")
            self._parse()

    def _consume(self, count: int) -> None:
        self._start += count
        if self._start == self._end:
            self._base += self._start
            self._start = 0
            self._end = 0
        self._checked = self._start + 1
        self._lrc = 0
        self._total = 0

    # Noise

    def _add_noise(self, count: int, reason: str | None = None) -> None:
        offset = self._base + self._start
        skip = min(count, max(0, self._told_until - offset))
        if count > skip:
            if self._noise_length == 0:
                self._noise_offset = offset + skip
                self._noise_reason = reason
            self._keep_noise_head(self._start + skip, self._start + count)
            self._noise_length += count - skip
        self._consume(count)

    def _keep_noise_head(self, start: int, end: int) -> None:
        have = self._noise_kept
        count = min(end - start, NOISE_HEAD - have)
        # After bytes that were not kept, later ones are not the head.
        if count > 0 and have == self._noise_length:
            self._noise_head[have : have + count] = self._view[start : start + count]
            self._noise_kept += count

    def _tell_noise(self) -> None:
        if self._noise_length == 0:
            return
        head = bytes(self._noise_head[: self._noise_kept])
        noise = Noise(self._noise_offset, self._noise_length, head, self._noise_reason)
        self._found.append(noise)
        self._noise_length = 0
        self._noise_kept = 0
