"""Programs that send on RS-485 on the emulated Pico, and the other end of the line.

The senders of boards/hal/rp2_senders.py without the panel. The peer answers with the last stop bit
of the command.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from host_tests.pico.panel_peer import DE, TX
from pico_rig.image import image
from pico_rig.rig import Byte, Peer, Rig

RATES = (38400, 115200, 230400, 460800, 921600)
# As in boards/hal/rp2_senders.py, which only a Pico can import.
FASTEST_BY_UART = 38400
FRAME = bytes.fromhex("16045800019060AD") + bytes(range(0x50, 0x80)) + b"\x00\xff\x00"
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


def before_ns(line: Line) -> int:
    """How long before the first start bit DE rises."""
    return line.bytes[0].begin_ns - line.de[0][0]
