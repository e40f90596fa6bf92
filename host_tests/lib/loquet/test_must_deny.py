"""Every way in which a card must not open. A test here that fails is a door that opens."""

from host_tests.support.cases import KEY, At, Hours, card, case, door, rule
from host_tests.support.check import raises
from loquet import access
from loquet.access import decide, explain
from loquet.errors import LoquetError, UsageError

ALL_RIGHTS = {
    "groups": 0xFFFFFFFF,
    "extended": True,
    "unlock_first": True,
    "pass_lockdown": True,
}

# What is neither True nor False, and what careless code takes for one of them.
NOT_QUITE = (None, 0, 1, 2, -1, "", "yes", "True", "granted", (), (True,), [True], object)


class Blank:
    """Has none of the fields that it should have."""


class LikeNone:
    """Says that it equals None. Only None itself means that there is none."""

    def __eq__(self, other):
        return other is None

    def __hash__(self):
        return 0


def denied(expected, **more):
    """The case, for a card that has every right unless `more` says which, must be denied."""
    more.setdefault("card", card(**ALL_RIGHTS))
    decision = decide(case(**more))
    assert decision.granted is False, more
    assert decision.reason == expected, (decision.reason, more)
    assert decision.extended is False and decision.unlock_first is False
    assert ("fails" in [verdict for _, verdict in explain(case(**more))]) is True


def undecided(**more):
    """The case must end in an error: there is no Decision then, and nothing to release with."""
    error = raises(Exception, decide, case(**more))
    assert isinstance(error, (AttributeError, TypeError, LoquetError)), error


def test_what_only_equals_none():
    denied("suspect", doubt=LikeNone())
    undecided(card=LikeNone())
    undecided(card=card(uses_left=LikeNone()))
    undecided(door=door(anti_passback_s=60), passed_s=LikeNone())
    denied("outside_schedule", door=door(rule(1, LikeNone())))
    broken = door()
    broken.access = LikeNone()
    undecided(door=broken)


# The event.


def test_an_event_in_doubt():
    for doubt in ("not_ready", "stale_event", "suspect", "truncated"):
        denied(doubt, doubt=doubt)


def test_a_doubt_that_nobody_knows():
    for doubt in ("a doubt of later", "granted", "none", "") + NOT_QUITE[1:]:
        denied("suspect", doubt=doubt)
    denied("suspect", doubt=False)
    denied("suspect", doubt=True)


def test_a_card_that_has_not_been_away():
    denied("repeat", repeat=True)


def test_a_card_of_which_nobody_says_that_it_was_away():
    for repeat in NOT_QUITE:
        denied("repeat", repeat=repeat)


def test_an_id_that_changes_every_time():
    denied("random_uid", random_uid=True)
    for random_uid in NOT_QUITE:
        denied("random_uid", random_uid=random_uid)


# The card.


def test_a_card_that_is_not_listed():
    denied("unknown_card", card=None)
    for posture in ("normal", "unlocked", "lockdown"):
        denied("unknown_card", card=None, posture=posture)


def test_a_card_that_is_disabled():
    denied("disabled", card=card(enabled=False, **ALL_RIGHTS))


def test_a_card_that_is_not_quite_enabled():
    for enabled in NOT_QUITE:
        denied("disabled", card=card(enabled=enabled, **ALL_RIGHTS))


def test_a_card_without_fields():
    undecided(card=Blank())
    undecided(card=True)
    undecided(card=KEY)


def test_a_card_that_lacks_one_field():
    for field in ("enabled", "groups", "from_minute", "until_minute", "uses_left"):
        broken = card(groups=1)
        delattr(broken, field)
        undecided(card=broken, door=door(rule(0)))


def test_a_card_that_lacks_what_lets_it_pass_a_lockdown():
    broken = card(groups=1)
    del broken.pass_lockdown
    undecided(card=broken, posture="lockdown")


def test_a_card_before_its_first_minute():
    begins = card(from_minute=1000, **ALL_RIGHTS)
    denied("not_yet_valid", card=begins, moment=At(999))
    denied("not_yet_valid", card=begins, moment=At(0))
    denied("not_yet_valid", card=card(from_minute=1), moment=At(0))


def test_a_card_from_its_last_minute_on():
    ends = card(until_minute=1000, **ALL_RIGHTS)
    denied("expired", card=ends, moment=At(1000))
    denied("expired", card=ends, moment=At(1001))
    denied("expired", card=ends, moment=At(0xFFFFFF))


def test_a_card_that_ends_when_or_before_it_begins():
    never = card(from_minute=1000, until_minute=1000, **ALL_RIGHTS)
    denied("not_yet_valid", card=never, moment=At(999))
    denied("expired", card=never, moment=At(1000))
    backward = card(from_minute=1001, until_minute=1000, **ALL_RIGHTS)
    for minute in (999, 1000, 1001):
        assert decide(case(card=backward, moment=At(minute))).granted is False
    denied("expired", card=card(until_minute=0), moment=At(0))


def test_a_card_without_a_use_left():
    denied("uses_exhausted", card=card(uses_left=0, **ALL_RIGHTS))
    denied("uses_exhausted", card=card(uses_left=-1, **ALL_RIGHTS))


def test_uses_that_are_no_number():
    undecided(card=card(uses_left="5"))
    undecided(card=card(uses_left=()))


# The door.


def test_a_door_that_failed():
    denied("door_failed", in_order=False)
    for posture in ("normal", "unlocked", "lockdown"):
        denied("door_failed", in_order=False, posture=posture)


def test_a_door_of_which_nobody_says_that_it_works():
    for in_order in NOT_QUITE:
        denied("door_failed", in_order=in_order)


def test_a_lockdown():
    denied("lockdown", posture="lockdown", card=card(groups=0xFFFFFFFF))


def test_a_lockdown_for_a_card_that_may_not_quite_pass_it():
    for pass_lockdown in NOT_QUITE:
        denied("lockdown", posture="lockdown", card=card(pass_lockdown=pass_lockdown))


def test_a_posture_that_nobody_knows():
    for posture in ("schedule", "open", "", "Normal", None, 0, 1, True, ()):
        denied("lockdown", posture=posture, card=card())


def test_a_card_in_no_group_of_the_door():
    member = card(groups=0b1011, pass_lockdown=True)
    denied("wrong_group", card=member, door=door(rule(2)))
    denied("wrong_group", card=member, door=door(rule(2, "day"), rule(31)), calendar=Hours("day"))
    denied("wrong_group", card=card(groups=0), door=door(rule(0)))


def test_a_door_for_which_no_group_is_left():
    nobody = door()
    nobody.access = []
    denied("wrong_group", door=nobody)


def test_a_door_without_rules_is_not_one_whose_rules_are_missing():
    for access_rules in (False, 0, 1):
        broken = door()
        broken.access = access_rules
        undecided(door=broken)
    undecided(door=Blank())


def test_outside_the_hours():
    rules = door(rule(1, "day"), rule(2, "night"))
    denied("outside_schedule", door=rules, calendar=Hours())
    denied("outside_schedule", door=rules, calendar=Hours("holiday"))


def test_the_hours_of_another_group():
    rules = door(rule(1, "day"), rule(2, "night"))
    member = card(groups=0b10)
    denied("outside_schedule", card=member, door=rules, calendar=Hours("night"))


def test_a_free_pass_of_another_group():
    rules = door(rule(1, "day"), rule(2))
    member = card(groups=0b10)
    denied("outside_schedule", card=member, door=rules)
    denied("clock", card=member, door=rules, moment=At(quality="unknown"))


def test_hours_that_are_not_quite_open():
    for is_open in NOT_QUITE:
        hours = Hours()
        hours.is_open = lambda schedule, seconds, answer=is_open: answer
        denied("outside_schedule", door=door(rule(1, "day")), calendar=hours)


def test_a_schedule_that_is_not_in_the_calendar():
    def unknown(schedule, seconds):
        raise UsageError("there is no schedule " + schedule)

    hours = Hours()
    hours.is_open = unknown
    undecided(card=card(groups=1), door=door(rule(0, "day")), calendar=hours)


def test_a_card_that_just_came_in():
    rules = door(anti_passback_s=86400)
    for passed_s in (0, 1, 86399):
        denied("anti_passback", door=rules, passed_s=passed_s)


def test_a_card_that_just_came_in_at_a_reader_of_no_clear_direction():
    for entry in NOT_QUITE:
        denied("anti_passback", door=door(anti_passback_s=60), passed_s=5, entry=entry)


def test_a_passage_after_now():
    denied("anti_passback", door=door(anti_passback_s=60), passed_s=-1)


# The clock.

NEEDS_THE_TIME = (
    {"card": card(from_minute=1, **ALL_RIGHTS)},
    {"card": card(until_minute=0xFFFFFE, **ALL_RIGHTS)},
    {"door": door(rule(3, "day"))},
    {"card": card(from_minute=1, **ALL_RIGHTS), "door": door(rule(3))},
    {"card": card(until_minute=2000, **ALL_RIGHTS), "door": door(rule(3, "day"))},
)


def test_an_unknown_clock_whatever_the_settings_say():
    for what in NEEDS_THE_TIME:
        for use in (False, True):
            for minute in (0, 1, 1000, 0xFFFFFF):
                moment = At(minute, "unknown")
                denied("clock", moment=moment, use_free_running=use, calendar=Hours("day"), **what)


def test_a_free_running_clock_unless_the_settings_say_so():
    for what in NEEDS_THE_TIME:
        for use in (False,) + NOT_QUITE:
            moment = At(quality="free_running")
            denied("clock", moment=moment, use_free_running=use, calendar=Hours("day"), **what)


def test_a_clock_of_a_quality_that_nobody_knows():
    for quality in ("good", "", "Synchronised", None, True, 2):
        undecided(moment=At(quality=quality))
        for what in NEEDS_THE_TIME:
            more = {"use_free_running": True, "calendar": Hours("day")}
            more.update(what)
            more.setdefault("card", card(**ALL_RIGHTS))
            undecided(moment=At(quality=quality), **more)


def test_no_moment_at_all():
    undecided(moment=None)


# The checks themselves.


def with_check(place, check, use):
    """Calls `use` while the check at `place` is another one."""
    before = access.CHECKS
    row = (before[place][0], check)
    access.CHECKS = before[:place] + (row,) + before[place + 1 :]
    try:
        return use()
    finally:
        access.CHECKS = before


def test_each_check_stands_alone():
    with_check(2, lambda _: True, lambda: denied("truncated", doubt="suspect"))
    with_check(2, lambda _: True, lambda: denied("truncated", doubt=LikeNone()))
    broken = door()
    broken.access = LikeNone()
    checks = dict(access.CHECKS)
    for reason in ("wrong_group", "clock", "outside_schedule"):
        raises(TypeError, checks[reason], case(door=broken))


def test_a_check_that_answers_anything_but_true():
    for place, (reason, _) in enumerate(access.CHECKS):
        for answer in (False,) + NOT_QUITE:
            with_check(place, lambda _, answer=answer: answer, lambda reason=reason: denied(reason))


def test_a_check_that_fails_with_an_error():
    def broken(_):
        raise UsageError("a check that does not work")

    for place in range(len(access.CHECKS)):
        with_check(place, broken, undecided)


def test_no_right_makes_up_for_what_speaks_against():
    for wrong in (
        {"doubt": "suspect"},
        {"repeat": True},
        {"random_uid": True},
        {"in_order": False},
        {"card": card(enabled=False, **ALL_RIGHTS)},
        {"card": card(uses_left=0, **ALL_RIGHTS)},
        {"card": card(from_minute=1001, **ALL_RIGHTS)},
        {"card": card(until_minute=1000, **ALL_RIGHTS)},
        {"door": door(rule(1, "day"))},
        {"door": door(anti_passback_s=60), "passed_s": 1},
    ):
        more = {"card": card(**ALL_RIGHTS), "posture": "unlocked"}
        more.update(wrong)
        assert decide(case(**more)).granted is False, wrong
