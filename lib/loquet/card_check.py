"""Reads every byte of a card folder and says what is wrong with it."""

from loquet.errors import StorageError
from loquet.manifest import Manifest
from loquet.records import sha256


def problems_of(store) -> list:
    """What is wrong, in sentences that name the file. `store`: a CardStore, open or not."""
    manifest = Manifest(store.folder)
    try:
        manifest.load()
    except StorageError as error:
        return [str(error)]
    found = []
    for entry in (manifest.current, manifest.previous):
        if entry:
            found += _of_list(store, entry) + _of_log(store.changes_log(entry))
    return found + _of_log(store.uses_log(manifest.uses))


def _of_list(store, entry) -> list:
    digest = sha256()
    try:
        # A list of its own: what is open may be looked up in between.
        listed = store.list_of(entry)
        try:
            for _ in listed.load(digest):
                pass
        finally:
            listed.close()
    except StorageError as error:
        return [str(error)]
    if listed.damaged:
        return ["%s is damaged in block %d" % (listed.path, block) for block in listed.damaged]
    # Once changes are merged into it, a list has another digest than it was given with.
    if not entry.revision and digest.digest() != entry.digest:
        return ["%s is not the list it should be: another digest" % listed.path]
    return []


def _of_log(log) -> list:
    try:
        for _ in log.replay():
            pass
    except StorageError as error:
        return [str(error)]
    return []
