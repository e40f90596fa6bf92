"""What each check of loquet.access found, in words: the facts it looked at, one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from loquet import access, clock, posture
from loquet.access import Case
from loquet.card import NEVER_ENDS, Card
from loquet_tools import card_words

_EPOCH = datetime(2020, 1, 1)
_SPANS = ((365 * 24 * 60, "year"), (24 * 60, "day"), (60, "hour"), (1, "minute"))


def sentence(reason: str, case: Case) -> str:
    """What the check with this reason, which was reached, found. No full stop."""
    return _SENTENCES[reason](case)


def _assumed(what: str) -> Callable[[Case], str]:
    # It was so or not when the card was shown; a question about another time can but assume it.
    return lambda case: f"assumed: {what}"


def _random_uid(case: Case) -> str:
    if case.random_uid:
        return "an NFC-A UID of 4 bytes from 08 on is another one each time"
    return "the id is not one that changes each time"


def _unknown_card(case: Case) -> str:
    return "the card is in the list" if case.card else "the card is not in the list"


def _disabled(case: Case) -> str:
    return "the card is enabled" if case.card.enabled else "the card is disabled"


def _door_failed(case: Case) -> str:
    return "the door works" if case.in_order else "the door is out of order until a restart"


def _lockdown(case: Case) -> str:
    if case.posture != posture.LOCKDOWN:
        return f"the door's posture is {case.posture}"
    passes = "may" if case.card.pass_lockdown else "may not"
    return f"the door is in lockdown, which the card {passes} pass"


def _wrong_group(case: Case) -> str:
    if case.door.access is None:
        return "the door takes every card of the list"
    groups = card_words.groups_of(case.card)
    own = f"{'groups' if len(groups) > 1 else 'group'} {_listed(groups)}" if groups else "no group"
    return f"the card is in {own}; the door takes {_listed(map(_rule, case.door.access))}"


def _clock(case: Case) -> str:
    needs = list(_needs(case))
    if not needs:
        return "the card asks for no time"
    said = f"{' and '.join(needs)}; the clock is {case.moment.quality.replace('_', '-')}"
    if case.moment.quality != clock.FREE_RUNNING:
        return said
    return f"{said}, which the settings {'use' if case.use_free_running else 'refuse'}"


def _needs(case: Case) -> Iterator[str]:
    if _is_dated(case.card):
        yield "the card has dates"
    if _free(case) is None:
        yield "the door has hours for the card"


def _not_yet_valid(case: Case) -> str:
    begins = case.card.from_minute
    if not begins:
        return "the card has no begin"
    passed = case.moment.minute - begins
    told = _since("began", passed) if passed >= 0 else f"{_span(-passed)} too early"
    return f"from {_utc(begins)}: {told}"


def _expired(case: Case) -> str:
    ends = case.card.until_minute
    if ends == NEVER_ENDS:
        return "the card has no end"
    left = ends - case.moment.minute
    told = f"{_span(left)} left" if left > 0 else _since("expired", -left)
    return f"until {_utc(ends)}: {told}"


def _outside_schedule(case: Case) -> str:
    free = _free(case)
    if free is not None:
        return free
    hours = sorted({rule.schedule for rule in _memberships(case)})
    open_now = [name for name in hours if case.calendar.is_open(name, case.moment.seconds)]
    if open_now:
        return f"{_when(case)}: {_listed(open_now)} is open"
    return f"{_when(case)}: {_listed(hours)} is not open"


def _anti_passback(case: Case) -> str:
    limit_s = case.door.anti_passback_s
    if not limit_s:
        return "the door has no anti-passback"
    if not case.entry:
        return "it is not for an exit"
    if case.passed_s is None:
        return f"the card was not let in within {limit_s} s, as far as is known"
    return f"the card was let in {case.passed_s} s ago, and may be again after {limit_s} s"


def _uses_exhausted(case: Case) -> str:
    left = case.card.uses_left
    if left is None:
        return "the card has any number of uses"
    return f"the card has {_number(left, 'use')} left" if left else "the card has no use left"


_SENTENCES: dict[str, Callable[[Case], str]] = {
    access.NOT_READY: _assumed("the reader was ready"),
    access.STALE_EVENT: _assumed("the event was fresh"),
    access.SUSPECT: _assumed("the event was clean"),
    access.TRUNCATED: _assumed("the event was whole"),
    access.REPEAT: _assumed("the card had been away"),
    access.RANDOM_UID: _random_uid,
    access.UNKNOWN_CARD: _unknown_card,
    access.DISABLED: _disabled,
    access.DOOR_FAILED: _door_failed,
    access.LOCKDOWN: _lockdown,
    access.WRONG_GROUP: _wrong_group,
    access.CLOCK: _clock,
    access.NOT_YET_VALID: _not_yet_valid,
    access.EXPIRED: _expired,
    access.OUTSIDE_SCHEDULE: _outside_schedule,
    access.ANTI_PASSBACK: _anti_passback,
    access.USES_EXHAUSTED: _uses_exhausted,
}


def _is_dated(card: Card) -> bool:
    return card.from_minute != 0 or card.until_minute != NEVER_ENDS


def _memberships(case: Case) -> list[Any]:
    groups = card_words.groups_of(case.card)
    return [rule for rule in case.door.access or () if rule.group in groups]


def _free(case: Case) -> str | None:
    """Why no hours bind the card; None if some do."""
    if case.door.access is None:
        return "the door has no hours"
    free = [rule.group for rule in _memberships(case) if rule.schedule is None]
    return f"group {_listed(free)} may pass at any time" if free else None


def _rule(rule: Any) -> str:
    hours = "any time" if rule.schedule is None else rule.schedule
    return f"group {rule.group} ({hours})"


def _when(case: Case) -> str:
    shown = case.calendar.local(case.moment.seconds)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[shown.weekday]
    holiday = ", a holiday" if case.calendar.is_holiday(case.moment.seconds) else ""
    return f"{day} {shown.minute // 60:02}:{shown.minute % 60:02} local time{holiday}"


def _utc(minute: int) -> str:
    return (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M UTC")


def _since(what: str, minutes: int) -> str:
    return f"{what} {_span(minutes)} ago" if minutes else f"{what} this minute"


def _span(minutes: int) -> str:
    """One minute and more, cut to the largest unit."""
    length, unit = next(row for row in _SPANS if minutes >= row[0])
    return _number(minutes // length, unit)


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(things: Iterable[object]) -> str:
    return ", ".join(map(str, things))
