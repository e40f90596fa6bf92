"""What receiving costs on the heap: upper bounds, on the interpreters that can be asked."""

import gc

LOCKED = (
    "lrc_of, 256 bytes",
    "refusal_of a good PCB",
    "waiting",
    "flush with nothing to tell",
    "rule_of a checksum",
)

# Bytes on a 64-bit interpreter; on a microcontroller about half
LIMITS = {
    "no bytes": 32,
    "frame of 30, its first byte": 32,
    "frame of 30, one byte in it": 96,
    "frame of 30, all but the last": 96,
    "frame of 262, 64 bytes in it": 96,
    "frame of 1030, 256 bytes in it": 96,
    "frame of 3000, 64 skipped bytes": 160,
    "line, its first byte": 96,
    "line, 10 bytes in it": 96,
    "noise, 1 byte": 128,
    "noise, 64 bytes": 128,
    "noise, 64 bytes after 100": 32,
    "frame of 7, whole": 512,
    "frame of 30, whole": 512,
    "frame of 30, its last byte": 512,
    "frame of 262, whole": 768,
    "frame of 1030, whole": 1536,
    "frame of 3000, its last byte": 1600,
    "line of 60, whole": 2048,
    "line of 60, its last byte": 2048,
    "broken frame of 30": 320,
    "3 bytes of noise and a frame of 30": 1280,
    "ChecksumPin.accepts": 32,
    "encode a poll": 160,
    "from_event, id only": 832,
    "from_text, the vendor's line": 1664,
}

if hasattr(gc, "mem_alloc"):
    from host_tests.bench.receive_path import rows

    def test_no_call_takes_more_of_the_heap_than_it_may():
        for name, taken, _ in rows():
            limit = 0 if name in LOCKED else LIMITS[name]
            assert taken <= limit, "%s: %d bytes" % (name, taken)

    def test_what_needs_no_heap_runs_while_it_is_locked():
        locked = {name: runs for name, _, runs in rows()}
        for name in LOCKED:
            assert locked[name], name
        assert set(locked) == set(LOCKED) | set(LIMITS)
