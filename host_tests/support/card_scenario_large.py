"""20,000 cards on the flash of a Pico: changed, merged, replaced, rolled back; cut at some points.

Portable: run on CPython by host_tests/storage, and on MicroPython by end_to_end/card_cuts.py.
"""

import random

from host_tests.support import card_model
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.flash import TORN, WHOLE, Flash, Mounted, Story, run_cut_matrix
from loquet.cards import Cards

FOLDER = "/flash/cards"
BLOCKS = 352  # what a Pico has for files
COUNT = 20000


def open_cards():
    cards = Cards(FOLDER)
    cards.open()
    return cards


def prepared(model):
    """A chip with the model's cards, and 890 changes, of which the model knows."""
    with Mounted(Flash(BLOCKS), fresh=True) as flash:
        cards = Cards(FOLDER)
        cards.create()
        cards.open()
        card_model.replace(cards, 1, model)
        for number in range(890):
            key = key_of(number * 21)
            cards.revoke(key)
            del model[key]
        cards.close()
    return flash.image


def everything(model):
    """The scenario: changes until they are merged, another list beside them, back to the first."""

    def scenario(flash):
        cards = open_cards()
        story = Story(flash, dict(model))
        for number in range(40):
            change(cards, story, model, number)
        story.step(dict(model), card_model.finish, cards)
        old = dict(model)
        new = many(range(5000, 5000 + COUNT), groups=3)
        card_model.stage(cards, 2, new, step=208)
        revoked = key_of(5001)
        old.pop(revoked, None)
        story.step(dict(old), cards.revoke, revoked)
        cards.commit()
        del new[revoked]
        story.step(dict(new), card_model.finish, cards)
        cards.rollback()
        story.step(dict(old), card_model.finish, cards)
        cards.close()
        return story

    return scenario


def change(cards, story, model, number):
    key = key_of(random.randrange(COUNT * 11 // 10))
    if key not in model:
        model[key] = state(number)
        story.step(dict(model), cards.add, card_of(key, state(number)))
    elif random.randrange(2):
        model[key] = state(number, groups=5)
        story.step(dict(model), cards.change, card_of(key, model[key]))
    else:
        del model[key]
        story.step(dict(model), cards.revoke, key)


def complaint_after_cut(states):
    return card_model.complaint(open_cards(), states)


def cut(seed, points):
    """Cuts at so many points. Returns (number of points, list of complaints)."""
    random.seed(seed)
    model = many(range(COUNT))
    image = prepared(model)

    def chosen(recording):
        last = len(recording.record)
        # Twice the number of the operation, and one more if it is whole.
        places = sorted([random.randrange(2, 2 * last + 2) for _ in range(points)])
        return [(place // 2, WHOLE if place % 2 else TORN) for place in places]

    return run_cut_matrix(image, everything(model), complaint_after_cut, chosen)
