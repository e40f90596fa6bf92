"""A coroutine for a test that needs asyncio, with a limit on the real time it may take."""

import asyncio

LIMIT_S = 10


def run(coroutine):
    """What it returns."""
    return asyncio.run(asyncio.wait_for(coroutine, LIMIT_S))


async def until(condition):
    """Returns when `condition()` is true."""
    while not condition():
        await asyncio.sleep(0.001)
