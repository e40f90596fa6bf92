"""Registers and reset: what is kept, what counts and when, how the reader starts."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools.virtual_reader import Card, Registers
from loquet_tools.virtual_reader.registers import (
    OUTPUT_JSON,
    OUTPUT_MK1,
    OUTPUT_SCRDR,
    OUTPUT_TLV,
)

CARD = Card(bytes.fromhex("04A1B2C3D4E580"))
RESET = command(0xC, 0x58, 0x8E)
BANNER = b"# M519/RDR\r\n"


def write(address, value):
    return command(1, 0x58, 0x82, address.to_bytes(2, "big") + value)


def read(address, ins=0x81):
    return command(2, 0x58, ins, address.to_bytes(2, "big"))


@pytest.mark.parametrize(
    ("address", "default"),
    [
        (0x02A0, "0003000200"),
        (0x02A1, "0A1E"),
        (0x02C0, "00"),
        (0x029C, "0103"),
        (0x029F, "00"),
        (0x0284, "04"),
        (0x02F0, "00000000"),
        (0x0310, ""),
        (0x0311, "0000"),
    ],
)
def test_defaults_of_the_firmware(address, default):
    assert Registers().active(address).hex().upper() == default
    assert Registers().read(address) == b""


def test_register_that_is_not_set_reads_empty():
    assert Rig(registers=Registers()).ask(read(0x02A0)) == ["16 82 58 00 00 00 DA"]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (read(0x0200, 0x80), "00"),
        (read(0x020F, 0x80), "00"),
        (read(0x0210, 0x80), "F3"),
        (read(0x01FF, 0x80), "F3"),
        (read(0x0100), "00"),
        (read(0x04FF), "00"),
        (read(0x00FF), "F3"),
        (read(0x0500), "F3"),
        (write(0x0200, b"\x01"), "00"),
        (write(0x03FF, b"\x01"), "00"),
        (write(0x01FF, b"\x01"), "F3"),
        (write(0x0400, b"\x01"), "F3"),
        (command(3, 0x58, 0x81, b"\x02"), "F4"),
        (command(3, 0x58, 0x82, b"\x02"), "F4"),
    ],
)
def test_address_ranges(message, status):
    assert Rig().ask(message)[0].split()[5] == status


@pytest.mark.parametrize(
    ("conditions", "reading", "writing", "resetting"),
    [
        ("00000000", "00", "00", "00"),
        ("00100000", "00", "00", "00"),
        ("00140000", "FD", "00", "00"),
        ("00200000", "00", "FD", "00"),
        ("00340000", "FD", "FD", "00"),
        ("00400000", "00", "00", "FD"),
    ],
)
def test_access_conditions(conditions, reading, writing, resetting):
    rig = Rig(registers=Registers({0x02F0: bytes.fromhex(conditions)}))
    assert rig.ask(read(0x02C0))[0].split()[5] == reading
    assert rig.ask(write(0x02C0, b"\x04"))[0].split()[5] == writing
    assert rig.ask(read(0x0201, 0x80))[0].split()[5] == "00"
    assert rig.ask(RESET)[0].split()[5] == resetting


def test_written_value_takes_effect_after_reset_only():
    rig = Rig(registers=Registers.smart_reader(OUTPUT_MK1))
    rig.ask(write(0x02A0, b"\x01\x01\x00\x02\x00"))
    rig.present(CARD)
    assert rig.of("tx")[-1].startswith(b"+04A1")
    rig.remove()
    rig.ask(RESET, wait_ms=2000)
    rig.present(CARD)
    assert rig.of("tx")[-1].startswith(b"$SCRDR;")


def test_erased_register_is_the_default_again_after_reset():
    rig = Rig(registers=Registers.smart_reader(OUTPUT_SCRDR))
    rig.ask(write(0x02A0, b""))
    rig.ask(RESET, wait_ms=1000)
    assert rig.of("tx")[-1] == BANNER


def test_stored_values_survive_a_power_cut():
    rig = Rig()
    rig.ask(write(0x02C0, b"\x04"))
    rig.reader.power_off(rig.now_us)
    rig.reader.power_on(rig.now_us)
    rig.run(1000)
    assert rig.ask(read(0x02C0)) == ["16 82 58 00 01 00 04 DF"]


@pytest.mark.parametrize("data", [b"", b"\xde\xad"])
def test_reset_is_answered_then_the_reader_is_deaf_and_silent_while_it_boots(data):
    rig = Rig(registers=Registers(), boot_ms=400)
    rig.hear(command(0xC, 0x58, 0x8E, data))
    rig.run(380)
    assert rig.sent() == ["16 8C 58 00 00 00 D4"]
    rig.hear(command(1, 0x00, 0x00))
    rig.run(30)
    assert rig.of("power") == ["booting", "running"]
    assert rig.of("tx")[1:] == [BANNER]
    assert rig.ask(command(1, 0x00, 0x00)) == ["16 81 00 00 00 00 81"]


def test_reset_goes_back_to_38400():
    rig = Rig()
    rig.ask(command(1, 0x00, 0x11, (115200).to_bytes(4, "big")))
    rig.ask(RESET, wait_ms=1000)
    assert rig.reader.bitrate == 38400


def test_silent_reset_has_no_banner():
    rig = Rig(registers=Registers())
    assert len(rig.ask(command(0xC, 0x58, 0x8E, b"\xca\xfe"), wait_ms=1000)) == 1


def test_bootloader_is_left_by_a_power_cut_only():
    rig = Rig()
    rig.ask(command(0xC, 0x58, 0x8E, b"\xfa\xda"), wait_ms=60_000)
    assert rig.ask(command(1, 0x00, 0x00)) == []
    rig.reader.power_off(rig.now_us)
    rig.reader.power_on(rig.now_us)
    rig.run(1000)
    assert rig.ask(command(1, 0x00, 0x00)) == ["16 81 00 00 00 00 81"]


def test_other_resets_are_refused():
    assert Rig().ask(command(0xC, 0x58, 0x8E, b"\x53\x50"))[0].split()[5] == "F3"


@pytest.mark.parametrize(
    ("flags", "profile", "options", "runs"),
    [
        ("00", "00", {}, True),
        ("00", "00", {"host_connected": "first_command"}, False),
        ("01", "00", {"host_connected": "first_command"}, True),
        ("02", "00", {}, False),
        ("03", "00", {}, True),
        ("01", "04", {}, True),
        ("01", "02", {}, False),
    ],
)
def test_whether_the_smart_reader_runs_at_power_up(flags, profile, options, runs):
    smart = bytes.fromhex(flags) + bytes((OUTPUT_TLV, 0, 2, 0))
    registers = Registers({0x02A0: smart, 0x02C0: bytes.fromhex(profile)})
    assert Rig(registers=registers, **options).reader.smart_reader.running == runs


def test_smart_reader_starts_with_the_first_command_by_option():
    rig = Rig(registers=Registers(), host_connected="first_command")
    rig.ask(command(0, 0x00, 0x00))
    assert rig.reader.smart_reader.running


def test_reader_start_and_stop_by_the_host():
    rig = Rig(registers=Registers({0x02A0: b"\x02\x00\x00\x02\x00"}))
    rig.enable_events()
    rig.ask(command(1, 0x58, 0xA1))
    rig.present(CARD)
    assert rig.poll()[0].split()[5] == "8B"
    assert rig.poll()[0].split()[5] == "B0"
    rig.ask(command(1, 0x58, 0xA0))
    assert rig.poll()[0].split()[3:6] == ["00", "00", "8B"]
    assert not rig.reader.smart_reader.running


def test_reader_start_without_smart_reader_fails():
    rig = Rig(registers=Registers({0x02C0: b"\x02"}))
    assert rig.ask(command(1, 0x58, 0xA1))[0].split()[5] == "FE"


def test_identity():
    rig = Rig()
    assert bytes.fromhex(rig.ask(command(1, 0x58, 0x20, b"\x00"))[0])[6:-1] == (
        b"SpringCard SpringPark"
    )
    assert rig.ask(command(1, 0x58, 0x20, b"\xee"))[0].split()[5] == "F3"


def test_own_sequences_until_the_host_takes_over():
    rig = Rig()
    rig.present(CARD)
    assert rig.of("own_sequence") == [0x22, 0x23]
    rig.ask(command(1, 0x58, 0x9B, b"\x00"))
    rig.remove()
    rig.present(CARD, wait_ms=2000)
    assert rig.of("own_sequence") == []
    rig.ask(command(1, 0x58, 0x9B, b"\x01"))
    rig.run(3000)
    assert rig.of("own_sequence") == [0x25]
    assert rig.ask(command(1, 0x58, 0x9B, b"\x02"))[0].split()[5] == "F3"


def test_register_02d0_leaves_lights_and_sound_to_the_host():
    rig = Rig(registers=Registers({0x02D0: b"\x01"}), boot=False)
    rig.reader.power_on(0)
    rig.run(1000)
    rig.present(CARD)
    assert rig.of("own_sequence") == []


def test_played_sequence_unknown_numbers_and_lights():
    rig = Rig()
    rig.ask(command(1, 0x58, 0x90, b"\x7f"))
    assert rig.of("sequence") == [0x7F]
    rig.ask(command(1, 0x58, 0x91, bytes((1, 2, 3, 0x01, 0xF4))))
    assert rig.of("rgb") == [(1, 2, 3, 500)]
    rig.ask(command(1, 0x58, 0x91, b"\x0f"))
    assert rig.of("rgb") == [(0x0F,)]
    refusing = Rig(unknown_sequence="refuse")
    assert refusing.ask(command(1, 0x58, 0x90, b"\x7f"))[0].split()[5] == "F3"


@pytest.mark.parametrize("name", ["event_mode", "scrdr_checksum", "startup_bitrate", "full_queue"])
def test_wrong_option_is_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        Rig(**{name: "x"})


def test_json_output_says_nothing():
    rig = Rig(registers=Registers.smart_reader(OUTPUT_JSON))
    rig.enable_events()
    rig.present(CARD)
    assert rig.outputs[0].kind == "own_sequence"
    assert rig.of("tx") == rig.of("wakeup") == []
