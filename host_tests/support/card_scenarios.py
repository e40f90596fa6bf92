"""What is done with cards when power may go, on a small chip; and what must be found after.

Each scenario is a pair: what is there before, and what happens, told to a Story. Portable: run on
CPython by host_tests/storage, and on MicroPython by end_to_end/card_cuts.py.
"""

from host_tests.support import card_model
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.flash import Flash, Mounted, Story, run_cut_matrix
from loquet.card_list import RECORD_BYTES
from loquet.cards import Cards
from loquet.records import rewrite

FOLDER = "/flash/cards"
BLOCKS = 32
# Small, so that little has to happen before changes are merged and uses tidied.
CHANGES = 32
LIMITED = 16

LISTED = 40  # cards 0 to 39, of which the first eight have three uses
NUMBERS = 100  # the cards that are looked up are below that


def open_cards():
    cards = Cards(FOLDER, CHANGES, LIMITED)
    cards.open()
    return cards


def first_model():
    model = many(range(LISTED))
    model.update(many(range(8), 3))
    return model


def second_model():
    model = many(range(20, 70), groups=3)
    model.update(many(range(4, 12), 3))
    return model


class Actor:
    """Does things with the cards and tells the story what must be there then."""

    def __init__(self, cards, story, model):
        self.cards = cards
        self.story = story
        self.model = model

    def step(self, model, function, *arguments):
        self.model = model
        return self.story.step(dict(model), function, *arguments)

    def add(self, number):
        card = state(number + 1)
        model = dict(self.model)
        model[key_of(number)] = card
        self.step(model, self.cards.add, card_of(key_of(number), card))

    def change(self, number, groups=5):
        card = state(number, groups=groups)
        model = dict(self.model)
        model[key_of(number)] = card
        self.step(model, self.cards.change, card_of(key_of(number), card))

    def revoke(self, number):
        model = dict(self.model)
        model.pop(key_of(number), None)
        self.step(model, self.cards.revoke, key_of(number))

    def use(self, number):
        model = dict(self.model)
        groups, since, until, left, flags = model[key_of(number)]
        model[key_of(number)] = (groups, since, until, left - 1, flags)
        self.step(model, self.cards.use, key_of(number))

    def finish(self, model=None):
        """All work there is, which leads to `model` if given and else changes nothing."""
        self.step(self.model if model is None else model, card_model.finish, self.cards)

    def work(self, slices):
        for _ in range(slices):
            self.cards.work()

    def restart(self):
        self.cards.close()
        self.cards.open()


def nothing_before(actor):
    pass


def adding(actor):
    for number in range(50, 74):
        actor.add(number)


def changing(actor):
    for number in range(10, 32):
        actor.change(number)
    actor.change(10, groups=9)


def revoking(actor):
    for number in range(0, 30, 2):
        actor.revoke(number)
    actor.add(50)
    actor.revoke(50)
    actor.revoke(99)
    actor.finish()
    for number in range(1, 20, 2):
        actor.revoke(number)
        actor.finish()


def using(actor):
    for number in range(8):
        actor.use(number)
    actor.finish()
    for number in range(8):
        actor.use(number)
        actor.finish()


def many_uses_before(actor):
    for number in range(7):
        actor.use(number)
    actor.revoke(6)


def tidying_uses(actor):
    actor.use(0)
    actor.work(1)
    actor.use(1)
    actor.finish()
    actor.use(2)


def many_changes_before(actor):
    for number in range(50, 64):
        actor.add(number)
    for number in range(20, 33):
        actor.revoke(number)


def merging(actor):
    actor.add(70)
    actor.work(3)
    actor.revoke(0)
    actor.work(2)
    actor.add(20)
    actor.finish()
    actor.revoke(51)


def replacing(actor):
    actor.revoke(30)
    card_model.stage(actor.cards, 2, second_model())
    actor.revoke(40)
    actor.add(1 + NUMBERS // 2 + 30)
    actor.cards.commit()
    model = second_model()
    model.pop(key_of(40))
    model[key_of(81)] = state(82)
    actor.finish(model)
    actor.revoke(41)


def resuming(actor):
    profiles, listed, digest = card_model.packed(second_model())
    actor.cards.begin_replace(2, len(second_model()), digest, profiles)
    actor.cards.stage(listed[: 30 * RECORD_BYTES])
    actor.revoke(40)
    actor.restart()
    actor.cards.stage(listed[actor.cards.resume() * RECORD_BYTES :])
    actor.cards.commit()
    model = second_model()
    model.pop(key_of(40))
    actor.finish(model)


def abandoning(actor):
    card_model.stage(actor.cards, 2, second_model())
    actor.add(60)
    actor.cards.abandon()
    actor.add(61)


def two_lists_before(actor):
    actor.add(80)
    actor.revoke(25)
    card_model.replace(actor.cards, 2, second_model())
    actor.model = second_model()


def old_model():
    """What `two_lists_before` can be rolled back to."""
    model = first_model()
    model.pop(key_of(25))
    model[key_of(80)] = state(81)
    return model


def rolling_back(actor):
    actor.revoke(30)
    actor.revoke(0)
    actor.add(95)
    actor.use(5)
    actor.cards.rollback()
    model = old_model()
    model.pop(key_of(30))
    model.pop(key_of(0))
    model[key_of(5)] = state(5, 2)
    actor.finish(model)
    actor.add(90)


def rolling_back_by_force(actor):
    actor.revoke(30)
    actor.cards.rollback(True)
    actor.finish(old_model())
    actor.add(90)


def merged_revocations_before(actor):
    two_lists_before(actor)
    for number in range(30, 58):
        actor.revoke(number)
    actor.finish()


def rolling_back_after_a_merge(actor):
    model = old_model()
    for number in range(30, 58):
        model.pop(key_of(number), None)
    actor.cards.rollback()
    actor.finish(model)


SCENARIOS = {
    "add": (nothing_before, adding),
    "change": (nothing_before, changing),
    "revoke": (nothing_before, revoking),
    "use": (nothing_before, using),
    "tidy uses": (many_uses_before, tidying_uses),
    "merge": (many_changes_before, merging),
    "replace": (nothing_before, replacing),
    "resume": (nothing_before, resuming),
    "abandon": (nothing_before, abandoning),
    "rollback": (two_lists_before, rolling_back),
    "forced rollback": (two_lists_before, rolling_back_by_force),
    "rollback after a merge": (merged_revocations_before, rolling_back_after_a_merge),
}


def before(prepare, phase, kind=Flash):
    """(image of a chip on which `prepare` has been done, the model of its cards).

    `phase`: how much else has been written. With it moves where littlefs has to compact the
    folder's log, which takes 16 small writes.
    """
    with Mounted(kind(BLOCKS), fresh=True) as flash:
        cards = Cards(FOLDER, CHANGES, LIMITED)
        cards.create()
        cards.open()
        model = first_model()
        card_model.replace(cards, 1, model)
        actor = Actor(cards, Story(flash, model), model)
        prepare(actor)
        cards.close()
        for _ in range(phase):
            rewrite(FOLDER + "/other", b"other")
    return flash.image, actor.model


def cut(name, phase=0):
    """Cuts the scenario everywhere. Returns (number of points, list of complaints)."""
    prepare, happen = SCENARIOS[name]
    return cut_from(before(prepare, phase), happen)


def cut_from(start, happen):
    """Cuts what happens after `start`, which `before` made."""
    image, model = start
    return run_cut_matrix(image, scenario_of(happen, model), complaint_after_cut)


def scenario_of(happen, model):
    """What a Recording wants: `happen`, with the cards of `model`."""

    def scenario(flash):
        cards = open_cards()
        story = Story(flash, dict(model))
        happen(Actor(cards, story, model))
        cards.close()
        return story

    return scenario


def complaint_after_cut(states):
    """None if the cards on /flash are in one of `states`, and can be gone on with."""
    cards = open_cards()
    universe = [key_of(number) for number in range(NUMBERS)]
    complaint = card_model.complaint(cards, states, universe)
    if complaint or cards.check():
        return complaint or cards.check()[0]
    model = card_model.listing(cards)
    return go_on(cards, model) or card_model.complaint(cards, [model], universe)


def go_on(cards, model):
    """What a panel may do next: finish a list that is being staged, add, revoke, and all work."""
    card_model.finish(cards)
    if cards.staging:
        _, listed, _ = card_model.packed(second_model())
        revoked = [key for key in first_model() if key not in model]
        added = [key for key in model if key not in first_model()]
        cards.stage(listed[cards.resume() * RECORD_BYTES :])
        cards.commit()
        card_model.finish(cards)
        found = card_model.listing(cards)
        # Changes made since the list was begun are kept on top of it; 30 was revoked before.
        for key in revoked:
            if key in found and key != key_of(30):
                return "revoked card %s is back" % key.hex()
        for key in added:
            if key not in found:
                return "added card %s is missing" % key.hex()
        model.clear()
        model.update(found)
    cards.add(card_of(key_of(NUMBERS - 1), state(1)))
    cards.revoke(key_of(NUMBERS - 2))
    model[key_of(NUMBERS - 1)] = state(1)
    model.pop(key_of(NUMBERS - 2), None)
    card_model.finish(cards)
    return None
