"""`loquet explain`: would this card open this door then, and why, or why not?

The panel's own code decides, on the cards of a folder and on a settings document. Only what a
question about another time cannot know is assumed: that the event was clean and fresh, and the
card had been away.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet import access, notation
from loquet.access import Case
from loquet.calendar import Calendar
from loquet.clock import QUALITIES, SYNCHRONISED, UNKNOWN, Moment
from loquet.identity import is_random
from loquet.posture import POSTURES, Posture
from loquet.settings import ENTRY, EXIT
from loquet_tools import access_words, arguments, cards, moments, settings_check


def explain(
    card: Annotated[str, typer.Argument(help="The card's id.")],
    folder: Annotated[Path, typer.Option("--cards", metavar="FOLDER", help="The card folder.")],
    file: Annotated[Path, typer.Option("--settings", metavar="FILE", help="The settings, JSON.")],
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="2026-11-21T08:30 in the settings' time zone; Z: UTC."),
    ],
    door: Annotated[str, typer.Option(metavar="NAME", help="The door's name in the settings.")],
    form: Annotated[
        str, typer.Option("--notation", help="How the id is written.")
    ] = notation.FORMS[0][0],
    posture: Annotated[
        str | None, typer.Option(help="How the door stands: normal, unlocked or lockdown.")
    ] = None,
    clock_quality: Annotated[
        str, typer.Option(help="The panel's clock: unknown, free_running or synchronised.")
    ] = SYNCHRONISED,
    direction: Annotated[str, typer.Option(help="The reader's: entry or exit.")] = ENTRY,
    passed_s: Annotated[
        int | None, typer.Option(min=0, help="Seconds since the card was let in there.")
    ] = None,
    door_failed: Annotated[
        bool, typer.Option("--door-failed", help="The door is out of order.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Says whether a card opens a door at a time, check by check.

    Exit status 0 if it does, 1 if it does not.
    """
    key = notation.parse(card, form)
    settings = settings_check.load(file)
    rules = _door_named(door, settings.doors)
    calendar = Calendar(settings.time_zone, settings.schedules, settings.holidays)
    seconds, note = moments.parse("--at", at, settings.time_zone)
    quality = arguments.one_of("--clock-quality", clock_quality, QUALITIES)
    moment = Moment(0 if quality == UNKNOWN else seconds, quality)
    use_free_running = settings.clock.free_running == "use"
    if posture is None:
        posture = Posture(rules).in_effect(moment, calendar, use_free_running)
    case = Case(
        card=cards.find(folder, key),
        doubt=None,
        repeat=False,
        random_uid=is_random(key),
        door=rules,
        entry=arguments.one_of("--direction", direction, (ENTRY, EXIT)) == ENTRY,
        posture=arguments.one_of("--posture", posture, POSTURES),
        in_order=not door_failed,
        moment=moment,
        calendar=calendar,
        use_free_running=use_free_running,
        passed_s=passed_s,
    )
    found = _found(key, case, door, seconds) | {"note": note}
    if as_json:
        print(json.dumps(found))
    else:
        _print(found)
    return 0 if found["granted"] else 1


def _door_named(name: str, doors: list[Any]) -> Any:
    arguments.one_of("--door", name, [door.name for door in doors])
    return next(door for door in doors if door.name == name)


def _found(key: bytes, case: Case, door: str, seconds: int) -> dict[str, Any]:
    decision = access.decide(case)
    identifier, form = notation.written(key)
    return {
        "card": identifier,
        "notation": form,
        "door": door,
        "direction": ENTRY if case.entry else EXIT,
        "posture": case.posture,
        "at": moments.utc(seconds),
        "local": moments.local(seconds, case.calendar),
        "clock": case.moment.quality,
        "checks": [_check(reason, verdict, case) for reason, verdict in access.explain(case)],
        "granted": decision.granted,
        "reason": decision.reason,
        "extended": decision.extended,
        "unlock_first": decision.unlock_first,
    }


def _check(reason: str, verdict: str, case: Case) -> dict[str, Any]:
    reached = verdict != "not reached"
    says = access_words.sentence(reason, case) if reached else None
    return {"reason": reason, "verdict": verdict, "says": says}


def _print(found: dict[str, Any]) -> None:
    identifier, form = found["card"], found["notation"]
    shown = identifier if form == "hex" else f"{identifier} ({form})"
    print(
        f"{shown} at {found['door']} ({found['direction']}), {found['local']} local time, "
        f"{found['at']}"
    )
    if found["note"]:
        print(f"note: {found['note']}")
    for check in found["checks"]:
        says = f"  {check['says']}" if check["says"] else ""
        print(f"  {check['verdict']:11}  {check['reason']:16}{says}".rstrip())
    print("granted" + _extras(found) if found["granted"] else f"denied: {found['reason']}")


def _extras(found: dict[str, Any]) -> str:
    extended = ", for the extended pulse" if found["extended"] else ""
    return extended + (", and may begin an unlocked period" if found["unlock_first"] else "")
