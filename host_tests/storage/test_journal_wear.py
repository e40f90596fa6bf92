"""What the event log costs in flash work, on the Pico's file system with its ring full.

The sizes are those of a 2 MB Pico: 352 blocks, 10,000 events. Printed by `pytest -s`.
"""

import pytest

from host_tests.support.flash import Flash, mount, unmount
from host_tests.support.journal import add, flush, started

PICO_BLOCKS = 352
CAPACITY = 10_000
EVENTS = 20_000


@pytest.fixture(scope="module")
def full_image():
    """A log that has come round, so that each new segment costs an old one."""
    flash = Flash(PICO_BLOCKS)
    mount(flash, fresh=True)
    journal = started(CAPACITY)
    while journal.first == 1:
        add(journal, 16)
        flush(journal)
    journal.close()
    unmount()
    return flash.image


def use(image, per_flush, per_ack):
    """Logs EVENTS events. Returns (flash, how many slices had 0, 1, 2… erases)."""
    flash = Flash(image=bytearray(image))
    mount(flash)
    slices = {}
    try:
        journal = started(CAPACITY)
        journal.ack("office", journal.end)
        flash.erases = flash.programs = 0
        for done in range(0, EVENTS, per_flush):
            add(journal, per_flush)
            if done % per_ack < per_flush:
                journal.ack("office", journal.end)
            more = True
            while more:
                before = flash.erases
                more = journal.flush()
                erases = flash.erases - before
                slices[erases] = slices.get(erases, 0) + 1
        assert journal.first > EVENTS
    finally:
        unmount()
    return flash, slices


# (events a flush, erases an event at most). 8 is the default of `due`: a door in use. A door that
# sees less than 8 events in 30 s flushes each alone, and has few.
@pytest.mark.parametrize(
    ("per_flush", "limit"), [(16, 0.05), (8, 0.06), (4, 0.08), (2, 0.1), (1, 0.2)]
)
def test_erases_an_event(full_image, per_flush, limit):
    flash, slices = use(full_image, per_flush, per_ack=64)
    erases, programs = flash.erases / EVENTS, flash.programs / EVENTS
    print(
        f"\njournal, {per_flush} events a flush: {erases:.3f} erases, {programs:.2f} programs "
        f"an event; slices by erases {dict(sorted(slices.items()))}"
    )
    assert erases <= limit


def test_what_a_start_costs_with_a_full_ring(full_image):
    flash = Flash(image=bytearray(full_image))
    mount(flash)
    flash.reads = flash.read_bytes = 0
    journal = started(CAPACITY)
    unmount()
    print(
        f"\njournal, start with {journal.end - journal.first} records: {flash.reads} reads, "
        f"{flash.read_bytes // 1024} KiB, {flash.erases} erases, {flash.programs} programs"
    )
    # Nearly all of it is littlefs listing 80 names; of the records only the newest are read.
    assert flash.erases <= 1 and flash.programs <= 6
