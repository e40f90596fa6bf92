"""The door: energised by a grant, for one pulse, and by nothing else."""

from host_tests.support.check import raises
from loquet.access import Decision
from loquet.door import Door
from loquet.errors import UsageError
from springcore.ticks import TICKS_PERIOD, ticks_add

GRANTED = Decision(True, "granted")
DENIED = Decision(False, "unknown_card")


def test_a_new_door_is_at_rest():
    door = Door(pulse_ms=3000)
    assert not door.energised
    assert door.next_due(0) is None


def test_time_alone_never_releases():
    door = Door(pulse_ms=3000)
    for now_ms in (0, 1, 3000, 100000, TICKS_PERIOD - 1):
        door.advance(now_ms)
        assert not door.energised


def test_a_grant_releases_for_one_pulse():
    door = Door(pulse_ms=3000)
    door.grant(GRANTED, 1000)
    assert door.energised
    door.advance(3999)
    assert door.energised
    assert door.next_due(3999) == 1
    door.advance(4000)
    assert not door.energised
    assert door.next_due(4000) is None


def test_a_late_look_ends_the_pulse_at_once():
    door = Door(pulse_ms=3000)
    door.grant(GRANTED, 0)
    assert door.next_due(9000) == 0
    door.advance(9000)
    assert not door.energised


def test_a_grant_during_the_pulse_begins_it_anew():
    door = Door(pulse_ms=3000)
    door.grant(GRANTED, 1000)
    door.grant(GRANTED, 3000)
    door.advance(5999)
    assert door.energised
    door.advance(6000)
    assert not door.energised


def test_a_denied_decision_is_refused_and_changes_nothing():
    door = Door(pulse_ms=3000)
    raises(UsageError, door.grant, DENIED, 0)
    assert not door.energised
    assert door.next_due(0) is None


def test_a_denied_decision_does_not_prolong_a_pulse():
    door = Door(pulse_ms=3000)
    door.grant(GRANTED, 0)
    raises(UsageError, door.grant, DENIED, 2000)
    door.advance(3000)
    assert not door.energised


def test_the_pulse_ends_on_time_when_ticks_wrap():
    began_ms = TICKS_PERIOD - 1000
    door = Door(pulse_ms=3000)
    door.grant(GRANTED, began_ms)
    door.advance(ticks_add(began_ms, 2999))
    assert door.energised
    door.advance(ticks_add(began_ms, 3000))
    assert not door.energised
