"""Tells what happens, line by line, for people: when, who, what. 80 columns.

The panel's PINGs that keep the line alive are folded away while the reader answers them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from rich.text import Text

from loquet_tools.console import PlainConsole
from loquet_tools.pings import Pings
from loquet_tools.wire_watch import PING, RECEIVED, SENT
from springcore import codes, vocabulary

COLUMNS = 80
WHO_COLUMNS = 16
WHAT_COLUMNS = COLUMNS - WHO_COLUMNS - 11

TO_READER = "panel -> reader"
TO_PANEL = "reader -> panel"

STYLES = {
    TO_READER: "cyan",
    TO_PANEL: "green",
    "/WAKEUP": "yellow",
    "door": "bold magenta",
    "panel": "bold",
    "script": "dim",
    "trouble": "bold red",
}

# Who, and what.
Told = tuple[str, str]

# What the panel says of a door.
HAPPENINGS = {
    "door_opened": "the door was opened",
    "door_closed": "the door was closed",
    "door_forced": "ALARM: the door was opened without a release",
    "door_forced_over": "alarm over: forced",
    "door_held_soon": "warning: the door stands open",
    "door_held": "ALARM: the door stands open for too long",
    "door_held_over": "alarm over: held open",
    "not_entered": "released, and nobody opened the door",
    "exit_requested": "somebody asks to leave",
    "fire": "fire: no alarms of the door",
    "fire_over": "the fire is over",
    "door_failed": "the door is out of order",
}

RESTARTS = {
    "power": "the power is cut, and comes back",
    "watchdog": "the watchdog starts the panel over",
    "software": "the panel starts over",
}


class Narrator:
    """Prints happenings (stage.py) and reports of the panel alike."""

    def __init__(self, console: PlainConsole | None = None):
        self._console = console or PlainConsole(width=COLUMNS, highlight=False)
        self._pings = Pings()
        self._folded = 0

    def tell(self, happening: dict[str, Any]) -> None:
        """One happening, in as many lines as it needs."""
        event = happening["event"]
        if event == "reader":
            self._pings.note_reader(happening["state"])
        if event == "remark":
            self._heading(happening["words"])
        elif event == "wire":
            self._wire(happening)
        elif event in WORDS:
            self._line(happening["t_ms"], *WORDS[event](happening))
        else:
            self._line(happening["t_ms"], event, _fields(happening))

    def _wire(self, happening: dict[str, Any]) -> None:
        if self._pings.folds(happening):
            self._folded += happening["direction"] == RECEIVED
            return
        t_ms = happening["t_ms"]
        if self._folded:
            count, self._folded = self._folded, 0
            self._line(t_ms, "", f"(meanwhile {count} x PING, answered)", "dim")
        if self._pings.missed(happening):
            self._line(t_ms, TO_READER, f"{PING}: no answer")
        who = TO_READER if happening["direction"] == SENT else TO_PANEL
        self._line(t_ms, who, happening["meaning"])

    def _heading(self, words: str) -> None:
        self._console.print()
        self._console.print(Text(textwrap.fill(words, COLUMNS), style="bold underline"))

    def _line(self, t_ms: int, who: str, what: str, style: str | None = None) -> None:
        first, *more = textwrap.wrap(what, WHAT_COLUMNS) or [""]
        text = Text(f"{t_ms / 1000:8.3f}  ", style="dim")
        text.append(f"{who:<{WHO_COLUMNS}}", style=style or STYLES.get(who, ""))
        text.append(first, style=style or "default")
        for line in more:
            text.append("\n" + " " * (COLUMNS - WHAT_COLUMNS - 1) + line, style=style or "default")
        self._console.print(text, soft_wrap=True)


# Events in words. Each takes the happening.


def _demo(seen: dict[str, Any]) -> Told:
    heap = f" with a heap of {seen['heap_kib']} KiB" if seen["heap_kib"] else ""
    where = " on an emulated Pico, in its virtual time" if seen["board"] == "pico" else ""
    return "demo", (
        f"the panel runs on {seen['interpreter']}{heap}{where}, events: {seen['events']}, "
        f"reader at {seen['serial']}, seed {seen['seed']}"
    )


def _panel(seen: dict[str, Any]) -> Told:
    if seen["state"] == "stopped":
        return "panel", f"stopped: {seen['reason']}"
    free = f", {seen['heap_free']} bytes of heap free" if seen["heap_free"] else ""
    return "panel", f"{seen['state']} on {seen['interpreter']}{free}"


def _reader(seen: dict[str, Any]) -> Told:
    return "panel", f"reader is {seen['state']}" + (f": {seen['detail']}" if seen["detail"] else "")


def _decision(seen: dict[str, Any]) -> Told:
    if seen["granted"]:
        return "panel", f"card {seen['card']}: granted"
    return "panel", f"card {seen['card']}: denied ({seen['reason']})"


def _relay(seen: dict[str, Any]) -> Told:
    if seen["energised"]:
        return "door", "relay energised: the door is released"
    return "door", "relay at rest: the door is locked"


def _door(seen: dict[str, Any]) -> Told:
    return "panel", HAPPENINGS.get(seen["what"], seen["what"])


def _clock(seen: dict[str, Any]) -> Told:
    step = "" if seen["step_s"] is None else f", {seen['step_s']:+d} s"
    return "panel", f"it is {_utc(seen['seconds'])}, {seen['quality']}{step}"


def _posture(seen: dict[str, Any]) -> Told:
    return "panel", f"the door is {seen['posture']}"


def _contact(seen: dict[str, Any]) -> Told:
    return "door", "opens" if seen["open"] else "closes"


def _rex(seen: dict[str, Any]) -> Told:
    return "door", "the button inside is pressed"


def _fire_alarm(seen: dict[str, Any]) -> Told:
    return "fire alarm", "fire" if seen["active"] else "no fire any more"


def _time_told(seen: dict[str, Any]) -> Told:
    return "clock", f"somebody says it is {_utc(seen['seconds'])}"


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _restart(seen: dict[str, Any]) -> Told:
    return "demo", RESTARTS[seen["cause"]]


def _sequence(seen: dict[str, Any]) -> Told:
    name = codes.name_of(vocabulary.SEQUENCES, seen["number"]) or f"{seen['number']:02X}"
    return "reader", f"plays: {name}"


def _own_sequence(seen: dict[str, Any]) -> Told:
    who, what = _sequence(seen)
    return who, f"{what} (by itself)"


def _wakeup(seen: dict[str, Any]) -> Told:
    return "/WAKEUP", "falls: the reader has an event" if seen["asserted"] else "rises"


def _card(seen: dict[str, Any]) -> Told:
    card = "every card" if seen["card"] is None else seen["card"]
    return (
        "card",
        f"{card} is {'laid on the reader' if seen['state'] == 'presented' else 'taken away'}",
    )


def _power(seen: dict[str, Any]) -> Told:
    return "reader", {"off": "has no power", "booting": "starts", "running": "runs"}[seen["state"]]


def _fault(seen: dict[str, Any]) -> Told:
    return "fault", str(seen["what"])


def _fault_set(seen: dict[str, Any]) -> Told:
    if seen["name"] == "silence":
        return "reader", "falls silent" if seen["value"] == "on" else "can be heard again"
    return "fault", f"set: {seen['name']} {seen['value']}"


def _trouble(seen: dict[str, Any]) -> Told:
    return "trouble", f"{seen['name']}: {seen['detail']}"


def _expect(seen: dict[str, Any]) -> Told:
    if seen["held"]:
        return "script", f"held: {seen['text']}"
    return "trouble", f"line {seen['line']}, {seen['text']}: {seen['instead']}"


def _result(seen: dict[str, Any]) -> Told:
    return "demo", "done" if seen["ok"] else f"failed: {seen['reason']}"


WORDS: dict[str, Callable[[dict[str, Any]], Told]] = {
    "demo": _demo,
    "panel": _panel,
    "reader": _reader,
    "decision": _decision,
    "relay": _relay,
    "door": _door,
    "clock": _clock,
    "posture": _posture,
    "contact": _contact,
    "rex": _rex,
    "fire_alarm": _fire_alarm,
    "time_told": _time_told,
    "restart": _restart,
    "sequence": _sequence,
    "own_sequence": _own_sequence,
    "wakeup": _wakeup,
    "card": _card,
    "power": _power,
    "fault": _fault,
    "fault_set": _fault_set,
    "trouble": _trouble,
    "expect": _expect,
    "result": _result,
}


def _fields(happening: dict[str, Any]) -> str:
    """An event that we have no words for."""
    shown = {name: happening[name] for name in happening if name not in ("t_ms", "event")}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
