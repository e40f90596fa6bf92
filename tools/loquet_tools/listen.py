"""`loquet listen`: shows what networked readers send, from any number of them at once."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Annotated, Any

import typer
from rich.text import Text

from loquet_tools import record_words
from loquet_tools.console import PlainConsole
from loquet_tools.decode import print_json, printable, style_of
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.explain import Explainer
from loquet_tools.running import run
from springcore.datagram import message_of
from springcore.errors import TextError
from springcore.stream import NOISE_HEAD, Noise
from springcore.text import TextMessage

Record = dict[str, Any]
Sender = tuple[str, int]

EVERY_ADDRESS = "0.0.0.0"
INTERRUPTED = 128 + signal.SIGINT

# time, sender, message; what it says comes last
COLUMNS = "{:<13} {:<21} {:<7} "


def listen(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The UDP port that the readers send to.")
    ] = 4000,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a datagram.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print datagrams as they came.")] = False,
) -> int:
    """Shows the datagrams that come to a UDP port: $SCRDR, $SCCMD, JSON. Ctrl-C ends it."""
    if raw and as_json:
        raise ArgumentError("--raw is given with --json; allowed: one of them")
    ears = Ears()
    status = run(ears.listen(port, _teller(as_json, raw)))
    print(f"loquet: {ears.heard_in_all()}", file=sys.stderr)
    return 0 if status == INTERRUPTED else status


def _teller(as_json: bool, raw: bool) -> Callable[[bytes, Sender], None]:
    if raw:
        return print_raw
    if as_json:
        return lambda data, sender: print_json(record_of(data, sender))
    return Teller().tell


class Ears:
    """Hands on each datagram of a port, and counts who sent how many."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    async def listen(self, port: int, tell: Callable[[bytes, Sender], None]) -> int:
        """Listens until it is cancelled. ToolError if the port cannot be had."""
        arrived: asyncio.Queue[tuple[bytes, Sender]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Arrivals(arrived), local_addr=(EVERY_ADDRESS, port)
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ToolError(f"UDP port {port} cannot be listened to: {reason}") from None
        print(f"loquet: listening on UDP port {port}; Ctrl-C ends it", file=sys.stderr, flush=True)
        try:
            while True:
                data, sender = await arrived.get()
                self._counts[sender[0]] = self._counts.get(sender[0], 0) + 1
                tell(data, sender)
        finally:
            transport.close()

    def heard_in_all(self) -> str:
        """How many datagrams, and by each address."""
        each = ", ".join(f"{self._counts[address]} from {address}" for address in self._counts)
        return f"datagrams heard: {each or 'none'}"


class _Arrivals(asyncio.DatagramProtocol):
    def __init__(self, arrived: asyncio.Queue[tuple[bytes, Sender]]):
        self._arrived = arrived

    def datagram_received(self, data: bytes, sender: Any) -> None:
        self._arrived.put_nowait((data, sender[:2]))


def record_of(data: bytes, sender: Sender) -> Record:
    """What came from whom, and what it means. `checksum` is the verdict on a line's checksum."""
    address, port = sender
    return {"time": _now(), "address": address, "port": port, **explained(data)}


def explained(data: bytes) -> Record:
    """What a datagram means: one line, or a JSON document, or neither."""
    try:
        return _record(message_of(data))
    except TextError as error:
        noise = Noise(0, len(data), data[:NOISE_HEAD], str(error))
        return _json_record(data) or _record(noise)


def _record(message: TextMessage | Noise) -> Record:
    record = Explainer().record(message)
    del record["offset"]  # of bytes in a stream
    return record


def _json_record(data: bytes) -> Record | None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return {"kind": "json", "message": "JSON", "document": document}


def print_raw(data: bytes, sender: Sender) -> None:
    """The bytes, on a line of their own. A terminal gets nothing that could steer it."""
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if sys.stdout.isatty():
        print(printable(line.decode("utf-8", "backslashreplace")), flush=True)
    else:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


class Teller:
    """Prints a table with one row a datagram."""

    def __init__(self) -> None:
        self._console = PlainConsole(highlight=False)
        self._has_head = False

    def tell(self, data: bytes, sender: Sender) -> None:
        self._head()
        record = record_of(data, sender)
        at = f"{record['address']}:{record['port']}"
        text = Text(COLUMNS.format(record["time"][11:23], at, record_words.who(record)))
        if record["kind"] == "json":
            text.append(printable(json.dumps(record["document"])))
        else:
            text.append(printable(record_words.what(record)), style=style_of(record))
        self._print(text)

    def _head(self) -> None:
        if not self._has_head:
            head = COLUMNS.format("time (UTC)", "from", "message") + "what it says"
            self._print(Text(head, "dim"))
        self._has_head = True

    def _print(self, text: Text) -> None:
        if self._console.is_terminal:
            self._console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            print(text.plain, flush=True)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
