"""Textual's driver for a terminal that may be closed while the view is on it.

Textual's writer ends with the first write that fails. Whoever writes after that waits for ever, and
the panel would run on without anybody to stop it.
"""

from __future__ import annotations

import contextlib
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class Unfailing:
    """As much of a text file as Textual's writer uses; what cannot be written is lost."""

    def __init__(self, file: IO[str]):
        self._below = file

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._below.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._below.flush()

    def fileno(self) -> int:
        return self._below.fileno()


class TerminalDriver(LinuxDriver):
    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._file: Any = Unfailing(self._file)
