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
    flash_image,
    is_ready,
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


class Storm(Visitor):
    """/WAKEUP floats: it falls 20,000 times a second while the card is laid."""

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        super().reported(rig, report)
        if is_ready(report):
            for half in range(20_000):
                rig.drive(WAKEUP, half % 2, rig.now_ns + half * 25_000)


def test_a_storm_of_edges_does_not_keep_the_door_from_working() -> None:
    visitor = Storm(KNOWN)
    Rig(flash_image(), visitor).run(10)
    assert visitor.told("decision", granted=True)
    print("storm: relay", visitor.edges)
    assert [level for _, level in visitor.edges] == [1, 0]
    assert visitor.edges[0][0] < visitor.told("reader", state="ready")[0]["at_ns"] + SECOND_NS


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
