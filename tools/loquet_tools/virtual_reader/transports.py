"""Ways to the reader: within the process in virtual time, by pty and by TCP in real time.

Coupling hands what comes out of a line to a Host. Driver runs a Coupling by the real clock in one
asyncio task; a wire (PtyWire, TcpWire) gives it bytes and takes bytes. This file waits, opens
devices and sockets; nothing else in the package does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.core import VirtualReader
from loquet_tools.virtual_reader.faults import FaultyLine
from loquet_tools.virtual_reader.network import Datagram
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.wire import as_heard


def _ignore(*_: Any) -> None:
    """Nobody wants to know."""


@dataclass
class Host:
    """Who is at the other end. Each callback is called at its moment, in order.

    on_bytes(data)       bytes as heard, their last stop bit has just arrived
    on_wakeup(asserted)  level of /WAKEUP; True = asserted (low)
    on_edge()            /WAKEUP has just been seen to fall
    on_datagram(datagram)  a datagram for a host, also what is broadcast
    on_output(output)    everything, also what those above are called for
    """

    on_bytes: Callable[[bytes], None] = _ignore
    on_wakeup: Callable[[bool], None] = _ignore
    on_edge: Callable[[], None] = _ignore
    on_datagram: Callable[[Datagram], None] = _ignore
    on_output: Callable[[Output], None] = _ignore


class Coupling:
    """A line and a host. `bitrate()` gives the rate at which the host listens, None = the same."""

    def __init__(self, line: FaultyLine, host: Host, bitrate: Callable[[], int | None]):
        self.line = line
        self.now_us = 0
        self._host = host
        self._bitrate = bitrate

    def run_until(self, now_us: int) -> None:
        """Goes from moment to moment, so that what a callback does is done at its own time."""
        due_us = self.line.next_due_us()
        while due_us is not None and due_us <= now_us:
            self._advance(max(due_us, self.now_us))
            due_us = self.line.next_due_us()
        self._advance(now_us)

    def send(self, data: bytes) -> int:
        """The host sends, now; returns when the last stop bit has left it, in microseconds."""
        bitrate = self._bitrate() or self.line.reader.bitrate
        return self.line.send(data, bitrate, self.now_us)

    def send_datagram(self, datagram: Datagram) -> None:
        """A host sends a datagram, now."""
        self.line.receive_datagram(datagram, self.now_us)

    def _advance(self, now_us: int) -> None:
        self.now_us = now_us
        self.line.advance(now_us)
        happened = self.line.take()
        while happened is not None:
            self._hand_on(happened)
            happened = self.line.take()

    def _hand_on(self, happened: Output) -> None:
        self._host.on_output(happened)
        if happened.kind == "rx":
            heard_at = self._bitrate() or happened.bitrate
            heard = as_heard(happened.value, happened.bitrate, heard_at)
            if heard:
                self._host.on_bytes(heard)
        elif happened.kind == "wakeup":
            self._host.on_wakeup(happened.value)
        elif happened.kind == "udp_rx":
            self._host.on_datagram(happened.value)
        elif happened.kind == "edge":
            self._host.on_edge()


class Wire(Protocol):
    """Where a Driver gets and puts bytes."""

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        """Begins; `on_bytes` is called with what the host sent."""

    def write(self, data: bytes) -> None:
        """To the host; never waits."""

    def bitrate(self) -> int | None:
        """The host's rate, None when the wire has none."""

    async def close(self) -> None:
        """Ends."""


class NoWire:
    """The reader's Serial is connected to nothing."""

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        pass

    def write(self, data: bytes) -> None:
        pass

    def bitrate(self) -> int | None:
        return None

    async def close(self) -> None:
        pass


class Sockets(Protocol):
    """Where a Driver gets and puts datagrams (udp.UdpSockets)."""

    async def open(self, ports: dict[str, int], on_datagram: Callable[[Datagram], None]) -> None:
        """Opens these ports, by service."""

    def listen(self, ports: dict[str, int]) -> None:
        """The reader has these ports from now on."""

    def know(self, host: str) -> None:
        """The reader may be sent something by this host."""

    def send(self, datagram: Datagram) -> str | None:
        """To a host. Why it was not sent; None if it was."""

    async def close(self) -> None:
        """Ends."""


class Driver:
    """A reader in real time: `async with Driver(line, wire)`, or open, run, close.

    `sockets`: its network; None = none.

    `host` may have callbacks for /WAKEUP and outputs; its on_bytes is called beside the wire.
    Cards, power and faults are given to the driver, which knows the time.
    """

    def __init__(
        self,
        line: FaultyLine,
        wire: Wire | None = None,
        host: Host | None = None,
        sockets: Sockets | None = None,
    ):
        self._wire = wire or NoWire()
        self._sockets = sockets
        self._host = host or Host()
        self._line = line
        listener = replace(
            self._host,
            on_bytes=self._bytes_out,
            on_datagram=self._datagram_out,
            on_output=self._output,
        )
        self._coupling = Coupling(line, listener, self._wire.bitrate)
        self._wake = asyncio.Event()
        self._start_ns = time.monotonic_ns()
        self._task: asyncio.Task[None] | None = None
        self._leaving: dict[bytes, asyncio.TimerHandle] = {}

    async def __aenter__(self) -> Driver:
        await self._wire.open(self._bytes_in)
        if self._sockets is not None:
            await self._sockets.open(self._line.reader.network.ports, self._datagram_in)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stays(None)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._sockets is not None:
            await self._sockets.close()
        await self._wire.close()

    @property
    def now_us(self) -> int:
        """Time since the driver was made."""
        return (time.monotonic_ns() - self._start_ns) // 1000

    def power_on(self) -> None:
        self._line.reader.power_on(self._catch_up())

    def power_off(self) -> None:
        self._line.reader.power_off(self._catch_up())

    @property
    def task(self) -> asyncio.Task[None]:
        """Runs the reader as long as the driver is open; ends before by an error only."""
        if self._task is None:
            raise RuntimeError("the driver is not open")
        return self._task

    @property
    def reader(self) -> VirtualReader:
        """As it was when it last did something."""
        return self._line.reader

    def present(self, card: Card, for_ms: int | None = None) -> None:
        """Lays a card on the reader; None: until it is removed."""
        self._stays(card)
        self._line.reader.present(card, self._catch_up())
        if for_ms is not None:
            loop = asyncio.get_running_loop()
            self._leaving[card.uid] = loop.call_later(for_ms / 1000, self.remove, card)

    def remove(self, card: Card | None = None) -> None:
        """Takes the card with this uid away; None: every card."""
        self._stays(card)
        self._line.reader.remove(self._catch_up(), card)

    def _stays(self, card: Card | None) -> None:
        """Nobody takes it away by an appointment made before."""
        for uid in list(self._leaving) if card is None else [card.uid]:
            if uid in self._leaving:
                self._leaving.pop(uid).cancel()

    def set_fault(self, name: str, value: object) -> None:
        """Turns a knob of the line (see knobs.py). ValueError names what is allowed."""
        self._catch_up()
        self._line.set(name, value)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._coupling.run_until(self.now_us)
            await self._sleep()

    async def _sleep(self) -> None:
        due_us = self._line.next_due_us()
        if due_us is None:
            await self._wake.wait()
            return
        # asyncio.wait_for() may swallow that we are cancelled (CPython before 3.12).
        delay_s = max(due_us - self.now_us, 0) / 1e6
        timer = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()

    def _catch_up(self) -> int:
        """Brings the line to the present, and has the task look again when we are done."""
        self._coupling.run_until(self.now_us)
        self._wake.set()
        return self._coupling.now_us

    def _bytes_in(self, data: bytes) -> None:
        self._catch_up()
        self._coupling.send(data)

    def _bytes_out(self, data: bytes) -> None:
        self._wire.write(data)
        self._host.on_bytes(data)

    def _datagram_in(self, datagram: Datagram) -> None:
        self._catch_up()
        self._coupling.send_datagram(datagram)

    def _datagram_out(self, datagram: Datagram) -> None:
        reason = self._sockets and self._sockets.send(datagram)
        if reason:
            said = f"not sent to {datagram.address}:{datagram.port}: {reason}"
            self._output(Output(self._coupling.now_us, "fault", said))
        self._host.on_datagram(datagram)

    def _listen(self, sockets: Sockets, ports: dict[str, int]) -> None:
        sockets.know(self.reader.registers.udp_peer)
        try:
            sockets.listen(ports)
        except OSError as error:
            # A register has been written that asks for it: the reader goes on without the port.
            self._output(Output(self._coupling.now_us, "fault", str(error)))

    def _output(self, happened: Output) -> None:
        if happened.kind == "udp_ports" and self._sockets is not None:
            self._listen(self._sockets, happened.value)
        self._host.on_output(happened)


# termios' name of a rate -> bit/s
BITRATES = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name[0] == "B" and name[1:].isdigit() and name != "B0"
}


class PtyWire:
    """A pseudo terminal. The host opens `path` as it would a serial device and sets its rate there.

    Bytes that the host does not fetch in time are lost, as on a wire, and counted in `lost`.
    """

    def __init__(self) -> None:
        # Our own hold on the host's end keeps the pty alive while no host has it open.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.lost = 0

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        def readable() -> None:
            with contextlib.suppress(BlockingIOError):
                on_bytes(os.read(self._master, 4096))

        asyncio.get_running_loop().add_reader(self._master, readable)

    def write(self, data: bytes) -> None:
        try:
            self.lost += len(data) - os.write(self._master, data)
        except BlockingIOError:
            self.lost += len(data)

    def bitrate(self) -> int | None:
        """The rate that the host has set; None for one that termios has no name for."""
        return BITRATES.get(termios.tcgetattr(self._master)[5])

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)


class TcpWire:
    """A TCP server for one client at a time; a second one is sent away. No bit rate."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0):
        self._address = (host, port)
        self._server: asyncio.Server | None = None
        self._client: asyncio.StreamWriter | None = None
        self._on_bytes: Callable[[bytes], None] = _ignore
        self.port = port  # the real one once open

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        self._on_bytes = on_bytes
        self._server = await asyncio.start_server(self._serve, *self._address)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._client is not None:
            writer.close()
            return
        self._client = writer
        try:
            await self._listen(reader)
        finally:
            self._client = None
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                self._on_bytes(data)

    def write(self, data: bytes) -> None:
        """To the client, if there is one."""
        if self._client is not None:
            self._client.write(data)

    def bitrate(self) -> int | None:
        """A network has none: every rate is the reader's."""
        return None

    async def close(self) -> None:
        if self._client is not None:
            self._client.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
