"""The live view from the beginning to the end: the stage, what plays on it, and the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from loquet_tools.errors import ToolError
from loquet_tools.live.app import LiveView
from loquet_tools.live.session import Session
from loquet_tools.scene import Cast
from loquet_tools.script import Step
from loquet_tools.stage import Stage


def live_cast(cast: Cast) -> Cast:
    """The same with a button inside that releases the door, so that there is something to see."""
    doors = [{**door, "rex": "unlock"} for door in cast.settings["doors"]]
    return replace(cast, settings={**cast.settings, "doors": doors})


async def perform(cast: Cast, unknown: bytes, visit: Sequence[Step]) -> int:
    """Shows it until somebody quits. Raises ToolError if the panel ends before that."""
    async with Stage(live_cast(cast)) as stage:
        session = Session(stage, cast.cards[0], unknown, visit)
        app = LiveView(session)
        showing = asyncio.create_task(app.run_async())
        running = asyncio.create_task(session.run())
        try:
            await asyncio.wait([showing, running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The terminal first: whatever comes now, it is as it was before.
            app.exit()
            await showing
            ended = await _ended(running)
    if ended is not None:
        raise ToolError(f"the panel ended: {ended}")
    return app.return_code or 0


async def _ended(running: asyncio.Task[str]) -> str | None:
    """Why the panel ended by itself; None: it did not, and was stopped now."""
    if running.done():
        return running.result()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return None
