"""Any sequence of events at a door: 100,000 steps a run, against what a door has to do.

`Expected` knows no states and no table. It keeps what has happened and until when what holds, in
milliseconds that do not wrap, and says from that what the relay has to be, what has to be told and
when something is due next. Beside it stand the promises that matter most, each written down by
itself: `Promises`. The seed is random, printed, and taken from LOQUET_FUZZ_SEED if that is set.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from host_tests.support.doors import rules
from loquet import door as door_module
from loquet.access import Decision
from loquet.door import TRANSITIONS, Door
from loquet.errors import UsageError
from springcore.ticks import TICKS_PERIOD

STEPS = 100_000
STEPS_EACH = 100  # of one door's life
DOORS = 200  # in one go
# The ticks wrap within the first of these, and when an hour has passed in the second.
STARTS_MS = (TICKS_PERIOD - 2_000, TICKS_PERIOD - 3_600_000, 0)
AN_HOUR_MS = 3_600_000
RAISED = {"door_forced": "door_forced_over", "door_held": "door_held_over"}


class Expected:
    """What a door with these rules has to do. `t` counts milliseconds since the start."""

    def __init__(self, a_rules):
        self.rules = a_rules
        self.grace_ms = 500 + a_rules.contact_settle_ms
        # The level last seen, since when, and the one that counts.
        self.contact = [None, 0, None]
        self.rex = [None, 0, None]
        self.posture = self.fire = self.failed = False
        self.pulse = False
        self.pulse_until = 0
        # A locked door that is closed: may it be opened without an alarm?
        self.allowed = False
        self.allowed_until = 0
        # A locked door that is open, and not by force: since when, and when that was too long.
        self.stands_since = None
        self.soon_since = None
        self.alarm = None
        self.awaited = False
        self.told = []

    @property
    def energised(self):
        return not self.failed and (self.posture or self.pulse)

    @property
    def open(self):
        return self.contact[2] is True

    def next_due(self, t):
        """When something is due, from now; the time that a look comes late counts as none."""
        due = [self._settles(self.contact, self.rules.contact_settle_ms)]
        due.append(self._settles(self.rex, self.rules.rex_settle_ms))
        if not self.failed and not self.posture and self.pulse:
            due.append(self.pulse_until)
        if not self.failed and not self.energised and not self.fire:
            due.append(self._time_of_locked())
        times = [max(0, time - t) for time in due if time is not None]
        return min(times) if times else None

    def _settles(self, seen, settle_ms):
        return seen[1] + settle_ms if seen[0] != seen[2] else None

    def _time_of_locked(self):
        if not self.open:
            return self.allowed_until if self.allowed else None
        if self.alarm:
            return None
        pre_ms = 1000 * self.rules.pre_alarm_s
        if self.soon_since is not None:
            return self.soon_since + pre_ms
        return self.stands_since + 1000 * self.rules.held_open_s - pre_ms

    # What comes from outside

    def sees(self, contact_open, rex_pressed, t):
        for seen, level in ((self.contact, contact_open), (self.rex, rex_pressed)):
            if seen is self.contact and not self.rules.contact:
                continue
            if level != seen[0]:
                seen[:2] = level, t
        self.look(t)

    def look(self, t):
        before = self.rex[2]
        if self._settled(self.rex, self.rules.rex_settle_ms, t):
            if self.rex[2] and before is False:
                self._exit(t)
        before = self.contact[2]
        if self._settled(self.contact, self.rules.contact_settle_ms, t):
            if self.open:
                self._opened(t, found=before is None)
            elif before is True:
                self._closed(t)
        self._time(t)

    def _settled(self, seen, settle_ms, t):
        if seen[0] == seen[2] or t - seen[1] < settle_ms:
            return False
        seen[2] = seen[0]
        return True

    def release(self, length_ms, t, awaited=None):
        """`awaited`: True for a grant, None for a command."""
        self._pulse(length_ms, t)
        if awaited:
            at_door = not self.open and not self.posture and not self.fire
            self.awaited = at_door and self.rules.contact

    def hold(self, unlocked, t):
        if unlocked == self.posture:
            return
        self.posture = unlocked
        if unlocked:
            self.awaited = False
            self._no_alarm()
            self._stands_no_more()
        else:
            # Who was granted meanwhile has the rest of the pulse.
            self.pulse = t < self.pulse_until
            if not self.pulse:
                self._locked(t)
        self._time(t)

    def fire_is(self, active, t):
        if active == self.fire:
            return
        self.fire = active
        self.told.append("fire" if active else "fire_over")
        if self.failed:
            return
        if active:
            self.awaited = False
            self._no_alarm()
        if not self.energised:
            self._locked(t)

    def fail(self):
        if not self.failed:
            self.told.append("door_failed")
            self._no_alarm()
            self.failed = True

    # What follows

    def _exit(self, t):
        self.told.append("exit_requested")
        self._allow(self.rules.pulse_ms + self.grace_ms, t)
        if self.rules.rex != "unlock":
            return
        # A locked door that stands open is not released for whoever walks past its button.
        if self.energised or not self.open:
            self._pulse(self.rules.pulse_ms, t)
        else:
            self.pulse_until = max(self.pulse_until, t + self.rules.pulse_ms)

    def _pulse(self, length_ms, t):
        self.pulse = True
        self.pulse_until = max(self.pulse_until, t + length_ms)
        self._no_alarm()
        self._stands_no_more()

    def _opened(self, t, found):
        self.told.append("door_opened")
        self.awaited = False
        if self.failed:
            return
        lawful = self.energised or self.allowed or self.fire or found
        if self.rules.relock == "opening":
            self._end_pulse(t)
        if not lawful:
            self.alarm = "door_forced"
            self.told.append("door_forced")
        elif not self.energised:
            self._locked(t)

    def _closed(self, t):
        self.told.append("door_closed")
        if self.failed:
            return
        self._no_alarm()
        self._stands_no_more()
        if self.rules.relock == "closing":
            self._end_pulse(t)
        if not self.energised:
            self._locked(t)

    def _end_pulse(self, t):
        self.pulse, self.pulse_until = False, t

    def _locked(self, t):
        """The lock has just come to rest, or the door has just moved, or the fire is over."""
        if self.open:
            self.stands_since, self.soon_since = t, None
        else:
            self._allow(self.grace_ms, t)

    def _allow(self, length_ms, t):
        self.allowed = True
        self.allowed_until = max(self.allowed_until, t + length_ms)

    def _stands_no_more(self):
        self.stands_since = self.soon_since = None

    def _no_alarm(self):
        if self.alarm and not self.failed:
            self.told.append(RAISED[self.alarm])
            self.alarm = None

    def _time(self, t):
        if self.failed:
            return
        if self.pulse and t >= self.pulse_until:
            self.pulse = False
            if not self.posture:
                self._locked(t)
        if self.fire or self.energised:
            return
        if self.open:
            self._stands(t)
        elif t >= self.allowed_until:
            self.allowed = False
            if self.awaited:
                self.told.append("not_entered")
            self.awaited = False

    def _stands(self, t):
        pre_ms = 1000 * self.rules.pre_alarm_s
        long_ms = 1000 * self.rules.held_open_s - pre_ms
        if self.alarm:
            return
        if self.soon_since is None and t - self.stands_since >= long_ms:
            self.soon_since = t
            if pre_ms:
                self.told.append("door_held_soon")
        if self.soon_since is not None and t - self.soon_since >= pre_ms:
            self.alarm = "door_held"
            self.told.append("door_held")


class Promises:
    """What must never be broken, each from nothing but what was done to the door."""

    def __init__(self, a_rules):
        self.limit_ms = a_rules.extended_pulse_ms
        self.released_t = None  # the last grant, command, or request that may release
        self.posture = self.fire = self.failed = False
        self.alarm = None

    def relay(self, energised, t):
        """At an `advance`."""
        lately = self.released_t is not None and t - self.released_t < self.limit_ms
        assert not energised or self.posture or lately, "energised without a cause"
        assert not energised or not self.failed, "energised after a failure"

    def told(self, kinds):
        for kind in kinds:
            if kind in RAISED:
                assert self.alarm is None, f"{kind} while {self.alarm}"
                assert not self.fire and not self.failed, f"{kind} that is suppressed"
                self.alarm = kind
            elif kind.endswith("_over") and kind != "fire_over":
                assert self.alarm is not None and kind == RAISED[self.alarm], f"{kind} of no alarm"
                self.alarm = None
        assert self.alarm is None or not (self.fire or self.failed or self.posture)


class Noted(Door):
    """A door that keeps which rows of its table were used."""

    used: set = set()

    def _happens(self, event, now_ms):
        self.used.add((self.state, event))
        super()._happens(event, now_ms)


# Or doors would spend half of their lives unlocked, and half in a fire.
SELDOM = st.sampled_from((False, False, False, True))

RULES = [
    {"contact": True},
    {"contact": True, "rex": "unlock", "held_open_s": 5, "pre_alarm_s": 4},
    {"contact": True, "relock": "opening", "held_open_s": 5, "pre_alarm_s": 0},
    {"contact": True, "relock": "closing", "contact_settle_ms": 0, "rex_settle_ms": 0},
    {
        "contact": True,
        "relock": "closing",
        "rex": "unlock",
        "pulse_ms": 60000,
        "extended_pulse_ms": 120000,
    },
    {"contact": True, "pulse_ms": 100, "extended_pulse_ms": 100, "contact_settle_ms": 1000},
    {"contact": True, "rex": "unlock", "relock": "opening", "held_open_s": 3600},
    {"contact": False, "rex": "unlock"},
]


class AnyDoor(RuleBasedStateMachine):
    steps = 0

    @initialize(changed=st.sampled_from(RULES), start_ms=st.sampled_from(STARTS_MS))
    def made(self, changed, start_ms):
        self.rules = rules(**changed)
        self.door = Noted(self.rules)
        self.expected = Expected(self.rules)
        self.promises = Promises(self.rules)
        self.start_ms, self.t = start_ms, 0
        self.contact_open = self.rex_pressed = False
        type(self).steps -= 1  # the invariant counts this one too

    @property
    def now_ms(self):
        return (self.start_ms + self.t) % TICKS_PERIOD

    @rule(extended=st.booleans())
    def granted(self, extended):
        length_ms = self.rules.extended_pulse_ms if extended else self.rules.pulse_ms
        self.promises.released_t = self.t
        self.door.grant(Decision(True, "granted", extended), self.now_ms)
        self.expected.release(length_ms, self.t, awaited=True)

    @rule(granted=st.sampled_from((False, None, 1, "granted")))
    def denied(self, granted):
        with pytest.raises(UsageError):
            self.door.grant(Decision(granted, "expired"), self.now_ms)

    @rule()
    def commanded(self):
        self.promises.released_t = self.t
        self.door.command(self.now_ms)
        self.expected.release(self.rules.pulse_ms, self.t)

    @rule(unlocked=SELDOM)
    def held(self, unlocked):
        self.promises.posture = unlocked
        self.door.hold(unlocked, self.now_ms)
        self.expected.hold(unlocked, self.t)

    @rule(active=SELDOM)
    def fire(self, active):
        self.promises.fire = active
        self.door.fire(active, self.now_ms)
        self.expected.fire_is(active, self.t)

    @rule(dice=st.integers(0, 40))
    def fails_now_and_then(self, dice):
        # More seldom: there is no way back.
        if dice == 17:
            self._fail()

    def _fail(self):
        self.promises.failed = True
        self.door.fail(self.now_ms)
        self.expected.fail()

    @rule()
    def contact_moves(self):
        self.contact_open = not self.contact_open
        self._inputs()

    @rule()
    def button_moves(self):
        self.rex_pressed = not self.rex_pressed
        self._inputs()

    @rule()
    def both_move(self):
        self.rex_pressed = True
        self.contact_open = not self.contact_open
        self._inputs()

    @rule()
    def contact_moves_for_good(self):
        self.contact_open = not self.contact_open
        self._inputs()
        self._pass_ms(self.rules.contact_settle_ms)

    @rule()
    def button_is_pressed(self):
        for self.rex_pressed in (False, True):
            self._inputs()
            self._pass_ms(self.rules.rex_settle_ms)

    @precondition(lambda self: self.expected.contact[0] == self.expected.contact[2])
    @rule(times=st.integers(1, 6), short_ms=st.integers(0, 999))
    def contact_bounces(self, times, short_ms):
        """Back where it was before it settles anywhere: no opening, no closing."""
        self.told()
        short_ms %= max(1, self.rules.contact_settle_ms)
        steady = self.contact_open
        if self.rules.contact_settle_ms and steady == self.expected.contact[2]:
            for self.contact_open in (not steady, steady) * times:
                self._inputs()
                self._pass_ms(short_ms)
            kinds = self.told()
            assert "door_opened" not in kinds and "door_closed" not in kinds
            assert "door_forced" not in kinds

    @rule(ms=st.integers(0, 4000))
    def a_while_passes(self, ms):
        self._pass_ms(ms)

    @rule(to=st.sampled_from((-1, 0, 1)))
    def time_passes_to_about_what_is_due(self, to):
        due_ms = self.expected.next_due(self.t)
        if due_ms is not None and due_ms + to >= 0:
            self._late(due_ms + to)

    @precondition(lambda self: self.expected.open)
    @rule(times=st.integers(1, 3))
    def nobody_closes_it(self, times):
        for _ in range(times):
            self._late(self.expected.next_due(self.t) or 0)

    @rule(ms=st.integers(0, 70_000))
    def a_look_comes_late(self, ms):
        self._late(ms)

    @rule(hours=st.sampled_from((1, 80, 150)))
    def hours_pass(self, hours):
        # 74.6 hours are half the period of the ticks, 149.1 hours the whole.
        for _ in range(hours):
            self._pass_ms(AN_HOUR_MS)

    def _inputs(self):
        self._note_press()
        self.door.on_inputs(self.contact_open, self.rex_pressed, self.now_ms)
        self.expected.sees(self.contact_open, self.rex_pressed, self.t)
        self._looked()

    def teardown(self):
        """Every door fails in the end, wherever it stands."""
        if hasattr(self, "door"):
            self._fail()
            self.it_is_as_expected()

    def _note_press(self):
        # Where it unlocks, a press is a cause: at the latest when it has settled.
        if self.rules.rex == "unlock" and self.rex_pressed:
            self.promises.released_t = self.t

    def _pass_ms(self, ms):
        """As a skin lets it pass: it looks whenever the door wants to be looked at."""
        end = self.t + ms
        for _ in range(20):
            due_ms = self.door.next_due(self.now_ms)
            if due_ms is None or self.t + due_ms >= end:
                return self._late(end - self.t)
            self._late(due_ms)
        raise AssertionError("the door wants to be looked at all the time")

    def _late(self, ms):
        self.t += ms
        rex = self.expected.rex
        if rex[0] != rex[2]:
            self._note_press()
        self.door.advance(self.now_ms)
        self.expected.look(self.t)
        self._looked()

    def _looked(self):
        self.promises.relay(self.door.energised, self.t)
        assert self.door.next_due(self.now_ms) != 0 or self.expected.next_due(self.t) == 0

    def told(self):
        kinds = list(self.door.take())
        self.promises.told(kinds)
        assert kinds == self.expected.told
        self.expected.told.clear()
        return kinds

    @invariant()
    def it_is_as_expected(self):
        type(self).steps += 1
        assert self.door.energised == self.expected.energised
        assert self.door.in_order == (not self.expected.failed)
        self.told()
        assert self.door.next_due(self.now_ms) == self.expected.next_due(self.t)


def run(examples, a_seed):
    AnyDoor.steps = 0
    run_state_machine_as_test(
        seed(a_seed)(AnyDoor),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS_EACH,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return AnyDoor.steps


def test_any_sequence_of_events_keeps_the_door_as_promised(say):
    a_seed = int(os.environ.get("LOQUET_FUZZ_SEED") or random.SystemRandom().randrange(1 << 32))
    Noted.used.clear()
    steps = 0
    while steps < STEPS:
        steps += run(DOORS, a_seed + steps)
    rows = sum(map(len, TRANSITIONS.values()))
    say(f"{steps} steps, {len(Noted.used)} of {rows} transitions, LOQUET_FUZZ_SEED={a_seed}")


# The test of the test: a door that breaks a promise is caught


@pytest.mark.parametrize(
    ("event", "state", "wrong"),
    [
        (door_module.OPENED, door_module.AT_REST, door_module.OPEN),
        (door_module.FAIL, door_module.RELEASED, door_module.RELEASED),
        (door_module.TIME_OVER, door_module.RELEASED, door_module.UNLOCKED),
    ],
)
def test_a_wrong_row_of_the_table_is_caught(monkeypatch, event, state, wrong):
    monkeypatch.setitem(TRANSITIONS[event], state, wrong)
    with pytest.raises(AssertionError):
        run(DOORS, 1)
