"""Runs the rig (run.mjs) and talks with it in lock step, in virtual time.

    class Echo(Peer):
        def begin(self, rig):
            rig.drive(6, 1)
            rig.watch(7)

        def byte(self, rig, byte):
            rig.send(bytes([byte.value]), byte.bitrate, at_ns=byte.at_ns + 500_000)

    report = Rig(image({"main.py": source}), Echo()).run(seconds=5)

The rig waits whenever it has told something, until the peer has answered: what a test computes
never takes virtual time, and its answers come at the times it gives, in nanoseconds since the first
start.
The only file here that starts a process.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIRMWARE = ROOT / ".cache/pico-firmware/loquet-uart.uf2"
FIRMWARE_USB = ROOT / ".cache/pico-firmware/loquet-usb.uf2"
MICROPYTHON = ROOT / ".cache/pico-firmware/micropython.uf2"


class RigError(Exception):
    """The rig has ended without a report; its own words are in the message."""


@dataclass
class Byte:
    """A byte that has left the Pico, at the end of its stop bit. `port`: "uart1" or "gpio8"."""

    at_ns: int
    begin_ns: int
    port: str
    value: int
    bitrate: int
    framing: bool


class Peer:
    """What is connected to the Pico. Each method is called at its moment, and need not be there."""

    def begin(self, rig: Rig) -> None:
        """The first start: watch, listen, drive."""

    def started(self, rig: Rig, start: int, cause: str) -> None:
        """Start number `start`, from 1, because of "power" or "watchdog"."""

    def byte(self, rig: Rig, byte: Byte) -> None:
        """The Pico has sent a byte."""

    def pin(self, rig: Rig, pin: int, level: int) -> None:
        """A pin that is watched has changed."""

    def printed(self, rig: Rig, text: str) -> None:
        """The program has printed a line."""

    def flash(self, rig: Rig, operation: dict[str, Any]) -> None:
        """The flash begins `kind`, `address`, `bytes`, `ns`, if rig.watch_flash() was called.

        `data`: the page that a program is given, in hex; FF leaves a byte as it is.
        """

    def due(self, rig: Rig) -> None:
        """The time that next_ns gave has come."""

    def next_ns(self) -> int | None:
        """When `due` is to be called next; asked after each of the above."""
        return None


class Rig:
    """One run of an emulated Pico. `image`: its file system, see image.py.

    `options` are those of run.mjs by their names, such as seed=3, flash="maximum", no_cache=True.
    `report` is how it went, once it has ended.
    """

    def __init__(
        self, image: bytes | None, peer: Peer, firmware: Path = FIRMWARE, **options: object
    ):
        self.now_ns = 0
        self.console: list[str] = []
        self.image_after: bytes | None = None
        self.report: dict[str, Any] | None = None
        self._image = image
        self._peer = peer
        self._arguments = ["--firmware", str(firmware), *_arguments(options)]
        self._actions: list[dict[str, Any]] = []

    # What a peer does. Without at_ns: now. Never in the past.

    def send(self, data: bytes, bitrate: int, at_ns: int | None = None) -> None:
        """Sends to UART1: the first start bit at `at_ns`, or after what is being sent."""
        self._do("send", at_ns, data=data.hex(), bitrate=bitrate)

    def drive(self, pin: int, level: int | None, at_ns: int | None = None) -> None:
        """Drives a pin from outside; None lets go of it."""
        self._do("pin", at_ns, pin=pin, level=level)

    def type(self, text: str, at_ns: int | None = None) -> None:
        """Types at the console."""
        self._do("type", at_ns, text=text)

    def cut_power(self, at_ns: int | None = None, dark_ns: int = 0) -> None:
        """Takes the power away and gives it back, `dark_ns` later."""
        self._do("cut_power", at_ns, dark_ns=dark_ns)

    def stop(self, why: str, at_ns: int | None = None) -> None:
        """Ends the run."""
        self._do("stop", at_ns, why=why)

    def watch(self, pin: int) -> None:
        """Peer.pin is called for every edge of `pin` from now on."""
        self._do("watch", None, pin=pin)

    def watch_flash(self) -> None:
        """Peer.flash is called for every erase and program from now on."""
        self._do("watch_flash", None)

    def listen(self, pin: int, bitrate: int) -> None:
        """Peer.byte is called for what comes out of `pin`, 8N1 at `bitrate`; again: a new rate."""
        self._do("listen", None, pin=pin, bitrate=bitrate)

    def _do(self, what: str, at_ns: int | None, **details: object) -> None:
        action: dict[str, Any] = {"do": what, **details}
        if at_ns is not None:
            action["at_ns"] = at_ns
        self._actions.append(action)

    # The run

    def run(self, seconds: float) -> dict[str, Any]:
        """Runs for `seconds` of virtual time at most; returns the rig's report. RigError."""
        with self.running(seconds):
            self.hear()
            while self.report is None:
                self.answer()
                self.hear()
        return self.report

    @contextlib.contextmanager
    def running(self, seconds: float) -> Iterator[IO[str]]:
        """For who has to do something else meanwhile: `hear`, `answer`, in turns, until `report`.

        Gives the file that has something to read when there is something to hear. RigError.
        """
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._errors = stack.enter_context(tempfile.TemporaryFile("w+"))
            self._process = stack.enter_context(self._start(folder, seconds))
            assert self._process.stdout is not None
            try:
                yield self._process.stdout
            finally:
                self._end()
            after = folder / "after.img"
            self.image_after = after.read_bytes() if after.exists() else None

    def hear(self) -> None:
        """Waits for what the rig tells next, and tells the peer."""
        event = self._read()
        self.now_ns = event["at_ns"]
        if event["event"] == "end":
            self.report = event
            if self._process.wait():
                raise RigError(self._words())
        else:
            self._tell(event)

    def answer(self) -> None:
        """The rig goes on, with what the peer wants done."""
        actions, self._actions = self._actions, []
        self._write({"do": actions, "next_ns": self._peer.next_ns()})

    def files(self) -> bytes:
        """The image of the file system as it is now; only while the rig waits for `answer`."""
        self._write({"ask": "files"})
        return base64.b64decode(self._read()["files"])

    def _start(self, folder: Path, seconds: float) -> subprocess.Popen[str]:
        command = ["node", str(HERE / "run.mjs"), *self._arguments]
        command += ["--peer", "pipe", "--seconds", str(seconds)]
        command += ["--files-out", str(folder / "after.img")]
        if self._image is not None:
            before = folder / "before.img"
            before.write_bytes(self._image)
            command += ["--files", str(before)]
        pipe = subprocess.PIPE
        # A session of its own: Ctrl-C at the terminal is for us, and we end it.
        return subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=self._errors,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def _end(self) -> None:
        """Ends the process, if somebody wants no more of it."""
        if self.report is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            self._process.wait()
            raise RigError(self._words())
        return dict(json.loads(text))

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _words(self) -> str:
        self._errors.seek(0)
        return self._errors.read().strip() or f"exit status {self._process.returncode}"

    def _tell(self, event: dict[str, Any]) -> None:
        peer, kind = self._peer, event.pop("event")
        if kind == "start":
            if event["start"] == 1:
                peer.begin(self)
            peer.started(self, event["start"], event["cause"])
        elif kind == "byte":
            peer.byte(self, Byte(**event))
        elif kind == "pin":
            peer.pin(self, event["pin"], event["level"])
        elif kind == "line":
            self.console.append(event["text"])
            peer.printed(self, event["text"])
        elif kind == "flash":
            peer.flash(self, event)
        elif kind == "time":
            peer.due(self)
        else:
            raise RigError(f"the rig tells {kind!r}, which nobody here knows")


def _arguments(options: dict[str, object]) -> list[str]:
    arguments = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        arguments += [option] if value is True else [option, str(value)]
    return arguments
