"""The virtual reader at the emulated Pico's UART1 and /WAKEUP, in the reader's own virtual time.

One microsecond of the reader is 1,000 ns of the rig. Bytes to the Pico are sent when the reader's
first start bit leaves; bytes from it reach the reader with their last stop bit.

The line's knobs that damage bytes on their way to the Pico have no effect then: those bytes are on
the wire before the line has finished with them. With `damaged` they have; the line should hand over
byte by byte (chunk_bytes=1), and each byte comes later by its own length.
"""

from __future__ import annotations

from loquet_tools.virtual_reader import FaultyLine
from loquet_tools.virtual_reader.output import Output
from pico_rig.rig import Byte, Peer, Rig


class ReaderPeer(Peer):
    """Couples `line` with the rig. `wakeup`: the GPIO that /WAKEUP is on.

    `port`: where the Pico's bytes come from, see Byte. Subclasses lay cards, watch pins and so on.
    """

    def __init__(self, line: FaultyLine, wakeup: int, port: str = "uart1", damaged: bool = False):
        self.line = line
        self._sent_kind = "rx" if damaged else "tx"
        self.outputs: list[Output] = []
        self._wakeup = wakeup
        self._port = port

    def begin(self, rig: Rig) -> None:
        # The line has a pull-up at the reader, and is released.
        rig.drive(self._wakeup, 1)
        self.line.reader.power_on(0)

    def byte(self, rig: Rig, byte: Byte) -> None:
        if byte.port == self._port:
            self.line.receive(bytes([byte.value]), byte.bitrate, microseconds(rig))
            self._carry(rig)

    def due(self, rig: Rig) -> None:
        self.line.advance(microseconds(rig))
        self._carry(rig)

    def next_ns(self) -> int | None:
        due_us = self.line.next_due_us()
        return None if due_us is None else due_us * 1000

    def happened(self, rig: Rig, output: Output) -> None:
        """The reader or its line tells something; all of it comes here."""

    def show_wakeup(self, rig: Rig, asserted: bool, at_ns: int) -> None:
        """The level of /WAKEUP."""
        rig.drive(self._wakeup, 0 if asserted else 1, at_ns)

    def _carry(self, rig: Rig) -> None:
        output = self.line.take()
        while output is not None:
            at_ns = max(output.at_us * 1000, rig.now_ns)
            if output.kind == self._sent_kind:
                rig.send(output.value, output.bitrate, at_ns)
            elif output.kind == "wakeup":
                self.show_wakeup(rig, output.value, at_ns)
            self.outputs.append(output)
            self.happened(rig, output)
            output = self.line.take()


def microseconds(rig: Rig) -> int:
    """The rig's time, rounded up: what has happened has happened by then."""
    return -(-rig.now_ns // 1000)
