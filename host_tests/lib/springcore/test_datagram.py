"""A datagram is one line from its first byte to its last, or it is none."""

from host_tests.lib.springcore.worked import (
    HELLO,
    HELLO_CHECKSUMS,
    SCCMD,
    SCRDR,
    SCRDR_CHECKSUMS,
    SCRDR_FIELDS,
    UID,
)
from host_tests.support.check import raises
from springcore import tag, text
from springcore.datagram import message_of
from springcore.errors import TextError
from springcore.stream import StreamDecoder

LINE = SCRDR[:-2]


def test_the_vendors_example_with_cr_lf_with_lf_and_with_neither():
    for end in (b"\r\n", b"\n", b""):
        message = message_of(LINE + end)
        assert (message.checksum, message.rule) == ("valid", "c")
        assert message.fields == SCRDR_FIELDS
        assert (message.line, message.length) == (LINE, len(LINE + end))
        assert not message.suspect and not message.truncated
        assert tag.from_text(message).tag_id == UID


def test_each_checksum_rule_is_told_from_the_others():
    for rule, digits in SCRDR_CHECKSUMS:
        message = message_of(LINE.replace(b"*47", b"*" + digits))
        assert (message.checksum, message.rule) == ("valid", rule)


def test_the_vendors_samples_command_has_no_cr_lf_and_no_checksum_and_is_a_line():
    message = message_of(b"$SCCMD;SEQ=0E")
    assert (message.kind, message.checksum) == (b"SCCMD", "absent")
    assert message.fields == [b"SEQ=0E"]


def test_a_wrong_checksum_is_told_as_such():
    message = message_of(LINE[:-2] + b"48")
    assert (message.checksum, message.rule) == ("invalid", None)
    assert message_of(LINE[:-2] + b"4G").checksum == "invalid"


def test_the_empty_message_is_no_tag():
    rule, digits = HELLO_CHECKSUMS[0]
    message = message_of(HELLO + digits)
    assert (message.checksum, message.rule) == ("valid", rule)
    assert tag.from_text(message) is None


def test_a_view_of_a_bigger_buffer_is_as_good_as_bytes():
    buffer = bytearray(b"x" * 500)
    buffer[: len(SCRDR)] = SCRDR
    message = message_of(memoryview(buffer)[: len(SCRDR)])
    buffer[: len(SCRDR)] = bytes(len(SCRDR))
    assert message.line == LINE and message.fields == SCRDR_FIELDS


def test_what_is_not_one_line_alone_is_refused():
    for data in (
        b"",
        b"\r\n",
        b"$",
        b"$SCRD",
        b"$XCRDR" + LINE[6:],
        b"$scrdr" + LINE[6:],
        b"$SCRDRX" + LINE[6:],
        b" " + LINE,
        b"\n" + LINE,
        b"SC" + LINE[3:],
        LINE + b"\x00",
        LINE + b"\r",
        LINE + b"\n\n",
        LINE + b"\r\n" + LINE,
        LINE + b"\r\n" + LINE + b"\r\n",
        LINE.replace(b";1;", b";\x1b;"),
        b"\x16\xc0\x00\x00\x00\x00\xc0",
        b'{"TagId": "01020304"}',
    ):
        raises(TextError, message_of, data)


def test_it_says_of_a_good_line_what_the_stream_says():
    for line in (SCRDR, SCCMD[1][0], LINE[:-2] + b"00\r\n", b"$SCRDR;1;2*\r\n", b"$SCABC\n"):
        (streamed,) = StreamDecoder(256).receive(line)[:1]
        alone = message_of(line)
        assert (alone.line, alone.checksum, alone.rule) == (
            streamed.line,
            streamed.checksum,
            streamed.rule,
        )
        assert alone.fields == streamed.fields and alone.kind == streamed.kind


def test_a_command_may_be_encoded_without_an_end():
    assert text.encode_command(sequence=0x60, end=b"") == b"$SCCMD;SEQ=60"
