"""Direct over UDP: frames, broadcasts and quiet, several hosts; real sockets for a moment."""

import asyncio
import socket
import sys
from random import Random

import pytest

from host_tests.tools.virtual_reader.rig import LineRig, Rig
from host_tests.tools.virtual_reader.test_reader_instructions import HOST, ask
from host_tests.tools.virtual_reader.test_reader_udp import heard_by
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.network import DIRECT, MOST_HOSTS, TEXT, Datagram
from loquet_tools.virtual_reader.transports import Driver
from loquet_tools.virtual_reader.udp import UdpSockets

CARD = Card(bytes.fromhex("047DAE02C84080"))
PING = bytes.fromhex("05 00 00 00 00")
PONG = bytes.fromhex("85 00 00 00 00")
STAY_QUIET = (0x00, 0x07)
CLEAR_QUIET = (0x00, 0x08)


def post(rig, data, host=HOST, broadcast=False, wait_ms=10):
    rig.outputs.clear()
    data = bytes.fromhex(data) if isinstance(data, str) else data
    rig.reader.receive_datagram(Datagram(DIRECT, data, *host, broadcast), rig.now_us)
    rig.run(wait_ms)
    return [datagram.data.hex(" ").upper() for datagram in rig.of("udp_tx")]


def test_it_is_open_by_default_and_as_registers_say():
    assert Rig(Registers()).reader.network.ports == {DIRECT: 3978}
    for services, ports in (("00", {}), ("08", {}), ("04", {DIRECT: 3978})):
        rig = Rig(Registers({0x0284: bytes.fromhex(services)}))
        assert rig.reader.network.ports == ports
        assert (ask(rig, 0x00, 0x00) == b"\x00") == bool(ports)
    moved = Rig(Registers({0x0285: bytes.fromhex("0000 0000 1234") + bytes(8)}))
    assert moved.reader.network.ports == {DIRECT: 0x1234}


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        ("05 00 00 00 00", ["85 00 00 00 00"]),
        ("05 5E 00 02 01 02 03", ["85 5E 00 02 01 02 03"]),
        ("05 00 00 01 00", ["85 00 00 00 F7"]),
        ("05 00 00 00 00 00", ["85 00 00 00 F7"]),
        ("85 00 00 00 00", []),
        ("15 00 00 00 00 00 00", []),
        ("25 00 00 00 00", []),
        ("16 05 00 00 00 00 05", []),
        ("05 00 00 00", []),
        ("", []),
    ],
)
def test_frames(sent, answers):
    assert post(Rig(), sent) == answers


def test_a_payload_too_long_is_f8():
    rig = Rig(command_buffer_bytes=8)
    assert post(rig, "05 5E 00 07" + "00" * 8) == ["85 5E 00 07" + " 00" * 8]
    assert post(rig, "05 5E 00 08" + "00" * 9) == ["85 00 00 00 F8"]


def test_time_extension_and_cancel():
    rig = Rig(slow_ms={(0x58, 0x90): 1500})
    assert post(rig, "01 58 00 01 90 60", wait_ms=950) == ["81 00 00 00 F0"]
    assert post(rig, "02 00 00 00 F0", wait_ms=700) == ["82 58 00 00 00"]
    assert rig.of("sequence") == [0x60]
    post(rig, "01 58 00 01 90 61", wait_ms=100)
    assert post(rig, "02 00 00 00 FC") == ["82 00 00 00 FC"]


def test_a_lost_time_extension_request():
    rig = LineRig(slow_ms={(0x58, 0x90): 1500})
    rig.line.set("lost_f0", 1)
    asked = Datagram(DIRECT, bytes.fromhex("01 58 00 01 90 60"), *HOST)
    rig.line.receive_datagram(asked, rig.now_us)
    rig.run(1600)
    assert rig.of("fault") == ["lost_f0"] and rig.of("udp_rx") == []
    rig.line.receive_datagram(Datagram(DIRECT, bytes.fromhex("02 00 00 00 F0"), *HOST), rig.now_us)
    rig.run(10)
    assert [told.data.hex() for told in rig.of("udp_rx")] == ["825800" + "0000"]


def test_noise_from_the_network_does_nothing():
    """10,000 datagrams, to both services, of noise and of almost good messages."""
    random = Random(3978)
    good = [
        bytes.fromhex("05 00 00 00 00"),
        b"$SCCMD;SEQ=60\r\n",
        bytes.fromhex("05 58 00 01 90 60"),
    ]
    rig = Rig(Registers.on_udp(HOST[0]))
    for number in range(10_000):
        data = bytearray(
            random.choice(good) if number % 2 else random.randbytes(random.randrange(40))
        )
        for _ in range(random.randrange(1, 4)):
            if data:
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        service = random.choice((TEXT, DIRECT))
        datagram = Datagram(service, bytes(data), HOST[0], random.randrange(20), number % 3 == 0)
        rig.reader.receive_datagram(datagram, rig.now_us)
        rig.run(1)
        if rig.reader.state != "running":
            rig.run(1000)
    assert rig.reader.state == "running"
    answered = [told for told in rig.of("udp_tx") if told.service == DIRECT]
    assert all(told.data[0] & 0xF0 in (0x80, 0xC0) for told in answered)
    assert ask(rig, 0x00, 0x00, host=("10.0.0.200", 1)) == b"\x00"


def test_ping_event_comes_to_the_host_that_asked():
    assert post(Rig(), "05 00 00 00 01") == ["85 00 00 00 00", "C0 00 00 00 00"]


def test_tag_events_come_to_every_host_that_has_spoken():
    rig = Rig(Registers({0x02A0: bytes((0x01, 3, 0, 0, 0))}))
    rig.present(CARD)
    assert rig.of("udp_tx") == []
    other = ("10.0.0.10", 1)
    ask(rig, 0x00, 0x00)
    ask(rig, 0x00, 0x00, host=other)
    rig.outputs.clear()
    rig.remove()
    rig.present(CARD, wait_ms=1100)
    told = rig.of("udp_tx")
    assert [(datagram.address, datagram.port) for datagram in told] == [HOST, other]
    assert told[0].data.hex().upper() == "C05B000FB0C104800301" + "00C207" + "047DAE02C84080"


def test_the_host_silent_for_longest_is_forgotten():
    rig = Rig(Registers({0x02A0: bytes((0x01, 3, 0, 0, 0))}))
    for number in range(MOST_HOSTS + 1):
        ask(rig, 0x00, 0x00, host=("10.0.0.1", number))
    rig.outputs.clear()
    rig.present(CARD)
    assert [datagram.port for datagram in rig.of("udp_tx")] == list(range(1, MOST_HOSTS + 1))


def test_quiet_is_for_broadcasts_only():
    rig = Rig()
    assert ask(rig, 0x00, 0x00, broadcast=True) == b"\x00"
    assert ask(rig, *STAY_QUIET) == b"\x00"
    assert ask(rig, 0x00, 0x00, broadcast=True) is None
    assert ask(rig, 0x58, 0x90, b"\x60", broadcast=True) is None and rig.of("sequence") == []
    assert ask(rig, *STAY_QUIET, broadcast=True) is None
    assert ask(rig, 0x00, 0x00) == b"\x00"
    assert ask(rig, *CLEAR_QUIET) == b"\x00"
    assert ask(rig, 0x00, 0x00, broadcast=True) == b"\x00"
    assert rig.reader.counters["kept_quiet"] == 3


def test_a_broadcast_wakes_all_that_are_quiet():
    rig = Rig()
    assert ask(rig, *STAY_QUIET, broadcast=True) == b"\x00"
    assert ask(rig, *CLEAR_QUIET, broadcast=True) == b"\x00"
    assert ask(rig, 0x00, 0x00, broadcast=True) == b"\x00"


def test_quiet_ends_with_a_reset():
    rig = Rig()
    ask(rig, *STAY_QUIET)
    ask(rig, 0x58, 0x8E)
    rig.run(1000)
    assert ask(rig, 0x00, 0x00, broadcast=True) == b"\x00"


def test_register_0295_is_not_about_direct():
    rig = Rig(Registers.on_udp("10.0.0.77", udp_options=3))
    assert ask(rig, 0x00, 0x00) == b"\x00"


def test_a_reset_by_udp_is_answered_first():
    rig = Rig()
    assert ask(rig, 0x58, 0x8E) == b"\x00"
    assert rig.of("power") == ["booting"]


# Real sockets


async def talk(sock, address, sockets):
    reader = VirtualReader(Options(boot_ms=1), Registers())
    async with Driver(FaultyLine(reader), sockets=sockets) as driver:
        driver.power_on()
        await asyncio.sleep(0.01)
        to = (address, sockets.ports[DIRECT])
        sock.sendto(PING, to)
        assert (await heard_by(sock))[0] == PONG
        sock.sendto(bytes.fromhex("05 00 00 00 07"), ("127.0.0.1", to[1]))
        assert (await heard_by(sock))[0] == PONG
        sock.sendto(PING, to)
        await asyncio.sleep(0.05)
        return reader.counters["kept_quiet"]


def client():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setblocking(False)
    return sock


def test_unicast_on_the_loopback_is_answered_while_quiet():
    with client() as sock:
        assert asyncio.run(talk(sock, "127.0.0.1", UdpSockets(local_ports={DIRECT: 0}))) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="where a datagram was sent to, Linux tells")
def test_a_broadcast_on_the_loopback_is_known_as_one():
    with client() as sock:
        sockets = UdpSockets(local_ports={DIRECT: 0})
        assert asyncio.run(talk(sock, "127.255.255.255", sockets)) == 1


async def reconfigured():
    reader = VirtualReader(Options(boot_ms=1), Registers({0x0284: b"\x00"}))
    sockets = UdpSockets("127.0.0.1", {DIRECT: 0})
    async with Driver(FaultyLine(reader), sockets=sockets) as driver:
        assert sockets.ports == {}
        reader.registers.write(0x0284, b"\x04")
        driver.power_on()
        await asyncio.sleep(0.05)
        assert list(sockets.ports) == [DIRECT]
        reader.registers.write(0x0284, b"\x00")
        driver.set_fault("restart", "1")
        await asyncio.sleep(0.05)
        assert sockets.ports == {}


def test_sockets_follow_the_registers():
    asyncio.run(reconfigured())
