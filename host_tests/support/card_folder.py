"""A card folder on a small flash, for tests that need no more than that."""

from host_tests.support import card_model
from host_tests.support.flash import Flash, Mounted
from loquet.cards import Cards

FOLDER = "/flash/cards"


def made(model=None, changes=32, limited=16):
    """Cards on the mounted flash, with the model's list as generation 1.

    So few changes and limited cards that tests see them merged and tidied.
    """
    cards = Cards(FOLDER, changes, limited)
    cards.create()
    cards.open()
    if model:
        card_model.replace(cards, 1, model)
    return cards


def reopened(cards, changes=32, limited=16):
    cards.close()
    cards = Cards(FOLDER, changes, limited)
    cards.open()
    return cards


def on_flash(test):
    """`test`, with /flash mounted while it runs."""

    def mounted():
        with Mounted(Flash(48), fresh=True):
            test()

    return mounted


def assert_is(cards, model):
    universe = list(model) + [card_model.key_of(number) for number in range(200)]
    problem = card_model.complaint(cards, [model], universe)
    assert problem is None, problem
