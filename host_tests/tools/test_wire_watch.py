"""Both directions of a line, told message by message."""

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
        await until(lambda: sum(len(message.data) for message in found) >= total)
        watch.close()
        return found

    total = sum(len(bytes.fromhex(d) if isinstance(d, str) else d) for _, d in passing)
    return run(watching())


@pytest.mark.parametrize(
    "direction, data, words",
    [
        (SENT, "16 00 00 00 00 FE FE", "HOST_EVENT_POLL"),
        (SENT, "16 03 58 00 01 90 60 AA", "PLAY_SEQUENCE number 60 (access granted)"),
        (SENT, b"$SCCMD;SEQ=60\r\n", "$SCCMD: sequence 60 (access granted)"),
        (
            RECEIVED,
            "16 C0 5B 00 0F B0 C1 04 80 03 01 00 C2 07 04 7D AE 02 C8 40 80 7B",
            "tag read 047DAE02C84080 13.56 NFC-A",
        ),
        (RECEIVED, b"+04A1B2C3D4E580\r\n", "noise: 17 bytes; MK1 card line"),
        (
            RECEIVED,
            b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n",
            "$SCRDR: tag read 047DAE02C84080 13.56 NFC-A data 00047DAE02C84080; checksum valid",
        ),
    ],
)
def test_a_message_is_told_in_words(direction, data, words):
    (message,) = watched((direction, data))
    assert message.words.startswith(words)


def test_a_line_inside_a_broken_line_comes_with_its_bytes():
    inner = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"
    found = watched((RECEIVED, b"$SCRDR;13.56;*00" + inner))
    assert found[-1].data == inner
    assert "SUSPECT" in found[-1].words


def test_an_answer_is_explained_by_the_command_of_its_sequence_number():
    _, answer = watched(
        (SENT, "16 01 58 00 01 20 02 7A"),
        (RECEIVED, "16 81 58 00 0A 00 53 70 72 69 6E 67 50 61 72 6B CA"),
    )
    assert (answer.instruction, answer.words) == ("GET_DATA", "GET_DATA: SUCCESS text 'SpringPark'")


def test_a_refusal_has_its_status_name():
    _, answer = watched((SENT, "16 03 58 00 01 90 60 AA"), (RECEIVED, "16 83 58 00 00 F5 2E"))
    assert answer.words == "PLAY_SEQUENCE: INS_NOT_SUPPORTED"


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
