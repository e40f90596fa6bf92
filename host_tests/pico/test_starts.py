"""How a Pico starts and starts over, and that its relay moves for none of it."""

from __future__ import annotations

from typing import Any

from host_tests.pico.panel_peer import (
    KNOWN,
    RELAY,
    SECOND_NS,
    PanelPeer,
    flash_image,
    is_ready,
    start_file,
)
from loquet_tools import device_folder
from pico_rig.image import BLOCK_BYTES, BLOCKS, files_of
from pico_rig.rig import FIRMWARE_USB, Rig

MS = 10**6
TOLD_S = 1_800_000_000
CTRL_C, CTRL_D = "\x03", "\x04"

# Three seconds after the start the program does nothing any more.
HANGS = """
import machine
def hang(_):
    while True:
        pass
if machine.reset_cause() == machine.PWRON_RESET:
    timer = machine.Timer(mode=machine.Timer.ONE_SHOT, period=3000, callback=hang)
"""

# Or a task of it dies.
CRASHES = """
import machine, time
from firmware.app import flash_writer
step = flash_writer.FlashWriter.step
def crash(self):
    if machine.reset_cause() == machine.PWRON_RESET and time.ticks_ms() > 3000:
        raise RuntimeError("as the test wants")
    return step(self)
flash_writer.FlashWriter.step = crash
"""


class Guest(PanelPeer):
    """Lays a card once when the reader is ready, and ends when it was ready `times` times."""

    def __init__(self, times: int = 1, lays: bool = True):
        super().__init__()
        self.times = times
        self.lays = lays
        self.ready = 0

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self.ready += 1
            if self.ready == 1 and self.lays:
                self.lay(rig, KNOWN)
            if self.ready == self.times:
                rig.stop("ready", rig.now_ns + SECOND_NS // 10)
        elif report["event"] == "decision":
            self.take_away(rig)

    @property
    def causes(self) -> list[str]:
        return [report["reset_cause"] for report in self.told("panel", state="started")]


def test_from_power_up_to_ready_the_relay_has_no_edge() -> None:
    guest = Guest(lays=False)
    Rig(flash_image(), guest).run(5)
    assert guest.ready == 1 and guest.edges == []


def test_a_program_that_hangs_holds_no_relay_and_the_watchdog_starts_it_again() -> None:
    guest = Guest(times=2)
    settings = device_folder.settings_document("wakeup")
    settings["doors"][0]["pulse_ms"] = 20_000
    Rig(flash_image(settings, files={"main.py": start_file(HANGS)}), guest).run(20)
    (rose_ns, up), (fell_ns, down) = guest.edges
    assert (up, down) == (1, 0)
    # The lease is 2 s, renewed every 0.5 s.
    hung_ns = 3000 * MS
    assert rose_ns < hung_ns
    assert hung_ns + 1400 * MS < fell_ns < hung_ns + 2100 * MS
    assert guest.causes == ["power", "watchdog"]
    assert guest.starts[1][0] < hung_ns + 8_400 * MS
    print("hung: relay fell", (fell_ns - hung_ns) / MS, "ms later; restarted", guest.starts[1][0])


def test_a_task_that_dies_lets_the_relay_fall_and_starts_over() -> None:
    guest = Guest(times=2)
    rig = Rig(flash_image(files={"main.py": start_file(CRASHES)}), guest)
    rig.run(20)
    assert [level for _, level in guest.edges] == [1, 0]
    assert guest.edges[1][0] < 4000 * MS
    stopped = guest.told("panel", state="stopped")
    assert "as the test wants" in stopped[0]["reason"]
    assert guest.causes == ["power", "software"]
    assert any("Traceback" in line for line in rig.console)


class Typist(Guest):
    """Types what `typed` says, (seconds after ready, text), at the console."""

    def __init__(self, typed: list[tuple[float, str]], times: int = 2):
        super().__init__(times)
        self.typed = typed

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        super().reported(rig, report)
        if is_ready(report) and self.ready == 1:
            for after_s, text in self.typed:
                rig.type(text, rig.now_ns + round(after_s * SECOND_NS))


def test_ctrl_c_lets_the_relay_fall_and_the_watchdog_starts_it_again() -> None:
    guest = Typist([(1, CTRL_C)])
    Rig(flash_image(), guest).run(20)
    assert [level for _, level in guest.edges] == [1, 0]
    typed_ns = guest.told("reader", state="ready")[0]["at_ns"] + SECOND_NS
    assert guest.edges[1][0] < typed_ns + 20 * MS
    assert guest.causes == ["power", "watchdog"]


def test_a_soft_restart_has_no_edge() -> None:
    guest = Typist([(1, CTRL_C), (1.5, CTRL_D)])
    Rig(flash_image(), guest).run(20)
    assert [level for _, level in guest.edges] == [1, 0]
    assert guest.causes == ["power", "software"]


class Timekeeper(Guest):
    """Tells the time, stops the panel and lets the watchdog start it; then asks for the time."""

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        super().reported(rig, report)
        if is_ready(report) and self.ready == 1:
            rig.type(f"clock {TOLD_S}\r", rig.now_ns + SECOND_NS)
            rig.type(CTRL_C, rig.now_ns + 3 * SECOND_NS)
        elif is_ready(report):
            rig.type(CTRL_C + "import time; print('now', time.time())\r", rig.now_ns)

    def printed(self, rig: Rig, text: str) -> None:
        super().printed(rig, text)
        if text.startswith("now "):
            rig.stop("told")


def test_the_time_is_told_at_the_console_and_kept_over_a_restart() -> None:
    guest = Timekeeper(times=0)
    # MicroPython 1.25 cannot be asked whether a UART console has something to read.
    rig = Rig(flash_image(), guest, firmware=FIRMWARE_USB)
    assert rig.run(20)["why"] == "told"
    told = guest.told("clock")[0]
    assert (told["quality"], told["seconds"]) == ("synchronised", TOLD_S)
    assert guest.causes == ["power", "watchdog"]
    # 1 s and more before it was stopped, 1 s after; the watchdog's 8 s are not known of.
    assert TOLD_S + 1 <= int(rig.console[-1].split()[1]) <= TOLD_S + 5


class Maintainer(PanelPeer):
    """Waits, then restarts from the console."""

    def started(self, rig: Rig, start: int, cause: str) -> None:
        super().started(rig, start, cause)
        if start == 1:
            rig.type("import machine; machine.reset()\r", 12 * SECOND_NS)

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            rig.stop("ready")


def test_the_marker_makes_one_start_without_app_and_without_watchdog() -> None:
    peer = Maintainer()
    rig = Rig(flash_image(files={"maintenance": b""}), peer)
    assert rig.run(20)["why"] == "ready"
    assert rig.console[0].startswith("maintenance: outputs at rest")
    assert len(peer.starts) == 2 and peer.starts[1][0] > 12 * SECOND_NS
    assert peer.told("panel", state="started")[0]["reset_cause"] == "software"
    assert rig.image_after is not None and "maintenance" not in files_of(rig.image_after)
    assert peer.edges == []


class Watcher(PanelPeer):
    """Only looks."""


def test_a_flash_that_does_not_mount_is_left_as_it_is_and_the_door_at_rest() -> None:
    broken = bytes(range(256)) * (BLOCK_BYTES * BLOCKS // 256)
    peer = Watcher()
    rig = Rig(broken, peer)
    rig.run(2)
    assert rig.console[0].startswith("no file system")
    assert rig.image_after == broken
    assert peer.edges == []


def test_a_blank_flash_is_left_blank_and_the_door_at_rest() -> None:
    peer = Watcher()
    rig = Rig(None, peer)
    rig.run(2)
    assert rig.console[0].startswith("no file system")
    assert rig.image_after == b"\xff" * BLOCK_BYTES * BLOCKS
    assert peer.edges == []


def test_settings_that_cannot_be_used_stop_the_panel_with_the_door_at_rest() -> None:
    peer = Watcher()
    rig = Rig(flash_image(files={"settings": b"x", "settings.good": b"x"}), peer)
    rig.run(10)
    assert peer.told("panel", state="stopped")
    assert len(peer.starts) == 1
    assert peer.edges == []


class Cutter(Guest):
    """Takes the power while the relay is energised."""

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        super().pin(rig, pin, level)
        if pin == RELAY and level == 1:
            rig.cut_power(rig.now_ns + 500 * MS)


def test_a_power_cut_lets_the_relay_fall_and_does_not_bring_it_back() -> None:
    guest = Cutter(times=2)
    Rig(flash_image(), guest).run(20)
    assert [level for _, level in guest.edges] == [1, 0]
    assert guest.causes == ["power", "power"]
