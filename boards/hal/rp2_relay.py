"""A relay's output with a timer of its own: a PIO state machine that counts down by itself.

Once it has its count, nothing that the processor does or fails to do makes the pin stay high
longer: a loop that hangs, interrupts that are off, a flash being erased. There is no way to set
the pin high without a count.
"""

# The assembler's words (pull, mov, jmp ...) have no meaning outside of it.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined,call-overload"

import rp2
from machine import Pin

# The state machine needs 4 clocks for a count: 40 kHz makes 10 counts a millisecond.
_CLOCK_HZ = 40000
_COUNTS_A_MS = 10


@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)
def _one_shot():
    label("rest")
    set(pins, 0)
    pull()  # waits for a count
    mov(x, osr)
    jmp(not_x, "rest")
    label("hold")
    set(pins, 1)
    pull(noblock)  # a newer count; without one this takes x
    mov(x, osr)
    jmp(x_dec, "hold")


class Output:
    """One output pin that drives a relay. `machine`: the number of a state machine, 0 to 3."""

    def __init__(self, pin: int, machine: int):
        self._timer = rp2.StateMachine(machine, _one_shot, freq=_CLOCK_HZ, set_base=Pin(pin))
        self._timer.active(1)

    def energise(self, limit_ms: int) -> None:
        """Energises the relay for at most `limit_ms` from now, whatever the program does then."""
        self._timer.put(limit_ms * _COUNTS_A_MS)

    def fall(self) -> None:
        """Lets the relay fall."""
        self._timer.put(0)
