"""What has been seen so far, as far as a script's expectations ask for it."""

from __future__ import annotations

from collections import deque
from typing import Any

from loquet_tools.script import LOGGED, Expect

# So many events are named when the one that was expected is not there.
LAST_OF_LOG = 8

NOT_HEARD_OF = "not heard of"

# Happening at the door -> the alarm that it raises, and the alarms that it ends.
RAISED = {"door_forced": "forced", "door_held_soon": "held_soon", "door_held": "held"}
OVER = {
    "door_forced_over": ("forced",),
    "door_held": ("held_soon",),
    "door_held_over": ("held",),
    "door_closed": ("held_soon",),
    "fire": ("held_soon",),
}


class Witness:
    """Notes what happens; says whether an expectation holds by now."""

    def __init__(self) -> None:
        self.relay = False
        self.reader = NOT_HEARD_OF
        self._alarms: set[str] = set()
        # Events of the log as it was read last, and the numbers of those that are used up.
        self._log: list[tuple[int, str, str | None]] = []
        self._used: set[int] = set()
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
        elif happening["event"] == "door":
            self._note_alarm(happening["what"])
        elif happening["event"] == "restart":
            self._forget()

    def presented(self) -> None:
        """A card comes: what was decided before is about another."""
        self._decisions.clear()

    def read_log(self, log: list[tuple[int, str, str | None]]) -> None:
        """(number, kind, reason) of every event that is in the log on flash now."""
        self._log = log

    def verdict(self, expected: Expect) -> bool | None:
        """True: it holds. False: it cannot any more. None: not yet.

        A decision that makes an expectation hold is used up, with those before it; an event of the
        log is used up alone.
        """
        if expected.of_log:
            return self._logged(expected.subject[len(LOGGED) :], expected.wanted)
        if expected.subject == "relay":
            return self.relay == (expected.wanted == "on") or None
        if expected.subject == "reader":
            return self.reader == expected.wanted or None
        if expected.subject.startswith("alarm "):
            return (expected.subject[6:] in self._alarms) == (expected.wanted == "on") or None
        return self._decided(expected.wanted == "granted")

    def instead(self, expected: Expect) -> str:
        """What is the case, for when the expectation did not hold."""
        if expected.of_log:
            return f"the log has {_named(self._log[-LAST_OF_LOG:])}"
        if expected.subject == "relay":
            return f"the relay is {'on' if self.relay else 'off'}"
        if expected.subject == "reader":
            return f"the reader is {self.reader}"
        if expected.subject.startswith("alarm "):
            return f"alarms: {', '.join(sorted(self._alarms)) or 'none'}"
        if not self._decisions:
            return "nothing was decided"
        return "; ".join(_decision(seen) for seen in self._decisions)

    def _logged(self, kind: str, reason: str) -> bool | None:
        for number, its_kind, its_reason in self._log:
            if number not in self._used and its_kind == kind and reason in ("", its_reason):
                self._used.add(number)
                return True
        return None

    def _note_alarm(self, what: str) -> None:
        if what in RAISED:
            self._alarms.add(RAISED[what])
        self._alarms.difference_update(OVER.get(what, ()))

    def _forget(self) -> None:
        """The panel starts anew: nothing that it said before is true any more."""
        self.reader = NOT_HEARD_OF
        self._alarms.clear()
        self._decisions.clear()

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


def _named(log: list[tuple[int, str, str | None]]) -> str:
    events = [f"{kind} ({reason})" if reason else kind for _, kind, reason in log]
    return "no event" if not events else "at its end " + ", ".join(events)
