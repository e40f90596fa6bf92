"""`loquet virtual-reader`: the virtual reader for a host program of yours."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.running import run
from loquet_tools.virtual_reader import Card, FaultyLine, Options, Registers, VirtualReader
from loquet_tools.virtual_reader import arguments as given
from loquet_tools.virtual_reader.control import Control
from loquet_tools.virtual_reader.control_server import ControlServer
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.tell import Teller
from loquet_tools.virtual_reader.transports import Driver, Host, PtyWire, TcpWire
from loquet_tools.virtual_reader.udp import PortTaken, UdpSockets

PAUSE_MS = 500  # between two cards that take turns


@dataclass
class Setup:
    """What the command line asked for."""

    line: FaultyLine
    wire: PtyWire | TcpWire | None
    sockets: UdpSockets | None
    cards: dict[str, Card]
    lying: list[Card]
    turns_ms: int | None
    control: Path | tuple[str, int] | None
    teller: Teller


def virtual_reader(
    pty: Annotated[bool, typer.Option("--pty", help="Serial on a pseudo terminal.")] = False,
    tcp: Annotated[
        str | None, typer.Option(metavar="PORT", help="Serial on a TCP port of this machine.")
    ] = None,
    udp: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="$SCRDR to HOST by UDP; $SCCMD and Direct too."),
    ] = None,
    udp_options: Annotated[
        str | None,
        typer.Option(metavar="0-3", help="Register 0295: 1 = obey only HOST, 2 = only PORT."),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Direct by UDP, on port 3978 (--udp has it too).")
    ] = False,
    bind: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The reader's own address; else every.")
    ] = None,
    output: Annotated[
        str, typer.Option(help="What is said of cards on Serial: tlv, scrdr or mk1.")
    ] = "tlv",
    register: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS=HEX", help="A register; repeatable.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A choice where the pages are silent; repeatable."),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A fault; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides every random choice.")] = 0,
    cards: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Cards by name: NAME.json.")
    ] = None,
    card: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|HEX", help="A card that lies on it; repeatable."),
    ] = None,
    turns: Annotated[
        str | None, typer.Option(metavar="MS", help="The folder's cards in turn, each so long.")
    ] = None,
    control: Annotated[
        str | None, typer.Option(metavar="PATH|HOST:PORT", help="A socket for scripts.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the reader does as lines of JSON.")
    ] = False,
) -> int:
    """Runs a reader made of software, for developing without hardware. Ctrl-C ends it."""
    named = given.folder_of_cards(cards)
    return run(
        serve(
            Setup(
                line=_line(
                    _registers(output, udp, udp_options, register or []),
                    given.options(option or []),
                    given.faults(fault or []),
                    seed,
                ),
                sockets=_sockets(udp, direct, bind),
                cards=named,
                lying=[given.card(text, named) for text in card or []],
                turns_ms=given.turns(turns, named),
                control=None if control is None else given.control_address(control),
                teller=Teller(as_json),
                wire=_wire(pty, tcp, udp is not None or direct),  # last: it opens the pty
            )
        )
    )


def _registers(
    output: str, udp: str | None, udp_options: str | None, values: Sequence[str]
) -> Registers:
    """What is asked for by name, then what is asked for by address."""
    if udp is not None:
        host, port = given.udp_peer(udp)
        options = given.udp_options(udp_options)
        found = Registers.on_udp(host, port, options, given.output(output))
    elif udp_options is not None:
        raise ArgumentError(f"--udp-options is {udp_options!r}; allowed: with --udp")
    else:
        found = Registers.smart_reader(given.output(output))
    found.preset(given.registers(values))
    return found


def _line(
    registers: Registers, options: Options, faults: Sequence[tuple[str, str]], seed: int
) -> FaultyLine:
    line = FaultyLine(VirtualReader(options, registers, seed), seed)
    for name, value in faults:
        line.set(name, value)
    return line


def _wire(pty: bool, tcp: str | None, network: bool) -> PtyWire | TcpWire | None:
    if pty and tcp is not None:
        raise ArgumentError(f"--tcp is {tcp!r}; allowed: one of --pty and --tcp, it is one line")
    if tcp is not None:
        return TcpWire(port=given.port("--tcp", tcp))
    if pty:
        return PtyWire()
    if not network:
        raise ArgumentError(
            "nothing says how the reader is reached; allowed: --pty or --tcp, --udp or --direct"
        )
    return None


def _sockets(udp: str | None, direct: bool, bind: str | None) -> UdpSockets | None:
    address = given.bind_address(bind)
    if udp is None and not direct:
        if bind is not None:
            raise ArgumentError(f"--bind is {bind!r}; allowed: with --udp or --direct")
        return None
    return UdpSockets(address)


async def serve(setup: Setup) -> int:
    """Until somebody ends it."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            await _run(setup, stack)
    except PortTaken as error:
        raise ToolError(f"{error}; --bind may give another address of this machine") from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ToolError(_said(error)) from None
    return 0


async def _run(setup: Setup, stack: contextlib.AsyncExitStack) -> None:
    servers: list[ControlServer] = []
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(happened: Output) -> None:
        try:
            setup.teller.tell(happened)
        except BrokenPipeError as error:
            # Most is told in callbacks of the loop, where nobody hears of an error.
            if not broken.done():
                broken.set_exception(error)
        for server in servers:
            server.tell(happened)

    driver = await stack.enter_async_context(
        Driver(setup.line, setup.wire, Host(on_output=tell), setup.sockets)
    )
    if setup.control is not None:
        server = ControlServer(setup.control, lambda: Control(driver, setup.cards))
        servers.append(await stack.enter_async_context(server))
    for where in _addresses(setup, servers):
        setup.teller.tell(Output(0, "reached_by", where))
    driver.power_on()
    for card in setup.lying:
        driver.present(card)
    running = [broken, driver.task]
    if setup.turns_ms is not None:
        turns = _present_in_turn(driver, setup.cards.values(), setup.turns_ms)
        running.append(asyncio.create_task(turns))
    # None of them ends but by an error.
    ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for one in ended:
        one.result()


def _addresses(setup: Setup, servers: Sequence[ControlServer]) -> list[str]:
    found = [f"control {server.name}" for server in servers]
    if isinstance(setup.wire, PtyWire):
        found.append(f"serial {setup.wire.path}")
    elif setup.wire is not None:
        found.append(f"serial tcp:127.0.0.1:{setup.wire.port}")
    if setup.sockets is not None:
        found += [f"{service} udp:{port}" for service, port in setup.sockets.ports.items()]
    return found


async def _present_in_turn(driver: Driver, cards: Iterable[Card], each_ms: int) -> None:
    """For ever."""
    for card in itertools.cycle(cards):
        driver.present(card, each_ms)
        await asyncio.sleep((each_ms + PAUSE_MS) / 1000)


def _said(error: OSError) -> str:
    return str(error.strerror or error) if error.filename is None else str(error)
