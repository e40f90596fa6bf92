"""The settings document on flash, and the last one with which the panel has started.

Three small files, each of records.py: `settings`, the document to use; `settings.good`, the last
one that the panel has started with; `settings.tries`, how often a start with a new document was
begun. A new document has a few tries, for the power may fail during a good start; then the last
good one takes its place, until other settings are saved.

    save(document)    checked, written beside, renamed; used from the next start on
    load_usable()     at the start, before anything else
    mark_good()       when the panel has run for a while; a small write, so in quiet time
"""

import json
from binascii import crc32

from loquet import records, settings
from loquet.errors import SettingsError, StorageError

MOST_TRIES = 3


class SettingsStore:
    """The settings in `folder`, which exists."""

    def __init__(self, folder: str):
        self._wanted = folder + "/settings"
        self._good = folder + "/settings.good"
        self._tries = folder + "/settings.tries"
        # The document that the panel is being started with, as long as it is not marked good.
        self._on_trial = None
        # Whether `load_usable` gave the last good ones in place of those that were wanted.
        self.fell_back = False

    @property
    def on_trial(self) -> bool:
        """Whether `mark_good` has something to write."""
        return self._on_trial is not None

    def save(self, document) -> None:
        """Stores the parsed JSON `document` for the next start. Raises SettingsError and
        StorageError; then what was stored stays."""
        settings.load(document)
        text = json.dumps(document).encode()
        if self._tries_of(text):
            # Whoever saves it again wants it tried again.
            self._note_tries(text, 0)
        records.save(self._wanted, text)

    def load_usable(self) -> tuple:
        """(settings, problems): what to start with, and a list of sentences for the log.

        A problem does not mean that the last good document was taken: it names what happened.
        Raises StorageError if there is nothing to start with; the message has all problems.
        """
        problems: list = []
        wanted = _read(self._wanted, problems)
        if wanted is None and not problems:
            problems.append("%s is missing" % self._wanted)
        good = _read(self._good, problems)
        usable = _checked(self._wanted, wanted, problems)
        if usable is not None and wanted != good:
            usable = self._tried(usable, wanted, good, problems)
        if usable is None and wanted != good:
            usable = _checked(self._good, good, problems)
            self.fell_back = True
        if usable is None:
            raise StorageError(self._wanted, "cannot be used: %s" % "; ".join(problems))
        return usable, problems

    def mark_good(self) -> None:
        """The panel runs with what `load_usable` gave. Raises StorageError."""
        if self._on_trial is not None:
            records.save(self._good, self._on_trial)
            self._on_trial = None

    def _tried(self, usable, wanted, good, problems: list):
        """`usable` once more, noted as being on trial; None if it has had its tries."""
        tries = self._tries_of(wanted)
        if tries >= MOST_TRIES and good is not None:
            problem = "kept the panel from starting %d times; the last good one is used"
            problems.append("%s %s" % (self._wanted, problem % tries))
            return None
        self._on_trial = wanted
        if tries < MOST_TRIES:
            try:
                self._note_tries(wanted, tries + 1)
            except StorageError as error:
                problems.append(str(error))
        return usable

    def _tries_of(self, text: bytes) -> int:
        record = _read(self._tries, [])
        if record is None or record[:-1] != _mark(text):
            return 0
        return record[-1]

    def _note_tries(self, text: bytes, tries: int) -> None:
        records.save(self._tries, _mark(text) + bytes((tries,)))


def _read(path: str, problems: list) -> bytes | None:
    """What the file holds; None if there is none, or, with a problem, if it is damaged."""
    try:
        return records.load(path)
    except StorageError as error:
        problems.append(str(error))
        return None


def _checked(path: str, text, problems: list):
    """The settings in `text`; None, with a problem, if they cannot be used."""
    if text is None:
        return None
    try:
        return settings.load(json.loads(text.decode()))
    except SettingsError as error:
        problems.append("%s: %s" % (path, error))
        return None


def _mark(text: bytes) -> bytes:
    """What tells one document from another in the file of tries."""
    return crc32(text).to_bytes(4, "little")
