"""What a task waits on: somebody rings, or a time has passed."""


class Bell:
    """One task waits, anybody may ring, also before the wait and from what the hal calls."""

    def __init__(self, hal):
        # Only the hal knows what its callbacks may do: in an interrupt that is next to nothing.
        self._flag = hal.flag()
        self.ring = self._flag.set

    def wait(self, timeout_ms: int):
        """To be awaited: until the bell has rung, or `timeout_ms`: a lost ring costs no more."""
        # No coroutine of its own, which would be garbage after every wait.
        return self._flag.wait_ms(timeout_ms)
