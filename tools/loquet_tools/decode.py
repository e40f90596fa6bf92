"""`loquet decode`: explains captured bytes, message by message."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated, Any

import typer
from rich.text import Text

from loquet_tools import record_words
from loquet_tools.console import PlainConsole
from loquet_tools.errors import ArgumentError
from loquet_tools.explain import Explainer, is_faulty
from loquet_tools.hex_input import HexInput
from springcore.frame import COMMAND, EVENT, RESPONSE
from springcore.stream import StreamDecoder

CHUNK = 1 << 16
STDIN = "-"

_STYLES = {"command": "cyan", "response": "green", "event": "yellow"}
_WHO_COLUMNS = 11


def decode(
    file: Annotated[str, typer.Argument(help="The captured bytes; - is standard input.")] = STDIN,
    as_hex: Annotated[bool, typer.Option("--hex", help="The input is hex text.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a message.")
    ] = False,
) -> None:
    """Explains each frame, text message and stretch of noise in captured bytes.

    Either direction of the line, or both together. Exit status 1 if anything was noise, invalid,
    malformed or suspect.
    """
    tell = print_json if as_json else Teller().tell
    faulty = False
    for record in records(chunks(file, as_hex)):
        tell(record)
        faulty = is_faulty(record) or faulty
    raise typer.Exit(int(faulty))


def records(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """What each message in the bytes is and means, in order."""
    decoder = StreamDecoder(channels=(COMMAND, RESPONSE, EVENT))
    explainer = Explainer()
    for piece in pieces:
        for message in decoder.receive(piece):
            yield explainer.record(message)
    for message in decoder.flush():
        yield explainer.record(message)


def chunks(file: str, as_hex: bool) -> Iterator[bytes]:
    """The bytes of a file or of standard input, as they come. ArgumentError if they do not."""
    pieces = _read(file)
    return _unhexed(pieces, file) if as_hex else pieces


def _read(file: str) -> Iterator[bytes]:
    try:
        with _opened(file) as source:
            while piece := source.read1(CHUNK):
                yield piece
    except OSError as error:
        raise ArgumentError(f"{_name(file)} cannot be read: {error.strerror}") from error


def _opened(file: str) -> Any:
    return nullcontext(sys.stdin.buffer) if file == STDIN else open(file, "rb")


def _unhexed(pieces: Iterator[bytes], file: str) -> Iterator[bytes]:
    hexed = HexInput()
    try:
        for piece in pieces:
            yield hexed.feed(piece)
        yield hexed.close()
    except ArgumentError as error:
        raise ArgumentError(f"{_name(file)}, {error}") from error


def _name(file: str) -> str:
    return "standard input" if file == STDIN else file


def print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)


class Teller:
    """Prints a record as one line: in full, or cut to the width of the terminal."""

    def __init__(self) -> None:
        self._console = PlainConsole(highlight=False)

    def tell(self, record: dict[str, Any]) -> None:
        text = Text()
        text.append(f"{record['offset']:8}  ", style="dim")
        who = record_words.who(record)
        text.append(f"{who:<{_WHO_COLUMNS}} ", style=_STYLES.get(record.get("channel", ""), ""))
        text.append(printable(record_words.what(record)), style=style_of(record))
        if self._console.is_terminal:
            self._console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            print(text.plain, flush=True)


def style_of(record: dict[str, Any]) -> str:
    """How a record's words are printed."""
    return "bold red" if is_faulty(record) else "default"


def printable(words: str) -> str:
    """`words` without what could steer a terminal: a card's text may hold anything."""
    return "".join(mark if mark.isprintable() else f"\\x{ord(mark):02x}" for mark in words)
