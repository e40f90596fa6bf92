"""20,000 cards in use and 20,000 staged, 10,000 events and the firmware on a Pico's flash."""

import os

from host_tests.support import card_model
from host_tests.support.card_model import many
from host_tests.support.flash import Flash, Mounted
from loquet.cards import Cards

FOLDER = "/flash/cards"
BLOCKS = 352  # 1,408 KiB: what MicroPython leaves for files on a Pico
COUNT = 20000
EVENTS = 10000
FIRMWARE_BYTES = 150 * 1024


def others():
    """What else is on the flash: the log in segments of one block, the firmware in 40 files."""
    os.mkdir("/flash/log")
    for segment in range(EVENTS * 32 // 4096 + 1):
        with open(f"/flash/log/{segment}", "wb") as file:
            file.write(bytes(4096))
    os.mkdir("/flash/lib")
    for number in range(40):
        with open(f"/flash/lib/{number}.mpy", "wb") as file:
            file.write(bytes(FIRMWARE_BYTES // 40))


def cards_bytes():
    return sum(os.stat(f"{FOLDER}/{name}")[6] for name in os.listdir(FOLDER))


def test_two_lists_a_log_and_the_firmware_fit_on_a_pico(capsys):
    with Mounted(Flash(BLOCKS), fresh=True):
        others()
        cards = Cards(FOLDER)
        cards.create()
        cards.open()
        model = many(range(COUNT))
        card_model.replace(cards, 1, model)
        one_list = cards_bytes()
        card_model.stage(cards, 2, many(range(COUNT), groups=3))
        cards.commit()
        card_model.finish(cards)
        free = os.statvfs("/flash")[3]
        with capsys.disabled():
            print(f" [{one_list / COUNT:.2f} bytes a card, {free} of {BLOCKS} blocks free]", end="")
        # A third list has no room beside them: the one before is given up for it.
        assert cards.previous == 1
        card_model.replace(cards, 3, model)
        assert cards.generation == 3 and cards.count == COUNT
        assert one_list <= 20 * COUNT
        assert free >= 8


def test_a_full_list_of_changes_is_merged_on_such_a_flash():
    with Mounted(Flash(BLOCKS), fresh=True):
        others()
        cards = Cards(FOLDER)
        cards.create()
        cards.open()
        model = many(range(COUNT))
        for generation in (1, 2):
            card_model.replace(cards, generation, model)
        for number in range(896):
            cards.revoke(card_model.key_of(number))
        card_model.finish(cards)
        # The merged list took the room of the one before.
        assert cards.previous is None and cards.revision == 896
        assert cards.count == COUNT - 896
