"""One datagram as the one line that it is (protocol.md 6 and 7).

A datagram arrives whole or not at all, and nothing is searched for inside it: it holds one line
from its first byte to its last, with CR LF at its end or without, or it holds nothing. So a card
whose data was made to look like a line has no place where that could begin, and what would be
`suspect` on a serial line does not exist here. Where a datagram came from is its receiver's
question.
"""

from springcore.errors import TextError
from springcore.frame import lrc_of
from springcore.text import DOLLAR, HEAD_LENGTH, TEXT_HEAD, TextMessage, head_is_text, verdict


def message_of(data: bytes | bytearray | memoryview) -> TextMessage:
    """The line that `data` (any bytes-like) is. Raises TextError.

    Whether it may be believed (its checksum) is not looked at here.
    """
    line = _without_end(bytes(data))
    if len(line) < HEAD_LENGTH or line[0] != DOLLAR or not head_is_text(line[:TEXT_HEAD]):
        raise TextError("datagram: does not begin with $SC, three letters and a separator")
    if min(line) < 0x20:
        raise TextError("datagram: control characters in it, or more than one line")
    view = memoryview(line)
    checksum, rule = verdict(lrc_of(view[1 : len(line) - 3]), line)
    return TextMessage(line, 0, len(data), checksum, rule, False)


def _without_end(data: bytes) -> bytes:
    for end in (b"\r\n", b"\n"):
        if data.endswith(end):
            return data[: -len(end)]
    return data
