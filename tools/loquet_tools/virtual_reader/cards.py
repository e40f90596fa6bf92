"""Cards, and the antenna they lie on: when each is read, read again, and missed.

protocol.md 4 (read mode and insert / remove mode), 9.3 (timings).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.registers import Registers
from loquet_tools.virtual_reader.timeline import Timeline, Timer


@dataclass(frozen=True)
class Card:
    """A card, tag or label.

    uid      the protocol's identifier, as TagId carries it
    data     what a template would fetch; None leaves it to the template (its form of the uid)
    details  more of it; both are UTF-8 where the `_is_text` field says so
    rssi     signal strength, printed in $SCRDR only
    protocol_bytes  what a template with "all protocol bytes" reads; None: the uid as well
    """

    uid: bytes
    protocol: int = 0x01
    interface: int = 0x03
    data: bytes | None = None
    data_is_text: bool = False
    details: bytes | None = None
    details_is_text: bool = False
    original: bool = False
    rssi: int | None = None
    protocol_bytes: bytes | None = None


@dataclass(eq=False)
class Lying:
    """A card on the antenna. `index` is its TagIndex, `told` whether the host has been told."""

    card: Card
    index: int
    told: bool = False
    timer: Timer | None = None

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Antenna:
    """Which cards lie here. Calls `on_read` and `on_gone` while it is running.

    on_read(lying, new)  the card has been read; returns False when no template wanted it
    on_gone(lying)       a card that the host was told of has left
    """

    def __init__(
        self,
        timeline: Timeline,
        options: Options,
        registers: Registers,
        on_read: Callable[[Lying, bool], bool],
        on_gone: Callable[[Lying], None],
    ):
        self._timeline = timeline
        self._options = options
        self._registers = registers
        self._on_read = on_read
        self._on_gone = on_gone
        self._lying: list[Lying] = []
        self._leaving: list[Lying] = []  # gone, but not noticed yet
        self._next_reading_us = 0
        self.running = False

    @property
    def cards(self) -> list[Card]:
        """What lies here, running or not."""
        return [lying.card for lying in self._lying]

    def present(self, card: Card) -> None:
        """A card comes. One with the same uid that lies here already stays as it is."""
        if any(lying.card.uid == card.uid for lying in self._lying):
            return
        lying = Lying(card, self._free_index())
        self._lying.append(lying)
        if self.running:
            self._read_in(lying, self._options.detect_ms)

    def remove(self, card: Card | None = None) -> None:
        """The card with this uid leaves; None = all."""
        for lying in list(self._lying):
            if card is None or lying.card.uid == card.uid:
                self._take_away(lying)

    def start(self) -> None:
        """The field is on: everything that lies here is read as if it had just come."""
        self.stop()
        self.running = True
        for lying in self._lying:
            self._read_in(lying, self._options.detect_ms)

    def stop(self) -> None:
        """The field is off. What had been told is forgotten."""
        self.running = False
        self._leaving.clear()
        self._next_reading_us = 0
        for lying in self._lying:
            lying.cancel()
            lying.told = False

    def _free_index(self) -> int:
        taken = {lying.index for lying in self._lying + self._leaving}
        return next(index for index in range(1, 257) if index not in taken) & 0xFF

    def _read_in(self, lying: Lying, delay_ms: int) -> None:
        lying.timer = self._timeline.after(delay_ms * 1000, lambda: self._read(lying))

    def _read(self, lying: Lying) -> None:
        now_us = self._timeline.now_us
        if now_us < self._next_reading_us:
            lying.timer = self._timeline.at(self._next_reading_us, lambda: self._read(lying))
            return
        self._next_reading_us = now_us + self._registers.read_interval_ms * 1000
        if not self._on_read(lying, not lying.told):
            return
        lying.told = True
        self._plan_repeat(lying)

    def _plan_repeat(self, lying: Lying) -> None:
        interval_ms = self._registers.repeat_interval_ms
        if interval_ms is not None and not self._registers.move_tracking:
            self._read_in(lying, max(interval_ms, self._options.fastest_ms))

    def _take_away(self, lying: Lying) -> None:
        lying.cancel()
        self._lying.remove(lying)
        if self.running and lying.told and self._registers.move_tracking:
            self._leaving.append(lying)
            self._timeline.after(self._options.detect_ms * 1000, lambda: self._gone(lying))

    def _gone(self, lying: Lying) -> None:
        # Stopping the field clears the list: a card that left before is then nobody's business.
        if lying in self._leaving:
            self._leaving.remove(lying)
            self._on_gone(lying)
