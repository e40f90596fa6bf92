"""20,000 cards in the heap of a Pico: what is free after each step. Run by test_cards_heap.py.

    MICROPYPATH=lib:. micropython -X heapsize=192k THIS_FILE FOLDER

Objects of the Unix port take twice a Pico's room, so this is the stricter test. The list never is
in RAM: a batch of it is made, staged and forgotten.
"""

import gc
import json
import sys
from hashlib import sha256

from loquet.card import PROFILE_BYTES, Card, pack
from loquet.card_list import Profiles, record_of
from loquet.cards import Cards

COUNT = 20000
BATCH = 52
PROFILE_OF = 7  # every so many cards share one of these


def free(step):
    gc.collect()
    print(json.dumps({"step": step, "free": gc.mem_free(), "heap": gc.mem_free() + gc.mem_alloc()}))


def card_of(number):
    key = b"\x17\x04" + (number * 3).to_bytes(5, "big") + b"\x80\0\0\0"
    return Card(key, 1 << number % PROFILE_OF, uses_left=None if number % 10 else 5)


def batches(profiles):
    for first in range(0, COUNT, BATCH):
        batch = b""
        for number in range(first, min(first + BATCH, COUNT)):
            card = card_of(number)
            value = pack(card)
            batch += record_of(card.key, value, profiles.place(value[:PROFILE_BYTES]))
        yield batch


def replace(cards, generation):
    profiles = Profiles(b"")
    for number in range(10 * PROFILE_OF):
        profiles.place(pack(card_of(number))[:PROFILE_BYTES])
    digest = sha256(profiles.table)
    for batch in batches(profiles):
        digest.update(batch)
    cards.begin_replace(generation, COUNT, digest.digest(), bytes(profiles.table))
    for batch in batches(profiles):
        cards.stage(batch)
    free("staged")
    cards.commit()
    work(cards)


def work(cards):
    least = gc.mem_free()
    while cards.work():
        gc.collect()
        least = min(least, gc.mem_free())
    return least


def look_up(cards):
    for number in range(0, COUNT, 97):
        card = cards.lookup(card_of(number).key)
        assert card and card.groups == card_of(number).groups


def main(folder):
    free("program")
    cards = Cards(folder)
    cards.create()
    cards.open()
    free("empty list")
    replace(cards, 1)
    free("list in use")
    cards.close()
    cards = None
    gc.collect()
    cards = Cards(folder)
    cards.open()
    free("started")
    look_up(cards)
    free("looked up")
    for number in range(900):
        cards.add(Card(b"\x14" + number.to_bytes(4, "big") + bytes(6), 2))
    for number in range(0, 600, 10):
        cards.use(card_of(number).key)
    free("added 900")
    least = work(cards)
    print(json.dumps({"step": "least while merging", "free": least}))
    free("merged")
    look_up(cards)
    replace(cards, 2)
    free("replaced")
    assert cards.count == COUNT and cards.generation == 2
    look_up(cards)


main(sys.argv[1])
