"""What has been seen so far, as far as a script's expectations ask for it."""

from __future__ import annotations

from collections import deque
from typing import Any

from loquet_tools.script import Expect


class Witness:
    """Notes what happens; says whether an expectation holds by now."""

    def __init__(self) -> None:
        self.relay = False
        self.reader = "not heard of"
        # Decisions since the last card was presented that no expectation has used up.
        self._decisions: deque[dict[str, Any]] = deque()

    def note(self, happening: dict[str, Any]) -> None:
        """Something happened: an object as `loquet demo --json` prints it."""
        if happening["event"] == "relay":
            self.relay = happening["energised"]
        elif happening["event"] == "reader":
            self.reader = happening["state"]
        elif happening["event"] == "decision":
            self._decisions.append(happening)

    def presented(self) -> None:
        """A card comes: what was decided before is about another."""
        self._decisions.clear()

    def verdict(self, expected: Expect) -> bool | None:
        """True: it holds. False: it cannot any more. None: not yet.

        A decision that makes an expectation hold is used up, with those before it.
        """
        if expected.subject == "relay":
            return self.relay == (expected.wanted == "on") or None
        if expected.subject == "reader":
            return self.reader == expected.wanted or None
        return self._decided(expected.wanted == "granted")

    def instead(self, expected: Expect) -> str:
        """What is the case, for when the expectation did not hold."""
        if expected.subject == "relay":
            return f"the relay is {'on' if self.relay else 'off'}"
        if expected.subject == "reader":
            return f"the reader is {self.reader}"
        if not self._decisions:
            return "nothing was decided"
        return "; ".join(_decision(seen) for seen in self._decisions)

    def _decided(self, granted: bool) -> bool | None:
        for place, seen in enumerate(self._decisions):
            if seen["granted"] == granted:
                for _ in range(place + 1):
                    self._decisions.popleft()
                return True
            if seen["granted"]:
                return False
        return None


def _decision(seen: dict[str, Any]) -> str:
    verdict = "granted" if seen["granted"] else f"denied ({seen['reason']})"
    return f"card {seen['card']} was {verdict}"
