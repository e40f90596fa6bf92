"""`loquet virtual-reader`: the virtual reader for a host program of yours."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from loquet_tools.errors import ToolError
from loquet_tools.running import run
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader import arguments as given
from loquet_tools.virtual_reader.tell import Teller
from loquet_tools.virtual_reader.transports import Driver, Host
from loquet_tools.virtual_reader.udp import UdpSockets


def virtual_reader(
    udp: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Sends $SCRDR there; its own port is PORT.")
    ],
    bind: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The reader's own address; else every.")
    ] = None,
    udp_options: Annotated[
        int, typer.Option(min=0, max=3, help="Register 0295: 1 = obey only HOST, 2 = only PORT.")
    ] = 0,
    card: Annotated[
        list[str] | None, typer.Option(metavar="HEX", help="UID of a card that lies on it.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the reader does as lines of JSON.")
    ] = False,
) -> int:
    """Runs a reader made of software, for developing without hardware. Ctrl-C ends it."""
    registers = Registers.on_udp(*given.udp_peer(udp), udp_options=udp_options)
    cards = [Card(given.uid("--card", text)) for text in card or []]
    sockets = UdpSockets(given.bind_address(bind))
    line = FaultyLine(VirtualReader(Options(), registers))
    return run(_serve(line, sockets, cards, Teller(as_json)))


async def _serve(line: FaultyLine, sockets: UdpSockets, cards: list[Card], teller: Teller) -> int:
    try:
        async with Driver(line, host=Host(on_output=teller.tell), sockets=sockets) as driver:
            for service, port in sockets.ports.items():
                print(f"loquet: {service} over UDP on port {port}", file=sys.stderr, flush=True)
            driver.power_on()
            for card in cards:
                driver.present(card)
            await asyncio.Event().wait()
    except OSError as error:
        raise ToolError(f"{error}; another address may be given with --bind") from None
    return 0
