"""Runs everything on as many rigs as there are processors; prints a table, or JSON.

python -m host_tests.bench_pico [--compact] [--passes N] [--json] [--write]
    --compact   fewer runs: what CI has time for
    --passes    cards that are laid in each run, 500 or, with --compact, 8; four times as many
                where memory is watched
    --write     keeps the figures in results.json and puts the tables into the pages

Ends with 1, and the reasons, if something does not hold that always has to.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from host_tests.bench_pico import costs, door, lines, page, results
from host_tests.pico.rs485 import RATES

MANY = 20_000
# Template data of a card whose message is longer than what a UART's FIFO holds.
LONG_DATA = 64
# As many as lead to a merge of the list, and some.
CHANGES = 900

Job = tuple[str, Callable[..., Any], tuple[Any, ...]]


def door_row(plan: door.Plan) -> dict[str, Any]:
    found = door.run(plan)
    row = {"latency": results.latency(plan, found)}
    if plan.cards == MANY and not plan.writing:
        row["heap"] = results.heap(found)
    return row


def loss_row(plan: door.Plan) -> dict[str, Any]:
    return results.loss(plan, door.run(plan))


def jobs(compact: bool, passes: int) -> list[Job]:
    """(part, function, arguments) of every run, the longest first."""
    changes = 60 if compact else CHANGES
    found: list[Job] = [
        ("flash_work", costs.flash_work, (changes, changes // 16 * 8)),
        *(("door", door_row, (plan,)) for plan in door_plans(compact, passes)),
        *(("loss", loss_row, (plan,)) for plan in loss_plans(compact, passes)),
        ("decode_us_per_byte", costs.decode_us_per_byte, ()),
    ]
    if not compact:
        found.append(("calibration", lines.calibration, ()))
    found += [
        ("direction", lines.direction, (rate, by)) for by in ("pio", "uart") for rate in RATES
    ]
    return found


def door_plans(compact: bool, passes: int) -> list[door.Plan]:
    """Every pair of rates, lists and work; compact: the long list at the power-up rate."""
    plans = [
        door.Plan(cards, rate, writing, passes)
        for cards in ((MANY,) if compact else (MANY, 20))
        for rate in ((38400,) if compact else (38400, 115200))
        for writing in (False, True)
    ]
    # What memory does shows in a longer run.
    plans[0] = replace(plans[0], passes=passes * 4)
    return plans


def loss_plans(compact: bool, passes: int) -> list[door.Plan]:
    """A reader that waits to be asked, and both kinds that do not."""
    # The first ten seconds of work wait for a quiet that never is.
    laid = 30 if compact else max(60, passes // 4)
    return [
        door.Plan(20, 38400, True, laid, events, data)
        for events in ("wakeup", "spontaneous", "text")
        for data in ((LONG_DATA,) if compact else (0, LONG_DATA))
    ]


def measure(compact: bool, passes: int) -> dict[str, Any]:
    found: dict[str, Any] = {"compact": compact, "latency": [], "loss": [], "direction": []}
    # It is the rig's and changes with the rig only.
    found["calibration"] = page.kept()["calibration"]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = [
            (part, pool.submit(function, *arguments))
            for part, function, arguments in jobs(compact, passes)
        ]
        for part, future in running:
            _take(found, part, future.result())
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def _take(found: dict[str, Any], part: str, result: Any) -> None:
    if part == "door":
        found["latency"].append(result["latency"])
        heap = result.get("heap", {"passes": 0})
        # Of the longest run.
        if heap["passes"] > found.get("heap", {"passes": 0})["passes"]:
            found["heap"] = heap
    elif part in ("loss", "direction"):
        found[part].append(result)
    else:
        found[part] = result


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_pico")
    for option in ("--compact", "--json", "--write"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("--passes", type=int)
    wanted = parser.parse_args()
    found = measure(wanted.compact, wanted.passes or (8 if wanted.compact else 500))
    if wanted.write:
        page.write(found)
    print(json.dumps(found, indent=1) if wanted.json else page.tables(found))
    sys.exit(page.broken(found))


if __name__ == "__main__":
    main()
