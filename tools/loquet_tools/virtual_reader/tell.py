"""What the reader does, as lines for a person or as JSON."""

from __future__ import annotations

import json
from typing import Any

from loquet_tools.virtual_reader.network import Datagram
from loquet_tools.virtual_reader.output import Output

# Messages are told as they leave, whole: Serial hands them over in pieces.
PASSED_OVER = ("rx", "udp_rx", "udp_ports")


def as_fields(happened: Output) -> dict[str, Any]:
    """An output as JSON writes it: `at_us`, `kind`, `value`; bytes are hex."""
    return {"at_us": happened.at_us, "kind": happened.kind, "value": plain(happened.value)}


def plain(value: Any) -> Any:
    """A value for JSON."""
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, Datagram):
        return {
            "service": value.service,
            "data": plain(value.data),
            "address": value.address,
            "port": value.port,
        }
    return value


class Teller:
    """Prints each output on a line of its own."""

    def __init__(self, as_json: bool):
        self._as_json = as_json

    def tell(self, happened: Output) -> None:
        if happened.kind in PASSED_OVER:
            return
        line = json.dumps(as_fields(happened)) if self._as_json else in_words(happened)
        print(line, flush=True)


def in_words(happened: Output) -> str:
    """One line: seconds, kind, value."""
    return f"{happened.at_us / 1e6:10.3f}  {happened.kind:<13}{_shown(happened)}".rstrip()


def _shown(happened: Output) -> str:
    value = happened.value
    if isinstance(value, Datagram):
        return f"to {value.address}:{value.port} {_text_or_hex(value.data)}"
    if isinstance(value, bytes):
        return _text_or_hex(value)
    if happened.kind in ("sequence", "own_sequence"):
        return f"{value:02X}"
    if happened.kind in ("leds", "gpios"):
        return bytes(value).hex(" ").upper()
    return "" if value is None else str(value)


def _text_or_hex(data: bytes) -> str:
    text = data.rstrip(b"\r\n")
    if text[:1] in (b"$", b"+", b"#") and text.isascii():
        return text.decode("ascii")
    return data.hex(" ").upper()
