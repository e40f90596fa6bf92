"""RS-485 on the emulated Pico: who holds the line when, to the nanosecond.

An answer that begins with the last stop bit of the command has to be received whole.
"""

from __future__ import annotations

import pytest

from host_tests.pico.rs485 import (
    ANSWER,
    BUSY,
    BY_PIO,
    BY_UART,
    ERASE,
    FASTEST_BY_UART,
    FRAME,
    INTERRUPTS_OFF,
    RATES,
    Line,
    before_ns,
    late_ns,
    send,
)
from pico_rig.image import image
from pico_rig.rig import Rig

# One turn of the loop in the interrupt's handler, and the way out.
LATEST_BY_UART_NS = 20_000


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
    print(f"{bps}: DE {before_ns(line)} ns before, {late_ns(line):.0f} ns after")
    assert 0.8e9 / bps < before_ns(line) < 1.2e9 / bps
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
    assert LATEST_BY_UART_NS < 1e9 / FASTEST_BY_UART


def test_by_uart_a_faster_line_is_refused() -> None:
    source = (
        "from machine import UART\nfrom boards.hal.rp2_senders import UartSender\n"
        "sender = UartSender(UART(1), 7)\nsender.set_bitrate(38400)\n"
        "try:\n    sender.set_bitrate(115200)\nexcept ValueError as error:\n    print(error)\n"
        "print('done')"
    )
    rig = Rig(image({"main.py": source.encode()}), Line(38400, "uart1"))
    rig.run(2)
    assert f"115200 bit/s is too fast, the most is {FASTEST_BY_UART}" in rig.console[0]
