"""Runs device.py on MicroPython and on CPython; prints a table, and all of it as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVICE = "host_tests/bench/device.py"
INTERPRETERS = {
    "MicroPython": [str(ROOT / ".cache/micropython/micropython"), "-X", "heapsize=2m"],
    "CPython": [sys.executable],
}


def figures(command: list[str]) -> dict:
    """What device.py says on this interpreter."""
    # MICROPYPATH replaces MicroPython's own path: asyncio and the like are frozen into it.
    paths = {"MICROPYPATH": ".frozen:lib:.", "PYTHONPATH": "lib:."}
    done = subprocess.run(
        [*command, DEVICE],
        cwd=ROOT,
        env={**os.environ, **paths},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def rows(found: dict[str, dict]) -> list[tuple[str, list[float]]]:
    """(what, figure of each interpreter) for the table."""
    sizes = found["CPython"]["decode_us_per_byte"]
    return [
        (f"decode, frames of {size} bytes, us a byte", _each(found, "decode_us_per_byte", size))
        for size in sizes
    ] + [
        (f"last event byte to relay, {part}, us", _each(found, "event_to_relay_us", part))
        for part in found["CPython"]["event_to_relay_us"]
    ]


def _each(found: dict[str, dict], name: str, part: str) -> list[float]:
    return [one[name][part] for one in found.values()]


def main() -> None:
    found = {name: figures(command) for name, command in INTERPRETERS.items()}
    print(f"{'':44}{'MicroPython':>12}{'CPython':>12}{'ratio':>8}")
    for what, (device, desktop) in rows(found):
        print(f"{what:44}{device:12.2f}{desktop:12.2f}{device / desktop:8.2f}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
