"""`loquet virtual-reader` as a process, and what it says to values it cannot use."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from loquet_tools import cli

LOQUET = Path(sys.executable).parent / "loquet"
LINE = b"$SCRDR;13.56;NFC-A;0;;047DAE02C84080;;;*40\r\n"


@contextmanager
def running(*arguments):
    process = subprocess.Popen(
        [LOQUET, "virtual-reader", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def listening(address="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        sock.settimeout(20)
        yield sock, sock.getsockname()[1]


def kinds(process, wanted):
    """The first line of output of that kind."""
    for line in process.stdout:
        happened = json.loads(line)
        if happened["kind"] == wanted:
            return happened["value"]
    raise AssertionError(process.stderr.read())


def test_udp_from_card_to_command_and_a_clean_end():
    with listening() as (sock, port):
        peer = f"127.0.0.1:{port}"
        arguments = ("--udp", peer, "--bind", "127.0.0.2", "--card", "047DAE02C84080", "--json")
        with running(*arguments) as process:
            data, source = sock.recvfrom(4096)
            assert (data, source) == (LINE, ("127.0.0.2", port))
            sock.sendto(b"$SCCMD;SEQ=60", source)
            assert kinds(process, "sequence") == 0x60
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 128 + signal.SIGINT
            assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_a_sentence():
    with listening() as (_, port), running("--udp", f"127.0.0.1:{port}") as process:
        assert process.wait(20) == 1
        said = process.stderr.read()
        assert said.startswith(f"loquet: UDP port {port} of 0.0.0.0: Address already in use")
        assert "--bind" in said and said.count("\n") == 1


def refused(capsys, *arguments):
    assert cli.status_of(["virtual-reader", *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("value", ["", "a b", "10.0.0.1:0", "10.0.0.1:65536", "h:", "a:b:4"])
def test_a_bad_peer(capsys, value):
    said = refused(capsys, "--udp", value)
    assert f"--udp is {value!r}; allowed: HOST or HOST:PORT" in said


@pytest.mark.parametrize("value", ["", "localhost", "1.2.3", "1.2.3.256"])
def test_a_bad_address_of_its_own(capsys, value):
    said = refused(capsys, "--udp", "h", "--bind", value)
    assert f"--bind is {value!r}; allowed: an IPv4 address of this machine" in said


@pytest.mark.parametrize("value", ["", "04A", "0g", "00" * 33])
def test_a_bad_card(capsys, value):
    said = refused(capsys, "--udp", "h", "--card", value)
    assert f"--card is {value!r}; allowed: the hex digits of 1 to 32 bytes" in said
