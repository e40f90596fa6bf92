"""The cards that may pass: a list on flash, the changes since, and how often cards were used.

A lookup asks the changes, which are in RAM, and then reads one block of the list (card_list.py).
Changes and uses are durable when their call returns (ledger.py). All that takes longer is a job
(card_jobs.py): merging the changes into a new list file, taking over a list that was staged,
going back to the list before, tidying the uses. `work` runs it one slice at a time.

A list being staged survives a restart, a job does not and begins again. What the manifest does
not name is deleted when the folder is opened.
"""

from loquet import card_jobs
from loquet.card import PROFILE_BYTES, TOMBSTONE, Card, check_key, is_live, pack, unpack, uses_of
from loquet.card_check import problems_of
from loquet.card_list import (
    MOST_PROFILES,
    RECORD_BYTES,
    ListWriter,
    check_order,
    check_profiles,
    file_bytes,
    profile_of,
)
from loquet.card_store import USE_BYTES, CardStore
from loquet.errors import CardError, StorageError
from loquet.manifest import Entry


class Cards:
    """The cards in `folder`. Call `create` once in its life, `open` at every start.

    `changes`: how many single changes are kept beside the list before they are merged into it;
    `limited`: how many cards with limited uses are kept count of. They take 26 and 15 bytes of
    RAM each, at once; an index of the list takes 11 bytes for every 26 cards.
    """

    def __init__(self, folder: str, changes: int = 1024, limited: int = 1024):
        self._store = CardStore(folder, changes, limited)
        self._manifest = self._store.manifest
        self._writer: ListWriter | None = None
        self._job = None
        # After a job that failed: the next would, too, and wear out the flash.
        self._resting = False

    def create(self) -> None:
        """Makes the folder, with an empty list of generation 0. CardError if there is a list."""
        self._store.create()

    def open(self) -> None:
        """Reads what the folder holds. StorageError names the file that cannot be used.

        After an error no card is known, or, if only the uses cannot be read, no limited card has
        any left; unless it is the manifest, a new list can be staged and committed all the same.
        """
        self.close()
        self._resting = False
        self._store.open()

    def close(self) -> None:
        """Lets go of all files. What was not durable is lost."""
        if self._job:
            self._job.close()
        self._job = None
        self._drop_writer()
        self._store.close()

    # What there is.

    @property
    def count(self) -> int:
        """How many cards there are."""
        return self._store.changes.log.note

    @property
    def generation(self) -> int:
        """The number the list in use was given with."""
        return self._manifest.current.generation

    @property
    def digest(self) -> bytes:
        """The digest the list in use was given with, 32 bytes."""
        return self._manifest.current.digest

    @property
    def revision(self) -> int:
        """How many single changes there have been to this generation."""
        return self._manifest.current.revision + self._store.changes.log.rows

    @property
    def previous(self) -> int | None:
        """The generation that `rollback` would go back to."""
        entry = self._manifest.previous
        return entry.generation if entry else None

    @property
    def staging(self) -> tuple | None:
        """(generation, count, digest) of the list being staged."""
        entry = self._manifest.staged
        return (entry.generation, entry.count, entry.digest) if entry else None

    @property
    def damaged(self) -> list:
        """The blocks of the list whose cards are denied because they cannot be read."""
        listed = self._store.list
        if not listed:
            return []
        return ["%s block %d" % (listed.path, number) for number in listed.damaged]

    def lookup(self, key: bytes) -> Card | None:
        """The card with this key; None if there is none, or if it cannot be read."""
        value = self._store.value(key)
        return self._card(key, value) if is_live(value) else None

    def page(self, after: bytes, limit: int) -> list:
        """The next `limit` cards in order of keys; `after`: the last key had, b"" to begin."""
        cards: list[Card] = []
        listed = self._store.list
        if listed:
            for key, record, value in self._store.merged(after):
                value = value or listed.value(record)
                if is_live(value):
                    cards.append(self._card(key, value))
                    if len(cards) == limit:
                        break
        return cards

    def check(self) -> list:
        """Reads every byte of every file that counts; returns what is wrong, in sentences."""
        return problems_of(self._store)

    def _card(self, key: bytes, value) -> Card:
        return unpack(key, value, self._store.used(key, value))

    # Single changes. Each is durable when it returns; if it raises, nothing has changed.

    def add(self, card: Card) -> None:
        """A new card. CardError if there is one with its key."""
        if self._is_card(card.key):
            raise CardError("card %s is in the list already" % card.key.hex())
        self._set(card, self.count + 1)

    def change(self, card: Card) -> None:
        """What the card may do from now on. CardError if it is not in the list."""
        if not self._is_card(card.key):
            raise CardError("card %s is not in the list" % card.key.hex())
        self._set(card, self.count)

    def revoke(self, key: bytes) -> bool:
        """The card is no card any more; returns whether it was one.

        It is noted in any case: the list being staged, or the one before, may have the card.
        """
        known = self._is_card(key)
        self._put(key, TOMBSTONE, self.count - known, self._store.changes.capacity)
        return known

    def use(self, key: bytes) -> int | None:
        """Takes one use of a limited card. Returns what is left after it, None if none was."""
        store = self._store
        value = store.value(key)
        uses = uses_of(value) if is_live(value) else None
        used = store.used(key, value) + 1
        if uses is None or used > uses:
            return None
        if not store.uses.has_room(key):
            raise StorageError(store.uses.log.path, "is full, and counts no further card's uses")
        store.uses.put(key, used.to_bytes(USE_BYTES, "little"))
        return uses - used

    def _is_card(self, key: bytes) -> bool:
        check_key(key)
        self._store.usable_list()
        return is_live(self._store.value(key))

    def _set(self, card: Card, count: int) -> None:
        value = self._packed(card)
        changes = self._store.changes
        profiles = self._store.usable_list().profiles
        if (
            profiles.count + changes.log.rows >= MOST_PROFILES
            and profiles.number(value[:PROFILE_BYTES]) < 0
        ):
            raise CardError("more than %d kinds of cards in one list" % MOST_PROFILES)
        # The last places are for revocations, which must not wait.
        self._put(card.key, value, count, changes.capacity * 15 // 16)

    def _packed(self, card: Card) -> bytes:
        """A card's value; uses stand in it as the number in all, for what is gone is counted."""
        value = pack(card)
        left = card.uses_left
        if left is None:
            return value
        total = Card(card.key, uses_left=left + self._store.used(card.key, value))
        return value[:5] + pack(total)[5:7] + value[7:]

    def _put(self, key: bytes, value: bytes, count: int, most: int) -> None:
        changes = self._store.changes
        if changes.log.rows >= most:
            raise StorageError(changes.log.path, "is full: its changes wait to be merged")
        changes.put(key, value, count)

    # Another list.

    def begin_replace(self, generation: int, count: int, digest: bytes, profiles: bytes) -> None:
        """Begins to stage a list of `count` cards beside the one in use.

        `digest`, `profiles` and the records to come are those that `card_list.pack_list` makes.
        The previous list is given up if there is no room otherwise. Raises StorageError,
        CardError.
        """
        manifest = self._manifest
        if manifest.staged:
            raise CardError("a list is being staged already")
        check_profiles(profiles)
        self._stop_job()
        kinds = len(profiles) // PROFILE_BYTES
        self._store.make_room(file_bytes(kinds, count))
        since = self._store.changes.log.rows if self._store.changes.usable else 0
        entry = Entry(manifest.next_number(), generation, 0, count, kinds, since, digest)
        writer = ListWriter(self._store.list_path(entry), kinds, True)
        try:
            for _ in writer.begin(profiles):
                pass
            writer.sync()
            manifest.replace(staged=entry)
        except StorageError:
            writer.close()
            manifest.remove_others()
            raise
        self._writer = writer

    def stage(self, listed: bytes) -> None:
        """The next records of the list being staged. CardError says why not; none is taken then."""
        entry = self._staged()
        writer = self._writer_of(entry)
        missing = entry.count - self.resume()
        size = len(listed)
        if size % RECORD_BYTES or size > missing * RECORD_BYTES:
            raise CardError("%d bytes of records, when %d records are missing" % (size, missing))
        check_order(writer.last_key, listed)
        parts = [listed[at : at + RECORD_BYTES] for at in range(0, size, RECORD_BYTES)]
        for record in parts:
            if profile_of(record) >= entry.profiles:
                raise CardError("profile %d is not in the list" % profile_of(record))
        try:
            for record in parts:
                writer.add(record)
        except StorageError:
            self._drop_writer()
            raise

    def resume(self) -> int:
        """How many records are staged: the next one is wanted, after a restart as well."""
        entry = self._staged()
        return min(entry.count, self._writer_of(entry).count)

    def commit(self) -> None:
        """Has `work` check the staged list against count and digest and put it in use.

        The one in use until then is kept for `rollback`. If the list is not the one announced,
        `work` raises StorageError, and it can only be abandoned.
        """
        entry = self._staged()
        staged = self.resume()
        if staged != entry.count:
            raise CardError("%d of %d cards are staged" % (staged, entry.count))
        self._writer_of(entry).finish()
        self._drop_writer()
        self._start(card_jobs.take_over(self._store, entry))

    def abandon(self) -> None:
        """Forgets the list being staged, if there is one."""
        self._stop_job()
        self._drop_writer()
        if self._manifest.staged:
            self._manifest.replace(staged=None)
            self._manifest.remove_others()

    def rollback(self, force: bool = False) -> None:
        """Has `work` go back to the list before, which makes this one the list before.

        Cards revoked since stay revoked unless `force`. CardError if there is no list before, or
        if nobody can say which were revoked, because the list in use cannot be read.
        """
        if not self._manifest.previous:
            raise CardError("there is no list to go back to")
        if not self._store.list and not force:
            raise CardError("which cards were revoked since cannot be read: only by force")
        self.abandon()
        self._start(card_jobs.go_back(self._store, force))

    def _staged(self) -> Entry:
        if not self._manifest.staged:
            raise CardError("no list is being staged")
        return self._manifest.staged

    def _writer_of(self, entry: Entry) -> ListWriter:
        if not self._writer:
            self._writer = ListWriter(self._store.list_path(entry), entry.profiles, True)
        return self._writer

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer:
            writer.close()

    # What takes long.

    @property
    def waiting(self) -> bool:
        """Whether `work` has something to do."""
        return self._job is not None or self._due() is not None

    def work(self) -> bool:
        """One slice of what is to be done in quiet time; False if there was nothing to do.

        Raises StorageError or CardError if the job cannot be done; then nothing has changed, and
        merging and tidying rest until another job is done.
        """
        if not self._job:
            self._job = self._due()
            if not self._job:
                return False
        try:
            next(self._job)
        except StopIteration:
            self._job = None
            self._resting = False
        except Exception:
            self._stop_job()
            self._resting = True
            raise
        return True

    def _due(self):
        store = self._store
        changes, uses = store.changes, store.uses
        if not store.list:
            return None
        for ledger in (changes, uses):
            if ledger.usable and ledger.log.full:
                return card_jobs.fold(store, ledger.log)
        if self._resting:
            return None
        # A merged list would hide that cards are missing.
        hindered = self._manifest.staged or store.list.damaged
        if changes.log.rows >= changes.capacity * 7 // 8 and not hindered:
            return card_jobs.merge(store)
        if uses.usable and uses.log.rows >= store.uses_kept + uses.capacity // 2:
            return card_jobs.tidy_uses(store)
        return None

    def _start(self, job) -> None:
        self._stop_job()
        self._job = job

    def _stop_job(self) -> None:
        if self._job:
            self._job.close()
            self._job = None
            self._manifest.remove_others()
