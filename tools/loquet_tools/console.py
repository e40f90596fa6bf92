"""The console on which the tool tells people something."""

from rich.console import Console


class PlainConsole(Console):
    """A rich console that leaves it to the command line to end when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
