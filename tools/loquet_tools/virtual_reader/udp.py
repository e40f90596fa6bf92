"""The reader's UDP sockets, in real time: one for each service that the registers open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Callable, Mapping

from loquet_tools.virtual_reader.network import Datagram

# Linux tells with each datagram where it was sent to; the names are not in Python's socket.
IP_PKTINFO = 8
PKTINFO = struct.Struct("i4s4s")  # interface, our address there, where it was sent to

EVERY_ADDRESS = "0.0.0.0"
LONGEST_HEARD = 65536


class PortTaken(OSError):
    """A local port cannot be had."""


class UdpSockets:
    """Sockets at one local address of this machine.

    A reader and a host on one machine that use the same port, as the protocol wants it, need two
    addresses: the reader's may be 127.0.0.2. `local_ports` (service -> port, 0 = any free one)
    takes the place of the reader's own idea. `ports` says what is open.
    """

    def __init__(self, address: str = EVERY_ADDRESS, local_ports: Mapping[str, int] | None = None):
        self._address = address
        self._local_ports = dict(local_ports or {})
        self._open: dict[str, socket.socket] = {}
        self._wanted: dict[str, int] = {}
        self._found: dict[str, str] = {}  # a host's name -> its address
        self._on_datagram: Callable[[Datagram], None] = lambda datagram: None

    @property
    def ports(self) -> dict[str, int]:
        """The real local ports, by service."""
        return {service: sock.getsockname()[1] for service, sock in self._open.items()}

    async def open(self, ports: dict[str, int], on_datagram: Callable[[Datagram], None]) -> None:
        """Opens these ports. PortTaken if one cannot be had."""
        self._on_datagram = on_datagram
        self.listen(ports)

    def listen(self, ports: dict[str, int]) -> None:
        """Opens what is missing, closes what is no longer wanted. PortTaken as above."""
        for service in list(self._open):
            if ports.get(service) != self._wanted[service]:
                self._close(service)
        for service, port in ports.items():
            if service not in self._open:
                self._open[service] = self._bound(self._local_ports.get(service, port))
                self._wanted[service] = port
                self._watch(service, self._open[service])

    def _bound(self, port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if sys.platform == "linux":
                sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            if self._address != EVERY_ADDRESS:
                # A host may listen at this port on every address, as the vendor's sample does.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self._address, port))
        except OSError as error:
            sock.close()
            raise PortTaken(f"UDP port {port} of {self._address}: {error.strerror}") from error
        return sock

    def _watch(self, service: str, sock: socket.socket) -> None:
        def readable() -> None:
            # A socket tells of an earlier datagram that nobody took as an error of the next call.
            with contextlib.suppress(OSError):
                data, told, _, (address, port) = sock.recvmsg(
                    LONGEST_HEARD, socket.CMSG_SPACE(PKTINFO.size)
                )
                host = self._name_of(address)
                self._on_datagram(Datagram(service, data, host, port, _is_broadcast(told)))

        asyncio.get_running_loop().add_reader(sock, readable)

    def know(self, host: str) -> None:
        """What comes from the address of this host is from the host by this name."""
        with contextlib.suppress(OSError):
            self._address_of(host)

    def send(self, datagram: Datagram) -> str | None:
        """From the port of its service. Why it was not sent; None if it was."""
        sock = self._open.get(datagram.service)
        if sock is None:
            return "the port is closed"
        try:
            sock.sendto(datagram.data, (self._address_of(datagram.address), datagram.port))
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _address_of(self, host: str) -> str:
        if host.replace(".", "").isdigit():
            return host
        if host not in self._found:
            self._found[host] = socket.gethostbyname(host)
        return self._found[host]

    def _name_of(self, address: str) -> str:
        return next((host for host, found in self._found.items() if found == address), address)

    def _close(self, service: str) -> None:
        sock = self._open.pop(service)
        asyncio.get_running_loop().remove_reader(sock)
        sock.close()

    async def close(self) -> None:
        for service in list(self._open):
            self._close(service)


def _is_broadcast(told: list[tuple[int, int, bytes]]) -> bool:
    """Whether a datagram came to more than us. Elsewhere than on Linux nobody says: no."""
    for level, kind, value in told:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            _, ours, sent_to = PKTINFO.unpack(value[: PKTINFO.size])
            return bool(ours != sent_to)
    return False
