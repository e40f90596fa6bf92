"""Listens to both directions of one line and tells whole messages, with what they mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from loquet_tools.explain import Explainer
from loquet_tools.record_words import what, who
from springcore.frame import COMMAND, EVENT, RESPONSE
from springcore.intake import GAP_MS
from springcore.stream import StreamDecoder

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
        self._explainer = Explainer()

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
        record = self._explainer.record(item)
        words = what(record) if record["kind"] == "frame" else f"{who(record)}: {what(record)}"
        return Message(direction, raw, words, record.get("meaning", {}).get("instruction"))


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
        told = self._raw_offset
        for item in items:
            # What is found inside a broken line comes after it, and of its bytes.
            start = max(0, item.offset - self._raw_offset)
            end = item.offset + item.length - self._raw_offset
            self._found(item, bytes(self._raw[start:end]))
            told = max(told, item.offset + item.length)
        del self._raw[: told - self._raw_offset]
        self._raw_offset = told
