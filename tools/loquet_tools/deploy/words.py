"""Each step of a deployment, for people: one line, or none.

The keys are the `step` of what `--json` prints.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

Step = dict[str, Any]

# Short transfers are told when they are done.
QUIET_S = 2.0


def teller(as_json: bool) -> Callable[[Step], None]:
    """Who prints the steps."""
    return _tell_json if as_json else Narrator().tell


def _tell_json(step: Step) -> None:
    print(json.dumps(step), flush=True)


class Narrator:
    """Prints lines, and while something is being written one every now and then."""

    def __init__(self) -> None:
        self._told_s = time.monotonic()

    def tell(self, step: Step) -> None:
        now_s = time.monotonic()
        if step["step"] == "writing" and now_s < self._told_s + QUIET_S:
            return
        self._told_s = now_s
        print(LINES[step["step"]](step), flush=True)


def _board(step: Step) -> str:
    version = f"{step['machine']}, MicroPython {step['version']}, program {step['digest'][:12]}"
    return f"{step['port']}: {version}"


def _file(step: Step) -> str:
    return f"  {step['name']:15} {step['bytes']:>7,} bytes   {step['state']}"


def _cards(step: Step) -> str:
    changes = f", {step['changes']} changes of its own" if step["changes"] else ""
    found = f"generation {step['generation']}, {step['count']:,} cards"
    return f"  {'cards':15} {found}{changes}   {step['state']}"


def _started(step: Step) -> str:
    heap = f", {step['heap_free']:,} bytes of heap free" if step.get("heap_free") else ""
    return f"The panel has started{heap}."


LINES: dict[str, Callable[[Step], str]] = {
    "board": _board,
    "flashed": lambda step: f"Flashed by {step['drive']}.",
    "formatted": lambda step: "  Its flash was empty: there is a file system now.",
    "maintenance": lambda step: "In maintenance: the outputs are at rest, nothing else runs.",
    "writing": lambda step: f"  {step['name']:15} {step['done']:,} of {step['of']:,}",
    "file": _file,
    "cards": _cards,
    "trouble": lambda step: f"  The panel reports: {step['name']}: {step['detail']}",
    "started": _started,
}
