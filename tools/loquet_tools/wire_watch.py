"""Listens to both directions of one line and tells whole messages, with what they mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from loquet_tools import meaning
from springcore.frame import COMMAND, EVENT, RESPONSE, Frame
from springcore.intake import GAP_MS
from springcore.stream import Noise, StreamDecoder
from springcore.text import TextMessage

SENT = "sent"
RECEIVED = "received"

PING = "PING"


@dataclass(frozen=True)
class Message:
    """`direction` is "sent" (by the panel) or "received"; `data` is what was on the line.

    `instruction` names the command that it is or answers, None if there is none.
    """

    direction: str
    data: bytes
    words: str
    instruction: str | None = None

    def as_fields(self) -> dict[str, Any]:
        """What a line of JSON tells of it."""
        fields = {"direction": self.direction, "hex": self.data.hex().upper()}
        return {**fields, "meaning": self.words, "instruction": self.instruction}


class WireWatch:
    """Give it the bytes of each direction as they pass; `tell(message)` is called as each ends.

    Needs a running asyncio loop: a message that breaks off is told when its line falls quiet.
    """

    def __init__(self, tell: Callable[[Message], None]):
        self._tell = tell
        self._sides = {
            SENT: _Side((COMMAND,), partial(self._found, SENT)),
            RECEIVED: _Side((RESPONSE, EVENT), partial(self._found, RECEIVED)),
        }
        self._asked: dict[int, str | None] = {}  # instruction by sequence number

    def passes(self, direction: str, data: bytes) -> None:
        """These bytes pass now."""
        self._sides[direction].receive(data)

    def close(self) -> None:
        """Nothing more will pass."""
        for side in self._sides.values():
            side.close()

    def _found(self, direction: str, item: Any, raw: bytes) -> None:
        self._tell(self._message(direction, item, raw))

    def _message(self, direction: str, item: Any, raw: bytes) -> Message:
        if isinstance(item, Noise):
            return Message(direction, raw, meaning.of_noise(item))
        if isinstance(item, TextMessage):
            return Message(direction, raw, meaning.of_text(item))
        instruction, words = self._explain(item)
        if item.suspect:
            words += " (suspect: inside a broken message)"
        return Message(direction, raw, words, instruction)

    def _explain(self, frame: Frame) -> tuple[str | None, str]:
        if frame.channel == COMMAND:
            name, words = meaning.of_command(frame)
            self._asked[frame.sequence] = name
            return name, words
        if frame.channel == EVENT:
            return None, meaning.of_event(frame)
        asked = self._asked.get(frame.sequence)
        return asked, meaning.of_answer(asked, frame)


class _Side:
    """One direction: a decoder, and the bytes that it has not told yet."""

    def __init__(self, channels: tuple[int, ...], found: Callable[[Any, bytes], None]):
        self._decoder = StreamDecoder(channels=channels)
        self._found = found
        self._raw = bytearray()
        self._raw_offset = 0
        self._quiet: asyncio.TimerHandle | None = None

    def receive(self, data: bytes) -> None:
        self.close()
        self._raw += data
        self._hand_on(self._decoder.receive(data))
        if self._decoder.unsettled:
            loop = asyncio.get_running_loop()
            self._quiet = loop.call_later(GAP_MS / 1000, self._fell_quiet)

    def close(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None

    def _fell_quiet(self) -> None:
        self._quiet = None
        self._hand_on(self._decoder.flush())

    def _hand_on(self, items: Any) -> None:
        for item in items:
            self._found(item, self._cut(item))

    def _cut(self, item: Any) -> bytes:
        start = item.offset - self._raw_offset
        end = start + item.length
        raw = bytes(self._raw[start:end])
        del self._raw[:end]
        self._raw_offset += end
        return raw
