"""The device's end of the line: what is a command, what is dropped, what is refused."""

import ast
from pathlib import Path

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools import virtual_reader
from loquet_tools.virtual_reader import Registers
from loquet_tools.virtual_reader.framing import checksum_valid, frame, parse_sccmd
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR

PING = command(0, 0x00, 0x00)
PONG = "16 80 00 00 00 00 80"


def test_command_in_single_bytes():
    rig = Rig()
    for byte in PING:
        rig.hear(bytes((byte,)))
        rig.run(us=260)
    rig.run(10)
    assert rig.sent() == [PONG]


@pytest.mark.parametrize(
    "noise", [b"\x00", b"\xcd\x01", b"\x16\x16", b"\x16\x90", b"hello", b"$\x01"]
)
def test_noise_before_a_command_is_passed_over(noise):
    assert Rig().ask(noise + PING) == [PONG]


@pytest.mark.parametrize("nibble", range(1, 16))
def test_other_high_nibbles_of_the_pcb_are_dropped(nibble):
    wrong = frame(nibble << 4, 0, 0x00, b"\x00")
    assert Rig().ask(wrong) == []


def test_bad_lrc_is_met_with_silence_or_by_option_with_a_status():
    broken = PING[:-1] + b"\x55"
    assert Rig().ask(broken) == []
    assert Rig(bad_lrc="protocol_error").ask(broken) == ["16 80 00 00 00 F7 77"]


def test_half_a_command_is_forgotten_after_the_inter_byte_time():
    rig = Rig()
    rig.hear(PING[:4])
    rig.run(101)
    assert rig.ask(PING) == [PONG]
    assert rig.reader.counters["forgotten"] == 1


def test_half_a_command_is_kept_within_the_inter_byte_time():
    rig = Rig()
    rig.hear(PING[:4])
    rig.run(99)
    assert rig.ask(PING[4:]) == [PONG]


def test_short_command_is_answered_by_option():
    rig = Rig(short_command="answer")
    assert rig.ask(command(7, 0x58, 0x90, b"\x60")[:-1], wait_ms=200) == ["16 87 00 00 00 F7 70"]


def test_command_longer_than_the_buffer_overflows():
    rig = Rig(command_buffer_bytes=10)
    assert rig.ask(command(1, 0x5E, 0x41, bytes(9))) != ["16 81 00 00 00 F8 79"]
    assert rig.ask(command(1, 0x5E, 0x41, bytes(10))) == ["16 81 00 00 00 F8 79"]


def test_statuses_of_what_is_not_known():
    rig = Rig()
    assert rig.ask(command(1, 0x00, 0x42)) == ["16 81 00 00 00 F5 74"]
    assert rig.ask(command(2, 0x58, 0x42)) == ["16 82 58 00 00 F5 2F"]
    assert rig.ask(command(3, 0x99, 0x00)) == ["16 83 00 00 00 FA 79"]
    assert rig.ask(command(4, 0x00, 0x00, b"\x01")) == ["16 84 00 00 00 F4 70"]
    assert rig.ask(command(5, 0x58, 0x90)) == ["16 85 58 00 00 F4 29"]


def test_statuses_of_the_older_family_by_option():
    rig = Rig(control_statuses="low", unknown_cla_answered_as="command")
    assert rig.ask(command(2, 0x58, 0x42))[0].split()[5] == "64"
    assert rig.ask(command(2, 0x58, 0x90))[0].split()[5] == "7D"
    assert rig.ask(command(2, 0x58, 0x20, b"\xee"))[0].split()[5] == "3C"
    assert rig.ask(command(3, 0x99, 0x00))[0].split()[2] == "99"


@pytest.mark.parametrize(
    "line",
    [
        "$SCCMD;SEQ=60",
        "$SCCMD;SEQ=60*37",
        "$SCCMD;SEQ=60*13",
        "$SCCMD;SEQ=60*1D",
        "$SCCMD;SEQ=60*1d",
    ],
)
def test_sccmd_with_no_checksum_or_one_by_any_rule(line):
    assert parse_sccmd(line).sequence == 0x60


@pytest.mark.parametrize(
    "line",
    [
        "$SCCMD;SEQ=60*38",
        "$SCCMD;SEQ=60*",
        "$SCCMD;SEQ=60*337",
        "$SCCMD;SEQ:60",
        "$SCCMD;SEQ=6",
        "$SCCMD;LEDS=92",
        "$SCCMD;BUZZ=xx64",
        "$SCCMX;SEQ=60",
    ],
)
def test_sccmd_that_is_not_obeyed(line):
    assert parse_sccmd(line) is None


def test_sccmd_example_with_leds_and_buzzer_on_the_line():
    rig = Rig(registers=Registers.smart_reader(OUTPUT_SCRDR))
    assert rig.ask(b"$SCCMD;LEDS=92929292;BUZZ=0064*7B\r\n") == []
    assert rig.of("leds") == [(0x92,) * 4]
    assert rig.of("buzzer") == [100]


def test_sccmd_must_be_shorter_than_256():
    longest = b"$SCCMD" + b";SEQ=60" * 31 + b";BUZZ=0064" * 3 + b"\r\n"
    too_long = b"$SCCMD" + b";SEQ=60" * 34 + b";BUZZ=0064" + b"\r\n"
    assert (len(longest), len(too_long)) == (255, 256)
    rig = Rig()
    rig.ask(longest)
    assert rig.of("sequence") == [0x60]
    rig.ask(too_long)
    assert rig.of("sequence") == []
    assert rig.ask(PING) == [PONG]


def test_sccmd_by_option_only_beside_scrdr():
    rig = Rig(sccmd_accepted="scrdr")
    rig.ask(b"$SCCMD;SEQ=60\r\n")
    assert rig.of("sequence") == []


def test_the_example_checksum_of_the_vendor():
    inner = "SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;"
    assert [checksum_valid(inner, digits) for digits in ("63", "6D", "47", "49", "48")] == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_nothing_of_the_hosts_code_is_imported():
    for path in Path(virtual_reader.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [item.name for item in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0] in ("springcore", "loquet") for name in names), path
