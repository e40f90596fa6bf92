"""The panel and the time: schedules, postures, and clocks that are unknown, old or set anew."""

from host_tests.support.check import raises
from host_tests.support.house import MONDAY_S, OTHER_CARD, UNKNOWN_CARD, House, listed
from loquet.errors import UsageError
from loquet.panel import LONGEST_WAIT_MS

OFFICE = {"name": "office", "weekly": [{"days": ["mon", "tue"], "begin": "08:00", "end": "18:00"}]}
NIGHT = {"name": "night", "weekly": [{"days": ["mon"], "begin": "22:00", "end": "06:00"}]}

SCHEDULED = {"name": "gate", "posture": "schedule", "unlock_schedule": "office"}
FIRST_CARD = dict(SCHEDULED, first_card=True)

HOUR_S = 3600
MINUTE_MS = 60000
UNLOCKED = [("relay", "gate", True), ("posture", "gate", "unlocked")]
RELOCKED = [("relay", "gate", False), ("posture", "gate", "normal")]


def at(hour, minute=0, second=0):
    """That time of the Monday."""
    return MONDAY_S + HOUR_S * hour + 60 * minute + second


def house_at(seconds, *doors, **more):
    """A house whose clock was set to that time."""
    house = House(*(doors or (SCHEDULED,)), schedules=[OFFICE, NIGHT], **more)
    house.set_clock(seconds)
    return house


def modes(house):
    return [fields["reason"] for _, fields in house.logged("door_mode_changed")]


# A posture by schedule


def test_a_schedule_unlocks_at_its_first_minute_and_locks_at_its_last():
    house = house_at(at(7, 59, 58))
    assert house.wait(1999) == []
    assert house.wait(1) == UNLOCKED
    assert house.wait(10 * 60 * MINUTE_MS - 1) == []
    assert house.wait(1) == RELOCKED
    assert modes(house) == ["unlocked", "normal"]
    assert [house.journal.times[place][0] for place in (1, 2)] == [at(8), at(18)]


def test_the_minute_is_met_whatever_part_of_a_second_the_clock_was_told_in():
    house = House(SCHEDULED, schedules=[OFFICE], now_ms=2**29 - 1234)
    house.wait(777)
    house.set_clock(at(7, 59, 30))
    assert house.wait(29999) == []
    assert house.wait(1) == UNLOCKED


def test_within_the_hours_the_door_is_unlocked_at_once():
    house = House(SCHEDULED, schedules=[OFFICE])
    told = house.set_clock(at(12))
    assert told == [("clock", "synchronised", None)] + UNLOCKED


def test_a_card_at_the_last_minute_finds_the_door_locked_before_it_is_judged():
    house = house_at(at(17, 59, 59))
    house.now_ms += 1000
    assert house.show("gate in", UNKNOWN_CARD)[:2] == RELOCKED
    assert house.energised == set()


def test_postures_are_judged_once_a_minute():
    house = house_at(at(12))
    asked = []
    posture = house.panel._entrances[0].posture
    in_effect = posture.in_effect
    posture.in_effect = lambda *arguments: (asked.append(1), in_effect(*arguments))[1]
    for _ in range(600):
        house.now_ms += 100
        house.panel.advance(house.now_ms)
    assert len(asked) == 1


def test_a_posture_that_does_not_change_is_told_once():
    house = house_at(at(12))
    assert house.wait(HOUR_S * 1000) == []
    assert modes(house) == ["unlocked"]


def test_a_door_without_a_schedule_needs_no_minutes():
    house = house_at(at(12), {"name": "gate"})
    assert house.panel.next_due(house.now_ms) == LONGEST_WAIT_MS


def test_minutes_are_due_only_while_the_time_is_known():
    house = House(SCHEDULED, schedules=[OFFICE])
    assert house.panel.next_due(0) == LONGEST_WAIT_MS
    house.set_clock(at(12, 0, 18))
    assert house.panel.next_due(0) == 42000


def test_a_posture_of_the_settings_is_told_at_the_start():
    for posture, told in (
        ("normal", []),
        ("unlocked", UNLOCKED),
        ("lockdown", [("posture", "gate", "lockdown")]),
    ):
        house = House({"name": "gate", "posture": posture})
        assert house.wait(0) == told
        assert house.wait(MINUTE_MS) == []


# Quality of the clock


def test_an_unknown_clock_unlocks_nothing():
    house = House(SCHEDULED, schedules=[OFFICE], clock={"free_running": "use"})
    assert house.wait(48 * HOUR_S * 1000) == []
    assert house.energised == set()


def test_a_clock_that_has_not_been_set_for_long_locks_again():
    house = house_at(at(8), clock={"synchronised_h": 1})
    assert house.energised == {"gate"}
    assert house.wait(HOUR_S * 1000 - 1) == []
    assert house.wait(1) == RELOCKED
    assert house.journal.times[-1] == (at(9), "free_running")


def test_a_free_running_clock_holds_where_the_settings_say_so():
    house = house_at(at(8), clock={"synchronised_h": 1, "free_running": "use"})
    assert house.wait(2 * HOUR_S * 1000) == []
    assert house.energised == {"gate"}


def test_the_boards_clock_at_the_start_counts_as_what_it_is():
    for synchronised, energised in ((True, {"gate"}), (False, set())):
        house = House(SCHEDULED, schedules=[OFFICE])
        house.panel.start_clock(at(12), synchronised, 0)
        house.panel.log("power_up")
        quality = "synchronised" if synchronised else "free_running"
        assert house.journal.times == [(at(12), quality)]
        house.wait(0)
        assert house.energised == energised
        assert house.logged("clock_set") == []


def test_a_better_clock_unlocks_within_the_same_minute_and_a_worse_one_locks():
    house = House(SCHEDULED, schedules=[OFFICE], clock={"synchronised_h": 1})
    house.panel.start_clock(at(12), False, 0)
    assert house.wait(0) == []
    assert house.set_clock(at(12, 0, 30)) == UNLOCKED
    house.now_ms += HOUR_S * 1000 - 1
    assert house.wait(0) == []
    house.now_ms += 1
    assert house.wait(0) == RELOCKED


def test_a_free_running_clock_counts_for_cards_where_the_settings_say_so():
    rules = {"name": "gate", "access": [{"group": 1, "schedule": "office"}]}
    for free_running, reason in (("refuse", "clock"), ("use", "granted")):
        more = {"cards": [listed(groups=0b10)], "clock": {"free_running": free_running}}
        house = House(rules, schedules=[OFFICE], **more)
        house.panel.start_clock(at(12), False, 0)
        assert house.reason("gate in") == reason


def test_a_start_without_a_time_leaves_the_clock_unknown():
    house = House(SCHEDULED, schedules=[OFFICE])
    house.panel.start_clock(0, True, 0)
    house.panel.log("power_up")
    assert house.journal.times == [(0, "unknown")]


def test_the_log_has_the_time_of_each_event():
    house = House({"name": "gate"}, repeat_ms=0)
    house.show("gate in")
    house.set_clock(at(12))
    house.wait(61000)
    house.show("gate in")
    house.wait(10000)
    house.panel.on_reader("gate in", "lost")
    assert house.journal.times == [
        (0, "unknown"),
        (at(12), "synchronised"),
        (at(12, 1, 1), "synchronised"),
        (at(12, 1, 11), "synchronised"),
    ]


def test_an_input_long_after_the_last_pass_is_logged_with_its_own_time():
    house = House({"name": "gate", "contact": True, "contact_settle_ms": 0})
    house.set_clock(at(12))
    house.panel.on_inputs(0, False, False, 0)
    house.panel.on_inputs(0, True, False, 30 * MINUTE_MS)
    assert house.journal.kinds()[1] == "door_opened"
    assert house.journal.times[1][0] == at(12, 30)


# Steps


def test_a_step_of_the_clock_is_logged_with_its_size():
    house = house_at(at(12), {"name": "gate"})
    for seconds, kind, step_s in (
        (at(12, 2), "clock_stepped", 120),
        (at(12, 1), "clock_stepped_back", -60),
        (at(12, 1) - 1, "clock_stepped_back", -1),
    ):
        assert house.set_clock(seconds) == [("clock", "synchronised", step_s)]
        assert house.logged()[-1] == (kind, {"count": abs(step_s)})
        assert house.journal.times[-1] == (seconds, "synchronised")


def test_a_small_step_forward_is_no_event():
    house = house_at(at(12), {"name": "gate"})
    assert house.set_clock(at(12, 1)) == []
    assert house.journal.kinds() == ["clock_set"]


def test_a_step_back_locks_a_door_at_once():
    house = house_at(at(8, 30))
    assert house.energised == {"gate"}
    assert house.set_clock(at(7)) == [("clock", "synchronised", -5400)] + RELOCKED
    assert house.energised == set()


def test_a_small_step_over_the_minute_moves_the_door_at_once():
    house = house_at(at(7, 59, 30))
    assert house.set_clock(at(8)) == UNLOCKED


def test_a_time_that_cannot_be_is_refused_and_changes_nothing():
    house = house_at(at(12))
    for wrong in (0, -1, 4102444800, None, 1.5):
        raises(UsageError, house.panel.set_clock, wrong, 0)
    assert house.journal.kinds() == ["clock_set", "door_mode_changed"]
    assert house.panel.next_due(0) == MINUTE_MS


# Cards


def test_a_scheduled_card_passes_from_the_first_minute_to_before_the_last():
    rules = {"name": "gate", "access": [{"group": 1, "schedule": "office"}]}
    house = house_at(at(7, 59, 59), rules, cards=[listed(groups=0b10)], repeat_ms=0)
    assert house.reason("gate in") == "outside_schedule"
    house.wait(1000)
    assert house.reason("gate in") == "granted"
    house.set_clock(at(17, 59, 59))
    assert house.reason("gate in") == "granted"
    house.wait(1000)
    assert house.reason("gate in") == "outside_schedule"


def test_a_night_crosses_midnight():
    rules = {"name": "gate", "access": [{"group": 1, "schedule": "night"}]}
    house = house_at(at(21, 59), rules, cards=[listed(groups=0b10)], repeat_ms=0)
    for hour, minute, reason in (
        (22, 0, "granted"),
        (29, 59, "granted"),
        (30, 0, "outside_schedule"),
        (46, 0, "outside_schedule"),
    ):
        house.set_clock(at(hour, minute))
        assert house.reason("gate in") == reason, hour


def test_schedules_go_by_local_time_and_holidays():
    rules = {"name": "gate", "access": [{"group": 1, "schedule": "office"}]}
    more = {"cards": [listed(groups=0b10)], "repeat_ms": 0}
    house = house_at(at(7), rules, time_zone="CET-1CEST,M3.5.0,M10.5.0/3", **more)
    assert house.reason("gate in") == "granted"
    house = house_at(at(12), rules, holidays=[{"first": "2026-11-23"}], **more)
    assert house.reason("gate in") == "outside_schedule"


def test_a_dated_card_passes_within_its_dates_once_the_time_is_known():
    minute = (MONDAY_S - 1577836800) // 60
    dated = listed(from_minute=minute, until_minute=minute + 10)
    house = House({"name": "gate"}, cards=[dated], repeat_ms=0)
    assert house.reason("gate in") == "clock"
    for seconds, reason in (
        (MONDAY_S - 1, "not_yet_valid"),
        (MONDAY_S, "granted"),
        (MONDAY_S + 599, "granted"),
        (MONDAY_S + 600, "expired"),
    ):
        house.set_clock(seconds)
        assert house.reason("gate in") == reason


def test_anti_passback_needs_no_clock_and_steps_do_not_end_it():
    house = House({"name": "gate", "anti_passback_s": 60}, repeat_ms=0)
    assert house.reason("gate in") == "granted"
    house.set_clock(at(12))
    house.set_clock(at(20))
    assert house.reason("gate in") == "anti_passback"
    house.wait(MINUTE_MS)
    assert house.reason("gate in") == "granted"


# The first card


def first_card_house(**more):
    cards = [listed(unlock_first=True), listed(OTHER_CARD)]
    return house_at(at(7, 59), FIRST_CARD, cards=cards, repeat_ms=0, **more)


def test_a_scheduled_unlock_can_wait_for_its_first_card():
    house = first_card_house()
    house.wait(2 * MINUTE_MS)
    assert house.energised == set()
    house.show("gate in", OTHER_CARD)
    house.wait(4000)
    assert house.energised == set()
    assert house.show("gate in")[-1] == ("posture", "gate", "unlocked")
    house.wait(HOUR_S * 1000)
    assert house.energised == {"gate"}


def test_the_first_card_of_a_period_does_not_begin_the_next():
    house = first_card_house()
    house.wait(2 * MINUTE_MS)
    house.show("gate in")
    house.wait(10 * HOUR_S * 1000)
    assert house.energised == set()
    house.wait(14 * HOUR_S * 1000)
    assert house.energised == set()
    assert modes(house) == ["unlocked", "normal"]


def test_a_first_card_before_the_hours_or_one_that_is_denied_begins_nothing():
    house = first_card_house()
    assert house.reason("gate in") == "granted"
    house.wait(2 * MINUTE_MS)
    assert house.energised == set()
    house.show("gate in", doubt="suspect")
    assert house.energised == set() and modes(house) == []


def test_a_first_card_of_a_lockdown_begins_nothing():
    strong = listed(unlock_first=True, pass_lockdown=True)
    house = house_at(at(8), FIRST_CARD, cards=[strong], repeat_ms=0)
    house.set_posture("gate", "lockdown")
    assert house.reason("gate in") == "granted"
    house.wait(MINUTE_MS)
    assert house.energised == set()


# Commands


def test_a_command_overrides_the_schedule_until_it_is_taken_back():
    house = house_at(at(12))
    assert house.set_posture("gate", "lockdown")[-1] == ("posture", "gate", "lockdown")
    assert house.energised == set()
    house.wait(HOUR_S * 1000)
    assert house.energised == set()
    assert house.set_posture("gate", None) == UNLOCKED
    assert modes(house) == ["unlocked", "lockdown", "unlocked"]


def test_a_door_unlocked_by_command_stays_so_when_the_hours_end():
    house = house_at(at(17))
    house.set_posture("gate", "unlocked")
    assert house.wait(2 * HOUR_S * 1000) == []
    assert house.energised == {"gate"}
    assert house.set_posture("gate", "normal") == RELOCKED


def test_each_command_is_logged_even_if_it_changes_nothing():
    house = house_at(at(12))
    house.set_posture("gate", "unlocked")
    house.set_posture("gate", "unlocked")
    assert modes(house) == ["unlocked", "unlocked", "unlocked"]


# Ticks


def test_an_idle_panel_works_after_weeks_of_nothing():
    house = House(SCHEDULED, {"name": "back"}, schedules=[OFFICE])
    house.wait(20 * 24 * HOUR_S * 1000)
    house.set_clock(at(7, 59))
    assert house.wait(MINUTE_MS) == UNLOCKED
    assert house.show("back in")[0] == ("relay", "back", True)
    assert house.wait(3000)[0] == ("relay", "back", False)
