"""What the event log costs on the flash, on the 352 blocks of a Pico, with its ring full."""

from host_tests.bench.flash_work import BLOCKS, Row
from host_tests.support.flash import RP2_PROG_BYTES, Flash, Mounted
from host_tests.support.journal import add, add_and_flush, started

CAPACITY = 10_000
EVENTS = 5_000
# How many events a flush finds waiting. 8 is what `due` waits for; a quiet door flushes each alone.
PER_FLUSH = (16, 8, 4, 1)


def measured(prog_bytes=RP2_PROG_BYTES):
    """{name: Row} of one event, by how many are flushed together, and of a slice of flushing."""
    image = full(prog_bytes)
    rows = {}
    for events in PER_FLUSH:
        rows |= logged(Flash(image=bytearray(image), prog_bytes=prog_bytes), events)
    return rows


def full(prog_bytes):
    """A flash whose log has come round, so that each new segment costs an old one."""
    with Mounted(Flash(BLOCKS, prog_bytes=prog_bytes), fresh=True) as flash:
        log = started(CAPACITY)
        while log.first == 1:
            add_and_flush(log, 16, 16)
        log.close()
    return flash.image


def logged(flash, per_flush):
    """The Row of an event, `per_flush` of which are flushed together; its spread is by slices."""
    row = Row()
    with Mounted(flash):
        log = started(CAPACITY)
        for _ in range(EVENTS // per_flush):
            add(log, per_flush)
            more = True
            while more:
                before = flash.work()
                more = log.flush()
                row.add([now - then for now, then in zip(flash.work(), before, strict=True)])
    row.operations = EVENTS // per_flush * per_flush
    return {f"log an event, {per_flush} a flush": row}
