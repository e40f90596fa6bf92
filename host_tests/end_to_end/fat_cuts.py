"""What power cuts cost on FAT, where CircuitPython keeps files. Run by test_fat_cuts.py.

    MICROPYPATH=lib:. micropython -X heapsize=128m THIS_FILE BEHIND [SCENARIO]

Prints one JSON object a scenario: its name, how many blocks it rewrites, the outcomes of cuts
`within` a rewrite and `between` two, which files were damaged how often, and what must never be
(`breaches`). BEHIND is 0, or how many erases and programs late a drive would be that breaks its
word: with it, acknowledged changes are missing, which shows that the cuts find that.
"""

import gc
import json
import sys

import vfs

from host_tests.support import card_model
from host_tests.support.card_model import key_of, state_of
from host_tests.support.card_scenarios import (
    CHANGES,
    FOLDER,
    LIMITED,
    NUMBERS,
    SCENARIOS,
    before,
    first_model,
    go_on,
    old_model,
    scenario_of,
    second_model,
)
from host_tests.support.flash import BLOCK_BYTES, WHOLE, Flash, Recording, mount, unmount
from loquet.cards import Cards
from loquet.errors import CardError, StorageError

SECTOR_BYTES = 512

FINE = "fine"
LOST = "change_missing"
DAMAGED = "damaged"
UNMOUNTABLE = "does_not_mount"
PASSES = "revoked_passes"
BREACH = "breach"
OUTCOMES = (FINE, LOST, DAMAGED, UNMOUNTABLE, PASSES, BREACH)


class FatFlash(Flash):
    """The chip as CircuitPython on rp2 uses it: FAT's sectors through a cache of one erase block.

    A write goes into the cache. The cache is written back when another block is wanted, at every
    read, and when the file system asks for it: the block is erased, then programmed whole.
    (CircuitPython, ports/raspberrypi/supervisor/internal_flash.c.) It is also written
    back a second after the first write; not here, where every change ends in a sync before that.
    """

    def __init__(self, blocks=0, image=None):
        super().__init__(blocks, image)
        self._cache = bytearray(BLOCK_BYTES)
        self._cached = None

    def attach(self, path, fresh):
        if fresh:
            vfs.VfsFat.mkfs(self)
        vfs.mount(vfs.VfsFat(self), path)

    def readblocks(self, sector, buffer):
        self._write_back()
        self.read(sector * SECTOR_BYTES, buffer)

    def writeblocks(self, sector, buffer):
        for at in range(0, len(buffer), SECTOR_BYTES):
            self._write(sector * SECTOR_BYTES + at, buffer[at : at + SECTOR_BYTES])

    def ioctl(self, operation, argument):
        if operation == 3:
            self._write_back()
        if operation == 4:
            return len(self.image) // SECTOR_BYTES
        if operation == 5:
            return SECTOR_BYTES
        return 0

    def _write(self, address, sector):
        block, at = divmod(address, BLOCK_BYTES)
        if block != self._cached:
            self._write_back()
            self.read(block * BLOCK_BYTES, self._cache)
            self._cached = block
        self._cache[at : at + SECTOR_BYTES] = sector

    def _write_back(self):
        block, self._cached = self._cached, None
        if block is not None:
            self.erase(block)
            self.program(block * BLOCK_BYTES, self._cache)


class Tally:
    """How the cuts of one scenario came out."""

    def __init__(self):
        self.outcomes = {
            "within": dict.fromkeys(OUTCOMES, 0),
            "between": dict.fromkeys(OUTCOMES, 0),
        }
        self.damage = {}
        self.breaches = []
        self._listed = {}

    def know(self, model):
        """These cards were listed at some time, with these rights."""
        for key in model:
            self._listed.setdefault(key, set()).add(rights_of(model[key]))

    def cut(self, place, image, states):
        """Looks what is left of the cards; `states`: what there might be on littlefs."""
        self.outcomes[place][self._outcome(image, states)] += 1

    def _outcome(self, image, states):
        try:
            mount(FatFlash(image=image))
        except OSError:
            return UNMOUNTABLE
        cards = Cards(FOLDER, CHANGES, LIMITED)
        try:
            return self._opened(cards, states)
        except Exception as error:
            return self._breach(f"{type(error).__name__}: {error}")
        finally:
            cards.close()
            unmount()

    def _opened(self, cards, states):
        problem = opening(cards)
        found = passing(cards)
        for key in found:
            if rights_of(found[key]) not in self._listed.get(key, ()):
                return self._breach(f"{key.hex()} was never listed like this")
        if problem and any(is_denied(found[key], problem) for key in found):
            return self._breach(f"cards pass, but {problem}")
        if any(not any(key in state for state in states) for key in found):
            return PASSES
        problem = problem or checking(cards)
        if not (holds_for_each(found, states) if problem else found in states):
            return LOST
        problem = problem or self._problem_later(cards, found)
        return self._damaged(problem) if problem else FINE

    def _problem_later(self, cards, found):
        """What is damaged shows when the cards are worked with, if not before."""
        try:
            complaint = go_on(cards, found)
        except StorageError as error:
            return str(error)
        except CardError:
            return FOLDER + "/staged cannot be gone on with"
        if complaint:
            self._breach(complaint)
        return opening(cards) or checking(cards)

    def _damaged(self, problem):
        """`problem` begins with a path. Files of one kind count together, missing ones apart."""
        name = problem.split(" ")[0].split("/")[-1]
        kind = name.split(".")[0] + (".tail" if name.endswith(".tail") else "")
        kind += " missing" if problem.endswith(" is missing") else ""
        self.damage[kind] = self.damage.get(kind, 0) + 1
        return DAMAGED

    def _breach(self, sentence):
        self.breaches.append(sentence)
        return BREACH


def rights_of(state):
    """All of a card's state but its uses left."""
    return state[:3] + state[4:]


def opening(cards):
    """The sentence that says what cannot be read, or None."""
    try:
        cards.open()
    except StorageError as error:
        return str(error)
    return None


def checking(cards):
    """The sentence that says what else is damaged, or None."""
    problems = cards.check()
    return problems[0] if problems else None


def is_denied(state, problem):
    """Whether a card like this may not pass: any, or, if uses cannot be read, one with limits."""
    return state[3] != 0 and (state[3] is not None or "/uses." not in problem)


def holds_for_each(found, states):
    """Whether each card found may do no more than one of `states` says; some may be missing."""
    return all(any(is_within(found[key], state.get(key)) for state in states) for key in found)


def is_within(found, promised):
    if promised is None or rights_of(found) != rights_of(promised):
        return False
    return promised[3] is None or (found[3] is not None and found[3] <= promised[3])


def passing(cards):
    """Every card that is found, looked up or listed."""
    found = card_model.listing(cards)
    for number in range(NUMBERS):
        card = cards.lookup(key_of(number))
        if card:
            found[card.key] = state_of(card)
    return found


def cut(name, behind):
    """Cuts one scenario at every erase and program; returns what is to be printed."""
    prepare, happen = SCENARIOS[name]
    image, model = before(prepare, 0, FatFlash)
    recording = Recording(image, scenario_of(happen, model), FatFlash)
    tally = Tally()
    for known in (first_model(), second_model(), old_model()):
        tally.know(known)
    for operations, how, left in recording.cuts():
        finished = operations if how == WHOLE else operations - 1
        states = recording.story.allowed(finished + behind)
        for known in states:
            tally.know(known)
        # Erase and program take turns: after a whole program, no block is half rewritten.
        between = how == WHOLE and operations % 2 == 0
        tally.cut("between" if between else "within", left, states)
    report = {"name": name, "rewrites": len(recording.record) // 2, "damage": tally.damage}
    report.update(tally.outcomes)
    report["breaches"] = tally.breaches
    return report


def main(behind, *names):
    for name in names or SCENARIOS:
        print(json.dumps(cut(name, int(behind))))
        gc.collect()


main(*sys.argv[1:])
