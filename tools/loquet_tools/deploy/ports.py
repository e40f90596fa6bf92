"""Which serial port is the Pico's."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from typing import Any

import serial
from serial.tools import list_ports

from loquet_tools.errors import ArgumentError, ToolError

# Raspberry Pi's number, and that of MicroPython on its boards. The debug probe has another one.
USB_MICROPYTHON = (0x2E8A, 0x0005)

_REASONS = {
    errno.EBUSY: "another program uses it",
    errno.EAGAIN: "another program uses it",
    errno.EACCES: "this user may not open it (on Debian: group dialout)",
    errno.ENOENT: "there is no such device",
}


def find(port: str | None, ports: Iterable[Any] | None = None) -> str:
    """The device to talk to: `port` if it is given, else the one Pico among `ports`.

    `ports`: as pyserial lists them, which is the default. ToolError if there is none,
    ArgumentError if there are several.
    """
    if port is not None:
        return port
    found = sorted(
        each.device
        for each in (list_ports.comports() if ports is None else ports)
        if (each.vid, each.pid) == USB_MICROPYTHON
    )
    if not found:
        raise ToolError(
            "no Pico with MicroPython is plugged in here; a new one shows as a drive RPI-RP2 and "
            "gets its firmware first (`make pico-firmware`, then copy "
            ".cache/pico-firmware/loquet-usb.uf2 onto it); another port: --port DEVICE"
        )
    if len(found) > 1:
        raise ArgumentError(f"--port is needed, there are several Picos; allowed: {_list(found)}")
    return str(found[0])


def check(port: str) -> None:
    """ArgumentError, with the reason, unless `port` can be opened, by us alone."""
    try:
        serial.Serial(port, exclusive=True).close()
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{port} cannot be opened: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    # pyserial keeps the number to itself when it cannot lock the port.
    if number is None and "lock" in str(error):
        number = errno.EBUSY
    return _REASONS.get(number or 0) or (os.strerror(number) if number else str(error))


def _list(names: list[str]) -> str:
    return ", ".join(names)
