"""The general purpose pins, as GET_GPIOS and SET_GPIOS see them (protocol.md 3.1)."""

from __future__ import annotations

LEAVE = 0x00
INPUT = 0x0F
OUT_LOW = 0x80
OUT_HIGH = 0x81
LED = 0x8F

MODES = (INPUT, OUT_LOW, OUT_HIGH, LED)


class Pins:
    """`count` pins, inputs at first. What drives an input from outside stays when power goes."""

    def __init__(self, count: int):
        self._modes = bytearray((INPUT,)) * count
        self._outside = [False] * count

    def __len__(self) -> int:
        return len(self._modes)

    def restart(self) -> None:
        """As after power-up."""
        self._modes[:] = bytes((INPUT,)) * len(self)

    def set(self, modes: bytes) -> None:
        """One byte for each pin; fewer leave the rest, other values than the known are ignored."""
        for number, mode in enumerate(modes):
            if mode in MODES:
                self._modes[number] = mode

    def drive(self, number: int, high: bool) -> None:
        """From outside, pins counted from 0."""
        self._outside[number] = high

    def levels(self) -> bytes:
        """What GET_GPIOS answers."""
        return bytes(
            self._outside[number] if mode == INPUT else mode
            for number, mode in enumerate(self._modes)
        )
