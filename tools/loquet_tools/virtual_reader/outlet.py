"""Where Direct events wait for their way to the host: spontaneous, or /WAKEUP and poll.

protocol.md 1.5. The line /WAKEUP stays asserted until an event has been sent to its last bit; with
more events waiting it rises for `wakeup_gap_us` and falls again, so that each event has its edge.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.framing import frame
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.timeline import Timeline, Timer


class EventOutlet:
    """The queue of events and the level of /WAKEUP.

    send(data, sent)   hands a frame to the transmitter
    set_wakeup(level)  True = asserted; called on changes only
    """

    def __init__(
        self,
        timeline: Timeline,
        options: Options,
        counters: Counter[str],
        send: Callable[[bytes, Callable[[], None]], None],
        set_wakeup: Callable[[bool], None],
    ):
        self._timeline = timeline
        self._options = options
        self._counters = counters
        self._send = send
        self._set_wakeup = set_wakeup
        self._queue: deque[tuple[int, bytes]] = deque()
        self._sequence = 0
        self._sending = False
        self._gap: Timer | None = None
        self.enabled = False
        self.asserted = False

    @property
    def pending(self) -> int:
        """Events that wait."""
        return len(self._queue)

    def restart(self) -> None:
        """As after power-up: nothing waits, the line is released, events are off."""
        self._queue.clear()
        self._sequence = 0
        self._sending = False
        self._gap = None
        self.enabled = False
        self._drive(False)

    def enable(self) -> None:
        """From now on events reach the host."""
        self.enabled = True
        self._announce()

    def put(self, cla: int, payload: bytes) -> None:
        """An event happened."""
        self._counters["events"] += 1
        if not self.enabled and self._options.events_before_enabling == "discard":
            self._counters["events_discarded"] += 1
            return
        if len(self._queue) >= self._options.event_queue_size:
            self._counters["events_lost"] += 1
            if self._options.full_queue == "drop_new":
                return
            self._queue.popleft()
        self._queue.append((cla, payload))
        self._announce()

    def take(self, poll_sequence: int) -> bytes | None:
        """The frame that answers a poll, None if nothing waits. Call `sent` when it has left."""
        if not self.enabled or not self._queue:
            return None
        cla, payload = self._queue.popleft()
        return frame(tables.EVENT, self._next_sequence(poll_sequence), cla, payload)

    def sent(self) -> None:
        """The event has been transmitted to its last bit."""
        self._sending = False
        if self._options.event_mode == "spontaneous":
            self._push()
        elif self._options.wakeup_release_us:
            self._timeline.after(self._options.wakeup_release_us, self._release)
        else:
            self._release()

    def _announce(self) -> None:
        if not self.enabled or not self._queue:
            return
        if self._options.event_mode == "spontaneous":
            self._push()
        elif self._gap is None:
            self._drive(True)

    def _push(self) -> None:
        if self._sending:
            return
        event = self.take(0)
        if event is not None:
            self._sending = True
            self._send(event, self.sent)

    def _release(self) -> None:
        if self._queue and not self._options.wakeup_gap_us:
            return
        self._drive(False)
        if self._gap is not None:
            self._gap.cancel()
        self._gap = self._timeline.after(self._options.wakeup_gap_us, self._gap_over)

    def _gap_over(self) -> None:
        self._gap = None
        self._announce()

    def _drive(self, asserted: bool) -> None:
        if asserted != self.asserted:
            self.asserted = asserted
            self._set_wakeup(asserted)

    def _next_sequence(self, poll_sequence: int) -> int:
        if self._options.event_sequence == "poll":
            return poll_sequence
        sequence = self._sequence
        if self._options.event_sequence == "count":
            self._sequence = (sequence + 1) & 0x0F
        return sequence
