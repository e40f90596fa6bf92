"""RS-485 on the emulated Pico: who holds the line when, to the nanosecond.

The senders of boards/hal/rp2_senders.py without the panel. An answer that begins with the last
stop bit of the command has to be received whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from host_tests.pico.panel_peer import DE, TX
from pico_rig.image import image
from pico_rig.rig import Byte, Peer, Rig

RATES = (38400, 115200, 230400, 460800, 921600)
FRAME = bytes.fromhex("16045800019060AD") + bytes(range(0x50, 0x80)) + b"\x00\xff\x00"
# One turn of the loop in the interrupt's handler, and the way out.
LATEST_BY_UART_NS = 20_000
ANSWER = bytes(range(1, 121))

PROGRAM = """
import machine, rp2, time
from machine import UART, Pin
from boards.hal import rp2_senders
frame = bytes.fromhex("{frame}")
uart = UART(1, {bps}, tx=Pin(4), rx=Pin(5, Pin.IN, Pin.PULL_UP), txbuf=256, rxbuf=512)
{sender}
sender.set_bitrate({bps})
time.sleep_ms(5)
sender.start(frame)
{meanwhile}
sent_ms = time.ticks_ms()
while not sender.done():
    pass
time.sleep_ms(50)
print("got", (uart.read() or b"").hex())
print("done")
"""

BY_PIO = "sender = rp2_senders.PioSender(4, 7, 4)"
BY_UART = """
rp2_senders.FASTEST_BY_UART = 921600
sender = rp2_senders.UartSender(uart, 7)
irq = uart.irq(lambda _: sender.on_almost_sent(), UART.IRQ_TXIDLE, True)
"""

BUSY = "end = time.ticks_us() + 3000\nwhile time.ticks_us() < end: sum(range(40))"
INTERRUPTS_OFF = "s = machine.disable_irq()\ntime.sleep_us(20000)\nmachine.enable_irq(s)"
ERASE = "rp2.Flash().ioctl(6, 300)"


@dataclass
class Line(Peer):
    """Hears the frame and answers with its last stop bit."""

    bps: int
    port: str
    answers: bool = True
    de: list[tuple[int, int]] = field(default_factory=list)
    bytes: list[Byte] = field(default_factory=list)

    def begin(self, rig: Rig) -> None:
        rig.watch(DE)
        if self.port != "uart1":
            rig.listen(TX, self.bps)

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        self.de.append((rig.now_ns, level))

    def byte(self, rig: Rig, byte: Byte) -> None:
        if byte.port == self.port:
            self.bytes.append(byte)
            if self.answers and len(self.bytes) == len(FRAME):
                rig.send(ANSWER, self.bps, at_ns=rig.now_ns)

    def printed(self, rig: Rig, text: str) -> None:
        if text == "done":
            rig.stop("done")


def send(bps: int, sender: str, meanwhile: str = "", answers: bool = True) -> tuple[Line, Rig]:
    line = Line(bps, "uart1" if sender == BY_UART else "gpio4", answers)
    source = PROGRAM.format(frame=FRAME.hex(), bps=bps, sender=sender, meanwhile=meanwhile)
    rig = Rig(image({"main.py": source.encode()}), line)
    report = rig.run(2)
    assert report["why"] == "done", rig.console
    return line, rig


def late_ns(line: Line) -> float:
    """How long after the last stop bit DE falls."""
    (_, up), (fell_ns, down) = line.de
    assert (up, down) == (1, 0)
    return fell_ns - line.bytes[-1].at_ns


def assert_whole_frame(line: Line) -> None:
    assert bytes(byte.value for byte in line.bytes) == FRAME
    assert not any(byte.framing for byte in line.bytes)
    # Without a pause: the last byte ends when so many bytes at this rate are over.
    took_ns = line.bytes[-1].at_ns - line.bytes[0].begin_ns
    assert took_ns == pytest.approx(len(FRAME) * 10e9 / line.bps, rel=0.002)


@pytest.mark.parametrize("bps", RATES)
def test_by_pio_the_line_is_held_from_before_the_frame_to_its_last_stop_bit(bps: int) -> None:
    line, rig = send(bps, BY_PIO)
    assert_whole_frame(line)
    before_ns = line.bytes[0].begin_ns - line.de[0][0]
    print(f"{bps}: DE {before_ns} ns before, {late_ns(line):.0f} ns after")
    assert 0.8e9 / bps < before_ns < 1.2e9 / bps
    assert -0.02e9 / bps <= late_ns(line) < 0.2e9 / bps
    assert rig.console[0] == f"got {ANSWER.hex()}"


@pytest.mark.parametrize("meanwhile", [BUSY, INTERRUPTS_OFF], ids=["busy", "interrupts off"])
@pytest.mark.parametrize("bps", (38400, 921600))
def test_by_pio_the_processor_cannot_stretch_the_frame(bps: int, meanwhile: str) -> None:
    line, _ = send(bps, BY_PIO, meanwhile, answers=False)
    assert_whole_frame(line)
    assert late_ns(line) < 0.2e9 / bps


@pytest.mark.parametrize("bps", (38400, 115200))
def test_by_pio_not_even_an_erase_of_the_flash_does(bps: int) -> None:
    line, _ = send(bps, BY_PIO, ERASE, answers=False)
    assert_whole_frame(line)
    assert late_ns(line) < 0.2e9 / bps


def test_by_uart_the_line_is_freed_by_an_interrupt_which_is_quick_enough_for_slow_lines() -> None:
    for bps in RATES:
        line, _ = send(bps, BY_UART)
        assert bytes(byte.value for byte in line.bytes) == FRAME
        print(f"{bps}: {late_ns(line):.0f} ns late, {late_ns(line) * bps / 1e9:.2f} bits")
        assert 0 <= late_ns(line) < LATEST_BY_UART_NS
    assert LATEST_BY_UART_NS < 1e9 / 38400


def test_by_uart_a_faster_line_is_refused() -> None:
    source = (
        "from machine import UART\nfrom boards.hal.rp2_senders import UartSender\n"
        "sender = UartSender(UART(1), 7)\nsender.set_bitrate(38400)\n"
        "try:\n    sender.set_bitrate(115200)\nexcept ValueError as error:\n    print(error)\n"
        "print('done')"
    )
    rig = Rig(image({"main.py": source.encode()}), Line(38400, "uart1"))
    rig.run(2)
    assert "115200 bit/s is too fast, the most is 38400" in rig.console[0]
