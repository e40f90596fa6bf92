"""How long cards and log take on whichever interpreter runs this file. Prints one JSON object.

On real littlefs in RAM, so without what a chip needs: that is in lib/loquet/FLASH.md.
"""

import gc
import json
import sys
import time

from host_tests.support import card_model
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.flash import Flash, Mounted
from host_tests.support.journal import add, started
from loquet.cards import Cards

COUNT = 20000
BLOCKS = 352
TIMES = 300
EVENTS_A_FLUSH = 8

if sys.implementation.name == "micropython":
    ticks_us = time.ticks_us
else:

    def ticks_us():
        return time.perf_counter_ns() // 1000


def median_us(function, before=None):
    """The usual time of function(number) for numbers from 0 on; before(number) is not timed."""
    found = []
    for number in range(TIMES):
        if number % 16 == 0:
            gc.collect()
        if before:
            before(number)
        began = ticks_us()
        function(number)
        found.append(ticks_us() - began)
    return sorted(found)[TIMES // 2]


def cards_us(cards):
    def look_up(number):
        assert cards.lookup(key_of(number * 61))

    def new(number):
        cards.add(card_of(key_of(COUNT + number), state(1, 5)))

    def use(number):
        assert cards.use(key_of(COUNT + number)) == 4

    return {
        "look up a card": median_us(look_up),
        "add a card": median_us(new),
        "use a limited card": median_us(use),
    }


def log_us(log):
    def flush(_):
        while log.flush():
            pass

    def event(_):
        add(log, 1)

    return {
        "log an event": median_us(event, flush),
        "flush 8 events": median_us(flush, lambda _: add(log, EVENTS_A_FLUSH)),
    }


def main():
    with Mounted(Flash(BLOCKS), fresh=True):
        cards = Cards("/flash/cards")
        cards.create()
        cards.open()
        card_model.replace(cards, 1, many(range(COUNT)))
        found = cards_us(cards)
        cards.close()
        found.update(log_us(started(1000)))
    print(json.dumps({"storage_us": found}))


main()
