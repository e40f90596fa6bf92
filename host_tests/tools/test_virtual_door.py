"""The door's end of the pins, over a real connection on this machine."""

import asyncio

from host_tests.support.loop import run, until
from loquet_tools.virtual_door import LOOK_SECONDS, VirtualDoor


class Watched(VirtualDoor):
    """A door that keeps what it tells."""

    def __init__(self):
        self.relay = []
        self.refused = []
        super().__init__(self.relay.append, self.refused.append)

    async def panel(self):
        _, host, port = self.address.split(":")
        return await asyncio.open_connection(host, int(port))


def with_door(play):
    async def playing():
        async with Watched() as door:
            reader, writer = await door.panel()
            try:
                await play(door, reader, writer)
            finally:
                writer.close()

    run(playing())


def test_a_panel_is_told_every_level_when_it_connects():
    async def play(door, reader, writer):
        lines = [await reader.readline() for _ in range(3)]
        assert lines == [b"wakeup 1\n", b"contact 0\n", b"rex 1\n"]

    with_door(play)


def test_the_relay_is_told_when_its_level_changes():
    async def play(door, reader, writer):
        writer.write(b"relay 0\nrelay 0\nrelay 1\nrel")
        await until(lambda: door.relay == [True])
        writer.write(b"ay 1\nrelay 0\n")
        await until(lambda: door.relay == [True, False])
        assert not door.energised and door.refused == []

    with_door(play)


def test_the_relay_falls_when_the_panel_goes():
    async def play(door, reader, writer):
        writer.write(b"relay 1\n")
        await until(lambda: door.energised)
        writer.close()
        await until(lambda: not door.energised)
        assert door.relay == [True, False]

    with_door(play)


def test_lines_that_are_no_panels_are_refused():
    async def play(door, reader, writer):
        writer.write(b"relay 2\nstrike 1\n" + b"x" * 100 + b"\nrelay 1\n")
        await until(lambda: door.energised)
        assert door.refused[:2] == ["relay 2", "strike 1"]
        assert len(door.refused) == 3

    with_door(play)


def test_a_second_panel_is_sent_away():
    async def play(door, reader, writer):
        await reader.readline()
        other, other_writer = await door.panel()
        assert await other.read() == b""
        other_writer.close()
        writer.write(b"relay 1\n")
        await until(lambda: door.energised)

    with_door(play)


def test_a_panel_may_come_after_another_has_gone():
    async def play(door, reader, writer):
        await reader.readline()
        writer.close()
        line = b""
        while not line:
            next_reader, next_writer = await door.panel()
            line = await next_reader.readline()
            next_writer.close()
        assert line == b"wakeup 1\n"

    with_door(play)


def test_inputs_are_told_as_they_change():
    async def play(door, reader, writer):
        for _ in range(3):
            await reader.readline()
        door.set("rex", 0)
        door.wakeup(True)
        door.wakeup_edge()
        door.wakeup(False)
        lines = [await reader.readline() for _ in range(3)]
        assert lines == [b"rex 0\n", b"wakeup 0\n", b"wakeup 1\n"]

    with_door(play)


def test_a_fall_without_its_edge_is_told_late():
    async def play(door, reader, writer):
        for _ in range(3):
            await reader.readline()
        loop = asyncio.get_running_loop()
        began = loop.time()
        door.wakeup(True)
        assert await reader.readline() == b"wakeup 0\n"
        assert loop.time() - began >= LOOK_SECONDS * 0.9

    with_door(play)
