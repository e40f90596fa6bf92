"""The language of scripts for `loquet demo`, read whole before anything starts.

One step a line; MS are whole milliseconds, HEX is a card's id:

    present HEX [for MS]            a card is laid on the reader, and taken away after MS
    remove                          every card is taken away
    contact open|closed             the door is opened, and closed
    rex [for MS]                    the button inside is pressed, for 300 ms or for MS
    fire on|off                     the fire alarm system says that there is fire, or none
    clock TIME                      somebody tells the panel the time: now, or as in
                                    2026-11-21T08:30, in UTC
    wait MS                         time passes
    reader silent|back              the reader's plug is pulled, and put in again
    power cut                       panel and reader lose their power, and have it again 500 ms
                                    later; what was on flash is there still
    fault NAME VALUE                a fault of the virtual reader (virtual_reader/README.md)
    # what comes now                is told when the script gets there

    expect relay on|off within MS   it is so now, or becomes so within that time
    expect granted|denied within MS it is decided so, since a card was presented last
    expect reader ready|lost within MS
    expect alarm NAME on|off within MS
                                    NAME is forced, held_soon or held: the door was opened without
                                    a release, stands open, stands open for too long
    expect logged KIND [REASON] within MS
                                    an event of that kind is in the log, on flash; each event
                                    fulfils one expectation
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loquet import journal_records
from loquet_tools import arguments, moments
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
    """`subject` is "relay", "decision", "reader", "alarm NAME" or "logged KIND".

    `wanted` is one of that subject's words; of the log a reason, or "" for any.
    """

    subject: str
    wanted: str
    within_ms: int

    @property
    def of_log(self) -> bool:
        return self.subject.startswith(LOGGED)


@dataclass(frozen=True)
class Plug(Step):
    """The reader falls silent, or is back."""

    silent: bool


@dataclass(frozen=True)
class Fault(Step):
    name: str
    value: str


@dataclass(frozen=True)
class Contact(Step):
    open: bool


@dataclass(frozen=True)
class Rex(Step):
    for_ms: int


@dataclass(frozen=True)
class Fire(Step):
    active: bool


@dataclass(frozen=True)
class Clock(Step):
    """`seconds` since 1970; None: what the host's clock says then."""

    seconds: int | None


@dataclass(frozen=True)
class PowerCut(Step):
    pass


LOGGED = "logged "

# As long as a person's finger.
REX_MS = 300

ALARMS = ("forced", "held_soon", "held")

# Words after "expect" -> the words that may follow; a decision has none.
SUBJECTS = {
    "relay": ("on", "off"),
    "reader": ("ready", "lost"),
    **{f"alarm {name}": ("on", "off") for name in ALARMS},
}
DECISIONS = ("granted", "denied")

KINDS = [row[1] for row in journal_records.KINDS]
REASONS = [row[1] for row in journal_records.REASONS]


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
    if len(words) < 3 or words[-2] != "within":
        raise _Form
    subject, wanted = _expectation(words[:-2])
    return Expect(line, text, subject, wanted, arguments.milliseconds("MS", words[-1]))


def _expectation(words: list[str]) -> tuple[str, str]:
    if len(words) == 1 and words[0] in DECISIONS:
        return "decision", words[0]
    if words[0] == "logged" and len(words) in (2, 3):
        return _logged(*words[1:])
    subject, wanted = " ".join(words[:-1]), words[-1]
    if wanted in SUBJECTS.get(subject, ()):
        return subject, wanted
    raise _Form


def _logged(kind: str, reason: str = "") -> tuple[str, str]:
    if kind not in KINDS:
        raise ValueError(f"the log knows no kind {kind!r}; allowed: {', '.join(KINDS)}")
    if reason and reason not in REASONS:
        raise ValueError(f"the log knows no reason {reason!r}; allowed: {', '.join(REASONS)}")
    return LOGGED + kind, reason


def _reader(line: int, text: str, words: list[str]) -> Step:
    return Plug(line, text, _is_first(words, "silent", "back"))


def _contact(line: int, text: str, words: list[str]) -> Step:
    return Contact(line, text, _is_first(words, "open", "closed"))


def _fire(line: int, text: str, words: list[str]) -> Step:
    return Fire(line, text, _is_first(words, "on", "off"))


def _is_first(words: list[str], first: str, second: str) -> bool:
    if words not in ([first], [second]):
        raise _Form
    return words == [first]


def _rex(line: int, text: str, words: list[str]) -> Step:
    if words and (len(words) != 2 or words[0] != "for"):
        raise _Form
    return Rex(line, text, arguments.milliseconds("MS", words[1]) if words else REX_MS)


def _clock(line: int, text: str, words: list[str]) -> Step:
    if len(words) != 1:
        raise _Form
    seconds = None if words == ["now"] else moments.parse("TIME", words[0], "UTC0")[0]
    return Clock(line, text, seconds)


def _power(line: int, text: str, words: list[str]) -> Step:
    if words != ["cut"]:
        raise _Form
    return PowerCut(line, text)


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
    "contact": (_contact, "contact open|closed"),
    "rex": (_rex, "rex [for MS]"),
    "fire": (_fire, "fire on|off"),
    "clock": (_clock, "clock TIME"),
    "wait": (_wait, "wait MS"),
    "reader": (_reader, "reader silent|back"),
    "power": (_power, "power cut"),
    "fault": (_fault, "fault NAME VALUE"),
    "expect": (
        _expect,
        "expect relay on|off, granted|denied, reader ready|lost, "
        f"alarm {'|'.join(ALARMS)} on|off or logged KIND [REASON] within MS",
    ),
}
