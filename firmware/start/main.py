"""Started by the interpreter at the device's root: outputs safe first, then the app.

The only file that picks a hal: the one that board.json beside it names.
"""

import asyncio
import json


async def main() -> None:
    with open("board.json") as file:
        board = json.load(file)
    hal_module = __import__("boards.hal." + board["hal"], None, None, ["open"])
    hal = await hal_module.open(board)
    # Imported only now: on a device this takes long enough for a relay input to float meanwhile.
    from firmware.app import supervisor

    await supervisor.run(hal)


running = main()
try:
    asyncio.run(running)
finally:
    # Ctrl-C takes MicroPython out of its loop without unwinding what runs in it: relays would stay.
    running.close()
