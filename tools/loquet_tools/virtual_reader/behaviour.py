"""What each instruction does. Which there are, and who may use them, is in instructions.py.

protocol.md 2, 3 and 10. A function gets the link and the data (without INS), whose length is right
and whose sender has the rights, and says what to answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import registers, tables
from loquet_tools.virtual_reader.access import key_allowed
from loquet_tools.virtual_reader.aes import BLOCK
from loquet_tools.virtual_reader.exchange import Reply
from loquet_tools.virtual_reader.session import ADMIN

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.link import Link

DONE = Reply()

# RESET data (3.1) -> how to start again; the others of the list are not on all devices
RESETS = {b"": "normal", b"\xde\xad": "normal", b"\xfa\xda": "bootloader", b"\xca\xfe": "silent"}

FACTORY_RESET = b"\xde\xad"

# 3.2: identifiers whose text is the content of a register, and the one that is no text
DATA_OF_REGISTERS = {0x0E: 0x0200, 0x0F: 0x0108}
DATA_SLOT_COUNT = 0x80

FULL_LIGHT = 100  # percent


def status(code: int, cla: int | None = None) -> Reply:
    """A bare status."""
    return Reply(bytes((code,)), cla=cla)


def answer(data: bytes) -> Reply:
    """Success with data."""
    return Reply(bytes((tables.STA_SUCCESS,)) + data)


def refused(link: Link, cla: int, code: int) -> Reply:
    """An error that class CONTROL may tell by an older code."""
    if cla == tables.CLA_CONTROL and link.reader.options.control_statuses == "low":
        return status(tables.OLD_STATUSES[code])
    return status(code)


def _wrong(link: Link) -> Reply:
    """A parameter of a CONTROL instruction is out of range."""
    return refused(link, tables.CLA_CONTROL, tables.STA_WRONG_PARAMETERS)


# Class PROTOCOL


def ping(link: Link, data: bytes) -> Reply:
    return DONE


def ping_event(link: Link, data: bytes) -> Reply:
    def event() -> None:
        link.put_event(tables.CLA_PROTOCOL, b"\x00")

    if link.reader.options.ping_event_order == "answer_first":
        return Reply(queued=event)
    event()
    return DONE


def stay_quiet(link: Link, data: bytes) -> Reply:
    return _set_quiet(link, True)


def clear_quiet(link: Link, data: bytes) -> Reply:
    return _set_quiet(link, False)


def _set_quiet(link: Link, quiet: bool) -> Reply:
    if not link.remote:
        return status(tables.STA_INS_NOT_SUPPORTED)
    link.reader.network.quiet = quiet
    return DONE


def set_serial_parameters(link: Link, data: bytes) -> Reply:
    reader = link.reader
    bitrate = int.from_bytes(data, "big")
    if bitrate not in tables.BITRATES:
        return status(tables.STA_WRONG_PARAMETERS)

    def enable() -> None:
        if reader.options.events_enabled_by == "set_serial_parameters":
            reader.outlet.enable()

    return Reply(queued=enable, sent=lambda: reader.set_bitrate(bitrate))


def authenticate(link: Link, data: bytes) -> Reply:
    if not link.authenticates:
        return status(link.reader.options.authenticate_status)
    if len(data) != 2:
        return status(tables.STA_WRONG_LENGTH)
    method, key_number = data
    if method != 0x01 or key_number not in link.reader.keys:
        return status(tables.STA_WRONG_PARAMETERS)
    if not key_allowed(key_number, link.rights, link.remote):
        return status(tables.STA_DENIED)
    return Reply(bytes((tables.STA_FOLLOWING,)) + link.session.challenge(key_number))


def following(link: Link, data: bytes) -> Reply:
    if not link.session.challenged:
        return status(link.reader.options.out_of_place_status)
    if len(data) != 2 * BLOCK:
        link.session.end()
        return status(tables.STA_WRONG_LENGTH)
    proof = link.session.prove(data)
    return status(tables.STA_AUTHENTICATION) if proof is None else answer(proof)


def change_key(link: Link, data: bytes) -> Reply:
    if not link.authenticates:
        return status(link.reader.options.authenticate_status)
    if len(data) != 2 + BLOCK:
        return status(tables.STA_WRONG_LENGTH)
    method, key_number = data[:2]
    if method != 0x01 or key_number not in link.reader.keys:
        return status(tables.STA_WRONG_PARAMETERS)
    if link.session.who not in (key_number, ADMIN):
        return status(tables.STA_DENIED)
    link.reader.keys[key_number] = data[2:]
    return DONE


def out_of_place(link: Link, data: bytes) -> Reply:
    return status(link.reader.options.out_of_place_status)


def cancel(link: Link, data: bytes) -> Reply:
    return status(link.reader.options.idle_cancel_status)


def host_event_poll(link: Link, data: bytes) -> Reply:
    event = link.take_event(link.sequence)
    if event is not None:
        return Reply(event=event, sent=link.event_sent)
    empty = link.reader.options.empty_poll_status
    return Reply(payload=None) if empty is None else status(empty)


# Class CONTROL: pins and slots


def get_mode(link: Link, data: bytes) -> Reply:
    return answer(link.reader.options.mode_pins)


def get_gpios(link: Link, data: bytes) -> Reply:
    return answer(link.reader.pins.levels())


def set_gpios(link: Link, data: bytes) -> Reply:
    pins = link.reader.pins
    if len(data) > len(pins):
        return refused(link, tables.CLA_CONTROL, tables.STA_WRONG_LENGTH)
    pins.set(data)
    link.reader.emit("gpios", tuple(pins.levels()))
    return DONE


def get_controls(link: Link, data: bytes) -> Reply:
    return answer(link.reader.options.controls)


def slot_name(link: Link, data: bytes) -> Reply:
    slots = link.reader.options.slots
    number = data[0] if data else 0
    return answer(slots[number].encode()) if number < len(slots) else _wrong(link)


def stop_slot(link: Link, data: bytes) -> Reply:
    return _switch_slot(link, data[0], False)


def start_slot(link: Link, data: bytes) -> Reply:
    return _switch_slot(link, data[0], True)


def _switch_slot(link: Link, number: int, on: bool) -> Reply:
    if number >= len(link.reader.options.slots):
        return _wrong(link)
    link.reader.emit("slot", (number, on))
    return DONE


def nfc_poller(link: Link, data: bytes) -> Reply:
    link.reader.emit("nfc", "poller")
    return DONE


def nfc_listener(link: Link, data: bytes) -> Reply:
    link.reader.emit("nfc", f"listener {data[0]:02X}")
    return DONE


# Class CONTROL: identity and configuration


def get_data(link: Link, data: bytes) -> Reply:
    reader = link.reader
    if data[0] == DATA_SLOT_COUNT:
        return answer(bytes((len(reader.options.slots),)))
    if data[0] in DATA_OF_REGISTERS:
        return answer(reader.registers.read(DATA_OF_REGISTERS[data[0]]).hex().upper().encode())
    text = reader.options.identity.get(data[0])
    return _wrong(link) if text is None else answer(text.encode())


def _read(link: Link, data: bytes, addresses: tuple[int, int]) -> Reply:
    address = int.from_bytes(data, "big")
    if not addresses[0] <= address <= addresses[1]:
        return _wrong(link)
    return answer(link.reader.registers.read(address))


def read_free_register(link: Link, data: bytes) -> Reply:
    return _read(link, data, registers.FREE_RANGE)


def read_register(link: Link, data: bytes) -> Reply:
    return _read(link, data, registers.READ_RANGE)


def write_register(link: Link, data: bytes) -> Reply:
    address = int.from_bytes(data[:2], "big")
    if not registers.WRITE_RANGE[0] <= address <= registers.WRITE_RANGE[1]:
        return _wrong(link)
    link.reader.registers.write(address, data[2:])
    return DONE


def load_factory_config(link: Link, data: bytes) -> Reply:
    reader = link.reader
    if data == b"":
        reader.registers.load_factory()
    elif data == FACTORY_RESET:
        reader.registers.erase()
    else:
        return _wrong(link)
    reader.play_own(tables.SEQUENCE_CONFIGURATION_CLEARED)
    return DONE


def save_factory_config(link: Link, data: bytes) -> Reply:
    link.reader.registers.save_factory()
    return DONE


def reload_config(link: Link, data: bytes) -> Reply:
    return Reply(sent=link.reader.reload)


def reset(link: Link, data: bytes) -> Reply:
    how = RESETS.get(data)
    if how is None:
        return _wrong(link)
    return Reply(sent=lambda: link.reader.reboot(how))


def get_seal_subject(link: Link, data: bytes) -> Reply:
    return answer(link.reader.options.seal_subject.encode())


# Class CONTROL: lights, sound, Smart Reader


def play_sequence(link: Link, data: bytes) -> Reply:
    if data[0] not in tables.SEQUENCES and link.reader.options.unknown_sequence == "refuse":
        return _wrong(link)
    link.reader.emit("sequence", data[0])
    return DONE


def wink(link: Link, data: bytes) -> Reply:
    link.reader.emit("sequence", tables.SEQUENCE_WINK)
    return DONE


def set_led_rgb(link: Link, data: bytes) -> Reply:
    if len(data) == 5:
        link.reader.emit("rgb", (*data[:3], int.from_bytes(data[3:], "big")))
    else:
        link.reader.emit("rgb", tuple(data))
    return DONE


def set_leds(link: Link, data: bytes) -> Reply:
    link.reader.emit("leds", tuple(data))
    return DONE


def set_buzzer(link: Link, data: bytes) -> Reply:
    link.reader.emit("buzzer", int.from_bytes(data, "big"))
    return DONE


def set_light(link: Link, data: bytes) -> Reply:
    if data[0] > FULL_LIGHT:
        return _wrong(link)
    link.reader.emit("light", data[0])
    return DONE


def auto_dimm_light(link: Link, data: bytes) -> Reply:
    if data[0] > 1:
        return _wrong(link)
    link.reader.emit("auto_dimm", bool(data[0]))
    return DONE


def auto_sequences(link: Link, data: bytes) -> Reply:
    if data[0] > 1:
        return _wrong(link)
    link.reader.auto_sequences = bool(data[0])
    return DONE


def reader_stop(link: Link, data: bytes) -> Reply:
    return Reply(queued=link.reader.smart_reader.stop)


def reader_start(link: Link, data: bytes) -> Reply:
    if not link.reader.registers.has_smart_reader:
        return status(tables.STA_EXECUTION_FAILED)
    return Reply(queued=link.reader.smart_reader.start)
