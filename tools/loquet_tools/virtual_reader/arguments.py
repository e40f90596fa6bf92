"""Values of `loquet virtual-reader`'s command line, checked before anything is opened.

Of its own: loquet_tools.arguments knows the panel, and this package must not. ArgumentError
names the value and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from loquet_tools.errors import ArgumentError
from loquet_tools.virtual_reader import card_files, knobs
from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.registers import (
    OUTPUT_MK1,
    OUTPUT_SCRDR,
    OUTPUT_TLV,
    READ_RANGE,
    TEXT_PORT,
)
from loquet_tools.virtual_reader.udp import EVERY_ADDRESS

OUTPUTS = {"tlv": OUTPUT_TLV, "scrdr": OUTPUT_SCRDR, "mk1": OUTPUT_MK1}
SWITCH = {"true": True, "false": False}
# Of a status that may be silence instead.
NO_ANSWER = "none"
MAY_BE_SILENT = ("empty_poll_status",)
HERE = re.compile(r"(localhost|127(?:\.[0-9]{1,3}){3}):([0-9]{1,5})", re.ASCII)


def output(text: str) -> int:
    """What the reader says of cards on Serial."""
    if text not in OUTPUTS:
        raise ArgumentError(f"--output is {text!r}; allowed: one of {', '.join(OUTPUTS)}")
    return OUTPUTS[text]


def port(name: str, text: str) -> int:
    """A port to serve; 0 = any free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or int(text) > 65535:
        raise ArgumentError(f"{name} is {text!r}; allowed: a port from 0 (any free one) to 65535")
    return int(text)


def udp_peer(text: str) -> tuple[str, int]:
    """Who gets the $SCRDR messages."""
    found = re.fullmatch(r"([A-Za-z0-9.-]{1,48})(?::([0-9]{1,5}))?", text, re.ASCII)
    number = TEXT_PORT[1] if not found or found[2] is None else int(found[2])
    if not found or not 0 < number < 65536:
        raise ArgumentError(
            f"--udp is {text!r}; allowed: HOST or HOST:PORT, an IPv4 address or name of at most "
            f"48 characters and a port from 1 to 65535 (if it is not said: {TEXT_PORT[1]})"
        )
    return found[1], number


def udp_options(text: str | None) -> int:
    """Whom the reader obeys: the value of register 0295."""
    if text is None:
        return 0
    if text not in ("0", "1", "2", "3"):
        raise ArgumentError(
            f"--udp-options is {text!r}; allowed: 0 everybody, 1 the address of --udp, "
            "2 its port, 3 both"
        )
    return int(text)


def bind_address(text: str | None) -> str:
    """The reader's own address."""
    if text is None:
        return EVERY_ADDRESS
    found = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", text, re.ASCII)
    if not found or any(int(part) > 255 for part in text.split(".")):
        raise ArgumentError(
            f"--bind is {text!r}; allowed: an IPv4 address of this machine, as in 127.0.0.2"
        )
    return text


def control_address(text: str) -> Path | tuple[str, int]:
    """Where scripts may connect: HOST:PORT of this machine, else a path."""
    found = HERE.fullmatch(text)
    if found and int(found[2]) < 65536:
        return found[1], int(found[2])
    # Who is heard there can do everything, and a path has owners.
    if not text or re.fullmatch(r"[^/]*:[0-9]*", text):
        raise ArgumentError(
            f"--control is {text!r}; allowed: PATH of a socket to make, or HOST:PORT with a HOST "
            "of this machine, as in 127.0.0.1:7000"
        )
    return Path(text)


def folder_of_cards(folder: Path | None) -> dict[str, Card]:
    """The cards that have a name."""
    try:
        return {} if folder is None else card_files.read_folder(folder)
    except ValueError as error:
        raise ArgumentError(f"--cards: {error}") from None


def card(text: str, cards: Mapping[str, Card]) -> Card:
    """A card by its name in the folder, or else by its uid."""
    if text in cards:
        return cards[text]
    try:
        return card_files.card_of({"uid": text})
    except ValueError:
        names = f", or a name of the folder: {', '.join(cards)}" if cards else ""
        raise ArgumentError(
            f"--card is {text!r}; allowed: the hex digits of 1 to {card_files.LONGEST_UID} bytes, "
            f"two digits each, as in 04A1B2C3D4E580{names}"
        ) from None


def turns(text: str | None, cards: Mapping[str, Card]) -> int | None:
    """How long each card of the folder lies on the reader, in ms."""
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 1 <= int(text) <= knobs.LONGEST_MS:
        raise ArgumentError(
            f"--turns is {text!r}; allowed: milliseconds from 1 to {knobs.LONGEST_MS}"
        )
    if not cards:
        raise ArgumentError(f"--turns is {text!r}; allowed: with cards in the folder of --cards")
    return int(text)


def registers(texts: Sequence[str]) -> dict[int, bytes]:
    """What each --register sets: ADDRESS=VALUE."""
    found = {}
    for text in texts:
        parts = re.fullmatch(r"([0-9A-Fa-f]{4})=((?:[0-9A-Fa-f]{2})+)", text, re.ASCII)
        if not parts or not READ_RANGE[0] <= int(parts[1], 16) <= READ_RANGE[1]:
            raise ArgumentError(
                f"--register is {text!r}; allowed: ADDRESS=VALUE in hex digits, "
                f"ADDRESS from {READ_RANGE[0]:04X} to {READ_RANGE[1]:04X}, as in 0310=FF"
            )
        found[int(parts[1], 16)] = bytes.fromhex(parts[2])
    return found


def options(texts: Sequence[str]) -> Options:
    """The choices of ours that each --option makes: NAME=VALUE."""
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        default = _defaults().get(name)
        if default is None:
            allowed = ", ".join(_defaults())
            raise ArgumentError(f"--option is {text!r}; allowed: NAME=VALUE with NAME of {allowed}")
        silent = name in MAY_BE_SILENT and value == NO_ANSWER
        values[name] = None if silent else _option(text, value, default)
    try:
        return Options(**values)
    except ValueError as error:
        raise ArgumentError(f"--option: {error}") from None


def _defaults() -> dict[str, Any]:
    """Those options that one word can set; their defaults say what kind of word."""
    plain = Options()
    found = {item.name: getattr(plain, item.name) for item in fields(Options)}
    return {name: value for name, value in found.items() if isinstance(value, (int, str, bytes))}


def _option(text: str, value: str, default: Any) -> Any:
    if isinstance(default, bool):
        if value in SWITCH:
            return SWITCH[value]
        raise ArgumentError(f"--option is {text!r}; allowed: true or false")
    if isinstance(default, int):
        # A status in hex digits, times and counts in decimal ones, as the README has them.
        if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            return int(value)
        if re.fullmatch(r"0x[0-9A-Fa-f]{1,2}", value, re.ASCII):
            return int(value, 16)
        raise ArgumentError(f"--option is {text!r}; allowed: a number, as 20 or 0xFD")
    if isinstance(default, bytes):
        if card_files.HEX.fullmatch(value):
            return bytes.fromhex(value)
        raise ArgumentError(f"--option is {text!r}; allowed: hex digits, two a byte")
    return value


def faults(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What each --fault sets: NAME=VALUE."""
    found = []
    for text in texts:
        name, _, value = text.partition("=")
        try:
            knobs.parse(name, value)
        except ValueError as error:
            raise ArgumentError(f"--fault: {error}") from None
        found.append((name, value))
    return found
