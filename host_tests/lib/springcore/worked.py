"""Every worked frame and example of protocol.md and of the vendor's pages, once for all tests.

Hex text, spaced as the documents space it. A command's values and an answer's are those of
springcore.instructions; an event's are attributes of what springcore.tag makes of it.
"""

UID = b"\x04\x7d\xae\x02\xc8\x40\x80"
CAPTURED_UID = b"\x02\xc4\x00\x44\xf9\x9d\xb6"

# protocol.md 1.8: frame, sequence, CLA, instruction, values
COMMANDS = (
    ("16 00 00 00 00 00 00", 0x0, 0x00, "PING", {}),
    ("16 01 00 00 00 00 01", 0x1, 0x00, "PING", {}),
    ("16 02 00 00 00 01 03", 0x2, 0x00, "PING_EVENT", {}),
    ("16 01 58 00 01 20 02 7A", 0x1, 0x58, "GET_DATA", {"identifier": 0x02}),
    ("16 02 58 00 01 20 03 78", 0x2, 0x58, "GET_DATA", {"identifier": 0x03}),
    ("16 03 58 00 01 90 60 AA", 0x3, 0x58, "PLAY_SEQUENCE", {"number": 0x60}),
    ("16 04 58 00 01 90 61 AC", 0x4, 0x58, "PLAY_SEQUENCE", {"number": 0x61}),
    ("16 05 58 00 01 90 0E C2", 0x5, 0x58, "PLAY_SEQUENCE", {"number": 0x0E}),
    ("16 06 58 00 04 92 92 92 92 92 C8", 0x6, 0x58, "SET_LEDS", {"leds": b"\x92" * 4}),
    ("16 07 58 00 02 93 00 64 AA", 0x7, 0x58, "SET_BUZZER", {"on_ms": 100}),
    (
        "16 08 58 00 03 82 02 C0 04 17",
        0x8,
        0x58,
        "WRITE_REGISTER",
        {"address": 0x02C0, "value": b"\x04"},
    ),
    (
        "16 09 58 00 07 82 02 A0 01 01 00 02 00 74",
        0x9,
        0x58,
        "WRITE_REGISTER",
        {"address": 0x02A0, "value": b"\x01\x01\x00\x02\x00"},
    ),
    ("16 0A 58 00 02 81 02 C0 13", 0xA, 0x58, "READ_REGISTER", {"address": 0x02C0}),
    ("16 0B 58 00 02 82 02 C0 11", 0xB, 0x58, "WRITE_REGISTER", {"address": 0x02C0}),
    ("16 0C 58 00 00 8E DA", 0xC, 0x58, "RESET", {}),
    ("16 0D 58 00 00 A1 F4", 0xD, 0x58, "READER_START", {}),
    ("16 0E 58 00 00 A0 F6", 0xE, 0x58, "READER_STOP", {}),
    (
        "16 0F 00 00 04 11 00 01 C2 00 D9",
        0xF,
        0x00,
        "SET_SERIAL_PARAMETERS",
        {"bitrate": 115200},
    ),
    ("16 00 00 00 00 FE FE", 0x0, 0x00, "HOST_EVENT_POLL", {}),
    ("16 04 00 00 00 F0 F4", 0x4, 0x00, "TIME_EXTENSION_ACK", {}),
    ("16 04 00 00 00 FC F8", 0x4, 0x00, "CANCEL", {}),
    ("16 05 5E 00 04 48 45 4C 4C 4F 1D", 0x5, 0x5E, "ECHO", {"data": b"HELLO"}),
    ("16 00 00 00 02 0A 01 01 08", 0x0, 0x00, "AUTHENTICATE", {"method": 1, "key": 1}),
)

# protocol.md 1.8: frame, sequence, CLA, instruction answered, status, its name, values
ANSWERS = (
    ("16 80 00 00 00 00 80", 0x0, 0x00, "PING", 0x00, "SUCCESS", {}),
    ("16 82 00 00 00 00 82", 0x2, 0x00, "PING_EVENT", 0x00, "SUCCESS", {}),
    (
        "16 81 58 00 0A 00 53 70 72 69 6E 67 50 61 72 6B CA",
        0x1,
        0x58,
        "GET_DATA",
        0x00,
        "SUCCESS",
        {"text": "SpringPark"},
    ),
    ("16 83 58 00 00 00 DB", 0x3, 0x58, "PLAY_SEQUENCE", 0x00, "SUCCESS", {}),
    ("16 8A 58 00 01 00 04 D7", 0xA, 0x58, "READ_REGISTER", 0x00, "SUCCESS", {"value": b"\x04"}),
    ("16 8F 00 00 00 00 8F", 0xF, 0x00, "SET_SERIAL_PARAMETERS", 0x00, "SUCCESS", {}),
    ("16 83 00 00 00 F0 73", 0x3, 0x00, "PLAY_SEQUENCE", 0xF0, "TIME_EXTENSION_REQUEST", {}),
    ("16 84 00 00 00 FC 78", 0x4, 0x00, "CANCEL", 0xFC, "CANCELLED", {}),
    ("16 83 58 00 00 F5 2E", 0x3, 0x58, "PLAY_SEQUENCE", 0xF5, "INS_NOT_SUPPORTED", {}),
)

# protocol.md 1.8: the event of PING_EVENT
PING_EVENT = "16 C0 00 00 00 00 C0"

# protocol.md 1.8: frame, sequence, attributes of the tag or reader event
EVENTS = (
    (
        "16 C0 5B 00 0F B0 C1 04 80 03 01 00 C2 07 04 7D AE 02 C8 40 80 7B",
        0x0,
        {
            "kind": "tag_read",
            "interface": 0x03,
            "protocol": 0x01,
            "template": 0,
            "new": True,
            "original": False,
            "tag_index": None,
            "tag_id": UID,
            "tag_data": None,
            "tag_details": None,
            "truncated": False,
        },
    ),
    (
        "16 C1 5B 00 19 B0 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40 80"
        " C3 08 00 04 7D AE 02 C8 40 80 7B",
        0x1,
        {
            "kind": "tag_read",
            "template": 1,
            "tag_id": UID,
            "tag_data": b"\x00" + UID,
            "data_is_text": False,
        },
    ),
    (
        "16 C2 5B 00 12 B1 C0 01 01 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40 80 A4",
        0x2,
        {"kind": "tag_inserted", "tag_index": 1, "template": 1, "tag_id": UID, "tag_data": None},
    ),
    (
        "16 C3 5B 00 03 B1 C0 01 01 EA",
        0x3,
        {"kind": "tag_removed", "tag_index": 1, "tag_id": None},
    ),
    (
        "16 C4 5B 00 06 8B 85 04 03 01 02 04 97",
        0x4,
        {"kind": "reader_state", "running": True, "interfaces": [(0x03, b"\x01\x02\x04")]},
    ),
    (
        "16 C5 5B 00 00 8B 15",
        0x5,
        {"kind": "reader_state", "running": False, "interfaces": []},
    ),
    (
        "16 CC 5B 00 20 B0 C1 04 20 03 01 00 C2 07 02 C4 00 44 F9 9D B6 C3 0F"
        " 73 74 2E 63 6F 6D 2F 6E 66 63 2D 72 66 69 64 81",
        0xC,
        {
            "kind": "tag_read",
            "interface": 0x03,
            "protocol": 0x01,
            "template": 0,
            "new": False,
            "tag_id": CAPTURED_UID,
            "tag_data": b"st.com/nfc-rfid",
            "data_is_text": True,
        },
    ),
)

FRAMES = tuple(row[0] for row in COMMANDS + ANSWERS + EVENTS) + (PING_EVENT,)

# The example of the vendor's $SCRDR page (protocol.md 6.3)
SCRDR = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"
SCRDR_FIELDS = [b"13.56", b"NFC-A", b"1", b"", b"047DAE02C84080", b"", b"00047DAE02C84080", b""]
# The checksum of that line by each rule
SCRDR_CHECKSUMS = (("a", b"63"), ("b", b"6D"), ("c", b"47"), ("d", b"49"))

# protocol.md 6.4: what an empty message would carry by three rules
HELLO = b"$SCRDR;;;;;;;;*"
HELLO_CHECKSUMS = (("a", b"5A"), ("b", b"54"), ("c", b"7E"))

# The examples of the vendor's $SCCMD page, and of his UDP sample: line, arguments
SCCMD = (
    (b"$SCCMD;LEDS=92929292;BUZZ=0064\r\n", {"leds": b"\x92" * 4, "buzzer_ms": 100}),
    (b"$SCCMD;SEQ=60\r\n", {"sequence": 0x60}),
    (b"$SCCMD;SEQ=61\r\n", {"sequence": 0x61}),
    (b"$SCCMD;SEQ=0E\r\n", {"sequence": 0x0E}),
)
# protocol.md 7: the checksum that such a line would carry, by the rules c, a and b
SCCMD_CHECKSUMS = (
    (b"$SCCMD;SEQ=60*", b"37", b"13", b"1D"),
    (b"$SCCMD;SEQ=61*", b"36", b"12", b"1C"),
    (b"$SCCMD;SEQ=0E*", b"44", b"60", b"6E"),
    (b"$SCCMD;LEDS=92929292;BUZZ=0064*", b"7B", b"5F", b"51"),
)


def octets(text: str) -> bytes:
    """The bytes of hex text with spaces."""
    return bytes.fromhex(text.replace(" ", ""))
