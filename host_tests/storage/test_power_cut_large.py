"""Power goes at 500 points, chosen by a seed, while 20,000 cards are replaced and changed."""

import os
import random

from host_tests.support import card_model
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.flash import TORN, WHOLE, Flash, Mounted, Story, run_cut_matrix
from loquet.cards import Cards

FOLDER = "/flash/cards"
BLOCKS = 352  # what a Pico has for files
COUNT = 20000
POINTS = 500


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


def everything(model, chance):
    """The scenario: changes until they are merged, another list beside them, back to the first."""

    def scenario(flash):
        cards = open_cards()
        story = Story(flash, dict(model))
        for number in range(40):
            change(cards, story, model, number, chance)
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


def change(cards, story, model, number, chance):
    key = key_of(chance.randrange(COUNT * 11 // 10))
    if key not in model:
        model[key] = state(number)
        story.step(dict(model), cards.add, card_of(key, state(number)))
    elif chance.random() < 0.5:
        model[key] = state(number, groups=5)
        story.step(dict(model), cards.change, card_of(key, model[key]))
    else:
        del model[key]
        story.step(dict(model), cards.revoke, key)


def complaint_after_cut(states):
    return card_model.complaint(open_cards(), states)


def test_20000_cards_are_the_old_or_the_new_ones_after_a_cut(capsys):
    seed = int(os.environ.get("LOQUET_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    model = many(range(COUNT))
    image = prepared(model)

    def points(recording):
        operations = chance.choices(range(1, len(recording.record) + 1), k=POINTS)
        return sorted((number, chance.choice([TORN, WHOLE])) for number in operations)

    count, complaints = run_cut_matrix(
        image, everything(model, chance), complaint_after_cut, points
    )

    with capsys.disabled():
        print(f" [20,000 cards: {count} cuts, LOQUET_SEED={seed}]", end="")
    assert not complaints
    assert count == POINTS
