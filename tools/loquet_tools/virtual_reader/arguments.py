"""Values of `loquet virtual-reader`'s command line, checked before anything is opened.

Of its own: loquet_tools.arguments knows the panel, and this package must not. ArgumentError
names the value and what is allowed.
"""

from __future__ import annotations

import re

from loquet_tools.errors import ArgumentError
from loquet_tools.virtual_reader.registers import TEXT_PORT
from loquet_tools.virtual_reader.udp import EVERY_ADDRESS

LONGEST_UID = 32


def uid(name: str, text: str) -> bytes:
    """A card's uid, hex."""
    if not re.fullmatch(r"([0-9A-Fa-f]{2})+", text) or len(text) > 2 * LONGEST_UID:
        raise ArgumentError(
            f"{name} is {text!r}; allowed: the hex digits of 1 to {LONGEST_UID} bytes, "
            "two digits each, as in 04A1B2C3D4E580"
        )
    return bytes.fromhex(text)


def host_and_port(name: str, text: str, default_port: int) -> tuple[str, int]:
    """HOST or HOST:PORT."""
    found = re.fullmatch(r"([A-Za-z0-9.-]{1,48})(?::([0-9]{1,5}))?", text, re.ASCII)
    port = default_port if not found or found[2] is None else int(found[2])
    if not found or not 0 < port < 65536:
        raise ArgumentError(
            f"{name} is {text!r}; allowed: HOST or HOST:PORT, an IPv4 address or name of at most "
            f"48 characters and a port from 1 to 65535 (if it is not said: {default_port})"
        )
    return found[1], port


def udp_peer(text: str) -> tuple[str, int]:
    """Who gets the $SCRDR messages."""
    return host_and_port("--udp", text, TEXT_PORT[1])


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
