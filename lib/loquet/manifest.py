"""Which files of the card folder count: one small file, and replacing it is every swap there is.

    manifest            this
    list.N changes.N    a list and the single changes made on top of it (card_list.py, ledger.py)
    uses.N              how often limited cards have been used, whichever list is in use

Whatever else of these names lies in the folder was being made, or is no longer needed.
"""

import struct

from loquet import records
from loquet.errors import StorageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


_FORMAT = const(1)
_NAME = "manifest"
_HEAD = "<HI"
_ENTRY = "<IIIIHH32s"


class Entry:
    """One list, in use or not.

    `number` names its files. `generation` and `digest` are those it was given with. `revision`:
    how many single changes to this generation are merged into the file. `count`, `profiles`: how
    many records and profiles the file holds. `since`: how many changes there had been to the
    list in use when this one was begun; what comes later stays valid on top of it.
    """

    def __init__(self, number, generation, revision, count, profiles, since, digest):
        self.number = number
        self.generation = generation
        self.revision = revision
        self.count = count
        self.profiles = profiles
        self.since = since
        self.digest = digest


class Manifest:
    """`current`, `previous` and `staged` are entries, the last two None if there is none."""

    def __init__(self, folder: str):
        self._folder = folder
        self.path = folder + "/" + _NAME
        # Of no file, until `load` or `create`.
        self.current = Entry(0, 0, 0, 0, 0, 0, bytes(32))
        self.previous: Entry | None = None
        self.staged: Entry | None = None
        self.uses = 0

    def path_of(self, kind: str, number: int) -> str:
        """The path of a file of this folder: kind is "list", "changes" or "uses"."""
        return "%s/%s.%d" % (self._folder, kind, number)

    def next_number(self) -> int:
        """A number that no file has that counts."""
        return 1 + max([self.uses] + [entry.number for entry in self._entries() if entry])

    def load(self) -> None:
        """Raises StorageError if the file is missing, damaged or of another format."""
        block = records.load(self.path)
        if block is None:
            raise StorageError(self.path, "is missing")
        version, self.uses = struct.unpack_from(_HEAD, block, 0)
        if version != _FORMAT:
            raise StorageError(
                self.path, "has format %d; this program knows %d" % (version, _FORMAT)
            )
        self.current = self._entry(block, 0)
        self.previous = self._unpacked(block, 1)
        self.staged = self._unpacked(block, 2)

    def save(self) -> None:
        """Makes these the files that count. Raises StorageError."""
        block = struct.pack(_HEAD, _FORMAT, self.uses)
        for entry in self._entries():
            block += self._packed(entry)
        records.save(self.path, block)

    def replace(self, **named) -> None:
        """Saves with these attributes set; if that raises StorageError, they are as before."""
        before = {name: getattr(self, name) for name in named}
        self._set(named)
        try:
            self.save()
        except StorageError:
            self._set(before)
            raise

    def _set(self, attributes: dict) -> None:
        for name in attributes:
            setattr(self, name, attributes[name])

    def remove_others(self) -> None:
        """Deletes what does not count. Raises StorageError."""
        kept = {_NAME}
        for entry in self._entries():
            if entry:
                kept.update(self._names("list", entry.number))
                kept.update(self._names("changes", entry.number))
        kept.update(self._names("uses", self.uses))
        for name in records.names_in(self._folder):
            if name not in kept and name.split(".")[0] in ("list", "changes", "uses", _NAME):
                records.remove(self._folder + "/" + name)

    def _names(self, kind: str, number: int) -> tuple:
        name = "%s.%d" % (kind, number)
        return name, name + ".tail"

    def _entries(self) -> tuple:
        return self.current, self.previous, self.staged

    def _packed(self, entry: Entry | None) -> bytes:
        if entry is None:
            return bytes(struct.calcsize(_ENTRY))
        return struct.pack(
            _ENTRY,
            entry.number,
            entry.generation,
            entry.revision,
            entry.count,
            entry.profiles,
            entry.since,
            entry.digest,
        )

    def _unpacked(self, block: bytes, place: int) -> Entry | None:
        entry = self._entry(block, place)
        return entry if entry.number else None

    def _entry(self, block: bytes, place: int) -> Entry:
        at = struct.calcsize(_HEAD) + place * struct.calcsize(_ENTRY)
        return Entry(*struct.unpack_from(_ENTRY, block, at))
