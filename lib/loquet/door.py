"""One door: when its relay is energised, what its contact and its button say, its alarms.

Energised means released, always. Only a granted Decision, a command, a posture, or a request to
exit where the settings say so, takes a door out of rest; time brings it back. A failed door stays
at rest until the panel restarts. Who may pass and what hours count is decided elsewhere, and no pin
is touched here: `energised` says what the relay has to be.

One opening belongs to whoever asked last. What is not obvious about the table:

* A pulse is followed by SHUNTED, as is every closing: a door that was on its way when the lock
  fell, or that rebounds from its frame, is not forced.
* A door found open when the panel starts was not forced as far as anybody can know. It may stand
  open as any other.
* A grant at an open door releases it, so that the bolt can go home, and ends its alarm: an
  authorised person is there, and the log names them. The time to HELD begins anew.
* A request to exit ends no alarm and keeps no open door from HELD: whoever walks past a motion
  detector, burglars too, would do that.
* During a fire no opening is forced and none lasts too long. When it is over, the time to HELD
  begins anew.
"""

from loquet.debounce import Debounced
from loquet.errors import UsageError
from springcore.ticks import ticks_add, ticks_diff

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# States
AT_REST = "at rest"  # closed, locked
SHUNTED = "shunted"  # closed, locked, and may be opened for a while
RELEASED = "released"  # closed, during a pulse
UNLOCKED = "unlocked"  # closed, by posture
PASSING = "passing"  # open, during a pulse
OPEN = "open"  # open, with the lock at rest
OPEN_LONG = "open long"  # the same, and about to be held
HELD = "held"
FORCED = "forced"
UNLOCKED_OPEN = "unlocked open"  # open, by posture
FAILED = "failed"

# Events
OPENED = "opened"
CLOSED = "closed"
RELEASE = "release"  # a grant or a command
EXIT = "exit"  # a request to exit that releases
ALLOW = "allow"  # an opening is no alarm: a request to exit, or a door found open
UNLOCK = "unlock"
LOCK = "lock"
FIRE = "fire"
FAIL = "fail"
TIME_OVER = "time over"  # that of the state's timer

# event -> state -> next state. What is not here cannot happen.
TRANSITIONS = {
    OPENED: {
        AT_REST: FORCED,
        SHUNTED: OPEN,
        RELEASED: PASSING,
        UNLOCKED: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    CLOSED: {
        PASSING: RELEASED,
        OPEN: SHUNTED,
        OPEN_LONG: SHUNTED,
        HELD: SHUNTED,
        FORCED: SHUNTED,
        UNLOCKED_OPEN: UNLOCKED,
        FAILED: FAILED,
    },
    RELEASE: {
        AT_REST: RELEASED,
        SHUNTED: RELEASED,
        RELEASED: RELEASED,
        UNLOCKED: UNLOCKED,
        PASSING: PASSING,
        OPEN: PASSING,
        OPEN_LONG: PASSING,
        HELD: PASSING,
        FORCED: PASSING,
        UNLOCKED_OPEN: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    EXIT: {
        AT_REST: RELEASED,
        SHUNTED: RELEASED,
        RELEASED: RELEASED,
        UNLOCKED: UNLOCKED,
        PASSING: PASSING,
        OPEN: OPEN,
        OPEN_LONG: OPEN_LONG,
        HELD: HELD,
        FORCED: FORCED,
        UNLOCKED_OPEN: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    ALLOW: {
        AT_REST: SHUNTED,
        SHUNTED: SHUNTED,
        RELEASED: RELEASED,
        UNLOCKED: UNLOCKED,
        PASSING: PASSING,
        OPEN: OPEN,
        OPEN_LONG: OPEN_LONG,
        HELD: HELD,
        FORCED: FORCED,
        UNLOCKED_OPEN: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    UNLOCK: {
        AT_REST: UNLOCKED,
        SHUNTED: UNLOCKED,
        RELEASED: UNLOCKED,
        PASSING: UNLOCKED_OPEN,
        OPEN: UNLOCKED_OPEN,
        OPEN_LONG: UNLOCKED_OPEN,
        HELD: UNLOCKED_OPEN,
        FORCED: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    LOCK: {
        UNLOCKED: RELEASED,
        UNLOCKED_OPEN: PASSING,
    },
    FIRE: {
        AT_REST: SHUNTED,
        SHUNTED: SHUNTED,
        RELEASED: RELEASED,
        UNLOCKED: UNLOCKED,
        PASSING: PASSING,
        OPEN: OPEN,
        OPEN_LONG: OPEN,
        HELD: OPEN,
        FORCED: OPEN,
        UNLOCKED_OPEN: UNLOCKED_OPEN,
        FAILED: FAILED,
    },
    FAIL: {
        AT_REST: FAILED,
        SHUNTED: FAILED,
        RELEASED: FAILED,
        UNLOCKED: FAILED,
        PASSING: FAILED,
        OPEN: FAILED,
        OPEN_LONG: FAILED,
        HELD: FAILED,
        FORCED: FAILED,
        UNLOCKED_OPEN: FAILED,
    },
    TIME_OVER: {
        SHUNTED: AT_REST,
        RELEASED: SHUNTED,
        PASSING: OPEN,
        OPEN: OPEN_LONG,
        OPEN_LONG: HELD,
    },
}

# The relay is energised in these states and in no other.
ENERGISED = (RELEASED, UNLOCKED, PASSING, UNLOCKED_OPEN)

# The timer whose end is TIME_OVER. One that does not run is over: a posture that ends while no
# pulse runs passes through RELEASED without a stay.
PULSE = "pulse"
SHUNT = "shunt"
STAY = "stay"
TIMERS = {SHUNTED: SHUNT, RELEASED: PULSE, PASSING: PULSE, OPEN: STAY, OPEN_LONG: STAY}

# What a state tells when it is entered and when it is left; each a kind of the log.
ALARMS = {FORCED: ("door_forced", "door_forced_over"), HELD: ("door_held", "door_held_over")}

# What an event tells, whatever the state.
TELLS = {OPENED: "door_opened", CLOSED: "door_closed", FIRE: "fire", FAIL: "door_failed"}

# Nobody is waited for any more, who was granted and has not opened yet.
ENDS_WAIT = (OPENED, UNLOCK, FIRE)

# The event that ends a pulse early, by the setting `relock`.
RELOCKS = {OPENED: "opening", CLOSED: "closing"}

# A door pushed in the last instant needs this long until its contact moves, and one that rebounds
# until it is closed again. Beside it comes what the contact needs to settle.
ON_ITS_WAY_MS = const(500)

NOTHING = ()


class Timer:
    """Counts down, at most an hour; does not run when it is made."""

    def __init__(self):
        self._ends_ms = None

    def start(self, length_ms: int, now_ms: int) -> None:
        self._ends_ms = ticks_add(now_ms, length_ms)

    def at_least(self, length_ms: int, now_ms: int) -> None:
        """Makes it run for that long from now, or on if it runs longer."""
        if self.left(now_ms) < length_ms:
            self.start(length_ms, now_ms)

    def stop(self) -> None:
        self._ends_ms = None

    def left(self, now_ms: int) -> int:
        """Milliseconds that it runs yet; 0 when it does not. To be called at least every hour."""
        if self._ends_ms is None:
            return 0
        left_ms = ticks_diff(self._ends_ms, now_ms)
        if left_ms > 0:
            return left_ms
        # Forgotten, or it would seem to run again when the ticks have come half way round.
        self._ends_ms = None
        return 0


class Door:
    """`rules`: the Group of the settings' DOOR. All `now_ms` are ticks."""

    def __init__(self, rules):
        self._rules = rules
        self._state = AT_REST
        self._timers = {PULSE: Timer(), SHUNT: Timer(), STAY: Timer()}
        self._contact = Debounced(rules.contact_settle_ms)
        self._rex = Debounced(rules.rex_settle_ms)
        self._fire = False
        self._awaited = False  # somebody was granted and has not opened yet
        self._told: list = []

    @property
    def state(self) -> str:
        """One of this module's states."""
        return self._state

    @property
    def energised(self) -> bool:
        """What the relay has to be now."""
        return self._state in ENERGISED

    @property
    def in_order(self) -> bool:
        """False once it has failed."""
        return self._state != FAILED

    def on_inputs(self, contact_open: bool, rex_pressed: bool, now_ms: int) -> None:
        """What the pins say, at any rate. In one pass this comes before `advance`."""
        if self._rules.contact:
            self._contact.sample(contact_open, now_ms)
        self._rex.sample(rex_pressed, now_ms)
        self.advance(now_ms)

    def grant(self, decision, now_ms: int) -> None:
        """Releases the door. Raises UsageError, and stays as it is, for a decision that denies."""
        if decision.granted is not True:
            raise UsageError("a denied decision (%s) at the door" % decision.reason)
        rules = self._rules
        pulse_ms = rules.pulse_ms
        if decision.extended:
            pulse_ms = max(pulse_ms, rules.extended_pulse_ms)
        self._release(RELEASE, pulse_ms, now_ms)
        self._awaited = self._state == RELEASED and rules.contact and not self._fire

    def command(self, now_ms: int) -> None:
        """Releases the door because a person who may do so commands it from afar."""
        self._release(RELEASE, self._rules.pulse_ms, now_ms)

    def hold(self, unlocked: bool, now_ms: int) -> None:
        """Unlocked for as long as the posture says so. May be repeated as often as one likes."""
        if unlocked != (self._state in (UNLOCKED, UNLOCKED_OPEN)):
            self._happens(UNLOCK if unlocked else LOCK, now_ms)
            self._end_what_is_over(now_ms)

    def fire(self, active: bool, now_ms: int) -> None:
        """While active there are no alarms. The relay is not driven by it: egress is hardware."""
        if active == self._fire:
            return
        self._fire = active
        if active:
            self._happens(FIRE, now_ms)
        else:
            self._told.append("fire_over")
            self._start_timer(now_ms)

    def fail(self, now_ms: int) -> None:
        """Something is broken: at rest until the panel restarts."""
        if self.in_order:
            self._happens(FAIL, now_ms)

    def advance(self, now_ms: int) -> None:
        """Does what is due. To be called at least every hour."""
        # The request first: whoever presses and opens at once has asked. Time last: a door that
        # opens in the pass in which its pulse ends was opened during the pulse.
        self._settle_rex(now_ms)
        self._settle_contact(now_ms)
        self._end_what_is_over(now_ms)

    def next_due(self, now_ms: int):
        """Milliseconds until `advance` has something to do; None if it will not."""
        due_ms = sooner(self._rex.next_due(now_ms), self._contact.next_due(now_ms))
        return sooner(due_ms, self._time_left(now_ms))

    def take(self):
        """What has happened since this was last asked: kinds of the log, in order."""
        if not self._told:
            return NOTHING
        told, self._told = self._told, []
        return told

    def _settle_rex(self, now_ms: int) -> None:
        known = self._rex.level is not None  # pressed when the panel starts is no press
        if self._rex.settle(now_ms) and self._rex.level and known:
            self._told.append("exit_requested")
            self._request_exit(now_ms)

    def _request_exit(self, now_ms: int) -> None:
        pulse_ms = self._rules.pulse_ms
        self._timers[SHUNT].at_least(pulse_ms + self._on_its_way_ms, now_ms)
        if self._rules.rex == "unlock":
            self._release(EXIT, pulse_ms, now_ms)
        else:
            self._happens(ALLOW, now_ms)

    def _settle_contact(self, now_ms: int) -> None:
        found = self._contact.level is None
        if not self._contact.settle(now_ms):
            return
        if self._contact.level:
            if found:
                self._happens(ALLOW, now_ms)
            self._happens(OPENED, now_ms)
        elif not found:
            self._happens(CLOSED, now_ms)

    def _release(self, event: str, pulse_ms: int, now_ms: int) -> None:
        self._happens(event, now_ms)
        self._timers[PULSE].at_least(pulse_ms, now_ms)

    def _happens(self, event: str, now_ms: int) -> None:
        left, self._state = self._state, TRANSITIONS[event][self._state]
        if event in TELLS:
            self._told.append(TELLS[event])
        if RELOCKS.get(event) == self._rules.relock:
            self._timers[PULSE].stop()
        if event in ENDS_WAIT:
            self._awaited = False
        if self._state != left:
            self._tell_change(left)
            self._start_timer(now_ms)

    def _tell_change(self, left: str) -> None:
        if left in ALARMS:
            self._told.append(ALARMS[left][1])
        if self._state in ALARMS:
            self._told.append(ALARMS[self._state][0])
        if self._state == OPEN_LONG and self._rules.pre_alarm_s:
            self._told.append("door_held_soon")
        if self._state == AT_REST and self._awaited:
            self._awaited = False
            self._told.append("not_entered")

    def _start_timer(self, now_ms: int) -> None:
        """Starts the timer of the state, unless it is the pulse, which its cause starts."""
        rules = self._rules
        if self._state == SHUNTED:
            self._timers[SHUNT].at_least(self._on_its_way_ms, now_ms)
        elif self._state == OPEN:
            self._timers[STAY].start(1000 * (rules.held_open_s - rules.pre_alarm_s), now_ms)
        elif self._state == OPEN_LONG:
            self._timers[STAY].start(1000 * rules.pre_alarm_s, now_ms)

    @property
    def _on_its_way_ms(self) -> int:
        return ON_ITS_WAY_MS + self._rules.contact_settle_ms

    def _end_what_is_over(self, now_ms: int) -> None:
        for name in self._timers:  # .values() would allocate in every pass
            self._timers[name].left(now_ms)
        while self._time_left(now_ms) == 0:
            self._happens(TIME_OVER, now_ms)

    def _time_left(self, now_ms: int):
        """Milliseconds until the state's time is over; None if it has none."""
        timer = TIMERS.get(self._state)
        if timer is None or (self._fire and timer != PULSE):
            return None
        return self._timers[timer].left(now_ms)


def sooner(one_ms, other_ms):
    """The shorter of two times, of which None never comes."""
    if one_ms is None or other_ms is None:
        return other_ms if one_ms is None else one_ms
    return min(one_ms, other_ms)
