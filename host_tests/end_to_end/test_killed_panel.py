"""The panel, on a real MicroPython, killed at any moment and started again in the same folder.

A kill is gentler than a power cut, for what was written stays written (the cuts are in storage/);
what it shows is the whole panel: in which order it decides, counts, logs and opens again.
"""

import json
import os
import random
import subprocess
import threading
import time

import pytest

from host_tests.support.by_hand import tag_event
from host_tests.support.journal import flush, pull_all
from host_tests.support.tool import LIMIT_S
from host_tests.support.world import World
from loquet import notation
from loquet.card import Card
from loquet.cards import Cards
from loquet.journal import Journal
from loquet.settings_store import SettingsStore
from loquet_tools import device_folder, panel_process, paths

UIDS = [bytes([4, number]) + bytes(5) for number in range(1, 41)]
LIMITED = bytes.fromhex("04A1B2C3D4E580")
USES = 60
KILLS = 8
SEED = int(os.environ.get("LOQUET_KILL_SEED", random.randrange(1 << 32)))
SETTINGS = {
    "readers": [{"name": "front"}],
    "doors": [{"name": "gate", "pulse_ms": 100}],
    "repeat_ms": 0,
    # Written often, so that kills meet writing.
    "limits": {"flush_count": 2, "flush_age_s": 1},
}


def key(uid):
    return notation.enrol(uid.hex())


class Life:
    """One start of the panel, from `folder`, up to its kill."""

    def __init__(self, folder, world):
        self._world = world
        board = device_folder.board_document([world.serial], world.pins)
        (folder / "board.json").write_text(json.dumps(board))
        program = paths.interpreter("micropython")
        self.process = subprocess.Popen(
            panel_process.command_of("micropython", program),
            cwd=folder,
            env={**os.environ, **panel_process.environment_of("micropython", folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        world.wait_for_panel()
        self._reader = threading.Thread(target=self._read)
        self.reports = []
        self._reader.start()

    def _read(self):
        self.reports += [json.loads(line) for line in self.process.stdout]

    def play(self, order):
        """Lays cards one after another; `order` draws the moment of the kill."""
        self._wait_for_poll(time.monotonic() + LIMIT_S)
        end = time.monotonic() + order.uniform(0.05, 4)
        while time.monotonic() < end:
            uid = LIMITED if order.random() < 0.5 else order.choice(UIDS)
            self._world.lay_card(tag_event(uid))
            self._wait_for_poll(end)
            # Nobody writes while people queue; most come one by one.
            self._rest(min(end, time.monotonic() + order.choice((0, 0.05, 0.3, 0.6))))

    def _wait_for_poll(self, end):
        polls = self._world.polls
        self._world.go_on_until(lambda: self._world.polls > polls or time.monotonic() > end)

    def _rest(self, end):
        self._world.go_on_until(lambda: time.monotonic() > end)

    def kill(self):
        self.process.kill()
        self.process.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        assert self.process.stderr.read() == b""
        self.process.stdout.close()
        self.process.stderr.close()

    def troubles(self):
        return {report["name"] for report in self.reports if report["event"] == "trouble"}

    def granted(self, uid):
        shown = [(report.get("card"), report.get("granted")) for report in self.reports]
        return shown.count((uid.hex().upper(), True))


@pytest.fixture
def folder(tmp_path):
    device_folder.fill(tmp_path, {}, compiled=True)
    SettingsStore(str(tmp_path)).save(SETTINGS)
    cards = Cards(str(tmp_path / "cards"))
    cards.create()
    cards.open()
    for uid in UIDS:
        cards.add(Card(key(uid)))
    cards.add(Card(key(LIMITED), uses_left=USES))
    cards.close()
    return tmp_path


def uses_left(folder):
    """Of the limited card; all others have to be there as they were."""
    cards = Cards(str(folder / "cards"))
    cards.open()
    try:
        assert cards.check() == []
        assert cards.count == len(UIDS) + 1
        for uid in UIDS:
            assert cards.lookup(key(uid)).uses_left is None
        return cards.lookup(key(LIMITED)).uses_left
    finally:
        cards.close()


def test_killed_at_any_moment_it_loses_no_card_no_use_and_hides_no_gap(folder):
    order = random.Random(SEED)
    print(f"LOQUET_KILL_SEED={SEED}")
    left, boots = USES, 0
    for _ in range(KILLS):
        world = World()
        life = Life(folder, world)
        try:
            life.play(order)
        finally:
            life.kill()
            world.close()
        boots += 1
        assert not life.troubles() & {"storage", "cards", "log", "settings", "fault"}
        # A use may have been counted of which nobody was told any more; never the other way.
        now = uses_left(folder)
        counted = left - now
        assert life.granted(LIMITED) <= counted <= life.granted(LIMITED) + 1
        left = now
    assert left < USES
    check_log(folder, boots)


def check_log(folder, boots):
    journal = Journal(str(folder / "log"), 10000)
    journal.open()
    flush(journal)
    assert journal.problems == []
    assert journal.boot == boots + 1
    found, lost = pull_all(journal)
    assert lost == 0
    expected = 1
    for record in found:
        # Either the next number, or a gap that tells of all in between.
        assert record.sequence - (record.count if record.kind == "gap" else 0) == expected
        expected = record.sequence + 1
    kinds = [record.kind for record in found]
    assert {"gap", "power_up", "access_granted"} <= set(kinds)
    # Every start that could write anything says how many may be missing before it.
    assert all(record.reason == "restart" for record in found if record.kind == "gap")
