"""Lines as records: $SCRDR with the names of its fields, $SCCMD with what it asks for."""

from __future__ import annotations

from typing import Any

from loquet_tools.explain_tag import tag_meaning
from springcore import tag, vocabulary
from springcore.errors import TextError
from springcore.text import SCRDR_FIELDS, TextMessage

Record = dict[str, Any]

# Field of $SCCMD -> its length in hex digits, its name, the instruction and field it stands for
_COMMANDS = {
    "SEQ": (2, "sequence", "PLAY_SEQUENCE", "number"),
    "LEDS": (8, "leds", "SET_LEDS", "leds"),
    "BUZZ": (4, "buzzer_ms", "SET_BUZZER", "on_ms"),
}
_HEX_DIGITS = set("0123456789ABCDEFabcdef")


def record(message: TextMessage) -> Record:
    """What the line is, without its meaning."""
    return {
        "offset": message.offset,
        "kind": "text",
        "message": "$" + _text(message.kind),
        "fields": _fields(message),
        "checksum": message.checksum,
        "rule": message.rule,
    }


def meaning(message: TextMessage) -> Record:
    """What the line says. Raises PeerError if it is no well-formed line of its kind."""
    if message.kind == b"SCRDR":
        seen = tag.from_text(message)
        return {"type": "empty"} if seen is None else tag_meaning(seen)
    if message.kind == b"SCCMD":
        return _command_meaning(_fields(message))
    return {"type": "unknown"}


def _fields(message: TextMessage) -> dict[str, str]:
    """The fields by their names; those that have none by their number, from 1."""
    texts = [_text(field) for field in message.fields]
    if message.kind == b"SCRDR":
        return {_scrdr_name(index): text for index, text in enumerate(texts)}
    if message.kind == b"SCCMD":
        pairs = (text.partition("=") for text in texts)
        return {name: value for name, _, value in pairs}
    return {str(index): text for index, text in enumerate(texts, 1)}


def _scrdr_name(index: int) -> str:
    return SCRDR_FIELDS[index] if index < len(SCRDR_FIELDS) else str(index + 1)


def _command_meaning(fields: dict[str, str]) -> Record:
    values: Record = {}
    names: Record = {}
    for field, digits in fields.items():
        name, value, words = _command_value(field, digits)
        values[name] = value
        if words is not None:
            names[name] = words
    return {"type": "text_command", "values": values, "names": names}


def _command_value(field: str, digits: str) -> tuple[str, int | str, str | None]:
    """Name, value and words of one field of $SCCMD."""
    if field not in _COMMANDS:
        raise TextError(f"$SCCMD field {field!r}: must be {', '.join(_COMMANDS)}")
    length, name, instruction, meant = _COMMANDS[field]
    if len(digits) != length or not _HEX_DIGITS.issuperset(digits):
        raise TextError(f"$SCCMD {field} {digits!r}: must be {length} hex digits")
    octets = bytes.fromhex(digits)
    number = int.from_bytes(octets, "big")
    words = vocabulary.value_name(instruction, meant, octets if field == "LEDS" else number)
    return name, digits.upper() if field == "LEDS" else number, words


def _text(field: bytes) -> str:
    return field.decode("utf-8", "backslashreplace")
