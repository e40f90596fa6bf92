"""Text lines: the vendor's examples, four checksum rules, the pin, and what $SCCMD may carry."""

from host_tests.lib.springcore.worked import (
    HELLO,
    HELLO_CHECKSUMS,
    SCCMD,
    SCCMD_CHECKSUMS,
    SCRDR,
    SCRDR_CHECKSUMS,
    SCRDR_FIELDS,
)
from host_tests.support.check import raises
from springcore import text
from springcore.errors import UsageError
from springcore.frame import lrc_of
from springcore.stream import StreamDecoder


def _line(wire, capacity=256):
    """The one text message that these bytes are."""
    found = list(StreamDecoder(capacity).receive(wire))
    assert len(found) == 1, found
    return found[0]


def _checked(body, rule="c"):
    """`$…` up to `*`, with the checksum of `rule`, CR and LF."""
    checksum = lrc_of(body[1:-1]) ^ dict(text.RULES)[rule]
    return body + b"%02X\r\n" % checksum


# Lines that come in


def test_the_vendors_example_is_valid_by_rule_c():
    line = _line(SCRDR)
    assert (line.checksum, line.rule) == ("valid", "c")
    assert line.kind == b"SCRDR"
    assert line.fields == SCRDR_FIELDS
    assert line.line == SCRDR[:-2]
    assert (line.offset, line.length) == (0, len(SCRDR))
    assert not line.truncated and not line.suspect


def test_each_checksum_rule_is_told_from_the_others():
    for rule, digits in SCRDR_CHECKSUMS:
        line = _line(SCRDR.replace(b"*47", b"*" + digits))
        assert (line.checksum, line.rule) == ("valid", rule)
        assert line.fields == SCRDR_FIELDS


def test_the_checksums_computed_for_sccmd_fit_their_rules():
    for body, by_c, by_a, by_b in SCCMD_CHECKSUMS:
        for rule, digits in (("c", by_c), ("a", by_a), ("b", by_b)):
            line = _line(body + digits + b"\r\n")
            assert (line.checksum, line.rule) == ("valid", rule), body


def test_exactly_four_checksums_of_256_are_valid():
    rules = []
    for value in range(256):
        line = _line(SCRDR.replace(b"*47", b"*%02X" % value))
        assert line.checksum == ("valid" if line.rule else "invalid")
        if line.rule:
            rules.append(line.rule)
    assert sorted(rules) == ["a", "b", "c", "d"]


def test_digits_of_a_checksum_may_be_of_either_case():
    for digits in (b"6D", b"6d"):
        assert _line(SCRDR.replace(b"*47", b"*" + digits)).rule == "b"


def test_what_are_no_hex_digits_are_no_checksum():
    for digits in (b"4G", b"4 ", b" 7", b"+7", b"0x", b"4_", b"4\xb7"):
        line = _line(SCRDR.replace(b"*47", b"*" + digits))
        assert (line.checksum, line.rule) == ("invalid", None), digits


def test_a_line_without_an_asterisk_in_its_place_has_no_checksum():
    for end in (b"", b"*", b"*4", b"*474"):
        line = _line(SCRDR.replace(b"*47", end))
        assert (line.checksum, line.rule) == ("absent", None), end


def test_only_the_last_asterisk_begins_the_checksum():
    line = _line(_checked(b"$SCRDR;13.56;NFC-A;1;;04;;a*b*c;*"))
    assert line.checksum == "valid"
    assert line.fields[6] == b"a*b*c"


def test_cr_may_be_missing_before_lf():
    line = _line(SCRDR.replace(b"\r", b""))
    assert (line.checksum, line.rule, line.length) == ("valid", "c", len(SCRDR) - 1)


def test_an_empty_hello_message_is_a_line_of_empty_fields():
    for rule, digits in HELLO_CHECKSUMS:
        line = _line(HELLO + digits + b"\r\n")
        assert (line.rule, line.fields) == (rule, [b""] * 8)
    assert _line(_checked(b"$SCRDR*", "b")).fields == []
    assert _line(b"$SCRDR\r\n").fields == []


def test_surplus_separators_belong_to_the_tags_data():
    line = _line(_checked(b"$SCRDR;13.56;NFC-A;1;;04;;a;b;;c;details*"))
    assert line.fields == [b"13.56", b"NFC-A", b"1", b"", b"04", b"", b"a;b;;c", b"details"]


def test_other_kinds_keep_their_fields_as_they_are():
    line = _line(b"$SCCMD;1;2;3;4;5;6;7;8;9\r\n")
    assert line.kind == b"SCCMD"
    assert line.fields == [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"]


def test_characters_beyond_ascii_stay_what_they_are():
    line = _line(_checked(b"$SCRDR;13.56;NFC-A;1;;04;;\xc3\xa9\xff\x7f;*"))
    assert line.checksum == "valid"
    assert line.fields[6] == b"\xc3\xa9\xff\x7f"


def test_any_one_disturbed_character_is_noticed():
    for place in range(1, len(SCRDR) - 2):
        for change in (0x01, 0x04, 0x40):
            wire = bytearray(SCRDR)
            wire[place] ^= change
            found = StreamDecoder(256).receive(wire)
            assert not [m for m in found if getattr(m, "rule", None) == "c"], wire


def test_repr_shows_the_verdict():
    assert repr(_line(SCRDR)).endswith("checksum=valid rule=c)")


# The pin


def test_two_lines_in_a_row_pin_their_rule():
    pin = text.ChecksumPin()
    assert pin.accepts("c") and pin.pinned is None
    assert pin.accepts("c") and pin.pinned == "c"
    assert not pin.accepts("a") and not pin.accepts("b") and not pin.accepts("d")
    assert pin.accepts("c")


def test_rules_that_alternate_pin_nothing():
    pin = text.ChecksumPin()
    for rule in "abcdabcd":
        assert pin.accepts(rule)
    assert pin.pinned is None


def test_a_pin_is_not_moved_by_the_rules_it_refuses():
    pin = text.ChecksumPin()
    for rule in "bb":
        assert pin.accepts(rule)
    for rule in "aaacccddd":
        assert not pin.accepts(rule)
    assert pin.pinned == "b" and pin.accepts("b")


# Lines that go out


def test_the_vendors_commands_are_written_character_by_character():
    for line, arguments in SCCMD:
        assert text.encode_command(**arguments) == line


def test_leds_and_buzzer_may_go_alone():
    assert text.encode_command(leds=(0, 1, 15, 255)) == b"$SCCMD;LEDS=00010FFF\r\n"
    assert text.encode_command(leds=bytearray(4)) == b"$SCCMD;LEDS=00000000\r\n"
    assert text.encode_command(buzzer_ms=65535) == b"$SCCMD;BUZZ=FFFF\r\n"


def test_what_is_sent_is_what_a_decoder_reads():
    for line, _ in SCCMD:
        assert _line(line).checksum == "absent"
        assert _line(line).kind == b"SCCMD"


def test_the_longest_command_is_shorter_than_256_characters():
    longest = text.encode_command(leds=b"\xff" * 4, buzzer_ms=65535)
    assert len(longest) <= text.COMMAND_MAX < 256


def test_what_a_command_cannot_carry_is_refused_by_name():
    cases = (
        ("sequence", {"sequence": 256}),
        ("sequence", {"sequence": -1}),
        ("sequence", {"sequence": 0, "leds": bytes(4)}),
        ("sequence", {"sequence": 0, "buzzer_ms": 1}),
        ("leds", {"leds": bytes(3)}),
        ("leds", {"leds": bytes(5)}),
        ("leds", {"leds": (0, 0, 0, 256)}),
        ("buzzer_ms", {"buzzer_ms": 65536}),
        ("buzzer_ms", {"buzzer_ms": -1}),
        ("one of sequence", {}),
    )
    for name, arguments in cases:
        error = raises(UsageError, text.encode_command, **arguments)
        assert str(error).startswith(name), error
