"""What messages on the wire mean, in words: frames, lines of text and noise (protocol.md)."""

from __future__ import annotations

from typing import Any

from springcore import codes, instructions, tag, text, vocabulary
from springcore.errors import PeerError
from springcore.frame import Frame
from springcore.stream import Noise
from springcore.tag import ReaderState, TagRead, TagRemoved
from springcore.text import TextMessage

SHOWN_NOISE_BYTES = 16

# Numbers that are written with four digits, however small.
WIDE_FIELDS = ("address", "kind")


def of_command(frame: Frame) -> tuple[str | None, str]:
    """(name of the instruction or None, the command in words)."""
    try:
        name, values = instructions.explain_command(frame.cla, frame.payload)
    except PeerError as error:
        return None, f"command that is malformed: {error}"
    if name is None:
        return None, f"command {frame.cla:02X} {values['ins']:02X}, unknown"
    return name, " ".join([name, *(_value(name, *item) for item in values.items())])


def of_answer(name: str | None, frame: Frame) -> str:
    """The answer to the instruction `name` (None: which one is not known)."""
    try:
        status, status_name, values = instructions.explain_answer(name, frame.payload)
    except PeerError as error:
        return f"answer that is malformed: {error}"
    words = [status_name or (f"status {status:02X}" if status is not None else "")]
    words += [_value(name, *item) for item in values.items()]
    return "answer: " + " ".join(word for word in words if word)


def of_event(frame: Frame) -> str:
    """An event frame: a tag, the reader's state, or the event of PING_EVENT."""
    if frame.cla == codes.CLA_PROTOCOL:
        return "the event that PING_EVENT asked for"
    if frame.cla != codes.CLA_READER:
        return f"event of class {codes.name_of(codes.CLASSES, frame.cla) or f'{frame.cla:02X}'}"
    try:
        return of_seen(tag.from_event(frame.payload, frame.truncated))
    except PeerError as error:
        return f"event that is malformed: {error}"


def of_text(message: TextMessage) -> str:
    """A line of text, by what it says and by its checksum."""
    kind = _printable(message.kind)
    if kind != "SCRDR":
        return _printable(message.line)
    try:
        seen = tag.from_text(message)
    except PeerError as error:
        return f"$SCRDR that is malformed: {error}"
    said = "nothing: the empty message" if seen is None else of_seen(seen)
    doubt = "" if message.checksum == text.VALID else f", its checksum is {message.checksum}"
    return f"$SCRDR: {said}{doubt}"


def of_noise(noise: Noise) -> str:
    """Bytes that are no message, and what they look like."""
    head = noise.head[:SHOWN_NOISE_BYTES].hex(" ").upper()
    more = "..." if noise.length > SHOWN_NOISE_BYTES else ""
    reason = noise.looks_like or noise.reason
    return f"noise, {noise.length} bytes: {head}{more}" + (f" ({reason})" if reason else "")


def of_seen(seen: TagRead | TagRemoved | ReaderState) -> str:
    """A tag that came or went, or the Smart Reader that starts or stops."""
    if isinstance(seen, ReaderState):
        return _reader_state(seen)
    card = "no id" if seen.tag_id is None else seen.tag_id.hex().upper()
    if isinstance(seen, TagRemoved):
        return f"tag removed: {card if seen.tag_id else f'index {seen.tag_index}'}"
    words = "tag inserted" if seen.kind == "tag_inserted" else "tag read"
    return f"{words}: {card} ({_technology(seen.interface, seen.protocol)})"


def _reader_state(state: ReaderState) -> str:
    if not state.running:
        return "the Smart Reader stops"
    parts = [
        ", ".join(_technology(interface, protocol) for protocol in protocols)
        for interface, protocols in state.interfaces
    ]
    return "the Smart Reader starts: " + "; ".join(parts)


def _technology(interface: Any, protocol: Any) -> str:
    known = codes.name_of(codes.protocols_of(interface), protocol)
    shown = protocol if isinstance(protocol, str) else f"protocol {protocol}"
    return f"{codes.name_of(codes.INTERFACES, interface) or interface} {known or shown}"


def _value(instruction: str | None, field: str, value: Any) -> str:
    name = vocabulary.value_name(instruction, field, value) if instruction else None
    if field == "enabled":
        return "on" if value else "off"
    if field == "bitrate":
        return f"{value} bit/s"
    if isinstance(value, bytes):
        return f"{field} {value.hex().upper()}"
    if isinstance(value, int):
        return _number(field, value, name)
    return str(value)


def _number(field: str, value: int, name: str | None) -> str:
    if field.endswith("_ms"):
        return f"{field} {value}"
    digits = f"{value:04X}" if field in WIDE_FIELDS else f"{value:02X}"
    return f"{name} ({digits})" if name else f"{field} {digits}"


def _printable(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in data)
