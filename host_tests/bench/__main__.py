"""Runs device.py and storage.py on MicroPython and on CPython; prints tables, and all as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

from host_tests.bench import flash_page

ROOT = Path(__file__).resolve().parents[2]
# What is run, and the heap it has on MicroPython: a flash chip of 1.4 MB is in that of storage.py.
PARTS = {"host_tests/bench/device.py": "2m", "host_tests/bench/storage.py": "64m"}
RECEIVE_PATH = "host_tests/bench/receive_path.py"
INTERPRETERS = {
    "MicroPython": [str(ROOT / ".cache/micropython/micropython"), "-X", "heapsize={}"],
    "CPython": [sys.executable],
}


def figures(command: list[str]) -> dict:
    """What all parts say on this interpreter."""
    found = {}
    for part, heap in PARTS.items():
        found |= json.loads(run([*(word.format(heap) for word in command), part]))
    return found


def run(command: list[str]) -> str:
    # MICROPYPATH replaces MicroPython's own path: asyncio and the like are frozen into it.
    paths = {"MICROPYPATH": ".frozen:lib:.", "PYTHONPATH": "lib:."}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **paths},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def rows(found: dict[str, dict]) -> list[tuple[str, list[float]]]:
    """(what, figure of each interpreter) for the table."""
    sizes = found["CPython"]["decode_us_per_byte"]
    return [
        *(
            (f"decode, frames of {size} bytes, us a byte", _each(found, "decode_us_per_byte", size))
            for size in sizes
        ),
        *(
            (f"last event byte to relay, {part}, us", _each(found, "event_to_relay_us", part))
            for part in found["CPython"]["event_to_relay_us"]
        ),
        *(
            (f"{part}, without the chip's time, us", _each(found, "storage_us", part))
            for part in found["CPython"]["storage_us"]
        ),
    ]


def _each(found: dict[str, dict], name: str, part: str) -> list[float]:
    return [one[name][part] for one in found.values()]


def main() -> None:
    found = {name: figures(command) for name, command in INTERPRETERS.items()}
    works = flash_page.work()
    print(f"{'':48}{'MicroPython':>12}{'CPython':>12}{'ratio':>8}")
    for what, (device, desktop) in rows(found):
        print(f"{what:48}{device:12.2f}{desktop:12.2f}{device / desktop:8.2f}")
    print("\n" + run([*INTERPRETERS["MicroPython"][:1], RECEIVE_PATH]))
    print(flash_page.work_section(works))
    print(json.dumps(found | {"flash_work": flash_page.figures(works)}))


if __name__ == "__main__":
    main()
