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
    "readers": "The readers at this panel, each on a serial line of its own or on the network.",
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
    "readers[].stale_ms": (
        "An event whose /WAKEUP is older than this opens nothing: it is logged. So is a datagram "
        "that may have waited for longer."
    ),
    "readers[].buffer_bytes": (
        "The longest message that is kept whole. Of a longer one a card's id may still decide, its "
        "data never does."
    ),
    "readers[].credential": (
        "What counts as the card. `uid`: its id, as the reader reports it (TagId). `data`: what "
        "the template read from it (TagData), which only cards of that template can have."
    ),
    "readers[].template": "With `data`: the template whose data counts; another one's does not.",
    "readers[].door": "The name of the door that the reader opens; null: the first one.",
    "readers[].direction": (
        "On which side of its door the reader is. Anti-passback counts from a grant at `entry` and "
        "ends with one at `exit`."
    ),
    "readers[].udp": (
        "The reader is on the network and sends $SCRDR by UDP, which nothing protects: see the "
        "README before. null: it is on a serial line. With it the fields `events` to "
        "`serial_number` and `buffer_bytes` are left out. Not every board has a network."
    ),
    "readers[].udp.address": "The reader's address. What comes from another one is only counted.",
    "readers[].udp.port": "The reader's port, to which its feedback goes.",
    "readers[].udp.check_port": (
        "What comes from another port of that address than `port` is only counted, too."
    ),
    "doors": "The doors, each with a relay of its own. De-energised is locked.",
    "doors[].name": "What the log calls the door. No two doors share a name.",
    "doors[].pulse_ms": "How long the relay stays energised after a grant.",
    "doors[].extended_pulse_ms": (
        "The same for a card that has more time (`extended`); `pulse_ms` if that is more."
    ),
    "doors[].relock": (
        "What ends the pulse before its time is over: the door's `opening` or `closing`, or "
        "nothing (`time`). Without a contact only `time`."
    ),
    "doors[].contact": (
        "A contact tells whether the door is open. Without one there are no alarms, and nobody "
        "knows whether it was opened after a grant."
    ),
    "doors[].contact_settle_ms": "The contact has to be still for so long to be believed.",
    "doors[].rex": (
        "What request-to-exit does. `shunt`: the door may be opened from inside without an alarm, "
        "the relay stays at rest. `unlock`: it is released for a pulse."
    ),
    "doors[].rex_settle_ms": "The same for request-to-exit.",
    "doors[].held_open_s": "A door that stays open for longer after a release is an alarm.",
    "doors[].pre_alarm_s": (
        "So long before that alarm there is a warning. Less than `held_open_s`; 0: none."
    ),
    "doors[].posture": (
        "How the door stands. `normal`: locked, and released by cards. `unlocked`: released. "
        "`lockdown`: locked, and released only by cards that pass a lockdown. `schedule`: "
        "`unlocked` in the hours of `unlock_schedule`, otherwise `normal`; never unlocked while "
        "the time is unknown."
    ),
    "doors[].unlock_schedule": (
        "The name of the schedule, with the posture `schedule` and with no other."
    ),
    "doors[].first_card": (
        "The hours of `unlock_schedule` wait for the first card that may begin them "
        "(`unlock_first`). Only with the posture `schedule`."
    ),
    "doors[].access": (
        "Who may pass, and when; null: every card of the list at any time. A card has to be in one "
        "of these groups whose schedule is on."
    ),
    "doors[].access[].group": "The number of the group, as the card has it.",
    "doors[].access[].schedule": "The name of the schedule; null: at any time.",
    "doors[].anti_passback_s": (
        "For so long after a grant at an `entry` the same card does not enter again, unless it has "
        "left by an `exit` of the same door. 0: it may."
    ),
    "repeat_ms": "A card that was away for less than this is still there: it is not a new one.",
    "fire_input": (
        "The board's fire input is connected: while it is active, no door raises an alarm. It "
        "moves no relay: the way out must not depend on a panel."
    ),
    "udp": "Where the panel listens. Without a reader that has `udp`, it does not.",
    "udp.address": (
        "The panel's address on the readers' network: nothing is heard on another one, and no "
        "broadcast either."
    ),
    "udp.port": "The port, to which the readers send (register 0285 of each).",
    "clock": "How far the panel's own clock is believed.",
    "clock.free_running": (
        "Whether dates and schedules count on a clock that nobody has set for `synchronised_h`: "
        "`use`, or `refuse` what depends on them. While the time is unknown they are refused "
        "whatever stands here."
    ),
    "clock.synchronised_h": "How long the clock counts as synchronised after it was set.",
    "clock.step_limit_s": (
        "A step of the clock beyond this is logged, and so is every step backward."
    ),
    "limits": "What the storage is laid out for.",
    "limits.capacity_cards": (
        "Cards that the list may hold. Flash is needed twice for them while a list is replaced; "
        "what fits on a board is in the README's table."
    ),
    "limits.capacity_events": "Events that the log keeps; then the oldest go, and the log says so.",
    "limits.flush_age_s": "An event waits no longer than this before it is written to flash.",
    "limits.flush_count": "As soon as so many events wait, they are written to flash.",
    "time_zone": "Local time for schedules and holidays, as a POSIX rule.",
    "schedules": "Hours of the week.",
    "schedules[].name": "What a door calls the schedule. No two schedules share a name.",
    "schedules[].weekly": "The hours. Outside all of them the schedule is off.",
    "schedules[].weekly[].days": (
        "Days on which these hours begin. On a holiday only the hours of `holiday` begin."
    ),
    "schedules[].weekly[].begin": "The first minute.",
    "schedules[].weekly[].end": (
        "The minute after the last one. Not later than the begin: it is on the next day."
    ),
    "holidays": "Days that have hours of their own in schedules.",
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
        path, inner = prefix + name, bare(kind)
        if inner[0] == settings.LIST:
            path, inner = path + "[]", inner[1]
        if inner[0] == settings.GROUP:
            title = f"Each of `{prefix + name}`" if path.endswith("[]") else f"`{path}`"
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
    if bare(kind)[0] == settings.LIST:
        text += ", each " + settings.allowed(bare(kind)[1])
    return text


def bare(kind: tuple[Any, ...]) -> tuple[Any, ...]:
    """The kind without an `OPTIONAL` around it."""
    return kind[1] if kind[0] == settings.OPTIONAL else kind


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
