"""Runs boards/hal/unix.py by itself, as a program, on either interpreter.

Says on stdout what it saw, does what it is told on the wire: the test at the other ends of its
serial line and its pins is test_unix_hal.py.
"""

import asyncio
import json


class Reader:
    name = "front"
    bitrate = 38400


async def main():
    with open("board.json") as file:
        board = json.load(file)
    module = __import__("boards.hal.unix", None, None, ["open"])
    hal = await module.open(board)
    say = Sayer(hal)
    port = hal.reader_port(Reader, lambda: None)
    wakeup = hal.wakeup(Reader, lambda: say("edge"))
    for name, coroutine in hal.tasks(lambda name, detail: say("trouble", name, detail)):
        asyncio.create_task(until_it_fails(say, name, coroutine))
    say("ready")
    buffer = bytearray(64)
    while True:
        if port.any():
            count = port.readinto(buffer)
            await obey(bytes(buffer[:count]), hal, port, wakeup, say)
        await asyncio.sleep(0.002)


async def obey(command, hal, port, wakeup, say):
    """One byte is one command; everything else is sent back."""
    if command == b"e":
        hal.output("relay").write(True)
    elif command == b"d":
        hal.output("relay").write(False)
    elif command == b"l":
        edge_ms = wakeup.edge_ms()
        age_ms = None if edge_ms is None else hal.ticks_ms() - edge_ms
        levels = [hal.input(name).level() for name in ("wakeup", "contact", "rex")]
        say("levels", levels, wakeup.asserted(), age_ms)
    elif command == b"b":
        port.set_bitrate(921600)
        say("bitrate")
    elif command == b"f":
        await fill(port, say)
    elif command == b"p":
        while hal.print_line("x" * 1000):
            pass
        port.start(b"full")
    elif command == b"x":
        say("entropy", len(hal.entropy(4)), hal.storage_root())
        hal.reset("told to")
    elif command == b"h":
        hal.halt("told to")
    else:
        port.start(command)
        while not port.done():
            await asyncio.sleep(0.001)


async def fill(port, say):
    """Sends more than anybody's buffer holds, to somebody who does not read."""
    port.start(bytes(100000))
    await asyncio.sleep(0.05)
    say("filled", port.done())
    while not port.done():
        await asyncio.sleep(0.001)
    say("emptied")


async def until_it_fails(say, name, coroutine):
    try:
        await coroutine
    except OSError:
        say("failed", name)


class Sayer:
    def __init__(self, hal):
        self._hal = hal

    def __call__(self, *words):
        self._hal.print_line(json.dumps(words))


asyncio.run(main())
