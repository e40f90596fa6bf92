"""An asyncio loop whose time is the Pico rig's: nothing waits for a real clock.

When no task has anything to do, the rig goes on: to the next moment that a task waits for, or to
the next thing that the rig tells. Signals are heard meanwhile.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Mapping
from typing import IO, Any

from pico_rig.rig import Rig, RigError

SECOND_NS = 10**9

Ready = list[tuple[selectors.SelectorKey, int]]


class RigLoop(asyncio.SelectorEventLoop):
    """`attach` gives it the rig whose time it has; before that, and after a failure, time
    passes without one. `wake_ns` is when a task waits for: for the peer's next_ns."""

    def __init__(self) -> None:
        self._rigs = _RigSelector()
        super().__init__(self._rigs)

    @property
    def wake_ns(self) -> int | None:
        return self._rigs.wake_ns

    def time(self) -> float:
        """Seconds since the rig's first start."""
        return self._rigs.now_ns / SECOND_NS

    def attach(self, rig: Rig, told: IO[str], on_failure: Callable[[Exception], None]) -> None:
        """From now on time is that of `rig`, which waits for an answer and tells by `told`.

        `on_failure` is called once, with what its peer or the rig raises, or when the rig ends.
        """
        self._rigs.attach(rig, told, on_failure)

    def detach(self) -> None:
        """The rig goes no further."""
        self._rigs.detach()


class _RigSelector(selectors.BaseSelector):
    """Waits as a loop wants it to: for files in real time, and in place of a time for the rig."""

    def __init__(self) -> None:
        self.wake_ns: int | None = None
        self._now_ns = 0
        self._files = selectors.DefaultSelector()
        self._rig: Rig | None = None
        self._told: IO[str] | None = None
        self._answered = False

    @property
    def now_ns(self) -> int:
        return self._now_ns if self._rig is None else self._rig.now_ns

    def attach(self, rig: Rig, told: IO[str], on_failure: Callable[[Exception], None]) -> None:
        self._rig, self._told, self._on_failure = rig, told, on_failure
        self._files.register(told, selectors.EVENT_READ)

    def detach(self) -> None:
        if self._rig is not None and self._told is not None:
            self._now_ns = self._rig.now_ns
            self._files.unregister(self._told)
        self._rig = self._told = None

    def select(self, timeout: float | None = None) -> Ready:
        if timeout is not None and timeout <= 0:
            return self._others(self._files.select(0))
        wait_ns = None if timeout is None else math.ceil(timeout * SECOND_NS)
        self.wake_ns = None if wait_ns is None else self.now_ns + wait_ns
        if self._rig is None:
            return self._pass_without()
        try:
            return self._go_on(self._rig)
        except Exception as error:
            self.detach()
            self._on_failure(error)
            return []

    def _pass_without(self) -> Ready:
        if self.wake_ns is None:
            return self._files.select(None)
        self._now_ns = self.wake_ns
        return self._files.select(0)

    def _go_on(self, rig: Rig) -> Ready:
        if not self._answered:
            rig.answer()
            self._answered = True
        ready = self._files.select(None)
        if any(key.fileobj is self._told for key, _ in ready):
            self._answered = False
            rig.hear()
            if rig.report is not None:
                raise RigError(f"it has ended: {rig.report['why']}")
        return self._others(ready)

    def _others(self, ready: Ready) -> Ready:
        """Without the rig, which no task asked for."""
        return [one for one in ready if one[0].data is not None]

    # What every selector has

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._files.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._files.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._files.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._files.get_map()

    def close(self) -> None:
        self._files.close()
