"""What the panel keeps on flash: its settings, the card list, the log.

    ROOT/settings*   the settings, the last good ones, and how often new ones were tried
    ROOT/cards/      the card list                       (lib/loquet/cards.py)
    ROOT/log/        the events                          (lib/loquet/journal.py)

Opened at the start, where an empty list and an empty log are made if there never was one. Without
settings there is no panel. Without cards or a log there is: nobody who cannot be looked up may
pass, what cannot be written is counted, and both are reported.
"""

import gc
import os

from firmware.app.flash_writer import Job
from loquet import records
from loquet.cards import Cards
from loquet.errors import CardError, StorageError
from loquet.journal import Journal
from loquet.settings_store import SettingsStore

# Settings that keep the panel from starting do so within seconds.
GOOD_AFTER_S = 30

# No file of a list without cards and changes is longer; its manifest is, which is written last.
_EMPTY_FILE_BYTES = 12


class Storage:
    """`settings`, `cards` and `journal` of the folder `root`.

    Raises StorageError if there are no settings that can be used.
    """

    def __init__(self, root: str):
        # What lives long must not be strewn among what imports and JSON leave behind: it would cut
        # the heap into pieces, too small for the tables of the panel.
        gc.collect()
        self._settings_store = SettingsStore(root)
        self.settings, problems = self._settings_store.load_usable()
        gc.collect()
        limits = self.settings.limits
        self.journal = Journal(
            root + "/log", limits.capacity_events, limits.flush_count, limits.flush_age_s
        )
        self.cards = Cards(root + "/cards")
        self._cards_problem = _problem_of(self._open_cards, root + "/cards")
        gc.collect()
        self._journal_problem = _problem_of(self.journal.open)
        gc.collect()
        self._known_damaged = 0
        self._troubles = [("settings", problem) for problem in problems]
        self._troubles += [("log", problem) for problem in self.journal.problems]

    def tell_start(self, panel, reports, cause: str) -> None:
        """Logs that the panel starts, why, and what was found on flash; reports the latter."""
        panel.log("power_up", reason=cause)
        if self._settings_store.fell_back:
            panel.log("settings_fell_back")
        if self._cards_problem is not None:
            panel.log("list_unusable")
            self._troubles.append(("cards", self._cards_problem))
        if self._journal_problem is not None:
            self._troubles.append(("log", self._journal_problem))
        for name, detail in self._troubles:
            reports.trouble(name, detail)
        self.tell_damage(panel, reports)

    def tell_damage(self, panel, reports) -> None:
        """Logs and reports what a lookup may have found damaged since it was asked last."""
        damaged = self.cards.damaged
        if len(damaged) > self._known_damaged:
            self._known_damaged = len(damaged)
            panel.log("list_damaged", count=len(damaged))
            reports.trouble("cards", "%s: damaged, its cards are denied" % damaged[-1])

    def jobs(self) -> list:
        """What flash_writer.py has to do when it may, the first first."""
        jobs = [
            Job("cards", lambda now_s: self.cards.waiting, self.cards.work),
            Job("settings", self._are_good, self._settings_store.mark_good),
        ]
        # The numbers of a log that could not be opened are not known: it must not be written.
        if self._journal_problem is None:
            jobs.insert(0, Job("log", self.journal.due, self.journal.flush))
        return jobs

    def close(self, panel, reports, kind: str) -> None:
        """Logs the end, of that kind, and writes the log: a wanted restart leaves no gap in it."""
        panel.log(kind)
        if self._journal_problem is None:
            problem = _problem_of(self.journal.close)
            if problem is not None:
                reports.trouble("log", problem)
        self.cards.close()

    def _are_good(self, now_s: int) -> bool:
        return now_s >= GOOD_AFTER_S and self._settings_store.on_trial

    def _open_cards(self, folder: str) -> None:
        if _is_new(folder):
            self.cards.create()
        self.cards.open()


def _is_new(folder: str) -> bool:
    """Whether there never was a list: nothing is there, or what a cut left of a first start."""
    if not records.exists(folder):
        return True
    if records.exists(folder + "/manifest"):
        return False
    names = [name for name in os.listdir(folder) if name != "manifest.new"]
    return all(records.size(folder + "/" + name) <= _EMPTY_FILE_BYTES for name in names)


def _problem_of(function, *arguments):
    """What is wrong, in words, if `function` fails; None if it does not."""
    try:
        function(*arguments)
    except (StorageError, CardError, OSError) as error:
        return str(error)
    return None
