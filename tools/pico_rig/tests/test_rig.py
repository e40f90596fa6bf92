"""Real MicroPython on the emulated Pico: what the parts are together. `make test-pico`."""

from __future__ import annotations

import random
from typing import Any

import pytest

from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.registers import OUTPUT_TLV
from pico_rig.image import BLOCK_BYTES, BLOCKS, files_of, image
from pico_rig.reader_peer import ReaderPeer
from pico_rig.rig import FIRMWARE_USB, Byte, Peer, Rig, RigError

CARD = bytes.fromhex("04A1B2C3D4E580")


class UntilDone(Peer):
    """Stops when the program prints "done"."""

    def printed(self, rig: Rig, text: str) -> None:
        if text == "done":
            rig.stop("done")


def run(source: str, peer: Peer | None = None, seconds: float = 20, **options: Any) -> Rig:
    rig = Rig(image({"main.py": source.encode()}), peer or UntilDone(), **options)
    rig.run(seconds)
    return rig


def test_main_py_runs_within_50_ms_of_the_start() -> None:
    rig = run("import time\nprint(time.ticks_ms())\nprint('done')")
    assert int(rig.console[0]) < 50


def test_the_library_is_frozen_and_leaves_most_of_the_heap() -> None:
    rig = run(
        "import springcore.link, loquet.cards, gc\ngc.collect()\n"
        "print(springcore.link.__file__, gc.mem_free())\nprint('done')"
    )
    name, free = rig.console[0].split()
    assert name == "springcore/link.py" and int(free) > 210_000


def test_the_firmware_for_a_real_pico_has_its_console_on_usb() -> None:
    class Typist(UntilDone):
        def begin(self, rig: Rig) -> None:
            rig.type("print('do' + 'ne')\r\n", at_ns=200_000_000)

    rig = Rig(image({}), Typist(), firmware=FIRMWARE_USB)
    assert rig.run(1)["why"] == "done"


UART = """
from machine import UART, Pin
u = UART(1, 38400, tx=Pin(8), rx=Pin(9))
u.write(b"0123456789")
got = b""
while len(got) < 10:
    got += u.read() or b""
print(got)
print("done")
"""


class Echo(UntilDone):
    """Sends every byte back as soon as it has come."""

    def __init__(self) -> None:
        self.bytes: list[Byte] = []

    def byte(self, rig: Rig, byte: Byte) -> None:
        self.bytes.append(byte)
        rig.send(bytes([byte.value]), byte.bitrate)


def test_bytes_go_both_ways_in_their_time() -> None:
    peer = Echo()
    rig = run(UART, peer)
    assert rig.console[0] == "b'0123456789'"
    ends = [byte.at_ns for byte in peer.bytes]
    times = {later - end for end, later in zip(ends, ends[1:], strict=False)}
    assert all(abs(ns - 10e9 / 38400) < 300 for ns in times)


def test_two_runs_are_the_same_run() -> None:
    reports = [Rig(image({"main.py": UART.encode()}), Echo()).run(5) for _ in range(2)]
    assert reports[0] == reports[1]


PINS = """
from machine import Pin
import time
relay = Pin(7, Pin.OUT, value=1)
wakeup = Pin(6, Pin.IN, Pin.PULL_UP)
wakeup.irq(lambda pin: relay(0), Pin.IRQ_FALLING, hard=True)
time.sleep_ms(100)
print("done")
"""


class Edges(UntilDone):
    def __init__(self) -> None:
        self.edges: list[tuple[int, int]] = []

    def begin(self, rig: Rig) -> None:
        rig.watch(7)
        rig.drive(6, 0, at_ns=80_000_000)

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        self.edges.append((rig.now_ns, level))


def test_an_edge_is_answered_by_a_hard_interrupt_within_100_us() -> None:
    peer = Edges()
    run(PINS, peer)
    (_, up), (at_ns, down) = peer.edges
    assert (up, down) == (1, 0)
    assert 20_000 < at_ns - 80_000_000 < 100_000


def test_a_watchdog_reset_lets_the_outputs_go_and_starts_again() -> None:
    peer = Edges()
    source = (
        "import machine\nprint(machine.reset_cause())\n"
        "if machine.reset_cause() == 3: print('done')\n"
        "machine.Pin(7, machine.Pin.OUT, value=1)\nmachine.WDT(timeout=500)\nwhile 1: pass"
    )
    rig = run(source, peer)
    assert rig.console[:2] == ["1", "3"]
    assert [level for _, level in peer.edges[:2]] == [1, 0]


COUNTER = """
import os
try:
    n = int(open("n").readline())
except OSError:
    n = 0
print("found", n)
while True:
    n += 1
    with open("n.new", "w") as file:
        file.write("%d\\n" % n + "x" * 600)
    os.rename("n.new", "n")
    print("kept", n)
"""


class Cuts(Peer):
    """Cuts the power so long after each start, and looks whether what was kept is found.

    Every third time in the middle of the program that comes next: it is short, and seldom met.
    """

    def __init__(self, instants_ns: list[int]):
        self.instants_ns = instants_ns
        self.kept = 0
        self.found: list[int] = []
        self.cut_ns: int | None = None

    def begin(self, rig: Rig) -> None:
        rig.watch_flash()

    def flash(self, rig: Rig, operation: dict[str, Any]) -> None:
        if operation["kind"] == "program" and self.cut_ns is not None and rig.now_ns > self.cut_ns:
            self.cut_ns = None
            rig.cut_power(rig.now_ns + round(operation["ns"] / 2))

    def started(self, rig: Rig, start: int, cause: str) -> None:
        self.cut_ns = None
        if start <= len(self.instants_ns):
            self.cut_ns = rig.now_ns + self.instants_ns[start - 1]
            if start % 3:
                rig.cut_power(self.cut_ns)
        else:
            rig.stop("enough", rig.now_ns + 200_000_000)

    def printed(self, rig: Rig, text: str) -> None:
        what, number = text.split()
        if what == "found":
            self.found.append(int(number))
            assert int(number) >= self.kept
        self.kept = int(number)


def test_what_was_kept_survives_power_cuts() -> None:
    seed = 20261121
    instants = random.Random(seed)
    peer = Cuts([instants.randrange(50_000_000, 400_000_000) for _ in range(12)])
    rig = Rig(image({"main.py": COUNTER.encode()}), peer)
    report = rig.run(20)
    torn = [start["torn"]["kind"] for start in report["starts"] if start.get("torn")]
    print("seed", seed, "found", peer.found, "torn", torn)
    assert report["why"] == "enough" and len(peer.found) == 13
    assert "erase" in torn and "program" in torn


def test_a_flash_that_does_not_mount_is_left_as_it_is() -> None:
    broken = bytes(range(256)) * (BLOCK_BYTES * BLOCKS // 256)
    rig = Rig(broken, Peer())
    report = rig.run(1)
    assert rig.console[0].startswith("no file system")
    assert rig.image_after == broken
    assert report["starts"][0]["counters"]["flash"]["erases"] == 0


def test_a_blank_flash_is_left_blank() -> None:
    rig = Rig(None, Peer())
    rig.run(1)
    assert rig.image_after == b"\xff" * BLOCK_BYTES * BLOCKS


def test_files_come_back_out_of_the_image() -> None:
    rig = run("with open('note', 'w') as file: file.write('hello')\nprint('done')")
    assert rig.image_after is not None
    assert files_of(rig.image_after)["note"] == b"hello"


def test_bytes_are_lost_while_the_flash_is_erased() -> None:
    source = (
        "from machine import UART, Pin\nimport rp2, time\n"
        "u = UART(1, 115200, tx=Pin(8), rx=Pin(9), rxbuf=2000)\nprint('ready')\n"
        "time.sleep_ms(10)\nrp2.Flash().ioctl(6, 300)\ntime.sleep_ms(200)\n"
        "print(u.any())\nprint('done')"
    )

    class Talker(UntilDone):
        def printed(self, rig: Rig, text: str) -> None:
            super().printed(rig, text)
            if text == "ready":
                rig.send(bytes(1152), 115200)  # 100 ms of them

    rig = run(source, Talker())
    # 45 ms are 520 bytes, of which the FIFO keeps 32.
    assert 1152 - 520 + 20 < int(rig.console[1]) < 1152 - 520 + 60


LEVELS = """
from machine import Pin
print(Pin(3, Pin.IN).value(), Pin(4, Pin.IN).value())
print("done")
"""


def test_what_is_done_at_one_time_is_done_in_its_order() -> None:
    class Twice(UntilDone):
        def begin(self, rig: Rig) -> None:
            for level in (0, 1):
                rig.drive(3, level)
                rig.drive(4, 1 - level)

    assert run(LEVELS, Twice()).console[0] == "1 0"


def test_the_files_can_be_asked_for_at_any_moment() -> None:
    class Reader(UntilDone):
        def printed(self, rig: Rig, text: str) -> None:
            super().printed(rig, text)
            if text == "written":
                found.append((rig.now_ns, files_of(rig.files())["note"]))

    found: list[tuple[int, bytes]] = []
    source = "with open('note', 'wb') as file: file.write(b'x' * 9000)\n"
    rig = run(source + "print('written')\nprint('done')", Reader())
    assert [note for _, note in found] == [b"x" * 9000]
    # It takes no time.
    assert rig.now_ns < found[0][0] + 5_000_000


def test_after_a_power_cut_it_is_dark_for_as_long_as_was_said() -> None:
    class Cutter(Peer):
        def started(self, rig: Rig, start: int, cause: str) -> None:
            starts.append((rig.now_ns, cause))
            if start == 1:
                rig.cut_power(100_000_000, dark_ns=500_000_000)
            else:
                rig.stop("done")

    starts: list[tuple[int, str]] = []
    run("", Cutter())
    assert [cause for _, cause in starts] == ["power", "power"]
    assert abs(starts[1][0] - 600_000_000) < 1000


def test_a_peer_that_acts_in_the_past_is_told_so() -> None:
    class Late(Peer):
        def printed(self, rig: Rig, text: str) -> None:
            rig.drive(6, 1, at_ns=1)

    with pytest.raises(RigError, match="the peer acts at 1"):
        run("print('x')", Late())


SENDER = """
from machine import Pin
from rp2 import PIO, StateMachine, asm_pio
@asm_pio(sideset_init=PIO.OUT_HIGH, out_init=PIO.OUT_HIGH, out_shiftdir=PIO.SHIFT_RIGHT)
def sender():
    pull().side(1)[7]       # the line rests; the last eighth of a stop bit
    set(x, 7).side(0)[7]
    label("bit")
    out(pins, 1)[6]
    jmp(x_dec, "bit")
machine = StateMachine(0, sender, freq=8 * BITRATE, sideset_base=Pin(8), out_base=Pin(8))
machine.active(1)
for byte in b"Loquet" * 20:
    machine.put(byte)
import time
time.sleep_ms(50)
print("done")
"""


class Listener(UntilDone):
    def __init__(self, bitrate: int):
        self.bitrate = bitrate
        self.bytes: list[Byte] = []

    def begin(self, rig: Rig) -> None:
        rig.listen(8, self.bitrate)

    def byte(self, rig: Rig, byte: Byte) -> None:
        self.bytes.append(byte)


@pytest.mark.parametrize("bitrate", [38400, 921600])
def test_what_a_state_machine_sends_is_heard_at_its_pin(bitrate: int) -> None:
    peer = Listener(bitrate)
    run(SENDER.replace("BITRATE", str(bitrate)), peer)
    assert bytes(byte.value for byte in peer.bytes) == b"Loquet" * 20
    assert not any(byte.framing for byte in peer.bytes)


TALK = """
from machine import UART, Pin
import time
u = UART(1, 38400, tx=Pin(8), rx=Pin(9), timeout=20)
wakeup = Pin(6, Pin.IN, Pin.PULL_UP)
def ask(frame):
    u.write(bytes.fromhex(frame))
    return (u.read(100) or b"").hex()
time.sleep_ms(1500)
print("ping", ask("16000000000000"))
print("rate", ask("160F00000411000096008C"))
print("ready")
while wakeup():
    pass
print("event", ask("1600000000FEFE"))
print("wakeup", wakeup())
print("done")
"""


class Door(ReaderPeer):
    """The virtual reader; a card is laid on it when the program is ready."""

    def printed(self, rig: Rig, text: str) -> None:
        if text == "ready":
            self.line.reader.present(Card(CARD), self.line.reader.timeline.now_us)
        elif text == "done":
            rig.stop("done")


def talk() -> tuple[Rig, list[Output]]:
    reader = VirtualReader(Options(), Registers.smart_reader(OUTPUT_TLV))
    peer = Door(FaultyLine(reader), wakeup=6)
    return run(TALK, peer), peer.outputs


def test_the_virtual_reader_answers_in_its_own_virtual_time() -> None:
    rig, outputs = talk()
    said = dict(line.split() for line in rig.console if " " in line)
    assert said["ping"] == "16800000000080"
    assert said["rate"] == "168f000000008f"
    assert CARD.hex() in said["event"]
    assert said["wakeup"] == "1"
    assert [output.value for output in outputs if output.kind == "wakeup"] == [True, False]


def test_the_virtual_reader_does_not_know_how_fast_the_machine_is() -> None:
    assert talk()[1] == talk()[1]
