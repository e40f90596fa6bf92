"""lib/loquet/FLASH.md: what it says of capacity and flash work is so today."""

import re

import pytest

from host_tests.bench import capacity, flash_page
from host_tests.support import card_model, journal
from host_tests.support.flash import Flash, Mounted
from loquet.cards import Cards

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# The firmware grows with every change of it: the page may lag behind by this much.
LAG = 0.1
LAG_BLOCKS = 8
LAG_PER_OPERATION = 0.02

# Two such lists fit on a Pico, and nothing can be merged beside them.
TOO_MANY = 26_400


@pytest.fixture(scope="module")
def files():
    return capacity.firmware()


@pytest.fixture(scope="module")
def capacities(files):
    return [capacity.measured(board, files) for board in capacity.BOARDS]


@pytest.fixture(scope="module")
def pico(capacities):
    return capacities[0]


def numbers(text):
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]


def assert_current(section, heading, least):
    """The section of that heading says what the page says, in words and, nearly, in numbers."""
    page = flash_page.PAGE.read_text()
    shown = page[page.index(heading) :][: len(section) + 100].split("\n## ")[0]
    hint = "run: make flash"
    assert NUMBER.sub("", shown).split() == NUMBER.sub("", section).split(), hint
    for said, found in zip(numbers(shown), numbers(section), strict=True):
        assert abs(said - found) <= max(LAG * found, least), f"{said}, now {found}; {hint}"


def test_the_capacity_table_is_current(capacities):
    section = flash_page.capacity_section(capacities)
    assert_current(section, flash_page.CAPACITY_HEAD.split("\n")[0], LAG_BLOCKS)


def test_the_table_of_flash_work_is_current():
    section = flash_page.work_section(flash_page.work())
    assert_current(section, flash_page.WORK_HEAD.split("\n")[0], LAG_PER_OPERATION)


def test_a_pico_holds_20_000_cards_twice_beside_log_and_firmware(pico):
    assert pico.cards == capacity.CARDS


def test_the_largest_list_is_the_largest(pico, files):
    image = capacity.prepared(pico.board, capacity.files_of(pico.board, files))[0]
    assert capacity.goes_on(pico.board, image, pico.largest)
    assert not capacity.goes_on(pico.board, image, pico.largest + capacity.STEP)


def test_changes_and_events_go_on_where_two_lists_leave_no_room(pico, files):
    """The list before is given up for them; what they wait for is a shorter list."""
    image = capacity.prepared(pico.board, capacity.files_of(pico.board, files))[0]
    with Mounted(Flash(image=image)):
        cards = Cards(capacity.FOLDER)
        assert capacity.fill(cards, TOO_MANY) <= 2 * LAG_BLOCKS
        model = card_model.many(range(TOO_MANY))
        log = journal.started(capacity.EVENTS)
        for number in range(capacity.CHANGES - 1):
            key = card_model.key_of(number)
            model[key] = card_model.state(number, groups=9)
            cards.change(card_model.card_of(key, model[key]))
            journal.add_and_flush(log, 1)
            card_model.finish(cards)
        assert card_model.complaint(cards, [model]) is None
        shorter = card_model.many(range(pico.largest - 1000))
        card_model.replace(cards, 3, shorter)
        assert (cards.generation, cards.check()) == (3, [])
        cards.close()
