"""A virtual reader on a pty, a virtual door and the panel between them, with one clock for all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loquet.settings import EVENTS
from loquet_tools.panel_process import HEAP_KIB, PanelProcess, PanelSetup, report_of
from loquet_tools.paths import MICROPYTHON
from loquet_tools.virtual_door import VirtualDoor
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Output, Registers, VirtualReader
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR, OUTPUT_TLV, TIMINGS
from loquet_tools.virtual_reader.transports import Driver, Host, PtyWire
from loquet_tools.wire_watch import RECEIVED, SENT, WireWatch
from loquet_tools.witness import Witness

WAKEUP, SPONTANEOUS, TEXT = EVENTS

# What the virtual reader does -> name of the event and of the field that carries the value.
TOLD_OUTPUTS = {
    "wakeup": ("wakeup", "asserted"),
    "sequence": ("sequence", "number"),
    "own_sequence": ("own_sequence", "number"),
    "power": ("power", "state"),
    "fault": ("fault", "what"),
}

# What the panel says -> the same was seen on the line or at the door already, and better.
SEEN_OURSELVES = ("wire", "relay")


@dataclass(frozen=True)
class Cast:
    """Who plays: the interpreter's name, the events' mode, who may pass, the faults' seed."""

    interpreter: str
    events: str
    cards: list[bytes]
    seed: int


class Stage:
    """`async with Stage(cast) as stage`: everything runs, and what happens is in `happenings`.

    A happening is what a line of JSON tells: {"t_ms": ..., "event": ..., more}. `witness` is told
    of each at once.
    """

    def __init__(self, cast: Cast):
        self.witness = Witness()
        self.happenings: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._cast = cast
        self._start_ns = time.monotonic_ns()
        self._changed = asyncio.Event()
        self._watch = WireWatch(lambda message: self.happen("wire", **message.as_fields()))
        self._removals: dict[bytes, asyncio.TimerHandle] = {}
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Stage:
        async with contextlib.AsyncExitStack() as stack:
            self._door = await stack.enter_async_context(
                VirtualDoor(lambda on: self.happen("relay", energised=on), self._on_bad_line)
            )
            wire = TappedWire(lambda data: self._watch.passes(SENT, data))
            self._reader = await stack.enter_async_context(self._driver(wire))
            self._tell_cast(wire.path)
            self._panel = await stack.enter_async_context(PanelProcess(self._setup(wire.path)))
            self._reader.power_on()
            stack.callback(self._watch.close)
            stack.callback(self._forget_removals)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # What a script acts on (director.Stage)

    def now_ms(self) -> int:
        return (time.monotonic_ns() - self._start_ns) // 1_000_000

    async def wait_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    async def wait_for_change(self, timeout_ms: int) -> None:
        self._changed.clear()
        # asyncio.wait_for() may swallow that we are cancelled (CPython before 3.12).
        timer = asyncio.get_running_loop().call_later(timeout_ms / 1000, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            timer.cancel()

    def happen(self, event: str, **fields: Any) -> None:
        happening = {"t_ms": self.now_ms(), "event": event, **fields}
        self.witness.note(happening)
        self.happenings.put_nowait(happening)
        self._changed.set()

    def present(self, card: bytes, for_ms: int | None) -> None:
        self._cancel_removal(card)
        self.witness.presented()
        self.happen("card", card=card.hex().upper(), state="presented")
        self._reader.present(Card(card))
        if for_ms is not None:
            loop = asyncio.get_running_loop()
            self._removals[card] = loop.call_later(for_ms / 1000, self._take_away, card)

    def remove(self) -> None:
        self._forget_removals()
        self.happen("card", card=None, state="removed")
        self._reader.remove()

    def set_fault(self, name: str, value: str) -> None:
        self.happen("fault_set", name=name, value=value)
        self._reader.set_fault(name, value)

    # The panel

    async def follow_panel(self) -> str:
        """Tells what the panel reports, until it ends: why it ended, in words."""
        async for line in self._panel.lines():
            report = report_of(line)
            event = report.pop("event")
            report.pop("t_ms", None)
            if event not in SEEN_OURSELVES:
                self.happen(event, **report)
        return await self._panel.death()

    def _setup(self, serial: str) -> PanelSetup:
        cast = self._cast
        return PanelSetup(cast.interpreter, serial, self._door.address, cast.events, cast.cards)

    def _tell_cast(self, serial: str) -> None:
        cast = self._cast
        self.happen(
            "demo",
            interpreter=cast.interpreter,
            heap_kib=HEAP_KIB if cast.interpreter == MICROPYTHON else None,
            events=cast.events,
            allow=[card.hex().upper() for card in cast.cards],
            seed=cast.seed,
            serial=serial,
            pins=self._door.address,
        )

    # The reader, the line, the door

    def _driver(self, wire: TappedWire) -> Driver:
        host = Host(
            on_bytes=lambda data: self._watch.passes(RECEIVED, data),
            on_wakeup=self._door.wakeup,
            on_edge=self._door.wakeup_edge,
            on_output=self._on_output,
        )
        return Driver(line_of(self._cast), wire, host)

    def _on_output(self, happened: Output) -> None:
        if happened.kind in TOLD_OUTPUTS:
            event, field = TOLD_OUTPUTS[happened.kind]
            self.happen(event, **{field: happened.value})

    def _on_bad_line(self, line: str) -> None:
        self.happen("trouble", name="bad_pin_line", detail=line)

    def _take_away(self, card: bytes) -> None:
        del self._removals[card]
        self.happen("card", card=card.hex().upper(), state="removed")
        self._reader.remove(Card(card))

    def _cancel_removal(self, card: bytes) -> None:
        timer = self._removals.pop(card, None)
        if timer is not None:
            timer.cancel()

    def _forget_removals(self) -> None:
        for card in list(self._removals):
            self._cancel_removal(card)


def line_of(cast: Cast) -> FaultyLine:
    """The reader and its line, set up for the events' mode."""
    output = OUTPUT_SCRDR if cast.events == TEXT else OUTPUT_TLV
    # With move tracking the reader says when a card goes, so that it may come again at once.
    registers = Registers.smart_reader(output, move_tracking=True)
    # By default it rests for a second between two cards, and misses one that comes and goes.
    registers.write(TIMINGS, b"\x00\xff")
    mode = SPONTANEOUS if cast.events == SPONTANEOUS else WAKEUP
    reader = VirtualReader(Options(event_mode=mode), registers, cast.seed)
    return FaultyLine(reader, cast.seed)


class TappedWire(PtyWire):
    """A pty that also tells `on_sent` what the host has put on it."""

    def __init__(self, on_sent: Callable[[bytes], None]):
        super().__init__()
        self._on_sent = on_sent

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        def heard(data: bytes) -> None:
            self._on_sent(data)
            on_bytes(data)

        await super().open(heard)
