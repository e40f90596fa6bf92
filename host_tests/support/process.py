"""A program of the firmware as a real process, and the world around it: line, pins, output.

A process needs real time: everything here waits for what must come, with a limit, and never for
a while.
"""

import json
import os
import pty
import select
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"
# A Pico's heap: "w" counts in words of its 4 bytes, however wide this machine's are.
PICO_HEAP = "192wK"
COMMANDS = {
    "cpython": [sys.executable],
    "micropython": [str(MICROPYTHON), "-X", f"heapsize={PICO_HEAP}"],
}
LIMIT_S = 10
BOARD = json.loads((ROOT / "boards" / "virtual" / "board.json").read_text())


class Process:
    """A program on the virtual board, and the world around it: line, pins, what it prints.

    `root` is where the program and its modules are, `folder` what stands for the device's root.
    """

    def __init__(self, interpreter, folder, program, root=ROOT):
        self.line, self._slave = pty.openpty()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LIMIT_S)
        self.board = json.loads(json.dumps(BOARD))
        self.board["readers"][0]["serial"] = os.ttyname(self._slave)
        self.board["pins_address"] = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self._folder = folder
        self._root = root
        self._command = [*COMMANDS[interpreter], str(root / program)]
        self.pins = None

    def start(self, connects=True):
        (self._folder / "board.json").write_text(json.dumps(self.board))
        paths = os.pathsep.join([str(self._root), str(self._root / "lib")])
        environment = {
            **os.environ,
            "PYTHONPATH": paths,
            "MICROPYPATH": os.pathsep.join([paths, ".frozen"]),
        }
        self.process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=environment,
            # Unbuffered: what a buffer holds, select does not see.
            bufsize=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if connects:
            self.pins, _ = self._server.accept()
            self.pins.settimeout(LIMIT_S)

    def said(self):
        """The next line it prints, as JSON."""
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
        assert ready, "nothing was printed"
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read().decode()
        return json.loads(line)

    def pin_lines(self, count=1):
        """The next lines on the pins' connection."""
        data = b""
        while data.count(b"\n") < count:
            more = self.pins.recv(100)
            assert more, "the connection was closed"
            data += more
        return data

    def all_pin_lines(self):
        """What it said on the pins until it closed them."""
        data = b""
        while more := self.pins.recv(100):
            data += more
        return data

    def send(self, data):
        os.write(self.line, data)

    def received(self, count):
        """The next `count` bytes on the serial line."""
        data = b""
        while len(data) < count:
            ready, _, _ = select.select([self.line], [], [], LIMIT_S)
            assert ready, f"only {data!r} came"
            data += os.read(self.line, count - len(data))
        return data

    def ended(self):
        """Its exit status."""
        return self.process.wait(LIMIT_S)

    def hang_up(self):
        os.close(self.line)
        self.line = None

    def close_slave(self):
        """From here on the process is the only one that holds its end of the line."""
        os.close(self._slave)
        self._slave = None

    def close(self):
        self.process.kill()
        self.process.communicate()
        self._server.close()
        if self.pins is not None:
            self.pins.close()
        for descriptor in (self.line, self._slave):
            if descriptor is not None:
                os.close(descriptor)
