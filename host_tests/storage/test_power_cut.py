"""Power goes at every erase and every program, whole and torn, in all that is done with cards."""

import pytest

from host_tests.support.card_scenarios import SCENARIOS, cut

# Each shifts by three small writes where littlefs compacts the folder's log, every 16.
PHASES = range(0, 18, 3)


@pytest.mark.parametrize("name", SCENARIOS)
def test_after_a_cut_the_old_state_is_there_or_the_new_one(name, capsys):
    points = 0
    complaints = []
    for phase in PHASES:
        more_points, more_complaints = cut(name, phase)
        points += more_points
        complaints += more_complaints
    with capsys.disabled():
        print(f" [{name}: {points} cuts]", end="")
    assert not complaints
    assert points >= 40
