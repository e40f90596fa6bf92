"""Started by the interpreter at the device's root: outputs safe first, then the app.

The only file that picks a hal: the one that board.json beside it names.
"""

import asyncio
import gc
import json

# Imports leave garbage between what stays. Collected too late, it would leave no room in one piece
# for the tables of cards and events.
IMPORT_GARBAGE_BYTES = 8192


async def main() -> None:
    with open("board.json") as file:
        board = json.load(file)
    hal_module = __import__("boards.hal." + board["hal"], None, None, ["open"])
    hal = await hal_module.open(board)
    collect_every(IMPORT_GARBAGE_BYTES)
    # Imported only now: on a device this takes long enough for a relay input to float meanwhile.
    from firmware.app import supervisor

    collect_every(-1)
    await supervisor.run(hal)


def collect_every(allocated_bytes: int) -> None:
    """Collects garbage after so many bytes; -1: only when the heap is full."""
    if hasattr(gc, "threshold"):  # CPython has its own ways
        gc.threshold(allocated_bytes)


running = main()
try:
    asyncio.run(running)
finally:
    # Ctrl-C takes MicroPython out of its loop without unwinding what runs in it: relays would stay.
    running.close()
