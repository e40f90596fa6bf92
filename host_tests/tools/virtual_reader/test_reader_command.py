"""`loquet virtual-reader` as a process, and what it says to values it cannot use."""

import itertools
import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from loquet_tools import cli
from loquet_tools.errors import ArgumentError
from loquet_tools.virtual_reader import arguments as given

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


def kinds(process, wanted, beginning=""):
    """The value of the first line of output of that kind."""
    for line in process.stdout:
        happened = json.loads(line)
        if happened["kind"] == wanted and str(happened["value"]).startswith(beginning):
            return happened["value"]
    raise AssertionError(process.stderr.read())


def test_udp_from_card_to_command_and_a_clean_end():
    with listening() as (sock, port):
        peer = ("--udp", f"127.0.0.1:{port}", "--udp-options", "3", "--bind", "127.0.0.2")
        with running(*peer, "--card", "047DAE02C84080", "--json") as process:
            data, source = sock.recvfrom(4096)
            with listening() as (stranger, _):
                stranger.sendto(b"$SCCMD;SEQ=61", source)
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


def test_a_pty_a_folder_and_cards_in_turn(tmp_path):
    (tmp_path / "alice.json").write_text('{"uid": "04A1B2C3"}')
    (tmp_path / "bob.json").write_text('{"uid": "047DAE02C84080"}')
    arguments = ("--output", "mk1", "--cards", tmp_path, "--turns", "100", "--json")
    with running("--pty", *arguments, "--register", "02A1=0000") as process:
        path = kinds(process, "reached_by", "serial ").removeprefix("serial ")
        with open(path, "rb", buffering=0) as line:
            heard = b""
            while heard.count(b"+") < 3:
                heard += line.read(100)
        # A card that lies there is read again and again: only its changes count.
        found = [key for key, _ in itertools.groupby(heard.split(b"\r\n")[:-1])]
        start = found.index(b"+04A1B2C3")
        assert set(found[start:]) <= {b"+04A1B2C3", b"+047DAE02C84080"}


def test_serial_on_tcp():
    with running("--tcp", "0", "--json") as process:
        port = int(kinds(process, "reached_by", "serial ").rpartition(":")[2])
        kinds(process, "power", "running")
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            line.sendall(bytes.fromhex("16 01 00 00 00 00 01"))
            assert line.recv(100) == bytes.fromhex("16 81 00 00 00 00 81")


def test_direct_with_its_port_and_an_option_and_a_fault():
    with listening() as (sock, port):
        sock.close()
        arguments = ("--bind", "127.0.0.3", "--register", f"0285=00000000{port:04X}" + "00" * 8)
        options = ("--option", "boot_ms=5", "--fault", "slow=00 00 5", "--json")
        with running("--direct", *arguments, *options) as process:
            assert kinds(process, "reached_by", "direct ") == f"direct udp:{port}"
            kinds(process, "power", "running")
            with listening() as (host, _):
                host.sendto(bytes.fromhex("05 00 00 00 00"), ("127.0.0.3", port))
                assert host.recv(100) == bytes.fromhex("85 00 00 00 00")


def test_an_empty_poll_may_be_met_with_silence():
    assert given.options([]).empty_poll_status == 0xFE
    assert given.options(["empty_poll_status=none"]).empty_poll_status is None
    assert given.options(["empty_poll_status=0xFD"]).empty_poll_status == 0xFD
    with pytest.raises(ArgumentError, match="allowed: a number"):
        given.options(["boot_ms=none"])


def test_scripts_control_it(tmp_path):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "alice.json").write_text('{"uid": "04A1B2C3", "data_text": "hi"}')
    path = tmp_path / "socket"
    arguments = ("--pty", "--cards", tmp_path / "cards", "--control", path, "--json")
    with running(*arguments, "--output", "scrdr", "--register", "0310=FF") as process:
        assert kinds(process, "reached_by", "control ") == f"control {path}"
        kinds(process, "power", "running")
        with socket.socket(socket.AF_UNIX) as script:
            script.connect(str(path))
            script.sendall(b'{"do": "present", "card": "alice"}\n')
            assert script.recv(100) == b'{"ok": true}\n'
        said = bytes.fromhex(kinds(process, "tx"))
        assert said.startswith(b"$SCRDR;13.56;NFC-A;1;;04A1B2C3;;hi;*")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
        assert process.stderr.read() == "" and not path.exists()


def test_a_control_path_that_is_taken_is_a_sentence(tmp_path):
    path = tmp_path / "file"
    path.write_text("precious")
    with running("--pty", "--control", path) as process:
        assert process.wait(20) == 1
        assert process.stderr.read() == f"loquet: {path}: Address already in use\n"
    assert path.read_text() == "precious"


def test_it_ends_when_nobody_reads_what_it_prints(tmp_path):
    (tmp_path / "alice.json").write_text('{"uid": "04A1B2C3"}')
    with running("--pty", "--cards", tmp_path, "--turns", "50", "--output", "mk1") as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 1
        assert process.stderr.read() == ""
        process.stdout = None


def test_what_it_does_in_words():
    with listening() as (sock, port):
        arguments = (
            "--udp",
            f"127.0.0.1:{port}",
            "--bind",
            "127.0.0.2",
            "--card",
            "047DAE02C84080",
        )
        with running(*arguments) as process:
            _, source = sock.recvfrom(4096)
            sock.sendto(b"$SCCMD;LEDS=92929292;BUZZ=0064", source)
            said = ""
            while "buzzer" not in said:
                said += process.stdout.readline()
        assert f"reached_by   text udp:{port}\n" in said
        assert f"udp_tx       to 127.0.0.1:{port} {LINE.decode().strip()}\n" in said
        assert "leds         92 92 92 92\n" in said and "buzzer       100\n" in said


def refused(capsys, *arguments):
    """The sentence on stderr of a value that nothing was opened for."""
    assert cli.status_of(["virtual-reader", *map(str, arguments)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("loquet: ") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "allowed: --pty or --tcp, --udp or --direct"),
        (("--pty", "--tcp", "1"), "--tcp is '1'; allowed: one of --pty and --tcp"),
        (("--tcp", "65536"), "--tcp is '65536'; allowed: a port from 0 (any free one) to 65535"),
        (("--tcp", "x"), "--tcp is 'x'; allowed: a port"),
        (("--pty", "--output", "json"), "--output is 'json'; allowed: one of tlv, scrdr, mk1"),
        (("--pty", "--bind", "127.0.0.2"), "--bind is '127.0.0.2'; allowed: with --udp or"),
        (("--udp", "h", "--udp-options", "4"), "--udp-options is '4'; allowed: 0 everybody, 1 the"),
        (("--pty", "--udp-options", "3"), "--udp-options is '3'; allowed: with --udp"),
        (("--pty", "--turns", "5"), "--turns is '5'; allowed: with cards in the folder"),
        (("--pty", "--turns", "0"), "--turns is '0'; allowed: milliseconds from 1 to 60000"),
        (("--pty", "--control", "0.0.0.0:5"), "allowed: PATH of a socket to make, or HOST:PORT"),
        (("--pty", "--control", "127.0.0.1:"), "--control is '127.0.0.1:'; allowed: PATH"),
        (("--pty", "--control", ""), "--control is ''; allowed: PATH"),
        (("--pty", "--register", "0310"), "--register is '0310'; allowed: ADDRESS=VALUE in hex"),
        (("--pty", "--register", "0500=00"), "ADDRESS from 0100 to 04FF"),
        (("--pty", "--register", "0310=F"), "--register is '0310=F'; allowed"),
        (("--pty", "--option", "boot=1"), "--option is 'boot=1'; allowed: NAME=VALUE with NAME of"),
        (("--pty", "--option", "boot_ms=x"), "--option is 'boot_ms=x'; allowed: a number"),
        (("--pty", "--option", "scrdr_names=1"), "allowed: true or false"),
        (("--pty", "--option", "user_key=0"), "allowed: hex digits"),
        (("--pty", "--option", "user_key=00"), "option user_key is b'\\x00', allowed: 16 bytes"),
        (("--pty", "--option", "bad_lrc=x"), "bad_lrc is 'x', allowed: silent, protocol_error"),
        (("--pty", "--fault", "smoke=1"), "--fault: no fault 'smoke', there are: drop"),
        (("--pty", "--fault", "drop=x"), "--fault: fault drop is 'x', allowed: off, N"),
        (("--udp", "a b"), "--udp is 'a b'; allowed: HOST or HOST:PORT"),
        (("--udp", "10.0.0.1:0"), "--udp is '10.0.0.1:0'; allowed"),
        (("--udp", "10.0.0.1:65536"), "a port from 1 to 65535 (if it is not said: 4000)"),
        (("--udp", "h:"), "--udp is 'h:'; allowed"),
        (("--udp", "h", "--bind", "localhost"), "--bind is 'localhost'; allowed: an IPv4 address"),
        (("--udp", "h", "--bind", "1.2.3.256"), "--bind is '1.2.3.256'; allowed"),
        (("--udp", "h", "--card", "04A"), "--card is '04A'; allowed: the hex digits of 1 to 32"),
        (("--udp", "h", "--card", ""), "--card is ''; allowed"),
        (("--udp", "h", "--card", "00" * 33), "allowed: the hex digits of 1 to 32 bytes"),
    ],
)
def test_values_that_cannot_be_used(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_a_name_that_no_file_has(capsys, tmp_path):
    (tmp_path / "alice.json").write_text('{"uid": "04A1B2C3"}')
    said = refused(capsys, "--pty", "--cards", tmp_path, "--card", "bob")
    assert "--card is 'bob'; allowed: the hex digits" in said
    assert "or a name of the folder: alice" in said


def test_a_card_file_that_cannot_be_used(capsys, tmp_path):
    (tmp_path / "alice.json").write_text('{"uid": "04A"}')
    said = refused(capsys, "--pty", "--cards", tmp_path)
    assert f'--cards: {tmp_path}/alice.json: uid is "04A"; allowed: the hex digits' in said
