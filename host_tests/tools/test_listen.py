"""`loquet listen`: what a datagram is shown as; and the command itself, as a process."""

import json
import random
import signal
import socket

import pytest

from host_tests.support.datagrams import scrdr
from host_tests.support.tool import Tool
from loquet_tools import cli, listen

EXAMPLE = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"


@pytest.fixture
def port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("0.0.0.0", 0))
        return probe.getsockname()[1]


@pytest.fixture
def listening(tmp_path, port):
    tools = []

    def start(*arguments):
        tool = Tool(tmp_path, "listen", "--port", str(port), *arguments)
        tools.append(tool)
        assert tool.process.stderr.readline() == (
            f"loquet: listening on UDP port {port}; Ctrl-C ends it\n"
        )
        return tool

    yield start
    for tool in tools:
        tool.close()


def from_reader(address, port, *datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        for data in datagrams:
            sock.sendto(data, ("127.0.0.1", port))
        return sock.getsockname()[1]


# One datagram


def test_the_vendors_example_with_the_verdict_on_its_checksum():
    record = listen.record_of(EXAMPLE, ("192.168.1.50", 4000))
    assert (record["address"], record["port"]) == ("192.168.1.50", 4000)
    assert (record["checksum"], record["rule"]) == ("valid", "c")
    assert record["meaning"]["tag_id"] == "047DAE02C84080"
    assert record["time"].endswith("Z") and "offset" not in record


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (EXAMPLE[:-2], "valid"),
        (EXAMPLE.replace(b"*47", b"*48"), "invalid"),
        (EXAMPLE.replace(b"*47", b""), "absent"),
        (b"$SCCMD;SEQ=0E", "absent"),
    ],
)
def test_the_verdict_with_and_without_cr_lf(data, verdict):
    assert listen.explained(data)["checksum"] == verdict


def test_a_json_document_is_shown_as_one_for_readers_may_send_these_too():
    record = listen.explained(b'{"TagId": "047DAE02C84080"}\r\n')
    assert (record["kind"], record["document"]) == ("json", {"TagId": "047DAE02C84080"})


@pytest.mark.parametrize("data", [b"", b"x", b"[1]", b"[" * 60000, EXAMPLE * 2, b"\xff\x00"])
def test_everything_else_is_noise_with_a_reason(data):
    record = listen.explained(data)
    assert (record["kind"], record["length"]) == ("noise", len(data))
    assert record["reason"].startswith("datagram: ")


def test_no_datagram_breaks_the_table_or_the_json(capsys, say):
    seed = random.randrange(2**32)
    say(f"seed {seed}")
    source = random.Random(seed)
    teller = listen.Teller()
    for _ in range(2000):
        data = bytearray(source.choice((EXAMPLE, b"$SCCMD;SEQ=0E", scrdr(move="I"), b'{"a": 1}')))
        for _ in range(source.randrange(6)):
            data[source.randrange(len(data))] = source.randrange(256)
        teller.tell(bytes(data), ("192.168.1.50", 4000))
        json.dumps(listen.record_of(bytes(data), ("192.168.1.50", 4000)))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2001
    # A sender must not be able to steer the terminal of whoever looks.
    assert all(line.isprintable() for line in lines)


# The command


def test_many_readers_at_once_as_a_table(listening, port):
    tool = listening()
    ports = [
        from_reader(address, port, scrdr(f"04A1B2C3D4E58{number}"))
        for number, address in enumerate(("127.0.0.2", "127.0.0.3", "127.0.0.4"))
    ]
    lines = tool.lines_until("127.0.0.4")
    assert lines[0].split() == ["time", "(UTC)", "from", "message", "what", "it", "says"]
    for number, line in enumerate(lines[1:]):
        assert f" 127.0.0.{number + 2}:{ports[number]} " in line
        assert f"$SCRDR  tag read 04A1B2C3D4E58{number} 13.56 NFC-A" in line
        assert "checksum valid (rule c)" in line
    tool.signal(signal.SIGINT)
    status, _, err = tool.ended()
    each = "1 from 127.0.0.2, 1 from 127.0.0.3, 1 from 127.0.0.4"
    assert (status, err) == (0, f"loquet: datagrams heard: {each}\n")


def test_json_lines(listening, port):
    tool = listening("--json")
    sender = from_reader("127.0.0.2", port, b"\xff", EXAMPLE)
    first, second = [json.loads(line) for line in tool.lines_until("$SCRDR")]
    assert (first["kind"], first["address"], first["port"]) == ("noise", "127.0.0.2", sender)
    assert (second["checksum"], second["rule"]) == ("valid", "c")


def test_raw_is_what_came_a_line_each(listening, port):
    tool = listening("--raw")
    from_reader("127.0.0.2", port, EXAMPLE, b"$SCCMD;SEQ=0E", b'{"TagId": 1}', b"end")
    lines = tool.lines_until("end")
    assert "".join(lines).encode() == EXAMPLE[:-2] + b'\n$SCCMD;SEQ=0E\n{"TagId": 1}\nend\n'


def test_what_send_sends_listen_hears_alone_and_by_broadcast(listening, port):
    tool = listening("--raw")
    assert cli.status_of(["send", "--addr", "127.0.0.1", "--port", str(port)]) == 0
    broadcast = ["send", "--addr", "127.255.255.255", "--port", str(port), "--seq", "61"]
    assert cli.status_of(broadcast) == 0
    assert tool.lines_until("61") == ["$SCCMD;SEQ=0E\n", "$SCCMD;SEQ=61\n"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_it_heard_nothing(listening, number):
    tool = listening()
    tool.signal(number)
    status = 0 if number == signal.SIGINT else 128 + number
    assert tool.ended() == (status, "", "loquet: datagrams heard: none\n")


def test_an_occupied_port_is_named(port, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        # As the vendor's sample listener has it: two would take datagrams from each other.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("0.0.0.0", port))
        assert cli.status_of(["listen", "--port", str(port)]) == 1
    told = f"loquet: UDP port {port} cannot be listened to: address already in use\n"
    assert capsys.readouterr() == ("", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--port", "0"), "'--port'"),
        (("--port", "x"), "'--port'"),
        (("--raw", "--json"), "--raw is given with --json; allowed: one of them"),
    ],
)
def test_what_cannot_be_is_refused(capsys, arguments, told):
    assert cli.status_of(["listen", *arguments]) == 2
    assert told in capsys.readouterr().err
