"""The lines of boards/hal/rp2.py without the panel: what rings, and when."""

from __future__ import annotations

import pytest

from host_tests.pico.panel_peer import WAKEUP
from pico_rig.image import image
from pico_rig.rig import Peer, Rig

MS = 10**6

PORT = """
import time
from boards.hal.rp2 import Port
class settings:
    bitrate, buffer_bytes, half_duplex = 38400, 512, False
rung = []
pins = {"uart": 1, "tx": 4, "rx": 5, "de": None, "de_by": "pio"}
port = Port(pins, 0, settings, lambda: rung.append(0))
port.set_bitrate(115200)
print("ready")
time.sleep_ms(20)
buffer = memoryview(bytearray(4))
print(len(rung), port.any(), port.readinto(buffer), port.any())
print("done")
"""

WAITS = """
import time
from boards.hal.rp2 import Port
class settings:
    bitrate, buffer_bytes, half_duplex = 115200, 512, False
pins = {"uart": 1, "tx": 4, "rx": 5, "de": None, "de_by": "pio"}
port = Port(pins, 0, settings, lambda: None)
def waited_ms(count, most_ms):
    began = time.ticks_us()
    port.await_bytes(count, most_ms)
    return time.ticks_diff(time.ticks_us(), began) / 1000
print("ready")
# 20 bytes take 1.74 ms.
print(waited_ms(20, 10), port.any(), waited_ms(20, 10), waited_ms(21, 10), port.any())
print("done")
"""

READS = """
from boards.hal.rp2 import Port
class settings:
    bitrate, buffer_bytes, half_duplex = 921600, 512, False
def ring():
    # Longer than 32 bits at this rate.
    for _ in range(20):
        pass
pins = {"uart": 1, "tx": 4, "rx": 5, "de": None, "de_by": "pio"}
port = Port(pins, 0, settings, ring)
print("ready")
buffer = memoryview(bytearray(512))
taken = 0
while taken < 7 * 200:
    if port.any():
        taken += port.readinto(buffer)
print("done")
"""

WAKEUPS = """
import time
from boards.hal.rp2 import Wakeup
rung = [0]
def ring():
    rung[0] += 1
line = Wakeup(6, ring)
print("ready")
time.sleep_ms(20)
first = rung[0]
edge = line.edge_ms() is not None, line.edge_ms() is not None
time.sleep_ms(10)
again = rung[0]
line.edge_ms()
time.sleep_ms(10)
print(first, edge, again, rung[0], line.asserted())
print("done")
"""


class Sender(Peer):
    """Sends so many bytes at once when the program is ready."""

    def __init__(self, count: int):
        self.count = count

    def printed(self, rig: Rig, text: str) -> None:
        if text == "ready":
            rig.send(bytes(self.count), 115200)
        elif text == "done":
            rig.stop("done")


def run(source: str, peer: Peer) -> list[str]:
    rig = Rig(image({"main.py": source.encode()}), peer)
    assert rig.run(2)["why"] == "done", rig.console
    return rig.console


@pytest.mark.parametrize("count", (4, 7, 8, 23, 24, 25, 48, 100))
def test_a_message_of_any_length_rings_when_it_is_over(count: int) -> None:
    said = run(PORT, Sender(count))[1]
    rung, there, taken, left = map(int, said.split())
    assert rung == 1
    assert (there, taken, left) == (count, 4, count - 4)


def test_bytes_are_awaited_until_they_are_there_or_the_time_is_over() -> None:
    whole_ms, there, at_once_ms, late_ms, left = map(float, run(WAITS, Sender(20))[1].split())
    assert 1.5 < whole_ms < 2.5 and there == 20
    assert at_once_ms < 0.5
    assert 9 <= late_ms < 11 and left == 20


class Chatter(Peer):
    """Sends 200 answers at the fastest rate, each at another moment of the loop that reads."""

    def printed(self, rig: Rig, text: str) -> None:
        if text == "ready":
            for number in range(200):
                rig.send(bytes(7), 921600, rig.now_ns + number * 1_003_700)
        elif text == "done":
            rig.stop("done")


def test_an_interrupt_that_meets_a_read_does_not_come_for_ever() -> None:
    run(READS, Chatter())


class Falls(Peer):
    """/WAKEUP falls three times before it is looked at, and once afterwards."""

    def begin(self, rig: Rig) -> None:
        rig.drive(WAKEUP, 1)

    def printed(self, rig: Rig, text: str) -> None:
        if text == "ready":
            for after_ms in (5, 7, 9, 35):
                rig.drive(WAKEUP, 0, rig.now_ns + after_ms * MS)
                rig.drive(WAKEUP, 1, rig.now_ns + (after_ms + 1) * MS)
        elif text == "done":
            rig.stop("done")


def test_a_fall_rings_once_until_the_line_was_looked_at_and_none_is_lost() -> None:
    # The first look frees what fell meanwhile: it rings at once, and the second look tells of it.
    assert run(WAKEUPS, Falls())[1] == "1 (True, True) 2 3 False"
