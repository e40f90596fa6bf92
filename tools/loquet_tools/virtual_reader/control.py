"""Requests of scripts, a line of JSON each, and their answers. COMMANDS is all that can be asked.

{"do": "present", "card": "alice"}   ->   {"ok": true}
{"do": "present", "card": "bob"}     ->   {"ok": false, "error": "line 2: card is \\"bob\\"; …"}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loquet_tools.virtual_reader.card_files import card_of, shown
from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.knobs import KNOBS, LONGEST_MS
from loquet_tools.virtual_reader.tell import plain
from loquet_tools.virtual_reader.transports import Driver

LEVELS = {"low": False, "high": True}
SWITCH = {"on": True, "off": False}


class Control:
    """One conversation with a script. `cards`: those that may be called by name.

    `watching`: whether the script wants to be told all that the reader does.
    """

    def __init__(self, driver: Driver, cards: Mapping[str, Card]):
        self.driver = driver
        self.cards = cards
        self.watching = False
        self._lines = 0

    def answer(self, line: bytes) -> dict[str, Any]:
        """Does what one line asks for; the answer, for JSON."""
        self._lines += 1
        try:
            return {"ok": True, **self._do(_request(line))}
        except ValueError as error:
            return {"ok": False, "error": f"line {self._lines}: {error}"}

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request.pop("do", None)
        command = COMMANDS.get(name) if isinstance(name, str) else None
        if command is None:
            raise ValueError(f"do is {shown(name)}; allowed: one of {', '.join(COMMANDS)}")
        for key in request:
            if key not in command.fields:
                allowed = ", ".join(command.fields) or "none"
                raise ValueError(f"no field {key!r} of {name}; allowed: {allowed}")
        return command.run(self, request) or {}

    def card(self, described: Any) -> Card:
        """A card of the folder by its name, or as it is described."""
        if not isinstance(described, str):
            return card_of(described)
        if described not in self.cards:
            names = ", ".join(self.cards) or "no name, there is no folder of cards"
            raise ValueError(f"card is {shown(described)}; allowed: {names}; or an object with uid")
        return self.cards[described]


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8; allowed: one JSON object a line") from None
    except json.JSONDecodeError as error:
        place = f"column {error.colno}: {error.msg}"
        raise ValueError(f"{place}; allowed: one JSON object a line") from None
    except RecursionError:
        raise ValueError("brackets too deep; allowed: one JSON object a line") from None
    if not isinstance(request, dict):
        raise ValueError(f"{shown(request)}; allowed: one JSON object a line")
    return request


def _one_of(request: dict[str, Any], name: str, meanings: Mapping[str, Any]) -> Any:
    value = request.get(name)
    if not isinstance(value, str) or value not in meanings:
        raise ValueError(f"{name} is {shown(value)}; allowed: {' or '.join(meanings)}")
    return meanings[value]


def _present(control: Control, request: dict[str, Any]) -> None:
    if "card" not in request:
        raise ValueError("card is missing; allowed: a name, or an object with uid")
    for_ms = request.get("for_ms")
    if for_ms is not None and (type(for_ms) is not int or not 0 <= for_ms <= LONGEST_MS):
        raise ValueError(f"for_ms is {shown(for_ms)}; allowed: milliseconds from 0 to {LONGEST_MS}")
    control.driver.present(control.card(request["card"]), for_ms)


def _remove(control: Control, request: dict[str, Any]) -> None:
    control.driver.remove(control.card(request["card"]) if "card" in request else None)


def _fault(control: Control, request: dict[str, Any]) -> None:
    name = request.get("name")
    if not isinstance(name, str):
        raise ValueError(f"name is {shown(name)}; allowed: one of {', '.join(KNOBS)}")
    value = request.get("value")
    if isinstance(value, (dict, list)):
        raise ValueError(f"value is {shown(value)}; allowed: text, a number, true, false or null")
    control.driver.set_fault(name, value)


def _power(control: Control, request: dict[str, Any]) -> None:
    if _one_of(request, "is", SWITCH):
        control.driver.power_on()
    else:
        control.driver.power_off()


def _gpio(control: Control, request: dict[str, Any]) -> None:
    pin, pins = request.get("pin"), control.driver.reader.pins
    if type(pin) is not int or not 1 <= pin <= len(pins):
        raise ValueError(f"pin is {shown(pin)}; allowed: a number from 1 to {len(pins)}")
    pins.drive(pin - 1, _one_of(request, "level", LEVELS))


def _cards(control: Control, request: dict[str, Any]) -> dict[str, Any]:
    return {"cards": {name: plain(card.uid) for name, card in control.cards.items()}}


def _state(control: Control, request: dict[str, Any]) -> dict[str, Any]:
    reader = control.driver.reader
    return {
        "power": reader.state,
        "bitrate": reader.bitrate,
        "smart_reader": reader.smart_reader.running,
        "cards": [plain(card.uid) for card in reader.smart_reader.antenna.cards],
        "wakeup": reader.outlet.asserted,
        "events_waiting": reader.outlet.pending,
        "ports": reader.network.ports,
        "quiet": reader.network.quiet,
        "gpios": plain(reader.pins.levels()),
        "shown": {kind: plain(value) for kind, value in reader.shown.items()},
        "counters": dict(reader.counters),
    }


def _watch(control: Control, request: dict[str, Any]) -> None:
    control.watching = _one_of(request, "is", SWITCH)


@dataclass(frozen=True)
class Asked:
    """A row of the table. `fields`: name -> what it may be, for README.md."""

    run: Callable[[Control, dict[str, Any]], dict[str, Any] | None]
    about: str
    fields: dict[str, str]


A_CARD = "a name of the folder, or an object as in a card's file"

COMMANDS = {
    "present": Asked(
        _present,
        "lays a card on the reader, with `for_ms` for so long",
        {"card": A_CARD, "for_ms": f"milliseconds, 0 to {LONGEST_MS}; not said: until removed"},
    ),
    "remove": Asked(_remove, "takes it away", {"card": f"{A_CARD}; not said: every card"}),
    "fault": Asked(
        _fault, "turns a knob of the line", {"name": "see Faults", "value": "see Faults"}
    ),
    "power": Asked(_power, "plugs it in, pulls the plug", {"is": "on or off"}),
    "gpio": Asked(
        _gpio,
        "drives a pin from outside",
        {"pin": "a number from 1", "level": "low or high"},
    ),
    "cards": Asked(_cards, "names of the folder's cards, and their uids", {}),
    "state": Asked(_state, "how the reader is", {}),
    "watch": Asked(
        _watch,
        'from now on a line for all that the reader does: `{"event": {"at_us": …}}`',
        {"is": "on or off"},
    ),
}
