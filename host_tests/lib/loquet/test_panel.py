"""The panel: from what a reader saw to the actions, in their order."""

from host_tests.support.tags import tag_read, tag_removed
from loquet.panel import Feedback, Panel, Relay, Report
from loquet.settings import load
from springcore.ticks import TICKS_PERIOD, ticks_add

KNOWN = bytes.fromhex("04A1B2C3D4E580")
OTHER_KNOWN = bytes.fromhex("0102030405060708090A")
UNKNOWN = bytes.fromhex("DEADBEEF")
DOUBTS = ("not_ready", "stale_event", "suspect", "truncated")


def new_panel(**more):
    document = {
        "readers": [{"name": "in"}, {"name": "out"}],
        "doors": [{"name": "gate", "pulse_ms": 3000}],
        "cards": [KNOWN.hex(), OTHER_KNOWN.hex()],
    }
    document.update(more)
    return Panel(load(document))


def told(actions):
    """The actions as plain values, in their order."""
    return [_told(action) for action in actions]


def _told(action):
    if isinstance(action, Relay):
        return ("relay", action.door, action.energised)
    if isinstance(action, Feedback):
        return ("feedback", action.reader, action.sequence)
    assert isinstance(action, Report)
    return (action.event, action.fields["granted"], action.fields["reason"])


RELEASE = ("relay", "gate", True)
REST = ("relay", "gate", False)
PLAY_GRANTED = ("feedback", "in", 0x60)
PLAY_DENIED = ("feedback", "in", 0x61)
GRANTED = ("decision", True, "granted")


def denied(reason):
    return ("decision", False, reason)


def show(panel, now_ms, card_id=KNOWN, doubt=None, reader="in", index=None, truncated=False):
    return told(panel.on_tag(reader, tag_read(card_id, index, truncated), doubt, now_ms))


def test_a_known_card_switches_the_relay_then_plays_then_reports():
    assert show(new_panel(), 0) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_an_unknown_card_is_told_so_and_moves_nothing():
    panel = new_panel()
    assert show(panel, 0, UNKNOWN) == [PLAY_DENIED, denied("unknown_card")]
    assert panel.next_due(0) is None
    assert panel.advance(0) == []


def test_the_report_names_card_reader_door_and_reason():
    report = new_panel().on_tag("out", tag_read(KNOWN), None, 0)[-1]
    assert report.fields == {
        "reader": "out",
        "door": "gate",
        "card": "04A1B2C3D4E580",
        "granted": True,
        "reason": "granted",
    }
    assert new_panel().on_tag("in", tag_read(None), None, 0)[-1].fields["card"] is None


def test_the_relay_falls_at_the_end_of_the_pulse():
    panel = new_panel()
    show(panel, 0)
    assert panel.next_due(1000) == 2000
    assert told(panel.advance(2999)) == []
    assert told(panel.advance(3000)) == [REST]
    assert panel.next_due(3000) is None
    assert told(panel.advance(3001)) == []


def test_a_second_card_during_the_pulse_prolongs_it_without_touching_the_relay():
    panel = new_panel()
    show(panel, 0)
    assert show(panel, 2000, OTHER_KNOWN) == [PLAY_GRANTED, GRANTED]
    assert told(panel.advance(4999)) == []
    assert told(panel.advance(5000)) == [REST]


def test_a_card_left_on_the_reader_opens_once():
    panel = new_panel()
    show(panel, 0)
    for now_ms in range(3000, 60000, 3000):
        panel.advance(now_ms)
        assert show(panel, now_ms) == [denied("repeat")]


def test_a_card_that_was_away_long_enough_opens_again():
    panel = new_panel()
    show(panel, 0)
    panel.advance(3000)
    assert show(panel, 4000) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_a_card_of_days_ago_is_no_repeat_when_ticks_have_gone_round():
    panel = new_panel()
    show(panel, 0)
    panel.advance(4000)
    assert show(panel, ticks_add(TICKS_PERIOD, 1)) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_an_unknown_card_left_on_the_reader_is_told_once():
    panel = new_panel()
    show(panel, 0, UNKNOWN)
    assert show(panel, 3000, UNKNOWN) == [denied("repeat")]


def test_an_unknown_card_keeps_no_other_card_out():
    panel = new_panel()
    show(panel, 0, UNKNOWN)
    assert show(panel, 1) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_two_cards_left_on_the_reader_open_once_each():
    panel = new_panel()
    show(panel, 0)
    show(panel, 100, OTHER_KNOWN)
    panel.advance(3100)
    assert show(panel, 3500) == [denied("repeat")]
    assert show(panel, 3600, OTHER_KNOWN) == [denied("repeat")]


def test_each_reader_has_its_own_repeat_filter():
    panel = new_panel()
    show(panel, 0, reader="out")
    assert show(panel, 1) == [PLAY_GRANTED, GRANTED]


def test_a_removed_card_may_come_back_at_once():
    panel = new_panel()
    show(panel, 0, index=7)
    panel.advance(3000)
    panel.on_removed("in", tag_removed(None, 7), 3100)
    assert show(panel, 3200, index=7) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_a_removal_at_one_reader_forgets_nothing_at_another():
    panel = new_panel()
    show(panel, 0)
    panel.on_removed("out", tag_removed(KNOWN), 100)
    assert show(panel, 200) == [denied("repeat")]


def test_a_removal_decides_nothing():
    panel = new_panel()
    panel.on_removed("in", tag_removed(KNOWN, 1), 0)
    assert panel.next_due(0) is None
    assert panel.advance(0) == []


def test_every_doubt_denies_a_known_card():
    for doubt in DOUBTS:
        panel = new_panel()
        actions = show(panel, 0, doubt=doubt)
        assert actions[-1] == denied(doubt)
        assert RELEASE not in actions
        assert panel.next_due(0) is None


def test_a_stale_event_is_silent_and_the_other_doubts_are_not():
    for doubt in DOUBTS:
        played = PLAY_DENIED in show(new_panel(), 0, doubt=doubt)
        assert played == (doubt != "stale_event")


def test_a_doubtful_event_does_not_keep_the_next_clean_one_out():
    for doubt in DOUBTS:
        panel = new_panel()
        show(panel, 0, doubt=doubt)
        assert show(panel, 1) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_a_doubtful_event_does_not_prolong_a_cards_presence():
    for doubt in DOUBTS:
        panel = new_panel()
        show(panel, 0)
        panel.advance(3000)
        show(panel, 3500, doubt=doubt)
        assert show(panel, 4000) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_a_doubtful_event_does_not_clear_a_cards_presence():
    for doubt in DOUBTS:
        panel = new_panel()
        show(panel, 0)
        show(panel, 3000, doubt=doubt)
        assert show(panel, 3001) == [denied("repeat")]


def test_without_an_id_nobody_passes_and_a_cut_off_message_is_said_to_be_one():
    assert show(new_panel(), 0, None) == [PLAY_DENIED, denied("unknown_card")]
    assert show(new_panel(), 0, None, truncated=True) == [PLAY_DENIED, denied("truncated")]


def test_events_without_an_id_are_not_taken_for_one_card():
    panel = new_panel()
    show(panel, 0, None)
    assert show(panel, 1, None) == [PLAY_DENIED, denied("unknown_card")]


def test_a_whole_id_in_a_cut_off_message_decides():
    assert show(new_panel(), 0, truncated=True) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_an_id_that_begins_or_ends_like_a_known_one_is_unknown():
    for near in (KNOWN[:4], KNOWN[1:], KNOWN + b"\x00", b"\x00" + KNOWN):
        assert show(new_panel(), 0, near) == [PLAY_DENIED, denied("unknown_card")]
