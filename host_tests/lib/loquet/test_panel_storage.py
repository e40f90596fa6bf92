"""The panel on a real card list and a real log, on littlefs."""

from host_tests.support.flash import Flash, mount, unmount
from host_tests.support.journal import flush, pull_all
from host_tests.support.storage import key_of
from host_tests.support.tags import present, tag_read
from loquet.card import Card
from loquet.cards import Cards
from loquet.entrance import Relay
from loquet.journal import Journal
from loquet.panel import LONGEST_WAIT_MS, Panel
from loquet.settings import load

KNOWN = bytes.fromhex("04A1B2C3D4E580")
LIMITED = bytes.fromhex("0455667788AA80")
UNKNOWN = bytes.fromhex("DEADBEEF")
SETTINGS = {"readers": [{"name": "in"}], "doors": [{"name": "gate"}], "repeat_ms": 0}


class Start:
    """A panel as after a start; `stop` is the power that goes, without a flush."""

    def __init__(self):
        self.cards = Cards("/flash/cards", 64, 64)
        self.cards.open()
        self.journal = Journal("/flash/log", 256)
        self.journal.open()
        self.panel = Panel(load(SETTINGS), self.cards, self.journal)

    def show(self, card_id):
        """(released, reason)"""
        actions = present(self.panel, "in", tag_read(card_id), None, 0)
        released = any(isinstance(action, Relay) and action.energised for action in actions)
        self.panel.advance(3000)
        return released, actions[-1].fields["reason"]

    def stop(self):
        self.cards.close()


def on_flash(test):
    def run():
        flash = Flash(64)
        mount(flash, fresh=True)
        try:
            cards = Cards("/flash/cards", 64, 64)
            cards.create()
            cards.open()
            cards.add(Card(key_of(KNOWN)))
            cards.add(Card(key_of(LIMITED), uses_left=2))
            cards.close()
            test(flash)
        finally:
            unmount()

    return run


@on_flash
def test_who_is_in_the_list_passes_and_who_is_revoked_does_not(flash):
    start = Start()
    assert start.show(KNOWN) == (True, "granted")
    assert start.show(UNKNOWN) == (False, "unknown_card")
    start.cards.revoke(key_of(KNOWN))
    assert start.show(KNOWN) == (False, "unknown_card")
    start.stop()


@on_flash
def test_a_use_survives_a_stop_right_after_the_grant(flash):
    for expected in ((True, "granted"), (True, "granted"), (False, "uses_exhausted")):
        start = Start()
        assert start.show(LIMITED) == expected
        start.stop()


@on_flash
def test_an_unlimited_grant_writes_no_flash_and_a_limited_one_does(flash):
    start = Start()
    before = flash.work()
    start.show(KNOWN)
    start.show(UNKNOWN)
    assert flash.work() == before
    start.show(LIMITED)
    assert flash.work() != before
    start.stop()


@on_flash
def test_decisions_are_in_the_log_once_it_is_flushed(flash):
    start = Start()
    start.show(KNOWN)
    start.show(UNKNOWN)
    start.panel.on_reader("in", "lost")
    flush(start.journal)
    start.stop()
    journal = Journal("/flash/log", 256)
    journal.open()
    told = [(record.kind, record.reason, record.card) for record in pull_all(journal)[0]]
    assert told == [
        ("access_granted", "granted", key_of(KNOWN)),
        ("access_denied", "unknown_card", key_of(UNKNOWN)),
        ("reader_lost", None, None),
    ]


@on_flash
def test_a_list_that_could_not_be_opened_lets_nobody_pass(flash):
    cards = Cards("/flash/elsewhere", 64, 64)
    journal = Journal("/flash/log", 256)
    journal.open()
    panel = Panel(load(SETTINGS), cards, journal)
    assert present(panel, "in", tag_read(KNOWN), None, 0)[-1].fields["reason"] == "unknown_card"
    assert panel.next_due(0) == LONGEST_WAIT_MS
