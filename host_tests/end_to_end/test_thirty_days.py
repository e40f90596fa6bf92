"""Thirty days at two doors, on MicroPython in the heap of a Pico, on a flash that loses power.

The panel, its cards and its log are the firmware's, in a process of their own; a power cut ends it
as it would: killed, in the middle of an erase or a program.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from host_tests.support.month_model import Month
from host_tests.support.month_script import DAYS, MINUTE_MS, SETTINGS, Plan, Script
from loquet_tools.device_folder import compile_module, fill
from loquet_tools.panel_process import HEAP_KIB
from loquet_tools.paths import ROOT

MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"
PROGRAM = Path("host_tests/end_to_end/thirty_days.py")
FLASH_BYTES = 512 * 1024

# Ten minutes later the counter of milliseconds wraps for the first time.
FIRST_TICK = (1 << 29) - 10 * MINUTE_MS
CUTS = 150
# A start that leaves the heap in small pieces cannot make its tables the next time.
SMALLEST_PIECE = 16384
STARTS_DIFFER = 256

COMMAND = [MICROPYTHON, "-X", f"heapsize={HEAP_KIB}wK", "-c", "import thirty_days as t; t.main()"]


@pytest.fixture(scope="session")
def device(tmp_path_factory):
    """The firmware as a device has it, compiled, and the program that lives the month in it."""
    folder = tmp_path_factory.mktemp("device")
    fill(folder, {}, True)
    compile_module(PROGRAM, folder / "thirty_days.mpy")
    return folder


@pytest.fixture
def seed():
    return int(os.environ.get("LOQUET_SEED", random.randrange(10**6)))


class World:
    """Lives a plan's month, starting the panel again whenever power went."""

    def __init__(self, device: Path, folder: Path, plan: Plan):
        self._device = device
        self._folder = folder
        self._plan = plan
        self._random = random.Random(plan.seed + 1)
        script = Script(plan)
        (folder / "settings.json").write_text(json.dumps(SETTINGS))
        (folder / "flash").write_bytes(b"\xff" * FLASH_BYTES)
        self.month = Month(script.write(folder), script.lists)

    def live(self) -> Month:
        now_ms, offset, tick, operations = 0, 0, FIRST_TICK, 0
        while cut := self._life(now_ms, offset, tick, operations):
            now_ms, offset = cut
            now_ms += self._random.randrange(1000, 5 * MINUTE_MS)
            tick = self._random.randrange(1 << 29)
            # The start that follows may be cut off as well.
            operations = self._random.choice((0, 0, 1, 3, 7, 15))
        self.month.account()
        return self.month

    def _life(self, now_ms: int, offset: int, tick: int, operations: int):
        """Until power goes: (when, from which byte of the script on it goes on); None: the end."""
        how = self._random.choice(("half", "whole"))
        arguments = [self._folder, now_ms, offset, tick, operations, how]
        with subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=self._device,
            env={"MICROPYPATH": f".frozen:{self._device}/lib:{self._device}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout:
                words = line.split()
                self._read(line.rstrip("\n"), process.stdout)
                if words[0] == "cut":
                    process.kill()
                    return int(words[1]), int(words[2])
                if words[0] == "end":
                    return None
        raise AssertionError("the panel ended by itself")

    def _read(self, line: str, rest) -> None:
        if line.startswith("Traceback"):
            raise AssertionError(line + "\n" + rest.read())
        self.month.read(line)


def lived(device, folder, plan, say):
    """The month of a plan, about which there is nothing to complain."""
    begun = time.monotonic()
    world = World(device, folder, plan)
    try:
        month = world.live()
    finally:
        shutil.rmtree(folder)  # flash and script: megabytes
    say(f"LOQUET_SEED={plan.seed}: {time.monotonic() - begun:.0f} s")
    say(", ".join(f"{count} {name}" for name, count in month.counts.most_common()))
    say(
        f"bytes of heap free at the end of day 1: {month.free[0]}, of day {DAYS}: {month.free[-1]}"
        f"; the largest piece: {month.piece_by_day[0]}, {month.piece_by_day[-1]}"
        f", after each start at least {month.piece_at_start}"
    )
    assert month.complaints == [], f"LOQUET_SEED={plan.seed}"
    assert len(month.free) == DAYS
    assert month.counts["cards shown"] >= 50000
    assert month.piece_at_start >= SMALLEST_PIECE
    return month


def test_in_one_life_of_thirty_days_no_record_is_lost_and_no_byte(device, tmp_path, seed, say):
    month = lived(device, tmp_path, Plan(seed), say)

    assert set(month.free) == {month.free[0]}


def test_power_cuts_cost_no_card_that_no_gap_tells_of(device, tmp_path, seed, say):
    month = lived(device, tmp_path, Plan(seed, cuts=CUTS), say)

    assert month.counts["cuts"] >= CUTS
    # Each start lays out the heap anew, so a small object may be one block longer or not.
    assert max(month.free) - min(month.free) <= STARTS_DIFFER
