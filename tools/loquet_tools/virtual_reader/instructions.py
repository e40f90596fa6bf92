"""Every instruction that protocol.md names: what is documented, what is our choice, what runs.

INSTRUCTIONS is the only list: `execute` looks it up, and the README's table is made of it
(reference.py). What the instructions do is in behaviour.py.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import behaviour as do
from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.access import FREE, READ, SENSITIVE, USE, WRITE
from loquet_tools.virtual_reader.exchange import Reply
from loquet_tools.virtual_reader.framing import Command
from loquet_tools.virtual_reader.registers import PROFILE_CCID, PROFILE_DIRECT

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.link import Link

INS_FOLLOWING = 0xFF

OK = tables.STA_SUCCESS
F3 = tables.STA_WRONG_PARAMETERS
F4 = tables.STA_WRONG_LENGTH
F5 = tables.STA_INS_NOT_SUPPORTED
F6 = tables.STA_AUTHENTICATION
FD = tables.STA_DENIED
FE = tables.STA_EXECUTION_FAILED
FF = tables.STA_FOLLOWING

PC_SC = (PROFILE_CCID,)
PC_SC_OR_DIRECT = (PROFILE_DIRECT, PROFILE_CCID)

ANY = range(65536)
NONE = (0,)


@dataclass(frozen=True)
class Instruction:
    """A row of the table.

    lengths     lengths of data that are right; another one is answered F4
    run         None: it is not made, and answered F5
    documented  what protocol.md says of it
    choice      what is ours, "" if nothing is; in the README an option stands in backquotes
    access      what it asks for (access.py)
    statuses    what it may answer beside F4 and a refusal
    profiles    of register 02C0 under which it exists; None: all
    """

    name: str
    lengths: Container[int]
    run: Callable[[Link, bytes], Reply] | None
    documented: str
    choice: str = ""
    access: str = FREE
    statuses: tuple[int, ...] = (OK,)
    profiles: tuple[int, ...] | None = None


def not_made(name: str, documented: str, access: str = FREE) -> Instruction:
    """An instruction that this reader has not: its layout is unknown, or few devices have it."""
    return Instruction(name, ANY, None, documented, "not made: F5", access, (F5,))


INSTRUCTIONS: dict[tuple[int, int], Instruction] = {
    (0x00, 0x00): Instruction("PING", NONE, do.ping, "answer 00"),
    (0x00, 0x01): Instruction(
        "PING_EVENT",
        NONE,
        do.ping_event,
        "an answer and an event",
        "which first: `ping_event_order`",
    ),
    (0x00, 0x06): not_made("GET_DESCRIPTOR", "reserved"),
    (0x00, 0x07): Instruction(
        "STAY_QUIET",
        ANY,
        do.stay_quiet,
        "over UDP: broadcasts are no longer answered",
        "data is not looked at; until a reset; a broadcast is not executed either; on Serial F5",
        statuses=(OK, F5),
    ),
    (0x00, 0x08): Instruction(
        "CLEAR_QUIET",
        ANY,
        do.clear_quiet,
        "over UDP: broadcasts are answered again",
        "as STAY_QUIET; sent as a broadcast it is obeyed and answered",
        statuses=(OK, F5),
    ),
    (0x00, 0x09): not_made("SET_CONFIGURATION", "reserved"),
    (0x00, 0x0A): Instruction(
        "AUTHENTICATE",
        ANY,
        do.authenticate,
        "01 and key 00 (user) or 01 (admin): FF and a challenge, then FOLLOWING",
        "on which links: `authentication`, elsewhere `authenticate_status`; it gives rights, "
        "messages stay plain; other bytes F3, a key that 02F0 forbids FD; "
        "keys at first `user_key`, `admin_key`",
        statuses=(F3, F4, F5, FD, FF),
    ),
    (0x00, 0x0C): Instruction(
        "CHANGE_KEY",
        ANY,
        do.change_key,
        "01, key 00 or 01, 16 bytes: answer 00",
        "where AUTHENTICATE exists; the admin changes both keys, the user the own one, "
        "others FD; other bytes F3; the key survives a reset and LOAD_FACTORY_CONFIG",
        statuses=(OK, F3, F4, F5, FD),
    ),
    (0x00, 0x11): Instruction(
        "SET_SERIAL_PARAMETERS",
        (4,),
        do.set_serial_parameters,
        "4 bytes, five rates; answer at the old rate, then the switch; by any link",
        "another rate: F3; it enables events: `events_enabled_by`",
        statuses=(OK, F3),
    ),
    (0x00, tables.INS_TIME_EXTENSION_ACK): Instruction(
        "TIME_EXTENSION_ACK",
        ANY,
        do.out_of_place,
        "goes on with the job",
        "sequence of the answer: `extension_sequence`; without a job: `out_of_place_status`",
        statuses=(tables.STA_PROTOCOL,),
    ),
    (0x00, tables.INS_CANCEL): Instruction(
        "CANCEL",
        ANY,
        do.cancel,
        "answer FC",
        "class 00; the job is not done; taken before F0 as well; "
        "without a job: `idle_cancel_status`",
        statuses=(tables.STA_CANCELLED,),
    ),
    (0x00, 0xFE): Instruction(
        "HOST_EVENT_POLL",
        NONE,
        do.host_event_poll,
        "the answer is the event, PCB `Cx`",
        "nothing pending: `empty_poll_status` (None = silence); over UDP nothing ever is",
        statuses=(OK, FE),
    ),
    (0x00, INS_FOLLOWING): Instruction(
        "FOLLOWING",
        ANY,
        do.following,
        "second half of AUTHENTICATE, 32 bytes: 00 and the proof, or F6",
        "another command in between ends the handshake; without one: `out_of_place_status`",
        statuses=(OK, F4, F6, tables.STA_PROTOCOL),
    ),
    (0x58, 0x12): not_made("I2C_READ", "layout unknown", USE),
    (0x58, 0x13): not_made("I2C_WRITE", "layout unknown", USE),
    (0x58, 0x14): Instruction(
        "GET_MODE",
        NONE,
        do.get_mode,
        "configuration input pins, layout unknown",
        "the bytes of `mode_pins`",
        USE,
    ),
    (0x58, 0x15): Instruction(
        "GET_GPIOS",
        NONE,
        do.get_gpios,
        "a byte for each pin: 00, 01 input; 80, 81 output; 8F LED",
        "`gpio_pins` of them, inputs after a reset",
    ),
    (0x58, 0x16): Instruction(
        "SET_GPIOS",
        ANY,
        do.set_gpios,
        "a byte for each pin: 00 leave, 0F input, 80, 81 output, 8F LED; others ignored",
        "fewer bytes leave the rest; more: F4",
        statuses=(OK, F4),
    ),
    (0x58, 0x17): Instruction(
        "GET_CONTROLS", NONE, do.get_controls, "/FLASH, /SUSPEND, or empty", "`controls`", USE
    ),
    (0x58, 0x20): Instruction(
        "GET_DATA",
        (1,),
        do.get_data,
        "text; 0E register 0200, 0F register 0108; 80 number of slots, a byte",
        "values: `identity`; registers as hex digits; unknown identifier: F3",
        statuses=(OK, F3),
    ),
    (0x58, 0x21): Instruction(
        "CCID_GET_SLOT_NAME",
        (0, 1),
        do.slot_name,
        "slot: text",
        "`slots`; no slot said: the first; unknown: F3; another profile: F5",
        USE,
        (OK, F3, F5),
        PC_SC,
    ),
    (0x58, 0x22): Instruction(
        "CCID_STOP_SLOT",
        (1,),
        do.stop_slot,
        "slot",
        "tells output `slot`, no more; unknown: F3; another profile: F5",
        USE,
        (OK, F3, F5),
        PC_SC,
    ),
    (0x58, 0x23): Instruction(
        "CCID_START_SLOT",
        (1,),
        do.start_slot,
        "slot",
        "as CCID_STOP_SLOT",
        USE,
        (OK, F3, F5),
        PC_SC,
    ),
    (0x58, 0x24): not_made("CCID_CONTROL_SLOT", "in the list of 2025; layout unknown", USE),
    (0x58, 0x40): not_made("CCID_CONTROL_SLOT (2024)", "in the list of 2024; layout unknown", USE),
    (0x58, 0x62): Instruction(
        "NFC_POLLER",
        NONE,
        do.nfc_poller,
        "under profiles PC/SC and Direct",
        "tells output `nfc`, no more; another profile: F5",
        USE,
        (OK, F5),
        PC_SC_OR_DIRECT,
    ),
    (0x58, 0x63): Instruction(
        "NFC_LISTENER",
        (1,),
        do.nfc_listener,
        "1 byte, as 11",
        "as NFC_POLLER; any byte is taken",
        USE,
        (OK, F5),
        PC_SC_OR_DIRECT,
    ),
    (0x58, 0x64): not_made("NFC_HCE_STOP", "layout unknown", USE),
    (0x58, 0x65): not_made("NFC_HCE_START", "layout unknown", USE),
    (0x58, 0x70): not_made("MICORE", "the vendor's own", USE),
    (0x58, 0x80): Instruction(
        "READ_FREE_REGISTER",
        (2,),
        do.read_free_register,
        "0200-020F; always free",
        "outside: F3",
        statuses=(OK, F3),
    ),
    (0x58, 0x81): Instruction(
        "READ_REGISTER",
        (2,),
        do.read_register,
        "0100-04FF, empty if not set",
        "outside: F3; a value written and not yet in effect is what is read",
        READ,
        (OK, F3),
    ),
    (0x58, 0x82): Instruction(
        "WRITE_REGISTER",
        range(2, 65536),
        do.write_register,
        "0200-03FF, no value = erase, effective after reset",
        "outside: F3; a value of any length is taken, what is missing at its end is filled up "
        "from the default, but not in text",
        WRITE,
        (OK, F3),
    ),
    (0x58, 0x83): Instruction(
        "LOAD_FACTORY_CONFIG",
        (0, 2),
        do.load_factory_config,
        "none: what SAVE_FACTORY_CONFIG kept; DEAD: as the factory reset button; STA only",
        "effective after a reset; nothing kept: every register erased, as with DEAD; "
        "what was kept stays kept; others: F3; plays 0C",
        WRITE,
        (OK, F3),
    ),
    (0x58, 0x84): Instruction(
        "SAVE_FACTORY_CONFIG",
        NONE,
        do.save_factory_config,
        "the configuration becomes the default",
        "no data; what is written, in effect or not; a power cut does not lose it",
        WRITE,
    ),
    (0x58, 0x85): not_made("GET_DATETIME", "devices with a clock; layout unknown", USE),
    (0x58, 0x86): not_made("SET_DATETIME", "devices with a clock; layout unknown", USE),
    (0x58, 0x88): not_made("PRODUCT_SPECIFIC", "the vendor's own; by access conditions", SENSITIVE),
    (0x58, 0x8A): not_made("LOGGING", "debug firmware", USE),
    (0x58, 0x8C): not_made("SUSPEND", "not on all devices", USE),
    (0x58, 0x8D): not_made("RESUME", "not on all devices", USE),
    (0x58, 0x8E): Instruction(
        "RESET",
        (0, 2),
        do.reset,
        "none, DEAD, FADA, CAFE; then STA only",
        "the reset begins when the answer has left; soft and hard are alike; FADA: silent until "
        "a power cut; CAFE: no greeting and no startup sequence; others, 5350 too: F3",
        SENSITIVE,
        (OK, F3),
    ),
    (0x58, 0x8F): Instruction(
        "RELOAD_CONFIG",
        NONE,
        do.reload_config,
        "the new configuration without a reset",
        "no data; in effect when the answer has left; a Smart Reader that runs starts again, "
        "with event 8B, or stops if it no longer exists; what 02A0 says of power-up is not looked "
        "at",
        WRITE,
    ),
    (0x58, 0x90): Instruction(
        "PLAY_SEQUENCE",
        (1,),
        do.play_sequence,
        "one number",
        "unknown number: `unknown_sequence`",
        statuses=(OK, F3),
    ),
    (0x58, 0x91): Instruction(
        "SET_LED_RGB",
        (1, 3, 5),
        do.set_led_rgb,
        "mode; R G B; or R G B and milliseconds of fading",
        "the mode is not checked",
    ),
    (0x58, 0x92): Instruction(
        "SET_LEDS", (4,), do.set_leds, "4 mode bytes", "they are not checked; a duration: F4"
    ),
    (0x58, 0x93): Instruction("SET_BUZZER", (2,), do.set_buzzer, "milliseconds"),
    (0x58, 0x94): not_made("SET_SOUND", "only in an old library", USE),
    (0x58, 0x95): not_made("SET_VIBRATOR", "only in an old library", USE),
    (0x58, 0x97): Instruction(
        "SET_LIGHT",
        (1,),
        do.set_light,
        "percent, 00-64",
        "more: F3",
        statuses=(OK, F3),
    ),
    (0x58, 0x98): not_made("PLAY_SEQUENCE_STRING", "factory tests; the vendor's own", USE),
    (0x58, 0x9A): Instruction(
        "AUTO_DIMM_LIGHT",
        (1,),
        do.auto_dimm_light,
        "00 off, 01 on",
        "by the number of the list, its own page prints 9B; tells output `auto_dimm`, no more; "
        "others: F3",
        statuses=(OK, F3),
    ),
    (0x58, 0x9B): Instruction(
        "AUTO_SEQUENCES",
        (1,),
        do.auto_sequences,
        "00 off, 01 on",
        "others: F3; on again after a reset",
        statuses=(OK, F3),
    ),
    (0x58, 0x9F): Instruction(
        "WINK", NONE, do.wink, "find one device among others", "no data; plays 0E"
    ),
    (0x58, 0xA0): Instruction(
        "READER_STOP",
        NONE,
        do.reader_stop,
        "event 8B",
        "no data; stopping what is stopped has no event",
        USE,
    ),
    (0x58, 0xA1): Instruction(
        "READER_START",
        NONE,
        do.reader_start,
        "event 8B",
        "no data; starting what runs starts it again; under a profile without Smart Reader: FE",
        USE,
        (OK, FE),
    ),
    (0x58, 0xAE): not_made("BLE_DISCONNECT", "by Bluetooth only", USE),
    (0x58, 0xB1): not_made("BARCODE_ONCE", "devices with a scan engine", USE),
    (0x58, 0xE1): Instruction(
        "GET_SEAL_SUBJECT", NONE, do.get_seal_subject, "text", "`seal_subject`"
    ),
}

# Class -> its name, and what this reader makes of it (5)
CLASSES = {
    0x00: ("PROTOCOL", "the instructions above"),
    0x55: ("BARCODE", "not made: FA"),
    0x56: ("GENUINE", "not made: FA"),
    0x57: ("HCE", "not made: FA"),
    0x58: ("CONTROL", "the instructions above"),
    0x59: ("ATCRYPTO", "not made: FA"),
    0x5A: ("SAM AV", "not made: FA"),
    0x5B: ("READER", "events only: FA as a command"),
    0x5C: ("CCID or I2C", "not made: FA"),
    0x5D: ("DFU", "not made: FA"),
    0x5E: ("ECHO", "the payload comes back"),
}


def execute(link: Link, command: Command) -> Reply:
    """Runs one command and says what to answer."""
    if command.fault is not None:
        # No good as a frame: the answer is of class PROTOCOL (2.1).
        return do.status(command.fault, tables.CLA_PROTOCOL)
    if (command.cla, command.ins) != (tables.CLA_PROTOCOL, INS_FOLLOWING):
        link.session.interrupt()
    if command.cla == tables.CLA_ECHO:
        return Reply(command.payload)
    if command.cla not in (tables.CLA_PROTOCOL, tables.CLA_CONTROL):
        as_protocol = link.reader.options.unknown_cla_answered_as == "protocol"
        cla = tables.CLA_PROTOCOL if as_protocol else None
        return do.status(tables.STA_CLA_NOT_SUPPORTED, cla)
    return _known_class(link, command)


def _known_class(link: Link, command: Command) -> Reply:
    instruction = INSTRUCTIONS.get((command.cla, command.ins))
    if instruction is None:
        return do.refused(link, command.cla, tables.STA_INS_NOT_SUPPORTED)
    if not link.allows(instruction.access):
        return do.status(link.reader.options.refusal_status)
    if instruction.run is None or not _in_profile(link, instruction):
        return do.refused(link, command.cla, tables.STA_INS_NOT_SUPPORTED)
    if len(command.data) not in instruction.lengths:
        return do.refused(link, command.cla, tables.STA_WRONG_LENGTH)
    return instruction.run(link, command.data)


def _in_profile(link: Link, instruction: Instruction) -> bool:
    profiles = instruction.profiles
    return profiles is None or link.reader.registers.profile in profiles
