"""A virtual reader on a pty, a virtual door and the panel between them, with one clock for all.

The stage is what surrounds a board, too: it starts the panel again, in the same folder, when the
panel resets itself, when its watchdog was not fed, and when power comes back after a cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loquet.settings import EVENTS
from loquet_tools import device_folder
from loquet_tools.panel_process import (
    HEAP_KIB,
    PanelProcess,
    PanelSetup,
    panel_folder,
    report_of,
)
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

# Why a board starts.
POWER, WATCHDOG, SOFTWARE = "power", "watchdog", "software"

# Status of a panel that resets its board.
RESET_STATUS = 1

# A power cut is as long as it takes to empty a supply's capacitors.
DARK_S = 0.5


@dataclass(frozen=True)
class Cast:
    """Who plays: the interpreter's name, the events' mode, who may pass, the faults' seed.

    `settings` is the panel's document, in which the reader has that mode.
    """

    interpreter: str
    events: str
    cards: list[bytes]
    seed: int
    settings: dict[str, Any]


class Stage:
    """`async with Stage(cast) as stage`: everything runs, and what happens is in `happenings`.

    A happening is what a line of JSON tells: {"t_ms": ..., "event": ..., more}. `witness` is told
    of each at once. The panel runs while `follow_panel` does.
    """

    def __init__(self, cast: Cast):
        self.witness = Witness()
        self.happenings: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._cast = cast
        self._start_ns = time.monotonic_ns()
        self._changed = asyncio.Event()
        self._watch = WireWatch(lambda message: self.happen("wire", **message.as_fields()))
        self._removals: dict[bytes, asyncio.TimerHandle] = {}
        self._finger: asyncio.TimerHandle | None = None
        self._panel: PanelProcess | None = None
        self._starts_for: str | None = POWER
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Stage:
        async with contextlib.AsyncExitStack() as stack:
            self._door = await stack.enter_async_context(
                VirtualDoor(self._on_relay, self._on_bad_line, self._on_watchdog)
            )
            wire = TappedWire(lambda data: self._watch.passes(SENT, data))
            self._reader = await stack.enter_async_context(self._driver(wire))
            self._tell_cast(wire.path)
            self._folder = stack.enter_context(panel_folder(self._setup(wire.path)))
            stack.callback(self._watch.close)
            stack.callback(self._forget_timers)
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

    def set_contact(self, is_open: bool) -> None:
        self.happen("contact", open=is_open)
        self._door.set("contact", 1 if is_open else 0)

    def press_rex(self, for_ms: int) -> None:
        self.happen("rex", for_ms=for_ms)
        self._let_go()
        self._door.set("rex", 0)
        self._finger = asyncio.get_running_loop().call_later(for_ms / 1000, self._let_go)

    def set_fire(self, active: bool) -> None:
        self.happen("fire_alarm", active=active)
        self._door.set("fire", 0 if active else 1)

    def tell_time(self, seconds: int | None) -> None:
        told = int(time.time()) if seconds is None else seconds
        self.happen("time_told", seconds=told)
        self._door.tell_time(told)

    def cut_power(self) -> None:
        self._reader.power_off()
        self._end_panel(POWER)

    def log(self) -> list[tuple[int, str, str | None]]:
        return device_folder.log_of(self._folder)

    # The panel

    async def follow_panel(self) -> str:
        """Runs the panel, over and over as a board does, and tells what it reports.

        Returns when nothing starts it again: why it ended, in words.
        """
        while self._starts_for is not None:
            device_folder.set_reset_cause(self._folder, self._starts_for)
            async with PanelProcess(self._cast.interpreter, self._folder) as self._panel:
                if self._starts_for == POWER:
                    self._reader.power_on()
                self._starts_for = None
                await self._follow(self._panel)
                death = await self._panel.death()
            if self._starts_for == POWER:
                await asyncio.sleep(DARK_S)
        return death

    def freeze_panel(self) -> None:
        """The panel hangs: what it energised and its watchdog are left to themselves."""
        if self._panel is not None:
            self._panel.freeze()

    def cut_wires(self) -> None:
        """The panel loses its pins: a task of it dies."""
        self._door.cut_wires()

    async def _follow(self, panel: PanelProcess) -> None:
        async for line in panel.lines():
            report = report_of(line)
            event = report.pop("event")
            report.pop("t_ms", None)
            if event not in SEEN_OURSELVES:
                self.happen(event, **report)
        # One that ends before it runs would do so again and again.
        if await panel.exit_status() == RESET_STATUS and panel.has_started:
            self._end_panel(SOFTWARE)

    def _on_watchdog(self) -> None:
        self._end_panel(WATCHDOG)

    def _end_panel(self, cause: str) -> None:
        """Ends the panel if it runs; it will start again because of `cause`."""
        self.happen("restart", cause=cause)
        self._starts_for = cause
        if self._panel is not None:
            self._panel.kill()

    def _setup(self, serial: str) -> PanelSetup:
        cast = self._cast
        return PanelSetup(cast.interpreter, [serial], self._door.address, cast.settings, cast.cards)

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
        return Driver(line_of(self._cast.events, self._cast.seed), wire, host)

    def _on_output(self, happened: Output) -> None:
        if happened.kind in TOLD_OUTPUTS:
            event, field = TOLD_OUTPUTS[happened.kind]
            self.happen(event, **{field: happened.value})

    def _on_relay(self, place: int, energised: bool) -> None:
        self.happen("relay", energised=energised)

    def _on_bad_line(self, line: str) -> None:
        self.happen("trouble", name="bad_pin_line", detail=line)

    def _let_go(self) -> None:
        if self._finger is not None:
            self._finger.cancel()
            self._finger = None
        self._door.set("rex", 1)

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

    def _forget_timers(self) -> None:
        self._forget_removals()
        if self._finger is not None:
            self._finger.cancel()


def line_of(events: str, seed: int) -> FaultyLine:
    """A reader and its line, set up for the events' mode."""
    output = OUTPUT_SCRDR if events == TEXT else OUTPUT_TLV
    # With move tracking the reader says when a card goes, so that it may come again at once.
    registers = Registers.smart_reader(output, move_tracking=True)
    # By default it rests for a second between two cards, and misses one that comes and goes.
    registers.write(TIMINGS, b"\x00\xff")
    mode = SPONTANEOUS if events == SPONTANEOUS else WAKEUP
    reader = VirtualReader(Options(event_mode=mode), registers, seed)
    return FaultyLine(reader, seed)


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
