"""What the reader says about cards and itself: TLV payloads, $SCRDR and MK1 lines.

protocol.md 4 and 6. What the templates made of a card (templates.py) is written down here.
"""

from __future__ import annotations

from collections.abc import Sequence

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.framing import text_line
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.templates import Reading


def tlv(tag: int, value: bytes) -> bytes:
    """One T, L, V; long lengths as BER writes them (4.2)."""
    length = len(value)
    if length < 0x80:
        return bytes((tag, length)) + value
    coded = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(coded))) + coded + value


def reader_started(interfaces: Sequence[tuple[int, Sequence[int]]]) -> bytes:
    """Event 8B with the interfaces and protocols that are on."""
    return bytes((tables.EVT_READER_STATE,)) + b"".join(
        tlv(tables.TLV_INTERFACE_AND_PROTOCOLS, bytes((interface, *protocols)))
        for interface, protocols in interfaces
    )


def reader_stopped() -> bytes:
    """Event 8B with nothing behind it."""
    return bytes((tables.EVT_READER_STATE,))


def tag_read(reading: Reading, new: bool) -> bytes:
    """Event B0."""
    return bytes((tables.EVT_TAG_READ,)) + _tag(reading, new)


def tag_inserted(reading: Reading, index: int) -> bytes:
    """Event B1 with what has been read."""
    body = tlv(tables.TLV_TAG_INDEX, bytes((index,))) + _tag(reading, True)
    return bytes((tables.EVT_TAG_MOVED,)) + body


def tag_removed(index: int) -> bytes:
    """Event B1 with the index alone."""
    return bytes((tables.EVT_TAG_MOVED,)) + tlv(tables.TLV_TAG_INDEX, bytes((index,)))


def _tag(reading: Reading, new: bool) -> bytes:
    card = reading.card
    info = bytes((_flags(reading, new), card.interface, card.protocol, reading.template))
    body = tlv(tables.TLV_TAG_INFO, info) + tlv(tables.TLV_TAG_ID, card.uid)
    if reading.data is not None:
        body += tlv(tables.TLV_TAG_DATA, reading.data)
    if card.details is not None:
        body += tlv(tables.TLV_TAG_DETAILS, card.details)
    return body


def _flags(reading: Reading, new: bool) -> int:
    card = reading.card
    flags = tables.FLAG_NEW if new else 0
    flags |= tables.FLAG_ORIGINAL if card.original else 0
    flags |= tables.FLAG_DATA_IS_TEXT if reading.data_is_text else 0
    return flags | (tables.FLAG_DETAILS_IS_TEXT if card.details_is_text else 0)


def scrdr(reading: Reading, move: str, options: Options) -> bytes:
    """A $SCRDR line (6). `move`: "", "I", "R" or "IR"."""
    card = reading.card
    space = " " if move and options.move_trailing_space else ""
    fields = (
        "SCRDR",
        _interface_text(card, options),
        _protocol_text(card, options),
        f"{reading.template:0{options.scrdr_template_digits}X}",
        "" if card.rssi is None else f"{card.rssi:02X}",
        card.uid.hex().upper(),
        move + space,
        _text(reading.data, reading.data_is_text),
        _text(card.details, card.details_is_text),
    )
    return text_line(";".join(fields), options.scrdr_checksum)


def scrdr_hello(options: Options) -> bytes:
    """A $SCRDR line with every field empty (6.4)."""
    return text_line("SCRDR;;;;;;;;", options.scrdr_checksum)


def _interface_text(card: Card, options: Options) -> str:
    code = f"{card.interface:02X}"
    return tables.INTERFACE_NAMES.get(card.interface, code) if options.scrdr_names else code


def _protocol_text(card: Card, options: Options) -> str:
    code = f"{card.protocol:02X}"
    if not options.scrdr_names:
        return code
    return tables.PROTOCOL_NAMES.get((card.interface, card.protocol), code)


def _text(data: bytes | None, is_text: bool) -> str:
    if data is None:
        return ""
    return data.decode("utf-8", "replace") if is_text else data.hex().upper()


def mk1_banner(name: str) -> bytes:
    """The line at startup (6.6)."""
    return f"# {name}/RDR\r\n".encode("ascii")


def mk1(reading: Reading) -> bytes:
    """The line of a card (6.6): prefix, then the template's output or else the uid."""
    if reading.data is None:
        identifier = reading.card.uid.hex().upper()
    else:
        identifier = _text(reading.data, reading.data_is_text)
    return f"+{reading.prefix}{identifier}\r\n".encode()
