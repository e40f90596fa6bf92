"""What worked frames and lines (protocol.md 1.8, 6) are called in words."""

import asyncio

import pytest

from host_tests.support.loop import run, until
from loquet_tools.wire_watch import RECEIVED, SENT, WireWatch


def watched(*passing):
    """The messages of (direction, hex or bytes) that pass, up to where the line falls quiet."""

    async def watching():
        found = []
        watch = WireWatch(found.append)
        for direction, data in passing:
            watch.passes(direction, bytes.fromhex(data) if isinstance(data, str) else data)
        await until(lambda: sum(len(message.data) for message in found) == total)
        watch.close()
        return found

    total = sum(len(bytes.fromhex(d) if isinstance(d, str) else d) for _, d in passing)
    return run(watching())


@pytest.mark.parametrize(
    "data, words",
    [
        ("16 01 00 00 00 00 01", "PING"),
        ("16 02 00 00 00 01 03", "PING_EVENT"),
        ("16 02 58 00 01 20 03 78", "GET_DATA serial number (03)"),
        ("16 03 58 00 01 90 60 AA", "PLAY_SEQUENCE access granted (60)"),
        ("16 04 58 00 01 90 61 AC", "PLAY_SEQUENCE access denied (61)"),
        ("16 07 58 00 02 93 00 64 AA", "SET_BUZZER on_ms 100"),
        (
            "16 09 58 00 07 82 02 A0 01 01 00 02 00 74",
            "WRITE_REGISTER Smart Reader features (02A0) value 0101000200",
        ),
        ("16 0F 00 00 04 11 00 01 C2 00 D9", "SET_SERIAL_PARAMETERS 115200 bit/s"),
        ("16 00 00 00 00 FE FE", "HOST_EVENT_POLL"),
        ("16 05 5E 00 04 48 45 4C 4C 4F 1D", "ECHO data 48454C4C4F"),
        (b"$SCCMD;SEQ=60\r\n", "$SCCMD;SEQ=60"),
    ],
)
def test_what_the_panel_sends(data, words):
    (message,) = watched((SENT, data))
    assert message.words == words


@pytest.mark.parametrize(
    "data, words",
    [
        (
            "16 C0 5B 00 0F B0 C1 04 80 03 01 00 C2 07 04 7D AE 02 C8 40 80 7B",
            "tag read: 047DAE02C84080 (13.56 NFC-A)",
        ),
        (
            "16 C2 5B 00 12 B1 C0 01 01 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40 80 A4",
            "tag inserted: 047DAE02C84080 (13.56 NFC-A)",
        ),
        ("16 C3 5B 00 03 B1 C0 01 01 EA", "tag removed: index 1"),
        (
            "16 C4 5B 00 06 8B 85 04 03 01 02 04 97",
            "the Smart Reader starts: 13.56 NFC-A, 13.56 NFC-B, 13.56 NFC-V",
        ),
        ("16 C5 5B 00 00 8B 15", "the Smart Reader stops"),
        ("16 C0 00 00 00 00 C0", "the event that PING_EVENT asked for"),
        (b"+04A1B2C3D4E580\r\n", "noise, 17 bytes: 2B 30 34 41 31 42 32 43 33 44"),
    ],
)
def test_what_the_reader_sends_of_its_own(data, words):
    (message,) = watched((RECEIVED, data))
    assert message.words.startswith(words)


def test_a_line_of_text():
    line = b"$SCRDR;13.56;NFC-A;0;;047DAE02C84080;;;*"
    checksum = 0
    for byte in line[1:]:
        checksum ^= byte
    good = line + b"%02X\r\n" % checksum
    (message,) = watched((RECEIVED, good))
    assert message.words == "$SCRDR: tag read: 047DAE02C84080 (13.56 NFC-A)"
    (message,) = watched((RECEIVED, line[:-1] + b"\r\n"))
    assert message.words.endswith(", its checksum is absent")


def test_an_answer_is_explained_by_the_command_of_its_sequence_number():
    _, answer = watched(
        (SENT, "16 01 58 00 01 20 02 7A"),
        (RECEIVED, "16 81 58 00 0A 00 53 70 72 69 6E 67 50 61 72 6B CA"),
    )
    assert (answer.instruction, answer.words) == ("GET_DATA", "answer: SUCCESS SpringPark")


def test_a_refusal_has_its_status_name():
    _, answer = watched((SENT, "16 03 58 00 01 90 60 AA"), (RECEIVED, "16 83 58 00 00 F5 2E"))
    assert answer.words == "answer: INS_NOT_SUPPORTED"


def test_a_message_that_breaks_off_is_told_when_the_line_falls_quiet():
    found = watched((RECEIVED, "16 80 00"))
    assert b"".join(message.data for message in found) == bytes.fromhex("16 80 00")
    assert all(message.words.startswith("noise") for message in found)


def test_each_message_carries_its_own_bytes_however_they_came():
    stream = bytes.fromhex("FF 16 80 00 00 00 00 80 16 C0 00 00 00 00 C0")
    found = watched(*((RECEIVED, stream[place : place + 1]) for place in range(len(stream))))
    assert [message.data for message in found] == [stream[:1], stream[1:8], stream[8:]]


def test_the_timer_of_a_line_that_never_falls_quiet_is_given_up():
    async def watching():
        found = []
        watch = WireWatch(found.append)
        watch.passes(RECEIVED, b"\x16\x80")
        watch.close()
        await asyncio.sleep(0.15)
        return found

    assert run(watching()) == []
