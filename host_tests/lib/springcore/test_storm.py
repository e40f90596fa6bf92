"""The states of a line that falls too often, as the table in storm.py has them."""

from springcore.storm import FALLS, REST_MS, WINDOW_MS, Storm


def falling(storm, now_ms, times):
    for _ in range(times):
        storm.on_fall()
    storm.look(now_ms)


def raging(at_ms=5000):
    storm = Storm()
    storm.look(at_ms)
    falling(storm, at_ms, FALLS)
    return storm


def test_falls_with_no_event_behind_them_are_a_storm():
    storm = raging()
    assert storm.rages and not storm.listens


def test_one_fall_less_is_none():
    storm = Storm()
    storm.look(5000)
    falling(storm, 5000, FALLS - 1)
    assert not storm.rages and storm.listens


def test_falls_that_events_follow_are_none():
    storm = Storm()
    for _ in range(10):
        falling(storm, 5000, FALLS - 1)
        storm.on_event()
    assert not storm.rages


def test_falls_of_many_seconds_are_none():
    storm = Storm()
    for second in range(100):
        falling(storm, 5000 + second * WINDOW_MS, FALLS // 2)
    assert not storm.rages


def test_after_a_rest_falls_are_counted_again_but_not_believed():
    storm = raging(5000)
    storm.look(5000 + REST_MS - 1)
    assert not storm.listens
    storm.look(5000 + REST_MS)
    assert storm.listens and storm.rages


def test_a_quiet_second_of_trial_ends_it():
    storm = raging(5000)
    storm.look(5000 + REST_MS)
    falling(storm, 5000 + REST_MS + 500, FALLS - 1)
    storm.look(5000 + REST_MS + WINDOW_MS - 1)
    assert storm.rages
    storm.look(5000 + REST_MS + WINDOW_MS)
    assert not storm.rages and storm.listens


def test_a_storm_that_goes_on_is_not_listened_to_again():
    storm = raging(5000)
    storm.look(5000 + REST_MS)
    falling(storm, 5000 + REST_MS + 300, FALLS)
    assert storm.rages and not storm.listens


def test_ticks_may_begin_anywhere():
    late = 2**29 - 1000
    storm = Storm()
    for second in range(10):
        falling(storm, (late + second * WINDOW_MS) % 2**29, FALLS // 2)
    assert not storm.rages
