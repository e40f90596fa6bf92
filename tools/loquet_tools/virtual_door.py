"""The door's end of the pins (boards/virtual/README.md): a TCP server on this machine.

The panel opens the connection and says `relay 1` (energised) or `relay 0`; the door says what the
levels of its inputs are. A door whose panel has gone has no relay voltage: the relay falls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

# An edge that was lost is noticed when the panel looks at the level by itself.
LOOK_SECONDS = 0.25

# At rest: /WAKEUP high, the door closed, the button not pressed.
LEVELS = {"wakeup": 1, "contact": 0, "rex": 1}

# A line of a panel is far shorter.
LONGEST_LINE = 32

ASSERTED = 0
RELEASED = 1


class VirtualDoor:
    """`async with VirtualDoor(on_relay, on_refused) as door`: a relay at rest and three inputs.

    `on_relay(energised)` is called when the relay's level changes, `on_refused(line)` with a line
    that is none of a panel's. One panel at a time; another one is sent away.
    """

    def __init__(self, on_relay: Callable[[bool], None], on_refused: Callable[[str], None]):
        self.energised = False
        self._on_relay = on_relay
        self._on_refused = on_refused
        self._levels = dict(LEVELS)
        self._panel: asyncio.Transport | None = None
        self._late: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> VirtualDoor:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cancel_late()
        self._server.close()
        if self._panel is not None:
            self._panel.close()
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """Where the panel finds it."""
        return f"tcp:127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def set(self, name: str, level: int) -> None:
        """An input has this electrical level from now on."""
        self._levels[name] = level
        self._tell(name)

    # The virtual reader's /WAKEUP. Its line tells level and edge apart; the pins know levels only.

    def wakeup(self, asserted: bool) -> None:
        """The level of /WAKEUP. What is asserted is told with its edge, or late without one."""
        self._cancel_late()
        if asserted:
            loop = asyncio.get_running_loop()
            self._late = loop.call_later(LOOK_SECONDS, self.wakeup_edge)
        else:
            self.set("wakeup", RELEASED)

    def wakeup_edge(self) -> None:
        """/WAKEUP has been seen to fall."""
        self._cancel_late()
        self.set("wakeup", ASSERTED)

    # What the connection calls

    def connected(self, panel: asyncio.Transport) -> bool:
        """Whether this panel is the one: then it is told all levels."""
        if self._panel is not None:
            return False
        self._panel = panel
        for name in self._levels:
            self._tell(name)
        return True

    def disconnected(self) -> None:
        """The panel has gone."""
        self._panel = None
        self._switch(False)

    def on_line(self, line: str) -> None:
        """The panel says something."""
        if line in ("relay 0", "relay 1"):
            self._switch(line == "relay 1")
        else:
            self._on_refused(line)

    def _cancel_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _tell(self, name: str) -> None:
        if self._panel is not None:
            self._panel.write(b"%s %d\n" % (name.encode(), self._levels[name]))

    def _switch(self, energised: bool) -> None:
        if energised != self.energised:
            self.energised = energised
            self._on_relay(energised)


class _Connection(asyncio.Protocol):
    """Cuts what a panel says into lines. No stream: its lines would come a turn of the loop late,
    and the relay would seem to switch after what the panel said later on its serial line."""

    def __init__(self, door: VirtualDoor):
        self._door = door
        self._taken = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._taken = self._door.connected(transport)
        if not self._taken:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._taken:
            self._door.disconnected()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        # One byte too many is kept of a line without end, so that it stays too long.
        self._rest = self._rest[: LONGEST_LINE + 1]
        for line in lines:
            self._door.on_line(line.decode("ascii", "replace"))
