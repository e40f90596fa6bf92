"""`loquet settings reference`: the page that says what every field of the settings is for.

Types, ranges, units and defaults come from the tables of loquet.settings; the help stands here,
because a device has no use for it. A test holds the two to each other and the page to both.

    python -m loquet_tools.settings_reference > lib/loquet/SETTINGS.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from loquet import settings

# Path of a field -> what it is for. `[]` stands for any item of a list.
HELP = {
    "readers": "The readers at this panel, each on a serial line of its own.",
    "readers[].name": "What the log calls the reader. No two readers share a name.",
    "readers[].events": (
        "How the reader reports a card. `wakeup`: it pulls /WAKEUP low and is asked; the only "
        "mode in which no event is lost while flash is written. `spontaneous`: it sends frames "
        "unasked, not with half_duplex. `text`: it sends $SCRDR lines."
    ),
    "readers[].bitrate": "The rate that the link changes to once it has found the reader (bit/s).",
    "readers[].half_duplex": "One pair of wires for both directions, as with 2-wire RS-485.",
    "readers[].echo": "What we send comes back to us on the line and has to be passed over.",
    "readers[].auto_sequences": (
        "The reader plays light and sound of its own as well, and may play over the panel's."
    ),
    "readers[].serial_number": "Where it is set, another reader in this one's place is an alarm.",
    "readers[].stale_ms": "An event whose /WAKEUP is older than this opens nothing: it is logged.",
    "readers[].buffer_bytes": (
        "The longest message that is kept whole. Of a longer one a card's id may still decide, its "
        "data never does."
    ),
    "readers[].credential": (
        "What counts as the card. `uid`: its id, as the reader reports it (TagId). `data`: what "
        "the template read from it (TagData), which only cards of that template can have."
    ),
    "readers[].template": "With `data`: the template whose data counts; another one's does not.",
    "doors": "The door that the readers open.",
    "doors[].name": "What the log calls the door.",
    "doors[].pulse_ms": "How long the relay stays energised after a grant.",
    "repeat_ms": "A card that was away for less than this is still there: it is not a new one.",
    "limits": "What the storage is laid out for.",
    "limits.capacity_cards": (
        "Cards that the list may hold. Flash is needed twice for them while a list is replaced; "
        "what fits on a board is in the README's table."
    ),
    "limits.capacity_events": "Events that the log keeps; then the oldest go, and the log says so.",
    "limits.flush_age_s": "An event waits no longer than this before it is written to flash.",
    "limits.flush_count": "As soon as so many events wait, they are written to flash.",
    "time_zone": (
        "Local time for schedules and holidays, as a POSIX rule. Checked and kept; no decision "
        "uses it yet."
    ),
    "schedules": "Hours of the week. Checked and kept; no decision uses them yet.",
    "schedules[].name": "What a group calls the schedule. No two schedules share a name.",
    "schedules[].weekly": "The hours. Outside all of them the schedule is off.",
    "schedules[].weekly[].days": (
        "Days on which these hours begin. On a holiday only the hours of `holiday` begin."
    ),
    "schedules[].weekly[].begin": "The first minute.",
    "schedules[].weekly[].end": (
        "The minute after the last one. Not later than the begin: it is on the next day."
    ),
    "holidays": (
        "Days that have hours of their own in schedules. Checked and kept; no decision uses "
        "them yet."
    ),
    "holidays[].first": "The day, or the first one of several.",
    "holidays[].last": "The last day; without it there is only one.",
    "holidays[].yearly": "Every year on the same days, whatever year is written.",
}

HEAD = """# Settings

Made by `loquet settings reference` from the tables in `settings.py`; a test compares. The
settings are one JSON document. A field that is not in these tables is an error, and so is a value
that is not allowed: nothing is guessed. Where there is a default, the field may be left out.

The smallest document:

```json
{"readers": [{"name": "front"}], "doors": [{"name": "front"}]}
```
"""


def reference() -> str:
    """The whole page, Markdown."""
    sections = [("", "The document", settings.DOCUMENT), *tables("", settings.DOCUMENT)]
    return "\n".join([HEAD, *(section(*each) for each in sections)])


def tables(prefix: str, table: tuple[Any, ...]) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """(prefix of its fields' paths, title, table) of every table below `table`."""
    for name, _, kind in table:
        path, inner = prefix + name, kind
        if kind[0] == settings.LIST:
            path, inner = path + "[]", kind[1]
        if inner[0] == settings.GROUP:
            title = f"Each of `{prefix + name}`" if inner is not kind else f"`{path}`"
            yield path + ".", title, inner[1]
            yield from tables(path + ".", inner[1])


def section(prefix: str, title: str, table: tuple[Any, ...]) -> str:
    rows = [row_of(prefix, *row) for row in table]
    return "\n".join(
        [f"## {title}", "", "| field | allowed | default | |", "|---|---|---|---|", *rows, ""]
    )


def row_of(prefix: str, name: str, default: Any, kind: tuple[Any, ...]) -> str:
    shown = "" if default is settings.REQUIRED else f"`{json.dumps(default)}`"
    return f"| `{name}` | {allowed(kind)} | {shown} | {HELP[prefix + name]} |"


def allowed(kind: tuple[Any, ...]) -> str:
    """What the field may be; of a list, what its items may be too."""
    text = settings.allowed(kind)
    if kind[0] == settings.LIST:
        text += ", each " + settings.allowed(kind[1])
    return text


def paths(prefix: str, table: tuple[Any, ...]) -> set[str]:
    """The paths of all fields, as HELP has them."""
    below = {prefix + row[0] for row in table}
    for inner_prefix, _, inner in tables(prefix, table):
        below |= {inner_prefix + row[0] for row in inner}
    return below


def print_reference() -> int:
    """Prints the page that says what every field of the settings is for."""
    print(reference(), end="")
    return 0


if __name__ == "__main__":
    print_reference()
