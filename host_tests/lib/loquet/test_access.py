"""The decision: denied unless everything speaks for it, always with a reason."""

from host_tests.support.storage import key_of
from loquet.access import decide
from loquet.card import NEVER_ENDS, Card


def card(**more):
    return Card(key_of(bytes.fromhex("04A1B2C3D4E580")), **more)


def verdict(listed, doubt=None, repeat=False):
    decision = decide(listed, doubt, repeat)
    return decision.granted, decision.reason


def test_a_listed_card_is_granted():
    assert verdict(card()) == (True, "granted")


def test_a_card_that_is_not_listed_is_denied():
    assert verdict(None) == (False, "unknown_card")


def test_any_doubt_denies_a_listed_card_and_is_the_reason():
    for doubt in ("not_ready", "stale_event", "suspect", "truncated", "a doubt of later"):
        assert verdict(card(), doubt=doubt) == (False, doubt)


def test_a_card_that_was_not_away_is_denied():
    assert verdict(card(), repeat=True) == (False, "repeat")


def test_a_card_that_is_not_enabled_is_denied():
    assert verdict(card(enabled=False)) == (False, "disabled")


def test_a_card_with_dates_is_denied_as_long_as_nobody_knows_the_time():
    assert verdict(card(from_minute=1)) == (False, "clock")
    assert verdict(card(until_minute=NEVER_ENDS - 1)) == (False, "clock")
    assert verdict(card(from_minute=5, until_minute=6)) == (False, "clock")
    assert verdict(card(until_minute=0)) == (False, "clock")


def test_a_card_without_uses_left_is_denied():
    assert verdict(card(uses_left=1)) == (True, "granted")
    assert verdict(card(uses_left=0)) == (False, "uses_exhausted")


def test_no_right_makes_up_for_what_speaks_against():
    for against in ({"enabled": False}, {"uses_left": 0}, {"from_minute": 1}):
        strong = card(extended=True, unlock_first=True, pass_lockdown=True, groups=1, **against)
        assert not verdict(strong)[0]
