"""The reader's network: $SCRDR out, $SCCMD in, as datagrams. Opens nothing itself.

protocol.md 6.7, 7 and 9.6. A datagram is one message, with or without CR LF. Who may send one is
for register 0295 to say; nothing here proves who did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import registers
from loquet_tools.virtual_reader.framing import SCCMD_LIMIT, parse_sccmd

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.core import VirtualReader

TEXT = "text"

LONGEST_DATAGRAM = 65507  # what IPv4 has room for


@dataclass(frozen=True)
class Datagram:
    """One datagram between the reader's `service` (TEXT) and a host's `address` and `port`."""

    service: str
    data: bytes
    address: str
    port: int


class Network:
    """What `reader` says to and hears from its network."""

    def __init__(self, reader: VirtualReader):
        self._reader = reader
        self._registers = reader.registers

    @property
    def ports(self) -> dict[str, int]:
        """The reader's open ports, by service."""
        if self._registers.text_on_udp:
            return {TEXT: self._registers.port(registers.TEXT_PORT)}
        return {}

    def say(self, line: bytes) -> None:
        """A line for the host that register 0294 names; its port is the reader's own (seed)."""
        if len(line) > LONGEST_DATAGRAM:
            self._reader.counters["too_long"] += 1
            return
        peer = self._registers.udp_peer
        port = self._registers.port(registers.TEXT_PORT)
        self._reader.counters["datagrams_sent"] += 1
        self._reader.emit("udp_tx", Datagram(TEXT, line, peer, port))

    def receive(self, datagram: Datagram) -> None:
        """A datagram has arrived at a port of the reader."""
        if datagram.service not in self.ports:
            return
        if not self._from_configured_host(datagram):
            self._reader.counters["datagrams_refused"] += 1
            return
        self._receive_text(datagram.data)

    def _from_configured_host(self, datagram: Datagram) -> bool:
        # 255.255.255.255 is nobody's address: checked against it, nobody is heard.
        wanted = self._registers
        if wanted.udp_address_checked and datagram.address != wanted.udp_peer:
            return False
        return not wanted.udp_port_checked or datagram.port == wanted.port(registers.TEXT_PORT)

    def _receive_text(self, data: bytes) -> None:
        message = None
        if len(data) < SCCMD_LIMIT and data.isascii():
            message = parse_sccmd(data.decode("ascii").rstrip("\r\n"))
        if message is None:
            self._reader.counters["bad_lines"] += 1
        else:
            self._reader.obey(message, self._registers.network_output)
