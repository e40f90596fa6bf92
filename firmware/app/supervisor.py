"""Builds the panel from what is on flash and keeps it running.

The hal has made the outputs safe before anything here runs. Afterwards every task has to live:
when one has died, the relays fall, the reason is reported, and the board starts over. A task that
lives and does nothing any more is the watchdog's: it is fed only while each of them steps.
"""

import asyncio
import gc
import sys

from firmware.app import memory
from firmware.app.bell import Bell
from firmware.app.doors import Doors
from firmware.app.flash_writer import FlashWriter
from firmware.app.reports import Reports
from firmware.app.serial_reader import SerialReader
from firmware.app.storage import Storage
from loquet.errors import StorageError
from loquet.panel import Panel
from springcore.link import Link, LinkSettings

# What an idle panel leaves behind in RAM between two looks, and a card, in KB on a Pico, where
# some 100 are free. From so much on a moment to collect it is looked for, more often than
# otherwise: what is not collected here is collected when memory ends, and then a card may be
# waiting. What flash work leaves behind is collected by flash_writer.py.
LOOK_KB = 3
CARD_KB = 20
COLLECT_AT_KB = 32

LOOK_MS = 250
IDLE_LOOK_MS = 25

# A collection takes some 25 ms on a Pico, and must not meet what is due at a door.
SOON_MS = 100

# Below the most that every chip's watchdog can wait (RP2040: 8388 ms), and far longer than a task
# that works pauses.
WATCHDOG_MS = 8000


async def run(hal) -> None:
    """Runs the panel on `hal`. Never returns."""
    reports = Reports(hal)
    try:
        storage, doors, readers = _build(hal, reports)
    except (StorageError, OSError, ValueError) as error:
        # Starting over would not help: a person has to mend it, and the door stays at rest.
        _tell_stopped(reports, str(error))
        hal.halt(str(error))
        return
    ended = "restart_wanted"
    try:
        name, error = await _supervise(hal, storage, doors, readers, reports)
        ended = "panel_error"
        doors.fail()
    except Exception:
        ended = "panel_error"
        doors.fail()
        raise
    finally:
        doors.make_safe()
        storage.close(doors.panel, reports, ended)
    hal.print_error(error)
    reason = "%s: %r" % (name, error)
    _tell_stopped(reports, reason)
    hal.reset(reason)


def _build(hal, reports) -> tuple:
    storage = Storage(hal.storage_root())
    settings = storage.settings
    panel = Panel(settings, storage.cards, storage.journal)
    _start_clock(panel, hal)
    storage.tell_start(panel, reports, hal.reset_cause())
    try:
        doors = Doors(panel, settings, hal, reports)
        readers = _readers(settings, hal, doors, reports)
    except Exception:
        storage.close(panel, reports, "panel_error")
        raise
    return storage, doors, readers


def _start_clock(panel, hal) -> None:
    said = hal.wall_clock()
    if said is not None:
        seconds, synchronised = said
        panel.start_clock(seconds, synchronised, hal.ticks_ms())


def _readers(settings, hal, doors, reports) -> list:
    """What has to run for the readers: one for each serial line, one for all on the network."""
    on_lines = [reader for reader in settings.readers if reader.udp is None]
    readers: list = [
        _reader(place, reader, hal, doors, reports) for place, reader in enumerate(on_lines)
    ]
    if len(on_lines) < len(settings.readers):
        # Here, because a panel without such a reader has no use for it.
        from firmware.app.udp_reader import UdpReaders

        readers.append(UdpReaders(settings, hal, doors, reports))
    return readers


def _reader(place: int, settings, hal, doors, reports) -> SerialReader:
    link_settings = LinkSettings(
        events=settings.events,
        bitrate=settings.bitrate,
        half_duplex=settings.half_duplex,
        echo=settings.echo,
        auto_sequences=settings.auto_sequences,
        serial_number=settings.serial_number,
        stale_ms=settings.stale_ms,
        buffer_size=settings.buffer_bytes,
    )
    link = Link(link_settings, hal.entropy(1)[0] & 0x0F)
    return SerialReader(place, settings, link, hal, doors, reports)


async def _supervise(hal, storage, doors, readers, reports) -> tuple:
    """Runs everything until a task dies: its name and its error."""
    family = _Family(hal)
    family.adopt(hal.tasks(reports.trouble))
    family.adopt([("doors", doors.run())])
    family.adopt([("reader " + reader.name, reader.run()) for reader in readers])
    writer = FlashWriter(storage.jobs(), readers, doors, hal, reports)
    family.adopt([("flash writer", writer.run())])
    gc.collect()
    _tell_started(hal, reports)
    watchdog = hal.watchdog(WATCHDOG_MS)
    looks = 0
    collect = False
    while family.death is None:
        await family.bell.wait(IDLE_LOOK_MS if collect else LOOK_MS)
        try:
            _feed(watchdog, [doors, writer] + readers)
        except OSError as error:
            return "watchdog", error
        looks += 1
        collect = looks * LOOK_KB + doors.cards * CARD_KB >= COLLECT_AT_KB
        if collect and _all_idle(doors, readers):
            storage.tell_damage(doors.panel, reports)
            memory.collect()
            collect = False
            looks = doors.cards = 0
    return family.death


class _Family:
    """The tasks that have to live. `death`: name and error of the first that did not."""

    def __init__(self, hal):
        self.death = None
        self.bell = Bell(hal)
        self._tasks = []

    def adopt(self, named_coroutines) -> None:
        """Starts each of them (name, coroutine)."""
        for name, coroutine in named_coroutines:
            # CPython forgets a task that nobody holds.
            self._tasks.append(asyncio.create_task(self._watch(name, coroutine)))

    async def _watch(self, name: str, coroutine) -> None:
        try:
            await coroutine
            self._died(name, RuntimeError("ended"))
        except Exception as error:
            self._died(name, error)

    def _died(self, name: str, error) -> None:
        self.death = self.death or (name, error)
        self.bell.ring()


def _feed(watchdog, workers) -> None:
    """Feeds the watchdog if each of the workers has stepped since it was fed last."""
    if all(worker.stepped for worker in workers):
        watchdog.feed()
        for worker in workers:
            worker.stepped = False


def _all_idle(doors, readers) -> bool:
    return not doors.due_within(SOON_MS) and all(reader.idle() for reader in readers)


def _tell_started(hal, reports) -> None:
    version = ".".join(str(number) for number in sys.implementation.version[:3])
    mem_free = getattr(gc, "mem_free", None)
    reports.add(
        "panel",
        {
            "state": "started",
            "interpreter": "%s %s" % (sys.implementation.name, version),
            "heap_free": mem_free() if mem_free is not None else None,
            "reset_cause": hal.reset_cause(),
        },
    )


def _tell_stopped(reports, reason: str) -> None:
    reports.add("panel", {"state": "stopped", "reason": reason})
    reports.flush()
