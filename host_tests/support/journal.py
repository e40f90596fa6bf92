"""A journal on a flash of its own, for tests that fill it, stop it and read it back."""

from host_tests.support.flash import Flash, mount, unmount
from loquet.journal import Journal
from loquet.journal_records import CLOCK_UNKNOWN

FOLDER = "/flash/log"
SMALL_CAPACITY = 128  # two segments at most, so that a test soon comes round
BLOCKS = 32
CARD = b"\x07\x04\xa1\xb2\xc3\xd4\xe5\x80\x00\x00\x00"


def on_flash(test):
    """Runs `test` with a new file system mounted; `test(flash)` is told which chip it is on."""

    def run():
        flash = Flash(BLOCKS)
        mount(flash, fresh=True)
        try:
            test(flash)
        finally:
            unmount()

    return run


def started(capacity_events=SMALL_CAPACITY, **settings):
    """The journal after a start, like the one after power came back."""
    journal = Journal(FOLDER, capacity_events, **settings)
    journal.open()
    return journal


def flush(journal):
    while journal.flush():
        pass


def add(journal, events, time=0):
    """Appends so many events; returns the number of the last one."""
    number = None
    for _ in range(events):
        number = journal.append("access_granted", time, "synchronised", 0, 0, "granted", CARD)
    return number


def add_and_flush(journal, events, per_flush=8):
    for done in range(0, events, per_flush):
        add(journal, min(per_flush, events - done))
        flush(journal)


def pull_all(journal, cursor=0, limit=50):
    """(records, lost) of everything from `cursor` on."""
    found, lost = [], 0
    while True:
        records, after, missing = journal.pull(cursor, limit)
        found += records
        lost += missing
        if after == cursor:
            return found, lost
        cursor = after


def contents(record):
    """All of a record, to compare with another's."""
    return (
        record.sequence,
        record.kind,
        record.time if record.clock != CLOCK_UNKNOWN else None,
        record.clock,
        record.boot,
        record.door,
        record.reader,
        record.reason,
        record.card,
        record.count,
    )


def change_byte(path, place):
    """Flips the bits of one byte of a file."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[place] ^= 0xFF
    overwrite(path, data)


def truncate(path, size):
    with open(path, "rb") as file:
        data = file.read()
    overwrite(path, data[:size])


def overwrite(path, data):
    with open(path, "wb") as file:
        file.write(data)
