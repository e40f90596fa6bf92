"""What holds for any decision: it is explained as it was taken, and fewer rights open no door."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from host_tests.support.cases import At, Hours, card, case, door, rule
from loquet.access import CHECKS, decide, explain
from loquet.card import NEVER_ENDS
from loquet.clock import QUALITIES

REASONS = [reason for reason, _ in CHECKS]
SCHEDULES = ("day", "night")
GROUPS = 3

flags = st.booleans()
seldom = st.sampled_from([False] * 15 + [True])
often = st.sampled_from([True] * 15 + [False])
minutes = st.integers(998, 1002)

cards = st.builds(
    card,
    groups=st.integers(0, (1 << GROUPS) - 1),
    from_minute=st.just(0) | minutes,
    until_minute=st.just(NEVER_ENDS) | minutes,
    uses_left=st.none() | st.integers(0, 2),
    enabled=often,
    extended=flags,
    unlock_first=flags,
    pass_lockdown=flags,
)
rules = st.builds(rule, st.integers(0, GROUPS - 1), st.sampled_from((None, *SCHEDULES)))
doors = st.builds(
    lambda found, seconds: door(*found, anti_passback_s=seconds),
    st.lists(rules, max_size=4),
    st.sampled_from([0, 60]),
)
cases = st.builds(
    case,
    card=st.builds(lambda found, listed: found if listed else None, cards, often),
    doubt=st.sampled_from(
        [None] * 60 + ["not_ready", "stale_event", "suspect", "truncated", "new"]
    ),
    repeat=seldom,
    random_uid=seldom,
    door=doors,
    entry=flags,
    posture=st.sampled_from(["normal", "normal", "unlocked", "lockdown"]),
    in_order=often,
    moment=st.builds(At, minutes, st.sampled_from((*QUALITIES, "synchronised"))),
    calendar=st.lists(st.sampled_from(SCHEDULES), unique=True).map(lambda names: Hours(*names)),
    use_free_running=flags,
    passed_s=st.none() | st.integers(57, 61),
)


def may_pass(found):
    """Written a second time, from the rights down, with nothing in common with CHECKS."""
    holder, rules = found.card, found.door.access
    if holder is None or found.doubt or found.repeat or found.random_uid or not found.in_order:
        return False
    if not holder.enabled or holder.uses_left == 0:
        return False
    if found.posture == "lockdown" and not holder.pass_lockdown:
        return False
    quality = found.moment.quality
    knows_time = quality == "synchronised" or quality == "free_running" and found.use_free_running
    dated = (holder.from_minute, holder.until_minute) != (0, NEVER_ENDS)
    valid = knows_time and found.moment.minute in range(holder.from_minute, holder.until_minute)
    if dated and not valid:
        return False
    own = {found.schedule for found in rules or [] if (1 << found.group) & holder.groups}
    open_now = {None, *(found.calendar.names if knows_time else ())}
    if rules is not None and not own & open_now:
        return False
    watched = found.entry and found.door.anti_passback_s and found.passed_s is not None
    return not (watched and found.passed_s < found.door.anti_passback_s)


def with_card(found, **fields):
    """The case with a card that differs in these fields."""
    changed = copy.copy(found)
    changed.card = copy.copy(found.card)
    vars(changed.card).update(fields)
    return changed


def weaker(found):
    """Every case with one right of the card, or one thing that speaks for it, less."""
    for name, value in (
        ("card", None),
        ("doubt", "suspect"),
        ("repeat", True),
        ("random_uid", True),
        ("in_order", False),
        ("posture", "lockdown"),
        ("calendar", Hours()),
        ("use_free_running", False),
        ("passed_s", 0),
    ):
        less = copy.copy(found)
        setattr(less, name, value)
        yield less
    for quality in QUALITIES[: QUALITIES.index(found.moment.quality)]:
        less = copy.copy(found)
        less.moment = At(found.moment.minute, quality)
        yield less
    if found.card is not None:
        yield from with_less(found)


def with_less(found):
    holder = found.card
    for right in ("enabled", "pass_lockdown"):
        yield with_card(found, **{right: False})
    for group in range(GROUPS):
        yield with_card(found, groups=holder.groups & ~(1 << group))
    yield with_card(found, from_minute=holder.from_minute + 1)
    yield with_card(found, until_minute=holder.until_minute - 1)
    yield with_card(
        found, uses_left=2 if holder.uses_left is None else max(0, holder.uses_left - 1)
    )


@given(cases)
def test_a_card_passes_if_and_only_if_nothing_speaks_against_it(found):
    assert decide(found).granted is may_pass(found)


@given(cases)
def test_what_is_explained_is_what_is_decided(found):
    decision = decide(found)
    told = explain(found)
    verdicts = [verdict for _, verdict in told]
    assert [reason for reason, _ in told] == REASONS
    if decision.granted:
        assert decision.reason == "granted" and set(verdicts) == {"passes"}
    else:
        place = REASONS.index(decision.reason)
        rest = len(REASONS) - place - 1
        assert verdicts == ["passes"] * place + ["fails"] + ["not reached"] * rest


@given(cases.filter(lambda found: found.card))
def test_a_decision_changes_nothing_and_comes_out_the_same_again(found):
    before = dict(vars(found)), dict(vars(found.card))
    first, second = decide(found), decide(found)
    assert vars(first) == vars(second)
    assert before == (vars(found), vars(found.card))


@given(cases)
def test_less_of_a_right_never_turns_a_denial_into_a_grant(found):
    if not decide(found).granted:
        for less in weaker(found):
            assert not decide(less).granted, vars(less)


@given(cases)
def test_what_speaks_against_a_card_overrides_every_right(found):
    decision = decide(found)
    if decision.granted:
        return
    assert not (decision.extended or decision.unlock_first)
    if found.card is not None:
        # Rights that have nothing to do with the reason do not make up for it.
        strong = with_card(found, extended=True, unlock_first=True)
        assert decide(strong).reason == decision.reason
