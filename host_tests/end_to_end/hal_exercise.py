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
    port = hal.reader_port(0, Reader, lambda: None)
    board = Board(hal, say, board.get("udp"))
    for name, coroutine in hal.tasks(lambda name, detail: say("trouble", name, detail)):
        asyncio.create_task(until_it_fails(say, name, coroutine))
    say("ready")
    buffer = bytearray(64)
    while True:
        if port.any():
            count = port.readinto(buffer)
            await obey(bytes(buffer[:count]), hal, port, board, say)
        await asyncio.sleep(0.002)


class Board:
    """Every pin that the board has."""

    def __init__(self, hal, say, udp):
        self.udp_at = udp
        self.udp = udp and hal.udp_port(udp[0], udp[1], lambda: say("datagram"))
        self.wakeup = hal.wakeup(0, lambda: say("edge"))
        self.second_wakeup = hal.wakeup(1, lambda: say("second edge"))
        self.doors = [hal.door(place, lambda: say("change")) for place in (0, 1)]
        self.fire = hal.fire(lambda: say("fire"))

    def levels(self):
        doors = [[door.contact.level(), door.rex.level()] for door in self.doors]
        return doors + [self.fire.level()]


async def obey(command, hal, port, board, say):
    """One byte is one command; everything else is sent back."""
    if command == b"e":
        board.doors[0].relay.energise(2000)
    elif command == b"d":
        board.doors[0].relay.fall()
    elif command == b"2":
        board.doors[1].relay.energise(700)
    elif command == b"l":
        edge_ms = board.wakeup.edge_ms()
        age_ms = None if edge_ms is None else hal.ticks_ms() - edge_ms
        say("levels", board.levels(), board.wakeup.asserted(), age_ms)
    elif command == b"n":
        say("more", refusal(hal.door, 2, None), refusal(hal.wakeup, 2, None))
    elif command == b"t":
        hal.set_wall_clock(5)
        say("time", hal.wall_clock(), hal.time_told(), hal.time_told(), hal.reset_cause())
    elif command == b"w":
        hal.watchdog(8000).feed()
    elif command == b"a":
        say("occupied", refusal(hal.udp_port, "127.0.0.1", board.udp_at[1], None))
    elif command == b"g":
        receive(board.udp, say)
    elif command == b"r":
        await keep_telling(board.doors[0].relay, say)
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


def refusal(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)


def receive(udp, say):
    """Takes one datagram and answers it."""
    buffer = memoryview(bytearray(32))
    arrived = udp.receive_into(buffer)
    if arrived is not None:
        udp.send(b"heard", arrived[1], arrived[2])
        arrived = [arrived[1], arrived[2], bytes(buffer[: arrived[0]]).decode()]
    say("arrived", arrived)


async def keep_telling(relay, say):
    """Tells the door more than anybody's buffer holds."""
    try:
        for _ in range(1000000):
            relay.energise(100000000)
    except OSError as error:
        say("refused", str(error))


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
