"""The numbers of the protocol that the reader needs, by section of protocol.md."""

from __future__ import annotations

# 1.2 and 6.1: the first byte of a message tells the protocol
START = 0x16
DOLLAR = 0x24

# 1.3: high nibble of PCB
COMMAND = 0x00
RESPONSE = 0x80
EVENT = 0xC0

# 2, 3, 4, 5: classes
CLA_PROTOCOL = 0x00
CLA_CONTROL = 0x58
CLA_READER = 0x5B
CLA_ECHO = 0x5E

# 1.1 and 2.2: bit rates that SET_SERIAL_PARAMETERS accepts; the first is that of power-up
BITRATES = (38400, 115200, 230400, 460800, 921600)

# 2: the two instructions that go on with another one; the list is in instructions.py
INS_TIME_EXTENSION_ACK = 0xF0
INS_CANCEL = 0xFC

# 2.1: statuses
STA_SUCCESS = 0x00
STA_TIME_EXTENSION_REQUEST = 0xF0
STA_WRONG_PARAMETERS = 0xF3
STA_WRONG_LENGTH = 0xF4
STA_INS_NOT_SUPPORTED = 0xF5
STA_AUTHENTICATION = 0xF6
STA_PROTOCOL = 0xF7
STA_OVERFLOW = 0xF8
STA_CLA_NOT_SUPPORTED = 0xFA
STA_DEVICE_BUSY = 0xFB
STA_CANCELLED = 0xFC
STA_DENIED = 0xFD
STA_EXECUTION_FAILED = 0xFE
STA_FOLLOWING = 0xFF

# 3.5: class CONTROL may say the same in the older family of codes
OLD_STATUSES = {STA_WRONG_PARAMETERS: 0x3C, STA_WRONG_LENGTH: 0x7D, STA_INS_NOT_SUPPORTED: 0x64}

# 3.3: sequences that the reader plays by itself, and all that the list names
SEQUENCE_STARTUP = 0x06
SEQUENCE_BOOTLOADER = 0x09
SEQUENCE_CONFIGURATION_CLEARED = 0x0C
SEQUENCE_WINK = 0x0E
SEQUENCE_NFC_INACTIVE = 0x20
SEQUENCE_NFC_ACTIVE = 0x21
SEQUENCE_READING = 0x22
SEQUENCE_READ_SUCCESS = 0x23
SEQUENCE_READ_FAILED = 0x24
SEQUENCE_READ_AGAIN = 0x25
SEQUENCES = frozenset(
    (*range(0x12), 0x13, *range(0x20, 0x26), *range(0x28, 0x2D), 0x2E, 0x2F, 0x30, 0x60, 0x61)
)

# 4: events of class READER and their TLVs
EVT_READER_STATE = 0x8B
EVT_TAG_READ = 0xB0
EVT_TAG_MOVED = 0xB1
TLV_INTERFACE_AND_PROTOCOLS = 0x85
TLV_TAG_INDEX = 0xC0
TLV_TAG_INFO = 0xC1
TLV_TAG_ID = 0xC2
TLV_TAG_DATA = 0xC3
TLV_TAG_DETAILS = 0xC4

# 4.1: flags in the first byte of TagInfo
FLAG_NEW = 0x80
FLAG_ORIGINAL = 0x40
FLAG_DATA_IS_TEXT = 0x20
FLAG_DETAILS_IS_TEXT = 0x10

# 8: names in text messages. A protocol without a known name is printed as its code.
INTERFACE_NAMES = {0x03: "13.56", 0x06: "900", 0x84: "bluetooth"}
PROTOCOL_NAMES = {
    (0x03, 0x01): "NFC-A",
    (0x03, 0x02): "NFC-B",
    (0x03, 0x03): "NFC-F",
    (0x03, 0x04): "NFC-V",
    (0x03, 0x10): "Inside-Pico",
    (0x03, 0x11): "NFC-T1T",
    (0x03, 0x14): "EM_4134",
    (0x03, 0x18): "NFC-Barcode",
    (0x03, 0x20): "ST-SR",
    (0x03, 0x34): "NFC-EPC",
    (0x03, 0x40): "ASK-CTS",
    (0x03, 0x80): "Innovatron",
    (0x06, 0x03): "UHF-EPC",
    (0x84, 0x10): "BLE",
    (0x84, 0x11): "iBeacon",
    (0x84, 0x12): "Eddystone",
}

# 6.3: what each reading of the checksum rule adds to the XOR of the bytes between `$` and `*`
CHECKSUM_RULES = {"a": 0x0E, "b": 0x00, "c": 0x2A, "d": 0x24}
