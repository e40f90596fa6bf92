"""The interpreter on the board, stopped, by its raw REPL. Nothing else talks to a board.

mpremote's Python interface "is going to change significantly", says its source: all that is used
of it is used here.
"""

from __future__ import annotations

import ast
import errno
import io
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from loquet_tools.errors import ToolError

# How long a board may take to come back onto the bus.
BACK_WITHIN_S = 20.0

# How long an answer may take, and how long a board may compute before it gives one.
ANSWER_S = 10.0
COMPUTES_S = 60.0

# A Ctrl-C that comes while the interpreter starts, or writes its flash, goes unheard.
INTERRUPTS = 5
HEARD_WITHIN_S = 3.0

# What is heard is looked at so often.
LISTEN_S = 0.2


class BoardError(ToolError):
    """What the board has raised; `str` is the last line of its traceback."""


class Board:
    """The board at the serial device `port`."""

    def __init__(self, port: str):
        self.port = port
        self._transport: Any = None

    def open(self, within_s: float = 0.0) -> None:
        """ToolError if the port cannot be opened within that time."""
        give_up_s = time.monotonic() + within_s
        while True:
            try:
                self._transport = SerialTransport(self.port)
                return
            except TransportError:
                if time.monotonic() > give_up_s:
                    raise ToolError(f"{self.port} cannot be opened any more") from None
            time.sleep(LISTEN_S)

    def close(self) -> None:
        if self._transport is not None:
            try:
                self._transport.close()
            except OSError:
                pass  # it is gone already
            self._transport = None

    def interrupt(self) -> None:
        """Stops what runs, and has the interpreter listen. ToolError if nothing answers."""
        for _ in range(INTERRUPTS):
            if self._enter():
                return
        raise ToolError(
            f"{self.port} does not answer as MicroPython does: it is another device, or its "
            "program does not let itself be interrupted"
        )

    def _enter(self) -> bool:
        try:
            # mpremote looks at the time only when it has heard nothing for so long.
            self._transport.serial.timeout = LISTEN_S
            # It prints what it does not understand.
            with redirect_stdout(io.StringIO()):
                self._enter_raw_repl()
                # A board that was still starting answers each attempt before this one as well.
                for piece in self.listen(HEARD_WITHIN_S):
                    if not piece:
                        break
                self._enter_raw_repl()
            return True
        except TransportError:
            return False
        except OSError:
            raise ToolError(f"{self.port} has gone away") from None

    def _enter_raw_repl(self) -> None:
        self._transport.enter_raw_repl(soft_reset=False, timeout_overall=HEARD_WITHIN_S)

    def run(self, code: str) -> str:
        """What `code` prints. BoardError if it raises, ToolError if the connection breaks."""
        with self._speaking():
            said, raised = self._transport.exec_raw(code, timeout=COMPUTES_S)
        if raised:
            raise BoardError(_last_line(raised.decode()))
        return str(said.decode())

    def value(self, expression: str) -> Any:
        """The value of an expression, of what `repr` writes and Python reads."""
        return ast.literal_eval(self.run(f"print(repr({expression}))"))

    def read(self, path: str) -> bytes:
        """What a file holds."""
        with self._speaking():
            return bytes(self._transport.fs_readfile(path))

    def write(self, path: str, data: bytes, progress: Callable[[int, int], None]) -> None:
        """Writes a file; `progress` is told how many bytes of how many are written."""
        with self._speaking():
            self._transport.fs_writefile(path, data, progress_callback=progress)

    def reset(self) -> None:
        """Starts the board over. What it says then is heard by `listen`."""
        self.leave("machine.reset()")

    def leave(self, call: str) -> None:
        """Calls something of the board's module machine that does not return."""
        with self._speaking():
            self._transport.exec_raw_no_follow(f"import machine\n{call}")

    def listen(self, seconds: float) -> Iterator[bytes]:
        """What the board says, in pieces, b"" while it says nothing; also after a restart."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            yield self._heard()

    def _heard(self) -> bytes:
        try:
            line = self._transport.serial
            line.timeout = LISTEN_S
            return bytes(line.read(line.in_waiting or 1))
        except OSError:
            # On USB, a board that starts over leaves the bus.
            self.close()
            self.open(BACK_WITHIN_S)
            return b""

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Says in our words what may happen between us and the board."""
        self._transport.serial.timeout = ANSWER_S
        try:
            with redirect_stdout(io.StringIO()):
                yield
        except TransportExecError as error:
            raise BoardError(_last_line(error.error_output)) from None
        except (TransportError, OSError, struct.error) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise BoardError("no room is left on the board's flash") from None
            raise ToolError(f"the connection to {self.port} is broken: {error}") from None


def _last_line(traceback: str) -> str:
    lines = traceback.strip().splitlines()
    return f"the board says: {lines[-1] if lines else 'nothing'}"
