"""The cards as a test believes them to be: a plain dict, and how to compare it with the real ones.

A card is key -> (groups, from, until, uses left, flags): nothing of the files' formats.
"""

from loquet.card import NEVER_ENDS, Card
from loquet.card_list import RECORD_BYTES, digest_of, pack_list


def key_of(number):
    """The key of card `number`: as a 7-byte UID has it, in no order that numbers have."""
    scattered = number * 40503 % 65536
    return b"\x17\x04" + scattered.to_bytes(2, "big") + number.to_bytes(4, "big") + b"\x80\0\0"


def card_of(key, state):
    groups, from_minute, until_minute, uses_left, flags = state
    return Card(key, groups, from_minute, until_minute, uses_left, *flags)


def state_of(card):
    flags = (card.enabled, card.extended, card.unlock_first, card.pass_lockdown)
    return card.groups, card.from_minute, card.until_minute, card.uses_left, flags


def state(number, uses_left=None, groups=1):
    """Some state or other, which differs from that of most other numbers."""
    flags = (number % 7 != 0, number % 5 == 0, number % 11 == 0, number % 13 == 0)
    until = NEVER_ENDS if number % 2 else 3000000 + number
    return groups << number % 8, number % 3 * 1000, until, uses_left, flags


def many(numbers, uses_left=None, groups=1):
    return {key_of(number): state(number, uses_left, groups) for number in numbers}


def packed(model):
    """(profiles, records, digest) of the list of these cards."""
    profiles, listed = pack_list([card_of(key, model[key]) for key in model])
    return profiles, listed, digest_of(profiles, listed)


def stage(cards, generation, model, step=26):
    """Stages the model's list whole, `step` records at a time."""
    profiles, listed, digest = packed(model)
    cards.begin_replace(generation, len(model), digest, profiles)
    for at in range(0, len(listed), step * RECORD_BYTES):
        cards.stage(listed[at : at + step * RECORD_BYTES])


def replace(cards, generation, model):
    """Puts the model's list in use."""
    stage(cards, generation, model)
    cards.commit()
    finish(cards)


def finish(cards):
    """Does all work there is; returns in how many slices."""
    slices = 0
    while cards.work():
        slices += 1
    return slices


def listing(cards):
    """All cards, as `page` gives them."""
    found = {}
    after = b""
    while True:
        page = cards.page(after, 100)
        for card in page:
            assert card.key > after
            after = card.key
            found[after] = state_of(card)
        if len(page) < 100:
            return found


def complaint(cards, models, keys=()):
    """None if the cards are those of one of `models`; each of `keys` is looked up as well."""
    found = listing(cards)
    if found not in models:
        return _difference(found, models[-1])
    if cards.count != len(found):
        return "count is %d, not %d" % (cards.count, len(found))
    for key in keys:
        card = cards.lookup(key)
        if found.get(key) != (state_of(card) if card else None):
            return "lookup of %s differs from the listing" % key.hex()
    return None


def _difference(found, model):
    extra = [key.hex() for key in found if key not in model]
    missing = [key.hex() for key in model if key not in found]
    other = [key.hex() for key in model if key in found and found[key] != model[key]]
    return "extra %s, missing %s, other %s" % (extra[:3], missing[:3], other[:3])
