"""Started by the interpreter at the device's root: outputs safe first, then the app.

The only file that picks a hal: the one that board.json beside it names.
"""

import asyncio
import gc
import json

# What importing leaves behind is cleared away so often that it takes no place between what stays:
# large buffers are allocated next, each in one piece.
IMPORT_GARBAGE_BYTES = 16384


async def main() -> None:
    with open("board.json") as file:
        board = json.load(file)
    hal_module = __import__("boards.hal." + board["hal"], None, None, ["open"])
    hal = await hal_module.open(board)
    collect_after(IMPORT_GARBAGE_BYTES)
    # Imported only now: on a device this takes long enough for a relay input to float meanwhile.
    from firmware.app import supervisor

    # From here on the supervisor chooses when to collect.
    collect_after(-1)
    await supervisor.run(hal)


def collect_after(allocated_bytes: int) -> None:
    """Collects garbage each time so much was allocated; -1: only when there is no room."""
    if hasattr(gc, "threshold"):
        gc.threshold(allocated_bytes)


# boot.py, where there is one, leaves its names here.
if not globals().get("maintenance"):
    running = main()
    try:
        asyncio.run(running)
    finally:
        # Ctrl-C takes MicroPython out of its loop without unwinding what runs in it: relays would
        # stay.
        running.close()
