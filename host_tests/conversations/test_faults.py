"""Every fault of the line, at every state of the link: no door for the wrong card, no wedge."""

import os
import random

import pytest

from host_tests.conversations.test_silence import LADDER_PHASES, STARTUP_PHASES, at_phase
from host_tests.support.conversation import KNOWN, OTHER, Conversation
from springcore.happenings import TagSeen

MODES = ("wakeup", "spontaneous", "text")
PHASES = (*STARTUP_PHASES, "work", *LADDER_PHASES)

# Each knob with a value that strikes at once, and the one that ends it.
KNOBS = (
    ("drop", "3", "off"),
    ("duplicate", "3", "off"),
    ("corrupt", "3", "off"),
    ("truncate", "3", "off"),
    ("lost_frame", "3", "off"),
    ("duplicate_frame", "3", "off"),
    ("split", "3", "off"),
    ("merge", "2", "off"),
    ("delay", "150", "off"),
    ("lost_f0", "2", "off"),
    ("edge_lost", "3", "off"),
    ("wakeup_stuck", "low", "off"),
    ("wakeup_stuck", "high", "off"),
    ("silence", "on", "off"),
    ("wrong_rate", "115200", "off"),
    ("late_boot", "700", "off"),
    ("restart", "80", None),
)


def decided(talk) -> set:
    """The ids that were seen without a doubt."""
    return {
        seen.tag.tag_id
        for seen in talk.happenings
        if isinstance(seen, TagSeen) and seen.doubt is None
    }


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name, value, end", KNOBS)
def test_fault_at_any_phase_opens_for_nobody_and_passes(name, value, end, phase):
    talk = at_phase(phase)
    talk.fault(name, value)
    talk.lay_and_take(OTHER)
    talk.run(2500)
    assert talk.grants() == 0
    if end is not None:
        talk.fault(name, end)
    if phase in LADDER_PHASES:
        talk.fault("silence", "off")
    # A reader that has forgotten to send events is found by the next PING_EVENT.
    talk.run(45000)
    assert talk.state == "ready"
    seen = talk.visit(KNOWN)
    assert [(one.tag.tag_id, one.doubt) for one in seen[-1:]] == [(KNOWN, None)]
    assert decided(talk) <= {KNOWN, OTHER}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "name", ["drop", "duplicate", "corrupt", "truncate", "lost_frame", "split", "merge"]
)
def test_line_that_is_bad_now_and_then_never_opens_for_another_card(mode, name, say):
    seed = int(os.environ.get("LOQUET_SEED", "0")) or random.randrange(1, 1 << 30)
    say(f"LOQUET_SEED={seed}")
    talk = Conversation(mode, seed=seed % 4096).start()
    chance = random.Random(seed)
    talk.fault(name, "0.15")
    known_until_ms = -1
    for _ in range(40):
        card = KNOWN if chance.random() < 0.5 else OTHER
        before = talk.grants()
        began_ms = talk.now_ms
        talk.lay_and_take(card)
        talk.run(chance.randrange(300, 3000))
        if card == KNOWN:
            known_until_ms = talk.now_ms
        # A late event of a card that was there a moment ago is still that card's.
        if talk.grants() > before and card == OTHER:
            assert began_ms - known_until_ms < 3000
    assert decided(talk) <= {KNOWN, OTHER}
    talk.fault(name, "off")
    talk.run(45000)
    assert talk.state == "ready"
    assert talk.visit()[-1].doubt is None


def test_corruption_that_the_check_cannot_see_is_told_apart(say):
    """Two changes that cancel in the LRC: the only way to another card's id, one in very many."""
    wrong = 0
    for seed in range(30):
        talk = Conversation("wakeup", seed=seed).start()
        talk.fault("corrupt_unseen", "1.0 to_host")
        talk.lay_and_take(OTHER)
        talk.run(1500)
        wrong += len(decided(talk) - {OTHER})
        assert talk.grants() == 0
    say(f"{wrong} of 30 events became another card's id in a way that the LRC cannot see")


def test_corrupted_event_is_reported_as_lost():
    talk = Conversation("wakeup").start()
    talk.present(KNOWN)
    talk.run_until(lambda: talk.line.asserted, 500)
    talk.fault("corrupt", "1 to_host")
    talk.run(1000)
    assert talk.link.counters["events_lost"] == 1
    assert talk.troubles() == ["event_lost"]
    assert talk.state == "ready"


def test_lost_edge_costs_latency_only():
    talk = Conversation("wakeup").start()
    for _ in range(5):
        talk.fault("edge_lost", "1")
        seen = talk.visit()
        assert [one.doubt for one in seen] == [None]


def test_wakeup_stuck_low_is_reported_and_cards_are_found_by_polling():
    talk = Conversation("wakeup").start()
    talk.fault("wakeup_stuck", "low")
    talk.run(3000)
    assert talk.troubles() == ["wakeup_stuck_low"]
    assert talk.state == "ready"
    assert talk.visit()[0].doubt is None
    assert talk.sequences == [0x60]
    talk.run(40000)
    assert talk.state == "ready"
    talk.fault("wakeup_stuck", "off")
    talk.run(1000)
    assert talk.troubles()[-1] == "wakeup_released"
    assert talk.visit()[0].doubt is None


def test_wakeup_stuck_low_with_a_reader_that_does_not_answer_empty_polls():
    talk = Conversation("wakeup", options={"empty_poll_status": None}).start()
    talk.fault("wakeup_stuck", "low")
    talk.run(8000)
    assert talk.troubles() == ["wakeup_stuck_low"]
    assert talk.states() == ["starting", "ready"]
    assert talk.visit()[0].doubt is None


def test_wakeup_stuck_low_from_the_start():
    talk = Conversation("wakeup")
    talk.fault("wakeup_stuck", "low")
    talk.start()
    assert talk.state == "ready"
    assert "wakeup_stuck_low" in talk.troubles()
    assert talk.visit()[0].doubt is None


def float_line(talk, milliseconds):
    """/WAKEUP falls in every millisecond for so long, and its level is the other each time."""
    for number in range(milliseconds):
        talk.fault("wakeup_stuck", "low" if number % 2 else "high")
        if talk.link.wants_edges:
            talk.link.edge(talk.tick)
        talk.run(1)
    talk.fault("wakeup_stuck", "off")


@pytest.mark.parametrize("empty_poll_status", (0xFE, None))
def test_floating_wakeup_is_reported_once_and_its_falls_are_not_listened_to(empty_poll_status):
    talk = Conversation("wakeup", options={"empty_poll_status": empty_poll_status}).start()
    float_line(talk, 25000)
    assert talk.troubles() == ["wakeup_storm"]
    assert not talk.link.wants_edges
    assert talk.states() == ["starting", "ready"]
    talk.run(12000)
    assert talk.troubles() == ["wakeup_storm", "wakeup_calm"]
    assert talk.link.wants_edges
    assert talk.visit()[0].doubt is None


def test_silence_after_a_poll_in_a_storm_is_no_missing_answer():
    talk = Conversation("wakeup", options={"empty_poll_status": None}).start()
    float_line(talk, 1000)
    frames = talk.link.counters["frames"]
    float_line(talk, 9000)
    # Else each of them would have the reader asked whether it is there.
    assert talk.link.counters["frames"] - frames <= 12


def test_what_a_floating_wakeup_does_is_told_no_more():
    talk = Conversation("wakeup").start()
    float_line(talk, 500)
    for _ in range(20):
        talk.fault("wakeup_stuck", "low")
        talk.run(200)
        talk.fault("wakeup_stuck", "high")
        talk.run(200)
    assert talk.troubles() == ["wakeup_storm"]


def test_card_is_found_on_a_floating_wakeup():
    talk = Conversation("wakeup").start()
    float_line(talk, 2000)
    talk.present(KNOWN)
    float_line(talk, 500)
    assert talk.grants() == 1


def test_stamp_of_a_fall_from_the_storm_makes_no_card_stale():
    talk = Conversation("wakeup").start()
    float_line(talk, 1000)
    old = talk.tick
    talk.run_until(lambda: talk.link.wants_edges, 12000)
    talk.link.edge(old)
    # Nothing waits since then.
    assert talk.link.quiet
    assert talk.visit()[0].doubt is None


def test_card_that_waited_behind_a_slow_command_is_stale():
    talk = Conversation("wakeup").start()
    talk.fault("slow", "58 90 3500")
    talk.link.feedback(0x61)
    talk.run(50)
    talk.lay_and_take(KNOWN)
    talk.run(6000)
    seen = [one for one in talk.happenings if isinstance(one, TagSeen)]
    assert [one.doubt for one in seen] == ["stale_event"]
    assert talk.link.counters["extensions"] >= 3


def test_stale_limit_is_a_setting():
    talk = Conversation("wakeup", stale_ms=10000).start()
    talk.fault("slow", "58 90 3500")
    talk.link.feedback(0x61)
    talk.run(50)
    talk.lay_and_take(KNOWN)
    talk.run(6000)
    assert talk.grants() == 1


def test_reader_that_asks_for_time_for_ever_is_cancelled():
    talk = Conversation("wakeup").start()
    talk.fault("slow", "58 90 60000")
    talk.link.feedback(0x60)
    talk.run(15000)
    assert talk.link.counters["extensions"] == 11
    talk.fault("slow", "off")
    assert talk.state == "ready"
    assert talk.visit()[-1].doubt is None


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_lost_request_for_time_ends_with_a_cancel(count):
    talk = Conversation("wakeup").start()
    talk.fault("slow", "58 90 2500")
    talk.fault("lost_f0", count)
    talk.link.feedback(0x60)
    talk.run(12000)
    talk.fault("slow", "off")
    talk.run(3000)
    assert talk.state == "ready"
    assert talk.visit()[-1].doubt is None


def test_events_of_another_mode_decide_nothing():
    talk = Conversation("wakeup", options={"event_mode": "spontaneous"}).start()
    assert talk.visit() == []
    assert talk.link.counters["events_other_mode"] > 0
    talk = Conversation("wakeup", registers={0x02A0: bytes.fromhex("0101000200")}).start()
    talk.visit()
    assert talk.grants() == 0
