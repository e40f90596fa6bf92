"""The stage of `loquet demo --pico`: the firmware on an emulated Pico, in the Pico's virtual time.

The virtual reader is at its UART1 and /WAKEUP, the door at its pins (boards/pico/board.json), and
what the panel tells comes from its console. Needs a RigLoop to run in.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loquet_tools import boards, device_folder
from loquet_tools.deploy.firmware import has_program, wanted_digest
from loquet_tools.errors import ArgumentError
from loquet_tools.panel_process import report_of
from loquet_tools.rig_loop import SECOND_NS, RigLoop
from loquet_tools.scene import DARK_S, POWER, SOFTWARE, WATCHDOG, Cast, Scene, line_of
from loquet_tools.virtual_door import LOOK_SECONDS
from loquet_tools.virtual_reader import Card, Output
from loquet_tools.virtual_reader.wire import as_heard
from loquet_tools.wire_watch import RECEIVED, SENT
from pico_rig.image import files_of, image_of
from pico_rig.reader_peer import ReaderPeer, microseconds
from pico_rig.rig import FIRMWARE_USB, HERE, Byte, Rig

# The one for a real Pico. The other one cannot be told the time at its console.
FIRMWARE = FIRMWARE_USB

# Longer than any script; the demo ends by itself.
MOST_S = 10**6


def check(firmware: Path = FIRMWARE, rig: Path = HERE) -> None:
    """Raises ArgumentError, with what is to be done, if the emulated Pico cannot run here."""
    if shutil.which("node") is None:
        raise ArgumentError(
            "--pico needs Node 20 or newer for the emulated Pico; "
            "on Debian 13: apt install nodejs npm"
        )
    if not is_installed(rig):
        raise ArgumentError(
            "--pico needs the npm package rp2040js; "
            "`tools/pico_rig/install.sh` in the project's folder gets it"
        )
    if not firmware.exists():
        raise ArgumentError(
            f"--pico needs the Pico's firmware, and there is no {firmware}; "
            "`make pico-firmware` in the project's folder builds it"
        )
    if not has_program(firmware.read_bytes(), wanted_digest()):
        raise ArgumentError(
            f"--pico: {firmware} is of other sources than those here; "
            "`make pico-firmware` in the project's folder builds it anew"
        )


def is_installed(rig: Path) -> bool:
    """Whether install.sh has got what the rig needs: it leaves a copy of package-lock.json."""
    mark = rig / "node_modules/.installed"
    return mark.exists() and mark.read_bytes() == (rig / "package-lock.json").read_bytes()


class PicoStage(Scene):
    """The Pico runs whenever everybody waits.

    While it is dark after a power cut no time passes here but to the moment at which it ends.
    """

    _reader: World
    _door: World

    def __init__(self, cast: Cast):
        super().__init__(cast)
        self._failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._has_stopped = False

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RigLoop)
        world = World(self, self._cast, loop)
        self._reader = self._door = world
        self._rig = Rig(image_of_cast(self._cast), world, FIRMWARE)
        world.rig = self._rig
        self._tell_cast(board="pico", heap_kib=None, serial="UART1", pins="GPIO")
        told = stack.enter_context(self._rig.running(MOST_S))
        stack.callback(loop.detach)
        self._rig.hear()
        loop.attach(self._rig, told, self._on_failure)

    def cut_power(self) -> None:
        self.happen("restart", cause=POWER)
        self._reader.power_off()
        self._rig.cut_power(dark_ns=int(DARK_S * SECOND_NS))

    def log(self) -> list[tuple[int, str, str | None]]:
        return [] if self._failed.done() else log_of(self._rig.files())

    async def follow_panel(self) -> str:
        """A Pico never ends by itself; RigError if the emulated one has."""
        return await self._failed

    # What the world around the Pico calls

    def on_reset(self) -> None:
        """The Pico starts again, and had power all the time."""
        self.happen("restart", cause=SOFTWARE if self._has_stopped else WATCHDOG)
        self._has_stopped = False

    def on_line(self, text: str) -> None:
        """The panel prints a line."""
        report = report_of(text)
        self._has_stopped |= report["event"] == "panel" and report["state"] == "stopped"
        self._on_report(report)

    def on_relay(self, energised: bool) -> None:
        self.happen("relay", energised=energised)

    def on_wire(self, direction: str, data: bytes) -> None:
        """These bytes have passed the line."""
        self._watch.passes(direction, data)

    def on_output(self, output: Output) -> None:
        self._on_output(output)

    def _on_failure(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)


class World(ReaderPeer):
    """Reader and door around the Pico, and who looks at both. `rig` before the run."""

    rig: Rig

    def __init__(self, stage: PicoStage, cast: Cast, loop: RigLoop):
        board = boards.document("pico")
        reader, door = board["readers"][0], board["doors"][0]
        super().__init__(
            line_of(cast.events, cast.seed, chunk_bytes=1), reader["wakeup"], damaged=True
        )
        self._stage = stage
        self._loop = loop
        self._relay = door["relay"]
        self._energised = False
        self._inputs = {"contact": door["contact"], "rex": door["rex"], "fire": board["fire"]}
        self._heard_bps: int | None = None
        self._late_edge: asyncio.TimerHandle | None = None

    # What a script does to reader and door

    def present(self, card: Card) -> None:
        self._act(lambda now_us: self.line.reader.present(card, now_us))

    def remove(self, card: Card | None = None) -> None:
        self._act(lambda now_us: self.line.reader.remove(now_us, card))

    def set_fault(self, name: str, value: object) -> None:
        self._act(lambda _: self.line.set(name, value))

    def power_off(self) -> None:
        """Reader and relay have no power. The rig tells its pins when it is back."""
        self._act(lambda now_us: self.line.reader.power_off(now_us))
        self._show_relay(False)

    def set(self, name: str, level: int) -> None:
        self.rig.drive(self._inputs[name], level)

    def tell_time(self, seconds: int) -> None:
        self.rig.type(f"clock {seconds}\r")

    def _act(self, action: Callable[[int], Any]) -> None:
        now_us = microseconds(self.rig)
        self.line.advance(now_us)
        action(now_us)
        self._carry(self.rig)

    # What the rig tells

    def begin(self, rig: Rig) -> None:
        super().begin(rig)
        rig.watch(self._relay)
        # A door that is closed, a button that is not pressed, no fire.
        for name, level in (("contact", 0), ("rex", 1), ("fire", 1)):
            self.set(name, level)
        self._carry(rig)

    def started(self, rig: Rig, start: int, cause: str) -> None:
        if cause == WATCHDOG:
            self._stage.on_reset()
        elif start > 1:
            self._act(lambda now_us: self.line.reader.power_on(now_us))

    def byte(self, rig: Rig, byte: Byte) -> None:
        self._heard_bps = byte.bitrate
        self._stage.on_wire(SENT, bytes([byte.value]))
        super().byte(rig, byte)

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        self._show_relay(level == 1)

    def printed(self, rig: Rig, text: str) -> None:
        self._stage.on_line(text)

    def next_ns(self) -> int | None:
        dues = (super().next_ns(), self._loop.wake_ns)
        return min((due for due in dues if due is not None), default=None)

    # What the reader does

    def happened(self, rig: Rig, output: Output) -> None:
        self._stage.on_output(output)
        if output.kind == "rx":
            heard_bps = self._heard_bps or output.bitrate
            self._stage.on_wire(RECEIVED, as_heard(output.value, output.bitrate, heard_bps))
        elif output.kind == "edge":
            self._fall()

    def show_wakeup(self, rig: Rig, asserted: bool, at_ns: int) -> None:
        """A level without an edge: the pin falls when the panel would have looked at it."""
        self._forget_edge()
        if asserted:
            self._late_edge = self._loop.call_later(LOOK_SECONDS, self._fall)
        else:
            rig.drive(self._wakeup, 1)

    def _show_relay(self, energised: bool) -> None:
        if energised != self._energised:
            self._energised = energised
            self._stage.on_relay(energised)

    def _fall(self) -> None:
        self._forget_edge()
        self.rig.drive(self._wakeup, 0)

    def _forget_edge(self) -> None:
        if self._late_edge is not None:
            self._late_edge.cancel()
            self._late_edge = None


def image_of_cast(cast: Cast) -> bytes:
    """The file system of a deployed Pico."""
    with tempfile.TemporaryDirectory(prefix="loquet-") as name:
        folder = Path(name)
        device_folder.fill_board(folder, "pico")
        device_folder.store(folder, cast.settings, cast.cards)
        return image_of(folder)


def log_of(image: bytes) -> list[tuple[int, str, str | None]]:
    """device_folder.log_of for the file system in an image."""
    with tempfile.TemporaryDirectory(prefix="loquet-") as name:
        folder = Path(name)
        (folder / "log").mkdir()
        for path, data in files_of(image).items():
            if path.startswith("log/"):
                (folder / path).write_bytes(data)
        return device_folder.log_of(folder)
