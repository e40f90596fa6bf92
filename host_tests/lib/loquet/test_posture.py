"""Which posture is in effect: the settings', a command's, or the schedule's."""

from host_tests.support.check import raises
from host_tests.support.doors import rules
from loquet.clock import FREE_RUNNING, SYNCHRONISED, UNKNOWN, Moment
from loquet.errors import UsageError
from loquet.posture import LOCKDOWN, NORMAL, POSTURES, UNLOCKED, Posture

BEFORE, WITHIN, NEXT_DAY = 1_800_000_000, 1_800_010_000, 1_800_096_400


class OfficeHours:
    """A calendar whose one schedule is open at WITHIN and NEXT_DAY."""

    def is_open(self, schedule_name, seconds):
        assert schedule_name == "office"
        return seconds in (WITHIN, NEXT_DAY)


class NoCalendar:
    def is_open(self, schedule_name, seconds):
        raise AssertionError("the schedule was asked for")


def scheduled(first_card=False):
    return Posture(rules(posture="schedule", unlock_schedule="office", first_card=first_card))


def effect(posture, seconds, quality=SYNCHRONISED, use_free_running=False):
    return posture.in_effect(Moment(seconds, quality), OfficeHours(), use_free_running)


def card_comes(posture, seconds, quality=SYNCHRONISED, use_free_running=False):
    posture.first_card(Moment(seconds, quality), OfficeHours(), use_free_running)


def test_without_a_schedule_the_settings_say_it_and_no_clock_is_asked():
    for name in POSTURES:
        posture = Posture(rules(posture=name))
        assert posture.in_effect(Moment(0, UNKNOWN), NoCalendar(), False) == name


def test_a_schedule_unlocks_within_its_hours():
    posture = scheduled()
    assert effect(posture, BEFORE) == NORMAL
    assert effect(posture, WITHIN) == UNLOCKED
    assert effect(posture, BEFORE) == NORMAL


def test_a_schedule_unlocks_only_by_a_clock_that_may_be_believed():
    posture = scheduled()
    for use_free_running in (False, True):
        assert effect(posture, WITHIN, UNKNOWN, use_free_running) == NORMAL
        assert effect(posture, WITHIN, SYNCHRONISED, use_free_running) == UNLOCKED
    assert effect(posture, WITHIN, FREE_RUNNING, False) == NORMAL
    assert effect(posture, WITHIN, FREE_RUNNING, True) == UNLOCKED


def test_an_unlocked_period_ends_when_the_clock_is_no_longer_believed():
    posture = scheduled()
    assert effect(posture, WITHIN) == UNLOCKED
    assert effect(posture, WITHIN, FREE_RUNNING) == NORMAL


def test_a_command_overrides_the_settings_until_it_is_taken_back():
    for commanded in POSTURES:
        for name in POSTURES:
            posture = Posture(rules(posture=name))
            posture.command(commanded)
            assert posture.in_effect(Moment(0, UNKNOWN), NoCalendar(), False) == commanded
            posture.command(None)
            assert posture.in_effect(Moment(0, UNKNOWN), NoCalendar(), False) == name


def test_a_command_overrides_the_schedule_until_it_is_taken_back():
    posture = scheduled()
    for commanded in POSTURES:
        posture.command(commanded)
        assert effect(posture, BEFORE) == effect(posture, WITHIN) == commanded
    posture.command(None)
    assert effect(posture, BEFORE) == NORMAL
    assert effect(posture, WITHIN) == UNLOCKED


def test_a_posture_that_is_none_is_refused_and_changes_nothing():
    posture = Posture(rules(posture=LOCKDOWN))
    for wrong in ("", "schedule", "open", True):
        raises(UsageError, posture.command, wrong)
        assert effect(posture, WITHIN) == LOCKDOWN


def test_a_period_waits_for_its_first_card():
    posture = scheduled(first_card=True)
    assert effect(posture, WITHIN) == NORMAL
    card_comes(posture, WITHIN)
    assert effect(posture, WITHIN) == UNLOCKED


def test_a_card_before_the_period_is_not_its_first():
    posture = scheduled(first_card=True)
    card_comes(posture, BEFORE)
    assert effect(posture, WITHIN) == NORMAL


def test_a_first_card_is_one_by_a_clock_that_may_be_believed():
    for quality, use_free_running, expected in (
        (UNKNOWN, True, NORMAL),
        (FREE_RUNNING, False, NORMAL),
        (FREE_RUNNING, True, UNLOCKED),
        (SYNCHRONISED, False, UNLOCKED),
    ):
        posture = scheduled(first_card=True)
        card_comes(posture, WITHIN, quality, use_free_running)
        assert effect(posture, WITHIN) == expected


def test_every_period_waits_for_a_first_card_of_its_own():
    posture = scheduled(first_card=True)
    card_comes(posture, WITHIN)
    assert effect(posture, WITHIN) == UNLOCKED
    assert effect(posture, BEFORE) == NORMAL
    assert effect(posture, NEXT_DAY) == NORMAL
    card_comes(posture, NEXT_DAY)
    assert effect(posture, NEXT_DAY) == UNLOCKED


def test_a_second_card_does_not_end_the_period():
    posture = scheduled(first_card=True)
    card_comes(posture, WITHIN)
    card_comes(posture, WITHIN)
    assert effect(posture, WITHIN) == UNLOCKED


def test_a_clock_that_was_doubted_for_a_while_costs_the_first_card():
    posture = scheduled(first_card=True)
    card_comes(posture, WITHIN)
    assert effect(posture, WITHIN, FREE_RUNNING) == NORMAL
    assert effect(posture, WITHIN) == NORMAL


def test_where_no_schedule_counts_no_card_is_a_first_card():
    posture = Posture(rules())
    posture.first_card(Moment(WITHIN, SYNCHRONISED), NoCalendar(), True)
    assert effect(posture, WITHIN) == NORMAL


def test_a_card_during_a_command_is_no_first_card():
    posture = scheduled(first_card=True)
    posture.command(LOCKDOWN)
    card_comes(posture, WITHIN)
    posture.command(None)
    assert effect(posture, WITHIN) == NORMAL


def test_after_a_command_the_period_waits_for_a_first_card_again():
    # Or a lockdown that lasted over night would end in a door that unlocks by itself.
    posture = scheduled(first_card=True)
    card_comes(posture, WITHIN)
    posture.command(LOCKDOWN)
    posture.command(None)
    assert effect(posture, NEXT_DAY) == NORMAL
    card_comes(posture, NEXT_DAY)
    assert effect(posture, NEXT_DAY) == UNLOCKED


def test_without_the_setting_no_first_card_is_waited_for():
    posture = scheduled()
    card_comes(posture, BEFORE)
    assert effect(posture, WITHIN) == UNLOCKED
