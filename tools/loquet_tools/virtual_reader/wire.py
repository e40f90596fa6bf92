"""Bits on a wire: how long bytes take, and what is heard at another rate than they were sent at."""

from __future__ import annotations

BITS_PER_BYTE = 10  # start, 8 data, stop (protocol.md 1.1)


def duration_us(count: int, bitrate: int) -> int:
    """Time that `count` bytes take at `bitrate`, rounded up to a whole microsecond."""
    return -(-count * BITS_PER_BYTE * 1_000_000 // bitrate)


def as_heard(data: bytes, sent_at: int, heard_at: int) -> bytes:
    """The bytes that a receiver at `heard_at` bit/s makes of `data`, sent at `sent_at` bit/s.

    Samples the middle of each bit of the real waveform. Bytes whose stop bit reads 0 are kept,
    as a UART that does not look at framing errors keeps them.
    """
    if sent_at == heard_at:
        return data
    levels = _levels(data)
    heard = bytearray()
    # Position on the wire counted in bits of the receiver; one is sent_at / heard_at of the sender.
    edge = _falling_edge(levels, 0)
    while edge is not None:
        heard.append(_sample_byte(levels, edge, sent_at, heard_at))
        edge = _falling_edge(levels, _place(edge, 19, sent_at, heard_at) + 1)
    return bytes(heard)


def _levels(data: bytes) -> list[int]:
    levels = []
    for byte in data:
        levels.append(0)
        levels.extend(byte >> bit & 1 for bit in range(8))
        levels.append(1)
    return levels


def _place(edge: int, half_bits: int, sent_at: int, heard_at: int) -> int:
    return edge + half_bits * sent_at // (2 * heard_at)


def _sample_byte(levels: list[int], edge: int, sent_at: int, heard_at: int) -> int:
    byte = 0
    for bit in range(8):
        place = _place(edge, 3 + 2 * bit, sent_at, heard_at)
        level = levels[place] if place < len(levels) else 1
        byte |= level << bit
    return byte


def _falling_edge(levels: list[int], start: int) -> int | None:
    for place in range(start, len(levels)):
        if levels[place] == 0 and (place == 0 or levels[place - 1] == 1):
            return place
    return None
