"""The panel on its stage, the visit that it is shown, and what the keys do. No terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from loquet_tools import director
from loquet_tools.live import keys
from loquet_tools.live.view import View
from loquet_tools.script import REX_MS, Step
from loquet_tools.stage import Stage

# As long as somebody holds a card there.
CARD_MS = 800

# How often the log on flash is looked at.
LOG_LOOK_S = 0.25

# Whoever pulled the plug shortly before a visit: the panel may still be about to give up.
PLUG_SETTLES_MS = 4000

STAYS_CLOSED = "The door is locked and stays closed. Only force would open it now."
IS_OPEN = "The door is open already."
IS_CLOSED = "The door is closed already."


class Session:
    """`view` is what there is to see while `run` runs; it begins with the visit.

    `known` is a card that may pass, `unknown` one that may not. `on_change()` is called whenever
    the view has changed.
    """

    def __init__(self, stage: Stage, known: bytes, unknown: bytes, visit: Sequence[Step]):
        self.view = View()
        self.on_change: Callable[[], None] = lambda: None
        self._stage = stage
        self._visit = visit
        self._playing: asyncio.Task[None] | None = None
        # What each key does; it returns what is to be said in place of the key's own words.
        self._acts: dict[str, Callable[[], str | None]] = {
            keys.KNOWN: lambda: stage.present(known, CARD_MS),
            keys.UNKNOWN: lambda: stage.present(unknown, CARD_MS),
            keys.OPEN: self._open,
            keys.FORCE: self._force,
            keys.CLOSE: self._close,
            keys.REX: lambda: stage.press_rex(REX_MS),
            keys.PLUG: self._plug,
            keys.POWER: self._switch,
        }

    async def run(self) -> str:
        """Runs the panel until nothing starts it again: why it ended, in words."""
        panel = asyncio.create_task(self._stage.follow_panel())
        tasks = [panel, asyncio.create_task(self._listen()), asyncio.create_task(self._read_log())]
        self._play_visit()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what keeps us from looking on
            return panel.result()
        finally:
            playing = [self._playing] if self._playing else []
            for task in [*tasks, *playing]:
                task.cancel()
            await asyncio.gather(*tasks, *playing, return_exceptions=True)

    def now_ms(self) -> int:
        """Milliseconds since the beginning, as in happenings."""
        return self._stage.now_ms()

    def press(self, key: str) -> None:
        """Somebody presses a key; one that the table does not have does nothing."""
        # What is done depends on how things are now.
        self._take_all()
        if key == keys.VISIT:
            self._play_visit()
        elif key in self._acts:
            self._hand_over()
            said = self._acts[key]()
            self._stage.happen("act", key=key, words=said or keys.KEYS_BY_NAME[key].said)
        self._take_all()

    # The keys

    def _open(self) -> str | None:
        if not self.view.is_open and self.view.is_locked:
            return STAYS_CLOSED
        return self._force()

    def _force(self) -> str | None:
        if self.view.is_open:
            return IS_OPEN
        self._stage.set_contact(True)
        return None

    def _close(self) -> str | None:
        if not self.view.is_open:
            return IS_CLOSED
        self._stage.set_contact(False)
        return None

    def _plug(self) -> str:
        if self.view.is_silent:
            self._stage.set_fault("silence", "off")
            return "The reader can be heard again, and the panel finds it by itself."
        self._stage.set_fault("silence", "on")
        return "The reader has fallen silent. Within 5 s the panel knows."

    def _switch(self) -> str:
        if self._stage.has_power:
            self._stage.switch_off()
            return "The power is cut. What was on flash stays there; the door is locked."
        self._stage.switch_on()
        return "The power is back, and the panel starts with what was on its flash."

    # The visit

    def _play_visit(self) -> None:
        self._stop_playing()
        self._stage.happen("visit", playing=True)
        settles_ms = PLUG_SETTLES_MS if self.view.is_silent else 0
        self._tidy_up()
        self._playing = asyncio.create_task(self._play(settles_ms))

    def _tidy_up(self) -> None:
        """The door as a visitor finds it."""
        if self.view.cards:
            self._stage.remove()
        if self.view.is_open:
            self._stage.set_contact(False)
        if self.view.is_silent:
            self._stage.set_fault("silence", "off")
        self._stage.switch_on()

    async def _play(self, settles_ms: int) -> None:
        await self._stage.wait_ms(settles_ms)
        reason = await director.play(self._stage, self._visit)
        self._stage.happen("visit", playing=False, ended=True, reason=reason)

    def _hand_over(self) -> None:
        """Whoever acts has the door from now on."""
        if self.view.is_playing:
            self._stop_playing()
            self._stage.happen("visit", playing=False, ended=False)

    def _stop_playing(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    # What happens

    async def _listen(self) -> None:
        while (happening := await self._stage.happenings.get()) is not None:
            self.view.note(happening)
            self._take_all()

    def _take_all(self) -> None:
        """Notes what has happened up to now."""
        while not self._stage.happenings.empty():
            happening = self._stage.happenings.get_nowait()
            assert happening is not None  # only who tells a script's end puts it there
            self.view.note(happening)
        self.on_change()

    async def _read_log(self) -> None:
        while True:
            await asyncio.sleep(LOG_LOOK_S)
            # Before the panel speaks of a reader there is no log on a fresh flash; and a file may
            # be replaced while it is copied: the next look finds it.
            if self.view.reader:
                with contextlib.suppress(OSError):
                    self._stage.happen("log", records=self._stage.log())
