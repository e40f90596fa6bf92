"""The names and values of faults, as a script writes them: `fault NAME VALUE`.

The table KNOBS is the whole list. A value is text or the Python value of the same meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from loquet_tools.virtual_reader import tables

TO_READER = "to_reader"
TO_HOST = "to_host"
DIRECTIONS = (TO_READER, TO_HOST)

LONGEST_MS = 60000

# kind -> what its values are, for messages and for the README
KINDS = {
    "amount": "off, N (the next N transmissions) or a probability with a point (0.0 to 1.0), "
    "then to_reader or to_host for one direction only",
    "count": "off or N (the next N)",
    "chance": "off, N (the next N) or a probability with a point (0.0 to 1.0)",
    "delay": f"off or milliseconds 0 to {LONGEST_MS}, "
    "then to_reader or to_host for one direction only",
    "ms": f"off or milliseconds 0 to {LONGEST_MS}",
    "once_ms": f"milliseconds 0 to {LONGEST_MS}",
    "switch": "on or off",
    "rate": "off or one of " + ", ".join(str(rate) for rate in tables.BITRATES),
    "level": "low, high or off",
    "slow": f"CLA INS (hex) and milliseconds 0 to {LONGEST_MS}, or off",
}

KNOBS = {
    "drop": "amount",
    "duplicate": "amount",
    "corrupt": "amount",
    "corrupt_unseen": "amount",
    "truncate": "amount",
    "lost_frame": "amount",
    "duplicate_frame": "amount",
    "split": "amount",
    "merge": "amount",
    "delay": "delay",
    "lost_f0": "chance",
    "edge_lost": "count",
    "wakeup_stuck": "level",
    "silence": "switch",
    "wrong_rate": "rate",
    "late_boot": "ms",
    "restart": "once_ms",
    "slow": "slow",
}


@dataclass
class Amount:
    """How often a fault strikes: the next `count` times, or each time by `probability`."""

    count: int = 0
    probability: float = 0.0

    def strikes(self, random: Random) -> bool:
        """Whether it strikes now; uses up one of the count."""
        if self.count:
            self.count -= 1
            return True
        return self.probability > 0 and random.random() < self.probability


class _Refused(Exception):
    """The value is not one that the knob takes."""


def parse(name: str, value: object) -> tuple[object, tuple[str, ...]]:
    """The meaning of a knob's value, and the directions it is for.

    Kind: amount, chance, count -> Amount; delay, ms, once_ms -> int; switch -> bool;
    rate, level -> value or None for off; slow -> (CLA, INS, ms) or None.
    ValueError names what is allowed.
    """
    if name not in KNOBS:
        raise ValueError(f"no fault {name!r}, there are: {', '.join(KNOBS)}")
    kind = KNOBS[name]
    try:
        return _parse_kind(kind, _text(value))
    except _Refused:
        raise ValueError(f"fault {name} is {value!r}, allowed: {KINDS[kind]}") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:f}"  # never in the form 1e-05
    return "off" if value is None else str(value).strip()


def _parse_kind(kind: str, text: str) -> tuple[object, tuple[str, ...]]:
    if kind in ("amount", "delay"):
        text, directions = _split_direction(text)
        return (_amount(text) if kind == "amount" else _ms(text)), directions
    return PARSERS[kind](text), DIRECTIONS


def _split_direction(text: str) -> tuple[str, tuple[str, ...]]:
    first, _, rest = text.partition(" ")
    rest = rest.strip()
    if not rest:
        return first, DIRECTIONS
    if rest not in DIRECTIONS:
        raise _Refused
    return first, (rest,)


def _amount(text: str) -> Amount:
    if "." not in text:
        return _count(text)
    if not re.fullmatch(r"[01]?\.[0-9]+", text, re.ASCII) or float(text) > 1:
        raise _Refused
    return Amount(probability=float(text))


def _count(text: str) -> Amount:
    return Amount(count=0 if text == "off" else _integer(text))


def _integer(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise _Refused
    return int(text)


def _once_ms(text: str) -> int:
    number = _integer(text)
    if number > LONGEST_MS:
        raise _Refused
    return number


def _ms(text: str) -> int:
    return 0 if text == "off" else _once_ms(text)


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise _Refused
    return text == "on"


def _rate(text: str) -> int | None:
    if text == "off":
        return None
    if _integer(text) not in tables.BITRATES:
        raise _Refused
    return int(text)


def _level(text: str) -> str | None:
    if text not in ("low", "high", "off"):
        raise _Refused
    return None if text == "off" else text


def _slow(text: str) -> tuple[int, int, int] | None:
    if text == "off":
        return None
    match = re.fullmatch(r"([0-9A-Fa-f]{2}) ([0-9A-Fa-f]{2}) ([0-9]+)", text, re.ASCII)
    if not match:
        raise _Refused
    return int(match[1], 16), int(match[2], 16), _once_ms(match[3])


PARSERS = {
    "chance": _amount,
    "count": _count,
    "ms": _ms,
    "once_ms": _once_ms,
    "switch": _switch,
    "rate": _rate,
    "level": _level,
    "slow": _slow,
}
