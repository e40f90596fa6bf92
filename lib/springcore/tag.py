"""What a reader saw: the same objects from a READER-class event and from a $SCRDR line.

Sources: protocol.md 4 (events and their TLVs) and 6.2 (the text's fields). What a source does
not tell is None. Interfaces and protocols are codes; one that is not in the tables stays what it
was, a number in an event, its text in a line.
"""

from springcore import codes
from springcore.errors import TagError
from springcore.text import TextMessage


class TagRead:
    """A tag is at the reader: read, or inserted when the reader tracks movements.

    `kind` is "tag_read" or "tag_inserted". `tag_id`, `tag_data` and `tag_details` are bytes: of
    a line, the last two are its characters as they came, and whether they are hex or text is not
    known (`data_is_text` is None). `truncated` says that the message's end was not kept: a tag_id
    that is there is whole, the template's output is left out. `gone` is True when the tag has
    left again already.
    """

    # Of the class, because each attribute that an instance is given takes time at the door.
    kind = "tag_read"
    interface: int | str | None = None
    protocol: int | str | None = None
    template: int | None = None
    tag_id: bytes | None = None
    tag_data: bytes | None = None
    tag_details: bytes | None = None
    data_is_text: bool | None = None
    details_are_text: bool | None = None
    new: bool | None = None
    original: bool | None = None
    rssi: int | None = None
    tag_index: int | None = None
    truncated = False
    gone = False


class TagRemoved:
    """A tag has left: an event names its `tag_index`, a line its `tag_id`."""

    kind = "tag_removed"

    def __init__(self, tag_index=None, tag_id=None):
        self.tag_index = tag_index
        self.tag_id = tag_id


class ReaderState:
    """The Smart Reader starts or stops. `interfaces`: list of (interface, bytes of protocols)."""

    kind = "reader_state"

    def __init__(self, interfaces):
        self.interfaces = interfaces
        self.running = bool(interfaces)


# READER-class events (protocol.md 4)


def from_event(payload: bytes, truncated: bool = False) -> TagRead | TagRemoved | ReaderState:
    """TagRead, TagRemoved or ReaderState from an event's payload, EVT byte first.

    A `truncated` payload is read as far as its TLVs are whole. Raises TagError.
    """
    event = payload[0]
    values = _tlvs(payload, truncated)
    if event == codes.EVT_READER_STATE:
        return ReaderState(_interfaces(values))
    if event == codes.EVT_TAG_READ:
        return _tag_read("tag_read", values, truncated)
    if event == codes.EVT_TAG_MOVE:
        return _tag_moved(values, truncated)
    raise TagError("event %02X: not one of the READER class" % event)


def _tag_moved(values: list, truncated: bool) -> TagRead | TagRemoved:
    info, tag_id = _find(values, codes.TLV_TAG_INFO), _find(values, codes.TLV_TAG_ID)
    if info is not None and tag_id is not None:
        return _tag_read("tag_inserted", values, truncated)
    index = _find(values, codes.TLV_TAG_INDEX)
    if truncated:
        return _tag_read("tag_inserted", values, truncated)
    if info is not None or tag_id is not None or index is None:
        raise TagError("event B1: neither inserted (C1 and C2) nor removed (C0 alone)")
    return TagRemoved(tag_index=_byte(codes.TLV_TAG_INDEX, index))


def _tag_read(kind: str, values: list, truncated: bool) -> TagRead:
    tag = TagRead()
    tag.kind = kind
    tag.truncated = truncated
    tag.tag_id = _find(values, codes.TLV_TAG_ID)
    index = _find(values, codes.TLV_TAG_INDEX)
    if index is not None:
        tag.tag_index = _byte(codes.TLV_TAG_INDEX, index)
    if not truncated:
        tag.tag_data = _find(values, codes.TLV_TAG_DATA)
        tag.tag_details = _find(values, codes.TLV_TAG_DETAILS)
        if tag.tag_id is None:
            raise TagError("event %s: no tag id (C2)" % kind)
    if tag.tag_id == b"":
        raise TagError("event %s: empty tag id (C2)" % kind)
    info = _find(values, codes.TLV_TAG_INFO)
    if info is not None:
        _read_info(tag, info)
    elif not truncated:
        raise TagError("event %s: no tag info (C1)" % kind)
    return tag


def _read_info(tag: TagRead, info: bytes) -> None:
    if len(info) < 4:
        raise TagError("tag info (C1) of %d bytes: must be 4" % len(info))
    flags, tag.interface, tag.protocol, tag.template = info[0], info[1], info[2], info[3]
    tag.new = bool(flags & codes.TAG_NEW)
    tag.original = bool(flags & codes.TAG_ORIGINAL)
    tag.data_is_text = bool(flags & codes.TAG_DATA_IS_TEXT)
    tag.details_are_text = bool(flags & codes.TAG_DETAILS_IS_TEXT)


def _interfaces(values: list) -> list:
    found = []
    for tag, value in values:
        if tag == codes.TLV_INTERFACE_AND_PROTOCOLS:
            if not value:
                raise TagError("interface and protocols (85): empty")
            found.append((value[0], value[1:]))
    return found


def _find(values: list, wanted: int) -> bytes | None:
    found = None
    for tag, value in values:
        if tag == wanted:
            if found is not None:
                # Which of two ids opens the door must not depend on how a list is walked.
                raise TagError("TLV %02X comes twice" % tag)
            found = value
    return found


def _byte(tag: int, value: bytes) -> int:
    if len(value) != 1:
        raise TagError("TLV %02X of %d bytes: must be 1" % (tag, len(value)))
    return value[0]


def _tlvs(payload: bytes, truncated: bool) -> list:
    """List of (tag, bytes). A `truncated` payload ends where its last whole TLV ends."""
    values = []
    place = 1
    while place < len(payload):
        start, length = _tlv_length(payload, place + 1)
        if start == 0 or start + length > len(payload):
            if truncated:
                break
            raise TagError("TLV %02X: goes beyond the event's end" % payload[place])
        values.append((payload[place], bytes(payload[start : start + length])))
        place = start + length
    return values


def _tlv_length(payload: bytes, place: int) -> tuple:
    """(where the value starts, its length); (0, 0) when the length itself is cut off."""
    if place >= len(payload):
        return 0, 0
    first = payload[place]
    place += 1
    if first < 0x80:
        return place, first
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise TagError("TLV length %02X: must be 00 to 7F or 81 to 84" % first)
    if place + count > len(payload):
        return 0, 0
    length = 0
    for byte in payload[place : place + count]:
        length = length << 8 | byte
    return place + count, length


# $SCRDR lines (protocol.md 6)


def from_text(message: TextMessage) -> TagRead | TagRemoved | None:
    """TagRead or TagRemoved from a TextMessage of kind SCRDR; None for the empty hello message.

    Whether the message may be believed (checksum, suspect) is not looked at here.
    Raises TagError.
    """
    if message.kind != b"SCRDR":
        raise TagError("$%s: not a $SCRDR message" % _text(message.kind))
    fields = message.fields
    if not message.truncated:
        if not any(fields):
            return None
        if len(fields) != 8:
            raise TagError("$SCRDR of %d fields: must be 8" % len(fields))
    move = _text(_field(fields, 5) or b"").strip()
    if move not in ("", "I", "R", "IR"):
        raise TagError("$SCRDR move %r: must be empty, I, R or IR" % move)
    # Cut off before its move, a removal would look like a reading: then the id does not count.
    tag_id = _tag_id(fields[4]) if len(fields) > 5 else None
    if move == "R":
        return TagRemoved(tag_id=tag_id)
    return _tag_of_fields(fields, move, tag_id, message.truncated)


def _tag_of_fields(fields: list, move: str, tag_id: bytes | None, truncated: bool) -> TagRead:
    tag = TagRead()
    tag.kind = "tag_inserted" if move else "tag_read"
    tag.gone = move == "IR"
    tag.truncated = truncated
    tag.tag_id = tag_id
    interface, protocol = _field(fields, 0), _field(fields, 1)
    if interface:
        tag.interface = codes.interface_of(_text(interface))
    if protocol:
        tag.protocol = codes.protocol_of(tag.interface or "", _text(protocol))
    tag.template = _hex_byte("template", _field(fields, 2))
    tag.rssi = _hex_byte("rssi", _field(fields, 3))
    if not truncated:
        tag.tag_data = fields[6] or None
        tag.tag_details = fields[7] or None
    return tag


def _field(fields: list, index: int) -> bytes | None:
    """One field; None if the message was cut off before its end."""
    return fields[index] if index < len(fields) else None


def _text(field: bytes) -> str:
    """The field's characters, for tables and messages; one that is no ASCII shows as `?`."""
    return "".join([chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in field])


def _is_hex(digits: str) -> bool:
    return bool(digits) and all(digit in "0123456789ABCDEFabcdef" for digit in digits)


def _hex_byte(name: str, field: bytes | None) -> int | None:
    if not field:
        return None
    digits = _text(field)
    if len(digits) > 2 or not _is_hex(digits):
        raise TagError("$SCRDR %s %r: must be 1 or 2 hex digits" % (name, digits))
    return int(digits, 16)


def _tag_id(field: bytes) -> bytes:
    digits = _text(field)
    if len(digits) % 2 or not _is_hex(digits):
        raise TagError("$SCRDR tag id %r: must be an even number of hex digits" % digits)
    return bytes.fromhex(digits)
