"""The keys of the live view: the one table that view, README and tests take them from."""

from __future__ import annotations

from dataclasses import dataclass

QUIT = "q"


@dataclass(frozen=True)
class Key:
    """`label` stands beside it on the screen, `does` in the README.

    `said` is the line that the view shows then; empty for a key that leaves the door alone.
    """

    key: str
    label: str
    does: str
    said: str = ""

    @property
    def acts(self) -> bool:
        """Whether whoever presses it takes the door over from the visit."""
        return bool(self.said)


KNOWN, UNKNOWN, OPEN, FORCE, CLOSE, REX, PLUG, POWER, VISIT = "12ofcrspv"

KEYS = (
    Key(
        KNOWN,
        "known card",
        "lays a card on the reader that may pass, and takes it away again",
        "A card that may pass is laid on the reader.",
    ),
    Key(
        UNKNOWN,
        "unknown card",
        "lays a card on the reader that nobody has listed, and takes it away again",
        "A card that nobody has listed is laid on the reader.",
    ),
    Key(OPEN, "open", "opens the door, if it is released", "Somebody opens the door."),
    Key(FORCE, "force", "opens the door, locked or not", "Somebody opens the door by force."),
    Key(CLOSE, "close", "closes the door", "The door is closed."),
    Key(
        REX,
        "REX",
        "presses the button inside (request-to-exit), which releases the door",
        "Somebody inside presses the button.",
    ),
    Key(
        PLUG,
        "silence",
        "pulls the reader's plug, so that nothing is heard of it; once more: puts it in again",
        "Somebody is at the reader's plug.",
    ),
    Key(
        POWER,
        "power",
        "cuts the power of panel and reader; once more: gives it back",
        "Somebody is at the power supply.",
    ),
    Key(VISIT, "visit", "plays the visit again, from its beginning"),
    Key(QUIT, "quit", "ends the demo, as Ctrl-C does"),
)

KEYS_BY_NAME = {key.key: key for key in KEYS}


def table() -> str:
    """The keys as the README lists them."""
    rows = [f"| `{key.key}` | {key.does} |" for key in KEYS]
    return "\n".join(["| key | what it does |", "|---|---|", *rows]) + "\n"
