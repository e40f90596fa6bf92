"""The script of a month at two doors: who shows what, what people change, what goes wrong.

A line is `AT WORD ...`, AT in milliseconds of the month; thirty_days.py lives it, month_model.py
knows what must come of it. Which is which is decided by the seed alone. The last of a day's 24
hours is quiet, so that every day ends in the same situation.
"""

import random
from dataclasses import dataclass
from pathlib import Path

from loquet.card import Card
from loquet.card_list import digest_of, pack_list
from loquet.identity import uid_key

DAYS = 30
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60000, 3600000, 86400000

# The month begins on Monday, 2026-10-05, at 05:00 in Paris, which leaves summer time in it.
BEGIN_S = 1791169200
MINUTES_BEGIN_S = 1577836800  # 2020-01-01, from which a card's dates count
BEGIN_MINUTE = (BEGIN_S - MINUTES_BEGIN_S) // 60
ZONE = "CET-1CEST,M3.5.0,M10.5.0/3"

ENTRY, EXIT, BACK = "entry", "exit", "back"
READERS = (ENTRY, EXIT, BACK)
DOORS = ("front", "back")

OFFICE, NIGHT, VISITORS = "office", "night", "visitors"
SETTINGS = {
    "readers": [
        {"name": ENTRY, "door": "front"},
        {"name": EXIT, "door": "front", "direction": "exit"},
        {"name": BACK, "door": "back"},
    ],
    "doors": [
        {
            "name": "front",
            "contact": True,
            "access": [
                {"group": 0},
                {"group": 1, "schedule": OFFICE},
                {"group": 2, "schedule": NIGHT},
            ],
            "anti_passback_s": 300,
        },
        {
            "name": "back",
            "contact": True,
            "rex": "unlock",
            "posture": "schedule",
            "unlock_schedule": VISITORS,
            "held_open_s": 20,
            "pre_alarm_s": 5,
        },
    ],
    "time_zone": ZONE,
    "schedules": [
        {
            "name": OFFICE,
            "weekly": [
                {"days": ["mon", "tue", "wed", "thu", "fri"], "begin": "08:00", "end": "18:00"}
            ],
        },
        {
            "name": NIGHT,
            "weekly": [{"days": ["fri", "sat", "sun"], "begin": "20:00", "end": "02:30"}],
        },
        {"name": VISITORS, "weekly": [{"days": ["tue", "thu"], "begin": "14:00", "end": "16:30"}]},
    ],
    "holidays": [{"first": "2026-11-02"}],
    "fire_input": True,
    "limits": {"capacity_events": 2048},
}

LISTED = 1000  # cards in a list
REPLACED_ON = (7, 14, 21)  # the days on which another list comes
DOUBTS = ("stale_event", "suspect", "not_ready", "truncated")
# The desk never lets more events wait, of the 2,048 that the log keeps.
MOST_UNREAD = 1200


@dataclass(frozen=True)
class Plan:
    """`cards_a_day` on a working day. `cuts` in the month; without any it is one life."""

    seed: int
    cards_a_day: int = 2050
    cuts: int = 0


def uid_of(number: int) -> bytes:
    return b"\x04" + (number * 40503 % 65536).to_bytes(2, "big") + number.to_bytes(4, "big")


def random_uid(numbers: random.Random) -> bytes:
    """One that a phone draws anew each time."""
    return b"\x08" + numbers.randbytes(3)


def key_of(uid: bytes) -> bytes:
    return uid_key(uid, 0x03, 0x01)


def card_of(number: int) -> Card:
    """What card `number` may do: a twentieth of the cards are of each kind."""
    card = Card(key_of(uid_of(number)), 1)
    kind = number % 20
    middle = BEGIN_MINUTE + 15 * 1440 + number % 1440
    if kind in (8, 9, 10):
        card.groups = 2
    elif kind == 11:
        card.groups = 4
    elif kind == 12:
        card.groups = 32
    elif kind == 13:
        card.enabled = False
    elif kind == 14:
        card.from_minute, card.until_minute = BEGIN_MINUTE - 1000, BEGIN_MINUTE + 100000
    elif kind == 15:
        card.from_minute = middle
    elif kind == 16:
        card.until_minute = middle
    elif kind == 17:
        card.uses_left = 5 + number % 40
    elif kind == 18:
        card.extended = True
    elif kind == 19:
        card.unlock_first = card.pass_lockdown = True
    return card


def words_of(card: Card) -> str:
    uses = -1 if card.uses_left is None else card.uses_left
    flags = (card.enabled, card.extended, card.unlock_first, card.pass_lockdown)
    numbers = (card.groups, card.from_minute, card.until_minute, uses, *map(int, flags))
    return f"{card.key.hex()} {' '.join(map(str, numbers))}"


class Script:
    """Lines in any order; `write` puts them into a folder, with the lists that they name."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.random = random.Random(plan.seed)
        self.lists: dict[int, list[Card]] = {}
        self._lines: list[tuple[int, str]] = []
        self._outages = {reader: self._some_spans(40, 5, 90) for reader in READERS}
        self._openings: list[tuple[float, int]] = []  # when, which door
        self._pressed: list[tuple[float, int]] = []
        self._lists()
        self._visits()
        self._readers()
        self._changes()
        self._clock()
        self._broken_chip()
        self._people()
        self._wires()
        self._cuts()
        self._lines.sort(key=lambda line: line[0])
        self._pulls()
        for day in range(1, DAYS + 1):
            self._add(day * DAY_MS - MINUTE_MS, "day")
        self._add(DAYS * DAY_MS, "end")
        self._lines.sort(key=lambda line: line[0])

    def write(self, folder: Path) -> dict[int, list[str]]:
        """Returns the words of each line by the byte at which the line begins."""
        parts, places = [], {}
        offset = 0
        for at_ms, text in self._lines:
            places[offset] = text.split()
            part = f"{at_ms} {text}\n".encode()
            parts.append(part)
            offset += len(part)
        (folder / "script").write_bytes(b"".join(parts))
        for generation, cards in self.lists.items():
            (folder / f"list-{generation}").write_bytes(pack_list(cards)[1])
        return places

    def _add(self, at_ms: float, text: str) -> None:
        self._lines.append((int(at_ms), text))

    def _some_moment(self) -> float:
        """When the house is awake: not in a day's first and last hour."""
        return self.random.randrange(DAYS) * DAY_MS + self.random.uniform(1, 22.5) * HOUR_MS

    def _some_spans(self, count: int, shortest_min: float, longest_min: float) -> list:
        """Spans of time that end before the quiet hour, in order; some may meet."""
        spans = []
        for _ in range(count):
            begin = self._some_moment()
            longest_ms = begin // DAY_MS * DAY_MS + 22.9 * HOUR_MS - begin
            length = self.random.uniform(shortest_min, longest_min) * MINUTE_MS
            spans.append((begin, begin + min(length, longest_ms)))
        return sorted(spans)

    # The cards.

    def _lists(self) -> None:
        for generation, day in enumerate((0, *REPLACED_ON), 1):
            first = 100 * generation  # a tenth of the cards is new in each
            cards = [card_of(number) for number in range(first, first + LISTED)]
            self.lists[generation] = cards
            profiles, records = pack_list(cards)
            digest = digest_of(profiles, records).hex()
            line = f"replace {generation} {len(cards)} {digest} {profiles.hex()}"
            self._add(day * DAY_MS + (1000 if day == 0 else 9.5 * HOUR_MS), line)

    def _changes(self) -> None:
        """Single cards come, go, and change their rights."""
        for number in range(5000, 5000 + 35 * DAYS):
            at = self._some_moment()
            self._add(at, f"add {words_of(card_of(number))}")
            self._visit(at + 10 * SECOND_MS, uid_of(number))
            unlimited = self.random.choice([n for n in range(200, 1300) if n % 20 != 17])
            if number % 3 == 0:
                self._add(at + MINUTE_MS, f"revoke {key_of(uid_of(unlimited)).hex()}")
            elif number % 3 == 1:
                card = card_of(unlimited)
                card.enabled = not card.enabled
                self._add(at + MINUTE_MS, f"change {words_of(card)}")
            else:
                card = card_of(217 + 20 * self.random.randrange(50))
                self._add(at + MINUTE_MS, f"change {words_of(card)}")

    # Who comes.

    def _visits(self) -> None:
        for day in range(DAYS):
            is_weekend = day % 7 in (5, 6)
            for _ in range(self.plan.cards_a_day // (3 if is_weekend else 1)):
                if self.random.random() < 0.85:
                    hour = self.random.triangular(1, 16, 4)
                else:
                    hour = self.random.uniform(1, 22.8)
                self._visit(day * DAY_MS + hour * HOUR_MS, self._some_uid(day))

    def _some_uid(self, day: int) -> bytes:
        chance = self.random.random()
        if chance < 0.07:
            return uid_of(self.random.randrange(100000, 200000))
        if chance < 0.08:
            return random_uid(self.random)
        generation = 1 + sum(day >= other for other in REPLACED_ON)
        return uid_of(100 * generation + self.random.randrange(LISTED))

    def _visit(self, at: float, uid: bytes) -> None:
        """A card is shown, perhaps again, and taken away."""
        reader = self.random.choice((ENTRY, ENTRY, EXIT, BACK))
        if not self._works(reader, at):
            return
        doubt = self.random.choice(DOUBTS) if self.random.random() < 0.04 else "-"
        self._add(at, f"tag {reader} {uid.hex()} {doubt}")
        gone = at + self.random.uniform(200, 2500)
        while self.random.random() < 0.08:
            self._add(gone, f"tag {reader} {uid.hex()} -")
            gone += self.random.uniform(200, 6000)
        if self.random.random() < 0.8:
            self._add(gone, f"removed {reader} {uid.hex()}")
        if self.random.random() < 0.25:
            opening = at + self.random.uniform(500, 4000)
            self._openings.append((opening, int(reader == BACK)))

    def _works(self, reader: str, at: float) -> bool:
        return not any(begin <= at <= end + 10000 for begin, end in self._outages[reader])

    def _readers(self) -> None:
        for reader, spans in self._outages.items():
            for begin, end in spans:
                self._add(begin, f"reader {reader} lost")
                self._add(end, f"reader {reader} ready")

    # What people do, and what goes wrong.

    def _pulls(self) -> None:
        """The desk fetches the log now and then, before it is full."""
        logged = ("tag", "input", "reader", "posture", "release", "fire")
        times = [at for at, text in self._lines if text.startswith(logged)]
        pulled = place = 0
        for at in range(HOUR_MS, DAYS * DAY_MS, 20 * MINUTE_MS):
            while place < len(times) and times[place] < at:
                place += 1
            if place - pulled > MOST_UNREAD or self.random.random() < 0.1:
                self._add(at, "pull")
                pulled = place

    def _clock(self) -> None:
        """Somebody tells the time every few hours, and for ten days nobody does."""
        for hour in range(0, 24 * DAYS, 3):
            if not 10 <= hour / 24 < 20 or self.plan.cuts:
                at = hour * HOUR_MS + 30 * MINUTE_MS
                self._add(at, f"clock {BEGIN_S + at // 1000}")

    def _broken_chip(self) -> None:
        for begin, end in self._some_spans(2, 60, 150):
            self._add(begin, "broken 1")
            self._add(end, "broken 0")

    def _people(self) -> None:
        """Buttons, alarms, postures, and who lets somebody in from afar."""
        for door, name in enumerate(DOORS):
            for begin, end in self._some_spans(5, 20, 90):
                self._add(begin, f"posture {name} lockdown")
                self._add(end, f"posture {name} settings")
            for _ in range(10 * DAYS):
                at = self._some_moment()
                self._add(at, f"release {name}")
                self._openings.append((at + 2000, door))
            for _ in range(40 * DAYS):
                at = self._some_moment()
                self._pressed.append((at, door))
                self._openings.append((at + self.random.uniform(500, 2500), door))
        for begin, end in self._some_spans(3, 5, 60):
            self._add(begin, "fire 1")
            self._add(end, "fire 0")

    def _wires(self) -> None:
        """The contacts bounce; some leave the door open for too long. Nobody opens an open door."""
        for door in (0, 1):
            edges = [(at, "rex", 1) for at, other in self._pressed if other == door]
            edges += [(at + 200, "rex", 0) for at, _, _ in edges]
            open_until = 0.0
            for at in sorted(at for at, other in self._openings if other == door):
                if at > open_until:
                    longest_s = 60 if self.random.random() < 0.05 else 12
                    open_until = at + self.random.uniform(1, longest_s) * SECOND_MS
                    levels = ((at, 1), (at + 7, 0), (at + 13, 1), (open_until, 0))
                    edges += [(moment, "contact", level) for moment, level in levels]
                    open_until += SECOND_MS
            self._add_edges(door, edges)

    def _add_edges(self, door: int, edges: list) -> None:
        levels = {"contact": 0, "rex": 0}
        for at, wire, level in sorted(edges):
            levels[wire] = level
            self._add(at, f"input {door} {levels['contact']} {levels['rex']}")

    def _cuts(self) -> None:
        for _ in range(self.plan.cuts):
            operations = self.random.choice((0, 1, 2, 3, 5, 9, 17, 40))
            how = self.random.choice(("half", "whole"))
            self._add(self._some_moment(), f"cut {operations} {how}")
