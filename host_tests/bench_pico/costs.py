"""What decoding costs in time, and what cards and log cost on flash, measured on the rig."""

from __future__ import annotations

from typing import Any

from host_tests.bench_pico import flash
from host_tests.pico.panel_peer import card_number
from loquet import notation
from pico_rig.rig import Peer, Rig

CARDS = 20_000


class Script(Peer):
    """Listens to a script of device/ and counts what the flash does between its marks."""

    def __init__(self) -> None:
        self.decode_us: dict[str, float] = {}
        self.work: dict[str, dict[str, float]] = {}
        self._counted: dict[str, float] | None = None

    def begin(self, rig: Rig) -> None:
        rig.watch_flash()

    def printed(self, rig: Rig, text: str) -> None:
        words = text.split()
        if words[:2] == ["bench", "decode"]:
            self.decode_us[words[2]] = float(words[3])
        elif words[:2] == ["bench", "begin"]:
            self._counted = self.work[words[2]] = {"erases": 0, "programs": 0, "busy_ms": 0}
        elif words == ["bench", "end"]:
            rig.stop("end")
        elif words[:2] == ["bench", "end"]:
            self._counted = None

    def flash(self, rig: Rig, operation: dict[str, Any]) -> None:
        if self._counted is not None and operation["kind"] != "status":
            self._counted[operation["kind"] + "s"] += 1
            self._counted["busy_ms"] += operation["ns"] / 1e6


def _run(image: bytes, seconds: float) -> Script:
    script = Script()
    rig = Rig(image, script)
    if rig.run(seconds)["why"] != "end":
        raise RuntimeError("\n".join(rig.console[-20:]))
    return script


def decode_us_per_byte() -> dict[str, float]:
    """Size of the frame -> microseconds for each of its bytes."""
    return _run(flash.work_image("decode.py", 0, {}), 60).decode_us


def flash_work(changes: int, events: int) -> dict[str, dict[str, float]]:
    """Erases, programs and the chip's ms for a change of a card and for an entry of the log."""
    keys = [notation.enrol(card_number(number * 97 + 1).hex()).hex() for number in range(100)]
    plan = {"keys": keys, "changes": changes, "events": events}
    work = _run(flash.work_image("work.py", CARDS, plan), 3600).work
    times = {"card_change": changes, "log_entry_8": events, "log_entry_1": events}
    return {
        name: {each: total / times[name] for each, total in totals.items()}
        for name, totals in work.items()
    }
