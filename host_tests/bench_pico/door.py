"""Cards at the door: a reader's and a relay's moments in virtual time, and the flash's between."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from host_tests.bench_pico import flash
from host_tests.pico.panel_peer import CONTACT, RELAY, WAKEUP, card_number, is_ready
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR, OUTPUT_TLV, TIMINGS
from pico_rig.reader_peer import ReaderPeer, microseconds
from pico_rig.rig import Byte, Rig

MS = 10**6
SECOND = 10**9

# From a relay's edge: the card is taken away, and the next one laid. Far more often than people
# come; the next pulse begins when the one before is over, and a slice of flash work is through.
TAKEN_NS = 60 * MS
NEXT_NS = (200 * MS, 500 * MS)
# A card that nothing has come of.
GIVEN_UP_NS = 2 * SECOND

EVENT, READER_CLASS = 0xC0, 0x5B


@dataclass(frozen=True)
class Plan:
    """One run. `events`: the settings' mode. `data_bytes`: of the cards' template data."""

    cards: int
    bitrate: int
    writing: bool
    passes: int
    events: str = "wakeup"
    data_bytes: int = 0
    seed: int = 1

    @property
    def name(self) -> str:
        doing = "writing" if self.writing else "idle"
        data = f", data of {self.data_bytes}" if self.data_bytes else ""
        return f"{self.events}, {self.cards:,} cards, {self.bitrate} bit/s, {doing}{data}"


@dataclass
class Pass:
    """One card's moments in ns; None for what has not happened."""

    laid_ns: int
    uid: bytes
    fell_ns: int | None = None
    poll_ns: int | None = None
    poll_end_ns: int | None = None
    event_ns: int | None = None
    event_end_ns: int | None = None
    relay_ns: int | None = None
    memory: tuple[int, ...] = ()
    erases_waited: int = 0


@dataclass
class Found:
    """What a run has shown."""

    passes: list[Pass] = field(default_factory=list)
    lost: int = 0
    started: dict[str, Any] = field(default_factory=dict)
    collections: list[tuple[int, ...]] = field(default_factory=list)
    # Flash operations while a command was in flight: (at_ns, kind).
    in_flight: list[tuple[int, str]] = field(default_factory=list)
    operations: int = 0
    busy_ns: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    overrun: int = 0
    event_bytes: int = 0
    virtual_s: float = 0.0


class Door(ReaderPeer):
    """Lays one card after the other, at moments that chance chooses."""

    def __init__(self, plan: Plan):
        super().__init__(line_of(plan), WAKEUP)
        self.found = Found()
        self._plan = plan
        self._random = Random(plan.seed)
        self._now: Pass | None = None
        self._ready = False
        self._act_ns: int | None = None
        self._lying = False
        # The command in flight, and when its answer's last byte is there.
        self._command_ns: int | None = None
        self._answer_end_ns: int | None = None

    def begin(self, rig: Rig) -> None:
        super().begin(rig)
        rig.watch(RELAY)
        rig.watch_flash()
        rig.drive(CONTACT, 0)

    # What the Pico does

    def printed(self, rig: Rig, text: str) -> None:
        if text.startswith("bench collected "):
            self.found.collections.append(tuple(map(int, text.split()[2:])))
        elif text.startswith("bench energised "):
            if self._now is not None and not self._now.memory:
                self._now.memory = tuple(int(word) for word in text.split()[2:])
        elif text.startswith("{"):
            self._reported(rig, json.loads(text))

    def _reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if report["event"] == "panel":
            self.found.started = report
        elif report["event"] == "trouble":
            name = report["name"]
            self.found.troubles[name] = self.found.troubles.get(name, 0) + 1
        elif is_ready(report) and not self._ready:
            self._ready = True
            self._act_ns = rig.now_ns + SECOND

    def byte(self, rig: Rig, byte: Byte) -> None:
        if self._command_ns is None or self._answer_end_ns is not None:
            self._command_ns, self._answer_end_ns = byte.begin_ns, None
            if self._waits_for("poll_ns"):
                self._now.poll_ns = byte.begin_ns
        if self._waits_for("event_ns"):
            self._now.poll_end_ns = byte.at_ns
        super().byte(rig, byte)

    def _waits_for(self, moment: str) -> bool:
        now = self._now
        return now is not None and now.fell_ns is not None and getattr(now, moment) is None

    def flash(self, rig: Rig, operation: dict[str, Any]) -> None:
        if operation["kind"] == "status" or not self._ready:
            return
        self.found.operations += 1
        self.found.busy_ns += operation["ns"]
        answered = self._answer_end_ns is not None and rig.now_ns >= self._answer_end_ns
        if self._command_ns is not None and not answered:
            self.found.in_flight.append((rig.now_ns, operation["kind"]))
        if self._waits_for("poll_ns") and operation["kind"] == "erase":
            self._now.erases_waited += 1

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        if pin == RELAY and level and self._now is not None and self._now.relay_ns is None:
            self._now.relay_ns = rig.now_ns
            self._act_ns = rig.now_ns + TAKEN_NS

    # What the reader does

    def happened(self, rig: Rig, output: Output) -> None:
        at_ns = max(output.at_us * 1000, rig.now_ns)
        if output.kind == "wakeup" and output.value:
            if self._now is not None and self._now.fell_ns is None:
                self._now.fell_ns = at_ns
        elif output.kind == "tx":
            end_ns = at_ns + len(output.value) * 10 * SECOND // output.bitrate
            self._answer_end_ns = end_ns
            self._event(output.value, at_ns, end_ns)

    def _event(self, data: bytes, at_ns: int, end_ns: int) -> None:
        is_event = data[:1] == b"$" or (data[1] & 0xF0 == EVENT and data[2] == READER_CLASS)
        if is_event and self._now is not None and self._now.event_ns is None:
            self._now.event_ns, self._now.event_end_ns = at_ns, end_ns
            self.found.event_bytes += len(data)

    # What the person does

    def next_ns(self) -> int | None:
        times = [at_ns for at_ns in (super().next_ns(), self._act_ns) if at_ns is not None]
        return min(times, default=None)

    def due(self, rig: Rig) -> None:
        if self._act_ns is not None and rig.now_ns >= self._act_ns:
            self._act_ns = None
            self._act(rig)
        super().due(rig)

    def _act(self, rig: Rig) -> None:
        if not self._lying:
            self._lay(rig)
            return
        self._lying = False
        self._close()
        now_us = microseconds(rig)
        self.line.advance(now_us)
        self.line.reader.remove(now_us)
        self._carry(rig)
        if len(self.found.passes) + self.found.lost == self._plan.passes:
            rig.stop("all have passed", rig.now_ns + SECOND // 2)
        else:
            self._act_ns = rig.now_ns + self._random.randrange(*NEXT_NS)

    def _lay(self, rig: Rig) -> None:
        self._lying = True
        uid = card_number(self._next_number())
        self._now = Pass(rig.now_ns, uid)
        data = bytes(self._plan.data_bytes) or None
        now_us = microseconds(rig)
        self.line.advance(now_us)
        self.line.reader.present(Card(uid, data=data), now_us)
        self._carry(rig)
        self._act_ns = rig.now_ns + GIVEN_UP_NS

    def _next_number(self) -> int:
        laid = self._plan.cards - flash.CHANGED
        done = len(self.found.passes) + self.found.lost
        # Scattered over the list, and the same one again as late as can be.
        return 1 + done * 7919 % laid

    def _close(self) -> None:
        if self._now is not None and self._now.relay_ns is not None:
            self.found.passes.append(self._now)
        else:
            self.found.lost += 1
        self._now = None


def line_of(plan: Plan) -> FaultyLine:
    output = OUTPUT_SCRDR if plan.events == "text" else OUTPUT_TLV
    registers = Registers.smart_reader(output)
    # As fast as it can, and no card twice while it lies.
    registers.write(TIMINGS, b"\x00\xff")
    mode = "spontaneous" if plan.events == "spontaneous" else "wakeup"
    return FaultyLine(VirtualReader(Options(event_mode=mode), registers, plan.seed), plan.seed)


def run(plan: Plan) -> Found:
    """Plays `plan` on a rig of its own."""
    change_every_ms = 1 if plan.writing else 0
    # Idle: the log is flushed when its events are half a minute old, and not because so many came.
    flush_count = 1 if plan.writing else 128
    image = flash.door_image(plan.events, plan.bitrate, plan.cards, change_every_ms, flush_count)
    door = Door(plan)
    rig = Rig(image, door, seed=plan.seed)
    report = rig.run(seconds=20 + plan.passes * (GIVEN_UP_NS / SECOND + 2))
    door.found.virtual_s = rig.now_ns / SECOND
    door.found.overrun = report["starts"][-1]["counters"]["uart1"]["overrun"]
    if len(door.found.passes) + door.found.lost != plan.passes:
        raise RuntimeError(f"{plan.name}: {report}, {rig.console[-20:]}")
    return door.found
