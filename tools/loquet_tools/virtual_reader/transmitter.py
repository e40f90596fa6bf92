"""The reader's only UART transmitter: one message after another, each taking its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from loquet_tools.virtual_reader.timeline import Timeline
from loquet_tools.virtual_reader.wire import duration_us


class Transmitter:
    """Sends whole messages, so that none is ever cut into by another.

    `begin(data)` is called when the first start bit leaves.
    """

    def __init__(self, timeline: Timeline, bitrate: int, begin: Callable[[bytes], None]):
        self._timeline = timeline
        self._begin = begin
        self._queue: deque[tuple[bytes, Callable[[], None] | None]] = deque()
        self._busy = False
        self.bitrate = bitrate

    def send(self, data: bytes, sent: Callable[[], None] | None = None) -> None:
        """Queues a message; `sent` is called when its last stop bit has left."""
        self._queue.append((data, sent))
        if not self._busy:
            self._next()

    def cut(self) -> None:
        """The power goes: whatever has not left never will. The caller clears the timeline."""
        self._queue.clear()
        self._busy = False

    def _next(self) -> None:
        data, sent = self._queue.popleft()
        self._busy = True
        self._begin(data)
        self._timeline.after(duration_us(len(data), self.bitrate), lambda: self._sent(sent))

    def _sent(self, sent: Callable[[], None] | None) -> None:
        self._busy = False
        if sent is not None:
            sent()
        # `sent` may have queued more, and started it, or cut the power.
        if self._queue and not self._busy:
            self._next()
