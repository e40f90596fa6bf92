"""What a card may do, as people write it in a card list, and as `loquet cards show` prints it.

    groups   numbers of groups with blanks between: 1 3 7
    from     the first day or minute, UTC: 2026-11-21 or 2026-11-21T08:30
    until    the last day, to its end, or the minute at which it is over
    uses     how often the card may be used in all
    flags    words with blanks between, of FLAGS

Nothing written is the default: no group, always valid, unlimited, enabled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from loquet.card import MOST_USES, NEVER_ENDS, Card

MOST_GROUPS = 32
_EPOCH = datetime(2020, 1, 1)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_DATE = r"\d{4}-\d\d-\d\d"
_LAST = (_EPOCH + (NEVER_ENDS - 1) * _MINUTE).strftime("%Y-%m-%dT%H:%M")

ENABLED = "enabled"
DISABLED = "disabled"
# Attributes of a Card, by their own names, that are set by naming them.
FLAGS = ("extended", "unlock_first", "pass_lockdown")


def parse_groups(text: str) -> dict[str, Any] | None:
    numbers = text.split()
    if not all(re.fullmatch("[0-9]{1,2}", number, re.ASCII) for number in numbers):
        return None
    groups = {int(number) for number in numbers}
    if max(groups) >= MOST_GROUPS:
        return None
    return {"groups": sum(1 << number for number in groups)}


def parse_from(text: str) -> dict[str, Any] | None:
    return _minute("from_minute", _moment(text))


def parse_until(text: str) -> dict[str, Any] | None:
    moment = _moment(text)
    # Whoever writes a day means all of it; a card is valid up to but not including its minute.
    if moment and "T" not in text:
        moment += _DAY
    return _minute("until_minute", moment)


def parse_uses(text: str) -> dict[str, Any] | None:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MOST_USES:
        return None
    return {"uses_left": int(text)}


def parse_flags(text: str) -> dict[str, Any] | None:
    words = text.split()
    if set(words) - {ENABLED, DISABLED, *FLAGS} or {ENABLED, DISABLED} <= set(words):
        return None
    return {ENABLED: DISABLED not in words, **{flag: flag in words for flag in FLAGS}}


# (column, parser of what stands there: arguments of Card or None, what is allowed)
FIELDS: tuple[tuple[str, Callable[[str], dict[str, Any] | None], str], ...] = (
    (
        "groups",
        parse_groups,
        f"numbers from 0 to {MOST_GROUPS - 1} with blanks between, as in 1 3 7",
    ),
    (
        "from",
        parse_from,
        f"a day or a minute in UTC, 2020-01-01 to {_LAST}, as in 2026-11-21 or 2026-11-21T08:30",
    ),
    (
        "until",
        parse_until,
        "a day, valid to its end, or a minute in UTC, "
        f"2020-01-01 to {_LAST}, as in 2026-11-21 or 2026-11-21T08:30",
    ),
    ("uses", parse_uses, f"a number from 0 to {MOST_USES}, or nothing for any number of uses"),
    (
        "flags",
        parse_flags,
        f"words of {ENABLED} or {DISABLED}, {', '.join(FLAGS)}, with blanks between",
    ),
)


def groups_of(card: Card) -> list[int]:
    """The numbers of the groups that the card is a member of."""
    return [number for number in range(MOST_GROUPS) if card.groups >> number & 1]


def from_of(card: Card) -> str:
    """As the column from; empty for always."""
    return _written(_EPOCH + card.from_minute * _MINUTE) if card.from_minute else ""


def until_of(card: Card) -> str:
    """As the column until; empty for never."""
    if card.until_minute == NEVER_ENDS:
        return ""
    end = _EPOCH + card.until_minute * _MINUTE
    return _written(end - _DAY if _is_midnight(end) and card.until_minute else end)


def flags_of(card: Card) -> list[str]:
    """The words of the column flags that are not the default."""
    disabled = [] if card.enabled else [DISABLED]
    return disabled + [flag for flag in FLAGS if getattr(card, flag)]


def _moment(text: str) -> datetime | None:
    if not re.fullmatch(_DATE + r"(T\d\d:\d\d)?", text, re.ASCII):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment >= _EPOCH else None


def _minute(name: str, moment: datetime | None) -> dict[str, Any] | None:
    if moment is None:
        return None
    minute = (moment - _EPOCH) // _MINUTE
    return {name: minute} if minute < NEVER_ENDS else None


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d" if _is_midnight(moment) else "%Y-%m-%dT%H:%M")


def _is_midnight(moment: datetime) -> bool:
    return not (moment.hour or moment.minute)
