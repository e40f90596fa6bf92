"""Power goes at any instant of a minute in which every kind of flash work happens.

The minute runs once. What is on the flash at an instant of it, half-done work included, is made
from the record of all erases and programs, and a Pico is started with that.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from host_tests.pico.panel_peer import KNOWN, SECOND_NS, is_ready
from host_tests.pico.story import (
    CHANGES,
    LIMITED,
    LOG_EVENTS,
    FlashRecorder,
    Operation,
    Story,
    Storyteller,
    image_at,
    told,
)
from host_tests.support import card_model
from host_tests.support.card_model import key_of
from host_tests.support.flash import Flash, Mounted
from host_tests.support.journal import contents, pull_all
from loquet.cards import Cards
from loquet.journal import Journal
from pico_rig.rig import Rig, RigError

# `make soak` takes more.
CUTS = int(os.environ.get("LOQUET_CUTS", 60))
RIGS_AT_ONCE = 2
MS = 10**6
# Of so many cuts one is followed by another, during the start after it.
CUT_AGAIN = 4
MOST_START_S = 4

EVERY_JOB = {"fold", "merge", "take_over", "go_back", "tidy_uses"}


@pytest.fixture(scope="module")
def story() -> Story:
    return told()


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("LOQUET_SEED", random.randrange(10**6)))


class Visitor(FlashRecorder):
    """Comes when the reader is ready, with a card that is on every list."""

    ready_ns = 0

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self.ready_ns = rig.now_ns
            self.lay(rig, KNOWN)
        elif report["event"] == "decision":
            rig.stop("decided")


@dataclass
class Cut:
    """Power goes at `at_ns`, which seeds everything else; and again at some instant after that."""

    at_ns: int
    seed: int
    again: bool
    met: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    image_after: bytes = b""

    def start(self, story: Story) -> Cut:
        """Starts a Pico with what is on the flash then."""
        image, met = image_at(story.image, story.peer.operations, self.at_ns, self.seed)
        self.met.append(met)
        operations = self._start(bytes(image))
        if self.again and operations:
            chance = random.Random(self.seed)
            again, met = image_at(bytes(image), operations, instant(chance, operations), self.seed)
            self.met.append("then " + met)
            self._start(bytes(again))
        return self

    def _start(self, image: bytes) -> list[Operation]:
        visitor = Visitor()
        rig = Rig(image, visitor, seed=self.seed)
        try:
            why = rig.run(MOST_START_S)["why"]
        except RigError as error:
            why = str(error)
        if why != "decided":
            self.complaints.append(f"{why}: {rig.console[-3:]}")
        self.complaints += complaints_of(visitor)
        self.image_after = rig.image_after or image
        return visitor.operations


def complaints_of(visitor: Visitor) -> Iterator[str]:
    """What is wrong with how a panel started and let a card in."""
    if len(visitor.starts) != 1:
        yield f"{len(visitor.starts)} starts"
    for report in visitor.told("trouble"):
        yield f"{report['name']}: {report['detail']}"
    if [report["granted"] for report in visitor.told("decision")] != [True]:
        yield f"the card: {visitor.told('decision')}"
    if [level for _, level in visitor.edges] != [1]:
        yield f"the relay: {visitor.edges}"
    if visitor.edges and visitor.edges[0][0] < visitor.ready_ns:
        yield f"the relay before the card: {visitor.edges}"


def instant(chance: random.Random, operations: list[Operation]) -> int:
    """An instant: one of three during an erase, if there is one, and one of three a program."""
    kind = chance.choice(("erase", "program", "any"))
    of_kind = [operation for operation in operations if operation.kind == kind]
    if of_kind:
        operation = chance.choice(of_kind)
        return operation.at_ns + chance.randrange(operation.ns)
    return chance.randrange(operations[0].at_ns, operations[-1].at_ns + SECOND_NS)


def records_of(image: bytes) -> dict[int, tuple]:
    """The log on a flash, by number; what is missing must be told of by a gap record."""
    with Mounted(Flash(image=bytearray(image))):
        journal = Journal("/flash/log", LOG_EVENTS)
        journal.open()
        found, lost = pull_all(journal, journal.first)
    assert lost == 0
    return {record.sequence: contents(record) for record in found}


def log_complaints(cut: Cut, story: Story, ever: dict[int, tuple]) -> Iterator[str]:
    try:
        found = records_of(cut.image_after)
    except Exception as error:
        yield f"log: {error!r}"
        return
    end = story.acknowledged(cut.at_ns)
    wanted = range(max(1, end - LOG_EVENTS), end)
    missing = [number for number in wanted if found.get(number) != ever[number]]
    if missing:
        yield f"log: {len(missing)} acknowledged records are missing, from {missing[0]} on"


def card_complaints(cut: Cut, story: Story) -> Iterator[str]:
    models = list(story.lists(cut.at_ns))
    keys = [*models[0], *map(key_of, range(350))]
    try:
        with Mounted(Flash(image=bytearray(cut.image_after))):
            with closing(Cards("/flash/cards", CHANGES, LIMITED)) as cards:
                cards.open()
                complaint = card_model.complaint(cards, models, keys) or "".join(cards.check())
    except Exception as error:
        complaint = repr(error)
    if complaint:
        yield f"cards: {complaint}"


def test_the_minute_has_every_kind_of_flash_work(story: Story, say) -> None:
    peer = story.peer
    kinds = Counter(operation.kind for operation in peer.operations)
    busy_ms = sum(operation.ns for operation in peer.operations) // MS
    say(f"{kinds['erase']} erases and {kinds['program']} programs, {busy_ms} ms of them")
    assert len(story.steps) == len(story.script.steps)
    assert {report["name"] for report in peer.told("job")} == EVERY_JOB
    assert len(story.uses) > 20
    # The ring went round: segments were begun, and the oldest dropped.
    first, end = min(records_of(story.image)), story.acknowledged(10**15)
    assert min(records_of(story.image_after)) > first and end > LOG_EVENTS + 200
    assert not peer.told("trouble") and len(peer.starts) == 1


def test_what_is_made_of_the_record_is_what_the_rig_has(story: Story) -> None:
    image, met = image_at(story.image, story.peer.operations, 10**15, 0)
    assert met == "rest" and image == story.image_after


class Torn(Storyteller):
    """The same minute, but power goes at `at_ns`: `found` is the flash then."""

    def __init__(self, at_ns: int):
        super().__init__()
        self.at_ns = at_ns
        self.found = b""

    def started(self, rig: Rig, start: int, cause: str) -> None:
        super().started(rig, start, cause)
        if start == 1:
            rig.cut_power(self.at_ns)
        else:
            self.found = rig.files()
            rig.stop("cut")


@pytest.mark.parametrize("kind", ("erase", "program"))
def test_what_was_being_done_is_torn_as_the_rig_tears_it(story: Story, kind: str) -> None:
    operation = next(one for one in story.peer.operations if one.kind == kind)
    at_ns = operation.at_ns + operation.ns // 3
    torn = Torn(at_ns)
    Rig(story.image, torn, seed=1).run(at_ns / SECOND_NS + 1)
    image, met = image_at(story.image, story.peer.operations, at_ns, 0)
    whole = image_at(story.image, story.peer.operations, operation.at_ns - 1, 0)[0]
    assert met == kind and torn.found != whole
    # Which bits an erase has set is chance; that it was this block, and a third of them, is not.
    assert abs(_bits_changed(torn.found, whole) / _bits_changed(image, whole) - 1) < 0.3
    if kind == "program":
        assert torn.found == image


def _bits_changed(image: bytes, before: bytes) -> int:
    return (int.from_bytes(image, "big") ^ int.from_bytes(before, "big")).bit_count()


def test_no_flash_work_begins_with_a_command_in_flight(story: Story) -> None:
    peer = story.peer
    assert len(peer.exchanges) > 100
    for operation in peer.operations:
        for begin_ns, end_ns in peer.exchanges:
            in_flight = begin_ns <= operation.at_ns and (end_ns or 10**15) >= operation.at_ns
            assert not in_flight, (operation.at_ns, begin_ns, end_ns)


def test_the_relay_moves_for_decisions_only(story: Story) -> None:
    granted = [report["at_ns"] for report in story.peer.told("decision", granted=True)]
    rises = [at_ns for at_ns, level in story.peer.edges if level]
    falls = [at_ns for at_ns, level in story.peer.edges if not level]
    assert len(rises) == len(granted)
    for rise_ns, granted_ns in zip(rises, granted, strict=True):
        assert rise_ns < granted_ns < rise_ns + 100 * MS
    for rise_ns, fall_ns in zip(rises, falls, strict=False):
        # The pulse counts from the event; a use is written, with an erase at times, before the
        # relay moves.
        assert 600 * MS < fall_ns - rise_ns < 730 * MS


def test_a_cut_in_the_middle_of_each_operation_leaves_what_was_acknowledged(story: Story) -> None:
    # Without a start: all of them are too many for that.
    ever = {**records_of(story.image), **records_of(story.image_after)}
    complaints = []
    for seed, operation in enumerate(story.peer.operations):
        cut = Cut(operation.at_ns + operation.ns // 2, seed, again=False)
        image, met = image_at(story.image, story.peer.operations, cut.at_ns, seed)
        cut.image_after = bytes(image)
        found = [*log_complaints(cut, story, ever), *card_complaints(cut, story)]
        complaints += [f"{cut.at_ns} ns, {met}: {complaint}" for complaint in found]
    assert complaints == []


def test_after_a_power_cut_at_any_instant_nothing_acknowledged_is_missing(
    story: Story, seed: int, say, capsys
) -> None:
    chance = random.Random(seed)
    operations = story.peer.operations
    cuts = [
        Cut(instant(chance, operations), seed + number, number % CUT_AGAIN == 0)
        for number in range(CUTS)
    ]
    ever = {**records_of(story.image), **records_of(story.image_after)}
    met: Counter[str] = Counter()
    complaints = []
    with ThreadPoolExecutor(RIGS_AT_ONCE) as rigs:
        for done, cut in enumerate(rigs.map(lambda cut: cut.start(story), cuts)):
            if done and done % 100 == 0:
                with capsys.disabled():
                    print(f"{done} of {len(cuts)} cuts", flush=True)
            met.update(cut.met)
            found = cut.complaints + [*log_complaints(cut, story, ever)]
            found += card_complaints(cut, story)
            complaints += [f"{cut.at_ns} ns, seed {cut.seed}, {cut.met}: {c}" for c in found]
    counts = ", ".join(f"{count} {name}" for name, count in met.most_common())
    say(f"LOQUET_SEED={seed}: {len(cuts)} cuts met {counts}")
    assert complaints == []
