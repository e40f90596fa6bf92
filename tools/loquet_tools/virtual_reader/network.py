"""The reader's network, as datagrams: $SCRDR out, $SCCMD in, and Direct. Opens nothing itself.

protocol.md 1.9, 6.7, 7 and 9.6. A datagram is one message: text with or without CR LF, or a Direct
frame without START and LRC. Who may send $SCCMD is for register 0295 to say, and for Direct there
is 02F0; nothing here proves who did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import registers, tables
from loquet_tools.virtual_reader.framing import (
    SCCMD_LIMIT,
    Command,
    frame,
    parse_datagram,
    parse_sccmd,
    without_envelope,
)
from loquet_tools.virtual_reader.link import Link

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.core import VirtualReader

TEXT = "text"
DIRECT = "direct"

LONGEST_DATAGRAM = 65507  # what IPv4 has room for
MOST_HOSTS = 8

# Obeyed by broadcast though the reader is quiet: else nobody could ever wake all of them
WAKING = (tables.CLA_PROTOCOL, 0x08)


@dataclass(frozen=True)
class Datagram:
    """One datagram between the reader's `service` (TEXT, DIRECT) and a host's address and port.

    `broadcast`: it was not sent to the reader alone.
    """

    service: str
    data: bytes
    address: str
    port: int
    broadcast: bool = False


class Network:
    """What `reader` says to and hears from its network."""

    def __init__(self, reader: VirtualReader):
        self._reader = reader
        self._registers = reader.registers
        self._hosts: dict[tuple[str, int], Link] = {}  # the last one heard stands last
        self.quiet = False

    def restart(self) -> None:
        """As after power-up: no host is known."""
        self._hosts.clear()
        self.quiet = False

    @property
    def ports(self) -> dict[str, int]:
        """The reader's open ports, by service."""
        ports = {}
        if self._registers.text_on_udp:
            ports[TEXT] = self._registers.port(registers.TEXT_PORT)
        if self._registers.direct_on_udp:
            ports[DIRECT] = self._registers.port(registers.DIRECT_PORT)
        return ports

    def say(self, line: bytes) -> None:
        """A line for the host that register 0294 names; its port is the reader's own (seed)."""
        if len(line) > LONGEST_DATAGRAM:
            self._reader.counters["too_long"] += 1
            return
        peer = self._registers.udp_peer
        port = self._registers.port(registers.TEXT_PORT)
        self._send(Datagram(TEXT, line, peer, port))

    def put_event(self, payload: bytes) -> None:
        """An event of class READER, for every host that has spoken."""
        for link in self._hosts.values():
            link.put_event(tables.CLA_READER, payload)

    def receive(self, datagram: Datagram) -> None:
        """A datagram has arrived at a port of the reader."""
        if datagram.service not in self.ports:
            return
        if datagram.service == DIRECT:
            self._receive_direct(datagram)
        else:
            self._receive_text(datagram)

    # $SCRDR and $SCCMD

    def _receive_text(self, datagram: Datagram) -> None:
        if not self._from_configured_host(datagram):
            self._reader.counters["datagrams_refused"] += 1
            return
        self._obey(datagram.data)

    def _from_configured_host(self, datagram: Datagram) -> bool:
        # 255.255.255.255 is nobody's address: checked against it, nobody is heard.
        wanted = self._registers
        if wanted.udp_address_checked and datagram.address != wanted.udp_peer:
            return False
        return not wanted.udp_port_checked or datagram.port == wanted.port(registers.TEXT_PORT)

    def _obey(self, data: bytes) -> None:
        message = None
        if len(data) < SCCMD_LIMIT and data.isascii():
            message = parse_sccmd(data.decode("ascii").rstrip("\r\n"))
        if message is None:
            self._reader.counters["bad_lines"] += 1
        else:
            self._reader.obey(message, self._registers.network_output)

    # Direct: each host has a link of its own

    def _receive_direct(self, datagram: Datagram) -> None:
        command = parse_datagram(datagram.data, self._reader.options.command_buffer_bytes)
        if command is None:
            self._reader.counters["bad_datagrams"] += 1
        elif datagram.broadcast and self.quiet and not _wakes(command):
            self._reader.counters["kept_quiet"] += 1
        else:
            self._reader.command(self._link(datagram.address, datagram.port), command)

    def _link(self, address: str, port: int) -> Link:
        host = (address, port)
        link = self._hosts.pop(host, None) or self._new_link(address, port)
        self._hosts[host] = link
        if len(self._hosts) > MOST_HOSTS:
            del self._hosts[next(iter(self._hosts))]
        return link

    def _new_link(self, address: str, port: int) -> Link:
        events = 0

        def send(data: bytes, sent: Callable[[], None]) -> None:
            self._send(Datagram(DIRECT, without_envelope(data), address, port))
            self._reader.timeline.after(0, sent)

        def put_event(cla: int, payload: bytes) -> None:
            nonlocal events
            data = frame(tables.EVENT, events & 0x0F, cla, payload)
            events += 1
            self._send(Datagram(DIRECT, without_envelope(data), address, port))

        return Link(self._reader, True, self._reader.random, send, put_event)

    def _send(self, datagram: Datagram) -> None:
        self._reader.counters["datagrams_sent"] += 1
        self._reader.emit("udp_tx", datagram)


def _wakes(command: Command) -> bool:
    return command.fault is None and (command.cla, command.ins) == WAKING
