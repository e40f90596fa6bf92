"""Draws the live view of `loquet demo` for the README: `make pictures` writes live_view.svg.

It is the program itself, with a real panel, at a moment of its visit: the card that may pass was
granted, that is in the log, and somebody opens the door. Only times differ from run to run.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from loquet_tools import demo, script
from loquet_tools.live.app import LiveView
from loquet_tools.live.session import Session
from loquet_tools.live.show import live_cast
from loquet_tools.live.view import View
from loquet_tools.paths import MICROPYTHON
from loquet_tools.scene import Cast
from loquet_tools.stage import Stage

PATH = Path(__file__).with_suffix(".svg")

SIZE = (94, 27)
SEED = 6

# From the panel's start to the moment, and what a slow machine adds.
LIMIT_S = 30

# Pictures in a README must not fetch fonts from elsewhere.
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FAMILY = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono"


def main() -> None:
    PATH.write_text(asyncio.run(picture()), "utf-8")
    print(f"{PATH}: {PATH.stat().st_size} bytes")


async def picture() -> str:
    """The SVG. RuntimeError if the moment does not come."""
    cast = Cast(
        MICROPYTHON, "wakeup", [bytes.fromhex(demo.KNOWN_CARD)], SEED, demo.settings_of("wakeup")
    )
    async with Stage(live_cast(cast)) as stage:
        visit = script.parse(demo.VISIT)
        session = Session(stage, cast.cards[0], bytes.fromhex(demo.UNKNOWN_CARD), visit)
        app = LiveView(session)
        async with app.run_test(size=SIZE) as pilot:
            running = asyncio.create_task(session.run())
            try:
                await asyncio.wait_for(_moment(session.view), LIMIT_S)
                app.redraw()
                await pilot.pause()
                return _svg(app)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def _moment(view: View) -> None:
    while not (view.is_open and view.relay and is_logged(view)):
        await asyncio.sleep(0.01)


def is_logged(view: View) -> bool:
    return any(words == "access granted" for _, words in view.log)


def _svg(app: LiveView) -> str:
    drawn = FONT.sub("", app.export_screenshot(title="loquet demo"))
    # Rich numbers the parts by what they show, times included.
    drawn = re.sub(r"terminal-\d+", "live", drawn).replace("Fira Code", FAMILY)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def words_of(svg: str) -> list[str]:
    """What stands in the picture, piece by piece, without the times."""
    pieces = re.findall(r"<text [^>]*>([^<]*)</text>", svg)
    return [piece for piece in pieces if not re.fullmatch(r"(&#160;|[\d.])*", piece)]


if __name__ == "__main__":
    main()
