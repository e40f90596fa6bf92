"""The power cuts of host_tests/storage on MicroPython's own littlefs. Run by test_card_cuts.py.

    MICROPYPATH=lib:. micropython -X heapsize=128m THIS_FILE small PHASE...
    MICROPYPATH=lib:. micropython -X heapsize=128m THIS_FILE large SEED POINTS

Prints one JSON object a scenario: name, points, complaints.
"""

import gc
import json
import sys

from host_tests.support import card_scenario_large
from host_tests.support.card_scenarios import SCENARIOS, cut


def small(phases):
    for name in SCENARIOS:
        points = 0
        complaints = []
        for phase in phases:
            more_points, more_complaints = cut(name, phase)
            points += more_points
            complaints += more_complaints
            gc.collect()
        tell(name, points, complaints)


def tell(name, points, complaints):
    print(json.dumps({"name": name, "points": points, "complaints": complaints}))


def main(size, *numbers):
    numbers = [int(number) for number in numbers]
    if size == "large":
        tell("20,000 cards", *card_scenario_large.cut(*numbers))
    else:
        small(numbers)


main(*sys.argv[1:])
