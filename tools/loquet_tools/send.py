"""`loquet send`: one $SCCMD message to a networked reader, or to all that hear a broadcast."""

from __future__ import annotations

import re
import socket
from typing import Annotated

import typer

from loquet_tools import record_words
from loquet_tools.decode import printable
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.listen import explained
from springcore.errors import UsageError
from springcore.text import COMMAND_MAX, encode_command

BROADCAST = "255.255.255.255"

# What the vendor's sample script sends.
WINK = 0x0E


def send(
    addr: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The reader; else a broadcast.")
    ] = BROADCAST,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The UDP port that the reader listens to.")
    ] = 4000,
    message: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The message, sent as it is.")
    ] = None,
    seq: Annotated[
        str | None, typer.Option(metavar="HEX", help="Play a sequence: 60 granted, 61 denied.")
    ] = None,
    leds: Annotated[
        str | None, typer.Option(metavar="HEX", help="Set the LEDs: two digits for each of 4.")
    ] = None,
    buzz: Annotated[
        int | None, typer.Option(metavar="MS", min=0, max=65535, help="Sound the buzzer.")
    ] = None,
) -> int:
    """Sends a $SCCMD message by UDP; without any of the last four, the one that has it wink."""
    data = data_of(message, seq, leds, buzz)
    _send(data, addr, port)
    print(f"sent to {addr}:{port}: {_shown(data)}{_meaning(data)}")
    return 0


def data_of(message: str | None, seq: str | None, leds: str | None, buzz: int | None) -> bytes:
    """The datagram. ArgumentError for what cannot be sent, or not together."""
    wanted = [option for option in (seq, leds, buzz) if option is not None]
    if message is not None:
        if wanted:
            raise ArgumentError("--message is given with --seq, --leds or --buzz; allowed: alone")
        return _spelt_out(message)
    if seq is not None and len(wanted) > 1:
        raise ArgumentError("--seq is given with --leds or --buzz; allowed: alone")
    try:
        return encode_command(
            WINK if not wanted else _number("--seq", seq),
            None if leds is None else _hex("--leds", leds, 4),
            buzz,
            end=b"",
        )
    except UsageError as error:
        raise ArgumentError(str(error)) from None


def _spelt_out(message: str) -> bytes:
    data = message.encode("utf-8", "surrogateescape")
    if not 0 < len(data) <= COMMAND_MAX:
        raise ArgumentError(
            f"--message has {len(data)} bytes; allowed: 1 to {COMMAND_MAX}, for a reader throws "
            "longer ones away"
        )
    return data


def _number(name: str, text: str | None) -> int | None:
    return None if text is None else _hex(name, text, 1)[0]


def _hex(name: str, text: str, count: int) -> bytes:
    if not re.fullmatch(f"[0-9A-Fa-f]{{{2 * count}}}", text):
        example = "60" if count == 1 else "92929292"
        raise ArgumentError(
            f"{name} is {text!r}; allowed: {2 * count} hex digits, as in {name} {example}"
        )
    return bytes.fromhex(text)


def _send(data: bytes, addr: str, port: int) -> None:
    if not addr:
        raise ArgumentError("--addr is ''; allowed: an IPv4 address or the name of a host")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            sock.sendto(data, (addr, port))
        except (socket.gaierror, UnicodeError):
            raise ArgumentError(
                f"--addr is {addr!r}, which is not known; "
                "allowed: an IPv4 address or the name of a host"
            ) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ToolError(f"nothing can be sent to {addr}:{port}: {reason}") from None


def _shown(data: bytes) -> str:
    return printable(data.decode("utf-8", "backslashreplace"))


def _meaning(data: bytes) -> str:
    record = explained(data)
    return f" ({record_words.what(record)})" if record["kind"] == "text" else ""
