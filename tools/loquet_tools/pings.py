"""The panel's PINGs that keep the line alive: they need no line while the reader answers them."""

from __future__ import annotations

from typing import Any

from loquet_tools.wire_watch import PING, SENT


class Pings:
    """Is told what happens; says of each message whether it may be folded away.

    `unanswered`: the PING that was folded away last has had no answer yet.
    """

    def __init__(self) -> None:
        self.unanswered = False
        self._ready = False

    def note_reader(self, state: str) -> None:
        """What the panel says of its reader. Only while it is ready are PINGs nothing new."""
        self._ready = state == "ready"

    def folds(self, happening: dict[str, Any]) -> bool:
        """Whether this message is a PING that needs no line, or its answer."""
        if happening["instruction"] != PING:
            return False
        if happening["direction"] == SENT:
            folds = self._ready and not self.unanswered
            self.unanswered = self.unanswered or folds
            return folds
        folds, self.unanswered = self.unanswered, False
        return folds

    def missed(self, happening: dict[str, Any]) -> bool:
        """Whether this message, which is told, shows that a PING had no answer: told only once."""
        missed = self.unanswered and happening["direction"] == SENT
        self.unanswered = self.unanswered and not missed
        return missed
