"""The control socket as a real socket: every request, and a sentence for whatever is none."""

import asyncio
import json
import os
import re
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest

from loquet_tools.virtual_reader import (
    Card,
    FaultyLine,
    Options,
    Registers,
    VirtualReader,
    reference,
)
from loquet_tools.virtual_reader.control import Control
from loquet_tools.virtual_reader.control_server import LONGEST_LINE, MOST_UNREAD, ControlServer
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR
from loquet_tools.virtual_reader.transports import Driver, Host

ALICE = Card(bytes.fromhex("04A1B2C3"))
UID = "04A1B2C3"


class Script:
    """A client of the control socket."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def line(self):
        return json.loads(await asyncio.wait_for(self._reader.readline(), 5))

    def write(self, line):
        self._writer.write(line)

    async def ask(self, line):
        self.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        while "ok" not in (answer := await self.line()):
            pass
        return answer

    async def do(self, what, **fields):
        answer = await self.ask({"do": what, **fields})
        assert answer.pop("ok") is True, answer
        return answer

    async def refused(self, line):
        answer = await self.ask(line)
        assert answer.pop("ok") is False
        return answer["error"]

    async def event(self, kind):
        while True:
            told = (await self.line())["event"]
            if told["kind"] == kind:
                return told["value"]


@asynccontextmanager
async def served(address, **options):
    reader = VirtualReader(Options(boot_ms=1, **options), Registers.smart_reader(OUTPUT_SCRDR))
    servers = []
    host = Host(on_output=lambda happened: [server.tell(happened) for server in servers])
    async with Driver(FaultyLine(reader), host=host) as driver:
        async with ControlServer(address, lambda: Control(driver, {"alice": ALICE})) as server:
            servers.append(server)
            driver.power_on()
            await asyncio.sleep(0.01)
            yield driver, server


@asynccontextmanager
async def script_at(path):
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield Script(reader, writer)
    finally:
        writer.close()


def talk(tmp_path, conversation, **options):
    """Runs `conversation(script, driver)` over a Unix socket."""

    async def run():
        path = tmp_path / "socket"
        async with served(path, **options) as (driver, _), script_at(path) as script:
            await conversation(script, driver)

    asyncio.run(run())


def test_cards_come_and_go(tmp_path):
    async def conversation(script, driver):
        await script.do("present", card="alice")
        await script.do("present", card={"uid": "0102", "protocol": "NFC-V"})
        assert (await script.do("state"))["cards"] == [UID, "0102"]
        await script.do("remove", card="alice")
        assert (await script.do("state"))["cards"] == ["0102"]
        await script.do("present", card="alice")
        await script.do("remove")
        assert (await script.do("state"))["cards"] == []
        assert await script.do("cards") == {"cards": {"alice": UID}}

    talk(tmp_path, conversation)


def test_a_card_leaves_by_itself(tmp_path):
    async def conversation(script, driver):
        await script.do("present", card="alice", for_ms=30)
        assert (await script.do("state"))["cards"] == [UID]
        await asyncio.sleep(0.06)
        assert (await script.do("state"))["cards"] == []

    talk(tmp_path, conversation)


def test_a_card_laid_there_again_stays(tmp_path):
    async def conversation(script, driver):
        await script.do("present", card="alice", for_ms=30)
        await script.do("present", card="alice")
        await asyncio.sleep(0.06)
        assert (await script.do("state"))["cards"] == [UID]

    talk(tmp_path, conversation)


def test_power_pins_faults_and_state(tmp_path):
    async def conversation(script, driver):
        await script.do("gpio", pin=2, level="high")
        state = await script.do("state")
        assert state["power"] == "running" and state["gpios"] == "00010000"
        assert state["bitrate"] == 38400 and state["smart_reader"] is True
        assert state["ports"] == {"direct": 3978} and state["quiet"] is False
        assert state["shown"] == {"own_sequence": 0x21}
        await script.do("power", **{"is": "off"})
        assert (await script.do("state"))["power"] == "off"
        await script.do("power", **{"is": "on"})
        await asyncio.sleep(0.02)
        await script.do("fault", name="silence", value=True)
        await script.do("watch", **{"is": "on"})
        await script.do("present", card="alice")
        assert await script.event("tx")
        await script.do("fault", name="silence", value="off")

    talk(tmp_path, conversation)


def test_a_script_watches_until_it_does_not(tmp_path):
    async def conversation(script, driver):
        await script.do("watch", **{"is": "on"})
        await script.do("present", card="alice")
        sent = bytes.fromhex(await script.event("tx"))
        assert b"$SCRDR;13.56;NFC-A;0;;04A1B2C3;" in sent
        await script.do("watch", **{"is": "off"})
        await script.do("remove")
        await script.do("present", card="alice")
        await asyncio.sleep(0.05)
        script.write(b'{"do": "cards"}\n')
        assert "ok" in await script.line()

    talk(tmp_path, conversation)


WRONG = [
    (b"x\n", "column 1: Expecting value; allowed: one JSON object a line"),
    (b"\xff\n", "not UTF-8; allowed: one JSON object a line"),
    (b"[" * 60000 + b"\n", "allowed: one JSON object a line"),
    (b"5\n", "5; allowed: one JSON object a line"),
    ({}, "do is null; allowed: one of present, remove, fault"),
    ({"do": ["present"]}, 'do is ["present"]; allowed'),
    ({"do": "dance"}, 'do is "dance"; allowed: one of present'),
    ({"do": "state", "x": 1}, "no field 'x' of state; allowed: none"),
    ({"do": "present"}, "card is missing; allowed: a name, or an object"),
    ({"do": "present", "card": "bob"}, 'card is "bob"; allowed: alice; or an object with uid'),
    ({"do": "present", "card": 5}, "5 is no card"),
    ({"do": "present", "card": {"uid": "0"}}, 'uid is "0"; allowed: the hex digits'),
    ({"do": "present", "card": "alice", "for_ms": -1}, "for_ms is -1; allowed: milliseconds from"),
    ({"do": "present", "card": "alice", "for_ms": True}, "for_ms is true; allowed"),
    ({"do": "present", "card": "alice", "for": 1}, "no field 'for' of present; allowed: card, for"),
    ({"do": "remove", "card": "bob"}, 'card is "bob"; allowed: alice'),
    ({"do": "fault"}, "name is null; allowed: one of drop"),
    ({"do": "fault", "name": "smoke", "value": 1}, "no fault 'smoke', there are: drop"),
    ({"do": "fault", "name": "drop", "value": "x"}, "fault drop is 'x', allowed: off, N"),
    ({"do": "fault", "name": "drop", "value": [1]}, "value is [1]; allowed: text, a number"),
    ({"do": "power"}, "is is null; allowed: on or off"),
    ({"do": "power", "is": "cut"}, 'is is "cut"; allowed: on or off'),
    ({"do": "gpio", "pin": 0, "level": "low"}, "pin is 0; allowed: a number from 1 to 4"),
    ({"do": "gpio", "pin": 5, "level": "low"}, "pin is 5; allowed: a number from 1 to 4"),
    ({"do": "gpio", "pin": 1, "level": 1}, "level is 1; allowed: low or high"),
    ({"do": "watch", "is": 1}, "is is 1; allowed: on or off"),
]


def test_what_is_no_request(tmp_path):
    async def conversation(script, driver):
        for number, (line, said) in enumerate(WRONG, 1):
            error = await script.refused(line)
            assert error.startswith(f"line {number}: ") and said in error, (line, error)
            assert driver.reader.smart_reader.antenna.cards == []
        assert "ok" in await script.ask({"do": "state"})

    talk(tmp_path, conversation)


def test_a_line_too_long_ends_the_conversation(tmp_path):
    async def conversation(script, driver):
        error = await script.refused(b"[" * (LONGEST_LINE + 10) + b"\n")
        assert error == f"a line too long; allowed: lines of at most {LONGEST_LINE} bytes"

    talk(tmp_path, conversation)


def test_several_scripts_at_once_and_one_that_leaves_in_the_middle(tmp_path):
    async def run():
        path = tmp_path / "socket"
        async with served(path), script_at(path) as first:
            async with script_at(path) as second:
                await second.do("watch", **{"is": "on"})
                second.write(b'{"do": "pres')
            await first.do("present", card="alice")
            async with script_at(path) as third:
                assert (await third.do("state"))["cards"] == [UID]

    asyncio.run(run())


def test_a_script_that_does_not_read_is_cut_off(tmp_path):
    async def run():
        path = tmp_path / "socket"
        async with served(path) as (_, server), script_at(path) as script:
            await script.do("watch", **{"is": "on"})
            for number in range(3 * MOST_UNREAD // 1000):
                server.tell(Output(number, "fault", "x" * 1000))
            await asyncio.sleep(0.05)
            async with script_at(path) as other:
                await other.do("state")
            assert len(server._open) <= 1

    asyncio.run(run())


def test_the_path_is_its_owners_and_goes_in_the_end(tmp_path):
    path = tmp_path / "socket"

    async def run():
        async with served(path):
            mode = os.stat(path).st_mode
            assert stat.S_ISSOCK(mode) and mode & 0o077 == 0
            with pytest.raises(OSError):
                await ControlServer(path, lambda: None).__aenter__()

    asyncio.run(run())
    assert not path.exists()


def test_a_socket_left_over_is_replaced_but_a_file_is_not(tmp_path):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def run():
        async with served(path), script_at(path) as script:
            await script.do("state")

    asyncio.run(run())
    path.write_text("precious")
    with pytest.raises(OSError):
        asyncio.run(run())
    assert path.read_text() == "precious"


# README's examples, over TCP


def example(language):
    blocks = re.findall(rf"```{language}\n(.*?)```", reference.README.read_text(), re.DOTALL)
    return next(block for block in blocks if "7000" in block)


def run_example(language, *program):
    async def run():
        async with served(("127.0.0.1", 0)) as (driver, server):
            port = server.name.rpartition(":")[2]
            code = example(language).replace("7000", port)
            process = await asyncio.create_subprocess_exec(
                *program, code, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            out, error = await asyncio.wait_for(process.communicate(), 20)
            assert process.returncode == 0, error
            return out.decode()

    return asyncio.run(run())


def test_the_shell_example():
    assert run_example("bash", "bash", "-c").splitlines() == ['{"ok": true}'] * 2


def test_the_python_example():
    said = run_example("python", sys.executable, "-c")
    assert said.splitlines() == ["{'ok': True}", "['04A1B2C3D4E580']"]
