"""MicroPython's own littlefs keeps the cards when power goes, as littlefs-python's does."""

import json
import os
import random
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"MICROPYPATH": ".frozen:lib:."}
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"


def cut(*arguments):
    """{scenario: number of points} of card_cuts.py, which must not complain."""
    command = [MICROPYTHON, "-X", "heapsize=128m", "host_tests/end_to_end/card_cuts.py"]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stderr == ""
    scenarios = [json.loads(line) for line in done.stdout.splitlines()]
    assert [scenario for scenario in scenarios if scenario["complaints"]] == []
    return {scenario["name"]: scenario["points"] for scenario in scenarios}


def test_after_any_cut_the_old_state_is_there_or_the_new_one(capsys):
    points = cut("small", *range(0, 18, 3))

    with capsys.disabled():
        print(" [MicroPython:", ", ".join(f"{name} {points[name]}" for name in points), "cuts]")
    assert len(points) == 12 and all(count >= 40 for count in points.values())


def test_20000_cards_are_the_old_or_the_new_ones_after_a_cut(capsys):
    seed = int(os.environ.get("LOQUET_SEED", random.randrange(10**6)))

    points = cut("large", seed, 30)

    with capsys.disabled():
        print(f" [MicroPython: {points} cuts, LOQUET_SEED={seed}]")
    assert points == {"20,000 cards": 30}
