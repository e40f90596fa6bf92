"""What a task waits on: somebody rings, or a time has passed."""

import asyncio

try:
    # An interrupt may set this one.
    from asyncio import ThreadSafeFlag as Flag  # type: ignore[attr-defined]
except ImportError:
    # Where this is missing, only tasks ring.
    class Flag(asyncio.Event):  # type: ignore[no-redef]
        async def wait(self):
            await super().wait()
            self.clear()


class Bell:
    """One task waits, anybody may ring, also from an interrupt and also before the wait."""

    def __init__(self):
        self._flag = Flag()
        self.ring = self._flag.set

    async def wait(self, timeout_ms: int) -> None:
        """Returns when the bell has rung, or after `timeout_ms`: a lost ring costs no more."""
        try:
            await asyncio.wait_for(self._flag.wait(), timeout_ms / 1000)
        except asyncio.TimeoutError:
            pass
