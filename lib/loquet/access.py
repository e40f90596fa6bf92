"""Who may pass: one pure function that denies unless everything speaks for it.

CHECKS, at the end, is the written order: the first check that does not pass is the reason, so what
speaks against a card overrides every right it has. Only a check that returns True passes. Nothing
is read or changed here but the Case. What fails with an error gives no Decision, so no grant.

The reasons are stable: logs, the reader's feedback and the tools rely on them.
"""

from loquet import clock, posture
from loquet.card import NEVER_ENDS

GRANTED = "granted"

# Why not, in the order of CHECKS.
NOT_READY = "not_ready"
STALE_EVENT = "stale_event"
SUSPECT = "suspect"
TRUNCATED = "truncated"
REPEAT = "repeat"
RANDOM_UID = "random_uid"
UNKNOWN_CARD = "unknown_card"
DISABLED = "disabled"
DOOR_FAILED = "door_failed"
LOCKDOWN = "lockdown"
WRONG_GROUP = "wrong_group"
CLOCK = "clock"
NOT_YET_VALID = "not_yet_valid"
EXPIRED = "expired"
OUTSIDE_SCHEDULE = "outside_schedule"
ANTI_PASSBACK = "anti_passback"
USES_EXHAUSTED = "uses_exhausted"

# The panel's own: a use that could not be written is no grant.
STORAGE = "storage"

# Why a door is released without a card.
REX = "rex"


class Case:
    """All that a decision looks at. There are no defaults that could speak for a card.

    `card`: the Card, None if it is not in the list. `doubt`: why the event may not be believed, or
    None. `repeat`: the card has not been away since it was last dealt with. `random_uid`: its UID
    is another one each time. `door`: the door's settings (`access`, `anti_passback_s`). `entry`:
    at a reader for coming in. `posture`: the one in effect. `in_order`: the door works. `moment`:
    a clock.Moment. `calendar`: `is_open(schedule, seconds)`. `use_free_running`: the settings
    believe a free-running clock. `passed_s`: seconds since the card was last granted at this door's
    entry, None if that is not known.
    """

    def __init__(
        self,
        *,
        card,
        doubt,
        repeat,
        random_uid,
        door,
        entry,
        posture,
        in_order,
        moment,
        calendar,
        use_free_running,
        passed_s,
    ):
        self.card = card
        self.doubt = doubt
        self.repeat = repeat
        self.random_uid = random_uid
        self.door = door
        self.entry = entry
        self.posture = posture
        self.in_order = in_order
        self.moment = moment
        self.calendar = calendar
        self.use_free_running = use_free_running
        self.passed_s = passed_s


class Decision:
    """`granted` is True or False; `reason` is one of this module's reasons, never empty.

    `extended`: the door stays released longer. `unlock_first`: may begin an unlocked period.
    """

    def __init__(
        self, granted: bool, reason: str, extended: bool = False, unlock_first: bool = False
    ):
        self.granted = granted
        self.reason = reason
        self.extended = extended
        self.unlock_first = unlock_first


def decide(case: Case) -> Decision:
    """May the card of `case` pass, and why, or why not?"""
    passed = _passed(case)
    if passed < len(CHECKS):
        return Decision(False, CHECKS[passed][0])
    return Decision(True, GRANTED, case.card.extended, case.card.unlock_first)


def explain(case: Case) -> list:
    """The same answer check by check: (reason, "passes", "fails" or "not reached"), in order."""
    passed = _passed(case)
    verdicts = ["passes"] * passed + ["fails"] + ["not reached"] * len(CHECKS)
    return [(row[0], verdicts[place]) for place, row in enumerate(CHECKS)]


def _passed(case: Case) -> int:
    """How many checks the case passes before the first that it does not."""
    for place in range(len(CHECKS)):  # enumerate would make a tuple for each
        if CHECKS[place][1](case) is not True:
            return place
    return len(CHECKS)


# The checks. Each may rely on those before it in the table.


def _reader_is_ready(case):
    return case.doubt != NOT_READY


def _event_is_fresh(case):
    return case.doubt != STALE_EVENT


def _event_is_clean(case):
    # A doubt that has no name here is one all the same.
    return case.doubt is None or case.doubt == TRUNCATED


def _event_is_whole(case):
    return case.doubt is None


def _was_away(case):
    return case.repeat is False


def _has_a_lasting_id(case):
    return case.random_uid is False


def _is_listed(case):
    return case.card is not None


def _is_enabled(case):
    return case.card.enabled


def _door_works(case):
    return case.in_order


def _posture_allows(case):
    return case.posture in (posture.NORMAL, posture.UNLOCKED) or case.card.pass_lockdown


def _has_a_group(case):
    return case.door.access is None or len(_memberships(case)) > 0


def _clock_is_good_enough(case):
    card = case.card
    is_dated = card.from_minute != 0 or card.until_minute != NEVER_ENDS
    dates = clock.DATED_CARD if is_dated else clock.PERMANENT_CARD
    hours = clock.SCHEDULED_CARD if _needs_a_schedule(case) else clock.PERMANENT_CARD
    return _trusts_clock(case, dates) and _trusts_clock(case, hours)


def _has_begun(case):
    begins = case.card.from_minute
    return begins == 0 or case.moment.minute >= begins


def _has_not_ended(case):
    ends = case.card.until_minute
    return ends == NEVER_ENDS or case.moment.minute < ends


def _is_within_hours(case):
    return not _needs_a_schedule(case) or any(
        case.calendar.is_open(rule.schedule, case.moment.seconds) is True
        for rule in _memberships(case)
    )


def _has_not_just_come_in(case):
    # Without anti-passback it is 0 s, and every passage is long ago.
    limit_s = case.door.anti_passback_s
    return case.entry is False or case.passed_s is None or case.passed_s >= limit_s


def _has_a_use_left(case):
    return case.card.uses_left is None or case.card.uses_left > 0


def _memberships(case) -> list:
    """The rules of the door's `access` under which the card comes."""
    return [rule for rule in case.door.access if case.card.groups >> rule.group & 1]


def _needs_a_schedule(case) -> bool:
    """Whether the card may pass at some hours only."""
    return case.door.access is not None and all(
        rule.schedule is not None for rule in _memberships(case)
    )


def _trusts_clock(case, feature: str) -> bool:
    return clock.trusted(feature, case.moment.quality, case.use_free_running)


# (reason, check): a case that the check does not pass is denied for this reason.
CHECKS = (
    (NOT_READY, _reader_is_ready),
    (STALE_EVENT, _event_is_fresh),
    (SUSPECT, _event_is_clean),
    (TRUNCATED, _event_is_whole),
    (REPEAT, _was_away),
    (RANDOM_UID, _has_a_lasting_id),
    (UNKNOWN_CARD, _is_listed),
    (DISABLED, _is_enabled),
    (DOOR_FAILED, _door_works),
    (LOCKDOWN, _posture_allows),
    (WRONG_GROUP, _has_a_group),
    (CLOCK, _clock_is_good_enough),
    (NOT_YET_VALID, _has_begun),
    (EXPIRED, _has_not_ended),
    (OUTSIDE_SCHEDULE, _is_within_hours),
    (ANTI_PASSBACK, _has_not_just_come_in),
    (USES_EXHAUSTED, _has_a_use_left),
)
