"""The command `loquet`. Each subcommand is a module of its own."""

from __future__ import annotations

import os
import sys

import typer
from typer.exceptions import TyperException

from loquet.errors import LoquetError
from loquet_tools import cards, explain_access, settings_check
from loquet_tools.decode import decode
from loquet_tools.demo import demo
from loquet_tools.deploy.command import deploy
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.listen import listen
from loquet_tools.panel import panel
from loquet_tools.send import send
from loquet_tools.virtual_reader.command import virtual_reader

app = typer.Typer(
    help="Loquet's tool for the desktop.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(panel)
app.command()(decode)
app.command()(listen)
app.command()(send)
app.command()(deploy)
app.command()(explain_access.explain)
app.command("virtual-reader")(virtual_reader)
app.add_typer(cards.app, name="cards")
app.add_typer(settings_check.app, name="settings")


def main() -> None:
    """Runs the command line; what went wrong is one sentence on stderr."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """The exit status of `loquet ARGUMENTS`."""
    try:
        return app(arguments, prog_name="loquet", standalone_mode=False) or 0
    except TyperException as error:
        return complain(error.format_message(), error.exit_code)
    except ToolError as error:
        return complain(str(error), error.exit_status)
    except LoquetError as error:
        return complain(str(error), ArgumentError.exit_status)
    except BrokenPipeError:
        # Whoever read what we print has gone. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def complain(sentence: str, status: int) -> int:
    print(f"loquet: {sentence}", file=sys.stderr)
    return status
