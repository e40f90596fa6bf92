"""The panel's doors: inputs, alarms, commands, fire and faults, each at its own door."""

from host_tests.support.check import raises
from host_tests.support.house import (
    CARD,
    OTHER_CARD,
    PLAY_DENIED,
    PLAY_GRANTED,
    UNKNOWN_CARD,
    House,
    listed,
)
from host_tests.support.storage import key_of
from loquet import door as doors
from loquet.errors import UsageError
from loquet.journal_records import KINDS, REASONS

GATE = {"name": "gate", "contact": True, "held_open_s": 30, "pre_alarm_s": 10}
BACK = {"name": "back", "contact": True, "rex": "unlock"}


def two_doors(**more):
    house = House(GATE, BACK, **more)
    house.inputs(0, False)
    house.inputs(1, False)
    assert house.logged() == []
    return house


def gate(**more):
    house = House(dict(GATE, **more))
    house.inputs(0, False)
    return house


# Alarms


def test_an_alarm_is_logged_and_reported_once_with_its_door():
    house = two_doors()
    told = house.inputs(1, True)
    assert told == [("door", "back", "door_opened"), ("door", "back", "door_forced")]
    assert house.wait(120000) == []
    told = house.inputs(1, False)
    assert told == [("door", "back", "door_closed"), ("door", "back", "door_forced_over")]
    kinds = ("door_opened", "door_forced", "door_closed", "door_forced_over")
    assert house.logged() == [(kind, {"door": 1, "reason": None}) for kind in kinds]
    assert house.energised == set()


def test_a_door_that_is_held_open_warns_raises_and_ends():
    house = gate()
    house.show("gate in")
    house.inputs(0, True)
    told = house.wait(60000)
    assert told == [
        ("relay", "gate", False),
        ("door", "gate", "door_held_soon"),
        ("door", "gate", "door_held"),
    ]
    house.inputs(0, False)
    assert house.journal.kinds() == [
        "access_granted",
        "door_opened",
        "door_held_soon",
        "door_held",
        "door_closed",
        "door_held_over",
    ]


def test_a_grant_that_nobody_uses_is_told():
    house = gate()
    house.show("gate in")
    assert ("door", "gate", "not_entered") in house.wait(10000)
    assert house.journal.kinds() == ["access_granted", "not_entered"]


def test_the_relay_comes_before_what_is_told_of_the_door():
    house = gate(relock="opening")
    house.show("gate in")
    assert house.inputs(0, True) == [("relay", "gate", False), ("door", "gate", "door_opened")]


def test_all_that_a_door_tells_is_known_to_the_log():
    told = list(doors.TELLS.values()) + [kind for pair in doors.ALARMS.values() for kind in pair]
    told += ["door_held_soon", "not_entered", "exit_requested", "fire_over"]
    for kind in told:
        assert kind in [row[1] for row in KINDS], kind


# Request to exit


def test_a_request_to_exit_shunts_or_unlocks_as_the_settings_say():
    house = two_doors()
    assert house.inputs(0, False, True) == [("door", "gate", "exit_requested")]
    assert house.inputs(1, False, True) == [
        ("relay", "back", True),
        ("door", "back", "exit_requested"),
    ]
    assert house.logged() == [
        ("exit_requested", {"door": 0, "reason": None}),
        ("exit_requested", {"door": 1, "reason": "rex"}),
    ]


def test_a_request_to_exit_releases_for_one_pulse():
    house = two_doors()
    house.inputs(1, False, True)
    assert ("relay", "back", False) in house.wait(3000)
    assert house.wait(60000) == []


def test_a_released_exit_is_no_forced_door():
    house = two_doors()
    house.inputs(1, False, True)
    assert house.inputs(1, True) == [("door", "back", "door_opened")]


def test_inputs_that_do_not_change_give_nothing_and_are_not_logged():
    house = two_doors()
    for _ in range(100):
        assert house.panel.on_inputs(0, False, False, house.now_ms) == []
        house.now_ms += 10
    assert house.logged() == []


# Commands


def test_a_command_releases_its_door_for_one_pulse():
    house = two_doors()
    assert house.done(house.panel.release("back", house.now_ms)) == [("relay", "back", True)]
    assert house.logged() == [("door_commanded", {"door": 1, "reason": None})]
    assert ("relay", "back", False) in house.wait(3000)


def test_what_is_not_there_is_refused_and_logs_nothing():
    house = two_doors()
    raises(UsageError, house.panel.release, "side", 0)
    raises(UsageError, house.panel.set_posture, "side", "unlocked", 0)
    for posture in ("open", "schedule", "", True):
        raises(UsageError, house.panel.set_posture, "gate", posture, 0)
    assert house.logged() == []
    assert house.wait(1000) == []


# Several doors and readers


def test_a_reader_opens_its_own_door_and_no_other():
    for door in ("gate", "back"):
        for side in ("in", "out"):
            house = two_doors()
            reader = "%s %s" % (door, side)
            assert house.show(reader) == [
                ("relay", door, True),
                ("feedback", reader, PLAY_GRANTED),
                ("decision", door, "granted"),
            ]
            fields = house.logged("access_granted")[0][1]
            assert fields["door"] == ("gate", "back").index(door)
            assert fields["reader"] == 2 * fields["door"] + ("in", "out").index(side)


def test_two_pulses_at_two_doors_end_each_in_its_time():
    house = two_doors()
    house.show("gate in")
    house.wait(1000)
    house.show("back in")
    assert house.energised == {"gate", "back"}
    house.wait(2000)
    assert house.energised == {"back"}
    house.wait(1000)
    assert house.energised == set()


def test_a_reader_without_a_door_is_at_the_first_one():
    house = House({"name": "gate"}, {"name": "back"}, readers=[{"name": "in"}])
    assert house.show("in")[0] == ("relay", "gate", True)


def test_each_door_has_its_own_rules():
    house = House(
        dict(GATE, access=[{"group": 1}]),
        dict(BACK, access=[{"group": 2}]),
        cards=[listed(groups=0b010), listed(OTHER_CARD, groups=0b100)],
    )
    assert house.reason("gate in") == "granted"
    assert house.reason("back in") == "wrong_group"
    assert house.reason("gate in", OTHER_CARD) == "wrong_group"
    assert house.reason("back in", OTHER_CARD) == "granted"


def test_an_extended_card_has_more_time():
    house = House({"name": "gate"}, cards=[listed(extended=True)])
    house.show("gate in")
    house.wait(9999)
    assert house.energised == {"gate"}
    house.wait(1)
    assert house.energised == set()


def test_an_extended_card_never_has_less_time():
    house = House({"name": "gate", "pulse_ms": 20000}, cards=[listed(extended=True)])
    house.show("gate in")
    house.wait(19999)
    assert house.energised == {"gate"}
    house.wait(1)
    assert house.energised == set()


# Lockdown


def test_in_a_lockdown_only_those_pass_who_may():
    strong = listed(OTHER_CARD, pass_lockdown=True)
    house = House(GATE, BACK, cards=[listed(), strong])
    told = house.set_posture("gate", "lockdown")
    assert told == [("posture", "gate", "lockdown")]
    assert house.reason("gate in") == "lockdown"
    assert house.reason("gate out", OTHER_CARD) == "granted"
    assert house.reason("back in") == "granted"
    assert house.logged("door_mode_changed") == [
        ("door_mode_changed", {"door": 0, "reason": "lockdown"})
    ]


# Anti-passback


def passback(**more):
    return House(dict(GATE, anti_passback_s=60), BACK, repeat_ms=0, **more)


def test_a_card_that_came_in_does_not_come_in_again_for_a_time():
    house = passback()
    assert house.reason("gate in") == "granted"
    house.wait(59000)
    assert house.reason("gate in") == "anti_passback"
    house.wait(1000)
    assert house.reason("gate in") == "granted"


def test_going_out_lets_a_card_come_in_again():
    house = passback()
    house.show("gate in")
    assert house.reason("gate out") == "granted"
    assert house.reason("gate in") == "granted"


def test_anti_passback_is_for_one_card_and_one_door():
    house = passback()
    house.show("gate in")
    assert house.reason("gate in", OTHER_CARD) == "granted"
    assert house.reason("back in") == "granted"
    house.show("back out")
    assert house.reason("gate in") == "anti_passback"


def test_only_a_grant_is_remembered():
    house = passback(cards=[listed(uses_left=2)])
    house.cards.broken = True
    assert house.reason("gate in") == "storage"
    house.cards.broken = False
    assert house.reason("gate in") == "granted"
    house.wait(59000)
    assert house.reason("gate in") == "anti_passback"
    house.wait(1000)
    # It counts from the grant, not from the denial after it.
    assert house.reason("gate in") == "granted"


def test_a_denied_exit_does_not_let_a_card_come_in_again():
    house = passback()
    house.show("gate in")
    house.show("gate out", doubt="suspect")
    assert house.reason("gate in") == "anti_passback"


# Repeats


def test_of_the_repeats_of_one_stay_the_first_is_logged():
    house = House(GATE)
    for _ in range(20):
        house.show("gate in")
        house.wait(1000)
    reasons = [fields["reason"] for _, fields in house.logged("access_granted", "access_denied")]
    assert reasons == ["granted", "repeat"]
    house.wait(4000)
    house.show("gate in")
    house.show("gate in")
    assert len(house.logged("access_granted", "access_denied")) == 4


def test_a_repeat_says_nothing_at_the_reader():
    house = House(GATE)
    house.show("gate in")
    assert house.show("gate in") == [("decision", "gate", "repeat")]


# A random UID


def test_a_card_with_a_new_uid_each_time_is_denied_even_if_it_is_listed():
    random = bytes.fromhex("08A1B2C3")
    house = House(GATE, cards=[listed(random)])
    assert house.reason("gate in", random) == "random_uid"
    assert house.energised == set()


# Feedback


def shown_unknown(house, times):
    """Unknown cards one after another; what each is told at once."""
    return [house.show("gate in", bytes([4, 1, 2, number])) for number in range(times)]


def test_unknown_cards_are_told_so_later_and_later_but_decided_at_once():
    house = House(GATE)
    told = shown_unknown(house, 3)
    denied = [("feedback", "gate in", PLAY_DENIED), ("decision", "gate", "unknown_card")]
    assert told == [denied, denied, denied[1:]]
    assert house.panel.next_due(house.now_ms) == 250
    assert house.wait(249) == []
    assert house.wait(1) == [("feedback", "gate in", PLAY_DENIED)]
    assert house.wait(10000) == []
    assert len(house.logged("access_denied")) == 3


def test_a_newer_feedback_replaces_one_that_waits():
    house = House(GATE)
    shown_unknown(house, 6)
    assert house.show("gate in")[:2] == [
        ("relay", "gate", True),
        ("feedback", "gate in", PLAY_GRANTED),
    ]
    assert [action for action in house.wait(10000) if action[0] == "feedback"] == []


def test_a_silent_denial_does_not_take_away_a_feedback_that_waits():
    house = House(GATE)
    shown_unknown(house, 3)
    house.show("gate in", CARD, "stale_event")
    assert house.wait(250) == [("feedback", "gate in", PLAY_DENIED)]


def test_a_reader_that_is_tried_out_slows_no_other_down():
    house = two_doors()
    shown_unknown(house, 6)
    assert house.show("gate out", UNKNOWN_CARD)[0] == ("feedback", "gate out", PLAY_DENIED)
    assert house.show("back in")[0] == ("relay", "back", True)


def test_a_row_of_unknown_cards_is_over_though_ticks_have_gone_half_way_round():
    house = House(GATE)
    shown_unknown(house, 6)
    house.wait(4 * 24 * 3600 * 1000)
    assert house.show("gate in", UNKNOWN_CARD)[0] == ("feedback", "gate in", PLAY_DENIED)


# Fire


def test_a_fire_ends_alarms_at_every_door_and_moves_no_relay():
    house = two_doors()
    house.inputs(0, True)
    assert house.done(house.panel.on_fire(True, house.now_ms)) == [
        ("door", "gate", "fire"),
        ("door", "gate", "door_forced_over"),
        ("door", "back", "fire"),
    ]
    assert house.done(house.panel.on_fire(True, house.now_ms)) == []
    assert house.inputs(1, True) == [("door", "back", "door_opened")]
    told = house.done(house.panel.on_fire(False, house.now_ms))
    assert told == [("door", "gate", "fire_over"), ("door", "back", "fire_over")]
    assert house.energised == set()


# Faults


def test_a_failed_panel_lets_all_go_and_lets_nobody_pass():
    house = two_doors()
    house.show("gate in")
    house.set_posture("back", "unlocked")
    assert house.energised == {"gate", "back"}
    told = house.done(house.panel.fail(house.now_ms))
    assert told == [
        ("relay", "gate", False),
        ("relay", "back", False),
        ("door", "gate", "door_failed"),
        ("door", "back", "door_failed"),
    ]
    house.wait(60000)
    assert house.reason("gate out") == "door_failed"
    house.set_posture("gate", "unlocked")
    house.panel.release("back", house.now_ms)
    house.inputs(1, False, True)
    assert house.wait(60000) == []
    assert house.energised == set()
    commanded = house.logged("door_commanded")
    assert commanded == [("door_commanded", {"door": 1, "reason": "door_failed"})]


def test_a_panel_fails_once():
    house = two_doors()
    house.panel.fail(house.now_ms)
    told = house.done(house.panel.fail(house.now_ms))
    assert told == [("relay", "gate", False), ("relay", "back", False)]
    assert len(house.logged("door_failed")) == 2


def test_a_command_that_cannot_be_logged_releases_no_door():
    house = two_doors()

    def broken(*_, **__):
        raise MemoryError

    house.journal.append = broken
    raises(MemoryError, house.panel.release, "gate", house.now_ms)
    raises(MemoryError, house.panel.set_posture, "gate", "unlocked", house.now_ms)
    assert house.done(house.panel.advance(house.now_ms)) == []


def test_a_use_is_not_spent_where_the_door_would_not_open():
    house = House(GATE, cards=[listed(uses_left=1)])
    house.panel.fail(0)
    assert house.reason("gate in") == "door_failed"
    assert house.cards.lookup(key_of(CARD)).uses_left == 1


def test_every_reason_that_the_panel_gives_is_known_to_the_log():
    known = [row[1] for row in REASONS]
    for reason in ("rex", "normal", "unlocked", "lockdown", "door_failed"):
        assert reason in known
