"""What the receive path allocates, in bytes: a table, on MicroPython.

`make bench` prints it. Each row is one call: what it takes from the heap, and whether it also
runs while the heap is locked. Bytes are those of the interpreter it runs on: a block of the heap
is 32 bytes on a 64-bit desktop and 16 on a microcontroller, whose figures are about half of these.
"""

import gc

import micropython

from springcore import frame, tag, text
from springcore.stream import StreamDecoder

CAPACITY = 1031  # of a device: settings `buffer_bytes`

LINE = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"


def event(size: int) -> bytes:
    """An event frame with a payload of `size` bytes, which begin no message."""
    return frame.encode(frame.EVENT, 0, 0x5B, bytes(size))


# Calls of StreamDecoder.receive: (name, bytes fed before, bytes of the call that is measured)
CASES = (
    ("no bytes", b"", b""),
    ("frame of 30, its first byte", b"", event(24)[:1]),
    ("frame of 30, one byte in it", event(24)[:10], event(24)[10:11]),
    ("frame of 30, all but the last", b"", event(24)[:-1]),
    ("frame of 262, 64 bytes in it", event(256)[:100], event(256)[100:164]),
    ("frame of 1030, 256 bytes in it", event(1024)[:100], event(1024)[100:356]),
    ("frame of 3000, 64 skipped bytes", event(2994)[:1100], event(2994)[1100:1164]),
    ("line, its first byte", b"", LINE[:1]),
    ("line, 10 bytes in it", LINE[:20], LINE[20:30]),
    ("noise, 1 byte", b"", b"\xff"),
    ("noise, 64 bytes", b"", b"\xff" * 64),
    ("noise, 64 bytes after 100", b"\xff" * 100, b"\xff" * 64),
    ("frame of 7, whole", b"", event(1)),
    ("frame of 30, whole", b"", event(24)),
    ("frame of 30, its last byte", event(24)[:-1], event(24)[-1:]),
    ("frame of 262, whole", b"", event(256)),
    ("frame of 1030, whole", b"", event(1024)),
    ("frame of 3000, its last byte", event(2994)[:-1], event(2994)[-1:]),
    ("line of 60, whole", b"", LINE),
    ("line of 60, its last byte", LINE[:-1], LINE[-1:]),
    ("broken frame of 30", b"", event(24)[:-1] + b"\xff"),
    ("3 bytes of noise and a frame of 30", b"", b"\xff\xff\xff" + event(24)),
)


DECODER = StreamDecoder(CAPACITY)
VIEW = memoryview(bytes(256))
PIN = text.ChecksumPin()
TAG = bytes.fromhex("B0C10480030100C207047DAE02C84080")
TEXT = StreamDecoder(CAPACITY).receive(LINE)[0]

# Other calls on the way of a card: (name, function)
PARTS = (
    ("lrc_of, 256 bytes", lambda: frame.lrc_of(VIEW)),
    ("refusal_of a good PCB", lambda: frame.refusal_of(0xC0)),
    ("waiting", lambda: DECODER.waiting),
    ("flush with nothing to tell", lambda: DECODER.flush()),
    ("rule_of a checksum", lambda: text.rule_of(0x6D, b"47")),
    ("ChecksumPin.accepts", lambda: PIN.accepts("c")),
    ("encode a poll", lambda: frame.encode(frame.COMMAND, 0, 0, b"\xfe")),
    ("from_event, id only", lambda: tag.from_event(TAG)),
    ("from_text, the vendor's line", lambda: tag.from_text(TEXT)),
)


def allocated(function):
    """Bytes that the call takes from the heap."""
    gc.collect()
    gc.disable()
    start = gc.mem_alloc()  # type: ignore[attr-defined]
    function()
    taken = gc.mem_alloc() - start  # type: ignore[attr-defined]
    gc.enable()
    return taken


def runs_locked(function):
    """Whether the call needs no heap at all."""
    micropython.heap_lock()
    try:
        function()
    except MemoryError:
        return False
    finally:
        micropython.heap_unlock()
    return True


def receiving(before, chunk):
    """A call of receive with `chunk`, of a decoder that has had `before`."""
    decoder = StreamDecoder(CAPACITY)
    # Whatever is set up at the first use is not the cost of this call.
    decoder.receive(LINE + event(24) + b"\xff")
    decoder.flush()
    decoder.receive(before)
    return lambda: decoder.receive(chunk)


def rows() -> list[tuple[str, int, bool]]:
    """(name, bytes, runs with a locked heap) of each call."""
    found = []
    for name, before, chunk in CASES:
        taken = allocated(receiving(before, chunk))
        found.append((name, taken, runs_locked(receiving(before, chunk))))
    for name, function in PARTS:
        function()
        found.append((name, allocated(function), runs_locked(function)))
    return found


def main() -> None:
    print(f"{'one call':38} {'bytes':>6}  locked heap")
    for name, taken, locked in rows():
        print(f"{name:38} {taken:6}  {'runs' if locked else '-'}")


if __name__ == "__main__":
    main()
