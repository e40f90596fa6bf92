"""What each instruction does. The table at the end is the list of all that this reader knows.

protocol.md 2 and 3. An instruction gets the reader and its data (without INS), whose length the
table has already checked, and says what to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import registers, tables
from loquet_tools.virtual_reader.exchange import Reply
from loquet_tools.virtual_reader.framing import Command

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.core import VirtualReader

DONE = Reply()

# RESET data (3.1) -> how to start again; the others of the list are not on all devices
RESETS = {b"": "normal", b"\xde\xad": "normal", b"\xfa\xda": "bootloader", b"\xca\xfe": "silent"}


def execute(reader: VirtualReader, command: Command) -> Reply:
    """Runs one command and says what to answer."""
    if command.fault is not None:
        # No good as a frame: the answer is of class PROTOCOL (2.1).
        return status(command.fault, tables.CLA_PROTOCOL)
    if command.cla == tables.CLA_ECHO:
        return Reply(command.payload)
    if command.cla not in (tables.CLA_PROTOCOL, tables.CLA_CONTROL):
        as_protocol = reader.options.unknown_cla_answered_as == "protocol"
        cla = tables.CLA_PROTOCOL if as_protocol else None
        return status(tables.STA_CLA_NOT_SUPPORTED, cla)
    return _known_class(reader, command)


def _known_class(reader: VirtualReader, command: Command) -> Reply:
    instruction = INSTRUCTIONS.get((command.cla, command.ins))
    if instruction is None:
        return _refused(reader, command.cla, tables.STA_INS_NOT_SUPPORTED)
    if len(command.data) not in instruction.lengths:
        return _refused(reader, command.cla, tables.STA_WRONG_LENGTH)
    return instruction.run(reader, command.data)


def status(code: int, cla: int | None = None) -> Reply:
    """A bare status."""
    return Reply(bytes((code,)), cla=cla)


def answer(data: bytes) -> Reply:
    """Success with data."""
    return Reply(bytes((tables.STA_SUCCESS,)) + data)


def _refused(reader: VirtualReader, cla: int, code: int) -> Reply:
    if cla == tables.CLA_CONTROL and reader.options.control_statuses == "low":
        return status(tables.OLD_STATUSES[code])
    return status(code)


def _wrong(reader: VirtualReader) -> Reply:
    """A parameter of a CONTROL instruction is out of range."""
    return _refused(reader, tables.CLA_CONTROL, tables.STA_WRONG_PARAMETERS)


def ping(reader: VirtualReader, data: bytes) -> Reply:
    return DONE


def ping_event(reader: VirtualReader, data: bytes) -> Reply:
    def event() -> None:
        reader.outlet.put(tables.CLA_PROTOCOL, b"\x00")

    if reader.options.ping_event_order == "answer_first":
        return Reply(queued=event)
    event()
    return DONE


def set_serial_parameters(reader: VirtualReader, data: bytes) -> Reply:
    bitrate = int.from_bytes(data, "big")
    if bitrate not in tables.BITRATES:
        return status(tables.STA_WRONG_PARAMETERS)

    def enable() -> None:
        if reader.options.events_enabled_by == "set_serial_parameters":
            reader.outlet.enable()

    return Reply(queued=enable, sent=lambda: reader.set_bitrate(bitrate))


def authenticate(reader: VirtualReader, data: bytes) -> Reply:
    return status(reader.options.authenticate_status)


def out_of_place(reader: VirtualReader, data: bytes) -> Reply:
    return status(reader.options.out_of_place_status)


def cancel(reader: VirtualReader, data: bytes) -> Reply:
    return status(reader.options.idle_cancel_status)


def host_event_poll(reader: VirtualReader, data: bytes) -> Reply:
    event = reader.outlet.take(reader.command_sequence)
    if event is not None:
        return Reply(event=event, sent=reader.outlet.sent)
    if reader.options.empty_poll_status is None:
        return Reply(payload=None)
    return status(reader.options.empty_poll_status)


def get_data(reader: VirtualReader, data: bytes) -> Reply:
    text = reader.options.identity.get(data[0])
    return _wrong(reader) if text is None else answer(text.encode())


def _read(reader: VirtualReader, data: bytes, addresses: tuple[int, int]) -> Reply:
    address = int.from_bytes(data, "big")
    if not addresses[0] <= address <= addresses[1]:
        return _wrong(reader)
    return answer(reader.registers.read(address))


def read_free_register(reader: VirtualReader, data: bytes) -> Reply:
    return _read(reader, data, registers.FREE_RANGE)


def read_register(reader: VirtualReader, data: bytes) -> Reply:
    if not reader.registers.readable:
        return status(reader.options.refusal_status)
    return _read(reader, data, registers.READ_RANGE)


def write_register(reader: VirtualReader, data: bytes) -> Reply:
    if not reader.registers.writable:
        return status(reader.options.refusal_status)
    address = int.from_bytes(data[:2], "big")
    if not registers.WRITE_RANGE[0] <= address <= registers.WRITE_RANGE[1]:
        return _wrong(reader)
    reader.registers.write(address, data[2:])
    return DONE


def reset(reader: VirtualReader, data: bytes) -> Reply:
    if not reader.registers.reset_allowed:
        return status(reader.options.refusal_status)
    how = RESETS.get(data)
    if how is None:
        return _wrong(reader)
    return Reply(sent=lambda: reader.reboot(how))


def play_sequence(reader: VirtualReader, data: bytes) -> Reply:
    if data[0] not in tables.SEQUENCES and reader.options.unknown_sequence == "refuse":
        return _wrong(reader)
    reader.emit("sequence", data[0])
    return DONE


def set_led_rgb(reader: VirtualReader, data: bytes) -> Reply:
    if len(data) == 5:
        reader.emit("rgb", (*data[:3], int.from_bytes(data[3:], "big")))
    else:
        reader.emit("rgb", tuple(data))
    return DONE


def set_leds(reader: VirtualReader, data: bytes) -> Reply:
    reader.emit("leds", tuple(data))
    return DONE


def set_buzzer(reader: VirtualReader, data: bytes) -> Reply:
    reader.emit("buzzer", int.from_bytes(data, "big"))
    return DONE


def auto_sequences(reader: VirtualReader, data: bytes) -> Reply:
    if data[0] > 1:
        return _wrong(reader)
    reader.auto_sequences = bool(data[0])
    return DONE


def reader_stop(reader: VirtualReader, data: bytes) -> Reply:
    return Reply(queued=reader.smart_reader.stop)


def reader_start(reader: VirtualReader, data: bytes) -> Reply:
    if not reader.registers.has_smart_reader:
        return status(tables.STA_EXECUTION_FAILED)
    return Reply(queued=reader.smart_reader.start)


@dataclass(frozen=True)
class Instruction:
    """A row of the table. `lengths` holds the lengths of data that are right."""

    name: str
    lengths: Container[int]
    run: Callable[[VirtualReader, bytes], Reply]


ANY = range(65536)
NONE = (0,)

INSTRUCTIONS: dict[tuple[int, int], Instruction] = {
    (0x00, tables.INS_PING): Instruction("PING", NONE, ping),
    (0x00, tables.INS_PING_EVENT): Instruction("PING_EVENT", NONE, ping_event),
    (0x00, tables.INS_AUTHENTICATE): Instruction("AUTHENTICATE", ANY, authenticate),
    (0x00, tables.INS_CHANGE_KEY): Instruction("CHANGE_KEY", ANY, authenticate),
    (0x00, tables.INS_SET_SERIAL_PARAMETERS): Instruction(
        "SET_SERIAL_PARAMETERS", (4,), set_serial_parameters
    ),
    (0x00, tables.INS_TIME_EXTENSION_ACK): Instruction("TIME_EXTENSION_ACK", ANY, out_of_place),
    (0x00, tables.INS_CANCEL): Instruction("CANCEL", ANY, cancel),
    (0x00, tables.INS_HOST_EVENT_POLL): Instruction("HOST_EVENT_POLL", NONE, host_event_poll),
    (0x00, tables.INS_FOLLOWING): Instruction("FOLLOWING", ANY, out_of_place),
    (0x58, tables.INS_GET_DATA): Instruction("GET_DATA", (1,), get_data),
    (0x58, tables.INS_READ_FREE_REGISTER): Instruction(
        "READ_FREE_REGISTER", (2,), read_free_register
    ),
    (0x58, tables.INS_READ_REGISTER): Instruction("READ_REGISTER", (2,), read_register),
    (0x58, tables.INS_WRITE_REGISTER): Instruction(
        "WRITE_REGISTER", range(2, 65536), write_register
    ),
    (0x58, tables.INS_RESET): Instruction("RESET", (0, 2), reset),
    (0x58, tables.INS_PLAY_SEQUENCE): Instruction("PLAY_SEQUENCE", (1,), play_sequence),
    (0x58, tables.INS_SET_LED_RGB): Instruction("SET_LED_RGB", (1, 3, 5), set_led_rgb),
    (0x58, tables.INS_SET_LEDS): Instruction("SET_LEDS", (4,), set_leds),
    (0x58, tables.INS_SET_BUZZER): Instruction("SET_BUZZER", (2,), set_buzzer),
    (0x58, tables.INS_AUTO_SEQUENCES): Instruction("AUTO_SEQUENCES", (1,), auto_sequences),
    (0x58, tables.INS_READER_STOP): Instruction("READER_STOP", NONE, reader_stop),
    (0x58, tables.INS_READER_START): Instruction("READER_START", NONE, reader_start),
}
