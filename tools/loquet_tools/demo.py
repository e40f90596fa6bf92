"""`loquet demo`: the panel with a virtual reader and a virtual door, and a visit or a script.

At a terminal the visit is a live view, whose keys act on the door (live/).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet_tools import arguments, device_folder, director, paths, script
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.narrate import Narrator
from loquet_tools.running import run
from loquet_tools.scene import Cast, Scene
from loquet_tools.stage import Stage

KNOWN_CARD = "04A1B2C3D4E580"
UNKNOWN_CARD = "0455667788AA80"

VISIT = f"""
# A card that nobody has listed: the door stays locked.
present {UNKNOWN_CARD} for 800
expect denied within 2000
wait 1500
# A card that may pass: released for three seconds, and somebody enters.
present {KNOWN_CARD} for 800
expect granted within 2000
expect relay on within 1000
wait 1200
contact open
wait 1000
contact closed
expect relay off within 5000
wait 1000
# The door is opened though nobody was let in.
contact open
expect alarm forced on within 1000
wait 700
contact closed
expect alarm forced off within 1000
wait 500
# The reader's plug is pulled. Nobody answers, and within 5 s the panel knows.
reader silent
expect reader lost within 10000
wait 500
# The plug is in again. The panel finds its reader by itself, and the card opens.
reader back
expect reader ready within 15000
wait 500
present {KNOWN_CARD} for 800
expect granted within 2000
expect relay on within 1000
expect relay off within 5000
"""

SEEDS = 1 << 32

Tell = Callable[[dict[str, Any]], None]


def demo(
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HEX", help="UID of a card that may pass; repeatable."),
    ] = None,
    events: Annotated[str, typer.Option(help="wakeup, spontaneous or text.")] = "wakeup",
    interpreter: Annotated[str, typer.Option(help="micropython or cpython.")] = paths.MICROPYTHON,
    pico: Annotated[
        bool, typer.Option("--pico", help="On an emulated Pico, in its virtual time.")
    ] = False,
    script_file: Annotated[
        str | None, typer.Option("--script", metavar="FILE|-", help="Play this, not the visit.")
    ] = None,
    headless: Annotated[bool, typer.Option(help="Tell only how it ended.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each happening as a line of JSON.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of the faults; else drawn at random.")] = None,
) -> int:
    """Shows a card opening a door: the firmware, a virtual reader, a virtual door."""
    cast = Cast(
        interpreter=arguments.one_of("--interpreter", interpreter, paths.INTERPRETERS),
        events=arguments.events(events),
        cards=arguments.cards(allow or [KNOWN_CARD]),
        seed=random.randrange(SEEDS) if seed is None else seed,
        settings=settings_of(events),
    )
    steps = script.parse(VISIT if script_file is None else read_script(script_file))
    tell = teller(headless, as_json)
    if pico:
        return perform_on_pico(cast, steps, tell)
    paths.interpreter(interpreter)
    if is_live(script_file, headless, as_json):
        # Textual takes a while to load, and nothing else needs it.
        from loquet_tools.live import show

        return run(show.perform(cast, bytes.fromhex(UNKNOWN_CARD), steps))
    return run(perform(Stage, cast, steps, tell))


def is_live(script_file: str | None, headless: bool, as_json: bool) -> bool:
    """Whether somebody looks on at a terminal, and wants the visit."""
    if script_file is not None or headless or as_json or os.environ.get("TERM") == "dumb":
        return False
    # All of them: keys come from the first, and Textual draws on the last.
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def perform_on_pico(cast: Cast, steps: list[script.Step], tell: Tell) -> int:
    """Plays `steps` on an emulated Pico; what that needs is not always there."""
    try:
        from loquet_tools import pico_stage, rig_loop
        from pico_rig.rig import RigError
    except ImportError as error:
        raise ToolError(f"--pico needs the Python package {error.name}; `make` gets it") from None
    if cast.interpreter != paths.MICROPYTHON:
        raise ArgumentError(f"--interpreter is {cast.interpreter}; --pico has micropython only")
    pico_stage.check()
    try:
        return run(perform(pico_stage.PicoStage, cast, steps, tell), rig_loop.RigLoop())
    except RigError as error:
        raise ToolError(f"the emulated Pico has failed: {error}") from None


def settings_of(events: str) -> dict[str, Any]:
    """The panel's settings: the virtual door has a contact, and is soon open for too long.

    The log is written after a second, so that a script need not wait for it.
    """
    door = {"name": "front", "contact": True, "held_open_s": 5, "pre_alarm_s": 2}
    document = device_folder.settings_document(events)
    return {**document, "doors": [door], "fire_input": True, "limits": {"flush_age_s": 1}}


def read_script(name: str) -> str:
    """The text of a script; "-" is what comes in by stdin. Raises ArgumentError."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except OSError as error:
        raise ArgumentError(f"--script is {name!r}: {error.strerror}") from None
    except UnicodeError as error:
        raise ArgumentError(f"--script is {name!r}: not UTF-8: {error}") from None


def teller(headless: bool, as_json: bool) -> Tell:
    """Who tells what happens."""
    if as_json:
        return tell_json
    narrator = Narrator()
    return (lambda happening: tell_the_end(narrator, happening)) if headless else narrator.tell


def tell_json(happening: dict[str, Any]) -> None:
    print(json.dumps(happening), flush=True)


def tell_the_end(narrator: Narrator, happening: dict[str, Any]) -> None:
    if happening["event"] == "result":
        narrator.tell(happening)


async def perform(
    kind: Callable[[Cast], Scene], cast: Cast, steps: list[script.Step], tell: Tell
) -> int:
    """Plays `steps` on a stage of that kind; 0 if every expectation held."""
    async with kind(cast) as stage:
        telling = asyncio.create_task(tell_all(stage, tell))
        playing = asyncio.create_task(director.play(stage, steps))
        ending = asyncio.create_task(stage.follow_panel())
        tasks = (telling, playing, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()  # raises what keeps us from telling
            reason = playing.result() if playing.done() else f"the panel ended: {ending.result()}"
            stage.happen("result", ok=reason is None, reason=reason)
            stage.happenings.put_nowait(None)
            await telling
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return 0 if reason is None else 1


async def tell_all(stage: Scene, tell: Tell) -> None:
    """Tells what happens, up to the None that ends it."""
    while (happening := await stage.happenings.get()) is not None:
        tell(happening)
