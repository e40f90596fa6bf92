"""The numbers of the SpringCore protocol, with the vendor's names: what a device needs.

A table is a tuple of rows, each beginning with (number, name); what follows is said above the
table. No dictionary is built at import: a look-up walks the rows. Numbers that no table knows
are legal on the wire, so every look-up has an answer for them. Single constants stand here for
the code that acts on them. Tables that only people read are in `vocabulary.py`.
"""

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# Classes (protocol.md 2, 3, 4, 5)
CLA_PROTOCOL = const(0x00)
CLA_CONTROL = const(0x58)
CLA_READER = const(0x5B)
CLA_ECHO = const(0x5E)

CLASSES = (
    (0x00, "PROTOCOL"),
    (0x55, "BARCODE"),
    (0x56, "GENUINE"),
    (0x57, "HCE"),
    (0x58, "CONTROL"),
    (0x59, "ATCRYPTO"),
    (0x5A, "SAM AV"),
    (0x5B, "READER"),
    (0x5C, "CCID"),
    (0x5D, "DFU"),
    (0x5E, "ECHO"),
)

# Instructions that code sends or waits for by number; all of them stand in instructions.py
INS_PING = const(0x00)
INS_PING_EVENT = const(0x01)
INS_SET_SERIAL_PARAMETERS = const(0x11)
INS_TIME_EXTENSION_ACK = const(0xF0)
INS_CANCEL = const(0xFC)
INS_HOST_EVENT_POLL = const(0xFE)
INS_FOLLOWING = const(0xFF)
INS_GET_DATA = const(0x20)
INS_RESET = const(0x8E)
INS_PLAY_SEQUENCE = const(0x90)
INS_AUTO_SEQUENCES = const(0x9B)

# Statuses of PROTOCOL, which any class may answer too (protocol.md 2.1)
STA_SUCCESS = const(0x00)
STA_TIME_EXTENSION_REQUEST = const(0xF0)
STA_INS_NOT_SUPPORTED = const(0xF5)
STA_CLA_NOT_SUPPORTED = const(0xFA)
STA_DEVICE_BUSY = const(0xFB)
STA_CANCELLED = const(0xFC)
STA_FOLLOWING = const(0xFF)

PROTOCOL_STATUSES = (
    (0x00, "SUCCESS"),
    (0xF0, "TIME_EXTENSION_REQUEST"),
    (0xF1, "LOCKED"),
    (0xF2, "WRONG_DATA"),
    (0xF3, "WRONG_PARAMETERS"),
    (0xF4, "WRONG_LENGTH"),
    (0xF5, "INS_NOT_SUPPORTED"),
    (0xF6, "AUTHENTICATION"),
    (0xF7, "PROTOCOL"),
    (0xF8, "OVERFLOW"),
    (0xF9, "INTERNAL"),
    (0xFA, "CLA_NOT_SUPPORTED"),
    (0xFB, "DEVICE_BUSY"),
    (0xFC, "CANCELLED"),
    (0xFD, "DENIED"),
    (0xFE, "EXECUTION_FAILED"),
    (0xFF, "FOLLOWING"),
)

# Bit rates of SET_SERIAL_PARAMETERS; the first is the one at power-up (protocol.md 1.1, 2.2)
BITRATES = (38400, 115200, 230400, 460800, 921600)

# What RESET resets; without a kind it is a soft reset (protocol.md 3.1)
RESETS = (
    (0xDEAD, "hard"),
    (0xFADA, "bootloader"),
    (0xCAFE, "silent soft"),
    (0x5350, "special"),
)

# The GET_DATA identifier that a door asks for (protocol.md 3.2)
DATA_SERIAL_NUMBER = const(0x03)

# PLAY_SEQUENCE numbers that a door plays (protocol.md 3.3)
SEQ_ACCESS_GRANTED = const(0x60)
SEQ_ACCESS_DENIED = const(0x61)

# Events of READER. One code for two meanings each: 8B is starting with TLVs, stopping without;
# B1 is inserted with TagInfo and TagId, removed without (protocol.md 4)
EVT_READER_STATE = const(0x8B)
EVT_TAG_READ = const(0xB0)
EVT_TAG_MOVE = const(0xB1)

EVENTS = (
    (EVT_READER_STATE, "reader starting or stopping"),
    (EVT_TAG_READ, "tag read"),
    (EVT_TAG_MOVE, "tag inserted or removed"),
)

# TLVs of READER events (protocol.md 4.1)
TLV_INTERFACE_AND_PROTOCOLS = const(0x85)
TLV_TAG_INDEX = const(0xC0)
TLV_TAG_INFO = const(0xC1)
TLV_TAG_ID = const(0xC2)
TLV_TAG_DATA = const(0xC3)
TLV_TAG_DETAILS = const(0xC4)

TLVS = (
    (TLV_INTERFACE_AND_PROTOCOLS, "InterfaceAndProtocols"),
    (TLV_TAG_INDEX, "TagIndex"),
    (TLV_TAG_INFO, "TagInfo"),
    (TLV_TAG_ID, "TagId"),
    (TLV_TAG_DATA, "TagData"),
    (TLV_TAG_DETAILS, "TagDetails"),
)

# Flags in byte 0 of TagInfo; bits 3-0 are reserved (protocol.md 4.1)
TAG_NEW = const(0x80)
TAG_ORIGINAL = const(0x40)
TAG_DATA_IS_TEXT = const(0x20)
TAG_DETAILS_IS_TEXT = const(0x10)

TAG_FLAGS = (
    (TAG_NEW, "New"),
    (TAG_ORIGINAL, "Original"),
    (TAG_DATA_IS_TEXT, "TagData is text"),
    (TAG_DETAILS_IS_TEXT, "TagDetails is text"),
)

# Interfaces, with their names in text messages (protocol.md 8)
INTERFACES = (
    (0x00, "unknown"),
    (0x03, "13.56"),  # NFC/RFID HF, 13.56 MHz
    (0x06, "900"),  # RFID UHF, 868/910 MHz
    (0x84, "bluetooth"),
)

# Protocols by interface, with their names in text messages (protocol.md 8). What ICODE1 and
# NFC-Forum are called there is not known: these two names are ours.
PROTOCOLS = (
    (
        0x03,
        (
            (0x01, "NFC-A"),  # ISO 14443-A
            (0x02, "NFC-B"),  # ISO 14443-B
            (0x03, "NFC-F"),  # FeliCa
            (0x04, "NFC-V"),  # ISO 15693
            (0x08, "ICODE1"),
            (0x10, "Inside-Pico"),  # Inside Picopass
            (0x11, "NFC-T1T"),  # Innovision/Broadcom Topaz
            (0x14, "EM_4134"),
            (0x18, "NFC-Barcode"),  # Thinfilm/Kovio
            (0x20, "ST-SR"),
            (0x34, "NFC-EPC"),  # ISO 18000-3M3, EPC HF
            (0x40, "ASK-CTS"),
            (0x4F, "NFC-Forum"),
            (0x80, "Innovatron"),
        ),
    ),
    (0x06, ((0x03, "UHF-EPC"),)),  # EPC C1G2
    (
        0x84,
        (
            (0x10, "BLE"),  # generic BLE
            (0x11, "iBeacon"),
            (0x12, "Eddystone"),
        ),
    ),
)

_HEX_DIGITS = "0123456789abcdefABCDEF"


def name_of(table: tuple, number: int) -> str | None:
    """The name that `table` gives to `number`, or None."""
    for row in table:
        if row[0] == number:
            return row[1]
    return None


def number_of(table: tuple, name: str) -> int | None:
    """The number that `table` gives to `name` in any letter case, or None."""
    wanted = name.lower()
    for row in table:
        if row[1].lower() == wanted:
            return row[0]
    return None


def protocols_of(interface: int | str) -> tuple:
    """The table of the protocols on this interface; empty for one we do not know."""
    for code, table in PROTOCOLS:
        if code == interface:
            return table
    return ()


def interface_of(text: str) -> int | str:
    """The code of an interface written as name ("13.56") or hex code ("03").

    What is neither comes back as the stripped text, so that nothing is lost (protocol.md 8).
    """
    return _code_of(INTERFACES, text.strip())


def protocol_of(interface: int | str, text: str) -> int | str:
    """The code of a protocol of this interface, written as name ("NFC-A") or hex code ("01").

    What is neither comes back as the stripped text, so that nothing is lost (protocol.md 8).
    """
    text = text.strip()
    # A slip on one vendor page, so some firmware may print it: ISO 15693 is meant.
    if text.upper() == "NFC-C":
        text = "NFC-V"
    return _code_of(protocols_of(interface), text)


def _code_of(table: tuple, text: str) -> int | str:
    # Names first: "900" is one, and could be taken for hex.
    number = number_of(table, text)
    if number is not None:
        return number
    return int(text, 16) if _is_hex_code(text) else text


def _is_hex_code(text: str) -> bool:
    return 1 <= len(text) <= 2 and all(digit in _HEX_DIGITS for digit in text)
