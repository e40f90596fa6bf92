"""A terminal of this machine with a program in it: its keys, what it shows, how it is left."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

# Far more than anything here takes, on a machine that does other things too.
LIMIT_S = 60

# What a full-screen program switches on, and off again when it leaves: another screen, a hidden
# cursor, reports of the mouse and of pasting.
ON, OFF = "h", "l"
MODES = {"?1049": OFF, "?25": ON, "?1000": OFF, "?2004": OFF}


class Terminal:
    """A program at a terminal of that size. `shown` is all that it has printed."""

    def __init__(self, command, columns=80, lines=24, **environment):
        self._ours, self._its = pty.openpty()
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._its, termios.TIOCSWINSZ, size)
        self._before = termios.tcgetattr(self._its)
        self.shown = ""
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            stdin=self._its,
            stdout=self._its,
            stderr=self._its,
            # It gets the terminal as its own, as from a shell.
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def until(self, part):
        """Waits until it has printed that, since the last time."""
        begin = len(self.shown)
        due = time.monotonic() + LIMIT_S
        while part not in self.shown[begin:]:
            assert time.monotonic() < due, f"{part!r} did not come: {self.shown[-2000:]!r}"
            self._read(0.1)

    def press(self, keys):
        os.write(self._ours, keys.encode())

    def ended(self):
        """Waits for its end: its exit status."""
        due = time.monotonic() + LIMIT_S
        while self.process.poll() is None:
            assert time.monotonic() < due, f"it did not end: {self.shown[-2000:]!r}"
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def hang_up(self):
        """The window is closed."""
        os.close(self._ours)
        self._ours = None

    def is_restored(self):
        """Whether the terminal is as it was: its settings, and each mode that was touched."""
        modes = {name: self._last(name) for name in MODES if self._last(name) is not None}
        return termios.tcgetattr(self._its) == self._before and modes == {
            name: MODES[name] for name in modes
        }

    def used_its_own_screen(self):
        return "\x1b[?1049h" in self.shown

    def after(self):
        """What stands on the screen that was there before."""
        return self.shown.rpartition("\x1b[?1049l")[2]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self._ours, self._its):
            if descriptor is not None:
                os.close(descriptor)

    def _last(self, mode):
        """How a mode was set last; None: it was not touched."""
        on, off = (self.shown.rfind(f"\x1b[{mode}{how}") for how in (ON, OFF))
        return None if on == off else ON if on > off else OFF

    def _read(self, seconds):
        ready, _, _ = select.select([self._ours], [], [], seconds)
        if ready:
            self.shown += os.read(self._ours, 65536).decode("utf-8", "replace")
        return bool(ready)
