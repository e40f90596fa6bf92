"""Records of explain.py in words, for people: who speaks, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from springcore.text import ABSENT, INVALID, VALID

Record = dict[str, Any]

# Numbers that the protocol's pages write in hex, with their digits
_HEX_DIGITS = {"address": 4, "identifier": 2, "kind": 4, "mode": 2, "number": 2, "sequence": 2}
_HEX_DIGITS.update({"ins": 2, "method": 2, "key": 2})


def who(record: Record) -> str:
    """Whose message this is: "command 3", "$SCRDR", "noise"."""
    if record["kind"] == "frame":
        return f"{record['channel']} {record['sequence']:X}"
    return record.get("message", "noise")


def what(record: Record) -> str:
    """What the message says, in one line."""
    if record["kind"] == "noise":
        return _noise(record)
    meaning = record["meaning"]
    # What is wrong comes first: a terminal may be too narrow for the rest.
    words = [*_doubts(record), _SENTENCES[meaning["type"]](meaning)]
    if record.get("checksum") == VALID:
        words.append(f"checksum valid (rule {record['rule']})")
    return "; ".join(word for word in words if word)


def _doubts(record: Record) -> list[str]:
    doubts = []
    if record.get("suspect"):
        doubts.append("SUSPECT, inside a broken message")
    if record.get("truncated"):
        doubts.append("truncated")
    needs_checksum = record.get("message") != "$SCCMD"  # for commands it is optional
    if record.get("checksum") == INVALID or (record.get("checksum") == ABSENT and needs_checksum):
        doubts.append(f"checksum {record['checksum']}")
    return doubts


def _noise(record: Record) -> str:
    count = record["length"]
    shown = " ".join(_pairs(record["hex"])[:16]) + (" …" if count > 16 else "")
    words = [f"{count} byte{'' if count == 1 else 's'}", record["reason"], record["looks_like"]]
    return "; ".join([word for word in words if word] + [shown])


def _command(meaning: Record) -> str:
    name = meaning["instruction"] or f"unknown instruction of {meaning['class'] or 'no class'}"
    return " ".join([name, *_values(meaning)])


def _response(meaning: Record) -> str:
    status = meaning["status"]
    words = [meaning["instruction"] or "to an unseen command"]
    if status is not None:
        words.append(meaning["status_name"] or f"status {status:02X}")
    return ": ".join([words[0], " ".join([*words[1:], *_values(meaning)])])


def _values(meaning: Record) -> list[str]:
    return [_value(field, value, meaning["names"]) for field, value in meaning["values"].items()]


def _value(field: str, value: Any, names: Record) -> str:
    if isinstance(value, int) and field in _HEX_DIGITS:
        value = f"{value:0{_HEX_DIGITS[field]}X}"
    shown = f"{field} {value!r}" if field == "text" else f"{field} {value}"
    return f"{shown} ({names[field]})" if field in names else shown


def _tag(meaning: Record) -> str:
    words = [meaning["type"].replace("_", " "), meaning.get("tag_id") or "without id"]
    for name in ("interface", "protocol"):
        if meaning.get(name):
            words.append(meaning[name])
    if meaning.get("tag_index") is not None:
        words.append(f"index {meaning['tag_index']}")
    if meaning.get("gone"):
        words.append("and removed")
    for name in ("tag_data", "tag_details"):
        words.extend(_output(meaning, name))
    return " ".join(words)


def _output(meaning: Record, name: str) -> list[str]:
    if name not in meaning:
        return []
    text = meaning.get(name + "_text")
    return [name.replace("tag_", ""), meaning[name] if text is None else repr(text)]


def _removed(meaning: Record) -> str:
    index = meaning.get("tag_index")
    return f"tag removed {meaning.get('tag_id') or f'index {index}'}"


def _reader_starting(meaning: Record) -> str:
    listed = [
        " ".join([entry["interface"], *entry["protocols"]]) for entry in meaning["interfaces"]
    ]
    return f"reader starting: {', '.join(listed)}"


def _event(meaning: Record) -> str:
    return f"event {meaning['code']:02X} of {meaning['class'] or 'no class'} {meaning['data']}"


_SENTENCES: dict[str, Callable[[Record], str]] = {
    "command": _command,
    "response": _response,
    "tag_read": _tag,
    "tag_inserted": _tag,
    "tag_removed": _removed,
    "reader_starting": _reader_starting,
    "reader_stopping": lambda _: "reader stopping",
    "ping_event": lambda _: "the event that PING_EVENT asked for",
    "event": _event,
    "text_command": lambda meaning: " ".join(_values(meaning)),
    "empty": lambda _: "empty message",
    "unknown": lambda _: "unknown message",
    "malformed": lambda meaning: f"MALFORMED: {meaning['error']}",
}


def _pairs(digits: str) -> list[str]:
    return [digits[place : place + 2] for place in range(0, len(digits), 2)]
