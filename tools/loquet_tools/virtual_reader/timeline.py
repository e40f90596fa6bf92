"""Virtual time in integer microseconds: what is due when, in order, whoever asks how late."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Timer:
    """One appointment."""

    def __init__(self, action: Callable[[], None]):
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """The action will not be run. Harmless when it has been."""
        self.action = None


class Timeline:
    """Runs actions at their own time: while one runs, `now_us` is the time it was due."""

    def __init__(self) -> None:
        self.now_us = 0
        self._heap: list[tuple[int, int, Timer]] = []
        self._count = 0

    def at(self, due_us: int, action: Callable[[], None]) -> Timer:
        """Calls `action` at `due_us`; a time that is past means as soon as time goes on."""
        timer = Timer(action)
        # The count keeps actions of one moment in the order in which they were asked for.
        heapq.heappush(self._heap, (max(due_us, self.now_us), self._count, timer))
        self._count += 1
        return timer

    def after(self, delay_us: int, action: Callable[[], None]) -> Timer:
        """Calls `action` when `delay_us` have passed."""
        return self.at(self.now_us + delay_us, action)

    def run_until(self, now_us: int) -> None:
        """Runs everything due up to and including `now_us`. ValueError if time would go back."""
        if now_us < self.now_us:
            raise ValueError(f"time goes back from {self.now_us} to {now_us} us")
        while self._heap and self._heap[0][0] <= now_us:
            due_us, _, timer = heapq.heappop(self._heap)
            if timer.action is not None:
                self.now_us = due_us
                timer.action()
        self.now_us = now_us

    def next_due_us(self) -> int | None:
        """Time of the next action, None if there is none."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Forgets every appointment."""
        self._heap.clear()
