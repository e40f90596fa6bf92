"""The card list of a folder onto a board, in place of the one that is there, by the panel's code.

Generations only rise: a board keeps a list that is newer than the folder's, and two lists of one
number are not confused. Single changes that were made on the board since its list came belong to
that list: they go when another one takes its place, and only if that is said. How often limited
cards were used stays counted, and the list before stays for a way back.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loquet.card_list import RECORD_BYTES, digest_of
from loquet.card_store import CardStore
from loquet.errors import StorageError
from loquet_tools.deploy.board import Board
from loquet_tools.deploy.file_set import Tell
from loquet_tools.errors import ArgumentError, ToolError

# So much of a list is sent at a time.
RECORDS_AT_ONCE = 26
PROFILE_BYTES_AT_ONCE = 490


@dataclass(frozen=True)
class CardFile:
    """A list as `loquet cards build` made it."""

    folder: Path
    generation: int
    digest: str
    profiles: bytes
    records: bytes

    @property
    def count(self) -> int:
        return len(self.records) // RECORD_BYTES

    @property
    def facts(self) -> dict[str, Any]:
        return {"generation": self.generation, "count": self.count, "digest": self.digest}


def read(folder: Path) -> CardFile:
    """The list of a card folder, which stays as it is. ArgumentError if it cannot be deployed."""
    if not folder.is_dir():
        raise ArgumentError(
            f"--cards is {str(folder)!r}; allowed: a folder of `loquet cards build`"
        )
    with TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        with closing(CardStore(copy, 1024, 1024)) as store:
            try:
                store.open()
            except StorageError as error:
                raise ArgumentError(f"--cards: {str(error).replace(copy, str(folder))}") from None
            found = _listed(folder, store)
    return found


def _listed(folder: Path, store: CardStore) -> CardFile:
    current, listed = store.manifest.current, store.usable_list()
    profiles, records = bytes(listed.profiles.table), b"".join(listed.records(b""))
    if store.changes.log.rows or digest_of(profiles, records) != current.digest:
        # Damaged, or a copy of a board's own folder.
        raise ArgumentError(
            f"--cards is {str(folder)!r}, which is not as `loquet cards build` made it; "
            "build it again (`loquet cards check` tells whether it is damaged)"
        )
    return CardFile(folder, current.generation, current.digest.hex(), profiles, records)


def is_wanted(cards: CardFile, there: dict[str, Any] | None, discard_changes: bool) -> bool:
    """Whether the list has to be transferred. `there`: what `cards_there` says of the board's.

    ArgumentError if it must not take the place of what is there.
    """
    if there is None or cards.generation > there["generation"]:
        if there is not None and there["changes"] and not discard_changes:
            raise ArgumentError(
                f"--cards would undo {there['changes']} changes that were made on the board to its "
                f"list, generation {there['generation']}; allowed with --discard-changes"
            )
        return True
    if cards.generation < there["generation"]:
        raise ArgumentError(
            f"--cards is generation {cards.generation}, and the board has {there['generation']}; "
            "allowed: a newer one than the board's (each `loquet cards build` into that folder "
            "adds one)"
        )
    if cards.digest != there["digest"]:
        raise ArgumentError(
            f"--cards is generation {cards.generation}, and so is another list on the board; "
            "allowed: a newer one (`loquet cards build` into that folder once more)"
        )
    return there["problem"] is not None


def transfer(board: Board, cards: CardFile, there: dict[str, Any] | None, tell: Tell) -> None:
    """Puts the list in use on the board. Goes on where an earlier transfer was cut off."""
    if there is None:
        board.run("Cards(CARDS).create()\ncards_there()")
    for at in range(0, len(cards.profiles), PROFILE_BYTES_AT_ONCE):
        board.run(f"profiles.extend({cards.profiles[at : at + PROFILE_BYTES_AT_ONCE]!r})")
    digest = bytes.fromhex(cards.digest)
    staged = board.value(f"begin_cards({cards.generation}, {cards.count}, {digest!r})")
    for first in range(staged, cards.count, RECORDS_AT_ONCE):
        begin, end = first * RECORD_BYTES, (first + RECORDS_AT_ONCE) * RECORD_BYTES
        board.run(f"stay()\ncards.stage({cards.records[begin:end]!r})")
        done = min(first + RECORDS_AT_ONCE, cards.count)
        tell({"step": "writing", "name": "cards", "done": done, "of": cards.count})
    # The board reads the list back from its flash and compares the digest before it counts.
    board.run("cards.commit()")
    while board.value("(stay(), work())[1]"):
        pass
    _check(board, cards)


def _check(board: Board, cards: CardFile) -> None:
    there = board.value("(cards.close(), cards_there())[1]")
    if (there["generation"], there["digest"], there["problem"]) != (
        cards.generation,
        cards.digest,
        None,
    ):
        raise ToolError(f"the board does not have the list that was sent to it, but {there}")
