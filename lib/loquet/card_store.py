"""What is known of the cards: the list in use, the changes since, the uses; and their files.

The state that cards.py (what may be asked and told) and card_jobs.py (what takes long) share.
"""

from loquet import records
from loquet.card import KEY_BYTES, MOST_USES, VALUE_BYTES, is_live, uses_of
from loquet.card_list import CardList, ListWriter, digest_of
from loquet.errors import CardError, StorageError
from loquet.ledger import Ledger, Log
from loquet.manifest import Entry, Manifest

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


USE_BYTES = const(2)
# What a list needs beside its own bytes: littlefs's block lists, the folder's log, small files.
_SPARE_BYTES = const(32768)


class CardStore:
    """`changes` and `uses` are ledgers, value by key and uses gone by key. The note of `changes`
    is the number of cards. `list` is None when it or its changes cannot be read.
    """

    def __init__(self, folder: str, changes: int, limited: int):
        self.folder = folder
        self.manifest = Manifest(folder)
        self.changes = Ledger(VALUE_BYTES, changes)
        self.uses = Ledger(USE_BYTES, limited)
        self.list: CardList | None = None
        # How many rows the log of uses began with.
        self.uses_kept = 0

    def create(self) -> None:
        """The folder, with an empty list of generation 0. CardError if there is a list."""
        manifest = self.manifest
        if records.exists(manifest.path):
            raise CardError("%s is there already" % manifest.path)
        records.make_folder(self.folder)
        manifest.uses = 1
        manifest.current = Entry(1, 0, 0, 0, 0, 0, digest_of(b"", b""))
        ListWriter(self.list_path(manifest.current), 0, False).finish()
        self.changes_log(manifest.current).settle()
        self.uses_log(1).settle()
        manifest.save()

    def open(self) -> None:
        """Reads all files. Raises the first StorageError, with what can be read in place."""
        self.manifest.load()
        self.manifest.remove_others()
        problems = []
        for step in (self._open_list, self._open_uses):
            try:
                step()
            except StorageError as error:
                problems.append(error)
        if problems:
            raise problems[0]

    def close(self) -> None:
        if self.list:
            self.list.close()
        self.list = None

    def _open_list(self) -> None:
        entry = self.manifest.current
        self.changes.open(self.changes_log(entry))
        found = self.list_of(entry)
        try:
            for _ in found.load():
                pass
        except StorageError:
            found.close()
            raise
        self.list = found

    def _open_uses(self) -> None:
        self.uses.open(self.uses_log(self.manifest.uses))
        self.uses_kept = self.uses.count

    # Files by their entry.

    def list_path(self, entry: Entry) -> str:
        return self.manifest.path_of("list", entry.number)

    def list_of(self, entry: Entry) -> CardList:
        return CardList(self.list_path(entry), entry.profiles, entry.count)

    def changes_log(self, entry: Entry) -> Log:
        return Log(self.manifest.path_of("changes", entry.number), VALUE_BYTES)

    def uses_log(self, number: int) -> Log:
        return Log(self.manifest.path_of("uses", number), USE_BYTES)

    # Cards by their key.

    def usable_list(self) -> CardList:
        """The list in use. Raises StorageError if it cannot be read."""
        if not self.list:
            raise StorageError(self.manifest.path, "names a list that cannot be read")
        return self.list

    def value(self, key: bytes) -> bytes | None:
        """The value of a card, 13 bytes, or a tombstone; None if nothing is known."""
        if not self.list:
            return None
        return self.changes.get(key) or self.list.find(key)

    def used(self, key: bytes, value) -> int:
        """How many uses of a card with this value are gone."""
        if value is None or uses_of(value) is None:
            return 0
        if not self.uses.usable:
            return MOST_USES
        used = self.uses.get(key)
        return int.from_bytes(used, "little") if used else 0

    def merged(self, after: bytes):
        """Yields (key, record or None, value or None) of list and changes, keys above `after`."""
        change = self.changes.after(after)
        for record in self.usable_list().records(after):
            key = record[:KEY_BYTES]
            while change and change[0] < key:
                yield change[0], None, change[1]
                change = self.changes.after(change[0])
            if not change or change[0] != key:
                yield key, record, None
        while change:
            yield change[0], None, change[1]
            change = self.changes.after(change[0])

    # Another list, or other uses, in place of those that are there.

    def keep_free(self, size: int) -> None:
        """Gives up the previous list if less than `size` is free."""
        if self.manifest.previous and records.free_bytes(self.folder) < size:
            self.manifest.previous = None
            self.manifest.save()
            self.manifest.remove_others()

    def make_room(self, size: int) -> None:
        """Gives up the previous list if need be. StorageError if that is not enough."""
        needed = size + _SPARE_BYTES
        self.keep_free(needed)
        free = records.free_bytes(self.folder)
        if free < needed:
            raise StorageError(
                self.folder, "has no room: %d bytes are needed, %d are free" % (needed, free)
            )

    def swap(self, entry: Entry, new: CardList, previous: Entry | None, count: int) -> None:
        """Puts `new`, which holds `count` cards, in use, with the changes since `entry.since`.

        Before the manifest is saved nothing has changed; after that all has.
        """
        log = self.changes_log(entry)
        log.remove()  # what an attempt before this one may have left
        for key, value in self.changes.since(entry.since):
            count += is_live(value) - is_live(new.find(key))
            log.put(key, value, count)
        log.note = count
        log.settle()
        uses = self.manifest.uses if self.uses.usable else self._uses_anew()
        self.manifest.replace(current=entry, previous=previous, staged=None, uses=uses)
        self.close()
        self.list = new
        self.changes.succeed(log, entry.since)
        if not self.uses.usable:
            self._open_uses()
        self.manifest.remove_others()

    def _uses_anew(self) -> int:
        """The number of an empty ledger, for uses that could not be read."""
        number = self.manifest.next_number()
        self.uses_log(number).settle()
        return number
