"""What must come of a month's script: an account of every card shown, from outside the panel.

It reads what thirty_days.py prints. Nothing here is asked of the panel's own modules but the names
of their settings and the fields of a Card: schedules, clock and counts are computed anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from host_tests.support import month_script as script
from loquet.card import NEVER_ENDS, Card

REPEAT_MS = 4000
SETTLE_MS = 50
PASSBACK_MS = 300000
PULSE_MS, EXTENDED_PULSE_MS = 3000, 10000
READER_DOORS = {script.ENTRY: "front", script.EXIT: "front", script.BACK: "back"}
GROUPS: dict[str, dict[int, str | None] | None] = {
    "front": {0: None, 1: script.OFFICE, 2: script.NIGHT},
    "back": None,
}
# Records that have numbers and are not on flash when RAM is full; the rest of it are on both.
FULL_RAM = 64
SUMMER_ENDS = datetime(2026, 10, 25, 1, tzinfo=timezone.utc)
SYNCHRONISED_MS = 168 * script.HOUR_MS


@dataclass
class Shown:
    """A card was shown: `reasons` that may come of it, and the one that did, if any could."""

    at_ms: int
    reader: str
    key: str
    time: int  # what the panel's clock shows, 0 if nobody has told it
    reasons: set[str]
    is_logged: bool
    reason: str | None = None

    def fits(self, record: Record) -> bool:
        same = (self.reader, self.key) == (script.READERS[record.reader], record.card)
        return same and (self.time, self.reason) == (record.time, record.reason)


@dataclass(frozen=True)
class Record:
    """One record of the log, as the desk fetched it."""

    sequence: int
    boot: int
    time: int
    door: int
    reader: int
    clock: str
    kind: str
    reason: str
    card: str
    count: int


@dataclass
class Life:
    """From a start to the power cut after it, or to the month's end."""

    boot: int
    shown: list[Shown] = field(default_factory=list)
    chip_broke: bool = False  # for a while, in which nothing could be written


class Settled:
    """A level that counts when it has been there for SETTLE_MS."""

    def __init__(self) -> None:
        self.level = self._seen = 0
        self._since_ms = 0

    def sample(self, level: int, now_ms: int) -> None:
        if level != self._seen:
            self._seen, self._since_ms = level, now_ms

    def settle(self, now_ms: int) -> int | None:
        """When the level changed, if it has since the last call."""
        if self._seen == self.level or now_ms < self._since_ms + SETTLE_MS:
            return None
        self.level = self._seen
        return self._since_ms + SETTLE_MS


class DoorModel:
    """When a door's relay may be energised: until the longest pulse ends, or held by a posture."""

    def __init__(self) -> None:
        self.contact, self.rex = Settled(), Settled()
        self.lockdown = self.held = False
        self.energised = False  # as the panel says
        self.ends_ms = 0

    def release(self, now_ms: int, pulse_ms: int) -> None:
        self.ends_ms = max(self.ends_ms, now_ms + pulse_ms)

    def hold(self, held: bool, now_ms: int) -> None:
        if self.held and not held:
            self.ends_ms = max(self.ends_ms, now_ms)
        self.held = held

    def is_energised(self, now_ms: int) -> bool:
        return self.held or now_ms < self.ends_ms

    def settle(self, now_ms: int) -> int | None:
        """When the button was pressed, if it was since the last call."""
        self.contact.settle(now_ms)
        pressed_ms = self.rex.settle(now_ms)
        return pressed_ms if self.rex.level else None


class Month:
    """`read` takes the lines in order, `complaints` are sentences about what was wrong in them."""

    def __init__(self, lines: dict[int, list[str]], lists: dict[int, list[Card]]):
        self.complaints: list[str] = []
        self.counts: Counter[str] = Counter()
        self.free: list[int] = []  # bytes, at the end of each day
        # Bytes: the largest piece of the heap that could be had; at the starts, where it was least.
        self.piece_by_day: list[int] = []
        self.piece_at_start = 1 << 20
        self.operations = 0
        self.lives: list[Life] = []
        self.records: dict[int, Record] = {}
        self._lines = lines
        self._lists = lists
        self._cards: dict[str, Card] = {}
        # Of each limited card, what (uses in all, uses gone) may be.
        self._uses: dict[str, set[tuple[int, int]]] = {}
        self._generation = 0
        self._since: list | None = None  # the changes since a list was begun
        self._words = [""]  # the line of the script being lived
        self._broken = False
        self._now_ms = 0
        self._acknowledged = 0
        self._switched: list[tuple[int, str, int]] = []
        self._posture_wrong_since: int | None = None
        self._restart()

    def read(self, line: str) -> None:
        word, *arguments = line.split(" ")
        if word not in ("relay", "decided"):
            self._check_relays(int(arguments[0]) if word == "posture" else None)
        if word == "=":
            self._words = self._lines[int(arguments[0])]
            self._now_ms = int(arguments[1])
            self._elapse(self._now_ms)
            getattr(self, "_on_" + self._words[0], self._ignore)(*self._words[1:])
        else:
            getattr(self, "_read_" + word)(*arguments)

    def _complain(self, text: str) -> None:
        when = f"day {self._now_ms / script.DAY_MS + 1:.3f}"
        self.complaints.append(f"{when} ({' '.join(self._words)[:80]}): {text}")

    def _ignore(self, *_: str) -> None:
        pass

    # Starts and ends.

    def _restart(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}  # when last, how often
        self._told: tuple[int, int] | None = None  # seconds, when in the month
        self._passed: dict[str, int] = {}
        self._doors = {name: DoorModel() for name in script.DOORS}

    def _read_start(self, now: str, boot: str, generation: str, count: str, piece: str) -> None:
        self._now_ms = int(now)
        self.piece_at_start = min(self.piece_at_start, int(piece))
        self.lives.append(Life(int(boot)))
        self._broken = False  # with power off and on the chip works again
        if int(generation) != self._generation:
            self._take_over(int(generation))
        if self._words[0] not in ("add", "revoke"):  # it may have been done or not
            self._check_count(count)

    def _read_cut(self, now: str, _: str, acknowledged: str) -> None:
        self.counts["cuts"] += 1
        if self._words[0] == "tag" and self.lives and self.lives[-1].shown:
            self._interrupted(self.lives[-1].shown[-1])
        self._acknowledged = max(self._acknowledged, int(acknowledged))
        self._restart()

    def _interrupted(self, shown: Shown) -> None:
        if shown.reason is None and shown.key in self._uses and "granted" in shown.reasons:
            uses = self._uses[shown.key]
            self._uses[shown.key] = uses | {(total, used + 1) for total, used in uses}

    def _read_day(self, free: str, piece: str, count: str, operations: str) -> None:
        self.free.append(int(free))
        self.piece_by_day.append(int(piece))
        self.operations = int(operations)
        self._check_count(count)

    def _read_end(self, now: str) -> None:
        if any(door.energised for door in self._doors.values()):
            self._complain("a relay is energised at the end")

    def _read_trouble(self, *words: str) -> None:
        self.counts["troubles"] += 1
        if not self._broken:
            self._complain("trouble: " + " ".join(words))

    # The list.

    def _read_done(self) -> None:
        word, *fields = self._words
        self.counts[word] += 1
        if word == "replace":
            self._since = []
            return
        change = (word, fields[0], None if word == "revoke" else card_of(fields))
        if change[2] and change[2].uses_left is not None:
            used = {used for _, used in self._uses.get(fields[0], {(0, 0)})}
            self._uses[fields[0]] = {(change[2].uses_left + gone, gone) for gone in used}
        self._apply(change)
        if self._since is not None:
            self._since.append(change)

    def _apply(self, change: tuple) -> None:
        word, key, card = change
        if word == "revoke":
            self._cards.pop(key, None)
        else:
            self._cards[key] = card

    def _read_refused(self, *words: str) -> None:
        word, *fields = self._words
        self.counts["refused"] += 1
        if word == "add" and fields[0] not in self._cards and "already" in words:
            self._read_done()  # power went when it was added, and it was added again
        elif not self._broken and (word != "change" or fields[0] in self._cards):
            self._complain("refused: " + " ".join(words))

    def _read_list(self, generation: str, count: str) -> None:
        self._take_over(int(generation))
        self._check_count(count)

    def _take_over(self, generation: int) -> None:
        if self._since is None or generation not in self._lists:
            self._complain(f"list {generation} is in use, and nobody began it")
            return
        self.counts["lists"] += 1
        self._generation = generation
        self._cards = {card.key.hex(): card for card in self._lists[generation]}
        changed = {key for _, key, _ in self._since}
        for key, card in self._cards.items():
            if card.uses_left is not None and key not in changed:
                used = {used for _, used in self._uses.get(key, {(0, 0)})}
                self._uses[key] = {(card.uses_left, gone) for gone in used}
        for change in self._since:
            self._apply(change)
        self._since = None

    def _check_count(self, count: str) -> None:
        if int(count) != len(self._cards):
            self._complain(f"{count} cards in the list, not {len(self._cards)}")

    # The clock.

    def _on_clock(self, seconds: str) -> None:
        self._told = (int(seconds), self._now_ms)

    def _time(self) -> int:
        """Seconds since 1970 on the panel's clock; 0 while nobody has told it."""
        if self._told is None:
            return 0
        return self._told[0] + (self._now_ms - self._told[1]) // 1000

    def _local(self) -> datetime | None:
        """What a clock in Paris shows, if the panel's may be believed."""
        if self._told is None or self._now_ms - self._told[1] >= SYNCHRONISED_MS:
            return None
        utc = datetime.fromtimestamp(self._time(), timezone.utc)
        return utc + timedelta(hours=2 if utc < SUMMER_ENDS else 1)

    # Cards at readers.

    def _on_removed(self, reader: str, uid: str) -> None:
        self._seen.pop((reader, uid), None)

    def _on_tag(self, reader: str, uid: str, doubt: str) -> None:
        key = "-" if doubt == "truncated" else script.key_of(bytes.fromhex(uid)).hex()
        times = 0 if doubt != "-" else self._sightings(reader, uid)
        reasons = self._expected(reader, uid, key) if doubt == "-" else {doubt}
        reasons = {"repeat"} if times else reasons
        self.counts["cards shown"] += 1
        shown = Shown(self._now_ms, reader, key, self._time(), reasons, times < 2)
        self.lives[-1].shown.append(shown)

    def _sightings(self, reader: str, uid: str) -> int:
        """How often the card was seen before, since it came."""
        last_ms, times = self._seen.get((reader, uid), (0, 0))
        if self._now_ms - last_ms >= REPEAT_MS:
            times = 0
        self._seen[reader, uid] = self._now_ms, times + 1
        return times

    def _expected(self, reader: str, uid: str, key: str) -> set[str]:
        """Why a clean card that has just come may pass or not."""
        door = READER_DOORS[reader]
        card = self._cards.get(key)
        if uid.startswith("08"):
            return {"random_uid"}
        if card is None:
            return {"unknown_card"}
        if not card.enabled:
            return {"disabled"}
        if self._doors[door].lockdown and not card.pass_lockdown:
            return {"lockdown"}
        reason = self._by_group(GROUPS[door], card) or self._by_date(card)
        if reason:
            return {reason}
        if not self._is_within_hours(GROUPS[door], card):
            return {"outside_schedule"}
        reasons = self._by_passage(key) if reader == script.ENTRY else {"granted"}
        if "granted" in reasons and card.uses_left is not None:
            reasons = reasons - {"granted"} | self._by_uses(key)
        return reasons

    def _by_group(self, groups: dict[int, str | None] | None, card: Card) -> str | None:
        schedules = [name for group, name in (groups or {}).items() if card.groups >> group & 1]
        if groups and not schedules:
            return "wrong_group"
        needs_clock = card.from_minute or card.until_minute != NEVER_ENDS
        if groups and None not in schedules:
            needs_clock = True
        return "clock" if needs_clock and self._local() is None else None

    def _by_date(self, card: Card) -> str | None:
        minute = (self._time() - script.MINUTES_BEGIN_S) // 60
        if card.from_minute and minute < card.from_minute:
            return "not_yet_valid"
        if card.until_minute != NEVER_ENDS and minute >= card.until_minute:
            return "expired"
        return None

    def _is_within_hours(self, groups: dict[int, str | None] | None, card: Card) -> bool:
        if groups is None:
            return True
        names = [name for group, name in groups.items() if card.groups >> group & 1]
        return any(name is None or self._is_open(name) for name in names)

    def _is_open(self, schedule: str) -> bool:
        now = self._local()
        if now is None:
            return False
        minute = now.hour * 60 + now.minute
        today, yesterday = day_name(now), day_name(now - timedelta(days=1))
        if schedule == script.OFFICE:
            return today in ("mon", "tue", "wed", "thu", "fri") and 480 <= minute < 1080
        if schedule == script.VISITORS:
            return today in ("tue", "thu") and 840 <= minute < 990
        nights = ("fri", "sat", "sun")
        return (today in nights and minute >= 1200) or (yesterday in nights and minute < 150)

    def _by_passage(self, key: str) -> set[str]:
        """The panel counts whole seconds: one may be missing."""
        ago_ms = self._now_ms - self._passed.get(key, -script.DAY_MS)
        if ago_ms < PASSBACK_MS - 1000:
            return {"anti_passback"}
        return {"anti_passback", "granted"} if ago_ms < PASSBACK_MS + 1000 else {"granted"}

    def _by_uses(self, key: str) -> set[str]:
        left = [total - used for total, used in self._uses[key]]
        reasons = {"uses_exhausted"} if min(left) <= 0 else set()
        if max(left) > 0:
            reasons.add("storage" if self._broken else "granted")
        return reasons

    def _read_decided(self, door: str, granted: str, reason: str) -> None:
        shown = self.lives[-1].shown[-1]
        shown.reason = reason
        self.counts[reason] += 1
        if reason not in shown.reasons:
            self._complain(f"{reason}, not {' or '.join(sorted(shown.reasons))}")
        if (granted == "1") != (reason == "granted"):
            self._complain(f"granted is {granted}, the reason {reason}")
        if reason == "granted":
            self._granted(door, shown)
        elif reason == "uses_exhausted":
            self._narrow(shown.key, {pair for pair in self._uses[shown.key] if pair[0] <= pair[1]})

    def _granted(self, door: str, shown: Shown) -> None:
        card = self._cards[shown.key]
        if card.uses_left is not None:
            uses = self._uses[shown.key]
            self._narrow(shown.key, {(total, used + 1) for total, used in uses if used < total})
        if shown.reader == script.ENTRY:
            self._passed[shown.key] = self._now_ms
        elif shown.reader == script.EXIT:
            self._passed.pop(shown.key, None)
        self._doors[door].release(self._now_ms, EXTENDED_PULSE_MS if card.extended else PULSE_MS)

    def _narrow(self, key: str, uses: set[tuple[int, int]]) -> None:
        # None is left after a decision that was complained of.
        self._uses[key] = uses or self._uses[key]

    # The doors.

    def _on_input(self, place: str, contact: str, rex: str) -> None:
        door = self._doors[script.DOORS[int(place)]]
        door.contact.sample(int(contact), self._now_ms)
        door.rex.sample(int(rex), self._now_ms)

    def _on_release(self, door: str) -> None:
        self._doors[door].release(self._now_ms, PULSE_MS)

    def _on_posture(self, door: str, posture: str) -> None:
        self._doors[door].lockdown = posture == "lockdown"

    def _read_posture(self, now: str, door: str, posture: str) -> None:
        self._now_ms = int(now)
        self._elapse(self._now_ms)
        self.counts["postures"] += 1
        self._doors[door].hold(posture == "unlocked", self._now_ms)

    def _elapse(self, now_ms: int) -> None:
        """Contacts and buttons settle; the postures are those that the schedule wants."""
        for name, door in self._doors.items():
            pressed_ms = door.settle(now_ms)
            if (
                pressed_ms is not None
                and name == "back"
                and (door.is_energised(pressed_ms) or not door.contact.level)
            ):
                door.release(pressed_ms, PULSE_MS)
        back = self._doors["back"]
        wanted = self._is_open(script.VISITORS) and not back.lockdown
        if wanted == back.held:
            self._posture_wrong_since = None
        elif self._posture_wrong_since is None:
            self._posture_wrong_since = now_ms
        elif now_ms - self._posture_wrong_since > script.MINUTE_MS:
            self._complain(f"the back door ought to be {'un' if wanted else ''}locked")
            self._posture_wrong_since = None

    def _read_relay(self, now: str, door: str, level: str) -> None:
        self._switched.append((int(now), door, int(level)))

    def _check_relays(self, until_ms: int | None) -> None:
        """What was switched, before `until_ms` if that is given: its cause is told after it."""
        while self._switched and self._switched[0][0] != until_ms:
            now_ms, name, level = self._switched.pop(0)
            self._elapse(now_ms)
            door = self._doors[name]
            if level and not door.is_energised(now_ms):
                self._complain(f"relay {name} energised at {now_ms} without a cause")
            if not level and (door.is_energised(now_ms) or now_ms != door.ends_ms):
                self._complain(f"relay {name} falls at {now_ms}, not at {door.ends_ms}")
            if level == door.energised:
                self._complain(f"relay {name} told twice")
            door.energised = bool(level)
            self.counts["relay pulses"] += level

    # The log.

    def _on_broken(self, broken: str) -> None:
        self._broken = broken == "1"
        self.lives[-1].chip_broke |= self._broken

    def _read_log(self, *fields: str) -> None:
        sequence, boot, time, door, reader = map(int, fields[:5])
        clock, kind, reason, card, count = fields[5:]
        record = Record(sequence, boot, time, door, reader, clock, kind, reason, card, int(count))
        if self.records.setdefault(record.sequence, record) != record:
            self._complain(f"record {record.sequence} is no longer what it was")

    def _read_lost(self, cursor: str, after: str, lost: str) -> None:
        # After a cut the desk fetches again what it has, and the log may keep that no longer. What
        # it has not is found out at the end, by the numbers.
        self.counts["overwritten"] += int(lost)

    def account(self) -> None:
        """At the end: every card shown has its record, or a gap tells of it."""
        records = [self.records[sequence] for sequence in sorted(self.records)]
        self.counts["records"] = len(records)
        self.counts["gap records"] = sum(record.kind == "gap" for record in records)
        self._check_numbers(records)
        by_boot: dict[int, list[Record]] = {}
        for record in records:
            by_boot.setdefault(record.boot, []).append(record)
        missing = {
            life.boot: self._missing(life, by_boot.get(life.boot, [])) for life in self.lives
        }
        self.counts["cards in gaps"] += sum(missing.values())
        self._check_gaps(records, missing)

    def _check_numbers(self, records: list[Record]) -> None:
        last = 0
        for record in records:
            told = record.count if record.kind == "gap" and record.reason != "ram_full" else 0
            if record.sequence - last - 1 != told:
                self._complain(f"records {last} to {record.sequence}: a gap of {told} is told")
            last = record.sequence
        if last + 1 < self._acknowledged:
            self._complain(f"the log ends at {last}, {self._acknowledged - 1} was acknowledged")

    def _missing(self, life: Life, records: list[Record]) -> int:
        """How many cards at the life's end have no record. Before that each must have its own,
        unless a gap in the middle tells that RAM was full.
        """
        logged = [shown for shown in life.shown if shown.is_logged]
        place = room = 0
        for record in records:
            if record.reason == "ram_full":
                room += record.count
            elif record.kind.startswith("access_"):
                found = place
                while found < len(logged) and not logged[found].fits(record):
                    found += 1
                if found == len(logged) or found - place > room:
                    self._complain(f"record {record.sequence} is not that of the next card shown")
                    return 0
                room -= found - place
                self.counts["cards in gaps"] += found - place
                place = found + 1
        return len(logged) - place

    def _check_alarms(self, records: list[Record]) -> None:
        """In one life every alarm is raised and cleared in turn, unless records are missing."""
        if any(record.reason == "ram_full" for record in records):
            return
        raised: set[tuple[int, str]] = set()
        for record in records:
            alarm = record.door, record.kind.replace("_over", "")
            if alarm[1] not in ("door_forced", "door_held", "fire"):
                continue
            self.counts[alarm[1]] += alarm not in raised
            if (alarm in raised) != record.kind.endswith("_over"):
                self._complain(f"{record.kind} of door {record.door} at the wrong time")
            raised ^= {alarm}

    def _check_gaps(self, records: list[Record], missing: dict[int, int]) -> None:
        """What RAM had no room for while the chip was broken has no numbers: where power goes then,
        nobody can tell how many those were.
        """
        open_ = dict(missing)
        chip_broke = {life.boot for life in self.lives if life.chip_broke}
        for record in records:
            if record.kind == "gap" and record.reason == "restart":
                before = [boot for boot in open_ if boot < record.boot]
                uncounted = record.count >= FULL_RAM and not chip_broke.isdisjoint(before)
                cards = sum(open_.pop(boot) for boot in before)
                if cards > record.count and not uncounted:
                    self._complain(f"gap of {record.count} for {cards} cards")
        for boot, cards in open_.items():
            if cards:
                self._complain(f"{cards} cards of start {boot} are in no record and in no gap")


def card_of(fields: list[str]) -> Card:
    key, *numbers = fields
    groups, first, until, uses, *flags = map(int, numbers)
    uses_left = None if uses < 0 else uses
    return Card(bytes.fromhex(key), groups, first, until, uses_left, *map(bool, flags))


def day_name(day: datetime) -> str:
    if (day.month, day.day) == (11, 2):
        return "holiday"
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]
