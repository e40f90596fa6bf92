"""What each thing done with cards costs on the flash: erases, programs, bytes.

    python -m host_tests.bench.flash_work

On littlefs with MicroPython's sizes, 20,000 cards on the 352 blocks of a Pico. Prints a table and
then one JSON object. What is done between the operations by `work` has rows of its own; "with
all" is what a change costs in the end, folding and merging included.
"""

import json
import random

from host_tests.support import card_model
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.flash import RP2_PROG_BYTES, Flash, Mounted
from loquet.card_list import RECORD_BYTES
from loquet.cards import Cards

COUNT = 20000
BLOCKS = 352
CHANGES = 4000


class Meter:
    """Adds up what the flash did, by what was done."""

    def __init__(self, flash):
        self._flash = flash
        self.rows = {}

    def __call__(self, name, function, *arguments):
        before = self._flash.work()
        result = function(*arguments)
        work = [now - then for now, then in zip(self._flash.work(), before, strict=True)]
        row = self.rows.setdefault(name, Row())
        if result is not False:  # of `work`: there was nothing to do
            row.add(work)
        return result


class Row:
    """Operations of one kind. `erases`: erases in one operation -> how many operations."""

    def __init__(self):
        self.operations = 0
        self.work = [0, 0, 0]
        self.erases = {}

    def add(self, work):
        self.operations += 1
        self.work = [total + more for total, more in zip(self.work, work, strict=True)]
        self.erases[work[0]] = self.erases.get(work[0], 0) + 1

    def per(self, operations):
        return [total / operations for total in self.work]


def change(meter, cards, model, chance):
    """One change, of a kind that chance chooses."""
    key = key_of(chance.randrange(COUNT * 11 // 10))
    new = state(chance.randrange(100), 5)
    if key not in model:
        model[key] = new
        meter("add", cards.add, card_of(key, new))
    elif chance.random() < 0.5:
        model[key] = new
        meter("change", cards.change, card_of(key, new))
    else:
        del model[key]
        meter("revoke", cards.revoke, key)


def work(meter, cards):
    while meter("slice of " + job_of(cards), cards.work):
        pass


def job_of(cards):
    return cards._job.__name__.replace("_", " ") if cards._job else "fold, or the first of a job"


def measured(prog_bytes=RP2_PROG_BYTES):
    """{name: Row} of all that is done with cards, and the flash's share of a single lookup."""
    chance = random.Random(1)
    with Mounted(Flash(BLOCKS, prog_bytes=prog_bytes), fresh=True) as flash:
        meter = Meter(flash)
        cards = Cards("/flash/cards")
        cards.create()
        cards.open()
        model = many(range(COUNT))
        replace(meter, cards, model)
        lookups = lookup(flash, cards, chance)
        before = flash.work()
        for _ in range(CHANGES):
            change(meter, cards, model, chance)
            work(meter, cards)
        total = Row()
        total.add([now - then for now, then in zip(flash.work(), before, strict=True)])
        total.operations = CHANGES
        meter.rows["add, change, revoke, with all"] = total
        use(meter, cards, model)
        replace(meter, cards, many(range(COUNT)))
        cards.revoke(key_of(7))
        meter("roll back", cards.rollback)
        work(meter, cards)
    return {name: row for name, row in meter.rows.items() if row.operations}, lookups


def replace(meter, cards, model):
    profiles, listed, digest = card_model.packed(model)
    meter("begin to replace", cards.begin_replace, 1, len(model), digest, profiles)
    for at in range(0, len(listed), RECORD_BYTES * 26):
        meter("stage 26 cards", cards.stage, listed[at : at + RECORD_BYTES * 26])
    meter("commit", cards.commit)
    work(meter, cards)


def use(meter, cards, model):
    """2,000 uses of 500 cards."""
    limited = sorted(model)[:500]
    for key in limited:
        cards.change(card_of(key, state(1, 100)))
        card_model.finish(cards)
    for number in range(2000):
        meter("use", cards.use, limited[number % 500])
        work(meter, cards)


def lookup(flash, cards, chance):
    """(reads of the chip, bytes read) of a lookup, on average and at most."""
    costs = []
    for _ in range(2000):
        before = flash.reads, flash.read_bytes
        assert cards.lookup(key_of(chance.randrange(COUNT)))
        costs.append((flash.reads - before[0], flash.read_bytes - before[1]))
    return {
        "reads": sum(cost[0] for cost in costs) / len(costs),
        "bytes": sum(cost[1] for cost in costs) / len(costs),
        "most reads": max(cost[0] for cost in costs),
        "most bytes": max(cost[1] for cost in costs),
    }


def main():
    rows, lookups = measured()
    print(f"{COUNT} cards; for one operation  erases  programs    bytes  operations with n erases")
    for name, row in rows.items():
        erases, programs, size = row.per(row.operations)
        spread = ", ".join(f"{n}: {row.erases[n]}" for n in sorted(row.erases))
        print(f"{name:32} {erases:8.3f} {programs:9.2f} {size:8.0f}  {spread}")
    print(f"lookup: {lookups['reads']:.1f} reads of the chip, {lookups['bytes']:.0f} bytes")
    per = {name: row.per(row.operations) for name, row in rows.items()}
    print(json.dumps({"flash_work": per, "lookup": lookups}))


if __name__ == "__main__":
    main()
