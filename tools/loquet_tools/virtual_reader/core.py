"""The reader: power, time, and what its parts have to do with each other. No input or output.

A caller tells it what happens and when (`power_on`, `present`, `receive`, `advance`), and takes
what the reader did (`take`). Time is the caller's, in integer microseconds, and never goes back.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import Any

from loquet_tools.virtual_reader import output, tables
from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.framing import Command, CommandReceiver, TextCommand
from loquet_tools.virtual_reader.link import Link
from loquet_tools.virtual_reader.network import Datagram, Network
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.outlet import EventOutlet
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.pins import Pins
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR, Registers
from loquet_tools.virtual_reader.session import ADMIN, USER
from loquet_tools.virtual_reader.smart_reader import SmartReader
from loquet_tools.virtual_reader.timeline import Timeline, Timer
from loquet_tools.virtual_reader.transmitter import Transmitter
from loquet_tools.virtual_reader.wire import as_heard

# How a start differs: greeting and startup sequence, event 8B
NORMAL = "normal"  # both
SILENT = "silent"  # event only
UNNOTICED = "unnoticed"  # neither
BOOTLOADER = "bootloader"  # never gets there


class VirtualReader:
    """One reader. Without power until `power_on`; `seed` decides the jitter of its answers.

    Attributes for looking at and for faults: `counters` (what happened, by name), `state`
    ("off", "booting", "running"), `late_boot_ms` (added to every start), `options`, `registers`.
    """

    def __init__(
        self, options: Options | None = None, registers: Registers | None = None, seed: int = 0
    ):
        self.options = options or Options()
        self.registers = registers or Registers()
        self.timeline = Timeline()
        self.counters: Counter[str] = Counter()
        self.state = output.OFF
        self.late_boot_ms = 0
        self.auto_sequences = True
        self.pins = Pins(self.options.gpio_pins)
        self.keys = {USER: self.options.user_key, ADMIN: self.options.admin_key}
        self.shown: dict[str, Any] = {}  # output kind -> its last value since the start
        self._outputs: deque[Output] = deque()
        self._host_seen = False
        self._quiet: Timer | None = None
        self._transmitter = Transmitter(self.timeline, self.options.startup_bitrate, self._begin)
        self._receiver = CommandReceiver(self.options.command_buffer_bytes, self.counters)
        self.outlet = EventOutlet(
            self.timeline,
            self.options,
            self.counters,
            self._transmitter.send,
            lambda asserted: self.emit("wakeup", asserted),
        )
        self.random = Random(seed)
        self.serial = Link(
            self,
            False,
            self.random,
            self._transmitter.send,
            self.outlet.put,
            self.outlet.take,
            self.outlet.sent,
        )
        self.network = Network(self)
        self.smart_reader = SmartReader(self)

    # What the caller tells

    def power_on(self, now_us: int) -> None:
        """Supply comes: boots, then runs. Nothing happens when it is there already."""
        self.advance(now_us)
        if self.state == output.OFF:
            self.reboot()

    def power_off(self, now_us: int) -> None:
        """Supply goes: a message that is being sent is cut, /WAKEUP is released."""
        self.advance(now_us)
        if self.state != output.OFF:
            self._stop_everything(output.OFF)

    def restart_unnoticed(self, now_us: int, dark_ms: int) -> None:
        """Starts again with no greeting and no event; deaf and silent for `dark_ms`."""
        self.advance(now_us)
        if self.state != output.OFF:
            self.reboot(UNNOTICED, dark_ms)

    def present(self, card: Card, now_us: int) -> None:
        """A card is laid on the reader, powered or not."""
        self.advance(now_us)
        self.smart_reader.antenna.present(card)

    def remove(self, now_us: int, card: Card | None = None) -> None:
        """The card with this uid is taken away; None = all."""
        self.advance(now_us)
        self.smart_reader.antenna.remove(card)

    def receive(self, data: bytes, bitrate: int, now_us: int) -> None:
        """Bytes whose last stop bit arrives now, sent at `bitrate` (another rate: garbage)."""
        self.advance(now_us)
        if self.state != output.RUNNING or not data:
            return
        for message in self._receiver.receive(as_heard(data, bitrate, self.bitrate)):
            if isinstance(message, TextCommand):
                self.obey(message, self.registers.serial_output)
            elif message.fault != tables.STA_PROTOCOL or self.options.bad_lrc != "silent":
                self.command(self.serial, message)
        self._watch_for_quiet()

    def receive_datagram(self, datagram: Datagram, now_us: int) -> None:
        """A datagram arrives now."""
        self.advance(now_us)
        if self.state == output.RUNNING:
            self.network.receive(datagram)

    def advance(self, now_us: int) -> None:
        """Time goes on. ValueError if it would go back."""
        self.timeline.run_until(now_us)

    def next_due_us(self) -> int | None:
        """When something will happen by itself; None = never."""
        return self.timeline.next_due_us()

    def take(self) -> Output | None:
        """The next thing that the reader did, in order; None when there is no more."""
        return self._outputs.popleft() if self._outputs else None

    @property
    def bitrate(self) -> int:
        """Rate at which the reader sends and listens, bit/s."""
        return self._transmitter.bitrate

    # What the parts use

    def set_bitrate(self, bitrate: int) -> None:
        """Switches the UART; a message on its way keeps its rate."""
        self._transmitter.bitrate = bitrate

    def emit(self, kind: str, value: Any) -> None:
        """Something happened now (see Output)."""
        self._outputs.append(Output(self.timeline.now_us, kind, value, self.bitrate))
        if kind in output.SHOWN:
            self.shown[kind] = value

    def say(self, line: bytes) -> None:
        """Sends a line of text on Serial."""
        self.counters["lines_sent"] += 1
        self._transmitter.send(line)

    def say_where(self, output_code: int, line: Callable[[], bytes]) -> None:
        """Sends a line by every link that register 02A0 gives this output (OUTPUT_SCRDR ...)."""
        if self.registers.serial_output == output_code:
            self.say(line())
        if self.registers.text_on_udp and self.registers.network_output == output_code:
            self.network.say(line())

    def play_own(self, sequence: int) -> None:
        """The reader plays a sequence of its own accord, unless the host owns lights and sound."""
        if self.auto_sequences and not self.registers.host_owns_ui:
            self.emit("own_sequence", sequence)

    def reboot(self, how: str = NORMAL, dark_ms: int | None = None) -> None:
        """Starts again now. `dark_ms` in place of the boot time of the options."""
        self._stop_everything(output.BOOTING)
        if how == BOOTLOADER:
            self.play_own(tables.SEQUENCE_BOOTLOADER)
            return
        boot_ms = self.options.boot_ms if dark_ms is None else dark_ms
        self.timeline.after((boot_ms + self.late_boot_ms) * 1000, lambda: self._started(how))

    def reload(self) -> None:
        """The stored configuration takes effect without a start."""
        self.registers.activate()
        self.emit("udp_ports", self.network.ports)
        if not self.smart_reader.running:
            return
        if self.registers.has_smart_reader:
            self.smart_reader.start()
        else:
            self.smart_reader.stop()

    # Starting and stopping

    def _stop_everything(self, state: str) -> None:
        self.timeline.clear()
        self._quiet = None
        self._transmitter.cut()
        self._receiver.reset()
        self.serial.restart()
        self.network.restart()
        self.pins.restart()
        self.shown.clear()
        self.smart_reader.halt()
        self.outlet.restart()
        self.set_bitrate(self.options.startup_bitrate)
        self.auto_sequences = True
        self._host_seen = False
        self.state = state
        self.emit("power", state)

    def _started(self, how: str) -> None:
        self.registers.activate()
        self.state = output.RUNNING
        self.emit("power", self.state)
        self.emit("udp_ports", self.network.ports)
        if self.options.events_enabled_by == "power_on":
            self.outlet.enable()
        if how == NORMAL:
            self.play_own(tables.SEQUENCE_STARTUP)
            self.smart_reader.greet()
        if self._starts_at_power_up():
            self.smart_reader.start(announce=how != UNNOTICED)

    def _starts_at_power_up(self) -> bool:
        if not self.registers.has_smart_reader:
            return False
        if self.registers.active_from_power_up:
            return True
        connected = self.options.host_connected == "power_on"
        return connected and not self.registers.starts_when_told

    # Commands

    def command(self, link: Link, command: Command) -> None:
        """A command has arrived by this link."""
        if command.fault is None and not self._host_seen:
            self._host_seen = True
            self._first_command()
        link.command(command)

    def _first_command(self) -> None:
        if self.options.events_enabled_by == "any_command":
            self.outlet.enable()
        waits = self.registers.has_smart_reader and not self.registers.starts_when_told
        if waits and not self.smart_reader.running:
            self.smart_reader.start()

    def obey(self, message: TextCommand, link_output: int) -> None:
        """Does what a $SCCMD asks for. `link_output`: what the link that it came by puts out."""
        accepted = self.options.sccmd_accepted
        if accepted == "never" or (accepted == "scrdr" and link_output != OUTPUT_SCRDR):
            return
        self.counters["lines_obeyed"] += 1
        if message.sequence is not None:
            self.emit("sequence", message.sequence)
        if message.leds is not None:
            self.emit("leds", message.leds)
        if message.buzzer_ms is not None:
            self.emit("buzzer", message.buzzer_ms)

    def _watch_for_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self._receiver.waiting:
            delay_us = self.options.inter_byte_ms * 1000
            self._quiet = self.timeline.after(delay_us, self._line_fell_quiet)

    def _line_fell_quiet(self) -> None:
        self._quiet = None
        head = self._receiver.give_up()
        if head is not None and self.options.short_command == "answer":
            self.serial.command(head)

    def _begin(self, data: bytes) -> None:
        self.emit("tx", data)
