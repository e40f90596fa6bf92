"""`loquet deploy`: onto a board what belongs there, only what differs, checked, and started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from loquet_tools import arguments, settings_check
from loquet_tools.deploy import card_list, file_set, firmware, ports, visit, words
from loquet_tools.deploy.board import Board
from loquet_tools.deploy.card_list import CardFile
from loquet_tools.deploy.file_set import Tell
from loquet_tools.errors import ToolError

BOARDS = ("pico",)


@dataclass(frozen=True)
class Order:
    """What is to be on the board. `settings`, `cards`: None leaves what is there."""

    board: str
    settings: Any
    cards: CardFile | None
    discard_changes: bool
    flash: bool


def deploy(
    board: Annotated[str, typer.Option(help="pico.")],
    port: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Its serial port; else the one there is.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The settings document, JSON.")
    ] = None,
    cards: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A folder of `loquet cards build`.")
    ] = None,
    discard_changes: Annotated[
        bool, typer.Option(help="A new card list undoes changes made on the board.")
    ] = False,
    flash: Annotated[
        bool, typer.Option("--firmware", help="Flash the board if it has another program.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each step as a line of JSON.")
    ] = False,
) -> int:
    """Puts start files, settings and card list onto a board, and starts the panel.

    The door is at rest meanwhile. Only what differs is transferred; log and uses stay.
    """
    order = Order(
        board=arguments.one_of("--board", board, BOARDS),
        settings=None if settings is None else settings_check.document(settings, board),
        cards=None if cards is None else card_list.read(cards),
        discard_changes=discard_changes,
        flash=flash,
    )
    found = ports.find(port)
    ports.check(found)
    perform(Board(found), order, words.teller(as_json))
    return 0


def perform(board: Board, order: Order, tell: Tell) -> None:
    """Does it. Whatever goes wrong, the board is started over with what it has."""
    board.open()
    try:
        board.interrupt()
        try:
            _prepare(board, order, tell)
            _transfer(board, order, tell)
        except BaseException:
            visit.give_up(board)
            raise
        visit.end(board, tell)
    finally:
        board.close()


def _prepare(board: Board, order: Order, tell: Tell) -> None:
    """Has the right program on the board, a file system, and nothing running."""
    identity = visit.identify(board)
    digest = firmware.wanted_digest()
    problem = firmware.problem_of(identity, digest)
    if problem and order.flash:
        drive = firmware.flash(board, firmware.load(digest))
        tell({"step": "flashed", "drive": str(drive)})
        board.interrupt()
        identity = visit.identify(board)
        problem = firmware.problem_of(identity, digest)
    if problem:
        raise ToolError(firmware.advice(board.port, problem))
    tell(
        {
            "step": "board",
            "port": board.port,
            "machine": identity.machine,
            "version": identity.version,
            "digest": identity.digest,
        }
    )
    if not identity.has_files:
        visit.make_file_system(board, tell)
    visit.begin(board)
    tell({"step": "maintenance"})


def _transfer(board: Board, order: Order, tell: Tell) -> None:
    """All that may be refused is, before anything is changed."""
    file_set.check_root(board)
    wanted = file_set.start_files(order.board)
    wanted |= file_set.settings_files(file_set.stored_settings(board), order.settings)
    there = board.value("cards_there()") if order.cards else None
    replaced = order.cards is not None and card_list.is_wanted(
        order.cards, there, order.discard_changes
    )
    if order.cards is not None:
        if replaced:
            card_list.transfer(board, order.cards, there, tell)
        state = "the same" if not replaced else "new" if there is None else "changed"
        changes = 0 if replaced or there is None else there["changes"]
        tell({"step": "cards", **order.cards.facts, "changes": changes, "state": state})
    file_set.transfer(board, wanted, tell)
