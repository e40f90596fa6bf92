"""A card as JSON, in a file of a folder or in a line of the control socket: FIELDS is all of it.

ValueError for what is wrong: where it is, what stands there, what is allowed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.cards import Card

LONGEST_UID = 32
LONGEST_DATA = 4096
HEX = re.compile(r"([0-9A-Fa-f]{2})*", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
ALLOWED_NAME = "NAME.json; NAME of 1 to 40 letters, digits, dots, dashes and underscores"
SUFFIX = ".json"


class _Refused(Exception):
    """The value is not one that the field takes."""


@dataclass(frozen=True)
class Field:
    """`meaning(value, card so far)` gives what it sets of a Card."""

    meaning: Callable[[Any, Mapping[str, Any]], dict[str, Any]]
    allowed: str
    about: str


def _bytes(value: Any, longest: int) -> bytes:
    if not isinstance(value, str) or not HEX.fullmatch(value) or len(value) > 2 * longest:
        raise _Refused
    return bytes.fromhex(value)


def _uid(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    uid = _bytes(value, LONGEST_UID)
    if not uid:
        raise _Refused
    return {"uid": uid}


def _code(value: Any, names: Mapping[int, str]) -> int:
    """A name of the protocol's, or two hex digits."""
    for code, name in names.items():
        if value == name:
            return code
    digits = _bytes(value, 1)
    if not digits:
        raise _Refused
    return digits[0]


def _interface(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    return {"interface": _code(value, tables.INTERFACE_NAMES)}


def _protocol(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    interface = card.get("interface", Card.interface)
    names = {key[1]: name for key, name in tables.PROTOCOL_NAMES.items() if key[0] == interface}
    return {"protocol": _code(value, names)}


def _raw(name: str) -> Callable[[Any, Mapping[str, Any]], dict[str, Any]]:
    return lambda value, card: {name: _bytes(value, LONGEST_DATA)}


def _text(name: str) -> Callable[[Any, Mapping[str, Any]], dict[str, Any]]:
    def meaning(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(value, str) or len(value) > LONGEST_DATA or name in card:
            raise _Refused
        return {name: value.encode("utf-8", "replace"), f"{name}_is_text": True}

    return meaning


def _original(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise _Refused
    return {"original": value}


def _rssi(value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    if type(value) is not int or not 0 <= value <= 255:
        raise _Refused
    return {"rssi": value}


ANY_HEX = f"hex digits, two a byte, at most {LONGEST_DATA} bytes"
INTERFACES = ", ".join(tables.INTERFACE_NAMES.values())

# In this order they are looked at, whatever order they stand in
FIELDS = {
    "uid": Field(
        _uid,
        f"the hex digits of 1 to {LONGEST_UID} bytes",
        "TagId; the only one that must be there",
    ),
    "interface": Field(
        _interface, f"{INTERFACES}, or two hex digits", "which antenna reads it; 13.56 if not said"
    ),
    "protocol": Field(
        _protocol,
        "a name of the interface's, as NFC-A, NFC-V, UHF-EPC, iBeacon, or two hex digits",
        "NFC-A (01) if not said",
    ),
    "data": Field(_raw("data"), ANY_HEX, "what a template reads from it (TagData)"),
    "data_text": Field(
        _text("data"), f"text of at most {LONGEST_DATA} characters, and no `data`", "the same, text"
    ),
    "details": Field(_raw("details"), ANY_HEX, "TagDetails"),
    "details_text": Field(
        _text("details"),
        f"text of at most {LONGEST_DATA} characters, and no `details`",
        "the same, text",
    ),
    "original": Field(_original, "true or false", "verified as genuine"),
    "rssi": Field(_rssi, "a number from 0 to 255", "signal strength, for `$SCRDR`"),
    "protocol_bytes": Field(
        _raw("protocol_bytes"), ANY_HEX, "what a template with all protocol bytes reads"
    ),
}


def card_of(described: Any) -> Card:
    """The card that a JSON object describes."""
    if not isinstance(described, dict):
        raise ValueError(f"{shown(described)} is no card; allowed: an object with uid")
    for name in described:
        if name not in FIELDS:
            raise ValueError(f"no field {name!r} of a card; allowed: {', '.join(FIELDS)}")
    if "uid" not in described:
        raise ValueError("a card without uid; allowed: every card has one")
    card: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if name in described:
            card |= _meaning(name, field, described[name], card)
    return Card(**card)


def _meaning(name: str, field: Field, value: Any, card: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return field.meaning(value, card)
    except _Refused:
        raise ValueError(f"{name} is {shown(value)}; allowed: {field.allowed}") from None


def shown(value: Any) -> str:
    """A value as JSON writes it, not for ever."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"


def read_folder(folder: Path) -> dict[str, Card]:
    """Every card of a folder by its name, in order of the names. Hidden files are passed over."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise ValueError(
            f"{folder}: {error.strerror}; allowed: a folder with a file for each card"
        ) from None
    return {path.stem: _read(path) for path in paths}


def _read(path: Path) -> Card:
    if path.suffix != SUFFIX or not NAME.fullmatch(path.stem):
        raise ValueError(f"{path}; allowed: {ALLOWED_NAME}")
    try:
        return card_of(json.loads(path.read_text("utf-8")))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{path}, {place}: {error.msg}; allowed: one JSON object") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8; allowed: one JSON object in UTF-8") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; allowed: a file that can be read") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
