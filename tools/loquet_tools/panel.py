"""`loquet panel`: the panel alone, for a reader and a door of somebody else's making."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from loquet_tools import arguments, device_folder, paths
from loquet_tools.narrate import Narrator
from loquet_tools.panel_process import PanelProcess, PanelSetup, panel_folder, report_of
from loquet_tools.running import run
from loquet_tools.wire_watch import Message, WireWatch


def panel(
    serial: Annotated[str, typer.Option(metavar="PATH", help="The reader's serial device or pty.")],
    pins: Annotated[str, typer.Option(metavar="tcp:HOST:PORT", help="Where the door listens.")],
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HEX", help="UID of a card that may pass; repeatable."),
    ] = None,
    events: Annotated[str, typer.Option(help="wakeup, spontaneous or text.")] = "wakeup",
    interpreter: Annotated[str, typer.Option(help="micropython or cpython.")] = paths.MICROPYTHON,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the panel's reports as they are.")
    ] = False,
) -> int:
    """Runs the panel's firmware in a process of its own, on a serial line and a door of yours."""
    setup = PanelSetup(
        interpreter=arguments.one_of("--interpreter", interpreter, paths.INTERPRETERS),
        serials=[arguments.serial_device(serial)],
        pins_address=arguments.pins(pins),
        settings=device_folder.settings_document(arguments.events(events)),
        cards=arguments.cards(allow or []),
        clock="host",
    )
    paths.interpreter(interpreter)
    return run(follow(setup, print_line if as_json else Reporter().tell))


async def follow(setup: PanelSetup, tell: Callable[[str], None]) -> int:
    """Runs the panel to its end: its exit status."""
    with panel_folder(setup) as folder:
        async with PanelProcess(setup.interpreter, folder) as process:
            async for line in process.lines():
                tell(line)
            status = await process.exit_status()
            print(f"loquet: the panel ended: {await process.death()}", file=sys.stderr)
    return status


def print_line(line: str) -> None:
    print(line, flush=True)


class Reporter:
    """Tells a panel's reports in words."""

    def __init__(self) -> None:
        self._narrator = Narrator()
        self._report: dict[str, Any] = {}
        self._watch = WireWatch(self._message)

    def tell(self, line: str) -> None:
        """One line as the panel printed it."""
        self._report = {"t_ms": 0, **report_of(line)}
        if self._report["event"] == "wire":
            self._watch.passes(self._report["direction"], bytes.fromhex(self._report["hex"]))
        else:
            self._narrator.tell(self._report)

    def _message(self, message: Message) -> None:
        wire = {"t_ms": self._report["t_ms"], "event": "wire"}
        self._narrator.tell({**wire, **message.as_fields()})
