"""What the relay does through starts, crashes, cuts and every fault of the virtual reader.

The firmware on MicroPython is played the SCENES, some at a time on stages of their own. Each scene
has cards of its own, so that each release can be traced back to one card.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loquet_tools import device_folder, director, paths, script
from loquet_tools.stage import Cast, Stage

UNKNOWN_CARD = "0455667788AA80"
PULSE_MS = 500

# Far longer than the lease, so that it is the lease that ends a release when the panel hangs.
LONG_PULSE_MS = 3500

SEED = 4

RELEASED = "expect granted within 4000\nexpect relay on within 1000"


@dataclass(frozen=True)
class Scene:
    """One row of the picture: its name, what is done, what is done to the stage, and what then.

    CARD and NEXT in a text stand for the scene's own two cards, which may pass. `act` names a
    method of Stage, or is empty.
    """

    name: str
    text: str
    act: str = ""
    then: str = ""


# Knob of the virtual reader -> the value in its scene, and the one that ends it.
FAULTS = {
    "drop": ("0.3", "off"),
    "duplicate": ("0.3", "off"),
    "corrupt": ("0.3", "off"),
    "truncate": ("0.3", "off"),
    "lost_frame": ("0.3", "off"),
    "duplicate_frame": ("0.5", "off"),
    "split": ("1.0", "off"),
    "merge": ("1.0", "off"),
    "delay": ("100", "off"),
    "lost_f0": ("1.0", "off"),
    "edge_lost": ("2", "off"),
    "slow": ("00 FE 150", "off"),
    "wakeup_stuck": ("low", "off"),
    "late_boot": ("800", "off"),
    "silence": ("on", "off"),
    "wrong_rate": ("115200", "off"),
    "restart": ("300", "0"),
    "corrupt_unseen": ("0.3", "off"),
}

# What comes late belongs to the scene it comes from.
SETTLE = "wait 1200\nexpect relay off within 4000\n"

VISIT = f"present {UNKNOWN_CARD} for 250\nwait 700\npresent CARD for 250\nwait 1600\n"
AGAIN = (
    "expect relay off within 4000\nexpect logged power_up CAUSE within 20000\n"
    f"expect reader ready within 20000\npresent {UNKNOWN_CARD} for 250\nwait 700\n"
    f"present NEXT for 250\n{RELEASED}\nexpect relay off within 9000\n"
)


def _restart(name: str, act: str, cause: str) -> Scene:
    """The panel, or what it hangs on, fails while the door is released."""
    before = f"present CARD for 250\n{RELEASED}\nwait 300"
    return Scene(name, before, act, AGAIN.replace("CAUSE", cause))


def _fault(name: str) -> Scene:
    value, off = FAULTS[name]
    # Only a reader that has to boot can be late.
    boots = "power cut\nexpect reader ready within 20000\n" if name == "late_boot" else ""
    text = f"fault {name} {value}\n{boots}{VISIT}fault {name} {off}\nremove\n{SETTLE}"
    return Scene(name, text)


RESTARTS = (
    Scene("the panel starts", f"{VISIT}expect relay off within 9000\n"),
    _restart("a task dies", "cut_wires", "software"),
    _restart("the power is cut", "cut_power", "power"),
    _restart("the panel hangs", "freeze_panel", "watchdog"),
)

# The groups are played at the same time, the scenes of one after another.
FAULT_GROUPS = tuple(tuple(_fault(name) for name in list(FAULTS)[first::3]) for first in range(3))
GROUPS = (RESTARTS, *FAULT_GROUPS)


@dataclass(frozen=True)
class Played:
    """A scene that was played, with all times from its beginning.

    `act_ms` is when something was done to the stage, `cards` are its own.
    """

    name: str
    cards: tuple[str, str]
    happenings: list[dict[str, Any]]
    act_ms: int | None
    length_ms: int

    def only(self, event: str) -> list[dict[str, Any]]:
        """What happened of one event."""
        return [happening for happening in self.happenings if happening["event"] == event]


def cards_of(group: Sequence[Scene], scene: Scene) -> tuple[str, str]:
    place = list(group).index(scene)
    return f"04A1B2C3D4{place:02X}80", f"04A1B2C3D4{place:02X}81"


async def play(interpreter: str = paths.MICROPYTHON) -> list[list[Played]]:
    """Every group, each with its scenes as they were played. RuntimeError if one went wrong."""
    return list(await asyncio.gather(*(play_group(group, interpreter) for group in GROUPS)))


async def play_group(group: Sequence[Scene], interpreter: str) -> list[Played]:
    cards = [bytes.fromhex(card) for scene in group for card in cards_of(group, scene)]
    pulse_ms = LONG_PULSE_MS if group is RESTARTS else PULSE_MS
    settings = {
        **device_folder.settings_document("wakeup"),
        "doors": [{"name": "front", "pulse_ms": pulse_ms}],
        "limits": {"flush_age_s": 1},
    }
    async with Stage(Cast(interpreter, "wakeup", cards, SEED, settings)) as stage:
        panel = asyncio.create_task(stage.follow_panel())
        try:
            return [await play_scene(stage, scene, cards_of(group, scene)) for scene in group]
        finally:
            panel.cancel()
            await asyncio.gather(panel, return_exceptions=True)


async def play_scene(stage: Stage, scene: Scene, cards: tuple[str, str]) -> Played:
    if scene.name in FAULTS:
        # What a fault has done to the conversation must not reach into the next scene.
        stage.cut_power()
        await _play(stage, scene.name, "", cards)
        _take_all(stage)
    begin_ms = stage.now_ms()
    act_ms = None
    await _play(stage, scene.name, scene.text, cards)
    if scene.act:
        act_ms = stage.now_ms() - begin_ms
        getattr(stage, scene.act)()
        await _play(stage, scene.name, scene.then, cards)
    happened = [
        {**happening, "t_ms": max(0, happening["t_ms"] - begin_ms)}
        for happening in _take_all(stage)
    ]
    return Played(scene.name, cards, happened, act_ms, stage.now_ms() - begin_ms)


def _take_all(stage: Stage) -> list[dict[str, Any]]:
    taken = []
    while not stage.happenings.empty():
        taken.append(stage.happenings.get_nowait())
    return [happening for happening in taken if happening is not None]


async def _play(stage: Stage, name: str, text: str, cards: tuple[str, str]) -> None:
    steps = script.parse(text.replace("CARD", cards[0]).replace("NEXT", cards[1]))
    reason = await director.play(stage, steps)
    if reason is not None:
        raise RuntimeError(f"scene {name!r}: {reason}")
