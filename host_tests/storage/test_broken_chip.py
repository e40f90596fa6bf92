"""The flash can no longer be written: every call says so, and what was there stays."""

from host_tests.support import card_model
from host_tests.support.card_folder import FOLDER, made
from host_tests.support.card_model import card_of, key_of, many, state
from host_tests.support.check import raises
from host_tests.support.flash import Flash, Mounted
from loquet import records
from loquet.cards import Cards
from loquet.errors import StorageError


def test_a_chip_that_cannot_be_written_is_named_and_nothing_changes():
    with Mounted(Flash(48), fresh=True) as flash:
        cards = made(many(range(1000), 9))
        listed = card_model.packed(many(range(3000)))[1]
        cards.begin_replace(2, 3000, bytes(32), card_model.packed(many(range(3000)))[0])
        for number in range(20):
            cards.revoke(key_of(number))
        flash.broken = True
        for function, arguments, name in (
            (cards.revoke, (key_of(50),), "changes.2"),
            (cards.add, (card_of(key_of(2000), state(1)),), "changes.2"),
            (cards.use, (key_of(50),), "uses.1"),
            (cards.work, (), "changes.2"),
            (cards.abandon, (), "manifest"),
            (cards.stage, (listed[: 900 * 19],), "list.3"),
            (records.remove, (FOLDER + "/list.2",), "list.2"),
            (records.save, (FOLDER + "/manifest", b"x"), "manifest"),
        ):
            error = raises(StorageError, function, *arguments)
            assert name in error.path and "broken" not in error.path
        flash.broken = False
        cards = Cards(FOLDER, 32, 16)
        cards.open()
        found = card_model.listing(cards)
        assert len(found) == cards.count == 980
        assert found == {key: many(range(1000), 9)[key] for key in found}
