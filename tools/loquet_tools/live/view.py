"""What there is to see in the live view: made from happenings alone, without input or output.

A happening is what a line of `loquet demo --json` is. What only the live view has: "act" (somebody
pressed a key), "visit" (it begins, or ends) and "log" (what is in the log on flash).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from loquet_tools.live.lights import Lights
from loquet_tools.narrate import HAPPENINGS
from loquet_tools.pings import Pings
from loquet_tools.virtual_reader.output import BOOTING, OFF
from loquet_tools.wire_watch import PING, RECEIVED, SENT
from loquet_tools.witness import OVER, RAISED

# Who speaks, as it stands in front of a line of the wire.
PANEL, READER, WAKEUP = "panel", "reader", "/WAKEUP"

# So much of the conversation can be looked back at.
WIRE_LINES = 300

# Of the log only its end fits on any screen.
LOG_LINES = 60

# What is thought of what the panel says.
GOOD, BAD, WARNING, PLAIN = "good", "bad", "warning", ""

# What the panel says of a door -> a word in front of it, and what is thought of it. Door and
# contact show the rest.
SAID_OF_DOORS = {
    "door_forced": ("ALARM", BAD),
    "door_forced_over": ("ALARM OVER", PLAIN),
    "door_held_soon": ("WARNING", WARNING),
    "door_held": ("ALARM", BAD),
    "door_held_over": ("ALARM OVER", PLAIN),
    "door_failed": ("FAILED", BAD),
    "exit_requested": ("EXIT", GOOD),
    "not_entered": ("NOTE", PLAIN),
}

SAID_OF_READERS = {"ready": ("READY", GOOD), "lost": ("LOST", BAD)}

HANDED_OVER = "That was the visit. Now the door is yours: each key below does something to it."

# Word, what is said, what is thought of it.
Said = tuple[str, str, str]


class View:
    """Notes what happens. Everything else only reads it.

    `wire` holds (t_ms, who, what), `log` (number, words), `reader` is what the panel knows of it,
    `reader_power` what the reader has: "off", "booting", "running".
    """

    def __init__(self) -> None:
        self.title = ""
        self.caption = "The panel starts."
        self.is_playing = False
        self.lights = Lights()
        self.reader_power = OFF
        self.is_silent = False
        self.is_open = False
        self.relay = False
        self.wire: deque[tuple[int, str, str]] = deque(maxlen=WIRE_LINES)
        self.pings = 0
        self.log: list[tuple[int, str]] = []
        self.cards: list[str] = []
        self._forget_panel()

    def note(self, happening: dict[str, Any]) -> None:
        """Something happened."""
        note = NOTES.get(happening["event"])
        if note is not None:
            note(self, happening)

    @property
    def is_locked(self) -> bool:
        return not self.relay

    def _forget_panel(self) -> None:
        """There is no panel: what it said before is not true any more."""
        self.panel = "no power"
        self.reader = ""
        self.said: Said = ("", "", PLAIN)
        self.alarms: set[str] = set()
        self.is_wakeup_low = False
        self._pings = Pings()

    # One for each event

    def _demo(self, seen: dict[str, Any]) -> None:
        heap = f", {seen['heap_kib']} KiB heap" if seen["heap_kib"] else ""
        self.title = f"panel on {seen['interpreter']}{heap}, events: {seen['events']}"

    def _panel(self, seen: dict[str, Any]) -> None:
        if seen["state"] == "started":
            self.panel = "runs"
            self.said = ("STARTED", f"{seen['interpreter']}, after: {seen['reset_cause']}", PLAIN)
        else:
            self.panel = seen["state"]

    def _restart(self, seen: dict[str, Any]) -> None:
        self._forget_panel()
        if seen["cause"] != "power":
            self.panel = "starts over"

    def _reader(self, seen: dict[str, Any]) -> None:
        self.reader = seen["state"]
        self._pings.note_reader(self.reader)
        if self.reader in SAID_OF_READERS:
            word, mood = SAID_OF_READERS[self.reader]
            detail = f": {seen['detail']}" if seen["detail"] else ""
            self.said = (word, f"the reader is {self.reader}{detail}", mood)

    def _decision(self, seen: dict[str, Any]) -> None:
        card = f"card {seen['card']}" if seen["card"] else "a card"
        if seen["granted"]:
            self.said = ("GRANTED", f"{card} may pass", GOOD)
        else:
            self.said = ("DENIED", f"{card}: {_words(seen['reason'])}", BAD)

    def _door(self, seen: dict[str, Any]) -> None:
        what = seen["what"]
        if what in RAISED:
            self.alarms.add(RAISED[what])
        self.alarms.difference_update(OVER.get(what, ()))
        if what in SAID_OF_DOORS:
            word, mood = SAID_OF_DOORS[what]
            self.said = (word, HAPPENINGS[what].partition(": ")[2] or HAPPENINGS[what], mood)

    def _trouble(self, seen: dict[str, Any]) -> None:
        self.said = ("TROUBLE", f"{_words(seen['name'])}: {seen['detail']}", WARNING)

    def _relay(self, seen: dict[str, Any]) -> None:
        self.relay = seen["energised"]

    def _contact(self, seen: dict[str, Any]) -> None:
        self.is_open = seen["open"]

    def _card(self, seen: dict[str, Any]) -> None:
        if seen["card"] is None:
            self.cards.clear()
        elif seen["state"] == "presented":
            self.cards = [card for card in self.cards if card != seen["card"]] + [seen["card"]]
        elif seen["card"] in self.cards:
            self.cards.remove(seen["card"])

    def _sequence(self, seen: dict[str, Any]) -> None:
        self.lights.plays(seen["number"], seen["t_ms"])

    def _power(self, seen: dict[str, Any]) -> None:
        self.reader_power = seen["state"]
        if self.reader_power in (OFF, BOOTING):
            self.lights.go_out()

    def _fault_set(self, seen: dict[str, Any]) -> None:
        if seen["name"] == "silence":
            self.is_silent = seen["value"] == "on"

    def _wakeup(self, seen: dict[str, Any]) -> None:
        self.is_wakeup_low = seen["asserted"]
        what = "falls: the reader has an event" if self.is_wakeup_low else "rises"
        self.wire.append((seen["t_ms"], WAKEUP, what))

    def _wire(self, seen: dict[str, Any]) -> None:
        if self._pings.folds(seen):
            self.pings += seen["direction"] == RECEIVED
            return
        if self._pings.missed(seen):
            self.wire.append((seen["t_ms"], PANEL, f"{PING}: no answer"))
        who = PANEL if seen["direction"] == SENT else READER
        self.wire.append((seen["t_ms"], who, seen["meaning"]))

    def _remark(self, seen: dict[str, Any]) -> None:
        self.caption = seen["words"]

    def _act(self, seen: dict[str, Any]) -> None:
        self.caption = seen["words"]

    def _visit(self, seen: dict[str, Any]) -> None:
        self.is_playing = seen["playing"]
        if self.is_playing:
            self.caption = "The visit begins as soon as the reader is ready."
        elif seen["ended"]:
            reason = seen["reason"]
            self.caption = HANDED_OVER if reason is None else f"The visit went wrong: {reason}"

    def _log(self, seen: dict[str, Any]) -> None:
        self.log = [
            (number, _words(kind) + (f": {_words(reason)}" if _tells(reason) else ""))
            for number, kind, reason in seen["records"][-LOG_LINES:]
        ]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _tells(reason: str | None) -> bool:
    """Whether a record's reason says more than its kind."""
    return reason not in (None, "granted")


Note = Callable[[View, dict[str, Any]], None]

NOTES: dict[str, Note] = {
    "demo": View._demo,
    "panel": View._panel,
    "restart": View._restart,
    "reader": View._reader,
    "decision": View._decision,
    "door": View._door,
    "trouble": View._trouble,
    "relay": View._relay,
    "contact": View._contact,
    "card": View._card,
    "sequence": View._sequence,
    "own_sequence": View._sequence,
    "power": View._power,
    "fault_set": View._fault_set,
    "wakeup": View._wakeup,
    "wire": View._wire,
    "remark": View._remark,
    "act": View._act,
    "visit": View._visit,
    "log": View._log,
}
