"""`loquet send`: the bytes that leave, and what is said of options that cannot be used."""

import socket

import pytest

from loquet_tools import cli

SHORT_S = 0.2


@pytest.fixture
def reader():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        yield sock


def sent(reader, *arguments):
    """What arrives of one call."""
    port = str(reader.getsockname()[1])
    assert cli.status_of(["send", "--addr", "127.0.0.1", "--port", port, *arguments]) == 0
    return reader.recv(1000)


@pytest.mark.parametrize(
    ("arguments", "data"),
    [
        # The vendor's sample script sends these bytes, without CR LF and without a checksum.
        ((), b"$SCCMD;SEQ=0E"),
        (("--message", "$SCCMD;SEQ=0E"), b"$SCCMD;SEQ=0E"),
        (("--message", "$SCCMD;SEQ=60\r\n"), b"$SCCMD;SEQ=60\r\n"),
        (("--message", "anything; é"), "anything; é".encode()),
        (("--message", "x" * 255), b"x" * 255),
        (("--seq", "60"), b"$SCCMD;SEQ=60"),
        (("--seq", "0e"), b"$SCCMD;SEQ=0E"),
        (("--leds", "92929292"), b"$SCCMD;LEDS=92929292"),
        (("--buzz", "100"), b"$SCCMD;BUZZ=0064"),
        (("--leds", "0102030a", "--buzz", "0"), b"$SCCMD;LEDS=0102030A;BUZZ=0000"),
    ],
)
def test_the_bytes_of_one_datagram(reader, arguments, data):
    assert sent(reader, *arguments) == data
    reader.settimeout(SHORT_S)
    with pytest.raises(TimeoutError):
        reader.recv(1000)


def test_without_an_address_it_broadcasts(monkeypatch, capsys):
    calls = []

    class Socket(socket.socket):
        def sendto(self, *arguments):
            assert self.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
            calls.append(arguments)

    monkeypatch.setattr("loquet_tools.send.socket.socket", Socket)
    assert cli.status_of(["send"]) == 0
    assert calls == [(b"$SCCMD;SEQ=0E", ("255.255.255.255", 4000))]
    assert "(sequence 0E (wink))" in capsys.readouterr().out


def test_a_broadcast_on_the_loopback_arrives():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 0))
        sock.settimeout(10)
        port = str(sock.getsockname()[1])
        assert cli.status_of(["send", "--addr", "127.255.255.255", "--port", port]) == 0
        assert sock.recv(100) == b"$SCCMD;SEQ=0E"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--seq", "6"), "--seq is '6'; allowed: 2 hex digits, as in --seq 60"),
        (("--seq", "wink"), "--seq is 'wink'"),
        (("--leds", "9292"), "--leds is '9292'; allowed: 8 hex digits"),
        (("--buzz", "65536"), "'--buzz'"),
        (("--buzz", "-1"), "'--buzz'"),
        (("--port", "0"), "'--port'"),
        (("--port", "65536"), "'--port'"),
        (("--port", "x"), "'--port'"),
        (("--seq", "60", "--buzz", "5"), "--seq is given with --leds or --buzz"),
        (("--message", "x", "--seq", "60"), "--message is given with --seq, --leds or --buzz"),
        (("--message", ""), "--message has 0 bytes; allowed: 1 to 255"),
        (("--message", "x" * 256), "--message has 256 bytes"),
        (("--addr", ""), "--addr is ''; allowed: an IPv4 address"),
        (("--addr", "999.1.1.1"), "--addr is '999.1.1.1', which is not known"),
        (("--addr", "::1"), "--addr is '::1', which is not known"),
        (("--addr", "a" * 70 + ".example"), "which is not known"),
        (("more",), "more"),
    ],
)
def test_what_cannot_be_sent_is_named_with_what_is_allowed(capsys, arguments, told):
    assert cli.status_of(["send", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and told in printed.err and printed.err.count("\n") == 1


def test_a_network_that_cannot_be_reached_is_told(monkeypatch, capsys):
    class Socket(socket.socket):
        def sendto(self, *arguments):
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("loquet_tools.send.socket.socket", Socket)
    assert cli.status_of(["send"]) == 1
    told = "loquet: nothing can be sent to 255.255.255.255:4000: network is unreachable\n"
    assert capsys.readouterr().err == told
