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


def door(t_ms, what):
    return {"t_ms": t_ms, "event": "door", "door": "front", "what": what}


def play(source, *planned, ready=READY, logged=()):
    stage = FakeStage([ready, *planned])
    stage.logged = logged
    stage.reason = asyncio.run(director.play(stage, parse(source)))
    return stage


def test_steps_are_done_in_their_order_and_at_their_time():
    stage = play(
        f"present {CARD} for 200\nwait 100\nremove\nreader silent\nwait 50\n"
        "reader back\nfault drop 1 to_host\ncontact open\nrex for 90\nfire on\n"
        "clock 2026-11-21T08:30\npower cut\nclock now\ncontact closed\nfire off\nrex"
    )
    assert stage.reason is None
    assert stage.done == [
        (0, "present", bytes.fromhex(CARD), 200),
        (100, "remove"),
        (100, "fault", "silence", "on"),
        (150, "fault", "silence", "off"),
        (150, "fault", "drop", "1 to_host"),
        (150, "contact", True),
        (150, "rex", 90),
        (150, "fire", True),
        (150, "clock", 1795249800),
        (150, "cut"),
        (150, "clock", None),
        (150, "contact", False),
        (150, "fire", False),
        (150, "rex", 300),
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


# Alarms


def test_an_alarm_is_on_until_it_is_over():
    source = "expect alarm forced on within 100\nexpect alarm forced off within 100\nwait 1"
    stage = play(source, door(10, "door_forced"), door(50, "door_forced_over"))
    assert stage.reason is None
    assert stage.now_ms() == 51


def test_the_warning_ends_with_the_alarm_that_it_warns_of():
    planned = [door(10, "door_held_soon"), door(20, "door_held"), door(60, "door_held_over")]
    source = "expect alarm held_soon on within 15\nexpect alarm held on within 100\n"
    source += "expect alarm held_soon off within 0\nexpect alarm held off within 100"
    stage = play(source, *planned)
    assert stage.reason is None
    assert stage.now_ms() == 60


@pytest.mark.parametrize("end", ["door_closed", "fire"])
def test_the_warning_ends_when_the_door_closes_or_it_burns(end):
    source = "expect alarm held_soon on within 20\nexpect alarm held_soon off within 100"
    stage = play(source, door(10, "door_held_soon"), door(50, end))
    assert (stage.reason, stage.now_ms()) == (None, 50)


def test_an_alarm_that_does_not_come_is_told_with_those_there_are():
    stage = play("wait 20\nexpect alarm held on within 100", door(10, "door_forced"))
    assert stage.reason == "line 2, `expect alarm held on within 100`: alarms: forced"


def test_after_a_restart_nothing_is_known_of_the_panel():
    restart = {"t_ms": 20, "event": "restart", "cause": "power"}
    again = {**READY, "t_ms": 70}
    source = "wait 30\nexpect alarm forced off within 0\nexpect reader ready within 100"
    stage = play(source, door(10, "door_forced"), restart, again)
    assert (stage.reason, stage.now_ms()) == (None, 70)


# The log

GRANT = (1, "access_granted", "granted")
GAP = (2, "gap", "restart")


def test_what_is_on_flash_holds_at_once():
    stage = play("expect logged access_granted within 100", logged=[(0, *GRANT)])
    assert (stage.reason, stage.now_ms()) == (None, 0)


def test_what_is_written_in_time_holds():
    stage = play("expect logged access_granted granted within 1000", logged=[(600, *GRANT)])
    assert stage.reason is None
    assert 600 <= stage.now_ms() <= 600 + director.LOG_LOOK_MS


def test_an_event_of_the_log_counts_once_and_in_any_order():
    source = "expect logged gap within 10\nexpect logged access_granted within 10\n"
    source += "expect logged gap restart within 10"
    stage = play(source, logged=[(0, *GRANT), (0, *GAP)])
    assert stage.reason == (
        "line 3, `expect logged gap restart within 10`: "
        "the log has at its end access_granted (granted), gap (restart)"
    )


def test_another_reason_does_not_count():
    stage = play("expect logged gap ram_full within 10", logged=[(0, *GAP)])
    assert stage.reason is not None


def test_a_log_without_events_is_told_as_that():
    stage = play("expect logged gap within 10")
    assert stage.reason.endswith(": the log has no event")
