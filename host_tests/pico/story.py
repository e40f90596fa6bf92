"""A minute of a panel in which every kind of flash work happens, and all that came of it.

Cards are shown at the door by the peer. What nobody can tell the panel yet, changes of single cards
and another list, a main.py of the test's does in the running app: as jobs of the flash writer, one
step each, and it prints a line when a step was done. So it does for what the log has acknowledged.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_tests.pico.panel_peer import (
    CONTACT,
    KNOWN,
    SECOND_NS,
    UNKNOWN,
    PanelPeer,
    card_number,
    is_ready,
    start_file,
)
from host_tests.support import card_model
from host_tests.support.card_model import key_of, many, state
from loquet import notation
from loquet.card import NEVER_ENDS
from loquet.card_list import RECORD_BYTES
from loquet.cards import Cards
from loquet.journal import Journal
from loquet.settings_store import SettingsStore
from loquet_tools import device_folder
from pico_rig.image import BLOCK_BYTES, image_of
from pico_rig.rig import Byte, Rig

SECONDS = 72

# Where the file system begins on the flash (firmware/mpconfigboard.h of the RPI_PICO).
FILES_START = 0xA0000

# Small, so that changes are merged and uses tidied within the minute.
CHANGES = 32
LIMITED = 16
LOG_EVENTS = 256

USES = 50
LIMITED_CARDS = [card_number(1000 + number) for number in range(3)]
SHOWN = [KNOWN, LIMITED_CARDS[0], UNKNOWN, LIMITED_CARDS[1], LIMITED_CARDS[2]]
# Longer between two showings of one card than a repeat.
SHOW_EVERY_NS = 1300 * 10**6

HOOK = """
from firmware.app import storage as _storage
from firmware.app.flash_writer import Job as _Job
from loquet import card_jobs as _card_jobs
from loquet.card import Card as _Card
from loquet.cards import Cards as _Cards

STEPS = {steps!r}

class _Script:
    def __init__(self, cards):
        self.cards = cards
        self.place = 0

    def due(self, now_s):
        return self.place < len(STEPS) and now_s >= STEPS[self.place][0]

    def work(self):
        step = STEPS[self.place]
        getattr(self, step[1])(*step[2:])
        self.place += 1
        print('{{"event": "step", "done": %d}}' % self.place)

    def add(self, key, state):
        self.cards.add(_Card(key, *state[:4], *state[4]))

    def change(self, key, state):
        self.cards.change(_Card(key, *state[:4], *state[4]))

    def revoke(self, key):
        self.cards.revoke(key)

    def begin(self, *announced):
        self.cards.begin_replace(*announced)

    def stage(self, at, size):
        with open("another-list", "rb") as file:
            file.seek(at)
            self.cards.stage(file.read(size))

    def commit(self):
        self.cards.commit()

    def rollback(self):
        self.cards.rollback()

    def settled(self):
        # Its turn only comes when the cards' own jobs are done.
        pass

def _noting(work, journal):
    def flush():
        work()
        print('{{"event": "flushed", "end": %d}}' % journal.end)
    return flush

def _naming(name):
    job = getattr(_card_jobs, name)
    def named(*arguments):
        print('{{"event": "job", "name": "%s"}}' % name)
        yield from job(*arguments)
    setattr(_card_jobs, name, named)

for _name in ("fold", "merge", "take_over", "go_back", "tidy_uses"):
    _naming(_name)

_jobs_of = _storage.Storage.jobs

def _jobs(self):
    jobs = _jobs_of(self)
    jobs[0].work = _noting(jobs[0].work, self.journal)
    script = _Script(self.cards)
    jobs.insert(2, _Job("script", script.due, script.work))
    return jobs

_storage.Storage.jobs = _jobs
_storage.Cards = lambda folder: _Cards(folder, {changes}, {limited})
"""

Model = dict[bytes, tuple]


class Script:
    """The steps, and what the list is after each: `models[n]` when n steps are done."""

    def __init__(self) -> None:
        self.steps: list[tuple] = []
        self.models: list[Model] = [_with_shown(many(range(150)))]
        another = _with_shown(many(range(80, 230), groups=3))
        self._write(another)
        self.another_list = card_model.packed(another)[1]

    def _write(self, another: Model) -> None:
        for place in range(30):
            self._single(4 + place, place)
        profiles, listed, digest = card_model.packed(another)
        self._step(36, None, "begin", 2, len(another), digest, profiles)
        chunk = 26 * RECORD_BYTES
        for at in range(0, len(listed), chunk):
            self._step(37 + at // chunk, None, "stage", at, chunk)
        self._step(45, None, "commit")
        before = self.models[-1]
        self._step(45, another, "settled")
        # Such a list revokes nothing: going back, only what was revoked since is missing.
        gone = key_of(100)
        self._step(50, {k: v for k, v in another.items() if k != gone}, "revoke", gone)
        self._step(58, None, "rollback")
        self._step(58, {k: v for k, v in before.items() if k != gone}, "settled")
        for place in range(6):
            self._single(62 + place, 30 + place)

    def _single(self, at_s: int, place: int) -> None:
        model = dict(self.models[-1])
        if place % 3 == 0:
            key, value = key_of(300 + place), state(place + 1)
            model[key] = value
            self._step(at_s, model, "add", key, value)
        elif place % 3 == 1:
            key, value = key_of(place), state(place, groups=5)
            model[key] = value
            self._step(at_s, model, "change", key, value)
        else:
            key = key_of(place)
            model.pop(key, None)
            self._step(at_s, model, "revoke", key)

    def _step(self, at_s: int, model: Model | None, *what: Any) -> None:
        self.steps.append((at_s, *what))
        self.models.append(self.models[-1] if model is None else model)

    def main_file(self) -> bytes:
        return start_file(HOOK.format(steps=self.steps, changes=CHANGES, limited=LIMITED))


def _with_shown(model: Model) -> Model:
    always = (True, False, False, False)
    shown: Model = {notation.enrol(KNOWN.hex()): (1, 0, NEVER_ENDS, None, always)}
    for uid in LIMITED_CARDS:
        shown[notation.enrol(uid.hex())] = (1, 0, NEVER_ENDS, USES, always)
    return {**model, **shown}


def with_uses(model: Model, used: dict[bytes, int]) -> Model:
    """The list as it is found when so many uses of each card are gone."""
    found = dict(model)
    for key, count in used.items():
        groups, since, until, left, flags = found[key]
        found[key] = (groups, since, until, left - count, flags)
    return found


def story_image(script: Script) -> bytes:
    """The flash before: a list, settings that are new, and a log that is full but for some."""
    settings = device_folder.settings_document("wakeup")
    settings["doors"][0].update(contact=True, pulse_ms=700)
    settings["limits"] = {"capacity_events": LOG_EVENTS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        device_folder.fill_board(folder, "pico")
        SettingsStore(name).save(settings)
        cards = Cards(name + "/cards", CHANGES, LIMITED)
        cards.create()
        cards.open()
        card_model.replace(cards, 1, script.models[0])
        cards.close()
        _fill_log(name + "/log")
        (folder / "main.py").write_bytes(script.main_file())
        (folder / "another-list").write_bytes(script.another_list)
        return image_of(folder)


def _fill_log(folder: str) -> None:
    journal = Journal(folder, LOG_EVENTS)
    journal.open()
    for number in range(LOG_EVENTS + 100):
        journal.append("access_denied", 0, "unknown", 0, 0, "unknown_card", count=number % 100)
        if number % 8 == 7:
            while journal.flush():
                pass
    journal.close()


@dataclass
class Operation:
    """What the flash was told to do: `data` is a program's page, None for an erase."""

    at_ns: int
    ns: int
    address: int
    data: bytes | None

    @property
    def kind(self) -> str:
        return "erase" if self.data is None else "program"

    def apply(self, image: bytearray) -> None:
        image[self._place] = self._after(image[self._place])

    def tear(self, image: bytearray, done: float, chance: random.Random) -> None:
        """As chip/flash.mjs does it: a program byte by byte, an erase all over and bit by bit."""
        before = image[self._place]
        if self.data is None:
            torn = bytes(byte | _some_bits(chance, done) for byte in before)
        else:
            size = -int(-done * len(before) // 1)
            torn = self._after(before)[:size] + before[size:]
        image[self._place] = torn

    def _after(self, before: bytes) -> bytes:
        if self.data is None:
            return b"\xff" * len(before)
        return bytes(old & new for old, new in zip(before, self.data, strict=True))

    @property
    def _place(self) -> slice:
        begin = self.address - FILES_START
        return slice(begin, begin + (BLOCK_BYTES if self.data is None else len(self.data)))


def _some_bits(chance: random.Random, probability: float) -> int:
    return sum(1 << bit for bit in range(8) if chance.random() < probability)


def image_at(
    image: bytes, operations: list[Operation], at_ns: int, seed: int
) -> tuple[bytearray, str]:
    """The flash when power goes at that instant, and what that met; `image`: before all of them."""
    found = bytearray(image)
    for operation in operations:
        if operation.at_ns > at_ns:
            break
        if at_ns < operation.at_ns + operation.ns:
            done = (at_ns - operation.at_ns) / operation.ns
            operation.tear(found, done, random.Random(seed))
            return found, operation.kind
        operation.apply(found)
    return found, "rest"


class FlashRecorder(PanelPeer):
    """Records what the flash was told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []

    def begin(self, rig: Rig) -> None:
        super().begin(rig)
        rig.watch_flash()

    def flash(self, rig: Rig, operation: dict[str, Any]) -> None:
        if operation["kind"] != "status":
            page = operation["data"]
            data = None if page is None else bytes.fromhex(page)
            ns = round(operation["ns"])
            self.operations.append(Operation(rig.now_ns, ns, operation["address"], data))


class Storyteller(FlashRecorder):
    """Shows cards, moves the door, and records the line."""

    def __init__(self) -> None:
        super().__init__()
        # [begin, end] of a command and its answer; the last one may have no end yet.
        self.exchanges: list[list[int | None]] = []
        self._shown = 0
        self._show_ns: int | None = None

    def byte(self, rig: Rig, byte: Byte) -> None:
        if not self.exchanges or self.exchanges[-1][1] is not None:
            self.exchanges.append([byte.begin_ns, None])
        super().byte(rig, byte)

    def happened(self, rig: Rig, output: Any) -> None:
        if output.kind == "tx":
            begin_ns = max(output.at_us * 1000, rig.now_ns)
            end_ns = begin_ns + len(output.value) * 10 * SECOND_NS // output.bitrate
            if not self.exchanges or self.exchanges[-1][1] is not None:
                self.exchanges.append([begin_ns, end_ns])
            else:
                self.exchanges[-1][1] = end_ns

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self._show_ns = rig.now_ns
        elif report["event"] == "decision":
            self.take_away(rig)
            if report["granted"]:
                rig.drive(CONTACT, 1, rig.now_ns + SECOND_NS // 2)
                rig.drive(CONTACT, 0, rig.now_ns + SECOND_NS)

    def due(self, rig: Rig) -> None:
        super().due(rig)
        if self._show_ns is not None and rig.now_ns >= self._show_ns:
            self._show_ns += SHOW_EVERY_NS
            self.lay(rig, SHOWN[self._shown % len(SHOWN)])
            self._shown += 1

    def next_ns(self) -> int | None:
        times = [time for time in (super().next_ns(), self._show_ns) if time is not None]
        return min(times, default=None)


@dataclass
class Story:
    """The minute as it was: `peer` has what was seen, `image` is the flash before."""

    script: Script
    image: bytes
    peer: Storyteller
    report: dict[str, Any]
    image_after: bytes
    flushed: list[tuple[int, int]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    uses: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for report in self.peer.told("flushed"):
            self.flushed.append((report["at_ns"], report["end"]))
        self.steps = [report["at_ns"] for report in self.peer.told("step")]
        limited = {notation.enrol(uid.hex()): uid.hex().upper() for uid in LIMITED_CARDS}
        for key, uid in limited.items():
            for report in self.peer.told("decision", card=uid, granted=True):
                self.uses.append((report["at_ns"], key))
        self.uses.sort()

    def acknowledged(self, at_ns: int) -> int:
        """The number after the last record that was acknowledged by then."""
        return max((end for when_ns, end in self.flushed if when_ns <= at_ns), default=0)

    def lists(self, at_ns: int) -> Iterator[Model]:
        """What the list may be then: what was acknowledged, and what may be under way."""
        steps = sum(1 for when_ns in self.steps if when_ns <= at_ns)
        uses = sum(1 for when_ns, _ in self.uses if when_ns <= at_ns)
        for model in self.script.models[steps : steps + 2]:
            for count in range(uses, min(uses + 1, len(self.uses)) + 1):
                yield with_uses(model, _counted(self.uses[:count]))


def _counted(uses: list[tuple[int, bytes]]) -> dict[bytes, int]:
    used: dict[bytes, int] = {}
    for _, key in uses:
        used[key] = used.get(key, 0) + 1
    return used


def told(seed: int = 1) -> Story:
    """Runs the minute once."""
    script = Script()
    image = story_image(script)
    peer = Storyteller()
    rig = Rig(image, peer, seed=seed)
    report = rig.run(SECONDS)
    assert rig.image_after is not None
    return Story(script, image, peer, report, rig.image_after)
