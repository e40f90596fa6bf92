"""Flash images of Picos that are measured."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from host_tests.pico.panel_peer import card_number
from host_tests.support.journal import add_and_flush
from loquet import notation
from loquet.journal import Journal
from loquet_tools import device_folder
from pico_rig.image import image_of

DEVICE = Path(__file__).parent / "device"
LOG_EVENTS = 10_000
# The last cards of the list are changed and never laid.
CHANGED = 5


def door_image(
    events: str, bitrate: int, cards: int, change_every_ms: int, flush_count: int
) -> bytes:
    """A panel with `cards` cards whose log has come round, with marks in its program."""
    changed = [notation.enrol(card_number(cards - place).hex()) for place in range(CHANGED)]
    plan = {"change_every_ms": change_every_ms, "change_keys": [key.hex() for key in changed]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        device_folder.fill_board(folder, "pico")
        (folder / "main.py").rename(folder / "panel.py")
        (folder / "main.py").write_bytes((DEVICE / "main.py").read_bytes())
        (folder / "bench.json").write_text(json.dumps(plan))
        settings = settings_document(events, bitrate, flush_count)
        device_folder.store(folder, settings, uids(cards))
        fill_log(folder)
        return image_of(folder)


def work_image(script: str, cards: int, plan: dict[str, Any]) -> bytes:
    """Cards and a full log, and no panel: `script` of device/ runs alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_bytes((DEVICE / script).read_bytes())
        (folder / "bench.json").write_text(json.dumps(plan))
        if cards:
            device_folder.store(folder, settings_document("wakeup", 38400, 8), uids(cards))
            fill_log(folder)
        return image_of(folder)


def uids(cards: int) -> list[bytes]:
    return [card_number(number) for number in range(1, cards + 1)]


def settings_document(events: str, bitrate: int, flush_count: int) -> dict[str, Any]:
    document = device_folder.settings_document(events)
    document["readers"][0]["bitrate"] = bitrate
    # As short as a pulse may be: the next card comes soon, and its relay has to rise again.
    document["doors"][0]["pulse_ms"] = 100
    document["limits"] = {"flush_count": flush_count}
    return document


def fill_log(folder: Path) -> None:
    log = Journal(str(folder / "log"), LOG_EVENTS)
    log.open()
    while log.first == 1:
        add_and_flush(log, 16, 16)
    log.close()
