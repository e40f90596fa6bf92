"""Power goes at 500 points, chosen by a seed, while 20,000 cards are changed and replaced."""

import os
import random

from host_tests.support.card_scenario_large import cut


def test_20000_cards_are_the_old_or_the_new_ones_after_a_cut(capsys):
    seed = int(os.environ.get("LOQUET_SEED", random.randrange(10**6)))

    points, complaints = cut(seed, 500)

    with capsys.disabled():
        print(f" [20,000 cards: {points} cuts, LOQUET_SEED={seed}]", end="")
    assert not complaints
    assert points == 500
