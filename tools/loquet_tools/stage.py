"""A virtual reader on a pty, a virtual door and the panel between them, with one clock for all.

The stage is what surrounds a board, too: it starts the panel again, in the same folder, when the
panel resets itself, when its watchdog was not fed, and when power comes back after a cut.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from loquet_tools import device_folder
from loquet_tools.panel_process import (
    HEAP_KIB,
    PanelProcess,
    PanelSetup,
    panel_folder,
    report_of,
)
from loquet_tools.paths import MICROPYTHON
from loquet_tools.scene import DARK_S, POWER, SOFTWARE, WATCHDOG, Cast, Scene, line_of
from loquet_tools.virtual_door import VirtualDoor
from loquet_tools.virtual_reader.transports import Driver, Host, PtyWire
from loquet_tools.wire_watch import RECEIVED, SENT

# Status of a panel that resets its board.
RESET_STATUS = 1


class Stage(Scene):
    """The panel is a process; what it energised it loses with its wires."""

    _reader: Driver
    _door: VirtualDoor

    def __init__(self, cast: Cast):
        super().__init__(cast)
        self._panel: PanelProcess | None = None
        self._starts_for: str | None = POWER
        self._power = asyncio.Event()
        self._power.set()

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        self._door = await stack.enter_async_context(
            VirtualDoor(self._on_relay, self._on_bad_line, self._on_watchdog)
        )
        wire = TappedWire(lambda data: self._watch.passes(SENT, data))
        self._reader = await stack.enter_async_context(self._driver(wire))
        interpreter = self._cast.interpreter
        heap_kib = HEAP_KIB if interpreter == MICROPYTHON else None
        pins = self._door.address
        self._tell_cast(board="virtual", heap_kib=heap_kib, serial=wire.path, pins=pins)
        self._folder = stack.enter_context(panel_folder(self._setup(wire.path)))

    def cut_power(self) -> None:
        self._reader.power_off()
        self._end_panel(POWER)

    def switch_off(self) -> None:
        """Takes the panel's and the reader's power until `switch_on`."""
        self._power.clear()
        self.cut_power()

    def switch_on(self) -> None:
        """Gives the power back."""
        self._power.set()

    @property
    def has_power(self) -> bool:
        """Whether nobody has switched it off."""
        return self._power.is_set()

    def log(self) -> list[tuple[int, str, str | None]]:
        return device_folder.log_of(self._folder)

    async def follow_panel(self) -> str:
        """Runs the panel, over and over as a board does, and tells what it reports.

        Returns when nothing starts it again: why it ended, in words.
        """
        while self._starts_for is not None:
            device_folder.set_reset_cause(self._folder, self._starts_for)
            async with PanelProcess(self._cast.interpreter, self._folder) as self._panel:
                if self._starts_for == POWER:
                    self._reader.power_on()
                self._starts_for = None
                if not self.has_power:
                    # It was taken while the panel was being started.
                    self.cut_power()
                await self._follow(self._panel)
                death = await self._panel.death()
            if self._starts_for == POWER:
                await asyncio.sleep(DARK_S)
                await self._power.wait()
        return death

    def freeze_panel(self) -> None:
        """The panel hangs: what it energised and its watchdog are left to themselves."""
        if self._panel is not None:
            self._panel.freeze()

    def cut_wires(self) -> None:
        """The panel loses its pins: a task of it dies."""
        self._door.cut_wires()

    async def _follow(self, panel: PanelProcess) -> None:
        async for line in panel.lines():
            self._on_report(report_of(line))
        # One that ends before it runs would do so again and again.
        if await panel.exit_status() == RESET_STATUS and panel.has_started:
            self._end_panel(SOFTWARE)

    def _on_watchdog(self) -> None:
        self._end_panel(WATCHDOG)

    def _end_panel(self, cause: str) -> None:
        """Ends the panel if it runs; it will start again because of `cause`."""
        self.happen("restart", cause=cause)
        self._starts_for = cause
        if self._panel is not None:
            self._panel.kill()

    def _setup(self, serial: str) -> PanelSetup:
        cast = self._cast
        return PanelSetup(cast.interpreter, [serial], self._door.address, cast.settings, cast.cards)

    # The reader, the line, the door

    def _driver(self, wire: TappedWire) -> Driver:
        host = Host(
            on_bytes=lambda data: self._watch.passes(RECEIVED, data),
            on_wakeup=self._door.wakeup,
            on_edge=self._door.wakeup_edge,
            on_output=self._on_output,
        )
        return Driver(line_of(self._cast.events, self._cast.seed), wire, host)

    def _on_relay(self, place: int, energised: bool) -> None:
        self.happen("relay", energised=energised)

    def _on_bad_line(self, line: str) -> None:
        self.happen("trouble", name="bad_pin_line", detail=line)


class TappedWire(PtyWire):
    """A pty that also tells `on_sent` what the host has put on it."""

    def __init__(self, on_sent: Callable[[bytes], None]):
        super().__init__()
        self._on_sent = on_sent

    async def open(self, on_bytes: Callable[[bytes], None]) -> None:
        def heard(data: bytes) -> None:
            self._on_sent(data)
            on_bytes(data)

        await super().open(heard)
