"""What a task waits on: somebody rings, or a time has passed."""


class Bell:
    """One task waits, anybody may ring, also before the wait and from what the hal calls."""

    def __init__(self, hal):
        # Only the hal knows what its callbacks may do: in an interrupt that is next to nothing.
        self._flag = hal.flag()
        self.ring = self._flag.set

    async def wait(self, timeout_ms: int) -> None:
        """Returns when the bell has rung, or after `timeout_ms`: a lost ring costs no more."""
        await self._flag.wait_ms(timeout_ms)
