"""The one settings document, checked before anything uses it.

`load` takes the parsed JSON document and gives an object whose every field is known to be good.
The tables at the end say of each field its type, unit, range and default; a field that is not in
them is an error, so a misspelt name never means "the default". What each field is for is in
SETTINGS.md, which is made from these tables. No file is opened here.
"""

from loquet import posture, time_zone
from loquet.errors import SettingsError
from loquet.identity import CREDENTIALS, DATA
from springcore.codes import BITRATES

EVENTS = ("wakeup", "spontaneous", "text")

# On which side of its door a reader is.
ENTRY = "entry"
EXIT = "exit"

# What ends the pulse: its time, or before that the contact.
RELOCKS = ("time", "opening", "closing")

# What request-to-exit does: the door may be opened from inside without an alarm; or it is released.
REX = ("shunt", "unlock")

POSTURES = posture.POSTURES + (posture.SCHEDULE,)

# What dates and schedules do on a clock that nobody has set for long.
FREE_RUNNING = ("refuse", "use")

# A holiday has the hours of its own day, not those of its weekday.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")

# Below this a message of one ordinary card would not fit; above it no Direct frame is longer.
SMALLEST_BUFFER = 64
LARGEST_BUFFER = 65542

# Where readers send $SCRDR to and listen for $SCCMD, unless they are told otherwise (register
# 0285, protocol.md 9.6).
SCRDR_PORT = 4000
EVERY_ADDRESS = "0.0.0.0"

REQUIRED = object()

# Kinds of values, the first item of a kind.
WHOLE = "whole"  # lowest, highest, unit
ONE_OF = "one of"  # choices
READ = "read"  # function that gives the value to use, or REFUSED; what it allows
OPTIONAL = "optional"  # a kind of the above
LIST = "list"  # kind of each item, fewest, most
GROUP = "group"  # table; None, or the function for what concerns more than one field

REFUSED = object()

_DIGITS = "0123456789"
_DAYS_OF_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Group:
    """One JSON object of the document: the fields of its table are its attributes."""

    def __init__(self, fields: dict):
        for name in fields:
            setattr(self, name, fields[name])


def load(document):
    """The Group of DOCUMENT from the parsed JSON `document`. Raises SettingsError."""
    return _group("", document, (GROUP, DOCUMENT, _document_rule))


def allowed(kind: tuple) -> str:
    """What a value of this kind may be, in words."""
    if kind[0] == WHOLE:
        return "a whole number from %d to %d (%s)" % kind[1:]
    if kind[0] == ONE_OF:
        return "one of " + ", ".join(str(choice) for choice in kind[1])
    if kind[0] == OPTIONAL:
        return "null, or " + allowed(kind[1])
    if kind[0] == LIST:
        return _allowed_list(kind[2], kind[3])
    if kind[0] == GROUP:
        return "a JSON object"
    return kind[2]


def _allowed_list(fewest: int, most: int) -> str:
    if fewest == most:
        return "a list of exactly %d" % most
    return "a list of %d to %d" % (fewest, most)


def _check(path: str, value, kind: tuple):
    """The value to use. Raises SettingsError."""
    if kind[0] == OPTIONAL and value is None:
        return None
    bare = kind[1] if kind[0] == OPTIONAL else kind
    if bare[0] == LIST:
        return _list(path, value, bare)
    if bare[0] == GROUP:
        return _group(path, value, bare)
    read = _simple(value, bare)
    if read is REFUSED:
        raise SettingsError(path, value, allowed(kind))
    return read


def _simple(value, kind: tuple):
    """The value to use, or REFUSED."""
    if kind[0] == READ:
        return kind[1](value)
    if kind[0] == ONE_OF:
        fits = value in kind[1] and type(value) is type(kind[1][0])  # 38400.0 equals 38400
    else:
        # JSON's true is an int to Python, and would pass for 1.
        fits = type(value) is int and kind[1] <= value <= kind[2]
    return value if fits else REFUSED


def _list(path: str, value, kind: tuple) -> list:
    if not isinstance(value, list) or not kind[2] <= len(value) <= kind[3]:
        raise SettingsError(path, value, allowed(kind))
    items = [_check("%s[%d]" % (path, index), item, kind[1]) for index, item in enumerate(value)]
    if items and hasattr(items[0], "name"):
        _check_names(path, items)
    return items


def _check_names(path: str, items: list) -> None:
    seen = set()
    for index, item in enumerate(items):
        if item.name in seen:
            raise SettingsError("%s[%d].name" % (path, index), item.name, "a name only once")
        seen.add(item.name)


def _group(path: str, value, kind: tuple) -> Group:
    if not isinstance(value, dict):
        raise SettingsError(path or "document", value, allowed(kind))
    table, rule = kind[1], kind[2]
    prefix = path + "." if path else ""
    names = [row[0] for row in table]
    for name in value:
        if name not in names:
            shown = prefix + name[:40]
            raise SettingsError(shown, value[name], _known_names(name, names))
    group = Group({row[0]: _field(prefix, value, row) for row in table})
    if rule is not None:
        rule(path, value, group)
    return group


def _field(prefix: str, value: dict, row: tuple):
    name, default, kind = row
    given = value.get(name, default)
    if given is REQUIRED:
        raise SettingsError(prefix + name, None, "a value, for there is no default")
    return _check(prefix + name, given, kind)


def _known_names(wrong: str, names: list) -> str:
    known = "only the fields " + ", ".join(names)
    nearest = nearest_name(wrong, names)
    return known if nearest is None else "%s; the nearest is %s" % (known, nearest)


def nearest_name(wrong: str, names: list) -> str | None:
    """Which of `names` is meant by `wrong`; None if none is near."""
    best, fewest = None, None
    for name in names:
        longer = max(len(name), len(wrong))
        if longer > 2 * len(name):
            continue
        edits = _edits(wrong, name)
        if 2 * edits <= longer and (fewest is None or edits < fewest):
            best, fewest = name, edits
    return best


def _edits(one: str, other: str) -> int:
    """How many characters must be changed, added or left out (Levenshtein)."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row = row, [place]
        for column, wanted in enumerate(other, 1):
            change = above[column - 1] + (letter != wanted)
            row.append(min(change, above[column] + 1, row[-1] + 1))
    return row[-1]


# What READ uses: each takes the value and gives what to use, or REFUSED.


def _flag(value):
    return value if isinstance(value, bool) else REFUSED


def _name(value):
    return value if isinstance(value, str) and 1 <= len(value) <= 32 else REFUSED


def _minute(value):
    """Minute of the day, 0 to 1440."""
    hour_and_minute = _numbers(value, ":", (2, 2))
    if hour_and_minute is None or hour_and_minute[1] > 59:
        return REFUSED
    minute = 60 * hour_and_minute[0] + hour_and_minute[1]
    return minute if minute <= 24 * 60 else REFUSED


def _date(value):
    """(year, month, day)"""
    date = _numbers(value, "-", (4, 2, 2))
    if date is None or not 2000 <= date[0] <= 2099 or not 1 <= date[1] <= 12:
        return REFUSED
    leap_day = 1 if date[1] == 2 and date[0] % 4 == 0 else 0
    return date if 1 <= date[2] <= _DAYS_OF_MONTHS[date[1] - 1] + leap_day else REFUSED


def _numbers(value, separator: str, widths: tuple):
    """The numbers between separators, each of so many digits; None if they are not there."""
    parts = value.split(separator) if isinstance(value, str) else []
    if [len(part) for part in parts] != list(widths):
        return None
    if not all(digit in _DIGITS for part in parts for digit in part):
        return None
    return tuple(int(part) for part in parts)


def _address(value):
    """The IPv4 address of one device, not of many, and written in one way only."""
    parts = value.split(".") if isinstance(value, str) else []
    plain = len(parts) == 4 and all(_is_byte(part) for part in parts)
    return value if plain and 1 <= int(parts[0]) <= 223 else REFUSED


def _own_address(value):
    return value if value == EVERY_ADDRESS else _address(value)


def _is_byte(part: str) -> bool:
    # What is compared with this is a text too: 010 is not 10.
    digits = 1 <= len(part) <= 3 and all(digit in _DIGITS for digit in part)
    return digits and int(part) <= 255 and str(int(part)) == part


def _zone(value):
    try:
        time_zone.parse(value)
    except ValueError:
        return REFUSED
    return value


# What concerns more than one field: each takes the path, the value, and the Group made of it.


def _reader_rule(path: str, value, reader) -> None:
    if reader.udp is not None:
        for name in SERIAL_FIELDS:
            if name in value:
                # What is not looked at must not look as if it were.
                raise SettingsError(
                    "%s.%s" % (path, name), value[name], "nothing, for with udp it is left out"
                )
    if reader.half_duplex and reader.events == "spontaneous":
        # Two senders on one pair: what the reader says unasked would collide with our frames.
        raise SettingsError(path + ".events", reader.events, "wakeup or text with half_duplex")
    if (reader.credential == DATA) != (reader.template is not None):
        allowed_here = "a number with the credential data, null with uid"
        raise SettingsError(path + ".template", reader.template, allowed_here)


def _door_rule(path: str, value, door) -> None:
    if door.relock != "time" and not door.contact:
        raise SettingsError(path + ".relock", door.relock, "time where no contact is")
    if door.pre_alarm_s >= door.held_open_s:
        raise SettingsError(path + ".pre_alarm_s", door.pre_alarm_s, "less than held_open_s")
    scheduled = door.posture == posture.SCHEDULE
    if scheduled != (door.unlock_schedule is not None):
        allowed_here = "a name with the posture schedule, null with another"
        raise SettingsError(path + ".unlock_schedule", door.unlock_schedule, allowed_here)
    if door.first_card and not scheduled:
        raise SettingsError(path + ".first_card", True, "false without the posture schedule")


def _hours_rule(path: str, value, hours) -> None:
    if hours.begin == hours.end or hours.begin == 24 * 60:
        raise SettingsError(path, value, "a begin before 24:00 that is not the end")


def _holiday_rule(path: str, value, holiday) -> None:
    first, last = holiday.first, holiday.last
    if last is None:
        return
    if last < first:
        raise SettingsError(path + ".last", value["last"], "the first day or a later one")
    if holiday.yearly and last >= (first[0] + 1,) + first[1:]:
        raise SettingsError(path + ".last", value["last"], "less than a year after a yearly first")


def _document_rule(path: str, value, document) -> None:
    """Whoever is named has to be there."""
    doors = [door.name for door in document.doors]
    schedules = [schedule.name for schedule in document.schedules]
    for place, reader in enumerate(document.readers):
        _named("readers[%d].door" % place, reader.door, doors)
    for place, door in enumerate(document.doors):
        prefix = "doors[%d]." % place
        _named(prefix + "unlock_schedule", door.unlock_schedule, schedules)
        for row, access in enumerate(door.access or ()):
            _named(prefix + "access[%d].schedule" % row, access.schedule, schedules)
    _check_peers(document.readers)


def _check_peers(readers) -> None:
    """A datagram must have come from one reader, and from no other."""
    seen: list = []
    for place, reader in enumerate(readers):
        peer = reader.udp
        if peer is None:
            continue
        for other in seen:
            apart = peer.check_port and other.check_port and peer.port != other.port
            if peer.address == other.address and not apart:
                path = "readers[%d].udp.address" % place
                told = "an address only once, or with check_port and another port each time"
                raise SettingsError(path, peer.address, told)
        seen.append(peer)


def _named(path: str, name, names: list) -> None:
    if name is not None and name not in names:
        shown = "one of " + ", ".join(names) if names else "null, for there is none"
        raise SettingsError(path, name, shown)


# The document. A table's row: field, default, kind.

FLAG = (READ, _flag, "true or false")
NAME = (READ, _name, "a name of 1 to 32 characters")
MINUTE = (READ, _minute, "a time of the day, as in 08:30, up to 24:00")
DATE = (READ, _date, "a day of 2000 to 2099, as in 2026-12-24")

ADDRESS = (READ, _address, "the IPv4 address of one device, as in 192.168.1.50")
OWN_ADDRESS = (READ, _own_address, "an IPv4 address of this panel, or 0.0.0.0 for all of them")
PORT = (WHOLE, 1, 65535, "number of the port")

# Where one networked reader is.
PEER = (
    ("address", REQUIRED, ADDRESS),
    ("port", SCRDR_PORT, PORT),
    ("check_port", False, FLAG),
)

UDP = (
    ("address", EVERY_ADDRESS, OWN_ADDRESS),
    ("port", SCRDR_PORT, PORT),
)

# Of a reader on a serial line, and of no other.
SERIAL_FIELDS = (
    "events",
    "bitrate",
    "half_duplex",
    "echo",
    "auto_sequences",
    "serial_number",
    "buffer_bytes",
)

READER = (
    ("name", REQUIRED, NAME),
    ("events", "wakeup", (ONE_OF, EVENTS)),
    ("bitrate", 38400, (ONE_OF, BITRATES)),
    ("half_duplex", False, FLAG),
    ("echo", False, FLAG),
    ("auto_sequences", False, FLAG),
    ("serial_number", None, (OPTIONAL, (READ, _name, "1 to 32 characters, as the reader has it"))),
    ("stale_ms", 2000, (WHOLE, 100, 10000, "ms")),
    # The longest message kept whole: 1 KiB of payload and a Direct frame's 7 bytes.
    ("buffer_bytes", 1031, (WHOLE, SMALLEST_BUFFER, LARGEST_BUFFER, "bytes")),
    ("credential", "uid", (ONE_OF, CREDENTIALS)),
    ("template", None, (OPTIONAL, (WHOLE, 0, 255, "number of the template"))),
    ("door", None, (OPTIONAL, NAME)),
    ("direction", ENTRY, (ONE_OF, (ENTRY, EXIT))),
    ("udp", None, (OPTIONAL, (GROUP, PEER, None))),
)

ACCESS = (
    ("group", REQUIRED, (WHOLE, 0, 31, "number of the group")),
    ("schedule", None, (OPTIONAL, NAME)),
)

DOOR = (
    ("name", REQUIRED, NAME),
    ("pulse_ms", 3000, (WHOLE, 100, 60000, "ms")),
    ("extended_pulse_ms", 10000, (WHOLE, 100, 120000, "ms")),
    ("relock", "time", (ONE_OF, RELOCKS)),
    ("contact", False, FLAG),
    # Contacts and buttons bounce for 5 to 20 ms; nobody sees the door 50 ms late.
    ("contact_settle_ms", 50, (WHOLE, 0, 1000, "ms")),
    ("rex", "shunt", (ONE_OF, REX)),
    ("rex_settle_ms", 50, (WHOLE, 0, 1000, "ms")),
    ("held_open_s", 30, (WHOLE, 5, 3600, "s")),
    ("pre_alarm_s", 10, (WHOLE, 0, 3600, "s")),
    ("posture", posture.NORMAL, (ONE_OF, POSTURES)),
    ("unlock_schedule", None, (OPTIONAL, NAME)),
    ("first_card", False, FLAG),
    ("access", None, (OPTIONAL, (LIST, (GROUP, ACCESS, None), 1, 32))),
    ("anti_passback_s", 0, (WHOLE, 0, 86400, "s")),
)

HOURS = (
    ("days", REQUIRED, (LIST, (ONE_OF, DAYS), 1, len(DAYS))),
    ("begin", "00:00", MINUTE),
    ("end", "24:00", MINUTE),
)

SCHEDULE = (
    ("name", REQUIRED, NAME),
    ("weekly", REQUIRED, (LIST, (GROUP, HOURS, _hours_rule), 1, 32)),
)

HOLIDAY = (
    ("first", REQUIRED, DATE),
    ("last", None, (OPTIONAL, DATE)),
    ("yearly", False, FLAG),
)

CLOCK = (
    ("free_running", "refuse", (ONE_OF, FREE_RUNNING)),
    ("synchronised_h", 168, (WHOLE, 1, 8760, "h")),
    ("step_limit_s", 60, (WHOLE, 1, 86400, "s")),
)

LIMITS = (
    ("capacity_cards", 20000, (WHOLE, 100, 100000, "cards")),
    ("capacity_events", 10000, (WHOLE, 256, 100000, "events")),
    ("flush_age_s", 30, (WHOLE, 1, 3600, "s")),
    ("flush_count", 8, (WHOLE, 1, 128, "events")),
)

DOCUMENT: tuple = (
    ("readers", REQUIRED, (LIST, (GROUP, READER, _reader_rule), 1, 8)),
    ("doors", REQUIRED, (LIST, (GROUP, DOOR, _door_rule), 1, 4)),
    ("repeat_ms", 4000, (WHOLE, 0, 60000, "ms")),
    ("fire_input", False, FLAG),
    ("udp", {}, (GROUP, UDP, None)),
    ("limits", {}, (GROUP, LIMITS, None)),
    ("clock", {}, (GROUP, CLOCK, None)),
    ("time_zone", "UTC0", (READ, _zone, "a POSIX time zone, as in CET-1CEST,M3.5.0,M10.5.0/3")),
    ("schedules", [], (LIST, (GROUP, SCHEDULE, None), 0, 32)),
    ("holidays", [], (LIST, (GROUP, HOLIDAY, _holiday_rule), 0, 64)),
)
