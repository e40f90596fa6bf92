"""Runs one coroutine to its end, or until somebody wants it to stop: then it cleans up first."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    coroutine: Coroutine[None, None, int], loop: asyncio.AbstractEventLoop | None = None
) -> int:
    """Its exit status, or 128 and the number of the signal that ended it.

    It runs in `loop`, or in one of its own.
    """
    if loop is None:
        return asyncio.run(_until_told(coroutine))
    with contextlib.closing(loop):
        return loop.run_until_complete(_until_told(coroutine))


async def _until_told(coroutine: Coroutine[None, None, int]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(coroutine)
    told: list[int] = []

    def stop(number: int) -> None:
        # Only once: a second one must not break off the cleaning up.
        if not told:
            told.append(number)
            task.cancel()

    for number in STOPPING:
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return 128 + told[0]
