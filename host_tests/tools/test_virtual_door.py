"""The doors' end of the pins, over a real connection on this machine."""

import asyncio

from host_tests.support.loop import run, until
from loquet_tools.virtual_door import LOOK_SECONDS, VirtualDoor

LEVELS = [
    b"fire 1\n",
    b"wakeup 1\n",
    b"contact 0\n",
    b"rex 1\n",
    b"wakeup2 1\n",
    b"contact2 0\n",
    b"rex2 1\n",
]


class Watched(VirtualDoor):
    """A door that keeps what it tells."""

    def __init__(self):
        self.relay = []
        self.refused = []
        self.barks = []
        super().__init__(
            lambda place, energised: self.relay.append((place, energised)),
            self.refused.append,
            lambda: self.barks.append(asyncio.get_running_loop().time()),
        )

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


async def lines(reader, count):
    return [await reader.readline() for _ in range(count)]


def now():
    return asyncio.get_running_loop().time()


def test_a_panel_is_told_every_level_when_it_connects():
    async def play(door, reader, writer):
        assert await lines(reader, len(LEVELS)) == LEVELS

    with_door(play)


def test_each_relay_is_told_when_its_level_changes():
    async def play(door, reader, writer):
        writer.write(b"relay 0\nrelay2 0\nrelay 5000\nrel")
        await until(lambda: door.relay == [(0, True)])
        writer.write(b"ay 5000\nrelay2 5000\nrelay 0\n")
        await until(lambda: len(door.relay) == 3)
        assert door.relay == [(0, True), (1, True), (0, False)]
        assert door.energised == [False, True] and door.refused == []

    with_door(play)


def test_a_relay_falls_by_itself_when_its_time_is_over():
    async def play(door, reader, writer):
        began = now()
        writer.write(b"relay 80\nrelay2 5000\n")
        await until(lambda: door.relay == [(0, True), (1, True), (0, False)])
        assert now() - began >= 0.08

    with_door(play)


def test_a_relay_that_is_energised_again_has_its_time_anew():
    async def play(door, reader, writer):
        began = now()
        for _ in range(4):
            writer.write(b"relay 150\n")
            await asyncio.sleep(0.05)
        await until(lambda: door.relay == [(0, True), (0, False)])
        assert now() - began >= 0.3

    with_door(play)


def test_every_relay_falls_when_the_panel_goes():
    async def play(door, reader, writer):
        writer.write(b"relay 600000\nrelay2 600000\n")
        await until(lambda: door.energised == [True, True])
        writer.close()
        await until(lambda: door.energised == [False, False])

    with_door(play)


def test_the_watchdog_barks_once_when_it_is_not_fed_in_time():
    async def play(door, reader, writer):
        began = now()
        for _ in range(4):
            writer.write(b"watchdog 150\n")
            await asyncio.sleep(0.05)
        assert door.barks == []
        await until(lambda: door.barks)
        assert door.barks[0] - began >= 0.3
        await asyncio.sleep(0.2)
        assert len(door.barks) == 1

    with_door(play)


def test_a_panel_that_has_gone_needs_no_watchdog():
    async def play(door, reader, writer):
        writer.write(b"watchdog 50\nrelay 5000\n")
        await until(lambda: door.relay)
        writer.close()
        await until(lambda: len(door.relay) == 2)
        await asyncio.sleep(0.1)
        assert door.barks == []

    with_door(play)


def test_lines_that_are_no_panels_are_refused():
    bad = [b"relay -1", b"relay on", b"relay3 1", b"strike 1", b"contact 1", b"relay", b"x" * 100]

    async def play(door, reader, writer):
        writer.write(b"\n".join(bad) + b"\nrelay 5000\n")
        await until(lambda: door.energised[0])
        assert door.refused[:-1] == [line.decode() for line in bad[:-1]]
        assert len(door.refused) == len(bad)

    with_door(play)


def test_a_second_panel_is_sent_away():
    async def play(door, reader, writer):
        await reader.readline()
        other, other_writer = await door.panel()
        assert await other.read() == b""
        other_writer.close()
        writer.write(b"relay 5000\n")
        await until(lambda: door.energised[0])

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
        assert line == LEVELS[0]

    with_door(play)


def test_inputs_are_told_as_they_change():
    async def play(door, reader, writer):
        await lines(reader, len(LEVELS))
        door.set("rex", 0)
        door.set("contact2", 1)
        door.tell_time(1800000000)
        for place in (0, 1):
            door.wakeup(True, place)
            door.wakeup_edge(place)
            door.wakeup(False, place)
        assert await lines(reader, 7) == [
            b"rex 0\n",
            b"contact2 1\n",
            b"clock 1800000000\n",
            b"wakeup 0\n",
            b"wakeup 1\n",
            b"wakeup2 0\n",
            b"wakeup2 1\n",
        ]

    with_door(play)


def test_a_fall_without_its_edge_is_told_late():
    async def play(door, reader, writer):
        await lines(reader, len(LEVELS))
        began = now()
        door.wakeup(True)
        assert await reader.readline() == b"wakeup 0\n"
        assert now() - began >= LOOK_SECONDS * 0.9

    with_door(play)
