"""The firmware as it goes onto a Pico, its files, a reader and a door: a card opens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from host_tests.pico.panel_peer import (
    DE,
    KNOWN,
    RELAY,
    SECOND_NS,
    TX,
    UNKNOWN,
    WAKEUP,
    PanelPeer,
    card_number,
    flash_image,
    is_ready,
    start_file,
)
from loquet_tools import device_folder
from loquet_tools.paths import device_sources, program_digest
from pico_rig.image import image
from pico_rig.rig import Byte, Rig

MS = 10**6


class Visitor(PanelPeer):
    """Lays a card when the reader is ready, and leaves with it."""

    def __init__(self, uid: bytes, **options: Any):
        super().__init__(**options)
        self.uid = uid
        self.fell_ns = 0

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self.lay(rig, self.uid)
        elif report["event"] == "decision":
            self.take_away(rig)
            rig.stop("enough", rig.now_ns + 4 * SECOND_NS)


def test_a_known_card_energises_the_relay_for_its_pulse() -> None:
    visitor = Visitor(KNOWN)
    Rig(flash_image(), visitor).run(10)
    (rose_ns, up), (fell_ns, down) = visitor.edges
    assert (up, down) == (1, 0)
    assert abs(fell_ns - rose_ns - 3000 * MS) < 30 * MS
    assert visitor.told("decision", granted=True, card=KNOWN.hex().upper())
    started = visitor.told("panel", state="started")[0]
    assert started["reset_cause"] == "power"
    print("started", started, "ready", visitor.told("reader", state="ready")[0])


def test_an_unknown_card_does_not() -> None:
    visitor = Visitor(UNKNOWN)
    Rig(flash_image(), visitor).run(10)
    assert visitor.told("decision", granted=False, reason="unknown_card")
    assert visitor.edges == []


class Clocked(Visitor):
    """Notes when /WAKEUP fell and when the event's last byte was sent."""

    def __init__(self, uid: bytes, **options: Any):
        super().__init__(uid, **options)
        self.last_byte_ns = 0

    def happened(self, rig: Rig, output: Any) -> None:
        if output.kind == "wakeup" and output.value and not self.edges:
            self.fell_ns = output.at_us * 1000
        if output.kind == "tx" and not self.edges:
            at_ns = max(output.at_us * 1000, rig.now_ns)
            self.last_byte_ns = at_ns + len(output.value) * 10 * SECOND_NS // output.bitrate


def test_with_20000_cards_the_relay_follows_within_milliseconds_and_100_kb_stay_free() -> None:
    visitor = Clocked(KNOWN)
    rig = Rig(flash_image(cards=20_000), visitor)
    rig.run(15)
    rose_ns, up = visitor.edges[0]
    assert up == 1
    print(
        f"last byte -> relay {(rose_ns - visitor.last_byte_ns) / MS:.2f} ms,"
        f" /WAKEUP -> relay {(rose_ns - visitor.fell_ns) / MS:.2f} ms"
    )
    started = visitor.told("panel", state="started")[0]
    print("heap free", started["heap_free"], "started at", started["at_ns"] / SECOND_NS)
    assert rose_ns - visitor.last_byte_ns < 20 * MS
    # Without the edge it would be seen after up to 250 ms.
    assert rose_ns - visitor.fell_ns < 40 * MS
    assert started["heap_free"] > 100_000


class HalfDuplex(Visitor):
    """A reader on RS-485: what the Pico sends is taken from the pin, at the reader's rate."""

    def __init__(self, uid: bytes):
        super().__init__(uid, port=f"gpio{TX}")
        self.bitrate = 0
        self.held: list[tuple[int, int]] = []
        self.heard: list[Byte] = []

    def begin(self, rig: Rig) -> None:
        super().begin(rig)
        rig.watch(DE)
        self._follow(rig)

    def due(self, rig: Rig) -> None:
        super().due(rig)
        self._follow(rig)

    def _follow(self, rig: Rig) -> None:
        if self.line.reader.bitrate != self.bitrate:
            self.bitrate = self.line.reader.bitrate
            rig.listen(TX, self.bitrate)

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        super().pin(rig, pin, level)
        if pin == DE:
            self.held.append((rig.now_ns, level))

    def byte(self, rig: Rig, byte: Byte) -> None:
        super().byte(rig, byte)
        if byte.port == f"gpio{TX}":
            self.heard.append(byte)


@pytest.mark.parametrize("bps", (38400, 921600))
def test_on_rs485_every_byte_leaves_while_the_line_is_held(bps: int) -> None:
    settings = device_folder.settings_document("wakeup")
    settings["readers"][0].update(half_duplex=True, bitrate=bps)
    visitor = HalfDuplex(KNOWN)
    Rig(flash_image(settings), visitor).run(10)
    assert [level for _, level in visitor.edges] == [1, 0]
    assert visitor.bitrate == bps
    begins = [at_ns for at_ns, level in visitor.held if level]
    ends = [at_ns for at_ns, level in visitor.held if not level]
    assert len(begins) == len(ends) > 8
    # Before, the rates were searched for.
    ready_ns = visitor.told("reader", state="ready")[0]["at_ns"]
    heard = [byte for byte in visitor.heard if byte.begin_ns > ready_ns]
    assert len(heard) >= 16
    for byte in heard:
        assert any(
            begin < byte.begin_ns and byte.at_ns <= end + 10
            for begin, end in zip(begins, ends, strict=True)
        )


class Floats(Visitor):
    """/WAKEUP has come off: for three seconds it falls 10,000 times a second, whoever drives it.

    A card is laid when that was noticed, and another one when it is over.
    """

    STORM_NS = 3 * SECOND_NS
    FALL_NS = 100_000

    def __init__(self) -> None:
        super().__init__(KNOWN)
        self.storm_ends_ns = 0
        self.next_level_ns: int | None = None
        self.level = 1
        self.laid_ns: list[int] = []

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self.next_level_ns = rig.now_ns
            self.storm_ends_ns = rig.now_ns + self.STORM_NS
        elif report.get("name") in ("wakeup_storm", "wakeup_calm"):
            self.lay_card(rig)
        elif report["event"] == "decision":
            self.take_away(rig)
            if len(self.told("decision")) == 2:
                rig.stop("twice")

    def lay_card(self, rig: Rig) -> None:
        self.laid_ns.append(rig.now_ns)
        self.lay(rig, KNOWN)

    def show_wakeup(self, rig: Rig, asserted: bool, at_ns: int) -> None:
        if self.next_level_ns is None:
            super().show_wakeup(rig, asserted, at_ns)

    def due(self, rig: Rig) -> None:
        super().due(rig)
        if self.next_level_ns is not None and rig.now_ns >= self.next_level_ns:
            self.level ^= 1
            rig.drive(WAKEUP, self.level)
            self.next_level_ns += self.FALL_NS // 2
            if rig.now_ns >= self.storm_ends_ns and self.level:
                self.next_level_ns = None

    def next_ns(self) -> int | None:
        times = [time for time in (super().next_ns(), self.next_level_ns) if time is not None]
        return min(times, default=None)


def test_a_storm_of_edges_is_noticed_and_the_door_works_in_it_and_after_it() -> None:
    visitor = Floats()
    assert Rig(flash_image(), visitor).run(25)["why"] == "twice"
    (noticed,) = visitor.told("trouble", name="wakeup_storm")
    (over,) = visitor.told("trouble", name="wakeup_calm")
    # In between its level is no news.
    assert visitor.told("trouble")[-2:] == [noticed, over]
    ready_ns = visitor.told("reader", state="ready")[0]["at_ns"]
    assert noticed["at_ns"] < ready_ns + SECOND_NS
    in_storm, after = [edge for edge in visitor.edges if edge[1]]
    assert in_storm[0] < visitor.storm_ends_ns
    assert in_storm[0] - visitor.laid_ns[0] < SECOND_NS
    assert after[0] - visitor.laid_ns[1] < 150 * MS
    assert len(visitor.starts) == 1


# Every third fall of /WAKEUP makes no interrupt.
SWALLOWS = """
from boards.hal import rp2
_on_fall = rp2.Wakeup._on_fall
_falls = 0
def _swallow(self):
    global _falls
    _falls += 1
    if _falls % 3:
        _on_fall(self)
rp2.Wakeup._on_fall = _swallow
"""


class Queue(PanelPeer):
    """Nine people with a card each. `waited_ms`: from each fall of /WAKEUP to the decision."""

    def __init__(self) -> None:
        super().__init__()
        self.lies = False
        self.fell_ns = 0
        self.come_ns: int | None = None
        self.waited_ms: list[float] = []

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        if is_ready(report):
            self.come_ns = rig.now_ns + SECOND_NS
        elif report["event"] == "decision":
            self.waited_ms.append((rig.now_ns - self.fell_ns) / MS)
            self.lies = False
            self.take_away(rig)
            if len(self.waited_ms) == 9:
                rig.stop("all")

    def due(self, rig: Rig) -> None:
        super().due(rig)
        if self.come_ns is not None and rig.now_ns >= self.come_ns:
            self.come_ns += SECOND_NS
            self.lies = True
            self.lay(rig, card_number(1 + len(self.waited_ms)))

    def happened(self, rig: Rig, output: Any) -> None:
        # The removal makes it fall as well.
        if output.kind == "wakeup" and output.value and self.lies:
            self.fell_ns = output.at_us * 1000

    def next_ns(self) -> int | None:
        times = [time for time in (super().next_ns(), self.come_ns) if time is not None]
        return min(times, default=None)


def test_a_swallowed_edge_of_wakeup_costs_a_quarter_of_a_second_and_no_card() -> None:
    queue = Queue()
    image = flash_image(files={"main.py": start_file(SWALLOWS)})
    assert Rig(image, queue).run(15)["why"] == "all"
    assert [decision["granted"] for decision in queue.told("decision")] == [True] * 9
    late = [ms for ms in queue.waited_ms if ms > 60]
    print("waited", queue.waited_ms)
    assert 2 <= len(late) <= 5 and max(late) < 320
    assert not queue.told("trouble") and len(queue.starts) == 1


def test_the_pin_of_the_relay_is_the_boards() -> None:
    board = json.loads((device_folder.ROOT / "boards/pico/board.json").read_text())
    assert (board["doors"][0]["relay"], board["readers"][0]["wakeup"]) == (RELAY, WAKEUP)


def test_the_firmware_says_which_program_is_frozen_into_it() -> None:
    class Asker(PanelPeer):
        def printed(self, rig: Rig, text: str) -> None:
            rig.stop("asked")

    rig = Rig(image({"main.py": b"import loquet_build\nprint(loquet_build.DIGEST)"}), Asker())
    rig.run(1)
    assert rig.console[0] == program_digest(device_sources(hal="rp2"))
