"""MicroPython's own littlefs keeps the cards when power goes, as littlefs-python's does."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"MICROPYPATH": ".frozen:lib:."}
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"


def test_after_a_cut_the_old_state_is_there_or_the_new_one(capsys):
    command = [MICROPYTHON, "-X", "heapsize=32m", "host_tests/end_to_end/card_cuts.py"]
    phases = [str(phase) for phase in range(0, 18, 3)]

    done = subprocess.run(
        [*command, *phases], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )

    assert done.stderr == ""
    scenarios = [json.loads(line) for line in done.stdout.splitlines()]
    with capsys.disabled():
        for scenario in scenarios:
            print(f" [MicroPython, {scenario['name']}: {scenario['points']} cuts]", end="")
    assert [scenario for scenario in scenarios if scenario["complaints"]] == []
    assert len(scenarios) == 12 and all(scenario["points"] >= 40 for scenario in scenarios)
