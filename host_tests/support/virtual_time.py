"""asyncio in virtual time: nothing sleeps, the clock jumps to when the next task is due."""

import asyncio
import selectors


class Clock:
    """Microseconds that go forward only when a test, or a task's wait, moves them."""

    def __init__(self, start_ms: int = 0):
        self.now_us = start_ms * 1000

    def ms(self) -> int:
        return self.now_us // 1000

    def advance(self, ms: int) -> None:
        self.now_us += ms * 1000


class _Selector(selectors.SelectSelector):
    """Waits for no file: lets the clock pass the time instead."""

    def __init__(self, clock: Clock):
        super().__init__()
        self._clock = clock

    def select(self, timeout=None):
        if timeout is None:
            raise AssertionError("every task waits for something that nobody will do")
        # One microsecond more, or a wait shorter than the clock's step would never end.
        self._clock.now_us += int(timeout * 1e6) + (timeout > 0)
        return super().select(0)


def run(clock: Clock, coroutine):
    """What `coroutine` returns. Its tasks that still run at its end are cancelled."""
    loop = asyncio.SelectorEventLoop(_Selector(clock))
    loop.time = lambda: clock.now_us / 1e6  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(_with_tasks(coroutine))
    finally:
        loop.close()


async def _with_tasks(coroutine):
    try:
        return await coroutine
    finally:
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
