"""The decision: denied unless everything speaks for it, always with a reason."""

from loquet.access import decide

CARD = bytes.fromhex("04A1B2C3D4E580")
CARDS = frozenset([CARD])


def verdict(card_id, doubt=None, repeat=False, cards=CARDS):
    decision = decide(card_id, doubt, repeat, cards)
    return decision.granted, decision.reason


def test_a_listed_card_is_granted():
    assert verdict(CARD) == (True, "granted")


def test_a_card_that_is_not_listed_is_denied():
    assert verdict(b"\x01\x02\x03\x04") == (False, "unknown_card")


def test_nobody_is_granted_by_an_empty_list():
    assert verdict(CARD, cards=frozenset()) == (False, "unknown_card")


def test_an_event_without_an_id_is_denied():
    assert verdict(None) == (False, "unknown_card")


def test_the_length_of_an_id_counts():
    assert verdict(CARD[:4]) == (False, "unknown_card")
    assert verdict(CARD + b"\x00") == (False, "unknown_card")
    assert verdict(b"\x00" + CARD) == (False, "unknown_card")
    assert verdict(b"") == (False, "unknown_card")


def test_any_doubt_denies_a_listed_card_and_is_the_reason():
    for doubt in ("not_ready", "stale_event", "suspect", "truncated", "a doubt of later"):
        assert verdict(CARD, doubt=doubt) == (False, doubt)


def test_a_card_that_was_not_away_is_denied():
    assert verdict(CARD, repeat=True) == (False, "repeat")
