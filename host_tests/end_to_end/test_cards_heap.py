"""20,000 cards are opened, looked up, changed, merged and replaced in the heap of a Pico."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"MICROPYPATH": ".frozen:lib:."}
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"


def test_20000_cards_fit_into_the_heap_of_a_pico(tmp_path, capsys):
    script = "host_tests/end_to_end/cards_in_a_small_heap.py"
    command = [MICROPYTHON, "-X", "heapsize=192k", script, tmp_path / "cards"]

    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )

    assert done.stderr == ""
    steps = {step["step"]: step for step in map(json.loads, done.stdout.splitlines())}
    with capsys.disabled():
        for name, step in steps.items():
            print(f"\n  {name}: {step['free']} bytes free", end="")
    assert steps["program"]["heap"] <= 192 * 1024
    # What the cards take, on a Pico and here alike: tables of bytes, allocated once.
    assert steps["program"]["free"] - steps["started"]["free"] < 60000
    assert steps["replaced"]["free"] > 80000
