"""What can go wrong in the door controller, split by who has to mend it."""

import json


class LoquetError(Exception):
    """Every error that this package raises."""


class UsageError(LoquetError):
    """Our own caller asked for something that must not be: a bug, never a person's mistake."""


class SettingsError(LoquetError):
    """Settings that cannot be used. Names the field, its value and what may stand there."""

    def __init__(self, path: str, value, allowed: str):
        super().__init__("%s is %s; allowed: %s" % (path, _shown(value), allowed))
        self.path = path
        self.value = _shown(value)
        self.allowed = allowed


class IdentityError(LoquetError):
    """A card that cannot be read or written. Names text, notation and what may stand there."""

    def __init__(self, text, notation: str, allowed: str):
        super().__init__("card %s in notation %s; allowed: %s" % (_shown(text), notation, allowed))
        self.text = text
        self.notation = notation
        self.allowed = allowed


def _shown(value) -> str:
    # A report is one short line, whatever somebody pasted into the settings.
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


class StorageError(LoquetError):
    """A file that cannot be used. `path` names it; the message says what is wrong with it."""

    def __init__(self, path: str, problem: str):
        super().__init__("%s %s" % (path, problem))
        self.path = path


class CardError(LoquetError):
    """A card, or a list of cards, that cannot be taken as it is. The message says why."""
