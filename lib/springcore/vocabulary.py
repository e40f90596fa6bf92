"""The rest of the vendor's vocabulary: tables that people read and a door does not need.

For the desktop's decoder, for commissioning and for messages. A device loads it only when it
explains something. Tables are as in codes.py: tuples of rows (number, name, more).
"""

from springcore import codes

# Statuses of CONTROL, beside those of PROTOCOL (protocol.md 3.5)
CONTROL_STATUSES = (
    (0x00, "OK"),
    (0x01, "no answer from card"),
    (0x02, "CRC"),
    (0x03, "empty"),
    (0x04, "authentication failed or access denied"),
    (0x05, "parity"),
    (0x06, "card NACK"),
    (0x07, "anticollision"),
    (0x08, "bad LRC in serial number"),
    (0x09, "locked"),
    (0x0A, "not authenticated"),
    (0x0B, "bit count"),
    (0x0C, "byte count"),
    (0x0D, "value"),
    (0x0E, "transaction"),
    (0x0F, "write"),
    (0x10, "increment"),
    (0x11, "decrement"),
    (0x12, "read"),
    (0x13, "FIFO overflow"),
    (0x14, "polling"),
    (0x15, "framing"),
    (0x16, "card access"),
    (0x17, "unknown command (NFC chip)"),
    (0x18, "collision"),
    (0x19, "command failed"),
    (0x1A, "hardware"),
    (0x1B, "NFC timeout"),
    (0x1C, "no bitwise anticollision"),
    (0x1D, "external field"),
    (0x1E, "quit"),
    (0x1F, "coding"),
    (0x20, "vendor error"),
    (0x21, "card command unsupported"),
    (0x22, "command format"),
    (0x23, "command option"),
    (0x24, "other"),
    (0x26, "target not active"),
    (0x27, "field lost"),
    (0x3B, "wrong mode"),
    (0x3C, "wrong parameter"),
    (0x47, "CID not active"),
    (0x4B, "ATS length"),
    (0x4C, "ATTRIB error"),
    (0x4D, "ATS format"),
    (0x4E, "T=CL protocol"),
    (0x4F, "T=CL too many retries"),
    (0x57, "PPS format"),
    (0x58, "PPS error"),
    (0x5C, "CID unsupported"),
    (0x5D, "CID already active"),
    (0x64, "unknown function"),
    (0x6F, "internal"),
    (0x70, "buffer overflow"),
    (0x7D, "wrong length"),
    (0x80, "time extension"),
)

# GET_DATA identifiers; 80 answers one binary byte, the others text (protocol.md 3.2)
DATA_IDENTIFIERS = (
    (0x00, "full name"),
    (0x01, "vendor"),
    (0x02, "product"),
    (0x03, "serial number"),
    (0x04, "USB VID/PID"),
    (0x05, "version"),
    (0x06, "firmware revision"),
    (0x07, "firmware id"),
    (0x08, "build user"),
    (0x09, "build date"),
    (0x0A, "MAC"),
    (0x0B, "BD_ADDR"),
    (0x0C, "BLE name"),
    (0x0D, "device GUID"),
    (0x0E, "configuration GUID"),
    (0x0F, "hardware reference"),
    (0x10, "NFC library"),
    (0x11, "smartcard library"),
    (0x12, "BLE library"),
    (0x13, "network library"),
    (0x17, "kernel version"),
    (0x1B, "network stack"),
    (0x1F, "kernel name"),
    (0x20, "antenna firmware"),
    (0x21, "antenna hardware"),
    (0x22, "antenna configuration"),
    (0x23, "antenna sequence pack"),
    (0x30, "NFC chip name"),
    (0x31, "NFC chip version"),
    (0x32, "smartcard chip"),
    (0x34, "BLE chip"),
    (0x41, "original vendor"),
    (0x42, "original product"),
    (0x4A, "original MAC"),
    (0x4B, "original BD_ADDR"),
    (0x80, "number of PC/SC slots"),
)

# PLAY_SEQUENCE numbers; what one looks like depends on product and theme (protocol.md 3.3)
SEQUENCES = (
    (0x01, "no mother board"),
    (0x02, "no battery"),
    (0x03, "hardware error"),
    (0x04, "not genuine"),
    (0x05, "cancel"),
    (0x06, "startup"),
    (0x07, "shutdown"),
    (0x08, "please wait"),
    (0x09, "bootloader waiting"),
    (0x0A, "firmware upgrading"),
    (0x0B, "firmware upgraded"),
    (0x0C, "configuration cleared"),
    (0x0D, "self-test"),
    (0x0E, "wink"),
    (0x0F, "blackout"),
    (0x10, "started idle"),
    (0x11, "started active"),
    (0x13, "suspended"),
    (0x20, "NFC inactive"),
    (0x21, "NFC active"),
    (0x22, "reading"),
    (0x23, "read success"),
    (0x24, "read failed"),
    (0x25, "read again"),
    (0x28, "tag insert"),
    (0x29, "tag present"),
    (0x2A, "tag active"),
    (0x2B, "tag error"),
    (0x2C, "tag counterfeit"),
    (0x2E, "NFC listener idle"),
    (0x2F, "NFC listener active"),
    (0x30, "Direct Profile"),
    (0x60, "access granted"),
    (0x61, "access denied"),
)

# LED mode byte: one of these, or a frequency in the high nibble and a pattern in the low one
# (protocol.md 3.4)
LED_STATES = (
    (0x00, "off"),
    (0x01, "on"),
    (0x0F, "breathing"),
)

# High nibble, frequency, period in ms
LED_FREQUENCIES = (
    (0x1, "0.25 Hz", 4000),
    (0x2, "0.5 Hz", 2000),
    (0x3, "1 Hz", 1000),
    (0x4, "2 Hz", 500),
    (0x5, "3 Hz", 333),
    (0x6, "4 Hz", 250),
    (0x7, "5 Hz", 200),
    (0x8, "6.66 Hz", 150),
    (0x9, "10 Hz", 100),
    (0xA, "15 Hz", 66.6),
    (0xB, "20 Hz", 50),
)

# Low nibble, pattern, flashes in a period, length of each in percent of the period
LED_PATTERNS = (
    (0x0, "50 % on", 1, 50),
    (0x1, "1x25 % on", 1, 25),
    (0x2, "1x20 % on", 1, 20),
    (0x3, "1x10 % on", 1, 10),
    (0x4, "1x5 % on", 1, 5),
    (0x5, "2x20 % on", 2, 20),
    (0x6, "2x10 % on", 2, 10),
    (0x7, "2x5 % on", 2, 5),
    (0x8, "3x10 % on", 3, 10),
    (0x9, "3x5 % on", 3, 5),
    (0xA, "4x10 % on", 4, 10),
    (0xB, "4x5 % on", 4, 5),
    (0xC, "5x5 % on", 5, 5),
    (0xD, "6x5 % on", 6, 5),
    (0xE, "7x5 % on", 7, 5),
)

# Registers: address, name, size in bytes (None: it varies or is not known), value when erased
# (None: not known), meaning. In firmware 1.31 (protocol.md 9)
REGISTERS = (
    (0x0108, "hardware reference", None, None, "read only; GET_DATA 0F"),
    (0x0200, "configuration GUID", None, None, "readable without rights; GET_DATA 0E"),
    (0x0201, "inventory number", None, None, "readable without rights"),
    (0x0202, "location", None, None, "readable without rights"),
    (0x0208, "application name", None, None, "readable without rights"),
    (0x0280, "IPv4", 20, b"", "address, mask, gateway, DNS 1, DNS 2; empty: DHCP"),
    (0x0281, "IPv6", 16, None, "address"),
    (0x0283, "network options", None, None, "disable, auto-protection off, link speed"),
    (0x0284, "network services", 1, b"\x04", "Direct server, Telnet, discovery"),
    (0x0285, "network ports", 14, None, "Telnet to HTTP, 7 x 2 bytes; 0000: default"),
    (0x0290, "HTTP server", None, None, "text, up to 48 bytes"),
    (0x0291, "HTTP path", None, None, "text, up to 48 bytes"),
    (0x0292, "HTTP timing", 2, b"\x1e\x3c", "timeout and keep-alive in seconds"),
    (0x0293, "HMAC key", None, None, "key of the HTTP client"),
    (0x0294, "UDP peer", None, b"255.255.255.255", "address or name, up to 48 bytes"),
    (0x0295, "UDP options", None, b"\x00", "check remote port, check remote address"),
    (0x029C, "SpringProx options", 2, b"\x01\x03", "legacy SpringProx on serial"),
    (0x029F, "serial driver", 1, b"\x00", "0 RS-TTL, 1 RS-232, 2 RS-485"),
    (0x02A0, "Smart Reader features", 5, b"\x00\x03\x00\x02\x00", "events, start, outputs"),
    (0x02A1, "Smart Reader timings", 2, b"\x0a\x1e", "between readings, same tag; 100 ms each"),
    (0x02C0, "profile", 1, b"\x00", "0 Direct, 2 CCID, 4 Smart Reader; bits 6-4 network"),
    (0x02D0, "UI options", None, None, "bit 0: the host owns LEDs and buzzer"),
    (0x02D8, "sound volume", None, None, "bits 2-0, 0 mute, 1 if not set"),
    (0x02DA, "UI theme", None, None, "how sequences look and sound"),
    (0x02F0, "access conditions", 4, b"\x00\x00\x00\x00", "master cards, local, remote, console"),
    (0x02FE, "console password", None, None, "public factory default: change it"),
    (0x02FF, "console password 2", None, None, "public factory default: change it"),
)

# Templates: address of their first register, name (protocol.md 9.5)
TEMPLATES = (
    (0x0300, "BLE"),
    (0x0310, "NFC 1"),
    (0x0320, "NFC 2"),
    (0x0330, "NFC 3"),
    (0x0340, "NFC 4"),
    (0x0370, "UHF"),
)

# Registers of one template: offset, then as in REGISTERS
TEMPLATE_REGISTERS = (
    (0x0, "LKL", None, b"", "technology and template type; empty or 00: template off"),
    (0x1, "TOF", 2, b"\x00\x00", "output format; 0F 00: the whole identifier, raw"),
    (0x2, "PFX", None, None, "prefix, up to 8 bytes"),
    (0x3, "LOC", None, None, "shift in bytes and bits"),
    (0x4, "OPT", None, None, "options"),
)

# Keys of AUTHENTICATE and CHANGE_KEY (protocol.md 2, 10)
KEYS = (
    (0x00, "user"),
    (0x01, "admin"),
)

# What the number in an instruction's field means, where a table says so
FIELD_TABLES = (
    ("AUTHENTICATE", "key", KEYS),
    ("CHANGE_KEY", "key", KEYS),
    ("GET_DATA", "identifier", DATA_IDENTIFIERS),
    ("PLAY_SEQUENCE", "number", SEQUENCES),
    ("LOAD_FACTORY_CONFIG", "kind", ((0xDEAD, "like the factory-reset button"),)),
    ("RESET", "kind", codes.RESETS),
)


def register_name(address: int) -> str | None:
    """The name of a register, also of one in a template ("NFC 1 TOF"), or None."""
    template = codes.name_of(TEMPLATES, address & 0xFFF0)
    offset = codes.name_of(TEMPLATE_REGISTERS, address & 0xF)
    if template is None or offset is None:
        return codes.name_of(REGISTERS, address)
    return "%s %s" % (template, offset)


def led_mode_name(mode: int) -> str | None:
    """An LED mode byte in words: 92 is "10 Hz, 1x20 % on" (protocol.md 3.4)."""
    frequency = codes.name_of(LED_FREQUENCIES, mode >> 4)
    pattern = codes.name_of(LED_PATTERNS, mode & 0xF)
    if frequency is None or pattern is None:
        return codes.name_of(LED_STATES, mode)
    return "%s, %s" % (frequency, pattern)


def led_mode_of(words: str) -> int | None:
    """The LED mode byte for words as led_mode_name() writes them, or None."""
    frequency, _, pattern = words.partition(", ")
    high = codes.number_of(LED_FREQUENCIES, frequency)
    low = codes.number_of(LED_PATTERNS, pattern)
    if high is None or low is None:
        return codes.number_of(LED_STATES, words)
    return high << 4 | low


def value_name(instruction: str, field: str, value) -> str | None:
    """What the value of an instruction's field is called ("access granted"), or None."""
    if field == "address":
        return register_name(value)
    if field == "mode":
        return led_mode_name(value)
    if field == "leds":
        return "; ".join(led_mode_name(mode) or "%02X" % mode for mode in value)
    for row in FIELD_TABLES:
        if row[:2] == (instruction, field):
            return codes.name_of(row[2], value)
    return None
