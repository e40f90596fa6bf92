"""A panel with its flash lives through a script of a month. Run by test_thirty_days.py.

    micropython -X heapsize=192wK -c "import thirty_days; thirty_days.main()" \
        FOLDER NOW OFFSET TICK OPERATIONS HOW

FOLDER holds the chip (`flash`), the `script` (host_tests/support/month_script.py) and the card
lists it names. It is lived from byte OFFSET on; NOW is what time it is then, in milliseconds
of the month, TICK what the counter shows at the month's begin. Time jumps to what comes next: a
line of the script, what the panel says is due, the flash writer's next look.

After OPERATIONS more erases and programs (0: not at all) power goes: the last one is done whole
or half, as HOW says, and nothing after it, for whoever started this kills it then. What happens
is printed as it happens, a line each; host_tests/support/month_model.py reads them.
"""

import gc
import sys

import vfs

from firmware.app.flash_writer import FlashWriter
from firmware.app.storage import Storage
from loquet.card import Card
from loquet.card_list import RECORD_BYTES
from loquet.cards import Cards
from loquet.entrance import Relay, Report
from loquet.errors import CardError, StorageError
from loquet.panel import Panel
from loquet.settings_store import SettingsStore
from springcore.tag import TagRead, TagRemoved
from springcore.ticks import ticks_add

BLOCK_BYTES = 4096
BLOCKS = 128
IO_ERROR = -5
SIZES = {"readsize": 32, "progsize": 256, "lookahead": 32}  # those of stock MicroPython on rp2

STAGE_EVERY_MS = 500
STAGED_RECORDS = 26
PULLED_RECORDS = 16

# What people do once power is back, if it was gone when they wanted to. A card is not shown later.
DONE_LATER = ("add", "change", "revoke", "replace", "pull", "broken", "day", "end")


class Chip:
    """NOR flash of which every byte is in a file of the host. May be cut off, or be broken."""

    def __init__(self, path, operations, half):
        self._file = open(path, "r+b")
        self._erased = b"\xff" * BLOCK_BYTES
        self.cut_after = operations
        self.half = half
        self.broken = False
        self.operations = 0
        self.on_cut = None

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        return self._change(block * BLOCK_BYTES + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK_BYTES
        if operation == 6:
            return self._change(argument * BLOCK_BYTES, self._erased)
        return 0

    def _change(self, address, data):
        if self.broken:
            return IO_ERROR  # an exception would leave littlefs in the middle of what it does
        self.operations += 1
        self._file.seek(address)
        if self.operations == self.cut_after:
            done = len(data) // 2 if self.half else len(data)
            self._file.write(memoryview(data)[:done])
            self.on_cut()
        self._file.write(data)
        return 0


class Flag:
    """The hal's flag, for a bell that nobody waits on here."""

    def set(self):
        pass


class Month:
    """The hal, the doors and the reports of flash_writer.py, and all people around the panel."""

    def __init__(self, folder, now_ms, offset, tick):
        self._folder = folder
        self._script = open(folder + "/script", "rb")
        self._script.seek(offset)
        self.flag = Flag
        self.now_ms = now_ms
        self._tick = tick
        self._at_ms, self._words = 0, None
        self._resume = self._begun = offset  # where the line begins that is lived now or next
        self._acknowledged = 0
        self._look_ms = self._stage_ms = self._due_ms = now_ms

    def start(self, chip):
        self._chip = chip
        chip.on_cut = self.cut
        self._storage = Storage("/flash")
        self._cards = self._storage.cards
        self._journal = self._storage.journal
        self.panel = Panel(self._storage.settings, self._cards, self._journal)
        self._writer = FlashWriter(self._storage.jobs(), (), self, self, self)
        self._storage.tell_start(self.panel, self, "power")
        self._acknowledged = self._journal.end
        for place in range(len(self._storage.settings.doors)):
            self._live_input(place, False, False)
        generation, count = self._cards.generation, self._cards.count
        print("start", self.now_ms, self._journal.boot, generation, count, largest_free())

    def run(self):
        self._read_line()
        while self._words[0] != "end":
            self._wait()
            self._advance()
            self._write()
            self._stage()
            if self.now_ms >= self._at_ms:
                self._live()
                self._read_line()

    # What flash_writer.py asks.

    def ticks_ms(self):
        return ticks_add(self._tick, self.now_ms)

    def due_within(self, ms):
        return self._due_ms - self.now_ms <= ms

    def trouble(self, name, detail):
        print("trouble", name, detail)

    # Time.

    def _wait(self):
        ends = [self._at_ms, self._due_ms]
        if self._journal.waiting or self._cards.waiting:
            ends.append(self._look_ms)
        if self._cards.staging:
            ends.append(self._stage_ms)
        self.now_ms = max(self.now_ms, min(ends))

    def _advance(self):
        if self.now_ms >= self._due_ms:
            self._carry_out(self.panel.advance(self.ticks_ms()))

    def _write(self):
        if self.now_ms >= self._look_ms:
            generation = self._cards.generation
            self._look_ms = self.now_ms + self._writer.step()
            self._acknowledged = self._journal.end
            if self._cards.generation != generation:
                print("list", self._cards.generation, self._cards.count)

    def _stage(self):
        staging = self._cards.staging
        if not staging or self.now_ms < self._stage_ms:
            return
        self._stage_ms = self.now_ms + STAGE_EVERY_MS
        if self._cards.waiting or self._chip.broken:
            return
        staged = self._cards.resume()
        if staged == staging[1]:
            self._cards.commit()
            return
        with open(f"{self._folder}/list-{staging[0]}", "rb") as file:
            file.seek(staged * RECORD_BYTES)
            self._cards.stage(file.read(STAGED_RECORDS * RECORD_BYTES))

    def cut(self):
        """Power goes: whoever reads this line ends us."""
        print("cut", self.now_ms, self._resume, self._acknowledged)
        sys.stdin.readline()

    # The script.

    def _read_line(self):
        self._resume = self._begun = self._script.tell()
        at_ms, *self._words = self._script.readline().decode().split()
        self._at_ms = int(at_ms)

    def _live(self):
        word, *arguments = self._words
        if self._at_ms < self.now_ms and word not in DONE_LATER:
            return
        if word not in DONE_LATER:
            self._resume = self._script.tell()
        print("=", self._begun, self.now_ms)
        getattr(self, "_live_" + word)(*arguments)

    def _carry_out(self, actions):
        self._due_ms = self.now_ms + self.panel.next_due(self.ticks_ms())
        for action in actions:
            if isinstance(action, Relay):
                print("relay", self.now_ms, action.door, int(action.energised))
            elif isinstance(action, Report) and action.event == "decision":
                fields = action.fields
                print("decided", fields["door"], int(fields["granted"]), fields["reason"])
            elif isinstance(action, Report) and action.event == "posture":
                print("posture", self.now_ms, action.fields["door"], action.fields["posture"])

    def _live_tag(self, reader, uid, doubt):
        tag = TagRead()
        tag.interface, tag.protocol = 0x03, 0x01
        if doubt == "truncated":
            tag.truncated, doubt = True, "-"
        else:
            tag.tag_id = bytes.fromhex(uid)
        doubt = None if doubt == "-" else doubt
        visit = self.panel.on_tag(reader, tag, doubt, self.ticks_ms())
        self._carry_out(self.panel.admit(visit, self.ticks_ms()))
        self._carry_out(self.panel.tell(visit, self.ticks_ms()))
        self._storage.tell_damage(self.panel, self)

    def _live_removed(self, reader, uid):
        tag = TagRemoved(tag_index=None, tag_id=bytes.fromhex(uid))
        self.panel.on_removed(reader, tag, self.ticks_ms())

    def _live_reader(self, reader, what):
        self.panel.on_reader(reader, what)

    def _live_add(self, *fields):
        self._change_card(self._cards.add, self._card(*fields))

    def _live_change(self, *fields):
        self._change_card(self._cards.change, self._card(*fields))

    def _live_revoke(self, key):
        self._change_card(self._cards.revoke, bytes.fromhex(key))

    def _card(self, key, *fields):
        groups, first, until, uses, *flags = [int(field) for field in fields]
        uses = None if uses < 0 else uses
        return Card(bytes.fromhex(key), groups, first, until, uses, *map(bool, flags))

    def _change_card(self, function, argument):
        try:
            function(argument)
        except (CardError, StorageError) as error:
            print("refused", error)
        else:
            print("done")

    def _live_replace(self, generation, count, digest, profiles):
        if self._cards.staging:
            print("done")  # it was begun when power went
            return
        digest, profiles = bytes.fromhex(digest), bytes.fromhex(profiles)
        try:
            self._cards.begin_replace(int(generation), int(count), digest, profiles)
        except StorageError as error:
            print("refused", error)
        else:
            print("done")

    def _live_pull(self):
        journal = self._journal
        cursor = journal.cursor("desk") or 0
        while True:
            records, after, lost = journal.pull(cursor, PULLED_RECORDS)
            for record in records:
                self._print_record(record)
            if lost:
                print("lost", cursor, after, lost)
            if after == cursor:
                break
            cursor = after
        journal.ack("desk", cursor)

    def _print_record(self, record):
        card = record.card.hex() if record.card else "-"
        numbers = (record.sequence, record.boot, record.time, record.door, record.reader)
        print("log", *numbers, record.clock, record.kind, record.reason or "-", card, record.count)

    def _live_input(self, place, contact, rex):
        levels = contact == "1", rex == "1"
        self._carry_out(self.panel.on_inputs(int(place), *levels, self.ticks_ms()))

    def _live_fire(self, active):
        self._carry_out(self.panel.on_fire(active == "1", self.ticks_ms()))

    def _live_clock(self, seconds):
        self._carry_out(self.panel.set_clock(int(seconds), self.ticks_ms()))

    def _live_release(self, door):
        self._carry_out(self.panel.release(door, self.ticks_ms()))

    def _live_posture(self, door, posture):
        posture = None if posture == "settings" else posture
        self._carry_out(self.panel.set_posture(door, posture, self.ticks_ms()))

    def _live_broken(self, broken):
        self._chip.broken = broken == "1"

    def _live_cut(self, operations, how):
        if operations == "0":
            self.cut()
        self._chip.cut_after = self._chip.operations + int(operations)
        self._chip.half = how == "half"

    def _live_day(self):
        self._settle()
        self._live_pull()
        self._settle()
        self._acknowledged = self._journal.end
        gc.collect()
        print("day", gc.mem_free(), largest_free(), self._cards.count, self._chip.operations)

    def _settle(self):
        while self._journal.flush() or self._cards.work():
            pass


def largest_free():
    """The largest piece of the heap that can be had, to the KiB; what is free may be strewn."""
    size = 65536
    while size:
        try:
            bytearray(size)
        except MemoryError:
            size -= 1024
        else:
            break
    return size


def fresh(folder):
    """The settings of the folder and an empty list on a new file system."""
    import json

    with open(folder + "/settings.json") as file:
        SettingsStore("/flash").save(json.load(file))
    Cards("/flash/cards").create()


def main():
    folder, now_ms, offset, tick, operations, how = sys.argv[1:]
    chip = Chip(folder + "/flash", int(operations), how == "half")
    month = Month(folder, int(now_ms), int(offset), int(tick))
    chip.on_cut = month.cut
    if offset == "0":
        vfs.VfsLfs2.mkfs(chip, **SIZES)
    vfs.mount(vfs.VfsLfs2(chip, **SIZES), "/flash")
    if offset == "0":
        fresh(folder)
        gc.collect()
    month.start(chip)
    month.run()
    print("end", month.now_ms)
