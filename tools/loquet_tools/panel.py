"""`loquet panel`: the panel alone, for a reader and a door of somebody else's making."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet.settings import load
from loquet_tools import arguments, boards, device_folder, paths, settings_check
from loquet_tools.errors import ArgumentError
from loquet_tools.narrate import Narrator
from loquet_tools.panel_process import PanelProcess, PanelSetup, panel_folder, report_of
from loquet_tools.running import run
from loquet_tools.wire_watch import Message, WireWatch


def panel(
    pins: Annotated[str, typer.Option(metavar="tcp:HOST:PORT", help="Where the door listens.")],
    serial: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="A reader's serial device or pty; one for each of them."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The settings document; else one reader at one door."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HEX", help="UID of a card that may pass; repeatable."),
    ] = None,
    events: Annotated[
        str | None, typer.Option(help="wakeup (unless said), spontaneous or text.")
    ] = None,
    interpreter: Annotated[str, typer.Option(help="micropython or cpython.")] = paths.MICROPYTHON,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the panel's reports as they are.")
    ] = False,
) -> int:
    """Runs the panel's firmware in a process of its own, on serial lines and a door of yours."""
    document = _document(settings, events)
    setup = PanelSetup(
        interpreter=arguments.one_of("--interpreter", interpreter, paths.INTERPRETERS),
        serials=_serials(serial or [], document),
        pins_address=arguments.pins(pins),
        settings=document,
        cards=arguments.cards(allow or []),
        clock="host",
    )
    paths.interpreter(interpreter)
    return run(follow(setup, print_line if as_json else Reporter().tell))


def _document(settings: Path | None, events: str | None) -> Any:
    if settings is None:
        return device_folder.settings_document(arguments.events(events or "wakeup"))
    if events is not None:
        raise ArgumentError(
            f"--events is {events!r} beside --settings; allowed: one of the two, for the document "
            "says it of each reader"
        )
    return settings_check.document(settings, "virtual")


def _serials(paths_given: list[str], document: Any) -> list[str]:
    """The serial lines of the readers that the document has on some, in their order."""
    readers = boards.serial_readers(load(document))
    if len(paths_given) != len(readers):
        names = ", ".join(readers) or "none: all are on the network"
        raise ArgumentError(
            f"--serial is there {len(paths_given)} times; allowed: once for each reader on a "
            f"serial line ({names})"
        )
    return [arguments.serial_device(path) for path in paths_given]


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
