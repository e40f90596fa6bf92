"""The states of /WAKEUP, as the table in wakeup.py has them."""

from springcore.wakeup import WakeupLine


def fallen(at_ms=100):
    line = WakeupLine()
    line.look(True, at_ms)
    return line


def test_high_line_wants_no_poll():
    line = WakeupLine()
    line.look(False, 5)
    assert not line.low
    assert line.poll_due is None
    assert not line.wants_poll(1000)


def test_fallen_line_is_polled_at_once_and_must_be_answered():
    line = fallen()
    assert line.low and line.must_answer
    assert line.wants_poll(100)


def test_event_is_as_old_as_the_fall():
    line = fallen(100)
    line.look(True, 150)
    line.on_event(170)
    assert line.event_fell == 100


def test_line_that_stays_low_is_polled_for_a_newer_event():
    line = fallen()
    line.on_event(120)
    assert not line.must_answer
    assert not line.wants_poll(124)
    assert line.wants_poll(125)


def test_event_behind_another_may_be_as_old_as_that_one():
    line = fallen(100)
    line.on_event(2400)
    line.look(True, 2401)
    line.on_event(2410)
    assert line.event_fell == 100


def test_event_for_which_the_line_fell_again_is_as_old_as_that_fall():
    line = fallen(100)
    line.on_event(2400)
    line.edge(2401)
    line.look(True, 2402)
    line.on_event(2410)
    assert line.event_fell == 2401


def test_edge_while_an_event_waits_makes_it_no_younger():
    line = fallen(100)
    line.edge(2300)
    line.on_event(2400)
    assert line.event_fell == 100


def test_edge_is_a_fall():
    line = WakeupLine()
    line.edge(100)
    assert line.must_answer and line.wants_poll(100)


def test_three_polls_without_an_event_make_it_stuck():
    line = fallen()
    for now_ms in (110, 120):
        line.on_no_event(True, now_ms)
        assert not line.stuck
    line.on_no_event(True, 130)
    assert line.stuck
    assert not line.wants_poll(629)
    assert line.wants_poll(630)


def test_poll_without_an_answer_makes_an_event_no_younger():
    line = fallen(100)
    line.on_silence(1100)
    assert not line.must_answer
    line.on_no_event(False, 1400)
    line.on_event(1500)
    assert line.event_fell == 100


def test_poll_that_is_answered_with_nothing_says_that_the_next_event_is_new():
    line = fallen(100)
    line.on_no_event(True, 130)
    line.on_event(140)
    assert line.event_fell == 130


def test_event_on_a_stuck_line_is_at_most_one_poll_old():
    line = fallen()
    for now_ms in (110, 120, 130, 630):
        line.on_no_event(True, now_ms)
    line.on_event(1130)
    assert line.stuck
    assert line.event_fell == 630


def test_rising_ends_every_state():
    line = fallen()
    for now_ms in (110, 120, 130):
        line.on_no_event(True, now_ms)
    line.look(False, 140)
    assert not line.low and not line.stuck
    line.look(True, 150)
    assert line.must_answer
    line.on_no_event(True, 160)
    assert not line.stuck


def test_poll_that_ends_after_the_line_has_risen_leaves_it_high():
    line = fallen()
    line.look(False, 110)
    line.on_event(112)
    assert not line.low
    assert line.event_fell == 100
    for _ in range(3):
        line.on_no_event(True, 113)
    assert not line.low
