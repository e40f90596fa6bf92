"""The live view of `loquet demo`, each key of it, with the panel on a real MicroPython.

Textual's pilot presses the keys; what is looked at is what stands on the screen.
"""

import asyncio
import contextlib
import os
import re
from pathlib import Path

from loquet_tools import demo, script
from loquet_tools.live import keys
from loquet_tools.live.app import TOO_SMALL, LiveView
from loquet_tools.live.session import IS_CLOSED, IS_OPEN, STAYS_CLOSED, Session
from loquet_tools.live.show import live_cast
from loquet_tools.paths import MICROPYTHON
from loquet_tools.scene import Cast
from loquet_tools.stage import Stage
from pictures import live_view

KNOWN = "04A1B2C3D4E580"
UNKNOWN = "0455667788AA80"
YOURS = "yours"
LIMIT_S = 60

# In the log it stands alone, on the wire with the number of a sequence.
LOGGED_GRANT = "\naccess granted\n"

# A visit that does nothing, so that a test has the door at once.
NO_VISIT = ""


class Screen:
    """The program on a screen of the pilot."""

    def __init__(self, stage, session, pilot):
        self.stage = stage
        self._session = session
        self._pilot = pilot
        self.app = pilot.app

    def text(self):
        svg = self.app.export_screenshot()
        lines = re.findall(r"<text [^>]*>([^<]*)</text>", svg)
        return "\n".join(line.replace("&#160;", " ").strip() for line in lines)

    async def shows(self, *words):
        """Waits until all of them stand there at the same time."""
        for _ in range(LIMIT_S * 20):
            await self._pilot.pause(0.05)
            if all(part in self.text() for part in words):
                return
        raise AssertionError(f"{words} are not on the screen:\n{self.text()}")

    async def press(self, key):
        await self._pilot.press(key)

    async def resize(self, columns, lines):
        await self._pilot.resize_terminal(columns, lines)
        await self._pilot.pause(0.3)

    def runs(self):
        return self.app.is_running


async def no_panel_runs():
    """Looks for longer than a script's power cut lasts."""
    for _ in range(150):
        assert Path("/proc/self/task", str(os.getpid()), "children").read_text() == ""
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def screen(visit=NO_VISIT, size=(80, 24)):
    cast = Cast(MICROPYTHON, "wakeup", [bytes.fromhex(KNOWN)], 3, demo.settings_of("wakeup"))
    async with Stage(live_cast(cast)) as stage:
        session = Session(stage, cast.cards[0], bytes.fromhex(UNKNOWN), script.parse(visit))
        async with LiveView(session).run_test(size=size) as pilot:
            running = asyncio.create_task(session.run())
            try:
                yield Screen(stage, session, pilot)
                assert not running.done(), running
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


def on_screen(story, **how):
    async def playing():
        async with screen(**how) as seen:
            await seen.shows("reader ready")
            await story(seen)

    asyncio.run(playing())


def test_1_lays_a_known_card_there_and_o_and_c_use_the_door_it_released():
    async def story(seen):
        await seen.press(keys.KNOWN)
        await seen.shows("GRANTED", f"card {KNOWN} may pass", "RELEASED", "energised")
        await seen.shows("green light", "one long beep", "tag inserted", LOGGED_GRANT)
        await seen.press(keys.OPEN)
        await seen.shows("OPEN", "contact", "no alarm", "Somebody opens the door.")
        await seen.press(keys.OPEN)
        await seen.shows(IS_OPEN)
        await seen.shows("at rest", "locked", "door opened")
        await seen.press(keys.CLOSE)
        await seen.shows("closed", "The door is closed.", "door closed")
        await seen.press(keys.CLOSE)
        await seen.shows(IS_CLOSED)

    on_screen(story)


def test_2_lays_an_unknown_card_there_and_o_finds_the_door_locked():
    async def story(seen):
        await seen.press(keys.UNKNOWN)
        await seen.shows("DENIED", f"card {UNKNOWN}: unknown card", "card on it:", "locked")
        await seen.shows("red, blinking", "three beeps", "(access denied)")
        await seen.press(keys.OPEN)
        await seen.shows(STAYS_CLOSED, "closed", "no alarm")
        await seen.shows("blue light", "no card on it")

    on_screen(story)


def test_f_forces_the_door_and_whoever_leaves_it_open_hears_of_that_too():
    async def story(seen):
        await seen.press(keys.FORCE)
        await seen.shows("OPEN", "ALARM: forced", "opened without a release", "door forced")
        await seen.press(keys.CLOSE)
        await seen.shows("no alarm", "ALARM OVER")
        await seen.press(keys.KNOWN)
        await seen.shows("RELEASED")
        await seen.press(keys.OPEN)
        await seen.shows("WARNING", "soon: held")
        await seen.shows("ALARM: held", "the door stands open for too long")
        await seen.press(keys.CLOSE)
        await seen.shows("no alarm")

    on_screen(story)


def test_r_releases_the_door_for_whoever_is_inside():
    async def story(seen):
        await seen.press(keys.REX)
        await seen.shows("EXIT", "RELEASED", "energised", "exit requested")
        await seen.press(keys.OPEN)
        await seen.shows("OPEN", "no alarm")

    on_screen(story)


def test_s_silences_the_reader_until_it_is_lost_and_brings_it_back():
    async def story(seen):
        await seen.press(keys.PLUG)
        await seen.shows("SILENT")
        await seen.shows("LOST", "reader lost", "PING: no answer")
        await seen.press(keys.PLUG)
        await seen.shows("READY", "reader ready", "runs")
        assert "SILENT" not in seen.text()

    on_screen(story)


def test_p_cuts_the_power_for_as_long_as_somebody_wants_and_gives_it_back():
    async def story(seen):
        await seen.press(keys.KNOWN)
        await seen.shows("RELEASED", LOGGED_GRANT)
        await seen.press(keys.POWER)
        await seen.shows("panel: no power", "no light", "locked", "at rest")
        await no_panel_runs()
        await seen.press(keys.UNKNOWN)
        await seen.shows("panel: no power", "card on it:")
        await seen.press(keys.POWER)
        await seen.shows("reader ready", "runs")
        # What was logged before is there still.
        await seen.resize(80, 40)
        await seen.shows(LOGGED_GRANT, "power up: power")

    on_screen(story)


def test_power_that_goes_and_comes_at_once_and_goes_again_stays_away():
    async def story(seen):
        for _ in range(5):
            await seen.press(keys.POWER)
        await seen.shows("panel: no power")
        await no_panel_runs()
        await seen.press(keys.POWER)
        await seen.shows("reader ready")

    on_screen(story)


def test_power_that_goes_while_the_panel_is_being_started_stays_away():
    async def playing():
        async with screen() as seen:
            await asyncio.sleep(0)
            seen.stage.switch_off()
            await asyncio.sleep(0.5)  # as long as it takes to start one
            await no_panel_runs()
            seen.stage.switch_on()
            await seen.shows("reader ready")

    asyncio.run(playing())


def test_it_begins_with_the_visit_which_the_first_key_ends_and_v_plays_again():
    begun = "A card that nobody has listed: the door stays locked."

    async def story(seen):
        await seen.shows("the visit plays", begun)
        await seen.press("x")
        await seen.shows("the visit plays")
        await seen.press(keys.FORCE)
        await seen.press(keys.PLUG)
        await seen.shows(YOURS, "SILENT", "OPEN")
        await asyncio.sleep(3)  # by then the visit would have gone on, or gone wrong
        assert "A card that" not in seen.text() and "went wrong" not in seen.text()
        await seen.press(keys.VISIT)
        await seen.shows("the visit plays", begun, "closed")
        await seen.shows("A card that may pass", "GRANTED")
        await seen.shows("That was the visit.", YOURS)

    on_screen(story, visit=demo.VISIT, size=(110, 34))


def test_q_ends_it_and_other_keys_do_nothing():
    async def story(seen):
        for key in ("x", "enter", "escape", "tab", "up"):
            await seen.press(key)
        assert seen.runs()
        await seen.press(keys.QUIT)
        for _ in range(100):
            if not seen.runs():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it still runs")

    on_screen(story)


def test_a_terminal_that_is_too_small_says_so_and_one_that_grows_shows_all():
    async def story(seen):
        await seen.resize(79, 24)
        assert TOO_SMALL in seen.text() and "Wire" not in seen.text()
        await seen.resize(200, 60)
        await seen.shows("Wire", "Log on flash", "known card", "HOST_EVENT_POLL", "PING_EVENT")

    on_screen(story)


def test_without_colours_the_same_words_are_there(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def story(seen):
        await seen.press(keys.FORCE)
        await seen.shows("OPEN", "ALARM: forced")
        colours = set(re.findall(r"fill: (#[0-9a-f]{6})", seen.app.export_screenshot()))
        assert all(len({c[1:3], c[3:5], c[5:7]}) == 1 for c in colours - {"#c5c8c6"}), colours

    on_screen(story)


def test_the_picture_of_the_readme_is_what_the_program_shows():
    drawn = asyncio.run(live_view.picture())
    kept = live_view.PATH.read_text("utf-8")
    # A slow machine may poll once more, so that a line is added; none may be missing.
    missing = set(live_view.words_of(kept)) - set(live_view.words_of(drawn))
    assert not missing, f"run: make pictures ({missing})"
    assert "FAILED" not in kept
    assert "http://" not in kept.replace("http://www.w3.org/2000/svg", "")
    assert "@font-face" not in kept
