"""A networked reader and the panel as real processes, with the loopback between them.

A reader and its host use the same port, so the panel is at 127.0.0.1 and the reader at 127.0.0.2.
"""

import json
import random
import select
import signal
import socket
import time

import pytest

from host_tests.support.datagrams import is_sound, scrdr
from host_tests.support.process import COMMANDS, LIMIT_S, Process
from host_tests.support.tool import Tool
from loquet_tools import device_folder

PANEL = "127.0.0.1"
READER = "127.0.0.2"
STRANGER = "127.0.0.3"
KNOWN = "04A1B2C3D4E580"
UNKNOWN = "04112233445566"


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """By interpreter, where the program is: compiled, as it is on a device, or as it is here."""
    folders = {"micropython": True, "cpython": False}
    made = {name: tmp_path_factory.mktemp(name) for name in folders}
    for name, compiled in folders.items():
        device_folder.fill(made[name], {}, compiled)
    return made


class Panel(Process):
    """A panel whose one reader is on the network. `port` is the panel's, and the reader's."""

    def __init__(self, interpreter, folder, root):
        super().__init__(interpreter, folder, "main.py", root)
        self.reports = []
        self.relay = []
        with bound(PANEL, 0) as probe:
            self.port = probe.getsockname()[1]
        reader = {"address": READER, "port": self.port, "check_port": True}
        document = {
            "readers": [{"name": "yard", "udp": reader}],
            "doors": [{"name": "gate", "pulse_ms": 1000}],
            "udp": {"address": PANEL, "port": self.port},
        }
        device_folder.store(folder, document, [bytes.fromhex(KNOWN)])

    def until(self, event, **fields):
        """The next report of that kind with these fields."""
        while True:
            report = self.said()
            self.reports.append(report)
            if report["event"] == event and fields.items() <= report.items():
                return report

    def take_reports(self, for_s):
        """Those that come within so many seconds."""
        end = time.monotonic() + for_s
        while select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            self.reports.append(self.said())

    def decisions(self):
        return [report["reason"] for report in self.reports if report["event"] == "decision"]

    def relay_until(self, line):
        """What was said of the door's relay on the pins, up to `line`."""
        end = time.monotonic() + LIMIT_S
        while line not in self.relay:
            # The watchdog's lines never end.
            assert time.monotonic() < end, self.relay
            lines = self.pin_lines().splitlines()
            self.relay += [said for said in lines if said.startswith(b"relay ")]
        said, self.relay = self.relay, []
        return said


def bound(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(LIMIT_S)
    sock.bind((address, port))
    return sock


@pytest.fixture(params=sorted(COMMANDS))
def panel(request, roots, tmp_path):
    process = Panel(request.param, tmp_path, roots[request.param])
    yield process
    process.close()


@pytest.fixture
def running(panel):
    panel.start()
    panel.until("reader", state="unsupervised")
    assert panel.relay_until(b"relay 0") == [b"relay 0"]
    return panel


@pytest.fixture
def reader(running):
    """The reader's end, worked by hand."""
    with bound(READER, running.port) as sock:
        sock.connect((PANEL, running.port))
        yield sock


@pytest.fixture
def virtual_reader(running, tmp_path_factory):
    """Starts `loquet virtual-reader` with a card on it. It obeys the panel's address and port."""
    tools = []

    def start(card):
        at = ("--udp", f"{PANEL}:{running.port}", "--bind", READER, "--udp-options", "3")
        folder = tmp_path_factory.mktemp("reader")
        tools.append(Tool(folder, "virtual-reader", *at, "--card", card, "--json"))
        return tools[-1]

    yield start
    for tool in tools:
        tool.close()


def played(tool):
    """The number of the first sequence that a host has the reader play."""
    return json.loads(tool.lines_until('"sequence"')[-1])["value"]


def test_from_the_card_on_the_virtual_reader_to_the_relay_and_its_light(running, virtual_reader):
    tool = virtual_reader(KNOWN)
    assert running.until("decision")["reason"] == "granted"
    assert set(running.relay_until(b"relay 2000")) == {b"relay 2000"}
    assert played(tool) == 0x60
    assert running.relay_until(b"relay 0")[-1] == b"relay 0"
    tool.signal(signal.SIGINT)
    assert tool.ended()[0] == 130


def test_an_unknown_card_on_the_virtual_reader_is_told_so(running, virtual_reader):
    tool = virtual_reader(UNKNOWN)
    assert running.until("decision")["reason"] == "unknown_card"
    assert played(tool) == 0x61
    sent = [report["hex"] for report in running.reports if report.get("direction") == "sent"]
    assert sent == [b"$SCCMD;SEQ=61".hex().upper()]


def test_a_readers_datagram_by_hand_and_the_bytes_of_the_answer(running, reader):
    reader.send(scrdr(KNOWN, end=b"\r\n"))
    assert reader.recv(100) == b"$SCCMD;SEQ=60"
    running.relay_until(b"relay 2000")
    reader.send(scrdr(UNKNOWN))
    assert reader.recv(100) == b"$SCCMD;SEQ=61"


def test_another_address_or_port_is_counted_and_not_answered(running, reader):
    for address, port in ((STRANGER, running.port), (READER, 0)):
        with bound(address, port) as stranger:
            stranger.sendto(scrdr(KNOWN), (PANEL, running.port))
    assert running.until("udp")["foreign"] >= 1
    reader.send(scrdr(UNKNOWN))
    assert running.until("decision")["reason"] == "unknown_card"
    assert running.decisions() == ["unknown_card"]


def test_a_port_that_somebody_has_keeps_the_panel_from_starting(panel):
    with bound(PANEL, panel.port):
        panel.start()
        stopped = panel.until("panel", state="stopped")
        assert panel.ended() == 2
    assert stopped["reason"].startswith(f"udp: port {panel.port} of {PANEL}: ")


def damaged(source):
    """Datagrams that no panel may believe."""
    while True:
        data = bytearray(scrdr(source.choice((KNOWN, UNKNOWN))))
        for _ in range(source.randrange(1, 4)):
            data[source.randrange(len(data))] = source.randrange(256)
        how = source.randrange(4)
        if how == 0:
            data = data[: source.randrange(len(data))]
        elif how == 1:
            data = bytearray(source.randbytes(source.randrange(1500)))
        if not is_sound(bytes(data)):
            yield bytes(data)


@pytest.mark.parametrize("panel", ["micropython"], indirect=True)
def test_10000_fuzzed_datagrams_and_a_flood_decide_nothing_and_a_card_opens_after(
    running, reader, say
):
    seed = random.randrange(2**32)
    storm = damaged(random.Random(seed))
    for _ in range(2500):
        for _ in range(4):
            reader.send(next(storm))
        # As many as it takes in a pass: those that the kernel drops would show nothing.
        for _ in range(4):
            running.until("wire", direction="received")
    with bound(STRANGER, 0) as stranger:
        for _ in range(20000):
            stranger.sendto(scrdr(KNOWN), (PANEL, running.port))
            running.take_reports(0)
    running.take_reports(0.5)
    assert running.process.poll() is None
    assert running.decisions() == []
    reader.send(scrdr(KNOWN))
    assert running.until("decision")["reason"] == "granted"
    assert reader.recv(100) == b"$SCCMD;SEQ=60"
    # Told in sums, 10 s apart.
    reader.send(b"once more")
    told = running.until("udp", heard=1)
    refused = told["malformed"] + told["checksum"]
    say(f"seed {seed}; {refused} fuzzed and {told['foreign']} of 20000 foreign were taken")
    assert refused == 10001 and told["foreign"] >= 10
    assert not any(report["event"] == "trouble" for report in running.reports)
