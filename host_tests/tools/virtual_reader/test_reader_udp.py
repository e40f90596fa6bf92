"""$SCRDR and $SCCMD over UDP: what the registers let through, and real sockets on the loopback."""

import asyncio
import socket

import pytest

from host_tests.tools.virtual_reader.rig import LineRig, Rig
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.network import DIRECT, TEXT, Datagram
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR
from loquet_tools.virtual_reader.transports import Driver, Host
from loquet_tools.virtual_reader.udp import UdpSockets

CARD = Card(bytes.fromhex("047DAE02C84080"))
HOST = "10.0.0.9"
LINE = b"$SCRDR;13.56;NFC-A;0;;047DAE02C84080;;;*40\r\n"


def post(rig, data, address=HOST, port=4000, service=TEXT):
    rig.outputs.clear()
    rig.reader.receive_datagram(Datagram(service, data, address, port), rig.now_us)
    rig.collect()
    return rig.of("sequence")


def on_udp(**more):
    return Rig(Registers.on_udp(HOST, **more))


def test_a_card_is_told_to_the_configured_host():
    rig = on_udp()
    rig.present(CARD)
    assert rig.of("udp_tx") == [Datagram(TEXT, LINE, HOST, 4000)]


def test_the_port_is_that_of_register_0285_and_the_peer_that_of_0294():
    rig = Rig(Registers.on_udp("door.example", 5000))
    assert rig.reader.network.ports[TEXT] == 5000
    rig.present(CARD)
    assert rig.of("udp_tx")[0].address == "door.example"
    assert rig.of("udp_tx")[0].port == 5000


def test_without_0294_it_broadcasts():
    rig = Rig(Registers({0x02C0: b"\x44", 0x02A0: bytes((1, 3, 0, 1, 0))}))
    rig.present(CARD)
    assert [(out.address, out.port) for out in rig.of("udp_tx")] == [("255.255.255.255", 4000)]


def test_without_a_udp_profile_the_network_is_silent_and_deaf():
    rig = Rig(Registers.smart_reader(OUTPUT_SCRDR))
    rig.present(CARD)
    assert rig.of("udp_tx") == [] and len(rig.of("tx")) == 1
    assert post(rig, b"$SCCMD;SEQ=60\r\n") == []


@pytest.mark.parametrize(
    "data",
    [b"$SCCMD;SEQ=0E", b"$SCCMD;SEQ=0E\r\n", b"$SCCMD;SEQ=0E*44\r\n", b"$SCCMD;SEQ=0E*44"],
)
def test_a_command_is_obeyed_with_and_without_its_end(data):
    assert post(on_udp(), data) == [0x0E]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"$SCCMD;SEQ=0E*45",
        b"$SCCMD;SEQ:0E",
        b"$SCCMD;SEQ=0E\r\n$SCCMD;SEQ=60\r\n",
        b"\xff\xfe",
        b"$SCCMD;" + b"A" * 300,
    ],
)
def test_what_is_no_command_is_counted_and_passed_over(data):
    rig = on_udp()
    assert post(rig, data) == []
    assert rig.reader.counters["bad_lines"] == 1


def test_leds_and_buzzer():
    rig = on_udp()
    post(rig, b"$SCCMD;LEDS=92929292;BUZZ=0064\r\n")
    assert rig.of("leds") == [(0x92, 0x92, 0x92, 0x92)]
    assert rig.of("buzzer") == [100]


@pytest.mark.parametrize(
    ("options", "address", "port", "heard"),
    [
        (0, "10.0.0.1", 9, True),
        (1, HOST, 9, True),
        (1, "10.0.0.1", 4000, False),
        (2, "10.0.0.1", 4000, True),
        (2, HOST, 9, False),
        (3, HOST, 4000, True),
        (3, "10.0.0.1", 4000, False),
        (3, HOST, 9, False),
    ],
)
def test_register_0295_says_who_is_heard(options, address, port, heard):
    rig = on_udp(udp_options=options)
    assert post(rig, b"$SCCMD;SEQ=60", address, port) == ([0x60] if heard else [])
    assert rig.reader.counters["datagrams_refused"] == (0 if heard else 1)


def test_without_power_nothing_is_heard():
    rig = on_udp()
    rig.reader.power_off(rig.now_us)
    assert post(rig, b"$SCCMD;SEQ=60") == []


def faulty(name, value):
    rig = LineRig(registers=Registers.on_udp(HOST))
    rig.line.set(name, value)
    rig.present(CARD)
    return rig.of("udp_rx")


def test_a_line_without_faults_hands_datagrams_over():
    rig = LineRig(registers=Registers.on_udp(HOST))
    rig.present(CARD)
    assert [datagram.data for datagram in rig.of("udp_rx")] == [LINE]
    rig.line.receive_datagram(Datagram(TEXT, b"$SCCMD;SEQ=60", HOST, 4000), rig.now_us)
    rig.run(1)
    assert rig.of("sequence") == [0x60]


def test_faults_strike_datagrams_too():
    assert faulty("silence", "on") == []
    assert faulty("lost_frame", "1 to_host") == []
    assert [datagram.data for datagram in faulty("duplicate_frame", 1)] == [LINE, LINE]
    assert faulty("delay", "31") == [] and len(faulty("delay", "30")) == 1
    (changed,) = faulty("corrupt", 1)
    assert changed.data != LINE and len(changed.data) == len(LINE)


# Real sockets


def listening():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


async def heard_by(sock):
    """The next datagram and where it is from."""

    async def wait():
        while True:
            try:
                return sock.recvfrom(4096)
            except BlockingIOError:
                await asyncio.sleep(0.001)

    return await asyncio.wait_for(wait(), 2)


async def until(condition):
    async def wait():
        while not condition():
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), 2)


async def talk(registers, sockets, sock):
    reader = VirtualReader(Options(boot_ms=1), registers)
    played = []

    def note(happened):
        if happened.kind == "sequence":
            played.append(happened.value)

    async with Driver(FaultyLine(reader), host=Host(on_output=note), sockets=sockets) as driver:
        driver.power_on()
        await asyncio.sleep(0.01)
        driver.present(CARD)
        data, source = await heard_by(sock)
        assert data == LINE
        assert source[1] == sockets.ports[TEXT]
        sock.sendto(b"$SCCMD;SEQ=60", source)
        await until(lambda: played == [0x60])


def test_from_presented_card_to_command_over_real_sockets():
    with listening() as sock:
        registers = Registers.on_udp("127.0.0.1", sock.getsockname()[1], udp_options=3)
        asyncio.run(talk(registers, UdpSockets("127.0.0.1", {TEXT: 0}), sock))


def test_both_ends_may_use_one_port_at_two_addresses():
    with listening() as sock:
        registers = Registers.on_udp("127.0.0.1", sock.getsockname()[1])
        asyncio.run(talk(registers, UdpSockets("127.0.0.2"), sock))


def test_a_peer_may_be_a_name():
    with listening() as sock:
        registers = Registers.on_udp("localhost", sock.getsockname()[1], udp_options=1)
        asyncio.run(talk(registers, UdpSockets("127.0.0.2"), sock))


def test_broadcasts_both_ways():
    """As the vendor's sample scripts listen and send: everywhere, no CR LF, no checksum."""

    async def run():
        reader = VirtualReader(Options(boot_ms=1), Registers.on_udp("127.255.255.255", port))
        kinds = []
        host = Host(on_output=lambda happened: kinds.append((happened.kind, happened.value)))
        async with Driver(FaultyLine(reader), host=host, sockets=sockets) as driver:
            driver.power_on()
            await asyncio.sleep(0.01)
            driver.present(CARD)
            assert (await heard_by(listener))[0] == LINE
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            listener.sendto(b"$SCCMD;SEQ=0E", ("127.255.255.255", sockets.ports[TEXT]))
            await until(lambda: ("sequence", 0x0E) in kinds)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setblocking(False)
        listener.bind(("0.0.0.0", 0))
        port = listener.getsockname()[1]
        sockets = UdpSockets(local_ports={TEXT: 0, DIRECT: 0})
        asyncio.run(run())


def test_a_name_is_known_before_anything_is_sent():
    async def run():
        reader = VirtualReader(Options(boot_ms=1), registers)
        played = []
        host = Host(on_output=lambda happened: played.append(happened.kind))
        async with Driver(FaultyLine(reader), host=host, sockets=sockets) as driver:
            driver.power_on()
            await asyncio.sleep(0.01)
            sock.sendto(b"$SCCMD;SEQ=60", ("127.0.0.2", sockets.ports[TEXT]))
            await until(lambda: "sequence" in played)

    with listening() as sock:
        registers = Registers.on_udp("localhost", sock.getsockname()[1], udp_options=1)
        sockets = UdpSockets("127.0.0.2")
        asyncio.run(run())


def test_what_the_system_does_not_take_is_told():
    async def run():
        reader = VirtualReader(Options(boot_ms=1), Registers.on_udp("no host has this name"))
        told = []
        host = Host(on_output=lambda happened: told.append((happened.kind, happened.value)))
        async with Driver(FaultyLine(reader), host=host, sockets=sockets) as driver:
            driver.power_on()
            await asyncio.sleep(0.01)
            driver.present(CARD)
            await until(lambda: any("not sent to no host has" in str(value) for _, value in told))

    sockets = UdpSockets("127.0.0.2", {TEXT: 0})
    asyncio.run(run())


def test_a_port_that_is_taken_later_is_told():
    async def run():
        reader = VirtualReader(Options(boot_ms=1), Registers({0x0284: b"\x00"}))
        told = []
        host = Host(on_output=lambda happened: told.append(happened.value))
        async with Driver(FaultyLine(reader), host=host, sockets=UdpSockets()) as driver:
            reader.registers.write(0x02C0, b"\x44")
            reader.registers.write(0x0285, bytes(8) + port.to_bytes(2, "big") + bytes(4))
            driver.power_on()
            await until(lambda: f"UDP port {port} of 0.0.0.0: Address already in use" in told)
            assert reader.state == "running"

    with listening() as sock:
        port = sock.getsockname()[1]
        asyncio.run(run())


def test_a_port_that_is_taken_is_named():
    async def start():
        reader = VirtualReader(Options(), Registers.on_udp("127.0.0.1", port))
        async with Driver(FaultyLine(reader), sockets=UdpSockets()):
            raise AssertionError("started")

    with listening() as sock:
        port = sock.getsockname()[1]
        with pytest.raises(OSError, match=f"UDP port {port} of 0.0.0.0: Address already in use"):
            asyncio.run(start())
