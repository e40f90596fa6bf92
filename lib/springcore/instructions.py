"""The instructions of PROTOCOL (00), CONTROL (58) and ECHO (5E), from one table.

command() builds what a host sends; explain_command() and explain_answer() say what bytes mean.
Sending is strict: a value that the protocol does not know is refused. Explaining is lenient:
unknown numbers are values like others, and bytes beyond the known layout come as "data". The
table says what bytes look like, not whether a reader may or will do it. Numbers stay numbers
here; vocabulary.py has their names.
"""

from springcore import codes
from springcore.errors import PeerError, UsageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# A field is (name, kind, limit). The kinds of number are their width in bytes, MSB first; their
# limit is None or a tuple of what is allowed: numbers and (lowest, highest) pairs. The limit of
# the others counts bytes: exactly so many, or for the two that take the rest at least so many.
_U8 = const(1)
_U16 = const(2)
_U32 = const(4)
_BYTES = const(5)
_REST = const(6)
_TEXT = const(7)  # in answers only; UTF-8, else the bytes as they are

# A command or answer has one or more layouts, each a tuple of fields.
_NONE = const(((),))
_OPEN = const(((), (("data", _REST, 1),)))  # protocol.md does not know what belongs here
_VALUE = const(((("value", _REST, 0),),))
_ANY_TEXT = const(((("text", _TEXT, 0),),))
_SWITCH = const(((("enabled", _U8, (0, 1)),),))
_SLOT = const((("slot", _U8, None),))
_METHOD = const(("method", _U8, (1,)))
_KEY = const(("key", _U8, (0, 1)))  # 0 user, 1 admin
_NUMBER = const(((("number", _U8, None),),))
_READABLE = const(((("address", _U16, ((0x0100, 0x04FF),)),),))
_READABLE_BY_ALL = const(((("address", _U16, ((0x0200, 0x020F),)),),))
_WRITABLE = const(("address", _U16, ((0x0200, 0x03FF),)))
_MODE = const(("mode", _U8, None))
_R = const(("red", _U8, None))
_G = const(("green", _U8, None))
_B = const(("blue", _U8, None))
_FADE = const(("fade_ms", _U16, None))

# CLA, INS, name, layouts of the command after INS, layouts of the answer after STA when it is
# SUCCESS or FOLLOWING. ECHO has neither INS nor STA. (protocol.md 2, 3.1, 5)
INSTRUCTIONS = (
    (0x00, 0x00, "PING", _NONE, _NONE),
    (0x00, 0x01, "PING_EVENT", _NONE, _NONE),
    (0x00, 0x06, "GET_DESCRIPTOR", _OPEN, _OPEN),
    (0x00, 0x07, "STAY_QUIET", _OPEN, _OPEN),
    (0x00, 0x08, "CLEAR_QUIET", _OPEN, _OPEN),
    (0x00, 0x09, "SET_CONFIGURATION", _OPEN, _OPEN),
    (0x00, 0x0A, "AUTHENTICATE", ((_METHOD, _KEY),), ((("challenge", _BYTES, 16),),)),
    (0x00, 0x0C, "CHANGE_KEY", ((_METHOD, _KEY, ("new_key", _BYTES, 16)),), _NONE),
    (0x00, 0x11, "SET_SERIAL_PARAMETERS", ((("bitrate", _U32, codes.BITRATES),),), _NONE),
    (0x00, 0xF0, "TIME_EXTENSION_ACK", _NONE, _OPEN),
    (0x00, 0xFC, "CANCEL", _NONE, _OPEN),
    (0x00, 0xFE, "HOST_EVENT_POLL", _NONE, _OPEN),
    (0x00, 0xFF, "FOLLOWING", _OPEN, _OPEN),
    (0x58, 0x12, "I2C_READ", _OPEN, _OPEN),
    (0x58, 0x13, "I2C_WRITE", _OPEN, _OPEN),
    (0x58, 0x14, "GET_MODE", _NONE, _OPEN),
    (0x58, 0x15, "GET_GPIOS", _NONE, ((("pins", _REST, 0),),)),
    (0x58, 0x16, "SET_GPIOS", ((("pins", _REST, 1),),), _NONE),
    (0x58, 0x17, "GET_CONTROLS", _NONE, ((), (("flash", _U8, None), ("suspend", _U8, None)))),
    (0x58, 0x20, "GET_DATA", ((("identifier", _U8, None),),), _ANY_TEXT),
    (0x58, 0x21, "CCID_GET_SLOT_NAME", ((), _SLOT), _ANY_TEXT),
    (0x58, 0x22, "CCID_STOP_SLOT", (_SLOT,), _NONE),
    (0x58, 0x23, "CCID_START_SLOT", (_SLOT,), _NONE),
    (0x58, 0x24, "CCID_CONTROL_SLOT", _OPEN, _OPEN),
    (0x58, 0x62, "NFC_POLLER", _NONE, _NONE),
    (0x58, 0x63, "NFC_LISTENER", ((("value", _U8, None),),), _NONE),
    (0x58, 0x64, "NFC_HCE_STOP", _OPEN, _OPEN),
    (0x58, 0x65, "NFC_HCE_START", _OPEN, _OPEN),
    (0x58, 0x70, "MICORE", _OPEN, _OPEN),
    (0x58, 0x80, "READ_FREE_REGISTER", _READABLE_BY_ALL, _VALUE),
    (0x58, 0x81, "READ_REGISTER", _READABLE, _VALUE),
    (0x58, 0x82, "WRITE_REGISTER", ((_WRITABLE,), (_WRITABLE, ("value", _REST, 1))), _NONE),
    (0x58, 0x83, "LOAD_FACTORY_CONFIG", ((), (("kind", _U16, (0xDEAD,)),)), _NONE),
    (0x58, 0x84, "SAVE_FACTORY_CONFIG", _OPEN, _OPEN),
    (0x58, 0x85, "GET_DATETIME", _OPEN, _OPEN),
    (0x58, 0x86, "SET_DATETIME", _OPEN, _OPEN),
    (0x58, 0x88, "PRODUCT_SPECIFIC", _OPEN, _OPEN),
    (0x58, 0x8A, "LOGGING", _OPEN, _OPEN),
    (0x58, 0x8C, "SUSPEND", _OPEN, _OPEN),
    (0x58, 0x8D, "RESUME", _OPEN, _OPEN),
    (0x58, 0x8E, "RESET", ((), (("kind", _U16, tuple(row[0] for row in codes.RESETS)),)), _NONE),
    (0x58, 0x8F, "RELOAD_CONFIG", _NONE, _NONE),
    (0x58, 0x90, "PLAY_SEQUENCE", _NUMBER, _NONE),
    (0x58, 0x91, "SET_LED_RGB", ((_MODE,), (_R, _G, _B), (_R, _G, _B, _FADE)), _NONE),
    (0x58, 0x92, "SET_LEDS", ((("leds", _BYTES, 4),),), _NONE),
    (0x58, 0x93, "SET_BUZZER", ((("on_ms", _U16, None),),), _NONE),
    (0x58, 0x94, "SET_SOUND", _OPEN, _OPEN),
    (0x58, 0x95, "SET_VIBRATOR", _OPEN, _OPEN),
    (0x58, 0x97, "SET_LIGHT", ((("percent", _U8, ((0, 100),)),),), _NONE),
    (0x58, 0x98, "PLAY_SEQUENCE_STRING", ((("string", _REST, 1),),), _NONE),
    (0x58, 0x9A, "AUTO_DIMM_LIGHT", _SWITCH, _NONE),
    (0x58, 0x9B, "AUTO_SEQUENCES", _SWITCH, _NONE),
    (0x58, 0x9F, "WINK", _NONE, _NONE),
    (0x58, 0xA0, "READER_STOP", _NONE, _NONE),
    (0x58, 0xA1, "READER_START", _NONE, _NONE),
    (0x58, 0xAE, "BLE_DISCONNECT", _NONE, _NONE),
    (0x58, 0xB1, "BARCODE_ONCE", _NONE, _NONE),
    (0x58, 0xE1, "GET_SEAL_SUBJECT", _NONE, _ANY_TEXT),
    (0x5E, None, "ECHO", ((("data", _REST, 1),),), ((("data", _REST, 1),),)),
)
_UNKNOWN = const((0, 0, None, _OPEN, _OPEN))


def command(name: str, **values: object) -> tuple:
    """(CLA, payload): the instruction `name` with these field values, INS first.

    Numbers are int, the others bytes (protocol.md 2, 3.1, 5). UsageError names the instruction,
    the field, its value and what is allowed.
    """
    cla, ins, _, layouts, _ = _row_named(name)
    layout = _layout_of(name, layouts, values)
    payload = b"".join([_encode(name, field, values[field[0]]) for field in layout])
    return cla, payload if ins is None else bytes([ins]) + payload


def explain_command(cla: int, payload: bytes) -> tuple:
    """(name, values) of a command's payload (protocol.md 2, 3.1, 5).

    (None, {"ins": int, "data": bytes}) if the instruction is unknown; bytes that are too many
    are in "data". PeerError if they are too few.
    """
    if not payload:
        raise PeerError("command without INS")
    row = _row_of(cla, payload[0])
    if row is None:
        return None, {"ins": payload[0], "data": bytes(payload[1:])}
    _, ins, name, layouts, _ = row
    return name, _explain(name, layouts, payload if ins is None else payload[1:])


def explain_answer(name: str | None, payload: bytes) -> tuple:
    """(status, its name or None, values) of the answer to `name` (None: unknown instruction).

    An answer to ECHO has no STA: its status is None too. Whatever follows a refusal is in
    "data"; text that is not UTF-8 comes as bytes. PeerError if bytes are missing, UsageError if
    there is no instruction `name`. (protocol.md 2.1, 3.5)
    """
    if not payload:
        raise PeerError("answer without STA")
    _, ins, _, _, layouts = _UNKNOWN if name is None else _row_named(name)
    if ins is None:
        return None, None, _explain(name, layouts, payload)
    status = payload[0]
    if status not in (codes.STA_SUCCESS, codes.STA_FOLLOWING):
        layouts = _NONE
    return status, _status_name(status), _explain(name, layouts, payload[1:])


def _status_name(status: int) -> str | None:
    name = codes.name_of(codes.PROTOCOL_STATUSES, status)
    if name is None:
        # Only here: a device that never meets CONTROL's own statuses need not load their names.
        from springcore import vocabulary

        name = codes.name_of(vocabulary.CONTROL_STATUSES, status)
    return name


def _row_named(name: str) -> tuple:
    for row in INSTRUCTIONS:
        if row[2] == name:
            return row
    raise UsageError("there is no instruction %s" % name)


def _row_of(cla: int, ins: int) -> tuple | None:
    for row in INSTRUCTIONS:
        if row[0] == cla and row[1] in (ins, None):
            return row
    return None


def _layout_of(name: str, layouts: tuple, values: dict) -> tuple:
    for layout in layouts:
        if {field[0] for field in layout} == set(values):
            return layout
    raise UsageError(
        "%s takes %s; given: %s"
        % (
            name,
            " or ".join(_listed(field[0] for field in layout) for layout in layouts),
            _listed(sorted(values)),
        )
    )


def _listed(names) -> str:
    return ", ".join(names) or "nothing"


def _encode(name: str, field: tuple, value) -> bytes:
    is_number = field[1] <= _U32
    if not (_is_number(field, value) if is_number else _is_bytes(field, value)):
        raise UsageError(
            "%s: %s is %s; allowed: %s" % (name, field[0], _shown(value), _allowed(field))
        )
    return value.to_bytes(field[1], "big") if is_number else bytes(value)


def _is_number(field: tuple, value) -> bool:
    # The exact type: True is an int on one interpreter and none on another.
    return type(value) is int and any(low <= value <= high for low, high in _ranges(field))


def _is_bytes(field: tuple, value) -> bool:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        return False
    _, kind, limit = field
    return len(value) == limit if kind == _BYTES else len(value) >= limit


def _ranges(field: tuple) -> list:
    _, width, limit = field
    if limit is None:
        return [(0, (1 << 8 * width) - 1)]
    return [item if isinstance(item, tuple) else (item, item) for item in limit]


def _allowed(field: tuple) -> str:
    _, kind, limit = field
    if kind == _BYTES:
        return _bytes_in_words(limit)
    if kind > _BYTES:
        return _bytes_in_words(limit) + " or more"
    return ", ".join(
        _shown(low) if low == high else "%s to %s" % (_shown(low), _shown(high))
        for low, high in _ranges(field)
    )


def _shown(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes_in_words(len(value))
    if type(value) is int and value > 9:
        return "%d (0x%X)" % (value, value)
    return repr(value)


def _bytes_in_words(count: int) -> str:
    return "%d byte%s" % (count, "" if count == 1 else "s")


def _explain(name: str | None, layouts: tuple, data: bytes) -> dict:
    values = {}
    offset = 0
    for field_name, kind, limit in _longest_within(len(data), layouts, name):
        end = len(data) if kind > _BYTES else offset + (limit if kind == _BYTES else kind)
        values[field_name] = _decode(kind, data[offset:end])
        offset = end
    if offset < len(data):
        values["data"] = bytes(data[offset:])
    return values


def _longest_within(size: int, layouts: tuple, name: str | None) -> tuple:
    fitting = [layout for layout in layouts if _smallest(layout) <= size]
    if not fitting:
        raise PeerError("%s: data too short: %s" % (name, _bytes_in_words(size)))
    return max(fitting, key=_smallest)


def _smallest(layout: tuple) -> int:
    return sum(kind if kind <= _U32 else limit for _, kind, limit in layout)


def _decode(kind: int, data: bytes) -> int | bytes | str:
    if kind <= _U32:
        return int.from_bytes(data, "big")
    if kind == _TEXT:
        try:
            return bytes(data).decode()
        except UnicodeError:
            pass
    return bytes(data)
