"""The decision: every reason, and which one is told when several speak against a card."""

from host_tests.support.cases import At, Hours, card, case, door, rule
from host_tests.support.check import raises
from loquet import access
from loquet.access import Case, decide, explain
from loquet.clock import Moment

# What is wrong, in the order in which it is told: one that breaks each check and no other.
WRONGS = (
    ("not_ready", {"doubt": "not_ready"}),
    ("stale_event", {"doubt": "stale_event"}),
    ("suspect", {"doubt": "suspect"}),
    ("truncated", {"doubt": "truncated"}),
    ("repeat", {"repeat": True}),
    ("random_uid", {"random_uid": True}),
    ("unknown_card", {"card": None}),
    ("disabled", {"enabled": False}),
    ("door_failed", {"in_order": False}),
    ("lockdown", {"posture": "lockdown"}),
    ("wrong_group", {"groups": 0b01}),
    ("clock", {"quality": "unknown"}),
    ("not_yet_valid", {"from_minute": 1001}),
    ("expired", {"until_minute": 1000}),
    ("outside_schedule", {"open": ()}),
    ("anti_passback", {"passed_s": 59}),
    ("uses_exhausted", {"uses_left": 0}),
)

# A card and a door at which every check has something to look at, and everything is right.
RIGHT = {
    "groups": 0b10,
    "from_minute": 1000,
    "until_minute": 1001,
    "uses_left": 1,
    "enabled": True,
    "quality": "synchronised",
    "open": ("office",),
    "passed_s": 60,
}

# An event has one doubt at most.
DOUBTS = ("not_ready", "stale_event", "suspect", "truncated")
OF_THE_CARD = ("groups", "from_minute", "until_minute", "uses_left", "enabled")


def made(*wrongs):
    """The right case with these things wrong."""
    facts = dict(RIGHT)
    for wrong in wrongs:
        facts.update(wrong)
    own = {name: facts.pop(name) for name in OF_THE_CARD}
    facts.setdefault("card", card(**own))
    moment = At(1000, facts.pop("quality"))
    calendar = Hours(*facts.pop("open"))
    rules = door(rule(1, "office"), anti_passback_s=60)
    return case(moment=moment, calendar=calendar, door=rules, **facts)


def reason(**more):
    decision = decide(case(**more))
    assert decision.granted == (decision.reason == "granted")
    return decision.reason


def test_the_checks_stand_in_the_written_order():
    assert [row[0] for row in access.CHECKS] == [row[0] for row in WRONGS]


def test_reasons_of_the_panel_and_of_releases_have_names_that_stay():
    assert access.STORAGE == "storage"
    assert access.REX == "rex"


def test_nothing_wrong_is_a_grant():
    decision = decide(made())
    assert decision.granted is True and decision.reason == "granted"
    assert [verdict for _, verdict in explain(made())] == ["passes"] * len(WRONGS)


def test_one_thing_wrong_is_the_reason():
    for expected, wrong in WRONGS:
        decision = decide(made(wrong))
        assert decision.granted is False and decision.reason == expected, expected


def test_of_two_things_wrong_the_earlier_is_the_reason():
    for place, (earlier, one) in enumerate(WRONGS):
        for later, other in WRONGS[place + 1 :]:
            if earlier in DOUBTS and later in DOUBTS:
                continue
            for found in (made(one, other), made(other, one)):
                assert decide(found).reason == earlier, (earlier, later)


def test_of_all_that_can_be_wrong_at_once_the_first_is_the_reason():
    for place, (expected, _) in enumerate(WRONGS):
        rest = [wrong for name, wrong in WRONGS[place:] if name not in DOUBTS]
        assert decide(made(*rest, WRONGS[place][1])).reason == expected


def test_explain_tells_each_verdict_and_what_was_not_reached():
    for place, (_, wrong) in enumerate(WRONGS):
        told = explain(made(wrong))
        assert [name for name, _ in told] == [row[0] for row in WRONGS]
        later = len(WRONGS) - place - 1
        expected = ["passes"] * place + ["fails"] + ["not reached"] * later
        assert [verdict for _, verdict in told] == expected


def test_a_grant_says_how_long_and_whether_it_may_begin_an_unlocked_period():
    for extended in (False, True):
        for unlock_first in (False, True):
            decision = decide(case(card=card(extended=extended, unlock_first=unlock_first)))
            assert decision.extended is extended and decision.unlock_first is unlock_first


def test_a_denial_prolongs_nothing_and_unlocks_nothing():
    strong = card(extended=True, unlock_first=True, uses_left=0)
    decision = decide(case(card=strong))
    assert decision.extended is False and decision.unlock_first is False


def test_a_case_has_no_defaults():
    raises(TypeError, Case)
    raises(TypeError, Case, card=card())


# Dates.


def test_a_card_is_valid_from_its_first_minute():
    dated = card(from_minute=1000)
    assert reason(card=dated, moment=At(999)) == "not_yet_valid"
    assert reason(card=dated, moment=At(1000)) == "granted"
    assert reason(card=dated, moment=At(1001)) == "granted"


def test_a_card_is_valid_up_to_but_not_including_its_last_minute():
    dated = card(until_minute=1000)
    assert reason(card=dated, moment=At(999)) == "granted"
    assert reason(card=dated, moment=At(1000)) == "expired"
    assert reason(card=dated, moment=At(1001)) == "expired"


def test_a_card_without_an_end_is_valid_when_the_count_of_minutes_ends():
    assert reason(card=card(from_minute=1), moment=At(0xFFFFFF)) == "granted"
    assert reason(card=card(until_minute=0xFFFFFE), moment=At(0xFFFFFD)) == "granted"


def test_a_card_without_dates_needs_no_clock():
    assert reason(moment=Moment(0, "unknown")) == "granted"


# Groups and hours.


def test_a_door_without_rules_takes_every_card_of_the_list_at_any_time():
    assert reason(card=card(groups=0), door=door()) == "granted"


def test_a_card_must_be_a_member_of_a_group_of_the_door():
    for group in (0, 1, 30, 31):
        rules = door(rule(group))
        assert reason(card=card(groups=1 << group), door=rules) == "granted"
        assert reason(card=card(groups=0xFFFFFFFF), door=rules) == "granted"
        assert reason(card=card(groups=0xFFFFFFFF ^ 1 << group), door=rules) == "wrong_group"
        assert reason(card=card(groups=0), door=rules) == "wrong_group"


def test_one_open_schedule_is_enough():
    rules = door(rule(1, "day"), rule(2, "night"))
    hours = Hours("night")
    assert reason(card=card(groups=0b110), door=rules, calendar=hours) == "granted"
    assert reason(card=card(groups=0b100), door=rules, calendar=hours) == "granted"
    assert reason(card=card(groups=0b010), door=rules, calendar=hours) == "outside_schedule"


def test_the_schedule_is_asked_for_the_moment_of_the_case():
    hours = Hours("day")
    reason(card=card(groups=1), door=door(rule(0, "day")), calendar=hours, moment=At(77))
    assert hours.asked == [("day", At(77).seconds)]


def test_a_group_without_a_schedule_needs_no_hours_and_no_clock():
    rules = door(rule(1, "day"), rule(2))
    member = card(groups=0b110)
    assert reason(card=member, door=rules, moment=At(quality="unknown")) == "granted"
    assert reason(card=card(groups=0b10), door=rules, moment=At(quality="unknown")) == "clock"


def test_a_free_running_clock_is_believed_where_the_settings_say_so():
    free_running = At(quality="free_running")
    scheduled = {
        "card": card(groups=1),
        "door": door(rule(0, "day")),
        "calendar": Hours("day"),
        "moment": free_running,
    }
    dated = {"card": card(from_minute=5), "moment": free_running}
    for what in (scheduled, dated):
        assert reason(use_free_running=False, **what) == "clock"
        assert reason(use_free_running=True, **what) == "granted"


# State of the door.


def test_a_lockdown_lets_only_those_pass_who_may():
    assert reason(posture="lockdown") == "lockdown"
    assert reason(posture="lockdown", card=card(pass_lockdown=True)) == "granted"
    assert reason(posture="unlocked") == "granted"


def test_anti_passback_ends_after_its_time():
    rules = door(anti_passback_s=60)
    assert reason(door=rules, passed_s=0) == "anti_passback"
    assert reason(door=rules, passed_s=59) == "anti_passback"
    assert reason(door=rules, passed_s=60) == "granted"
    assert reason(door=rules, passed_s=61) == "granted"
    assert reason(door=rules, passed_s=None) == "granted"


def test_anti_passback_of_one_second():
    rules = door(anti_passback_s=1)
    assert reason(door=rules, passed_s=0) == "anti_passback"
    assert reason(door=rules, passed_s=1) == "granted"


def test_anti_passback_is_for_the_entry_and_can_be_off():
    assert reason(door=door(anti_passback_s=60), passed_s=0, entry=False) == "granted"
    assert reason(door=door(anti_passback_s=0), passed_s=0) == "granted"


def test_anti_passback_needs_no_clock():
    found = reason(door=door(anti_passback_s=60), passed_s=0, moment=At(quality="unknown"))
    assert found == "anti_passback"


def test_the_last_use_is_one():
    assert reason(card=card(uses_left=2)) == "granted"
    assert reason(card=card(uses_left=1)) == "granted"
    assert reason(card=card(uses_left=0)) == "uses_exhausted"
