"""One way by which Direct commands come: its exchange, its rights, where its events go.

Serial is one link. Over UDP each host is one, so that nobody has the rights of another.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from loquet_tools.virtual_reader import access
from loquet_tools.virtual_reader.exchange import Exchange, Reply
from loquet_tools.virtual_reader.framing import Command
from loquet_tools.virtual_reader.instructions import execute
from loquet_tools.virtual_reader.session import Session

if TYPE_CHECKING:
    from loquet_tools.virtual_reader.core import VirtualReader


def _none(sequence: int) -> None:
    """Events do not wait on this link."""


def _nothing() -> None:
    """Nothing hangs on an event having left."""


class Link:
    """What an instruction knows of where it came from.

    remote                  by network: another byte of register 02F0 counts
    send(data, sent)        a frame to this host; `sent` is called when it has left
    put_event(cla, payload) an event for this host
    take_event(sequence)    the frame that answers HOST_EVENT_POLL; None = nothing waits
    event_sent()            that frame has left
    """

    def __init__(
        self,
        reader: VirtualReader,
        remote: bool,
        random: Random,
        send: Callable[[bytes, Callable[[], None]], None],
        put_event: Callable[[int, bytes], None],
        take_event: Callable[[int], bytes | None] = _none,
        event_sent: Callable[[], None] = _nothing,
    ):
        self.reader = reader
        self.remote = remote
        self.put_event = put_event
        self.take_event = take_event
        self.event_sent = event_sent
        self.session = Session(reader.keys, random)
        self.sequence = 0  # of the command in hand
        self._exchange = Exchange(
            reader.timeline, reader.options, reader.counters, random, self._run, send
        )

    def command(self, command: Command) -> None:
        """A command has arrived whole."""
        self._exchange.command(command)

    def restart(self) -> None:
        """As after power-up."""
        self._exchange.restart()
        self.session.end()

    def allows(self, wanted: str) -> bool:
        """Whether whoever is at the other end may (access.py)."""
        return access.allowed(wanted, self.rights, self.remote, self.session.who)

    @property
    def rights(self) -> int:
        """This link's byte of register 02F0."""
        return self.reader.registers.rights(self.remote)

    @property
    def authenticates(self) -> bool:
        """Whether AUTHENTICATE exists on this link."""
        where = self.reader.options.authentication
        return where == "everywhere" or (where == "network" and self.remote)

    def _run(self, command: Command) -> Reply:
        self.sequence = command.sequence
        return execute(self, command)
