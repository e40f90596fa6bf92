"""The power cuts of host_tests/storage on MicroPython's own littlefs. Run by test_card_cuts.py.

    MICROPYPATH=lib:. micropython -X heapsize=32m host_tests/end_to_end/card_cuts.py PHASE...

Prints one JSON object a scenario: name, points, complaints.
"""

import gc
import json
import sys

from host_tests.support.card_scenarios import SCENARIOS, cut


def main(phases):
    for name in SCENARIOS:
        points = 0
        complaints = []
        for phase in phases:
            more_points, more_complaints = cut(name, phase)
            points += more_points
            complaints += more_complaints
            gc.collect()
        print(json.dumps({"name": name, "points": points, "complaints": complaints}))


main([int(phase) for phase in sys.argv[1:]])
