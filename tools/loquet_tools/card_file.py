"""A card list as a spreadsheet writes it: CSV in UTF-8, one card a line, into cards.

The first line names the columns, in any order; only `id` has to be there. `id` and `notation` are
those of loquet.notation, hex where none is said; the rest is card_words.py's. `name` is for people
and goes no further. A list is taken whole or not at all: every row that cannot be used is a
problem that names line, column, value and what is allowed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loquet import notation
from loquet.card import NEVER_ENDS, Card
from loquet.errors import IdentityError
from loquet_tools.card_words import FIELDS
from loquet_tools.errors import ArgumentError

COLUMNS = ("id", "notation", "name", *(name for name, _, _ in FIELDS))
_SEPARATORS = ",;"
_LONGEST_SHOWN = 60


class CardFile:
    """`cards`, if `problems`, which are sentences without a full stop, is empty."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.problems: list[str] = []
        self._lines: dict[bytes, int] = {}

    def add(self, line: int, fields: dict[str, str]) -> None:
        """The card of one row, or its problems. `fields`: what stands in which column."""
        before = len(self.problems)
        key = self._key(line, fields["id"], fields.get("notation") or "hex")
        rights = self._rights(line, fields)
        if key and len(self.problems) == before:
            self.cards.append(Card(key, **rights))

    def refuse(self, line: int, value: str, allowed: str) -> None:
        """`value`: a column and what stands in it, or whatever else is wrong there."""
        self.problems.append(f"line {line}, {value}; allowed: {allowed}")

    def _key(self, line: int, text: str, form: str) -> bytes | None:
        try:
            key = notation.enrol(text, form)
        except IdentityError as error:
            self.refuse(line, f"id {shown(text)} in notation {shown(form)}", error.allowed)
            return None
        first = self._lines.setdefault(key, line)
        if first != line:
            self.refuse(line, f"id {shown(text)} is the card of line {first}", "each card once")
        return key

    def _rights(self, line: int, fields: dict[str, str]) -> dict[str, Any]:
        rights: dict[str, Any] = {}
        for column, parse, allowed in FIELDS:
            text = fields.get(column, "")
            parsed = parse(text) if text else {}
            if parsed is None:
                self.refuse(line, f"{column} {shown(text)}", allowed)
            rights |= parsed or {}
        begins, ends = rights.get("from_minute", 0), rights.get("until_minute", NEVER_ENDS)
        if begins >= ends:
            value = f"from {shown(fields.get('from', ''))} and until {shown(fields['until'])}"
            self.refuse(line, value, "an end after the begin")
        return rights


def read(path: Path) -> CardFile:
    """The cards in a file. Raises ArgumentError if it cannot be read, or is no such list at all."""
    text = _text(path)
    rows = _rows(text, path)
    columns = _columns(path, *next(rows, (1, [])))
    found = CardFile()
    for line, values in rows:
        _add_row(found, line, columns, values)
    return found


def shown(value: str) -> str:
    """A value in quotes, on one line, cut to a length that fits there."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 4] + '..."'


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ArgumentError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ArgumentError(
            f"{path}, line {line}: this is not UTF-8; a spreadsheet saves it as CSV UTF-8"
        ) from error


def _rows(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, values) of every row in which something stands."""
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    # Strict: a quote that is never closed would swallow all the cards behind it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for values in reader:
            if any(value.strip() for value in values):
                yield line, [value.strip() for value in values]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ArgumentError(f"{path}, line {line}: {error}; are all quotes closed?") from error


def _columns(path: Path, line: int, header: list[str]) -> list[str]:
    columns = [name.lower() for name in header]
    wrong = [name for name in columns if name not in COLUMNS or columns.count(name) > 1]
    if wrong or "id" not in columns:
        what = f"column {', '.join(map(shown, wrong))}" if wrong else "no column id"
        raise ArgumentError(
            f"{path}, line {line}: {what}; allowed: a header with id and any of "
            f"{', '.join(COLUMNS[1:])}, each once"
        )
    return columns


def _add_row(found: CardFile, line: int, columns: list[str], values: list[str]) -> None:
    if len(values) != len(columns):
        allowed = f"{len(columns)}, as in the header; a value with a separator in it has quotes"
        found.refuse(line, f"{len(values)} values", allowed)
    elif any("\n" in value or "\r" in value for value in values):
        found.refuse(line, "a value of more than one line", "one line; is a quote not closed?")
    else:
        found.add(line, dict(zip(columns, values, strict=True)))
