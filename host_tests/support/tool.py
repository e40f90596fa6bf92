"""The command `loquet` as a process of its own, in a folder for its temporary files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

LOQUET = Path(sys.executable).parent / "loquet"

# Far more than anything here takes, on a machine that does other things too.
LIMIT_S = 60


class Tool:
    """A running `loquet ARGUMENTS`. `folder` is where its temporary files go."""

    def __init__(self, folder, *arguments, script=None):
        self.folder = folder
        self.process = subprocess.Popen(
            [str(LOQUET), *arguments],
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if script is not None:
            self.process.stdin.write(script)
        self.process.stdin.close()
        self.process.stdin = None

    def lines_until(self, part):
        """The lines that it prints, up to the first that holds `part`."""
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if part in line:
                return lines
        raise AssertionError("it ended before that: " + self.process.stderr.read())

    def children(self):
        """The ids of the processes that it has started and that run."""
        pid = self.process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self):
        """(exit status, the rest of stdout, all of stderr)."""
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out, err

    def leaves_nothing(self):
        """Whether its temporary files have gone."""
        return list(self.folder.iterdir()) == []

    def close(self):
        if self.process.poll() is None:
            for pid in self.children():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
        self.process.communicate()


def runs(pid):
    """Whether there is a process with this id."""
    return Path(f"/proc/{pid}").exists()


def only(happened, event):
    """Of what a tool has told as lines of JSON, what is of that kind."""
    return [line for line in happened if line["event"] == event]
