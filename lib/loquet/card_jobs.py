"""What takes long: generators that do one slice a step, of at most one block of the flash.

Until a job's last slice, which replaces the manifest, nothing has changed; it may be closed at
any time, and the files it leaves behind deleted. Changes and uses that come while it runs are
kept: it takes them over at its end.
"""

from loquet.card import KEY_BYTES, PROFILE_BYTES, TOMBSTONE, is_live, uses_of
from loquet.card_list import (
    BLOCK_RECORDS,
    MOST_PROFILES,
    ListWriter,
    Profiles,
    file_bytes,
    profile_of,
    record_of,
)
from loquet.errors import CardError, StorageError
from loquet.manifest import Entry
from loquet.records import sha256

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


_LEAST_FREE_BYTES = const(16384)
_TOMBSTONE_PROFILE = TOMBSTONE[:PROFILE_BYTES]


def fold(store, log):
    """Moves a full tail of changes or uses to its log."""
    # A change, which may be a revocation, counts for more than a way back; and so does the event
    # log, which has to have room as well.
    store.keep_free(_LEAST_FREE_BYTES)
    log.fold()
    yield


def merge(store):
    """Makes one list file of the list in use and the changes."""
    current = store.manifest.current
    kinds = store.list.profiles.count + store.changes.count
    store.make_room(file_bytes(kinds, store.list.count + store.changes.count))
    entry = Entry(store.manifest.next_number(), current.generation, 0, 0, 0, 0, current.digest)
    entry.since = store.changes.log.rows
    profiles = Profiles(store.list.profiles.table)
    yield from _place_profiles(store, profiles)
    writer = ListWriter(store.list_path(entry), profiles.count, False)
    try:
        count = 0
        for _ in writer.begin(profiles.table):
            yield
        for live in _write_merged(store, writer, profiles):
            count += live
            if writer.count % BLOCK_RECORDS == 0:
                yield
        _check_sound(store)
        entry.count = writer.count
        entry.profiles = profiles.count
        writer.finish()
        yield
        yield from _check_and_swap(store, entry, None, store.manifest.previous, count)
    finally:
        writer.close()


def _place_profiles(store, profiles):
    """Gives those of the changes a number, if need be one that no card of the list has."""
    used = bytearray(MOST_PROFILES)
    seen = 0
    for record in store.list.records(b""):
        used[profile_of(record)] = 1
        seen += 1
        if seen % BLOCK_RECORDS == 0:
            yield
    _check_sound(store)
    for _, value in store.changes.since(0):
        profiles.reuse(used, value[:PROFILE_BYTES])


def _check_sound(store):
    # What is damaged is left out of what is read; in a new list, nobody would see that.
    if store.list.damaged:
        raise StorageError(store.list.path, "is damaged and cannot be merged")


def _write_merged(store, writer, profiles):
    """Writes all records; yields for each whether it is a card's."""
    tombstone = profiles.number(_TOMBSTONE_PROFILE)
    for key, record, value in store.merged(b""):
        if record:
            number = profile_of(record)
        else:
            number = profiles.number(value[:PROFILE_BYTES])
            if number < 0:
                continue  # came after the table was made: it is carried over as a change
            record = record_of(key, value, number)
        # While the list before may come back, it must be known who was revoked since.
        if number != tombstone or store.manifest.previous:
            writer.add(record)
            yield number != tombstone


def take_over(store, entry):
    """Checks the staged list, whose file is complete, and puts it in use."""
    previous = store.manifest.current if store.list else None
    yield from _check_and_swap(store, entry, sha256(), previous, entry.count)


def _check_and_swap(store, entry, digest, previous, count):
    """Reads the new list back from the flash before it counts."""
    new = store.list_of(entry)
    try:
        for _ in new.load(digest):
            yield
        if new.damaged:
            raise StorageError(new.path, "is damaged in block %d" % new.damaged[0])
        if digest and digest.digest() != entry.digest:
            raise StorageError(new.path, "is not the list that was announced: another digest")
        if not digest:
            carried = sum(1 for _ in store.changes.since(entry.since))
            entry.revision = store.manifest.current.revision + store.changes.log.rows - carried
        store.swap(entry, new, previous, count)
    finally:
        if store.list is not new:
            new.close()


def go_back(store, force):
    """Puts the previous list in use again, with its own changes and what was revoked since."""
    manifest = store.manifest
    entry = manifest.previous
    revoked = set()
    if not force:
        for key in _tombstones(store):
            if key:
                revoked.add(key)
            yield
    old = store.list_of(entry)
    try:
        for _ in old.load():
            yield
        log = store.changes_log(entry)
        if not force:
            revoked.update(k for k, value in store.changes.since(0) if not is_live(value))
        _revoke_again(log, old, revoked, store.changes.capacity)
        manifest.replace(current=entry, previous=manifest.current)
        store.close()
        store.changes.open(log)
        store.list = old
    finally:
        if store.list is not old:
            old.close()


def _tombstones(store):
    """Yields the keys of tombstones in the list in use, and None now and then."""
    tombstone = store.list.profiles.number(_TOMBSTONE_PROFILE)
    if tombstone < 0:
        return
    seen = 0
    for record in store.list.records(b""):
        seen += 1
        if profile_of(record) == tombstone:
            yield record[:KEY_BYTES]
        elif seen % BLOCK_RECORDS == 0:
            yield None


def _revoke_again(log, old, revoked, capacity):
    """Adds to the changes of the list `old` that these cards are revoked."""
    theirs = {key: value for key, value in log.replay() if key in revoked}
    if log.rows + len(revoked) > capacity:
        raise CardError("%d revocations since do not fit beside that list" % len(revoked))
    for key in revoked:
        if is_live(theirs.get(key) or old.find(key)):
            log.put(key, TOMBSTONE, log.note - 1)
    log.settle()


def tidy_uses(store):
    """Writes the uses anew, each card once, and without cards that are in no list any more."""
    known = _Known(store)
    try:
        yield from known.load()
        number = store.manifest.next_number()
        log = store.uses_log(number)
        begun = store.uses.log.rows
        row = store.uses.after(b"")
        while row:
            key, value = row
            if known.is_limited(key):
                log.put(key, value, 0)
                if log.full:
                    yield
            else:
                store.uses.forget(key)
            row = store.uses.after(key)
    finally:
        known.close()
    for key, value in store.uses.since(begun):
        log.put(key, value, 0)
    log.settle()
    store.manifest.replace(uses=number)
    store.uses.succeed(log, 0)
    store.uses_kept = log.rows
    store.manifest.remove_others()


class _Known:
    """Which cards are limited in a list that is in use, or may come to be."""

    def __init__(self, store):
        self._store = store
        previous = store.manifest.previous
        self._old = store.list_of(previous) if previous else None
        self._added = set()

    def load(self):
        if self._old:
            yield from self._old.load()
            log = self._store.changes_log(self._store.manifest.previous)
            for key, value in log.replay():
                if self._store.uses.get(key) and uses_of(value) is not None:
                    self._added.add(key)

    def close(self):
        if self._old:
            self._old.close()

    def is_limited(self, key):
        store = self._store
        if store.manifest.staged or store.list.damaged or key in self._added:
            return True  # or not known
        old = self._old
        return _limited(store.value(key)) or bool(old and (old.damaged or _limited(old.find(key))))


def _limited(value):
    return is_live(value) and uses_of(value) is not None
