"""The panel: takes what readers, contacts, clocks and people tell, decides, and says what to do.

The only caller of Door.grant. It returns actions in the order in which they must be carried out.
A card takes three calls, because a person is waiting: `on_tag` decides, `admit` gives the relay,
and only when that has been switched, `tell` gives the reader's light and sound and the report.
What it logs stays in RAM until flash_writer.py finds a quiet moment. One thing it makes durable
itself, and before the relay: that a limited card was used. Time comes in as `now_ms`; nothing
here waits.

Each method takes the clock's reading first, and with a new minute looks at the postures: a door
that a schedule has unlocked is locked before a card at the next minute is judged.
"""

from loquet import access
from loquet.calendar import Calendar
from loquet.clock import UNKNOWN, Clock, Moment
from loquet.door import sooner
from loquet.entrance import READER_KINDS, Entrance, Relay, Report, Side, Visit
from loquet.errors import StorageError, UsageError
from loquet.identity import credential_key, is_random
from loquet.posture import SCHEDULE, UNLOCKED

# Ticks have to be looked at this often.
LONGEST_WAIT_MS = 3600000


class Panel:
    """All readers and doors of `settings`.

    `cards`: an opened Cards, or one that could not be opened and knows no card. `journal`: the
    Journal that everything is appended to. Doors are named by their names, but for `on_inputs`.
    """

    def __init__(self, settings, cards, journal):
        self._cards = cards
        self._journal = journal
        self._clock = Clock(settings.clock.synchronised_h, settings.clock.step_limit_s)
        self._calendar = Calendar(settings.time_zone, settings.schedules, settings.holidays)
        self._use_free_running = settings.clock.free_running == "use"
        self._entrances = [Entrance(place, rules) for place, rules in enumerate(settings.doors)]
        self._sides = {}
        for place, reader in enumerate(settings.readers):
            entrance = self._entrance(reader.door or settings.doors[0].name)
            self._sides[reader.name] = Side(place, reader, entrance, settings.repeat_ms)
        self._scheduled = any(rules.posture == SCHEDULE for rules in settings.doors)
        self._moment = Moment(0, UNKNOWN)
        # For which minute and quality of the clock the postures were judged.
        self._minute: int | None = None
        self._quality: str | None = None

    # What readers tell

    def on_tag(self, reader: str, tag, doubt, now_ms: int) -> Visit:
        """`reader` saw `tag` (a TagRead); `doubt` is why not to believe it, or None.

        Decides, and makes durable that a limited card was used; that may take as long as flash
        takes. Nothing else has happened yet: `admit` and `tell` have to follow, in this order.
        """
        side = self._sides[reader]
        actions = self._look(now_ms)
        key = credential_key(tag, side.settings.credential, side.settings.template)
        if doubt is None and tag.truncated and key is None:
            doubt = access.TRUNCATED
        sightings = side.sightings(tag, now_ms) if doubt is None else 0
        decision = self._decide(side, key, doubt, sightings > 0)
        return Visit(side, tag, key, decision, sightings, actions)

    def admit(self, visit: Visit, now_ms: int) -> list:
        """What a person waits for, the relay above all: its pulse begins now."""
        actions = visit.actions
        if visit.decision.granted:
            entrance = visit.side.entrance
            entrance.door.grant(visit.decision, now_ms)
            actions += entrance.switch()
        return actions

    def tell(self, visit: Visit, now_ms: int) -> list:
        """What has to be logged, shown and reported of it, and all that comes of it later."""
        side, key, decision = visit.side, visit.key, visit.decision
        entrance = side.entrance
        if decision.granted:
            entrance.passes(key, side.entry, self._clock.uptime_s)
        # A card left lying must not fill the log.
        if visit.sightings < 2:
            self._log_decision(side, key, decision)
        actions = side.answer(decision, now_ms)
        actions.append(side.report(visit.tag, decision))
        actions += self._settle(entrance, now_ms)
        if decision.unlock_first:
            entrance.posture.first_card(self._moment, self._calendar, self._use_free_running)
            actions += self._judge(entrance, now_ms)
        return actions

    def on_removed(self, reader: str, tag, now_ms: int) -> None:
        """The card of `tag` (a TagRemoved) left `reader`. A removal decides nothing."""
        self._sides[reader].repeats.removed(tag.tag_id, tag.tag_index)

    def on_reader(self, reader: str, what: str) -> None:
        """The link to `reader` told a state or a trouble of this name."""
        if what in READER_KINDS:
            self.log(READER_KINDS[what], reader=self._sides[reader].place)

    # What the door's wires tell

    def on_inputs(self, place: int, contact_open: bool, rex_pressed: bool, now_ms: int) -> list:
        """Contact and request-to-exit of the door at `place` of the settings' list, as they are.

        At any rate, and after every change: what bounces is settled here.
        """
        entrance = self._entrances[place]
        entrance.door.on_inputs(contact_open, rex_pressed, now_ms)
        return self._settle(entrance, now_ms)

    def on_fire(self, active: bool, now_ms: int) -> list:
        """The fire input, as it is: while it is active, no door raises an alarm."""
        actions = []
        for entrance in self._entrances:
            entrance.door.fire(active, now_ms)
            actions += self._settle(entrance, now_ms)
        return actions

    # What clocks and people tell

    def start_clock(self, seconds: int, synchronised: bool, now_ms: int) -> None:
        """What the board's own clock says when the panel starts; before anything is logged."""
        self._clock.start(seconds, synchronised, now_ms)
        self._moment = self._clock.now(now_ms)

    def set_clock(self, seconds: int, now_ms: int) -> list:
        """A person or a time server says what time it is (seconds since 1970-01-01 UTC).

        Raises UsageError for a time before 2020 or after 2099.
        """
        step = self._clock.set(seconds, now_ms)
        self._moment = self._clock.now(now_ms)
        actions = [] if step is None else [self._stepped(step)]
        return actions + self._look(now_ms)

    def release(self, door: str, now_ms: int) -> list:
        """A person lets somebody in: one pulse. Raises UsageError for a door that is not there."""
        entrance = self._entrance(door)
        actions = self._look(now_ms)
        works = entrance.door.in_order
        reason = None if works else access.DOOR_FAILED
        self.log("door_commanded", door=entrance.place, reason=reason)
        entrance.door.command(now_ms)
        return actions + self._settle(entrance, now_ms)

    def set_posture(self, door: str, posture: str | None, now_ms: int) -> list:
        """A person says how the door stands; None: as the settings have it.

        Raises UsageError for a door that is not there and for another posture than `normal`,
        `unlocked` and `lockdown`.
        """
        entrance = self._entrance(door)
        actions = self._look(now_ms)
        entrance.posture.command(posture)
        return actions + self._stand(entrance, self._posture_of(entrance), now_ms)

    def fail(self, now_ms: int) -> list:
        """Something is wrong with the panel itself: every relay falls, until it has restarted."""
        for entrance in self._entrances:
            entrance.door.fail(now_ms)
        actions: list = [Relay(entrance.rules.name, False) for entrance in self._entrances]
        for entrance in self._entrances:
            entrance.relay = False
            actions += self._settle(entrance, now_ms)
        return actions

    # What time brings

    def advance(self, now_ms: int) -> list:
        """Actions that time brings. To be called when `next_due` says so, or sooner."""
        actions = self._look(now_ms)
        for entrance in self._entrances:
            entrance.door.advance(now_ms)
            actions += self._settle(entrance, now_ms)
        for side in self._sides.values():
            actions += side.advance(now_ms)
        return actions

    def next_due(self, now_ms: int) -> int:
        """Milliseconds until `advance` has to be called: an hour at most, for ticks wrap."""
        due_ms = LONGEST_WAIT_MS
        for entrance in self._entrances:
            due_ms = sooner(due_ms, entrance.door.next_due(now_ms))
        for side in self._sides.values():
            due_ms = sooner(due_ms, side.next_due(now_ms))
        if self._scheduled:
            due_ms = sooner(due_ms, self._clock.next_minute_ms(now_ms))
        return due_ms

    def log(self, kind: str, **fields) -> None:
        """Appends an event; `fields` as Journal.append has them. It is in RAM, and not on flash.

        Its time is that of the last call which was told one: `advance` before, for better.
        """
        self._journal.append(kind, self._moment.seconds, self._moment.quality, **fields)

    def _entrance(self, name: str) -> Entrance:
        for entrance in self._entrances:
            if entrance.rules.name == name:
                return entrance
        raise UsageError("there is no door %r" % (name,))

    def _look(self, now_ms: int) -> list:
        """Reads the clock; with a new minute, the postures that it brings."""
        moment = self._moment = self._clock.now(now_ms)
        if moment.quality == self._quality:
            # An unknown clock has no minutes.
            if moment.quality == UNKNOWN or moment.minute == self._minute:
                return []
        actions = []
        for entrance in self._entrances:
            actions += self._judge(entrance, now_ms)
        self._minute, self._quality = moment.minute, moment.quality
        return actions

    def _posture_of(self, entrance: Entrance) -> str:
        return entrance.posture.in_effect(self._moment, self._calendar, self._use_free_running)

    def _judge(self, entrance: Entrance, now_ms: int) -> list:
        posture = self._posture_of(entrance)
        return [] if posture == entrance.in_effect else self._stand(entrance, posture, now_ms)

    def _stand(self, entrance: Entrance, posture: str, now_ms: int) -> list:
        """Puts the door into that posture, and tells it."""
        self.log("door_mode_changed", door=entrance.place, reason=posture)
        entrance.in_effect = posture
        entrance.door.hold(posture == UNLOCKED, now_ms)
        actions = self._settle(entrance, now_ms)
        actions.append(Report("posture", {"door": entrance.rules.name, "posture": posture}))
        return actions

    def _settle(self, entrance: Entrance, now_ms: int) -> list:
        """What has come of the door: its relay first, then what it tells."""
        actions: list = entrance.switch()
        happenings = entrance.door.take()
        if happenings:
            # Inputs come so often that the clock is read only for what is worth a record.
            self._moment = self._clock.now(now_ms)
        for kind in happenings:
            released = kind == "exit_requested" and entrance.rules.rex == "unlock"
            self.log(kind, door=entrance.place, reason=access.REX if released else None)
            actions.append(Report("door", {"door": entrance.rules.name, "what": kind}))
        return actions

    def _stepped(self, step) -> Report:
        if step.step_s is None:
            self.log("clock_set")
        else:
            kind = "clock_stepped_back" if step.backward else "clock_stepped"
            self.log(kind, count=abs(step.step_s))
        moment = self._moment
        fields = {"seconds": moment.seconds, "quality": moment.quality, "step_s": step.step_s}
        return Report("clock", fields)

    def _decide(self, side: Side, key, doubt, repeat: bool):
        """A granted Decision only once the use of a limited card is on flash."""
        entrance = side.entrance
        asked = doubt is None and not repeat and key is not None
        card = self._cards.lookup(key) if asked else None
        decision = access.decide(
            access.Case(
                card=card,
                doubt=doubt,
                repeat=repeat,
                random_uid=asked and is_random(key),
                door=entrance.rules,
                entry=side.entry,
                posture=entrance.in_effect,
                in_order=entrance.door.in_order,
                moment=self._moment,
                calendar=self._calendar,
                use_free_running=self._use_free_running,
                passed_s=entrance.passed_s(key, self._clock.uptime_s) if asked else None,
            )
        )
        return self._use(card, decision) if decision.granted else decision

    def _use(self, card, decision):
        if card.uses_left is None:
            return decision
        try:
            left = self._cards.use(card.key)
        except StorageError:
            return access.Decision(False, access.STORAGE)
        return access.Decision(False, access.USES_EXHAUSTED) if left is None else decision

    def _log_decision(self, side: Side, key, decision) -> None:
        self.log(
            "access_granted" if decision.granted else "access_denied",
            door=side.entrance.place,
            reader=side.place,
            reason=decision.reason,
            card=key,
        )
