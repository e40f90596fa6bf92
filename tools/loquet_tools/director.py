"""Plays the steps of a script on a stage, and stops at the first expectation that fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from loquet_tools.script import (
    Clock,
    Contact,
    Expect,
    Fault,
    Fire,
    Plug,
    PowerCut,
    Present,
    Remark,
    Remove,
    Rex,
    Step,
    Wait,
)
from loquet_tools.witness import Witness

# From the panel's start: 0.5 s to drain the line, and some ten exchanges. The rest is for a slow
# machine.
READY_WITHIN_MS = 15_000

# How often the log is looked at while something is expected to be in it.
LOG_LOOK_MS = 250


class Stage(Protocol):
    """What a script acts on. `witness` sees everything that happens."""

    witness: Witness

    def now_ms(self) -> int:
        """Milliseconds since the beginning."""

    async def wait_ms(self, ms: int) -> None:
        """Lets time pass."""

    async def wait_for_change(self, timeout_ms: int) -> None:
        """Returns when something has happened, or after that time."""

    def happen(self, event: str, **fields: Any) -> None:
        """Tells of something that happens now."""

    def present(self, card: bytes, for_ms: int | None) -> None:
        """Lays a card on the reader, and takes it away after `for_ms`."""

    def remove(self) -> None:
        """Takes every card away."""

    def set_fault(self, name: str, value: str) -> None:
        """Turns a knob of the line."""

    def set_contact(self, is_open: bool) -> None:
        """Opens or closes the door."""

    def press_rex(self, for_ms: int) -> None:
        """Presses the button inside, and lets it go after `for_ms`."""

    def set_fire(self, active: bool) -> None:
        """The fire alarm system says that there is fire, or none."""

    def tell_time(self, seconds: int | None) -> None:
        """Tells the panel the time, in seconds since 1970; None: what it is here."""

    def cut_power(self) -> None:
        """Takes the panel's and the reader's power, which comes back by itself."""

    def log(self) -> list[tuple[int, str, str | None]]:
        """(number, kind, reason) of every event that is in the log on flash."""


async def play(stage: Stage, steps: Sequence[Step]) -> str | None:
    """Waits for the reader, then plays. None: every expectation held; else why it ended."""
    ready = Expect(0, "", "reader", "ready", READY_WITHIN_MS)
    if not await _holds(stage, ready):
        return (
            f"the reader was not ready within {READY_WITHIN_MS} ms: {stage.witness.instead(ready)}"
        )
    for step in steps:
        if isinstance(step, Expect):
            failure = await _expect(stage, step)
            if failure is not None:
                return failure
        else:
            await _act(stage, step)
    return None


async def _act(stage: Stage, step: Step) -> None:
    if isinstance(step, Remark):
        stage.happen("remark", line=step.line, words=step.words)
    elif isinstance(step, Present):
        stage.present(step.card, step.for_ms)
    elif isinstance(step, Remove):
        stage.remove()
    elif isinstance(step, Wait):
        await stage.wait_ms(step.ms)
    elif isinstance(step, Plug):
        stage.set_fault("silence", "on" if step.silent else "off")
    elif isinstance(step, Fault):
        stage.set_fault(step.name, step.value)
    elif isinstance(step, Contact):
        stage.set_contact(step.open)
    elif isinstance(step, Rex):
        stage.press_rex(step.for_ms)
    elif isinstance(step, Fire):
        stage.set_fire(step.active)
    elif isinstance(step, Clock):
        stage.tell_time(step.seconds)
    elif isinstance(step, PowerCut):
        stage.cut_power()


async def _expect(stage: Stage, step: Expect) -> str | None:
    """Why it failed; None when it held."""
    held = await _holds(stage, step)
    instead = {} if held else {"instead": stage.witness.instead(step)}
    stage.happen("expect", line=step.line, text=step.text, held=held, **instead)
    return None if held else f"line {step.line}, `{step.text}`: {instead['instead']}"


async def _holds(stage: Stage, expected: Expect) -> bool:
    """Whether it becomes true in time."""
    due_ms = stage.now_ms() + expected.within_ms
    while (verdict := _verdict(stage, expected)) is None:
        left_ms = due_ms - stage.now_ms()
        if left_ms <= 0:
            return False
        if expected.of_log:
            await stage.wait_ms(min(left_ms, LOG_LOOK_MS))
        else:
            await stage.wait_for_change(left_ms)
    return verdict


def _verdict(stage: Stage, expected: Expect) -> bool | None:
    if expected.of_log:
        stage.witness.read_log(stage.log())
    return stage.witness.verdict(expected)
