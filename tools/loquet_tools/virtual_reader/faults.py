"""The line between host and reader: it takes its time, and does damage when told to.

Without faults it is a perfect line. Every random choice comes from one seed, so that the same calls
at the same times do the same damage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from loquet_tools.virtual_reader import damage, output, tables
from loquet_tools.virtual_reader.core import VirtualReader
from loquet_tools.virtual_reader.knobs import (
    DIRECTIONS,
    KNOBS,
    TO_HOST,
    TO_READER,
    Amount,
    parse,
)
from loquet_tools.virtual_reader.network import Datagram
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.timeline import Timeline, Timer
from loquet_tools.virtual_reader.wire import duration_us

CHUNK_BYTES = 16
MERGE_HOLD_US = 100_000  # how long a transmission waits for another one to be merged with
SPLIT_PAUSE_US = (1_000, 20_000)  # shortest and longest pause within a split transmission

# In this order one transmission gets them
DAMAGES: dict[str, damage.Damage] = {
    "drop": damage.seen(damage.drop),
    "duplicate": damage.seen(damage.duplicate),
    "corrupt": damage.seen(damage.corrupt),
    "corrupt_unseen": damage.corrupt_unseen,
    "truncate": damage.seen(damage.truncate),
    "lost_frame": damage.lose,
    "duplicate_frame": damage.repeat,
}
# A datagram that comes twice is two datagrams.
DATAGRAM_DAMAGES = {name: apply for name, apply in DAMAGES.items() if name != "duplicate_frame"}
AMOUNTS = tuple(name for name, kind in KNOBS.items() if kind in ("amount", "chance", "count"))


@dataclass
class Piece:
    """Bytes on their way; their first start bit left the sender at `begin_us`."""

    data: bytes
    bitrate: int
    begin_us: int


class FaultyLine:
    """The wires of one reader. What the host sees and hears comes out of `take`.

    `reader` is still told about power and cards directly, after `advance` to the same time.
    `chunk_bytes`: bytes are handed over in groups of so many, each when its last bit has left.
    """

    def __init__(self, reader: VirtualReader, seed: int = 0, chunk_bytes: int = CHUNK_BYTES):
        self.reader = reader
        self._chunk_bytes = chunk_bytes
        self.asserted = False  # level of /WAKEUP at the host's pin
        self._random = Random(seed)
        self._timeline = Timeline()
        self._outputs: list[Output] = []
        self._amounts = {(name, way): Amount() for name in AMOUNTS for way in DIRECTIONS}
        self._delay_us = dict.fromkeys(DIRECTIONS, 0)
        self._last_due_us = dict.fromkeys(DIRECTIONS, 0)
        self._held: dict[str, tuple[Piece, Timer]] = {}
        self._to_host: list[Piece] = []
        self._host_free_us = 0
        self._silent = False
        self._stuck: str | None = None
        self._reader_asserted = False

    # What the caller tells

    def set(self, name: str, value: object) -> None:
        """Turns a knob (see knobs.KNOBS) now, that is at the time of the last `advance`.

        ValueError names what is allowed.
        """
        meaning, directions = parse(name, value)
        if name in AMOUNTS:
            for way in directions:
                self._amounts[name, way] = meaning  # type: ignore[assignment]
        elif name == "delay":
            for way in directions:
                self._delay_us[way] = meaning * 1000  # type: ignore[operator]
        else:
            SETTERS[name](self, meaning)
        self._collect()

    def send(self, data: bytes, bitrate: int, now_us: int) -> int:
        """The host starts to send, after what it is sending already.

        Returns when the last stop bit has left the host, in microseconds.
        """
        self.advance(now_us)
        begin_us = max(now_us, self._host_free_us)
        self._host_free_us = begin_us + duration_us(len(data), bitrate)
        self._transmit(TO_READER, Piece(data, bitrate, begin_us))
        return self._host_free_us

    def receive(self, data: bytes, bitrate: int, now_us: int) -> None:
        """The last stop bit of `data` leaves the host now: for a host that is heard, not asked."""
        self.advance(now_us)
        begin_us = now_us - duration_us(len(data), bitrate)
        self._transmit(TO_READER, Piece(data, bitrate, begin_us))
        self.advance(now_us)

    def receive_datagram(self, datagram: Datagram, now_us: int) -> None:
        """A host sends a datagram to the reader."""
        self.advance(now_us)
        self._post(TO_READER, datagram, now_us)
        self.advance(now_us)

    def advance(self, now_us: int) -> None:
        """Time goes on, for the reader too. ValueError if it would go back."""
        # The reader may have been told something directly: that was before this.
        self._collect()
        while True:
            due_us = self.next_due_us()
            step_us = now_us if due_us is None else min(due_us, now_us)
            self._step(step_us)
            due_us = self.next_due_us()
            if step_us == now_us and (due_us is None or due_us > now_us):
                return

    def next_due_us(self) -> int | None:
        """When something will happen by itself; None = never."""
        dues = (self._timeline.next_due_us(), self.reader.next_due_us())
        return min((due for due in dues if due is not None), default=None)

    def take(self) -> Output | None:
        """The next thing that happened; None when there is no more."""
        self._collect()
        return self._outputs.pop(0) if self._outputs else None

    # Time

    def _step(self, now_us: int) -> None:
        # Bytes first: a line that is released with the last bit is released after it.
        self._timeline.run_until(now_us)
        self.reader.advance(now_us)
        self._collect()

    def _collect(self) -> None:
        happened = self.reader.take()
        while happened is not None:
            self._pass_on(happened)
            happened = self.reader.take()

    def _pass_on(self, happened: Output) -> None:
        if happened.kind == "wakeup":
            self._reader_asserted = happened.value
            self._show_wakeup()
            return
        self._outputs.append(happened)
        if happened.kind == "tx":
            self._transmit(TO_HOST, Piece(happened.value, happened.bitrate, happened.at_us))
        elif happened.kind == "udp_tx":
            self._post(TO_HOST, happened.value, happened.at_us)
        elif happened.kind == "power" and happened.value != output.RUNNING:
            self._cut(happened.at_us)

    def _emit(self, kind: str, value: Any, bitrate: int = 0) -> None:
        self._outputs.append(Output(self._now_us, kind, value, bitrate))

    @property
    def _now_us(self) -> int:
        return max(self._timeline.now_us, self.reader.timeline.now_us)

    # Bytes

    def _transmit(self, way: str, whole: Piece) -> None:
        if self._is_lost_f0(way, whole.data[1:-1]):
            return
        data = self._damaged(way, whole.data, DAMAGES)
        if not data:
            return
        if self._strikes("merge", way):
            self._emit("fault", f"merge {way}")
            self._hold(way, Piece(data, whole.bitrate, whole.begin_us))
            return
        for piece, pause_us in self._pieces(way, data, whole):
            self._deliver_later(way, piece, pause_us)

    def _is_lost_f0(self, way: str, data: bytes) -> bool:
        """Whether a time extension request, without START and LRC, is lost now."""
        lost = way == TO_HOST and is_time_extension(data) and self._strikes("lost_f0", way)
        if lost:
            self._emit("fault", "lost_f0")
        return lost

    def _damaged(self, way: str, data: bytes, damages: dict[str, damage.Damage]) -> bytes:
        for name, apply in damages.items():
            if data and self._strikes(name, way):
                changed = apply(self._random, data)
                if changed is not None:
                    self._emit("fault", f"{name} {way}")
                    data = changed
        return data

    def _strikes(self, name: str, way: str) -> bool:
        return self._amounts[name, way].strikes(self._random)

    def _pieces(self, way: str, data: bytes, whole: Piece) -> list[tuple[Piece, int]]:
        """The transmission in the groups in which it arrives, each with the pause before it."""
        cut = self._split_place(way, data)
        places = sorted({*range(0, len(data), self._chunk_bytes), cut} - {len(data)})
        found = []
        for start, end in zip(places, [*places[1:], len(data)], strict=True):
            begin_us = whole.begin_us + duration_us(start, whole.bitrate)
            pause_us = self._random.randint(*SPLIT_PAUSE_US) if start == cut > 0 else 0
            found.append((Piece(data[start:end], whole.bitrate, begin_us), pause_us))
        return found

    def _split_place(self, way: str, data: bytes) -> int:
        """Where the transmission is split in two; 0 = it is not."""
        if len(data) < 2 or not self._strikes("split", way):
            return 0
        self._emit("fault", f"split {way}")
        return self._random.randrange(1, len(data))

    def _hold(self, way: str, piece: Piece) -> None:
        self._flush(way)
        end_us = piece.begin_us + duration_us(len(piece.data), piece.bitrate)
        timer = self._timeline.at(end_us + MERGE_HOLD_US, lambda: self._flush(way))
        self._held[way] = (piece, timer)

    def _flush(self, way: str) -> None:
        if way in self._held:
            piece, timer = self._held.pop(way)
            timer.cancel()
            self._deliver_later(way, piece, 0)

    def _deliver_later(self, way: str, piece: Piece, pause_us: int) -> None:
        if way == TO_HOST:
            self._to_host.append(piece)
        end_us = piece.begin_us + duration_us(len(piece.data), piece.bitrate)
        due_us = max(end_us + self._delay_us[way], self._last_due_us[way]) + pause_us
        self._last_due_us[way] = due_us
        deliver = self._to_the_host if way == TO_HOST else self._to_the_reader
        self._timeline.at(due_us, lambda: deliver(piece))

    def _with_held(self, way: str, data: bytes) -> bytes:
        if way not in self._held:
            return data
        held, timer = self._held.pop(way)
        timer.cancel()
        return held.data + data

    def _to_the_host(self, piece: Piece) -> None:
        self._to_host.remove(piece)
        data = self._with_held(TO_HOST, piece.data)
        if data and not self._silent:
            self._emit("rx", data, piece.bitrate)

    def _to_the_reader(self, piece: Piece) -> None:
        data = self._with_held(TO_READER, piece.data)
        if not self._silent:
            self.reader.receive(data, piece.bitrate, self._timeline.now_us)

    def _cut(self, at_us: int) -> None:
        """The reader has lost its power: what has not left it is not sent."""
        for piece in self._to_host:
            left = (at_us - piece.begin_us) * piece.bitrate // 10_000_000
            piece.data = piece.data[: max(left, 0)]

    # Datagrams: each arrives whole, and as soon as it is sent unless it is delayed

    def _post(self, way: str, datagram: Datagram, at_us: int) -> None:
        if self._is_lost_f0(way, datagram.data):
            return
        data = self._damaged(way, datagram.data, DATAGRAM_DAMAGES)
        if not data:
            return
        due_us = max(at_us + self._delay_us[way], self._last_due_us[way])
        self._last_due_us[way] = due_us
        copies = 1
        if self._strikes("duplicate_frame", way):
            self._emit("fault", f"duplicate_frame {way}")
            copies = 2
        for _ in range(copies):
            self._timeline.at(due_us, lambda: self._arrive(way, replace(datagram, data=data)))

    def _arrive(self, way: str, datagram: Datagram) -> None:
        if self._silent:
            return
        if way == TO_HOST:
            self._emit("udp_rx", datagram)
        else:
            self.reader.receive_datagram(datagram, self._timeline.now_us)

    # /WAKEUP

    def _show_wakeup(self) -> None:
        level = self._reader_asserted and not self._silent
        if self._stuck is not None:
            level = self._stuck == "low"
        if level == self.asserted:
            return
        self.asserted = level
        self._emit("wakeup", level)
        if level:
            self._show_edge()

    def _show_edge(self) -> None:
        if self._strikes("edge_lost", TO_HOST):
            self._emit("fault", "edge_lost")
        else:
            self._emit("edge", None)

    # Knobs that are not amounts

    def _set_wakeup_stuck(self, level: str | None) -> None:
        self._stuck = level
        self._show_wakeup()

    def _set_silence(self, on: bool) -> None:
        self._silent = on
        self._show_wakeup()

    def _set_wrong_rate(self, bitrate: int | None) -> None:
        self.reader.set_bitrate(bitrate or self.reader.options.startup_bitrate)

    def _set_late_boot(self, late_ms: int) -> None:
        self.reader.late_boot_ms = late_ms

    def _restart(self, dark_ms: int) -> None:
        self.reader.restart_unnoticed(self._now_us, dark_ms)

    def _set_slow(self, instruction: tuple[int, int, int] | None) -> None:
        if instruction is None:
            self.reader.options.slow_ms.clear()
        else:
            cla, ins, slow_ms = instruction
            self.reader.options.slow_ms[cla, ins] = slow_ms


SETTERS: dict[str, Callable[[FaultyLine, Any], None]] = {
    "wakeup_stuck": FaultyLine._set_wakeup_stuck,
    "silence": FaultyLine._set_silence,
    "wrong_rate": FaultyLine._set_wrong_rate,
    "late_boot": FaultyLine._set_late_boot,
    "restart": FaultyLine._restart,
    "slow": FaultyLine._set_slow,
}


TIME_EXTENSION_REQUEST = bytes((tables.CLA_PROTOCOL, 0, 0, tables.STA_TIME_EXTENSION_REQUEST))


def is_time_extension(data: bytes) -> bool:
    """Whether a message, without START and LRC, is a TIME_EXTENSION_REQUEST."""
    if not data or data[0] & 0xF0 != tables.RESPONSE:
        return False
    return data[1:] == TIME_EXTENSION_REQUEST
