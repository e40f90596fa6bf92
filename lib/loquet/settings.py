"""The one settings document, checked before anything uses it.

`load` takes the parsed JSON document and gives a Settings whose every field is known to be good.
A field that is not in the tables at the end is an error, so a misspelt name never means "the
default". No file is opened here.
"""

from loquet.errors import SettingsError
from springcore.codes import BITRATES

EVENTS = ("wakeup", "spontaneous", "text")

# Ids of the cards we know have 4, 7 or 10 bytes; other technologies have shorter ones.
LONGEST_CARD_ID = 10

# Below this a message of one ordinary card would not fit; above it no Direct frame is longer.
SMALLEST_BUFFER = 64
LARGEST_BUFFER = 65542

REQUIRED = object()


class Settings:
    """`readers` and `doors`: lists. `repeat_ms`: int. `cards`: frozenset of card ids (bytes)."""

    def __init__(self, fields: dict):
        self.readers = fields["readers"]
        self.doors = fields["doors"]
        self.repeat_ms = fields["repeat_ms"]
        self.cards = fields["cards"]


class ReaderSettings:
    """How one reader is wired and how it reports its events."""

    def __init__(self, fields: dict):
        self.name = fields["name"]
        self.events = fields["events"]
        self.bitrate = fields["bitrate"]
        self.half_duplex = fields["half_duplex"]
        self.echo = fields["echo"]
        self.auto_sequences = fields["auto_sequences"]
        self.serial_number = fields["serial_number"]
        self.stale_ms = fields["stale_ms"]
        self.buffer_bytes = fields["buffer_bytes"]


class DoorSettings:
    """One door: how long its relay stays energised after a grant."""

    def __init__(self, fields: dict):
        self.name = fields["name"]
        self.pulse_ms = fields["pulse_ms"]


def load(document) -> Settings:
    """Settings from the parsed JSON `document`. Raises SettingsError."""
    return Settings(_fields("", document, DOCUMENT))


# Checks: each takes (path, value) and gives the value to use, or raises SettingsError.


def _whole(lowest: int, highest: int, unit: str):
    allowed = "a whole number from %d to %d (%s)" % (lowest, highest, unit)

    def check(path, value):
        # JSON's true is an int to Python, and would pass for 1.
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(path, value, allowed)
        if not lowest <= value <= highest:
            raise SettingsError(path, value, allowed)
        return value

    return check


def _one_of(choices):
    allowed = "one of " + ", ".join(str(choice) for choice in choices)

    def check(path, value):
        # 38400.0 equals 38400: the type counts too.
        if not isinstance(value, type(choices[0])) or value not in choices:
            raise SettingsError(path, value, allowed)
        return value

    return check


def _flag(path, value):
    if not isinstance(value, bool):
        raise SettingsError(path, value, "true or false")
    return value


def _name(path, value):
    if not isinstance(value, str) or not 1 <= len(value) <= 32:
        raise SettingsError(path, value, "a name of 1 to 32 characters")
    return value


def _serial_number(path, value):
    if value is not None and (not isinstance(value, str) or not 1 <= len(value) <= 32):
        raise SettingsError(path, value, "null, or the reader's serial number as it states it")
    return value


def _card(path, value):
    if not isinstance(value, str) or not _is_hex(value) or len(value) > 2 * LONGEST_CARD_ID:
        raise SettingsError(
            path, value, "the hex digits of 1 to %d bytes, as in 04A1B2C3D4E580" % LONGEST_CARD_ID
        )
    return bytes.fromhex(value)


def _is_hex(text: str) -> bool:
    # bytes.fromhex passes over white space, and what it passes over differs by interpreter.
    return bool(text) and len(text) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in text)


def _cards(path, value):
    return frozenset(_each(path, value, _card))


def _readers(path, value):
    readers = _each(path, value, _reader)
    if not readers:
        raise SettingsError(path, value, "a list of at least one reader")
    seen = set()
    for index, reader in enumerate(readers):
        if reader.name in seen:
            raise SettingsError(
                "%s[%d].name" % (path, index), reader.name, "a name that no other reader has"
            )
        seen.add(reader.name)
    return readers


def _reader(path, value):
    reader = ReaderSettings(_fields(path, value, READER))
    if reader.half_duplex and reader.events == "spontaneous":
        # Two senders on one pair: what the reader says unasked would collide with our frames.
        raise SettingsError(path + ".events", reader.events, "wakeup or text with half_duplex")
    return reader


def _doors(path, value):
    doors = _each(path, value, _door)
    if len(doors) != 1:
        raise SettingsError(path, value, "a list of exactly one door")
    return doors


def _door(path, value):
    return DoorSettings(_fields(path, value, DOOR))


def _each(path, value, check) -> list:
    if not isinstance(value, list):
        raise SettingsError(path, value, "a list")
    return [check("%s[%d]" % (path, index), item) for index, item in enumerate(value)]


def _fields(path: str, value, table) -> dict:
    """Every field of `table` from the JSON object `value`, checked, defaults filled in."""
    if not isinstance(value, dict):
        raise SettingsError(path or "document", value, "a JSON object")
    prefix = path + "." if path else ""
    names = [row[0] for row in table]
    for name in value:
        if name not in names:
            allowed = "only the fields " + ", ".join(names)
            raise SettingsError(prefix + name, value[name], allowed)
    return {
        name: _field(prefix + name, value.get(name, default), check)
        for name, default, check in table
    }


def _field(path: str, value, check):
    if value is REQUIRED:
        raise SettingsError(path, None, "a value, for there is no default")
    return check(path, value)


# The document: (field, default, check).

READER = (
    ("name", REQUIRED, _name),
    ("events", "wakeup", _one_of(EVENTS)),
    ("bitrate", 38400, _one_of(BITRATES)),
    ("half_duplex", False, _flag),
    ("echo", False, _flag),
    ("auto_sequences", False, _flag),
    ("serial_number", None, _serial_number),
    # How old a /WAKEUP assertion may be for its event to decide.
    ("stale_ms", 2000, _whole(100, 10000, "ms")),
    # The longest message kept whole: 1 KiB of data after the code of its event, in a frame.
    ("buffer_bytes", 1031, _whole(SMALLEST_BUFFER, LARGEST_BUFFER, "bytes")),
)

DOOR = (
    ("name", REQUIRED, _name),
    ("pulse_ms", 3000, _whole(100, 60000, "ms")),
)

DOCUMENT: tuple = (
    ("readers", REQUIRED, _readers),
    ("doors", REQUIRED, _doors),
    # How long a card must be away to count as presented again.
    ("repeat_ms", 4000, _whole(0, 60000, "ms")),
    ("cards", [], _cards),
)
