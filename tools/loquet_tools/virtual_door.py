"""The doors' end of the pins (boards/virtual/README.md): a TCP server on this machine.

What is hardware of its own on a real board is played here, and works whatever the panel does: the
timer that lets a relay fall which the panel energises no more, and the watchdog. A door whose panel
has gone has no relay voltage: the relay falls.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

# An edge that was lost is noticed when the panel looks at the level by itself.
LOOK_SECONDS = 0.25

# A line of a panel is far shorter.
LONGEST_LINE = 32

# The places of doors and readers that the board has.
PLACES = (0, 1)

ASSERTED = 0
RELEASED = 1

Relay = Callable[[int, bool], None]


def numbered(name: str, place: int) -> str:
    """The name of a pin of the first, second … door or reader: relay, relay2 …"""
    return name if place == 0 else f"{name}{place + 1}"


class VirtualDoor:
    """`async with VirtualDoor(on_relay, on_refused) as door`: relays at rest, and inputs.

    `on_relay(place, energised)` is called when the relay of the door at that place changes its
    level, `on_refused(line)` with a line that is none of a panel's, `on_watchdog()` when the panel
    has not fed its watchdog in time. One panel at a time; another one is sent away.
    """

    def __init__(
        self,
        on_relay: Relay,
        on_refused: Callable[[str], None],
        on_watchdog: Callable[[], None] = lambda: None,
    ):
        self.energised = [False for _ in PLACES]
        self._relays = {numbered("relay", place): place for place in PLACES}
        self._on_relay = on_relay
        self._on_refused = on_refused
        self._on_watchdog = on_watchdog
        # At rest: /WAKEUP high, the doors closed, the buttons not pressed, no fire.
        self._levels = {"fire": 1}
        for place in PLACES:
            at_rest = {"wakeup": RELEASED, "contact": 0, "rex": 1}
            self._levels |= {numbered(name, place): at_rest[name] for name in at_rest}
        self._panel: asyncio.Transport | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def __aenter__(self) -> VirtualDoor:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in list(self._timers):
            self._cancel(name)
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
        self._tell(name, level)

    def tell_time(self, seconds: int) -> None:
        """Somebody tells the panel what time it is, in seconds since 1970."""
        self._tell("clock", seconds)

    def cut_wires(self) -> None:
        """The panel loses its pins; it may connect anew."""
        if self._panel is not None:
            self._panel.close()

    # The virtual reader's /WAKEUP. Its line tells level and edge apart; the pins know levels only.

    def wakeup(self, asserted: bool, place: int = 0) -> None:
        """The level of /WAKEUP. What is asserted is told with its edge, or late without one."""
        name = numbered("wakeup", place)
        if asserted:
            self._later(name, LOOK_SECONDS, lambda: self.wakeup_edge(place))
        else:
            self._cancel(name)
            self.set(name, RELEASED)

    def wakeup_edge(self, place: int = 0) -> None:
        """/WAKEUP has been seen to fall."""
        self._cancel(numbered("wakeup", place))
        self.set(numbered("wakeup", place), ASSERTED)

    # What the connection calls

    def connected(self, panel: asyncio.Transport) -> bool:
        """Whether this panel is the one: then it is told all levels."""
        if self._panel is not None:
            return False
        self._panel = panel
        for name, level in self._levels.items():
            self._tell(name, level)
        return True

    def disconnected(self) -> None:
        """The panel has gone."""
        self._panel = None
        self._cancel("watchdog")
        for name in self._relays:
            self._fall(name)

    def on_line(self, line: str) -> None:
        """The panel says something."""
        name, _, value = line.partition(" ")
        if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            self._on_refused(line)
        elif name in self._relays and int(value) == 0:
            self._fall(name)
        elif name in self._relays:
            self._energise(name, int(value) / 1000)
        elif name == "watchdog":
            self._later(name, int(value) / 1000, self._on_watchdog)
        else:
            self._on_refused(line)

    def _energise(self, name: str, limit_s: float) -> None:
        self._later(name, limit_s, lambda: self._fall(name))
        self._switch(name, True)

    def _fall(self, name: str) -> None:
        self._cancel(name)
        self._switch(name, False)

    def _switch(self, name: str, energised: bool) -> None:
        place = self._relays[name]
        if energised != self.energised[place]:
            self.energised[place] = energised
            self._on_relay(place, energised)

    def _later(self, name: str, seconds: float, function: Callable[[], None]) -> None:
        """Calls it in that time, in place of what was to be called for that name."""
        self._cancel(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, function)

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _tell(self, name: str, value: int) -> None:
        if self._panel is not None:
            self._panel.write(b"%s %d\n" % (name.encode(), value))


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
