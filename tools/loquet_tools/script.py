"""The language of scripts for `loquet demo`, read whole before anything starts.

One step a line; MS are whole milliseconds, HEX is a card's id:

    present HEX [for MS]            a card is laid on the reader, and taken away after MS
    remove                          every card is taken away
    wait MS                         time passes
    expect relay on|off within MS   it is so now, or becomes so within that time
    expect granted|denied within MS it is decided so, since a card was presented last
    expect reader ready|lost within MS
    reader silent|back              the reader's plug is pulled, and put in again
    fault NAME VALUE                a fault of the virtual reader (virtual_reader/README.md)
    # what comes now                is told when the script gets there
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loquet_tools import arguments
from loquet_tools.errors import ArgumentError
from loquet_tools.virtual_reader import knobs


class ScriptError(ArgumentError):
    """A line that cannot be played: names its number, its text and what is wrong."""

    def __init__(self, line: int, text: str, reason: str):
        super().__init__(f"script line {line}, {text!r}: {reason}")
        self.line = line


@dataclass(frozen=True)
class Step:
    """One line of the script: its number from 1, and its text."""

    line: int
    text: str


@dataclass(frozen=True)
class Remark(Step):
    words: str


@dataclass(frozen=True)
class Present(Step):
    """`for_ms` None: the card stays."""

    card: bytes
    for_ms: int | None


@dataclass(frozen=True)
class Remove(Step):
    pass


@dataclass(frozen=True)
class Wait(Step):
    ms: int


@dataclass(frozen=True)
class Expect(Step):
    """`subject` "relay", "decision" or "reader"; `wanted` one of that subject's words."""

    subject: str
    wanted: str
    within_ms: int


@dataclass(frozen=True)
class Plug(Step):
    """The reader falls silent, or is back."""

    silent: bool


@dataclass(frozen=True)
class Fault(Step):
    name: str
    value: str


# Word after "expect" -> the words that may follow; a decision has none.
SUBJECTS = {
    "relay": ("on", "off"),
    "reader": ("ready", "lost"),
}
DECISIONS = ("granted", "denied")


def parse(source: str) -> list[Step]:
    """The steps of a script. Raises ScriptError for the first line that is wrong."""
    numbered = enumerate(source.splitlines(), 1)
    return [_step(line, text.strip()) for line, text in numbered if text.strip()]


def _step(line: int, text: str) -> Step:
    if text.startswith("#"):
        return Remark(line, text, text.lstrip("#").strip())
    verb, *words = text.split("#")[0].split()
    if verb not in VERBS:
        reason = f"{verb!r} is no step; allowed: {', '.join(VERBS)} or #"
        raise ScriptError(line, text, reason)
    build, form = VERBS[verb]
    try:
        return build(line, text, words)
    except _Form:
        raise ScriptError(line, text, f"must be `{form}`") from None
    except (ArgumentError, ValueError) as error:
        raise ScriptError(line, text, str(error)) from None


class _Form(Exception):
    """The words are not in the order that the step needs."""


def _present(line: int, text: str, words: list[str]) -> Step:
    if len(words) not in (1, 3) or words[1:2] not in ([], ["for"]):
        raise _Form
    for_ms = arguments.milliseconds("MS", words[2]) if words[1:] else None
    return Present(line, text, arguments.card("HEX", words[0]), for_ms)


def _remove(line: int, text: str, words: list[str]) -> Step:
    if words:
        raise _Form
    return Remove(line, text)


def _wait(line: int, text: str, words: list[str]) -> Step:
    if len(words) != 1:
        raise _Form
    return Wait(line, text, arguments.milliseconds("MS", words[0]))


def _expect(line: int, text: str, words: list[str]) -> Step:
    subject, wanted = _expectation(words[:-2])
    if words[-2] != "within":
        raise _Form
    return Expect(line, text, subject, wanted, arguments.milliseconds("MS", words[-1]))


def _expectation(words: list[str]) -> tuple[str, str]:
    if len(words) == 1 and words[0] in DECISIONS:
        return "decision", words[0]
    if len(words) == 2 and words[1] in SUBJECTS.get(words[0], ()):
        return words[0], words[1]
    raise _Form


def _reader(line: int, text: str, words: list[str]) -> Step:
    if words not in (["silent"], ["back"]):
        raise _Form
    return Plug(line, text, words == ["silent"])


def _fault(line: int, text: str, words: list[str]) -> Step:
    if len(words) < 2:
        raise _Form
    name, value = words[0], " ".join(words[1:])
    knobs.parse(name, value)
    return Fault(line, text, name, value)


Builder = Callable[[int, str, list[str]], Step]

# First word -> what makes its step, and how it is written.
VERBS: dict[str, tuple[Builder, str]] = {
    "present": (_present, "present HEX [for MS]"),
    "remove": (_remove, "remove"),
    "wait": (_wait, "wait MS"),
    "expect": (_expect, "expect relay on|off, granted|denied or reader ready|lost within MS"),
    "reader": (_reader, "reader silent|back"),
    "fault": (_fault, "fault NAME VALUE"),
}
