"""Out of the running panel into maintenance, and back into a panel that runs.

Ctrl-C ends the panel: its relays fall and its log is written. But its watchdog cannot be stopped,
and resets the board within 8 s. So the first thing that is done is to make the file that has
boot.py start nothing the next time, and the second a restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loquet_tools.deploy.board import Board
from loquet_tools.errors import ToolError

Tell = Callable[[dict[str, Any]], None]

# boot.py takes it away and starts nothing, once.
MARKER = "maintenance"

ON_BOARD = Path(__file__).with_name("on_board.py")

PROMPT = b">>> "

# A panel with 20,000 cards takes two seconds; an emulated Pico on a busy machine many more.
PROMPT_S = 30.0
STARTED_S = 60.0

# A start may be missed while the board is on its way back onto the bus.
RESTARTS = 3

# What a panel tells before it says that it has started.
NOT_YET = ("trouble",)

# What is kept of what is no report, for the message.
UNKNOWN_LINES = 12


@dataclass(frozen=True)
class Identity:
    """What a board says of itself. `digest`: of its program; None: it has none of ours."""

    interpreter: str
    machine: str
    version: str
    digest: str | None
    has_files: bool


def identify(board: Board) -> Identity:
    """Asks a board whose interpreter listens."""
    board.run(
        "import os, sys\n"
        "try:\n"
        " from loquet_build import DIGEST\n"
        "except ImportError:\n"
        " DIGEST = None\n"
        "try:\n"
        " MOUNTED = os.statvfs('/')[2] > 0\n"
        "except OSError:\n"
        " MOUNTED = False\n"
    )
    name, machine, version, digest, mounted = board.value(
        "(sys.implementation.name, getattr(sys.implementation, '_machine', sys.platform), "
        "tuple(sys.implementation.version[:3]), DIGEST, MOUNTED)"
    )
    return Identity(name, machine, ".".join(map(str, version)), digest, mounted)


def make_file_system(board: Board, tell: Tell) -> None:
    """For a new board. ToolError if its flash holds something that does not mount."""
    _bring_tools(board)
    # It may be there all the same: Ctrl-C also stops the firmware's own _boot.py.
    found = board.value("make_file_system()")
    if found == "made":
        tell({"step": "formatted"})
    elif found == "unusable":
        raise ToolError(
            "the board's file system does not mount, and is left as it is: what is in it may be "
            "wanted; to give it up, at its prompt: import rp2, vfs; "
            "vfs.VfsLfs2.mkfs(rp2.Flash(), progsize=256)"
        )


def begin(board: Board) -> None:
    """From a board whose interpreter listens to one in maintenance, with `on_board.py` there."""
    _mark(board)
    for _ in range(RESTARTS):
        board.reset()
        _wait_for_prompt(board)
        board.interrupt()
        # Interrupted in _boot.py, a board has not mounted its files.
        if not board.value("__import__('os').listdir('/')"):
            continue
        if not board.value("'firmware.app.supervisor' in __import__('sys').modules"):
            _bring_tools(board)
            # Where there was no boot.py to take it away, it would keep the new one from starting.
            board.run(f"remove([{MARKER!r}])")
            return
        # Interrupted in boot.py, a board goes on with main.py as if nobody had asked.
        _mark(board)
    raise ToolError(f"{board.port} does not come into maintenance; deploy again")


def _mark(board: Board) -> None:
    board.run(f"open('/{MARKER}', 'w').close()")


def end(board: Board, tell: Tell) -> None:
    """Starts the panel, and waits until it says that it has. ToolError if it does not."""
    board.reset()
    unknown: list[str] = []
    for line in lines(board, STARTED_S):
        report = report_of(line)
        if report is None:
            unknown = [*unknown[1 - UNKNOWN_LINES :], line]
        elif report["event"] == "panel" and report["state"] == "stopped":
            raise ToolError(f"the panel does not start: {report['reason']}")
        elif report["event"] in NOT_YET:
            tell({"step": "trouble", **report})
        else:
            # Any other report is one of a panel that runs: on USB the first may be lost.
            started = report if report["event"] == "panel" else {}
            tell({"step": "started", **started})
            return
    said = "".join(f"\n  {line}" for line in unknown) or " nothing"
    raise ToolError(f"the panel has not started within {STARTED_S:.0f} s; the board said:{said}")


def give_up(board: Board) -> None:
    """Has the board start over as it is, if it still can be told to."""
    try:
        board.interrupt()
        board.reset()
    except ToolError:
        # By itself, then: by the watchdog, or when on_board.py's patience is at its end.
        pass


def lines(board: Board, seconds: float) -> Iterator[str]:
    """What the board prints within so many seconds, line by line."""
    unread = b""
    for piece in board.listen(seconds):
        *ended, unread = (unread + piece).split(b"\n")
        for line in ended:
            yield line.decode(errors="replace").rstrip("\r")


def report_of(line: str) -> dict[str, Any] | None:
    """A line of the panel; None if it is another one."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _bring_tools(board: Board) -> None:
    board.run(ON_BOARD.read_text())
    board.run("stay()")


def _wait_for_prompt(board: Board) -> None:
    heard = b""
    for piece in board.listen(PROMPT_S):
        heard += piece
        if heard.endswith(PROMPT):
            return
    # Said while nobody could hear it: whoever interrupts will see.
