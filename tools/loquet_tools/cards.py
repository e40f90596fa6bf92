"""`loquet cards`: the card list of a panel, made and read here by the panel's own code."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from loquet import notation
from loquet.card import Card
from loquet.card_list import RECORD_BYTES, check_profiles, digest_of, pack_list
from loquet.cards import Cards
from loquet.errors import StorageError
from loquet.manifest import Manifest
from loquet_tools import card_file, card_words
from loquet_tools.byte_order import find_reversed
from loquet_tools.errors import ArgumentError

PAGE_CARDS = 1000

app = typer.Typer(help="Card lists: made from a spreadsheet, shown, checked.")

Folder = Annotated[Path, typer.Argument(help="A card folder, as on a device.")]


@app.command()
def build(
    file: Annotated[Path, typer.Argument(help="The list, as CSV.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="The card folder.")
    ],
) -> int:
    """Writes the cards of a CSV file into a card folder, new or in use until then.

    Every row that cannot be used is named, and then nothing is written. Columns: id, notation,
    name, groups, from, until, uses, flags.
    """
    found = card_file.read(file)
    if found.problems:
        for problem in found.problems:
            print(f"{file}, {problem}", file=sys.stderr)
        raise ArgumentError(f"nothing was written: {file} has {_count(found.problems, 'problem')}")
    for suspicion in find_reversed(card.key for card in found.cards):
        print(f"loquet: warning: {suspicion}", file=sys.stderr)
    profiles, listed = pack_list(found.cards)
    check_profiles(profiles)
    with _opened(output) if _is_in_use(output) else _created(output) as cards:
        replace(cards, profiles, listed)
        print(f"{output}: {summary(cards)}")
    return 0


@app.command()
def show(
    folder: Folder,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="These cards only.")
    ] = None,
    form: Annotated[
        str, typer.Option("--notation", help="How each ID is written.")
    ] = notation.FORMS[0][0],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> int:
    """Lists the cards of a card folder; exit status 1 if an ID is not among them."""
    keys = [notation.parse(text, form) for text in ids or []]
    tell = _print_json if as_json else _print_line
    with _opened(folder) as cards:
        if keys:
            return _show_some(cards, keys, tell)
        print(json.dumps(facts(cards)) if as_json else f"{folder}: {summary(cards)}")
        for card in listing(cards):
            tell(card.key, card)
        for damage in cards.damaged:
            print(f"loquet: {damage} is damaged: its cards are missing here", file=sys.stderr)
        return int(bool(cards.damaged))


def _show_some(cards: Cards, keys: list[bytes], tell: Callable[[bytes, Card | None], None]) -> int:
    found = [cards.lookup(key) for key in keys]
    for key, card in zip(keys, found, strict=True):
        tell(key, card)
    return int(None in found)


@app.command()
def check(folder: Folder) -> int:
    """Reads every byte of a card folder; exit status 1 if anything is wrong, and what."""
    _folder(folder)
    problems = problems_of(folder)
    for problem in problems:
        print(problem)
    if not problems:
        with _opened(folder) as cards:
            print(f"{folder}: {summary(cards)}; nothing is wrong")
    return int(bool(problems))


def replace(cards: Cards, profiles: bytes, listed: bytes) -> None:
    """Puts the list that `pack_list` made in use in place of the one there is, like a device."""
    cards.abandon()
    count = len(listed) // RECORD_BYTES
    digest = digest_of(profiles, listed)
    cards.begin_replace(cards.generation + 1, count, digest, profiles)
    step = PAGE_CARDS * RECORD_BYTES
    for at in range(0, len(listed), step):
        cards.stage(listed[at : at + step])
    cards.commit()
    while cards.work():
        pass


def listing(cards: Cards) -> Iterator[Card]:
    """All cards, in order of their keys."""
    page = cards.page(b"", PAGE_CARDS)
    while page:
        yield from page
        page = cards.page(page[-1].key, PAGE_CARDS)


def find(folder: Path, key: bytes) -> Card | None:
    """The card with this key. The folder stays as it is, which opening it would not leave it."""
    _folder(folder)
    with TemporaryDirectory() as copy:
        try:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            with _opened(Path(copy)) as cards:
                found, damaged = cards.lookup(key), cards.damaged
        except (OSError, StorageError) as error:
            raise ArgumentError(str(error).replace(copy, str(folder))) from error
    for damage in damaged:
        said = f"{damage} is damaged: its cards are denied".replace(copy, str(folder))
        print(f"loquet: {said}", file=sys.stderr)
    return found


def problems_of(folder: Path) -> list[str]:
    """All that is wrong with a card folder, in sentences that name the file."""
    try:
        Manifest(str(folder)).load()
    except StorageError as error:
        return [str(error)]
    first = []
    with closing(Cards(str(folder))) as cards:
        try:
            cards.open()
        except StorageError as error:
            first = [str(error)]
        return first + [problem for problem in cards.check() if problem not in first]


def facts(cards: Cards) -> dict[str, Any]:
    """What there is to say of the list as a whole."""
    return {
        "generation": cards.generation,
        "count": cards.count,
        "digest": cards.digest.hex(),
        "changes_since": cards.revision,
        "previous_generation": cards.previous,
    }


def summary(cards: Cards) -> str:
    """The same in one line."""
    changes = f", {_number(cards.revision, 'change')} since" if cards.revision else ""
    previous = "" if cards.previous is None else f", generation {cards.previous} kept"
    return (
        f"generation {cards.generation}, {_number(cards.count, 'card')}, "
        f"digest {cards.digest.hex()}{changes}{previous}"
    )


def _is_in_use(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


@contextmanager
def _created(folder: Path) -> Iterator[Cards]:
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file; allowed: a card folder, or a name for a new one")
    if not folder.absolute().parent.is_dir():
        raise ArgumentError(f"{folder} cannot be made: there is no folder to make it in")
    try:
        Cards(str(folder)).create()
    except OSError as error:
        raise ArgumentError(f"{folder} cannot be made: {error.strerror}") from error
    with _opened(folder) as cards:
        yield cards


@contextmanager
def _opened(folder: Path) -> Iterator[Cards]:
    _folder(folder)
    # Opening deletes what the manifest does not name: without one, these are no cards.
    Manifest(str(folder)).load()
    with closing(Cards(str(folder))) as cards:
        cards.open()
        yield cards


def _folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ArgumentError(f"{folder} is not a folder; allowed: a card folder")


def _print_json(key: bytes, card: Card | None) -> None:
    identifier, form = notation.written(key)
    found: dict[str, Any] = {"id": identifier, "notation": form, "listed": card is not None}
    if card:
        found |= {
            "groups": card_words.groups_of(card),
            "from": card_words.from_of(card) or None,
            "until": card_words.until_of(card) or None,
            "uses_left": card.uses_left,
            "flags": card_words.flags_of(card),
        }
    print(json.dumps(found))


def _print_line(key: bytes, card: Card | None) -> None:
    identifier, form = notation.written(key)
    words = " ".join(_words(card)) if card else "not in the list"
    print(f"{identifier if form == 'hex' else f'{identifier} ({form})':28} {words}".rstrip())


def _words(card: Card) -> Iterator[str]:
    groups = card_words.groups_of(card)
    if groups:
        yield f"groups {' '.join(map(str, groups))}"
    for word, value in (
        ("from", card_words.from_of(card)),
        ("until", card_words.until_of(card)),
        ("uses left", "" if card.uses_left is None else str(card.uses_left)),
    ):
        if value:
            yield f"{word} {value}"
    yield from card_words.flags_of(card)


def _count(things: list[str], what: str) -> str:
    return _number(len(things), what)


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
