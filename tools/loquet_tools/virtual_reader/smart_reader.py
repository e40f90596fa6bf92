"""The Smart Reader: reads cards by itself and tells the host in the form that 02A0 selects.

protocol.md 4, 6, 9.2. TLV means Direct events, $SCRDR and MK1 are lines of text. JSON (code 2) is
not made: with it selected the reader says nothing about cards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import events, registers, tables, templates
from loquet_tools.virtual_reader.cards import Antenna, Lying
from loquet_tools.virtual_reader.timeline import Timer

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.core import VirtualReader


class SmartReader:
    """Owns the antenna of `reader` and reports what it reads."""

    def __init__(self, reader: VirtualReader):
        self._reader = reader
        self._options = reader.options
        self._registers = reader.registers
        self.antenna = Antenna(
            reader.timeline, reader.options, reader.registers, self._on_read, self._on_gone
        )
        self._readings: dict[Lying, templates.Reading] = {}  # for when the card leaves
        self._held: dict[Lying, Timer] = {}  # insertions not yet printed, for Move "IR "

    @property
    def running(self) -> bool:
        return self.antenna.running

    def start(self, announce: bool = True) -> None:
        """Starts, or starts again. `announce`: with event 8B."""
        self._forget()
        self.antenna.start()
        self._reader.play_own(tables.SEQUENCE_NFC_ACTIVE)
        if announce:
            self._event(events.reader_started(self._options.interfaces))

    def stop(self) -> None:
        """Stops, with event 8B. Nothing happens when it has not been running."""
        if self.running:
            self.halt()
            self._reader.play_own(tables.SEQUENCE_NFC_INACTIVE)
            self._event(events.reader_stopped())

    def halt(self) -> None:
        """Stops without a word."""
        self._forget()
        self.antenna.stop()

    def greet(self) -> None:
        """The line that some outputs begin with (6.4, 6.6)."""
        name = self._options.mk1_name
        self._reader.say_where(registers.OUTPUT_MK1, lambda: events.mk1_banner(name))
        if self._options.scrdr_hello:
            self._say_scrdr(lambda: events.scrdr_hello(self._options))

    def _forget(self) -> None:
        for timer in self._held.values():
            timer.cancel()
        self._held.clear()
        self._readings.clear()

    def _on_read(self, lying: Lying, new: bool) -> bool:
        reading = templates.reading_of(lying.card, self._registers.templates)
        if new:
            self._reader.play_own(tables.SEQUENCE_READING)
        if reading is None:
            self._reader.play_own(tables.SEQUENCE_READ_FAILED)
            return False
        self._reader.play_own(tables.SEQUENCE_READ_SUCCESS if new else tables.SEQUENCE_READ_AGAIN)
        self._report_read(lying, reading, new)
        return True

    def _report_read(self, lying: Lying, reading: templates.Reading, new: bool) -> None:
        if self._registers.move_tracking:
            self._readings[lying] = reading
            self._event(events.tag_inserted(reading, lying.index))
        else:
            self._event(events.tag_read(reading, new))
        self._print_read(lying, reading)
        self._reader.say_where(registers.OUTPUT_MK1, lambda: events.mk1(reading))

    def _print_read(self, lying: Lying, reading: templates.Reading) -> None:
        if not self._registers.move_tracking:
            self._print(reading, "")
        elif self._options.short_visit_ms:
            self._held[lying] = self._reader.timeline.after(
                self._options.short_visit_ms * 1000, lambda: self._print_held(lying)
            )
        else:
            self._print(reading, "I")

    def _print_held(self, lying: Lying) -> None:
        del self._held[lying]
        self._print(self._readings[lying], "I")

    def _on_gone(self, lying: Lying) -> None:
        reading = self._readings.pop(lying)
        self._event(events.tag_removed(lying.index))
        held = self._held.pop(lying, None)
        if held is not None:
            held.cancel()
        self._print(reading, "R" if held is None else "IR")

    def _print(self, reading: templates.Reading, move: str) -> None:
        """The $SCRDR line, where one is wanted."""
        if reading.template or self._options.scrdr_in_fast_inventory:
            self._say_scrdr(lambda: events.scrdr(reading, move, self._options))

    def _say_scrdr(self, line: Callable[[], bytes]) -> None:
        self._reader.say_where(registers.OUTPUT_SCRDR, line)

    def _event(self, payload: bytes) -> None:
        always = self._options.direct_events == "always"
        if always or self._registers.serial_output == registers.OUTPUT_TLV:
            self._reader.outlet.put(tables.CLA_READER, payload)
        if always or self._registers.network_output == registers.OUTPUT_TLV:
            self._reader.network.put_event(payload)
