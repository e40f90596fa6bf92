"""Who was let in at a door's entry, and how long ago: what anti-passback by time looks at.

It counts the panel's uptime, so it needs no clock, and it is in RAM only: a restart forgets it,
because a panel must not keep people out for what it no longer knows. It decides nothing.
"""

from array import array

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


KEY_BYTES = const(11)
# As many as come in at one door in a quarter of an hour; 16 bytes of RAM each. Of more, those who
# came in longest ago are forgotten: anti-passback must not keep anybody out by mistake.
MOST_PASSAGES = const(256)

# No card's key begins with it.
_NOBODY = b"\xff" * KEY_BYTES


class Passages:
    """The last MOST_PASSAGES times that a card was let in at one door; of each card, the last.

    Keys are a card's 11 bytes. `uptime_s` counts seconds since the panel started, and only rises.
    """

    def __init__(self):
        self._keys = bytearray(_NOBODY * MOST_PASSAGES)
        # One byte of each key, for comparing all keys takes milliseconds, and a person waits.
        self._marks = bytearray(MOST_PASSAGES)
        self._times_s = array("I", [0] * MOST_PASSAGES)
        self._next = 0

    def note(self, key: bytes, uptime_s: int) -> None:
        """The card was let in now."""
        self.forget(key)
        self._put(self._next, key)
        self._times_s[self._next] = uptime_s
        self._next = (self._next + 1) % MOST_PASSAGES

    def ago_s(self, key: bytes, uptime_s: int) -> int | None:
        """Seconds since the card was let in; None if that is not known."""
        place = self._place(key)
        return None if place is None else uptime_s - self._times_s[place]

    def forget(self, key: bytes) -> None:
        """The card went out: it may come in again at once."""
        place = self._place(key)
        if place is not None:
            self._put(place, _NOBODY)

    def _put(self, place: int, key: bytes) -> None:
        self._keys[place * KEY_BYTES : (place + 1) * KEY_BYTES] = key
        self._marks[place] = _mark(key)

    def _place(self, key: bytes) -> int | None:
        mark = bytes((_mark(key),))
        place = self._marks.find(mark)
        while place >= 0:
            if self._keys[place * KEY_BYTES : (place + 1) * KEY_BYTES] == key:
                return place
            place = self._marks.find(mark, place + 1)
        return None


def _mark(key: bytes) -> int:
    return sum(key) & 0xFF
