"""The door: what energises its relay, what ends that, what its contact means, its alarms."""

from host_tests.support.check import raises
from host_tests.support.doors import EXTENDED, GRANTED, WatchedDoor, rules
from loquet import door as door_module
from loquet.access import Decision
from loquet.door import (
    ALARMS,
    AT_REST,
    ENERGISED,
    FAILED,
    FORCED,
    HELD,
    OPEN,
    OPEN_LONG,
    PASSING,
    RELEASED,
    SHUNTED,
    TIMERS,
    TRANSITIONS,
    UNLOCKED,
    UNLOCKED_OPEN,
    Door,
    Timer,
)
from loquet.errors import UsageError
from springcore.ticks import TICKS_PERIOD, ticks_add

CLOSED_STATES = (AT_REST, SHUNTED, RELEASED, UNLOCKED)
OPEN_STATES = (PASSING, OPEN, OPEN_LONG, HELD, FORCED, UNLOCKED_OPEN)

DENIED = Decision(False, "unknown_card")

# What the settings' defaults say.
PULSE_MS, EXTENDED_MS, SETTLE_MS = 3000, 10000, 50
SOON_MS, HELD_MS = 20_000, 30_000
# How long an opening is lawful after a pulse or a closing: 500 ms and the settling.
ON_ITS_WAY_MS = 550


# Rest and pulse


def test_a_new_door_is_at_rest():
    door = Door(rules())
    assert not door.energised
    assert door.in_order
    assert door.next_due(0) is None
    assert list(door.take()) == []


def test_time_alone_never_releases():
    door = Door(rules(contact=True))
    for now_ms in (0, 1, 3000, 100000, TICKS_PERIOD - 1):
        door.advance(now_ms)
        assert not door.energised


def test_a_grant_releases_for_one_pulse():
    door = Door(rules())
    door.grant(GRANTED, 1000)
    assert door.energised
    door.advance(3999)
    assert door.energised
    assert door.next_due(3999) == 1
    door.advance(4000)
    assert not door.energised


def test_after_its_pulse_a_door_comes_to_rest_and_asks_for_nothing():
    door = WatchedDoor(contact=False)
    door.grant()
    door.wait(PULSE_MS + ON_ITS_WAY_MS - 1)
    assert door.door.next_due(door.now_ms) == 1
    door.wait(1)
    assert door.door.state == AT_REST
    assert door.door.next_due(door.now_ms) is None


def test_a_late_look_ends_the_pulse_at_once():
    door = Door(rules())
    door.grant(GRANTED, 0)
    assert door.next_due(9000) == 0
    door.advance(9000)
    assert not door.energised


def test_an_extended_decision_releases_for_the_extended_pulse():
    door = WatchedDoor()
    door.grant(EXTENDED)
    door.wait(EXTENDED_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_grant_during_the_pulse_begins_it_anew():
    door = WatchedDoor()
    door.grant()
    door.wait(2000)
    door.grant()
    door.wait(PULSE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_shorter_pulse_never_ends_a_longer_one():
    door = WatchedDoor(rex="unlock")
    door.grant(EXTENDED)
    door.wait(1000)
    door.grant()
    door.command()
    door.presses()
    door.wait(EXTENDED_MS - 1000 - 2 * SETTLE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_denied_decision_is_refused_and_changes_nothing():
    door = Door(rules())
    raises(UsageError, door.grant, DENIED, 0)
    assert not door.energised
    assert door.next_due(0) is None


def test_only_true_is_a_grant():
    for nearly in (1, "granted", None, [True]):
        door = Door(rules())
        raises(UsageError, door.grant, Decision(nearly, "granted"), 0)
        assert not door.energised


def test_a_denied_decision_does_not_prolong_a_pulse():
    door = Door(rules())
    door.grant(GRANTED, 0)
    raises(UsageError, door.grant, DENIED, 2000)
    door.advance(3000)
    assert not door.energised


def test_a_command_releases_for_one_pulse():
    door = WatchedDoor()
    door.command()
    door.wait(PULSE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_the_pulse_ends_on_time_when_ticks_wrap():
    door = WatchedDoor(now_ms=TICKS_PERIOD - 1000)
    door.grant()
    door.wait(PULSE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


# Contact and relock


def opened_after_a_grant(**changed):
    door = WatchedDoor(**changed)
    door.grant()
    door.opens()
    return door


def test_opening_and_closing_within_the_pulse_is_told_and_no_alarm():
    door = opened_after_a_grant()
    assert door.told() == ["door_opened"]
    door.closes()
    door.wait(PULSE_MS)
    assert door.told() == ["door_closed"]


def test_relock_by_time_keeps_the_pulse_whatever_the_door_does():
    door = opened_after_a_grant()
    door.closes()
    door.opens()
    door.closes()
    door.wait(PULSE_MS - 4 * SETTLE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_relock_on_opening_ends_the_pulse_when_the_contact_has_settled():
    door = WatchedDoor(relock="opening")
    door.grant()
    door.inputs[0] = True
    door.look()
    door.wait(SETTLE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised
    assert door.told() == ["door_opened"]


def test_relock_on_closing_ends_the_pulse_when_the_contact_has_settled():
    door = opened_after_a_grant(relock="closing")
    door.wait(1000)
    assert door.energised
    door.closes()
    assert not door.energised
    assert door.told() == ["door_opened", "door_closed"]


def test_relock_on_opening_or_closing_is_bounded_by_the_pulse():
    for relock in ("opening", "closing"):
        door = WatchedDoor(relock=relock)
        door.grant()
        door.wait(PULSE_MS)
        assert not door.energised


def test_relock_on_closing_is_bounded_by_the_pulse_while_the_door_stands_open():
    door = opened_after_a_grant(relock="closing")
    door.wait(PULSE_MS - SETTLE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_door_without_a_contact_ignores_its_level():
    door = WatchedDoor(contact=False, contact_open=True)
    door.closes()
    door.opens()
    door.wait(2 * HELD_MS)
    assert door.told() == []
    assert door.door.state == AT_REST


def test_bounce_is_no_opening_and_no_closing():
    door = WatchedDoor()
    for open_now in (True, False) * 10:
        door.inputs[0] = open_now
        door.look()
        door.wait(SETTLE_MS - 1)
    door.wait(HELD_MS)
    assert door.told() == []
    door.grant()
    door.opens()
    door.told()
    for open_now in (False, True) * 10:
        door.inputs[0] = open_now
        door.look()
        door.wait(SETTLE_MS - 1)
    assert door.told() == []


# Forced


def test_an_opening_without_a_release_is_forced():
    door = WatchedDoor()
    door.opens()
    assert door.told() == ["door_opened", "door_forced"]
    assert not door.energised


def test_a_forced_door_stays_so_until_it_is_closed_and_is_never_held():
    door = WatchedDoor()
    door.opens()
    door.told()
    door.wait(2 * HELD_MS)
    assert door.told() == []
    door.closes()
    assert door.told() == ["door_closed", "door_forced_over"]
    door.wait(ON_ITS_WAY_MS)
    door.opens()
    assert door.told() == ["door_opened", "door_forced"]


def test_a_door_that_opens_in_the_pass_in_which_its_pulse_ends_is_not_forced():
    door = WatchedDoor()
    door.grant()
    door.wait(PULSE_MS - SETTLE_MS)
    door.opens()
    assert not door.energised
    assert door.told() == ["door_opened"]


def test_a_door_on_its_way_when_its_pulse_ends_is_not_forced():
    door = WatchedDoor()
    door.grant()
    door.wait(PULSE_MS + ON_ITS_WAY_MS - SETTLE_MS)
    door.opens()
    assert door.told() == ["door_opened"]
    late = WatchedDoor()
    late.grant()
    late.wait(PULSE_MS + ON_ITS_WAY_MS - SETTLE_MS + 1)
    late.opens()
    assert late.told() == ["not_entered", "door_opened", "door_forced"]


def test_a_door_that_rebounds_from_its_frame_is_not_forced():
    door = opened_after_a_grant()
    door.wait(PULSE_MS)
    door.closes()
    door.wait(ON_ITS_WAY_MS - SETTLE_MS)
    door.opens()
    assert door.told() == ["door_opened", "door_closed", "door_opened"]


def test_a_door_found_open_at_the_start_was_not_forced_and_may_stand_so_long():
    door = WatchedDoor(contact_open=True)
    assert door.told() == ["door_opened"]
    door.wait(HELD_MS - 1)
    assert door.told() == ["door_held_soon"]
    door.wait(1)
    assert door.told() == ["door_held"]


def test_a_door_found_closed_at_the_start_says_nothing():
    door = WatchedDoor()
    assert door.told() == []
    assert door.door.state == AT_REST


# Held open


def test_an_open_door_is_warned_of_and_then_held():
    door = opened_after_a_grant()
    door.wait(PULSE_MS - SETTLE_MS)
    door.told()
    door.wait(SOON_MS - 1)
    assert door.told() == []
    door.wait(1)
    assert door.told() == ["door_held_soon"]
    door.wait(HELD_MS - SOON_MS - 1)
    assert door.told() == []
    door.wait(1)
    assert door.told() == ["door_held"]
    door.wait(2 * HELD_MS)
    assert door.told() == []
    door.closes()
    assert door.told() == ["door_closed", "door_held_over"]


def test_the_time_to_held_counts_from_the_pulses_end():
    door = opened_after_a_grant(pulse_ms=60000, held_open_s=5, pre_alarm_s=0)
    door.wait(60000 - SETTLE_MS + 4999)
    assert door.told() == ["door_opened"]
    door.wait(1)
    assert door.told() == ["door_held"]


def test_without_a_pre_alarm_nothing_is_told_before():
    door = opened_after_a_grant(pre_alarm_s=0)
    door.wait(PULSE_MS - SETTLE_MS + HELD_MS - 1)
    assert door.told() == ["door_opened"]
    door.wait(1)
    assert door.told() == ["door_held"]


def test_a_door_closed_in_time_is_not_held():
    for stands_ms in (SOON_MS - SETTLE_MS, HELD_MS - SETTLE_MS):
        door = opened_after_a_grant()
        door.wait(PULSE_MS - SETTLE_MS + stands_ms - 1)
        door.closes()
        door.wait(2 * HELD_MS)
        assert "door_held" not in door.told()


def test_every_opening_has_the_whole_time():
    door = opened_after_a_grant()
    door.wait(PULSE_MS + SOON_MS - SETTLE_MS - 100)
    door.closes()
    door.opens()
    door.told()
    door.wait(SOON_MS - 1)
    assert door.told() == []


def held_door(**changed):
    door = opened_after_a_grant(**changed)
    door.wait(PULSE_MS + HELD_MS)
    assert door.told() == ["door_opened", "door_held_soon", "door_held"]
    return door


def forced_door(**changed):
    door = WatchedDoor(**changed)
    door.opens()
    assert door.told() == ["door_opened", "door_forced"]
    return door


def test_a_grant_or_a_command_ends_the_alarm_of_an_open_door_and_releases_it():
    for release in (WatchedDoor.grant, WatchedDoor.command):
        for door, over in ((held_door(), "door_held_over"), (forced_door(), "door_forced_over")):
            release(door)
            assert door.energised
            assert door.told() == [over]
            door.wait(PULSE_MS)
            assert not door.energised
            door.wait(SOON_MS - 1)
            assert door.told() == []
            door.wait(1)
            assert door.told() == ["door_held_soon"]


# Granted and not entered


def test_who_is_granted_and_does_not_open_is_told_of():
    door = WatchedDoor()
    door.grant()
    door.wait(PULSE_MS + ON_ITS_WAY_MS - 1)
    assert door.told() == []
    door.wait(1)
    assert door.told() == ["not_entered"]
    door.wait(HELD_MS)
    assert door.told() == []


def test_who_did_not_open_is_told_of_once():
    door = WatchedDoor()
    door.grant()
    door.wait(HELD_MS)
    door.presses()
    door.wait(HELD_MS)
    assert door.told() == ["not_entered", "exit_requested"]


def test_who_opens_has_entered():
    for opens_ms in (0, PULSE_MS, PULSE_MS + ON_ITS_WAY_MS - SETTLE_MS):
        door = WatchedDoor()
        door.grant()
        door.wait(opens_ms)
        door.opens()
        door.closes()
        door.wait(HELD_MS)
        assert "not_entered" not in door.told()


def test_who_is_granted_at_an_open_door_has_entered():
    door = opened_after_a_grant()
    door.grant()
    door.closes()
    door.wait(HELD_MS)
    assert door.told() == ["door_opened", "door_closed"]


def test_only_a_granted_card_is_waited_for():
    door = WatchedDoor(rex="unlock")
    door.command()
    door.wait(HELD_MS)
    door.presses()
    door.wait(HELD_MS)
    assert door.told() == ["exit_requested"]


def test_a_command_after_a_grant_still_waits_for_the_card():
    door = WatchedDoor()
    door.grant()
    door.wait(1000)
    door.command()
    door.wait(HELD_MS)
    assert door.told() == ["not_entered"]


def test_nobody_is_waited_for_without_a_contact_in_a_fire_or_at_an_unlocked_door():
    plain = WatchedDoor(contact=False)
    burning, open_to_all = WatchedDoor(), WatchedDoor()
    burning.fire(True)
    open_to_all.hold(True)
    for door in (plain, burning, open_to_all):
        door.grant()
        door.wait(HELD_MS)
    burning.fire(False)
    open_to_all.hold(False)
    for door in (plain, burning, open_to_all):
        door.wait(HELD_MS)
        assert "not_entered" not in door.told()


def test_a_fire_or_an_unlocking_ends_the_wait():
    for begin, end in (
        (lambda door: door.fire(True), lambda door: door.fire(False)),
        (lambda door: door.hold(True), lambda door: door.hold(False)),
    ):
        door = WatchedDoor()
        door.grant()
        begin(door)
        door.wait(HELD_MS)
        end(door)
        door.wait(HELD_MS)
        assert "not_entered" not in door.told()


# Request to exit


def test_a_request_to_exit_allows_an_opening_and_leaves_the_relay_at_rest():
    door = WatchedDoor()
    door.presses()
    assert not door.energised
    door.opens()
    assert not door.energised
    assert door.told() == ["exit_requested", "door_opened"]


def test_a_request_to_exit_is_over_with_the_pulses_time():
    for late_ms, expected in ((0, ["door_opened"]), (1, ["door_opened", "door_forced"])):
        door = WatchedDoor(rex_settle_ms=0)
        door.presses()
        door.told()
        door.wait(PULSE_MS + ON_ITS_WAY_MS - SETTLE_MS + late_ms)
        door.opens()
        assert door.told() == expected


def test_a_request_to_exit_during_a_pulse_neither_prolongs_nor_shortens_it():
    door = WatchedDoor(rex_settle_ms=0)
    door.grant()
    door.wait(2000)
    door.presses()
    door.wait(PULSE_MS - 2000 - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_request_to_exit_during_a_pulse_is_good_for_its_whole_time():
    door = WatchedDoor(rex_settle_ms=0)
    door.grant()
    door.wait(2000)
    door.presses()
    door.wait(PULSE_MS)
    door.opens()
    assert door.told() == ["exit_requested", "door_opened"]


def test_who_requests_while_the_door_is_open_may_open_it_again():
    door = opened_after_a_grant(relock="closing", rex_settle_ms=0)
    door.presses()
    door.closes()
    door.wait(2000)
    door.opens()
    assert door.told() == ["door_opened", "exit_requested", "door_closed", "door_opened"]


def test_a_request_and_an_opening_that_settle_together_are_a_request_first():
    door = WatchedDoor()
    door.inputs = [True, True]
    door.look()
    door.wait(SETTLE_MS)
    assert door.told() == ["exit_requested", "door_opened"]


def test_only_the_press_is_a_request_however_long_it_lasts():
    door = WatchedDoor(rex="unlock")
    door.inputs[1] = True
    door.look()
    door.wait(SETTLE_MS)
    for _ in range(100):
        door.look()
        door.wait(1000)
    assert door.told() == ["exit_requested"]
    assert not door.energised
    door.inputs[1] = False
    door.look()
    door.wait(SETTLE_MS)
    assert door.told() == []


def test_a_button_found_pressed_at_the_start_is_no_request():
    door = Door(rules(rex="unlock"))
    door.on_inputs(False, True, 0)
    door.advance(SETTLE_MS)
    assert not door.energised
    assert list(door.take()) == []


def test_a_button_that_bounces_is_no_request():
    door = WatchedDoor(rex="unlock")
    for door.inputs[1] in (True, False) * 10:
        door.look()
        door.wait(SETTLE_MS - 1)
    assert not door.energised
    assert door.told() == []


def test_a_request_to_exit_that_unlocks_is_a_pulse():
    door = WatchedDoor(rex="unlock", rex_settle_ms=0)
    door.presses()
    assert door.energised
    door.wait(PULSE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised
    assert door.told() == ["exit_requested"]


def test_a_request_to_exit_ends_no_alarm_and_releases_no_open_door():
    for rex in ("shunt", "unlock"):
        for door in (held_door(rex=rex), forced_door(rex=rex)):
            door.presses()
            assert not door.energised
            assert door.told() == ["exit_requested"]


def test_requests_to_exit_do_not_keep_an_open_door_from_being_held():
    for rex in ("shunt", "unlock"):
        door = opened_after_a_grant(rex=rex)
        door.wait(PULSE_MS)
        for _ in range(31):
            door.presses()
            door.wait(1000 - 2 * SETTLE_MS)
        assert "door_held" in door.told()


# Postures


def test_an_unlocked_door_is_energised_until_it_is_locked():
    door = WatchedDoor()
    door.hold(True)
    for _ in range(48):
        door.wait(3_600_000)
        door.hold(True)
        assert door.energised
    door.hold(False)
    assert not door.energised


def test_an_unlocked_door_has_no_alarms_but_tells_its_contact():
    door = WatchedDoor()
    door.hold(True)
    door.opens()
    door.wait(2 * HELD_MS)
    door.closes()
    door.opens()
    assert door.energised
    assert door.told() == ["door_opened", "door_closed", "door_opened"]


def test_unlocking_ends_alarms():
    for door, over in ((held_door(), "door_held_over"), (forced_door(), "door_forced_over")):
        door.hold(True)
        assert door.energised
        assert door.told() == [over]


def test_a_door_that_stands_open_when_it_is_locked_has_the_whole_time():
    door = WatchedDoor()
    door.hold(True)
    door.opens()
    door.wait(2 * HELD_MS)
    door.hold(False)
    assert not door.energised
    door.told()
    door.wait(HELD_MS - 1)
    assert door.told() == ["door_held_soon"]
    door.wait(1)
    assert door.told() == ["door_held"]


def test_who_was_granted_at_an_unlocked_door_has_the_pulse_though_it_is_locked():
    door = WatchedDoor()
    door.hold(True)
    door.grant()
    door.wait(1000)
    door.hold(False)
    door.wait(PULSE_MS - 1000 - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_a_pulse_at_an_unlocked_door_is_forgotten_when_it_is_over():
    # A stamp that is kept would seem to lie ahead when the ticks have come half way round.
    door = WatchedDoor()
    door.hold(True)
    door.grant()
    for _ in range(75):
        door.wait(3_600_000)
    door.hold(False)
    assert not door.energised


def test_a_pulse_outlasts_an_unlocked_period_within_it():
    door = WatchedDoor()
    door.grant()
    door.hold(True)
    door.wait(1000)
    door.hold(False)
    assert door.energised
    door.wait(2000)
    assert not door.energised


def test_locking_a_door_that_is_not_unlocked_does_nothing():
    for door in (WatchedDoor(), forced_door(), held_door()):
        before = door.door.state
        door.hold(False)
        assert door.door.state == before
        assert door.told() == []
    released = WatchedDoor()
    released.grant()
    released.hold(False)
    assert released.energised


# Fire


def test_a_fire_leaves_the_relay_alone():
    door = WatchedDoor()
    door.fire(True)
    assert not door.energised
    door.grant()
    assert door.energised
    door.wait(PULSE_MS)
    assert not door.energised
    door.hold(True)
    door.fire(False)
    assert door.energised


def test_during_a_fire_there_are_no_alarms():
    door = WatchedDoor()
    door.fire(True)
    door.opens()
    door.wait(2 * HELD_MS)
    door.closes()
    door.wait(HELD_MS)
    door.opens()
    assert door.told() == ["fire", "door_opened", "door_closed", "door_opened"]


def test_a_fire_ends_alarms():
    for door, over in ((held_door(), "door_held_over"), (forced_door(), "door_forced_over")):
        door.fire(True)
        assert door.told() == ["fire", over]


def test_after_a_fire_an_open_door_has_the_whole_time():
    for stands_ms in (0, SOON_MS, HELD_MS):
        door = opened_after_a_grant()
        door.wait(PULSE_MS + stands_ms)
        door.fire(True)
        door.wait(2 * HELD_MS)
        door.told()
        door.fire(False)
        door.wait(HELD_MS - 1)
        assert door.told() == ["fire_over", "door_held_soon"]
        door.wait(1)
        assert door.told() == ["door_held"]


def test_after_a_fire_a_closed_door_is_forced_again_by_an_opening():
    door = WatchedDoor()
    door.fire(True)
    door.wait(HELD_MS)
    door.fire(False)
    door.wait(ON_ITS_WAY_MS)
    door.opens()
    assert door.told() == ["fire", "fire_over", "door_opened", "door_forced"]


def test_a_fire_is_told_once_however_often_it_is_said():
    door = WatchedDoor()
    for active in (False, True, True, False, False):
        door.fire(active)
    assert door.told() == ["fire", "fire_over"]


# Failure


def test_a_failed_door_is_at_rest_whatever_it_was_and_stays_so():
    for state in TRANSITIONS[door_module.FAIL]:
        door = ROUTES[state]()
        door.fail()
        assert not door.energised
        assert not door.door.in_order
        for event in CAUSES.values():
            event(door)
            assert not door.energised
            door.wait(HELD_MS)
        assert door.door.state == FAILED


def test_a_failure_is_told_once_and_ends_alarms():
    door = forced_door()
    door.fail()
    door.fail()
    assert door.told() == ["door_failed", "door_forced_over"]


def test_a_failed_door_tells_its_contact_and_raises_nothing():
    door = WatchedDoor()
    door.fail()
    door.opens()
    door.wait(2 * HELD_MS)
    door.presses()
    door.closes()
    assert door.told() == ["door_failed", "door_opened", "exit_requested", "door_closed"]
    assert door.door.next_due(door.now_ms) is None


# The table


def unlocked(**changed):
    door = WatchedDoor(**changed)
    door.hold(True)
    return door


def after(door, *steps):
    for step in steps:
        step(door)
    return door


def when_due(door):
    door.wait(door.door.next_due(door.now_ms) or 0)


# How a door comes into each state.
ROUTES = {
    AT_REST: WatchedDoor,
    SHUNTED: lambda **changed: after(
        WatchedDoor(**changed), WatchedDoor.command, lambda door: door.wait(PULSE_MS)
    ),
    RELEASED: lambda **changed: after(WatchedDoor(**changed), WatchedDoor.command),
    UNLOCKED: unlocked,
    PASSING: opened_after_a_grant,
    OPEN: lambda **changed: after(opened_after_a_grant(**changed), when_due),
    OPEN_LONG: lambda **changed: after(opened_after_a_grant(**changed), when_due, when_due),
    HELD: held_door,
    FORCED: forced_door,
    UNLOCKED_OPEN: lambda **changed: after(unlocked(**changed), WatchedDoor.opens),
    FAILED: lambda **changed: after(WatchedDoor(**changed), WatchedDoor.fail),
}

# What makes each event happen. EXIT needs the setting rex "unlock".
CAUSES = {
    door_module.OPENED: WatchedDoor.opens,
    door_module.CLOSED: WatchedDoor.closes,
    door_module.RELEASE: WatchedDoor.command,
    door_module.EXIT: WatchedDoor.presses,
    door_module.ALLOW: WatchedDoor.presses,
    door_module.UNLOCK: lambda door: door.hold(True),
    door_module.LOCK: lambda door: door.hold(False),
    door_module.FIRE: lambda door: door.fire(True),
    door_module.FAIL: WatchedDoor.fail,
    door_module.TIME_OVER: when_due,
}


def expected_after(state, event):
    """Where that event leads, by rules instead of rows."""
    closed, by_posture = state in CLOSED_STATES, state in (UNLOCKED, UNLOCKED_OPEN)
    if FAILED == state or event == door_module.FAIL:
        return FAILED
    if event == door_module.RELEASE and not by_posture:
        return RELEASED if closed else PASSING
    if event == door_module.EXIT and closed and not by_posture:
        return RELEASED
    if event == door_module.UNLOCK:
        return UNLOCKED if closed else UNLOCKED_OPEN
    if event == door_module.LOCK and by_posture:
        return SHUNTED if closed else OPEN  # through a pulse that does not run
    if event == door_module.OPENED and closed:
        return {AT_REST: FORCED, SHUNTED: OPEN, RELEASED: PASSING}.get(state, UNLOCKED_OPEN)
    if event == door_module.CLOSED and not closed:
        return {PASSING: RELEASED, UNLOCKED_OPEN: UNLOCKED}.get(state, SHUNTED)
    if event in (door_module.ALLOW, door_module.FIRE) and state == AT_REST:
        return SHUNTED
    if event == door_module.FIRE and state in (OPEN_LONG, HELD, FORCED):
        return OPEN
    if event == door_module.TIME_OVER:
        later = {SHUNTED: AT_REST, RELEASED: SHUNTED, PASSING: OPEN, OPEN: OPEN_LONG}
        return HELD if state == OPEN_LONG else later.get(state, state)
    return state


def test_every_state_meets_every_event_and_goes_where_it_should():
    for state, come_into in ROUTES.items():
        for event, cause in CAUSES.items():
            rex = "unlock" if event == door_module.EXIT else "shunt"
            # So that no time but that of the contact passes while a button is pressed.
            door = come_into(rex=rex, rex_settle_ms=0)
            assert door.door.state == state
            cause(door)
            assert (event, state, door.door.state) == (event, state, expected_after(state, event))


def test_the_table_has_a_row_wherever_something_can_happen_and_no_other():
    everywhere = set(ROUTES)
    held_unlocked = {UNLOCKED, UNLOCKED_OPEN}
    can_happen = {
        door_module.OPENED: set(CLOSED_STATES) | {FAILED},
        door_module.CLOSED: set(OPEN_STATES) | {FAILED},
        door_module.RELEASE: everywhere,
        door_module.EXIT: everywhere,
        door_module.ALLOW: everywhere,
        door_module.UNLOCK: everywhere - held_unlocked,
        door_module.LOCK: held_unlocked,
        door_module.FIRE: everywhere,
        door_module.FAIL: everywhere - {FAILED},
        door_module.TIME_OVER: set(TIMERS),
    }
    assert {event: set(row) for event, row in TRANSITIONS.items()} == can_happen
    assert set(CLOSED_STATES) | set(OPEN_STATES) | {FAILED} == everywhere


def test_the_relay_and_the_alarm_of_every_state():
    energised = {RELEASED, UNLOCKED, PASSING, UNLOCKED_OPEN}
    assert set(ENERGISED) == energised
    assert set(ALARMS) == {FORCED, HELD}
    for state, come_into in ROUTES.items():
        assert come_into().energised == (state in energised)


def test_nothing_leads_out_of_failed():
    assert {row.get(FAILED, FAILED) for row in TRANSITIONS.values()} == {FAILED}


def test_doing_what_is_due_makes_it_no_longer_due():
    for state, come_into in ROUTES.items():
        door = come_into().door
        for now_ms in (0, 100_000, 200_000):
            door.advance(now_ms)
            assert door.next_due(now_ms) != 0, state


# The timer


def test_a_timer_that_does_not_run_has_nothing_left():
    timer = Timer()
    assert timer.left(0) == 0
    timer.start(1000, 0)
    timer.stop()
    assert timer.left(0) == 0


def test_a_timer_runs_for_its_length_also_when_ticks_wrap():
    began_ms = TICKS_PERIOD - 400
    timer = Timer()
    timer.start(1000, began_ms)
    assert timer.left(ticks_add(began_ms, 999)) == 1
    assert timer.left(ticks_add(began_ms, 1000)) == 0


def test_a_timer_that_has_ended_does_not_run_again_when_ticks_come_round():
    timer = Timer()
    timer.start(1000, 0)
    assert timer.left(1000) == 0
    assert timer.left(ticks_add(1000, -500)) == 0


def test_at_least_never_shortens():
    timer = Timer()
    timer.at_least(1000, 0)
    timer.at_least(400, 500)
    assert timer.left(500) == 500
    timer.at_least(600, 500)
    assert timer.left(500) == 600


# What the table must not say


def test_only_its_contact_opens_or_closes_a_door():
    for event, row in TRANSITIONS.items():
        for state, after_event in row.items():
            moves = event in (door_module.OPENED, door_module.CLOSED) and state != FAILED
            if after_event == FAILED:
                continue
            assert (after_event in OPEN_STATES) == ((state in OPEN_STATES) != moves), (event, state)


def test_only_a_posture_begins_and_ends_what_is_held_unlocked():
    held_unlocked = (UNLOCKED, UNLOCKED_OPEN)
    for event, row in TRANSITIONS.items():
        if event in (door_module.UNLOCK, door_module.LOCK, door_module.FAIL):
            continue
        for state, after_event in row.items():
            assert (after_event in held_unlocked) == (state in held_unlocked), (event, state)


def test_a_fire_energises_nothing_and_lets_nothing_fall():
    for state, after_event in TRANSITIONS[door_module.FIRE].items():
        assert (after_event in ENERGISED) == (state in ENERGISED), state


def test_a_pulse_ends_in_a_fire_too():
    door = WatchedDoor()
    door.grant()
    door.fire(True)
    door.wait(PULSE_MS - 1)
    assert door.energised
    door.wait(1)
    assert not door.energised


def test_who_does_not_open_is_told_of_once():
    door = WatchedDoor()
    door.grant()
    door.wait(PULSE_MS + ON_ITS_WAY_MS)
    assert door.told() == ["not_entered"]
    door.command()
    door.wait(PULSE_MS + ON_ITS_WAY_MS)
    assert door.told() == []


def test_what_settles_is_due():
    for inputs in ((True, False), (False, True)):
        door = WatchedDoor()
        door.door.on_inputs(*inputs, door.now_ms)
        assert door.door.next_due(door.now_ms) == SETTLE_MS


def test_inputs_settle_by_being_looked_at():
    door = Door(rules(contact=True))
    for contact_open, now_ms in ((False, 0), (False, 50), (True, 100), (True, 150)):
        door.on_inputs(contact_open, False, now_ms)
    assert door.state == FORCED
