"""Hex text into bytes, piece by piece: whatever a person pastes from a log."""

from __future__ import annotations

import re

from loquet_tools.errors import ArgumentError

_WORD = re.compile(rb"[^\s:,]+")
_NO_DIGIT = re.compile(rb"[^0-9A-Fa-f]")
_SEPARATORS = b" \t\r\n\v\f:,"
# A word longer than this is taken in parts: a whole capture may stand without a single space.
_WORD_MAX = 1 << 16


class HexInput:
    """Give it text as it comes, then call `close`; both return the bytes that are complete.

    Bytes are pairs of digits of either case. Whitespace, `:` and `,` may separate bytes, and `0x`
    may stand before any group of them. ArgumentError names a wrong digit with its place.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._line = 1
        self._column = 1

    def feed(self, text: bytes) -> bytes:
        """The bytes of all words that have ended."""
        text = self._rest + text
        end = max(text.rfind(separator) for separator in map(_one, _SEPARATORS)) + 1
        if len(text) - end > _WORD_MAX:
            end += (len(text) - end) // 2 * 2
        self._rest = text[end:]
        return self._bytes_of(text[:end])

    def close(self) -> bytes:
        """The bytes of the last word: no more text will come."""
        return self.feed(b" ")

    def _bytes_of(self, text: bytes) -> bytes:
        octets = b"".join([self._octets(text, word) for word in _WORD.finditer(text)])
        self._line, self._column = self._place(text, len(text))
        return octets

    def _octets(self, text: bytes, word: re.Match[bytes]) -> bytes:
        digits = word[0].removeprefix(b"0x").removeprefix(b"0X")
        start = word.end() - len(digits)
        wrong = _NO_DIGIT.search(digits)
        if wrong:
            place = self._named_place(text, start + wrong.start())
            raise ArgumentError(f"{place}: {_shown(wrong[0])} is not a hex digit")
        if len(digits) % 2 or not digits:
            place = self._named_place(text, word.start())
            raise ArgumentError(f"{place}: {_shown(word[0])} is not a whole number of bytes")
        return bytes.fromhex(digits.decode())

    def _named_place(self, text: bytes, offset: int) -> str:
        line, column = self._place(text, offset)
        return f"line {line}, column {column}"

    def _place(self, text: bytes, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of `text[offset]`."""
        breaks = text.count(b"\n", 0, offset)
        if breaks == 0:
            return self._line, self._column + offset
        return self._line + breaks, offset - text.rfind(b"\n", 0, offset)


def _one(byte: int) -> bytes:
    return bytes([byte])


def _shown(text: bytes) -> str:
    words = text[:20].decode("ascii", "backslashreplace")
    return f"'{words}'" + ("…" if len(text) > 20 else "")
