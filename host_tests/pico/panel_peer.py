"""The panel on an emulated Pico: the files of its flash, and a peer that is the world around it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from loquet_tools import device_folder
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader.registers import OUTPUT_TLV
from pico_rig.image import image_of
from pico_rig.reader_peer import ReaderPeer, microseconds
from pico_rig.rig import Rig

KNOWN = bytes.fromhex("04A1B2C3D4E580")
UNKNOWN = bytes.fromhex("04FFFFFFFFFF80")

# As in boards/pico/board.json.
TX, WAKEUP, DE, RELAY, CONTACT, REX, FIRE = 4, 6, 7, 10, 11, 12, 13

SECOND_NS = 10**9


def card_number(number: int) -> bytes:
    """A UID of seven bytes that is no other number's."""
    return bytes((0x04,)) + number.to_bytes(5, "big") + bytes((0x80,))


def flash_image(
    settings: dict[str, Any] | None = None,
    cards: int = 20,
    files: dict[str, bytes] | None = None,
) -> bytes:
    """The file system of a deployed Pico whose list has KNOWN and as many cards in all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        device_folder.fill_board(folder, "pico")
        document = settings or device_folder.settings_document("wakeup")
        listed = [KNOWN] + [card_number(number) for number in range(1, cards)]
        device_folder.store(folder, document, listed)
        for path, data in (files or {}).items():
            (folder / path).write_bytes(data)
        return image_of(folder)


class PanelPeer(ReaderPeer):
    """A reader at the door, and whoever looks at both.

    `edges`: (at_ns, level) of the relay's pin. `reports`: what the panel has printed, each with the
    time (`at_ns`). Subclasses act in `reported`.
    """

    def __init__(self, options: Options | None = None, port: str = "uart1", seed: int = 0):
        reader = VirtualReader(options or Options(), Registers.smart_reader(OUTPUT_TLV))
        super().__init__(FaultyLine(reader, seed), WAKEUP, port)
        self.edges: list[tuple[int, int]] = []
        self.reports: list[dict[str, Any]] = []
        self.starts: list[tuple[int, str]] = []

    def begin(self, rig: Rig) -> None:
        super().begin(rig)
        rig.watch(RELAY)
        # A door that is closed.
        rig.drive(CONTACT, 0)

    def started(self, rig: Rig, start: int, cause: str) -> None:
        self.starts.append((rig.now_ns, cause))

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        if pin == RELAY:
            self.edges.append((rig.now_ns, level))

    def printed(self, rig: Rig, text: str) -> None:
        if text.startswith("{"):
            report = {**json.loads(text), "at_ns": rig.now_ns}
            self.reports.append(report)
            self.reported(rig, report)

    def reported(self, rig: Rig, report: dict[str, Any]) -> None:
        """The panel has told something."""

    def lay(self, rig: Rig, uid: bytes) -> None:
        """Lays a card on the reader, now."""
        self.line.advance(microseconds(rig))
        self.line.reader.present(Card(uid), microseconds(rig))
        self._carry(rig)

    def take_away(self, rig: Rig) -> None:
        """Takes the card from the reader, now."""
        self.line.advance(microseconds(rig))
        self.line.reader.remove(microseconds(rig))
        self._carry(rig)

    def told(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """The reports of that event with these fields."""
        return [
            report
            for report in self.reports
            if report["event"] == event and all(report.get(k) == v for k, v in fields.items())
        ]


def is_ready(report: dict[str, Any]) -> bool:
    """Whether `report` says that the reader is there: cards decide from now on."""
    return report["event"] == "reader" and report["state"] == "ready"


def start_file(preamble: str) -> bytes:
    """main.py, with something before it that goes wrong later."""
    return preamble.encode() + b"\n" + device_folder.START.read_bytes()
