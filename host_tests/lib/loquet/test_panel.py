"""The panel: from what a reader saw to the actions, in their order."""

from host_tests.support.check import raises
from host_tests.support.storage import FakeCards, FakeJournal, cards_of, key_of
from host_tests.support.tags import present, tag_read, tag_removed
from loquet.card import Card
from loquet.entrance import READER_KINDS, Feedback, Relay, Report
from loquet.identity import data_key
from loquet.panel import LONGEST_WAIT_MS, Panel
from loquet.settings import load
from springcore.ticks import TICKS_PERIOD, ticks_add

KNOWN = bytes.fromhex("04A1B2C3D4E580")
OTHER_KNOWN = bytes.fromhex("0102030405060708090A")
UNKNOWN = bytes.fromhex("DEADBEEF")
DOUBTS = ("not_ready", "stale_event", "suspect", "truncated")


def new_panel(cards=None, journal=None, **reader):
    document = {
        "readers": [dict(name="in", **reader), {"name": "out"}],
        "doors": [{"name": "gate", "pulse_ms": 3000}],
    }
    cards = cards or cards_of(KNOWN, OTHER_KNOWN)
    return Panel(load(document), cards, journal or FakeJournal())


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
    return told(present(panel, reader, tag_read(card_id, index, truncated), doubt, now_ms))


def test_a_known_card_switches_the_relay_then_plays_then_reports():
    assert show(new_panel(), 0) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_an_unknown_card_is_told_so_and_moves_nothing():
    panel = new_panel()
    assert show(panel, 0, UNKNOWN) == [PLAY_DENIED, denied("unknown_card")]
    assert panel.next_due(0) == LONGEST_WAIT_MS
    assert panel.advance(0) == []


def test_the_report_names_card_reader_door_and_reason():
    report = present(new_panel(), "out", tag_read(KNOWN), None, 0)[-1]
    assert report.fields == {
        "reader": "out",
        "door": "gate",
        "card": "04A1B2C3D4E580",
        "granted": True,
        "reason": "granted",
    }
    assert present(new_panel(), "in", tag_read(None), None, 0)[-1].fields["card"] is None


def test_the_relay_falls_at_the_end_of_the_pulse():
    panel = new_panel()
    show(panel, 0)
    assert panel.next_due(1000) == 2000
    assert told(panel.advance(2999)) == []
    assert told(panel.advance(3000)) == [REST]
    assert panel.next_due(3000) == 550
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
    assert panel.next_due(0) == LONGEST_WAIT_MS
    assert panel.advance(0) == []


def test_every_doubt_denies_a_known_card():
    for doubt in DOUBTS:
        panel = new_panel()
        actions = show(panel, 0, doubt=doubt)
        assert actions[-1] == denied(doubt)
        assert RELEASE not in actions
        assert panel.next_due(0) == LONGEST_WAIT_MS


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


# What the card list says


def listed(card_id=KNOWN, **more):
    return FakeCards(Card(key_of(card_id), **more))


def test_a_card_that_the_list_does_not_let_pass_is_denied_with_the_reason():
    for reason, more in (
        ("disabled", {"enabled": False}),
        ("clock", {"from_minute": 1}),
        ("clock", {"until_minute": 16000000}),
        ("uses_exhausted", {"uses_left": 0}),
    ):
        panel = new_panel(listed(**more))
        assert show(panel, 0) == [PLAY_DENIED, denied(reason)]
        assert panel.next_due(0) == LONGEST_WAIT_MS


def test_a_uid_of_another_technology_is_another_card():
    tag = tag_read(KNOWN)
    tag.protocol = 0x02
    assert told(present(new_panel(), "in", tag, None, 0)) == [PLAY_DENIED, denied("unknown_card")]


def test_a_reader_for_data_takes_what_its_template_read_and_no_uid():
    cards = FakeCards(Card(data_key(b"\x01\x02", 3, 1)), Card(key_of(KNOWN)))
    panel = new_panel(cards, credential="data", template=1)
    tag = tag_read(KNOWN)
    assert told(present(panel, "in", tag, None, 0)) == [PLAY_DENIED, denied("unknown_card")]
    tag = tag_read(UNKNOWN)
    tag.tag_data, tag.data_is_text = b"\x01\x02", False
    assert told(present(panel, "in", tag, None, 1)) == [RELEASE, PLAY_GRANTED, GRANTED]


def test_data_that_was_cut_off_is_said_to_be_so():
    panel = new_panel(credential="data", template=1)
    assert show(panel, 0, truncated=True) == [PLAY_DENIED, denied("truncated")]


def test_the_list_is_not_asked_for_a_doubtful_card_nor_for_one_that_stays():
    class Untouchable:
        pass

    panel = new_panel(cards_of(KNOWN))
    show(panel, 0)
    panel._cards = Untouchable()
    assert show(panel, 1) == [denied("repeat")]
    assert show(panel, 2, OTHER_KNOWN, doubt="suspect") == [PLAY_DENIED, denied("suspect")]


# A limited card


def test_a_use_is_counted_once_for_each_grant():
    cards = listed(uses_left=2)
    panel = new_panel(cards)
    assert show(panel, 0) == [RELEASE, PLAY_GRANTED, GRANTED]
    assert show(panel, 10) == [denied("repeat")]
    panel.advance(5000)
    assert show(panel, 5000) == [RELEASE, PLAY_GRANTED, GRANTED]
    panel.advance(20000)
    assert show(panel, 20000) == [PLAY_DENIED, denied("uses_exhausted")]
    assert cards.lookup(key_of(KNOWN)).uses_left == 0


def test_a_use_is_durable_before_the_door_is_granted():
    order = []
    panel = new_panel(FakeCards(Card(key_of(KNOWN), uses_left=1), log=order))
    door = panel._entrances[0].door
    grant = door.grant
    door.grant = lambda *arguments: (order.append("grant"), grant(*arguments))
    show(panel, 0)
    assert order == [("use", key_of(KNOWN)), "grant"]


def test_a_use_that_cannot_be_made_durable_denies():
    cards = listed(uses_left=5)
    cards.broken = True
    panel = new_panel(cards)
    assert show(panel, 0) == [PLAY_DENIED, denied("storage")]
    assert panel.next_due(0) == LONGEST_WAIT_MS


def test_a_use_that_is_gone_between_lookup_and_use_denies():
    cards = listed(uses_left=5)
    cards.use = lambda key: None
    assert show(new_panel(cards), 0) == [PLAY_DENIED, denied("uses_exhausted")]


# The log


def test_every_decision_is_logged_with_card_reader_door_and_reason():
    journal = FakeJournal()
    panel = new_panel(journal=journal)
    show(panel, 0)
    show(panel, 1)
    show(panel, 2, UNKNOWN, reader="out")
    show(panel, 3, None, doubt="suspect")
    places = [(kind, fields["reason"], fields["reader"]) for kind, fields in journal.events]
    assert places == [
        ("access_granted", "granted", 0),
        ("access_denied", "repeat", 0),
        ("access_denied", "unknown_card", 1),
        ("access_denied", "suspect", 0),
    ]
    keys = [fields["card"] for _, fields in journal.events]
    assert keys == [key_of(KNOWN), key_of(KNOWN), key_of(UNKNOWN), None]
    assert all(fields["door"] == 0 for _, fields in journal.events)


def test_the_log_comes_after_the_relay_and_a_door_falls_whose_card_it_does_not_take():
    class Broken:
        def append(self, *_, **__):
            raise MemoryError

    panel = new_panel(journal=Broken())
    visit = panel.on_tag("in", tag_read(KNOWN), None, 0)
    assert told(panel.admit(visit, 0)) == [RELEASE]
    raises(MemoryError, panel.tell, visit, 0)
    assert told(panel.advance(3000)) == [REST]


def test_a_pulse_begins_with_its_relay_however_long_a_use_took_to_be_written():
    panel = new_panel(listed(uses_left=5))
    visit = panel.on_tag("in", tag_read(KNOWN), None, 0)
    panel.admit(visit, 400)
    panel.tell(visit, 402)
    assert told(panel.advance(3399)) == []
    assert told(panel.advance(3400)) == [REST]


def test_what_fails_before_the_relay_grants_nothing():
    panel = new_panel(listed(uses_left=5))
    raises(MemoryError, _with_broken_use(panel).on_tag, "in", tag_read(KNOWN), None, 0)
    assert panel.next_due(0) == LONGEST_WAIT_MS
    assert panel.advance(0) == []


def _with_broken_use(panel):
    def use(key):
        raise MemoryError

    panel._cards.use = use
    return panel


def test_a_readers_states_are_logged_and_what_anybody_can_cause_is_not():
    journal = FakeJournal()
    panel = new_panel(journal=journal)
    for what in ("starting", "ready", "checksum", "lost", "event_malformed", "deaf"):
        panel.on_reader("out", what)
    assert journal.kinds() == ["reader_found", "reader_lost", "reader_deaf"]
    assert all(fields == {"reader": 1} for _, fields in journal.events)
    assert all(kind.startswith("reader_") for kind in READER_KINDS.values())
