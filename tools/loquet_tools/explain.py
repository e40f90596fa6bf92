"""What captured messages mean: one record a message, ready for JSON.

Bytes are hex text in upper case, numbers stay numbers. Where the protocol has a name for a number,
it stands beside it in `names`. Unknown numbers are explained as unknown; what breaks the protocol
is of the type "malformed", with `error`.
"""

from __future__ import annotations

from typing import Any

from loquet_tools import explain_text
from loquet_tools.explain_tag import interfaces_of, tag_meaning
from springcore import codes, instructions, tag, vocabulary
from springcore.errors import PeerError
from springcore.frame import COMMAND, EVENT, RESPONSE, Frame
from springcore.stream import Noise
from springcore.text import INVALID, TextMessage

Record = dict[str, Any]

MALFORMED = "malformed"

_WARNINGS = ("suspect", "truncated")
_CHANNELS = {COMMAND: "command", RESPONSE: "response", EVENT: "event"}
# What these ask for is the rest of an answer to the command before.
_GOES_ON = "TIME_EXTENSION_ACK"


def is_faulty(record: Record) -> bool:
    """Whether this message is anything but a good one."""
    return (
        record["kind"] == "noise"
        or record.get("suspect", False)
        or record.get("checksum") == INVALID
        or record["meaning"]["type"] == MALFORMED
    )


class Explainer:
    """Explains messages in their order: an answer by the last command of its sequence number."""

    def __init__(self) -> None:
        self._asked: dict[int, str | None] = {}
        self._last: str | None = None

    def record(self, message: Frame | TextMessage | Noise) -> Record:
        """What one message is, where, and what it means."""
        if isinstance(message, Noise):
            return _noise_record(message)
        if isinstance(message, TextMessage):
            record = explain_text.record(message)
            meaning = _guarded(explain_text.meaning, message)
        else:
            record = _frame_record(message)
            meaning = _guarded(self._meaning, message)
        record.update({name: True for name in _WARNINGS if getattr(message, name)})
        return {**record, "meaning": meaning}

    def _meaning(self, frame: Frame) -> Record:
        if frame.channel == COMMAND:
            return self._command(frame)
        if frame.channel == RESPONSE:
            return self._answer(frame)
        return _event(frame)

    def _command(self, frame: Frame) -> Record:
        name = _instruction_name(frame)
        if not frame.suspect:
            self._asked[frame.sequence] = self._last if name == _GOES_ON else name
            self._last = self._asked[frame.sequence]
        _, values = instructions.explain_command(frame.cla, frame.payload)
        return {
            "type": "command",
            "class": codes.name_of(codes.CLASSES, frame.cla),
            "instruction": name,
            **_values(name, values),
        }

    def _answer(self, frame: Frame) -> Record:
        name = self._asked.get(frame.sequence)
        if not frame.suspect and frame.payload[0] != codes.STA_TIME_EXTENSION_REQUEST:
            self._asked.pop(frame.sequence, None)
        if frame.cla == codes.CLA_ECHO:
            name = "ECHO"
        elif name == "ECHO":
            name = None  # ECHO alone has no status; another class reports a failure of it
        status, status_name, values = instructions.explain_answer(name, frame.payload)
        return {
            "type": "response",
            "instruction": name,
            "status": status,
            "status_name": status_name,
            **_values(name, values),
        }


def _guarded(explain: Any, message: Any) -> Record:
    try:
        return explain(message)
    except PeerError as error:
        return {"type": MALFORMED, "error": str(error)}


def _noise_record(noise: Noise) -> Record:
    return {
        "offset": noise.offset,
        "kind": "noise",
        "length": noise.length,
        "hex": _hex(noise.head),
        "looks_like": noise.looks_like,
        "reason": noise.reason,
    }


def _frame_record(frame: Frame) -> Record:
    return {
        "offset": frame.offset,
        "kind": "frame",
        "channel": _CHANNELS[frame.channel],
        "sequence": frame.sequence,
        "cla": frame.cla,
        "payload": _hex(frame.payload),
    }


def _instruction_name(frame: Frame) -> str | None:
    """The command's name, also if its values are too few to be explained."""
    for cla, ins, name, _, _ in instructions.INSTRUCTIONS:
        if cla == frame.cla and ins in (frame.payload[0], None):
            return name
    return None


def _values(instruction: str | None, values: dict[str, Any]) -> Record:
    names = {}
    for field, value in values.items():
        name = vocabulary.value_name(instruction, field, value) if instruction else None
        if name is not None:
            names[field] = name
    shown = {field: _hex(v) if isinstance(v, bytes) else v for field, v in values.items()}
    return {"values": shown, "names": names}


def _event(frame: Frame) -> Record:
    if frame.cla == codes.CLA_PROTOCOL and frame.payload == b"\x00":
        return {"type": "ping_event"}
    known = codes.name_of(codes.EVENTS, frame.payload[0])
    if frame.cla != codes.CLA_READER or known is None:
        return {
            "type": "event",
            "class": codes.name_of(codes.CLASSES, frame.cla),
            "code": frame.payload[0],
            "data": _hex(frame.payload[1:]),
        }
    seen = tag.from_event(frame.payload, frame.truncated)
    if isinstance(seen, tag.ReaderState):
        if not seen.running:
            return {"type": "reader_stopping"}
        return {"type": "reader_starting", "interfaces": interfaces_of(seen)}
    return tag_meaning(seen)


def _hex(octets: bytes) -> str:
    return octets.hex().upper()
