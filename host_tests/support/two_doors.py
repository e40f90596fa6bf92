"""Two virtual readers and two virtual doors around a panel that is a real process."""

import asyncio
import contextlib
import signal
import time

from loquet.journal import Journal
from loquet_tools.panel_process import PanelProcess, PanelSetup, panel_folder, report_of
from loquet_tools.stage import line_of
from loquet_tools.virtual_door import PLACES, VirtualDoor
from loquet_tools.virtual_reader import Card
from loquet_tools.virtual_reader.transports import Driver, Host, PtyWire

# Far more than anything takes on a slow machine; what comes sooner costs no time.
LIMIT_S = 30


class TwoDoors:
    """`async with TwoDoors(interpreter, settings, cards) as house`; both readers are ready then.

    `relays` are the edges (place, energised), `decisions` the panel's reports.
    """

    def __init__(self, interpreter, settings, cards):
        self.relays = []
        self.decisions = []
        self._ready = set()
        self._interpreter = interpreter
        self._settings = settings
        self._cards = [bytes.fromhex(card) for card in cards]
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        enter = self._stack.enter_async_context
        self.door = await enter(
            VirtualDoor(lambda *edge: self.relays.append(edge), self._refused, self._bark)
        )
        wires = [PtyWire() for _ in PLACES]
        self.readers = [await enter(self._driver(place)(wires[place])) for place in PLACES]
        serials = [wire.path for wire in wires]
        setup = PanelSetup(
            self._interpreter, serials, self.door.address, self._settings, self._cards
        )
        self.folder = self._stack.enter_context(panel_folder(setup))
        self.panel = await enter(PanelProcess(self._interpreter, self.folder))
        self._reports = asyncio.create_task(self._follow())
        self._stack.callback(self._reports.cancel)
        for reader in self.readers:
            reader.power_on()
        await self.until(lambda: len(self._ready) == len(PLACES))
        return self

    async def __aexit__(self, *_):
        await self._stack.aclose()

    async def until(self, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end, (self.relays, self.decisions)
            await asyncio.sleep(0.005)

    async def show(self, place, card):
        """Holds a card out until the reader's panel has decided; why, or "granted"."""
        before = len(self.decisions)
        self.readers[place].present(Card(bytes.fromhex(card)))
        await self.until(lambda: len(self.decisions) > before)
        await self.take_away(place)
        return self.decisions[before]["reason"]

    async def take_away(self, place):
        self.readers[place].remove()
        # The reader says that the card has gone; then it may come again at once.
        await asyncio.sleep(0.3)

    def log(self):
        """The records of the log, after the panel has ended."""
        journal = Journal(str(self.folder / "log"), 10000)
        journal.open()
        return journal.pull(0, 100)[0]

    async def stop(self):
        """Ends the panel as somebody does who wants it to end."""
        await self.panel.__aexit__(None, None, None)
        assert await self.panel.exit_status() != 128 + signal.SIGKILL

    def _driver(self, place):
        host = Host(
            on_wakeup=lambda asserted: self.door.wakeup(asserted, place),
            on_edge=lambda: self.door.wakeup_edge(place),
        )
        return lambda wire: Driver(line_of("wakeup", seed=place), wire, host)

    async def _follow(self):
        async for line in self.panel.lines():
            report = report_of(line)
            if report["event"] == "decision":
                self.decisions.append(report)
            elif report["event"] == "reader" and report["state"] == "ready":
                self._ready.add(report["reader"])

    def _refused(self, line):
        raise AssertionError(f"the door does not know {line!r}")

    def _bark(self):
        raise AssertionError("the watchdog was not fed")
