"""The live view in lines of text. A line is made of pieces: a text, and what kind it is of.

Colours only repeat what words and shapes say already. Nothing here knows a terminal.
"""

from __future__ import annotations

import textwrap

from loquet_tools.live.keys import KEYS, Key
from loquet_tools.live.lights import Shown
from loquet_tools.live.view import BAD, GOOD, PANEL, PLAIN, READER, WAKEUP, WARNING, View
from loquet_tools.virtual_reader.output import BOOTING, OFF, RUNNING

DIM, STRONG = "dim", "strong"

# A word that stands out, of each mood.
BADGES = {GOOD: "good_badge", BAD: "bad_badge", WARNING: "warning_badge", PLAIN: "badge"}

SPEAKERS = {PANEL: "panel", READER: "reader", WAKEUP: "wakeup"}

# Of the keys: two lines of them fit on every screen.
KEYS_IN_LINE = 5
COLUMNS = range(KEYS_IN_LINE)

Line = list[tuple[str, str]]

CLOSED_DOOR = (
    "╭───────╮",
    "│       │",
    "│       │",
    "│      ●│",
    "│       │",
    "│       │",
    "┴───────┴",
)

OPEN_DOOR = (
    "╭───────╮",
    "│╲      │",
    "│ ╲     │",
    "│  │    │",
    "│ ●│    │",
    "│  │    │",
    "┴──┴────┴",
)

READER_POWERS = {OFF: "no power", BOOTING: "starts", RUNNING: "runs"}

ALARMS = {
    "forced": ("ALARM: forced", BAD),
    "held": ("ALARM: held", BAD),
    "held_soon": ("soon: held", WARNING),
}

# Of the log: where its words begin.
NUMBER_COLUMNS = 4

# Of the wire: seconds, and who speaks.
TIME_COLUMNS = 9
WHO_COLUMNS = 9


def width_of(line: Line) -> int:
    """How many columns it takes."""
    return sum(len(text) for text, _ in line)


def head(view: View, width: int) -> Line:
    """What runs here, and whose the door is."""
    begin: Line = [("Loquet", STRONG), (f"  {view.title}", DIM)]
    return _apart(begin, [("the visit plays" if view.is_playing else "yours", STRONG)], width)


def door(view: View) -> list[Line]:
    """The door as it stands, and in words."""
    art_mood = BAD if alarms_of(view) else GOOD if view.relay else PLAIN
    words: list[Line] = [
        [("OPEN" if view.is_open else "closed", STRONG)],
        [("locked", PLAIN) if view.is_locked else ("RELEASED", GOOD)],
        [],
        [("relay ", DIM), ("energised", GOOD) if view.relay else ("at rest", PLAIN)],
        [("contact ", DIM), ("open" if view.is_open else "closed", PLAIN)],
        *[[alarm] for alarm in alarms_of(view) or [("no alarm", DIM)]],
    ]
    return _beside(OPEN_DOOR if view.is_open else CLOSED_DOOR, art_mood, words)


def alarms_of(view: View) -> list[tuple[str, str]]:
    """The alarms that are raised, the worst first."""
    return [ALARMS[name] for name in ALARMS if name in view.alarms]


def reader(view: View, now_ms: int) -> list[Line]:
    """The reader as it looks and sounds now, and in words."""
    shown = view.lights.shown(now_ms)
    state = "SILENT" if view.is_silent else READER_POWERS[view.reader_power]
    words: list[Line] = [
        [(state, WARNING if view.is_silent else STRONG)],
        [(shown.light_words, shown.light)],
        [(shown.sound_words, PLAIN) if shown.sound_words else ("no sound", DIM)],
        [],
        [],
        [("card on it:" if view.cards else "no card on it", DIM)],
        [(view.cards[-1], STRONG)] if view.cards else [],
    ]
    return _beside(_reader_art(shown, bool(view.cards)), shown.light, words)


def _reader_art(shown: Shown, has_card: bool) -> tuple[str, ...]:
    lamp = "●" if shown.is_lit else "○"
    sound = "·" if not shown.is_beeping else "♪"
    return (
        "╭───────╮",
        f"│ {lamp} {lamp} {lamp} │",
        "│       │",
        f"│   {sound}   │",
        "│       │",
        "╰▄▄▄▄▄▄▄╯" if has_card else "╰───────╯",
        " ▀▀▀▀▀▀▀ " if has_card else "",
    )


def _beside(art: tuple[str, ...], mood: str, words: list[Line]) -> list[Line]:
    """A drawing with words at its right."""
    blank: list[Line] = [[] for _ in range(len(art) - len(words))]
    rows = zip(art, words + blank, strict=True)
    return [[(f"{drawn:<9} ", mood), *line] for drawn, line in rows]


def log(view: View, width: int, height: int) -> list[Line]:
    """The end of the log on flash: as many lines as there is room for."""
    lines: list[Line] = []
    for number, words in view.log[-height:]:
        first, *more = textwrap.wrap(words, width - NUMBER_COLUMNS)
        lines.append([(f"{number:>{NUMBER_COLUMNS - 1}} ", DIM), (first, PLAIN)])
        lines += [[(" " * NUMBER_COLUMNS + line, PLAIN)] for line in more]
    return lines[-height:] or [[("nothing yet", DIM)]]


def said(view: View, width: int) -> Line:
    """What the panel said last, and how it and its reader are."""
    word, words, mood = view.said
    begin: Line = [(f" {word} ", BADGES[mood]), (f" {words}", STRONG)] if word else []
    reader = f", reader {view.reader}" if view.reader else ""
    return _apart(begin, [(f"panel: {view.panel}{reader}", DIM)], width)


def wire(view: View, width: int) -> list[Line]:
    """The conversation, message by message, with what each means."""
    lines: list[Line] = []
    margin = TIME_COLUMNS + WHO_COLUMNS
    for t_ms, who, what in view.wire:
        first, *more = textwrap.wrap(what, width - margin) or [""]
        time = f"{t_ms / 1000:{TIME_COLUMNS - 2}.3f}  "
        speaker = SPEAKERS[who]
        lines.append([(time, DIM), (f"{who:<{WHO_COLUMNS}}", speaker), (first, PLAIN)])
        lines += [[(" " * margin + line, PLAIN)] for line in more]
    return lines


def under_wire(view: View) -> str:
    """The line /WAKEUP, and what was left out."""
    level = "low" if view.is_wakeup_low else "high"
    return f"/WAKEUP {level} · {view.pings} × PING, answered"


def keys() -> list[Line]:
    """Every key with its label, in lines of KEYS_IN_LINE under each other."""
    labels = [max(len(key.label) for key in KEYS[place::KEYS_IN_LINE]) for place in COLUMNS]
    return [
        [piece for key, columns in zip(row, labels, strict=False) for piece in _key(key, columns)]
        for row in (
            KEYS[begin : begin + KEYS_IN_LINE] for begin in range(0, len(KEYS), KEYS_IN_LINE)
        )
    ]


def _key(key: Key, columns: int) -> Line:
    return [(f" {key.key} ", "key"), (f" {key.label:<{columns}}  ", PLAIN)]


def _apart(begin: Line, end: Line, width: int) -> Line:
    """The one at the left, the other at the right; what does not fit goes from the first's end."""
    room = width - width_of(end) - 1
    kept: Line = []
    for text, kind in begin:
        kept.append((_cut(text, room - width_of(kept)), kind))
    return [*kept, (" " * (width - width_of(kept) - width_of(end)), PLAIN), *end]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…"[: max(0, room)]
