"""Who sends to a reader, and who turns an RS-485 line round for it.

    Sender      the UART, on a line that needs no turning: full duplex, or an adapter that does it
    PioSender   a state machine: DE is high from before the first start bit to the end of the last
                stop bit, to the clock, whatever the processor is doing
    UartSender  the UART, and an interrupt that lets DE fall: late by the time of its handler, so
                it is limited to slow lines. It takes no state machine and no DMA channel

All three have the same names.
"""

# The assembler's words (pull, mov, jmp ...) have no meaning outside of it.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined,call-overload"

import rp2
from machine import Pin

# By UART, DE falls up to 20 us after the stop bit: on a faster line that is more than a bit, and
# the reader's answer may have begun.
FASTEST_BY_UART = 38400

# Clocks of the state machine in a bit: the sums of the comments below.
_CLOCKS_A_BIT = 8

# Each of the two blocks of four state machines has eight requests to the DMA: four to send.
_MACHINES_A_BLOCK = 4
_REQUESTS_A_BLOCK = 8


@rp2.asm_pio(
    out_init=rp2.PIO.OUT_HIGH,
    sideset_init=rp2.PIO.OUT_HIGH,
    set_init=rp2.PIO.OUT_LOW,
    out_shiftdir=rp2.PIO.SHIFT_RIGHT,
)
def _frame():
    pull().side(1)  # the number of bytes less one
    mov(x, osr)
    pull()  # the first byte: the DMA is at work
    set(pins, 1)  # DE, one bit before
    jmp("byte")[6]
    label("more")
    pull()  # 1: the last clock of the stop bit before
    label("byte")
    set(y, 7).side(0)[7]  # 8: start bit
    label("bit")
    out(pins, 1)[6]  # 7
    jmp(y_dec, "bit")  # 1
    nop().side(1)[5]  # 6: stop bit
    jmp(x_dec, "more")  # 1
    nop()  # 1
    set(pins, 0)  # DE, after 8 clocks of stop bit
    push(noblock)  # the frame is out


class Sender:
    """Sends by `uart`."""

    def __init__(self, uart):
        self._uart = uart

    def set_bitrate(self, bps: int) -> None:
        """To be called after the UART was set to `bps`."""

    def start(self, frame: bytes) -> None:
        """Begins to send `frame`, when the one before is done. Raises OSError."""
        if self._uart.write(frame) != len(frame):
            raise OSError("a frame of %d bytes is longer than the buffer" % len(frame))

    def done(self) -> bool:
        """Whether the last stop bit is out."""
        return self._uart.txdone()

    def on_almost_sent(self) -> None:
        """Called in an interrupt while the last characters of a frame are leaving."""


class UartSender(Sender):
    """Sends by `uart` and turns the line round by the pin `de`."""

    def __init__(self, uart, de: int):
        super().__init__(uart)
        self._de = Pin(de, Pin.OUT, value=0)

    def set_bitrate(self, bps: int) -> None:
        """Raises ValueError if the line is too fast for it."""
        if bps > FASTEST_BY_UART:
            raise ValueError(
                "de_by uart: %d bit/s is too fast, the most is %d; allowed then: pio"
                % (bps, FASTEST_BY_UART)
            )

    def start(self, frame: bytes) -> None:
        self._de(1)
        super().start(frame)

    def done(self) -> bool:
        done = self._uart.txdone()
        if done:
            # A frame of a few bytes causes no interrupt.
            self._de(0)
        return done

    def on_almost_sent(self) -> None:
        while not self._uart.txdone():
            pass
        self._de(0)


class PioSender:
    """Sends by a state machine (`machine`: 0 to 7) that is fed by a DMA channel of its own."""

    def __init__(self, tx: int, de: int, machine: int):
        self._tx = Pin(tx)
        self._de = Pin(de)
        self._machine = rp2.StateMachine(machine)
        self._dma = rp2.DMA()
        # A soft restart may have left it in the middle of a frame.
        self._dma.active(0)
        block, place = divmod(machine, _MACHINES_A_BLOCK)
        self._control = self._dma.pack_ctrl(
            size=0, inc_write=False, treq_sel=block * _REQUESTS_A_BLOCK + place
        )
        self._dma.config(write=self._machine, ctrl=self._control)
        self._leaving = bytearray()

    def set_bitrate(self, bps: int) -> None:
        """To be called after the UART was set to `bps`: that gives it the TX pin."""
        self._machine.init(
            _frame,
            freq=bps * _CLOCKS_A_BIT,
            out_base=self._tx,
            sideset_base=self._tx,
            set_base=self._de,
        )
        self._machine.active(1)
        self._leaving = bytearray()

    def start(self, frame: bytes) -> None:
        """Begins to send `frame`, of at least one byte."""
        # Copied: a constant may lie in flash, which nobody can read while it is being erased.
        self._leaving = bytearray(frame)
        self._machine.put(len(frame) - 1)
        self._dma.config(read=self._leaving, count=len(frame), trigger=True)

    def done(self) -> bool:
        """Whether the last stop bit is out."""
        if self._leaving and self._machine.rx_fifo():
            self._machine.get()
            self._leaving = bytearray()
        return not self._leaving

    def on_almost_sent(self) -> None:
        """What `UartSender` needs: a state machine needs nobody."""
