"""Scripts against a fake clock: what is done when, and when an expectation holds."""

import asyncio

import pytest

from host_tests.support.stage import FakeStage
from loquet_tools import director
from loquet_tools.script import parse

CARD = "04A1B2C3D4E580"
READY = {"t_ms": 0, "event": "reader", "state": "ready"}


def relay(t_ms, energised):
    return {"t_ms": t_ms, "event": "relay", "energised": energised}


def decision(t_ms, granted, reason="granted"):
    return {"t_ms": t_ms, "event": "decision", "card": CARD, "granted": granted, "reason": reason}


def play(source, *planned, ready=READY):
    stage = FakeStage([ready, *planned])
    stage.reason = asyncio.run(director.play(stage, parse(source)))
    return stage


def test_steps_are_done_in_their_order_and_at_their_time():
    stage = play(
        f"present {CARD} for 200\nwait 100\nremove\nreader silent\nwait 50\n"
        "reader back\nfault drop 1 to_host"
    )
    assert stage.reason is None
    assert stage.done == [
        (0, "present", bytes.fromhex(CARD), 200),
        (100, "remove"),
        (100, "fault", "silence", "on"),
        (150, "fault", "silence", "off"),
        (150, "fault", "drop", "1 to_host"),
    ]


def test_nothing_is_done_before_the_reader_is_ready():
    stage = play("remove", ready={**READY, "t_ms": 14_999})
    assert stage.reason is None
    assert stage.done == [(14_999, "remove")]


def test_a_reader_that_does_not_get_ready_ends_the_script():
    stage = play("remove", ready={**READY, "state": "starting"})
    assert stage.done == []
    assert stage.now_ms() == 15_000
    assert stage.reason == "the reader was not ready within 15000 ms: the reader is starting"


def test_remarks_are_told_when_the_script_gets_there():
    stage = play("wait 10\n# Now")
    assert stage.told == [{"t_ms": 10, "event": "remark", "line": 2, "words": "Now"}]


def test_what_is_so_already_is_not_waited_for():
    stage = play("expect relay off within 1000")
    assert stage.reason is None
    assert stage.now_ms() == 0
    assert stage.told == [
        {
            "t_ms": 0,
            "event": "expect",
            "line": 1,
            "text": "expect relay off within 1000",
            "held": True,
        }
    ]


@pytest.mark.parametrize("t_ms, held", [(99, True), (100, True), (101, False)])
def test_the_relay_has_to_switch_within_the_time(t_ms, held):
    stage = play("expect relay on within 100", relay(t_ms, True))
    assert (stage.reason is None) == held
    assert stage.told[0]["held"] == held


def test_the_script_stops_at_the_first_expectation_that_fails():
    stage = play("wait 5\nexpect relay on within 100\nremove")
    assert stage.reason == "line 2, `expect relay on within 100`: the relay is off"
    assert stage.told[0]["instead"] == "the relay is off"
    assert stage.done == []


def test_a_decision_may_have_come_before_it_is_asked_for():
    stage = play(f"present {CARD}\nwait 50\nexpect granted within 0", decision(20, True))
    assert stage.reason is None


def test_a_decision_counts_once():
    source = f"present {CARD}\nexpect granted within 100\nexpect granted within 100"
    stage = play(source, decision(20, True))
    assert stage.reason == "line 3, `expect granted within 100`: nothing was decided"
    assert stage.now_ms() == 120


def test_a_decision_from_before_the_card_was_presented_does_not_count():
    source = f"wait 50\npresent {CARD}\nexpect granted within 100"
    stage = play(source, decision(20, True))
    assert stage.reason == "line 3, `expect granted within 100`: nothing was decided"


def test_a_grant_after_denials_is_a_grant():
    stage = play(
        "expect granted within 100", decision(10, False, "stale_event"), decision(50, True)
    )
    assert stage.reason is None


def test_a_denial_after_a_grant_is_none():
    stage = play(
        "expect denied within 100", decision(10, True), decision(20, False, "unknown_card")
    )
    assert stage.reason == f"line 1, `expect denied within 100`: card {CARD} was granted"
    assert stage.now_ms() == 10


def test_a_denial_is_used_up_by_the_expectation_that_it_fulfils():
    source = "expect denied within 100\nexpect granted within 100"
    stage = play(source, decision(10, False, "unknown_card"), decision(20, True))
    assert stage.reason is None


def test_a_failure_says_what_was_decided_instead():
    stage = play("expect granted within 100", decision(10, False, "unknown_card"))
    assert stage.reason.endswith(f": card {CARD} was denied (unknown_card)")


def test_the_reader_may_be_expected_to_be_lost():
    lost = {"t_ms": 40, "event": "reader", "state": "lost"}
    assert play("expect reader lost within 100", lost).reason is None
    stage = play("expect reader lost within 100")
    assert stage.reason == "line 1, `expect reader lost within 100`: the reader is ready"
