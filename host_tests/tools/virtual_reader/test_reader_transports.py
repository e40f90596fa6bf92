"""In process in virtual time; a real pty and a real TCP connection for a moment each."""

import asyncio
import os
import termios

from host_tests.tools.virtual_reader.rig import command
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.registers import OUTPUT_TLV
from loquet_tools.virtual_reader.transports import Coupling, Driver, Host, PtyWire, TcpWire

CARD = Card(bytes.fromhex("04A1B2C3D4E580"))
PING = command(1, 0x00, 0x00)
PONG = bytes.fromhex("16 81 00 00 00 00 81")


def make_line(**options):
    return FaultyLine(
        VirtualReader(Options(boot_ms=1, **options), Registers.smart_reader(OUTPUT_TLV))
    )


def test_coupling_calls_back_at_the_right_moment():
    line = make_line()
    happened = []
    host = Host(
        on_bytes=lambda data: happened.append((coupling.now_us, data)),
        on_wakeup=lambda asserted: happened.append((coupling.now_us, asserted)),
        on_edge=lambda: coupling.send(command(0, 0x00, 0xFE)),
    )
    coupling = Coupling(line, host, lambda: 38400)
    line.reader.power_on(0)
    coupling.run_until(10_000)
    coupling.send(command(0, 0x00, 0x11, (38400).to_bytes(4, "big")))
    coupling.run_until(100_000)
    line.reader.present(CARD, 100_000)
    coupling.run_until(200_000)
    poll_us = 120_000 + 1823 + 500
    assert happened[1] == (120_000, True)
    assert happened[2][0] == poll_us + 4167
    assert happened[3][0] == poll_us + 5730
    assert happened[4] == (poll_us + 5730, False)
    assert (happened[2][1] + happened[3][1])[5] == 0xB0


def test_coupling_garbles_at_another_rate():
    line = make_line()
    heard = []
    rate = [38400]
    coupling = Coupling(line, Host(on_bytes=heard.append), lambda: rate[0])
    line.reader.power_on(0)
    coupling.run_until(10_000)
    coupling.send(PING)
    coupling.run_until(12_000)
    rate[0] = 115200
    coupling.run_until(100_000)
    assert heard and PONG not in heard


async def fetch(get, count):
    """`count` bytes from a function that may give none yet; fails after two seconds."""
    data = b""
    for _ in range(2000):
        data += get()
        if len(data) >= count:
            return data
        await asyncio.sleep(0.001)
    raise AssertionError(f"only {data.hex()} came")


def set_speed(device, speed):
    settings = termios.tcgetattr(device)
    settings[4] = settings[5] = speed
    termios.tcsetattr(device, termios.TCSANOW, settings)


async def talk_on_a_pty():
    wire = PtyWire()
    levels = []
    async with Driver(make_line(), wire, Host(on_wakeup=levels.append)) as driver:
        device = os.open(wire.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

        def get():
            try:
                return os.read(device, 100)
            except BlockingIOError:
                return b""

        driver.power_on()
        await asyncio.sleep(0.01)
        begin_us = driver.now_us
        os.write(device, PING)
        assert await fetch(get, 7) == PONG
        # Two frames of 7 bytes and the reader's turn-around: never sooner than a real line.
        assert driver.now_us - begin_us >= 1823 + 500 + 1823

        set_speed(device, termios.B115200)
        os.write(device, PING)
        await asyncio.sleep(0.02)
        assert get() == b""

        set_speed(device, termios.B38400)
        await asyncio.sleep(0.12)
        os.write(device, command(0, 0x00, 0x11, (38400).to_bytes(4, "big")))
        await fetch(get, 7)
        driver.present(CARD)
        await asyncio.sleep(0.05)
        assert levels == [True]
        os.write(device, command(0, 0x00, 0xFE))
        assert (await fetch(get, 22))[5] == 0xB0
        driver.set_fault("silence", "on")
        os.write(device, PING)
        await asyncio.sleep(0.02)
        assert get() == b""
        os.close(device)


def test_pty_in_real_time():
    asyncio.run(talk_on_a_pty())


async def talk_over_tcp():
    wire = TcpWire()
    async with Driver(make_line(), wire) as driver:
        driver.power_on()
        await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(PING)
        assert await asyncio.wait_for(reader.readexactly(7), 2) == PONG
        second, other = await asyncio.open_connection("127.0.0.1", wire.port)
        assert await asyncio.wait_for(second.read(), 2) == b""
        other.close()
        writer.write(PING)
        assert await asyncio.wait_for(reader.readexactly(7), 2) == PONG
        writer.close()


def test_tcp_serves_one_client():
    asyncio.run(talk_over_tcp())
