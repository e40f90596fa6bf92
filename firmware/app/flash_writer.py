"""Writes to flash, one slice at a time, only while nobody may be speaking to us.

An erase stops everything on an RP2040 for about 45 ms, and its UART holds 32 bytes. A polled
reader speaks only when asked, so this task writes while every link is quiet: a card that comes
meanwhile waits in its reader. After each slice all others have their turn, so a card meets one
erase and never two.

What waits too long is written all the same, at a moment that is less good:

    quiet    no reader may speak before it is asked (mode `wakeup`)
    idle     every link is idle; a reader that speaks unasked may begin just now, and a message of
             more than what its line buffers would be lost. So it always is in the modes
             `spontaneous` and `text`
    any      between two bytes: a reader is lost and searched for, or holds its line low. What is
             lost then is an answer, and asked for again

It ends no other task and touches no door: whatever fails here is reported, logged once, and tried
again later.
"""

from firmware.app import memory
from firmware.app.bell import Bell
from springcore.ticks import ticks_diff

# How often a good moment is looked for while something waits, and while nothing does.
LOOK_MS = 20
NOTHING_MS = 500

# After a slice: longer than it takes the readers' tasks to see what has happened meanwhile.
AFTER_SLICE_MS = 20

# An erase takes 45 ms, two may be needed to fold a block: what is due in this time goes first.
SLICE_MS = 120

IDLE_WILL_DO_S = 10
ANY_WILL_DO_S = 60

# A slice of merging leaves 12 KB of garbage behind on a Pico, where some 100 are free. Collecting
# it takes a good moment of its own.
COLLECT_EVERY_SLICES = 2

# A flash that is full or broken is not tried all the time.
RETRY_S = 60


class Job:
    """`due(now_s)`: whether there is something to do; `work()`: one slice of it."""

    def __init__(self, name: str, due, work):
        self.name = name
        self.due = due
        self.work = work
        self.failed = False
        self.not_before_s = 0


class FlashWriter:
    """`jobs` in order of importance; `readers` and `doors` say whether the moment is good."""

    def __init__(self, jobs, readers, doors, hal, reports):
        # Set with each step; whoever feeds the watchdog takes it back.
        self.stepped = False
        # Since garbage was collected here.
        self._slices = 0
        self._jobs = jobs
        self._readers = readers
        self._doors = doors
        self._hal = hal
        self._reports = reports
        self._bell = Bell(hal)
        self._last_ms = hal.ticks_ms()
        self._elapsed_ms = 0
        self._waits_since_s = None

    async def run(self) -> None:
        """Writes for ever what is to be written."""
        while True:
            await self._bell.wait(self.step())

    def step(self) -> int:
        """One slice or one collection, if there is work and the moment is good.

        Returns the milliseconds until the next look.
        """
        self.stepped = True
        now_s = self._now_s()
        job = self._next_job(now_s)
        if job is None:
            self._waits_since_s = None
            return NOTHING_MS
        if self._waits_since_s is None:
            self._waits_since_s = now_s
        if not self._is_good_moment(now_s - self._waits_since_s):
            return LOOK_MS
        if self._slices == COLLECT_EVERY_SLICES:
            self._slices = 0
            memory.collect()
        else:
            self._slices += 1
            self._do(job, now_s)
        return AFTER_SLICE_MS

    def _next_job(self, now_s: int):
        for job in self._jobs:
            if now_s >= job.not_before_s and job.due(now_s):
                return job
        return None

    def _is_good_moment(self, waited_s: int) -> bool:
        if self._doors.due_within(SLICE_MS):
            return False
        if waited_s >= ANY_WILL_DO_S:
            return not any(reader.is_moving_bytes() for reader in self._readers)
        if waited_s >= IDLE_WILL_DO_S:
            return all(reader.idle() for reader in self._readers)
        return all(reader.quiet() for reader in self._readers)

    def _do(self, job, now_s: int) -> None:
        try:
            job.work()
        # Not only StorageError: a slice that lacks memory must not restart the panel either.
        except Exception as error:
            job.not_before_s = now_s + RETRY_S
            self._reports.trouble("storage", "%s: %s" % (job.name, str(error) or repr(error)))
            if not job.failed:
                self._doors.panel.log("storage_failed")
            job.failed = True
        else:
            job.failed = False

    def _now_s(self) -> int:
        # Ticks wrap after days, this does not; it is asked far more often.
        now_ms = self._hal.ticks_ms()
        self._elapsed_ms += ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        return self._elapsed_ms // 1000
