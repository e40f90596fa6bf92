"""The panel in a process of its own: the firmware on MicroPython or CPython, stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loquet_tools import device_folder
from loquet_tools.paths import MICROPYTHON, interpreter

# What MicroPython has on a Pico. Objects here have words of 8 bytes where a Pico's have 4, and with
# cards and log the program no longer fits into 192 KiB of them: "w" has the interpreter count in
# words of 4 bytes, so that the same number of objects fits. Bytecode and tables of bytes, which
# have one size everywhere, get twice their room by that: it proves nothing about a Pico.
HEAP_KIB = 192

STOP_SECONDS = 3.0

# A traceback's end; more of it says nothing more.
ERROR_LINES = 20


@dataclass(frozen=True)
class PanelSetup:
    """What the panel is to be: the interpreter's name, its readers' lines, its doors, who may pass.

    `serials` are paths of devices, `pins_address` is "tcp:HOST:PORT", `settings` the document,
    `clock` what board.json says of the board's own.
    """

    interpreter: str
    serials: list[str]
    pins_address: str
    settings: dict[str, Any]
    cards: list[bytes]
    clock: str = "none"


@contextlib.contextmanager
def panel_folder(setup: PanelSetup) -> Iterator[Path]:
    """The folder that stands for the device, filled; it is removed in the end."""
    board = device_folder.board_document(setup.serials, setup.pins_address, setup.clock)
    with tempfile.TemporaryDirectory(prefix="loquet-") as name:
        folder = Path(name)
        device_folder.fill(folder, board, setup.interpreter == MICROPYTHON)
        device_folder.store(folder, setup.settings, setup.cards)
        yield folder


class PanelProcess:
    """The panel that runs in a folder: `async with PanelProcess(interpreter, folder) as panel`.

    Leaving stops it, relay at rest. `has_started`: it has reported that it runs.
    """

    def __init__(self, interpreter_name: str, folder: Path):
        self.has_started = False
        self._interpreter = interpreter_name
        self._folder = folder
        self._errors: deque[str] = deque(maxlen=ERROR_LINES)
        self._stopped_reason: str | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> PanelProcess:
        program = interpreter(self._interpreter)
        async with contextlib.AsyncExitStack() as stack:
            self._process = await asyncio.create_subprocess_exec(
                *command_of(self._interpreter, program),
                cwd=self._folder,
                env={**os.environ, **environment_of(self._interpreter, self._folder)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                preexec_fn=_begin,
            )
            stack.push_async_callback(self._stop)
            self._error_reader = asyncio.create_task(self._read_errors())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def lines(self) -> AsyncIterator[str]:
        """What the panel prints, line by line, until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\n")
            self._note_state(text)
            yield text

    async def exit_status(self) -> int:
        """Waits for its end: its exit status, 128 + the number of the signal that ended it."""
        status = await self._process.wait()
        await self._error_reader
        return 128 - status if status < 0 else status

    async def death(self) -> str:
        """Waits for its end: why it ended, in words."""
        status = await self.exit_status()
        if self._stopped_reason is not None:
            return self._stopped_reason
        if self._errors:
            return self._errors[-1]
        return f"exit status {status}"

    def kill(self) -> None:
        """Ends it without a word, as a power cut does."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Nothing in it runs any more, as when a loop hangs."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def _note_state(self, line: str) -> None:
        report = report_of(line)
        if report["event"] != "panel":
            return
        if report.get("state") == "started":
            self.has_started = True
        elif report.get("state") == "stopped":
            self._stopped_reason = str(report.get("reason"))

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._errors.append(line.decode("utf-8", "replace").rstrip())

    async def _stop(self) -> None:
        # The interpreters let the relay fall when they are interrupted.
        for number in (signal.SIGINT, signal.SIGKILL):
            self._signal(number)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
                break
        await self._error_reader


def _begin() -> None:
    """What the process does before it is the interpreter."""
    # Ctrl-C at the terminal is for us: we stop the panel in our own order. A session of its own
    # would do too, but then the serial line would become its terminal.
    os.setpgrp()
    # A shell has what it starts in the background ignore it, and CPython leaves it at that: the
    # panel could only be killed, and would lose what it has not written.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command_of(name: str, program: Path) -> list[str]:
    """How the interpreter is started in the device's folder."""
    heap = ["-X", f"heapsize={HEAP_KIB}wK"] if name == MICROPYTHON else []
    return [str(program), *heap, "main.py"]


def environment_of(name: str, folder: Path) -> dict[str, str]:
    """Where the interpreter finds modules: in the folder, in its lib/, and its own."""
    if name == MICROPYTHON:
        return {"MICROPYPATH": f".frozen:{folder / 'lib'}"}
    return {"PYTHONPATH": str(folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}


def report_of(line: str) -> dict[str, Any]:
    """The report that a line is. A line that is none is trouble: something printed it."""
    try:
        report = json.loads(line)
    except ValueError:
        report = None
    if isinstance(report, dict) and isinstance(report.get("event"), str):
        return report
    return {"event": "trouble", "name": "not_a_report", "detail": line}
