"""How far each named reader of the event log has come, kept in one small file."""

import json

from loquet.errors import StorageError, UsageError
from loquet.records import load, save

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# So that the file stays below the 512 bytes that littlefs keeps without a block of their own.
MOST_READERS = const(8)
LONGEST_NAME = const(16)


class Cursors:
    """By name, the number of the first record that a reader has not acknowledged."""

    def __init__(self, path: str):
        self.changed = False  # whether `save` has something to do
        self._path = path
        self._by_name: dict[str, int] = {}

    def open(self):
        """Loads them. Returns the problem of the file, or None; damaged, it knows no reader."""
        try:
            data = load(self._path)
        except StorageError as error:
            return str(error)
        if data is not None:
            self._by_name = json.loads(data)
        return None

    def get(self, name: str):
        """The cursor of reader `name`; None for one that has never acknowledged anything."""
        return self._by_name.get(name)

    def slowest(self):
        """The cursor of the reader that is furthest behind; None when there is no reader."""
        return min(self._by_name.values()) if self._by_name else None

    def set(self, name: str, cursor: int) -> None:
        """Moves a reader on, never back: an acknowledgement may arrive late or twice."""
        known = self._by_name.get(name)
        if known is None:
            self._check_new(name)
        if known is None or cursor > known:
            self._by_name[name] = cursor
            self.changed = True

    def forget(self, name: str) -> None:
        """The reader comes no more: it holds up nobody and no warning waits for it."""
        if self._by_name.pop(name, None) is not None:
            self.changed = True

    def save(self) -> None:
        """Makes the cursors durable. Raises StorageError."""
        save(self._path, json.dumps(self._by_name).encode())
        self.changed = False

    def _check_new(self, name: str) -> None:
        if not 1 <= len(name.encode()) <= LONGEST_NAME:
            raise UsageError("a reader's name has 1 to %d bytes, not %r" % (LONGEST_NAME, name))
        if len(self._by_name) >= MOST_READERS:
            raise UsageError(
                "the log has %d readers already, %r is too many" % (MOST_READERS, name)
            )
