"""A flash chip that counts its work and loses power where a test wants it, under real littlefs2.

The same file on MicroPython (its own `vfs.VfsLfs2`) and on CPython (littlefs-python, through
`littlefs.py` beside this file). littlefs cannot know that power will be cut, so a scenario runs
once, with every erase and program recorded; the state of the chip at any cut is then made from
that record, whole or torn.
"""

try:
    import vfs

    def _attach(flash, path, fresh):
        sizes = {"readsize": 32, "progsize": flash.prog_bytes, "lookahead": 32}
        if fresh:
            vfs.VfsLfs2.mkfs(flash, **sizes)
        vfs.mount(vfs.VfsLfs2(flash, **sizes), path)

    def unmount(path="/flash"):
        vfs.umount(path)

except ImportError:
    from host_tests.support.littlefs import attach as _attach
    from host_tests.support.littlefs import detach

    def unmount(path="/flash"):
        detach(path)


BLOCK_BYTES = 4096

WHOLE = "whole"
TORN = "torn"

# What stock MicroPython gives littlefs as the size of a program. Its cache is four times that, and
# a file that is longer than the cache or 512 bytes gets a block of its own.
RP2_PROG_BYTES = 256
ESP32_PROG_BYTES = 32


class Flash:
    """`blocks` erase blocks of 4 KiB. Erased bytes are FF; a block is erased whole."""

    def __init__(self, blocks=0, image=None, prog_bytes=RP2_PROG_BYTES):
        self.prog_bytes = prog_bytes
        self.image = bytearray(b"\xff" * (blocks * BLOCK_BYTES)) if image is None else image
        self.erases = self.programs = self.programmed_bytes = self.reads = self.read_bytes = 0
        # A chip that can be read, but no longer written.
        self.broken = False
        # (address, None for an erase or the bytes programmed) while a test wants to know.
        self.record = None

    @property
    def operations(self):
        """How many erases and programs there have been: the time scale of a cut."""
        return self.erases + self.programs

    def work(self):
        """(erases, programs, bytes programmed) so far."""
        return self.erases, self.programs, self.programmed_bytes

    def read(self, address, buffer):
        self.reads += 1
        self.read_bytes += len(buffer)
        buffer[:] = self.image[address : address + len(buffer)]

    def program(self, address, data):
        self.programs += 1
        self.programmed_bytes += len(data)
        self._change(address, bytes(data))

    def erase(self, block):
        self.erases += 1
        self._change(block * BLOCK_BYTES, None)

    def _change(self, address, data):
        if self.broken:
            raise OSError(5, "the chip is broken")
        if self.record is not None:
            self.record.append((address, data))
        apply(self.image, address, data, WHOLE)

    def attach(self, path, fresh):
        """What `mount` does with this chip. Another file system: a class that does it otherwise."""
        _attach(self, path, fresh)

    # What MicroPython asks of a block device.

    def readblocks(self, block, buffer, offset=0):
        self.read(block * BLOCK_BYTES + offset, buffer)

    def writeblocks(self, block, buffer, offset=0):
        self.program(block * BLOCK_BYTES + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.image) // BLOCK_BYTES
        if operation == 5:
            return BLOCK_BYTES
        if operation == 6:
            self.erase(argument)
        return 0


def apply(image, address, data, how):
    """One erase (`data` None) or program, whole or torn in the middle: its first half only."""
    if data is None:
        data = b"\xff" * BLOCK_BYTES
    size = len(data) if how == WHOLE else len(data) // 2
    image[address : address + size] = data[:size]


def mount(flash, path="/flash", fresh=False):
    """The file system on `flash` as folder `path`; `fresh` makes a new one. See `unmount`."""
    flash.attach(path, fresh)


class Mounted:
    """`with Mounted(Flash(64), fresh=True) as flash:` - /flash is there meanwhile."""

    def __init__(self, flash, fresh=False):
        self._flash = flash
        self._fresh = fresh

    def __enter__(self):
        mount(self._flash, "/flash", self._fresh)
        return self._flash

    def __exit__(self, *error):
        unmount()


class Story:
    """What a scenario has been promised so far, against the clock of the flash.

    `first` is the state that must be found if nothing happens. A state is whatever the test's
    own model holds; only the test compares it.
    """

    def __init__(self, flash, first):
        self._flash = flash
        # (operations when it was begun, operations when it was acknowledged or None, state)
        self._steps = [(0, 0, first)]

    def begin(self, state):
        """From now on `state` may be found, and until `done` the one before it as well."""
        self._steps.append((self._flash.operations, None, state))

    def done(self):
        """The last state begun is acknowledged: nothing older may be found after a cut."""
        begun, _, state = self._steps[-1]
        self._steps[-1] = (begun, self._flash.operations, state)

    def step(self, state, function, *arguments):
        """`function` must lead to `state`; returns what it returns."""
        self.begin(state)
        result = function(*arguments)
        self.done()
        return result

    def allowed(self, operations):
        """The states that may be found if power goes after so many operations."""
        states = []
        for begun, acknowledged, state in self._steps:
            if acknowledged is not None and acknowledged <= operations:
                states = [state]
            elif begun <= operations:
                states.append(state)
        return states


class Recording:
    """A scenario that has run once; gives the chip as it was at every cut."""

    def __init__(self, image, scenario, kind=Flash):
        """`image`: the chip before, a `kind`. `scenario(flash)` works in /flash, gives a Story."""
        self._image = image
        flash = kind(image=bytearray(image))
        mount(flash)
        # Mounting writes nothing, but only what follows is the scenario.
        flash.erases = flash.programs = 0
        flash.record = self.record = []
        try:
            self.story = scenario(flash)
        finally:
            flash.record = None  # a file left open may yet be closed, when nobody looks
            unmount()

    def points(self):
        """(operations done, how the last one ended) of every possible cut."""
        yield 0, WHOLE
        for operations in range(1, len(self.record) + 1):
            yield operations, TORN
            yield operations, WHOLE

    def cuts(self, points=None):
        """(operations, how, image of its own) for each of `points`, which are in order."""
        image = bytearray(self._image)
        done = 0
        for operations, how in self.points() if points is None else points:
            whole = operations if how == WHOLE else operations - 1
            while done < whole:
                apply(image, *self.record[done], WHOLE)
                done += 1
            cut = bytearray(image)
            if how == TORN:
                apply(cut, *self.record[operations - 1], TORN)
            yield operations, how, cut


def run_cut_matrix(image, scenario, check, points=None):
    """Cuts `scenario` at every erase and program, or at `points` (a function of the recording).

    scenario(flash) -> Story works in the mounted /flash. check(states) opens what is on /flash
    after the cut and raises, or returns a complaint, unless it is one of `states`.
    Returns (number of points, list of complaints).
    """
    recording = Recording(image, scenario)
    count = 0
    complaints = []
    for operations, how, cut in recording.cuts(points and points(recording)):
        # A torn operation is one that did not happen: nothing that waited for it was promised.
        finished = operations if how == WHOLE else operations - 1
        count += 1
        try:
            with Mounted(Flash(image=cut)):
                complaint = check(recording.story.allowed(finished))
        except Exception as error:
            complaint = "%s: %s" % (type(error).__name__, error)
        if complaint:
            complaints.append("cut at %d, %s: %s" % (operations, how, complaint))
    return count, complaints
