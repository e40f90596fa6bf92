"""A tag or a starting reader as records, the same from an event and from a line."""

from __future__ import annotations

from typing import Any

from springcore import codes
from springcore.tag import ReaderState, TagRead, TagRemoved

Record = dict[str, Any]

# What is told of a tag only if its source says it
_OPTIONAL = ("tag_index", "new", "original", "rssi")


def tag_meaning(seen: TagRead | TagRemoved) -> Record:
    """The record of a tag: numbers the tables know by name, bytes as hex text."""
    if isinstance(seen, TagRemoved):
        return _known(type=seen.kind, tag_index=seen.tag_index, tag_id=_hex(seen.tag_id))
    meaning = {
        "type": seen.kind,
        "interface": interface_name(seen.interface),
        "protocol": protocol_name(seen.interface, seen.protocol),
        "template": seen.template,
        "tag_id": _hex(seen.tag_id),
        **_known(**{name: getattr(seen, name) for name in _OPTIONAL}),
        **_output("tag_data", seen.tag_data, seen.data_is_text),
        **_output("tag_details", seen.tag_details, seen.details_are_text),
    }
    if seen.gone:
        meaning["gone"] = True
    return meaning


def interfaces_of(state: ReaderState) -> list[Record]:
    """The interfaces that a starting reader names, with the protocols enabled on each."""
    return [
        {
            "interface": interface_name(interface),
            "protocols": [protocol_name(interface, protocol) for protocol in protocols],
        }
        for interface, protocols in state.interfaces
    ]


def interface_name(code: int | str | None) -> str | None:
    """ "13.56"; an unknown number as hex text, an unknown text as it is."""
    return _name(codes.INTERFACES, code)


def protocol_name(interface: int | str | None, code: int | str | None) -> str | None:
    """ "NFC-A"; an unknown number as hex text, an unknown text as it is."""
    table = () if interface is None else codes.protocols_of(interface)
    return _name(table, code)


def _name(table: tuple, code: int | str | None) -> str | None:
    if code is None or isinstance(code, str):
        return code
    return codes.name_of(table, code) or f"{code:02X}"


def _output(name: str, value: bytes | None, is_text: bool | None) -> Record:
    """What a template gave out, as hex text, and as text if it is text.

    A line does not say whether it carries hex or text: an even number of hex digits counts as hex,
    which is what the event of the same tag would hold.
    """
    if value is None:
        return {}
    if is_text is None:
        try:
            return {name: bytes.fromhex(value.decode("ascii")).hex().upper()}
        except ValueError:
            is_text = True
    meaning = {name: _hex(value)}
    if is_text:
        try:
            meaning[name + "_text"] = value.decode()
        except UnicodeDecodeError:
            pass
    return meaning


def _known(**values: Any) -> Record:
    return {name: value for name, value in values.items() if value is not None}


def _hex(octets: bytes | None) -> str | None:
    return None if octets is None else octets.hex().upper()
