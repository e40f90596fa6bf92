"""What the reader does to the world, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OFF = "off"
BOOTING = "booting"
RUNNING = "running"

# What of it can be seen and heard until something else takes its place
SHOWN = ("sequence", "own_sequence", "leds", "rgb", "buzzer", "light", "auto_dimm", "gpios")


@dataclass(frozen=True)
class Output:
    """One thing that happened at `at_us`.

    kind, value:
      "tx"            bytes; the first start bit leaves the reader at `at_us`, at `bitrate`
      "wakeup"        bool; True = /WAKEUP asserted (low)
      "sequence"      int; played because the host asked
      "own_sequence"  int; played by the reader of its own accord
      "leds"          tuple of 4 mode bytes
      "rgb"           tuple: (mode,) or (r, g, b) or (r, g, b, fade ms)
      "buzzer"        int, milliseconds
      "light"         int, percent
      "auto_dimm"     bool
      "gpios"         tuple, a byte for each pin as GET_GPIOS has it
      "slot"          tuple: number, whether it is on
      "nfc"           str, "poller" or "listener 11"
      "udp_tx"        Datagram for a host
      "udp_ports"     dict, service -> port: what is open on the network from now on
      "power"         "off", "booting" or "running"; bytes that have not left by then never do
    FaultyLine adds:
      "rx"            bytes whose last stop bit reached the host at `at_us`, sent at `bitrate`
      "udp_rx"        Datagram that reached the host
      "edge"          None; the host's pin saw /WAKEUP fall
      "fault"         str; a fault was done to the line
    """

    at_us: int
    kind: str
    value: Any
    bitrate: int = 0
