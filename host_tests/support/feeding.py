"""Bytes fed to a StreamDecoder in every way they can be cut, and what came out as plain values."""

from springcore.frame import COMMAND, EVENT, FRAME_MAX, RESPONSE, Frame
from springcore.stream import Noise, StreamDecoder

BOTH_WAYS = (COMMAND, RESPONSE, EVENT)


class Lcg:
    """The same numbers on every interpreter, from a seed that a failing test can print."""

    def __init__(self, seed: int):
        self._state = seed

    def below(self, limit: int) -> int:
        """0 to limit - 1; `limit` up to 65536."""
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 12) % limit

    def octets(self, count: int) -> bytes:
        return bytes([self.below(256) for _ in range(count)])

    def pieces(self, data, longest: int) -> list:
        """`data` cut into pieces of 1 to `longest` bytes."""
        pieces = []
        place = 0
        while place < len(data):
            size = 1 + self.below(longest)
            pieces.append(data[place : place + size])
            place += size
        return pieces


def described(message) -> tuple:
    """All that a message says, comparable."""
    if isinstance(message, Noise):
        return (
            "noise",
            message.offset,
            message.length,
            message.head,
            message.looks_like,
            message.reason,
        )
    if isinstance(message, Frame):
        return (
            "frame",
            message.offset,
            message.length,
            message.channel,
            message.sequence,
            message.cla,
            message.payload,
            message.truncated,
            message.suspect,
        )
    return (
        "text",
        message.offset,
        message.length,
        message.line,
        message.fields,
        message.checksum,
        message.rule,
        message.truncated,
        message.suspect,
    )


def messages_of(pieces, capacity: int = FRAME_MAX, channels=BOTH_WAYS) -> list:
    """What a new decoder tells of these pieces and of the silence after them."""
    decoder = StreamDecoder(capacity, channels)
    found: list = []
    for piece in pieces:
        found.extend(decoder.receive(piece))
    found.extend(decoder.flush())
    assert not decoder.unsettled
    return found


def fed_every_way(data, capacity: int = FRAME_MAX, channels=BOTH_WAYS, seeds=range(1, 9)) -> list:
    """The messages in `data`; they must be the same however the bytes are cut."""
    whole = messages_of([data], capacity, channels)
    expected = [described(message) for message in whole]
    bytewise = [data[place : place + 1] for place in range(len(data))]
    _expect(expected, messages_of(bytewise, capacity, channels), "byte by byte", data)
    for seed in seeds:
        pieces = Lcg(seed).pieces(data, (3, 9, 80, 700)[seed % 4])
        _expect(expected, messages_of(pieces, capacity, channels), "seed %d" % seed, data)
    return whole


def _expect(expected, found, how: str, data) -> None:
    got = [described(message) for message in found]
    shown = bytes(data[:200]).hex()
    assert got == expected, "%s: %r instead of %r, from %s" % (how, got, expected, shown)
