"""What the stages of `loquet demo` share, wherever the panel runs: reader, door, and who looks on.

A stage puts a reader and a door to it (`_reader`, `_door`), runs the panel (`follow_panel`), cuts
its power and reads its log. Time is that of the running asyncio loop.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from loquet.settings import EVENTS
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Output, Registers, VirtualReader
from loquet_tools.virtual_reader.faults import CHUNK_BYTES
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR, OUTPUT_TLV, TIMINGS
from loquet_tools.wire_watch import WireWatch
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

# A power cut is as long as it takes to empty a supply's capacitors.
DARK_S = 0.5

Kind = TypeVar("Kind", bound="Scene")


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


class Reader(Protocol):
    """The virtual reader as a script acts on it, now."""

    def present(self, card: Card) -> None:
        """A card is laid on it."""

    def remove(self, card: Card | None = None) -> None:
        """That card is taken away, or every one."""

    def set_fault(self, name: str, value: object) -> None:
        """Turns a knob of its line."""


class Door(Protocol):
    """The door as a script acts on it, now."""

    def set(self, name: str, level: int) -> None:
        """The input "contact", "rex" or "fire" has this level."""

    def tell_time(self, seconds: int) -> None:
        """Somebody tells the panel what time it is."""


class Scene(abc.ABC):
    """`async with` one of its kinds `as scene`: reader and door are there, for a script to act on
    (director.Stage), and the panel runs while `follow_panel` does. Made in a running loop.

    A happening is what a line of JSON tells: {"t_ms": ..., "event": ..., more}; they are in
    `happenings`, and `witness` is told of each at once.
    """

    _reader: Reader
    _door: Door

    def __init__(self, cast: Cast):
        self.witness = Witness()
        self.happenings: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._cast = cast
        self._start_s = asyncio.get_running_loop().time()
        self._changed = asyncio.Event()
        self._watch = WireWatch(lambda message: self.happen("wire", **message.as_fields()))
        self._removals: dict[bytes, asyncio.TimerHandle] = {}
        self._finger: asyncio.TimerHandle | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self: Kind) -> Kind:
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            stack.callback(self._watch.close)
            stack.callback(self._forget_timers)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # What each kind has of its own

    @abc.abstractmethod
    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Makes reader and door, and tells the cast. `stack` closes them."""

    @abc.abstractmethod
    async def follow_panel(self) -> str:
        """Tells what the panel reports. Returns when it does not go on: why, in words."""

    @abc.abstractmethod
    def cut_power(self) -> None:
        """Takes the panel's and the reader's power, which comes back by itself."""

    @abc.abstractmethod
    def log(self) -> list[tuple[int, str, str | None]]:
        """(number, kind, reason) of every event that is in the log on flash."""

    # What a script acts on

    def now_ms(self) -> int:
        return int((asyncio.get_running_loop().time() - self._start_s) * 1000)

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

    # What a stage calls

    def _on_report(self, report: dict[str, Any]) -> None:
        """The panel tells something."""
        told = {name: report[name] for name in report if name not in ("event", "t_ms")}
        if report["event"] not in SEEN_OURSELVES:
            self.happen(report["event"], **told)

    def _on_output(self, happened: Output) -> None:
        """The reader or its line does something."""
        if happened.kind in TOLD_OUTPUTS:
            event, field = TOLD_OUTPUTS[happened.kind]
            self.happen(event, **{field: happened.value})

    def _tell_cast(self, **where: Any) -> None:
        """`where` says what the panel runs on and what it is connected to."""
        cast = self._cast
        allow = [card.hex().upper() for card in cast.cards]
        self.happen(
            "demo",
            interpreter=cast.interpreter,
            events=cast.events,
            allow=allow,
            seed=cast.seed,
            **where,
        )

    def _forget_timers(self) -> None:
        self._forget_removals()
        if self._finger is not None:
            self._finger.cancel()

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


def line_of(events: str, seed: int, chunk_bytes: int = CHUNK_BYTES) -> FaultyLine:
    """A reader and its line, set up for the events' mode."""
    output = OUTPUT_SCRDR if events == TEXT else OUTPUT_TLV
    # With move tracking the reader says when a card goes, so that it may come again at once.
    registers = Registers.smart_reader(output, move_tracking=True)
    # By default it rests for a second between two cards, and misses one that comes and goes.
    registers.write(TIMINGS, b"\x00\xff")
    mode = SPONTANEOUS if events == SPONTANEOUS else WAKEUP
    reader = VirtualReader(Options(event_mode=mode), registers, seed)
    return FaultyLine(reader, seed, chunk_bytes)
