"""Each instruction with each of its statuses, and that none answers anything else."""

from random import Random

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools.virtual_reader import Registers
from loquet_tools.virtual_reader.instructions import CLASSES, INSTRUCTIONS
from loquet_tools.virtual_reader.network import DIRECT, Datagram
from loquet_tools.virtual_reader.reference import answers

HOST = ("10.0.0.9", 50000)
DIRECT_PROFILE, CCID_PROFILE, KEYBOARD = "00", "02", "03"


def ask(rig, cla, ins, data=b"", host=HOST, broadcast=False):
    """By Direct over UDP: what the answer's payload is, None if there is none."""
    rig.outputs.clear()
    sent = bytes((5, cla)) + len(data).to_bytes(2, "big") + bytes((ins,)) + data
    rig.reader.receive_datagram(Datagram(DIRECT, sent, *host, broadcast), rig.now_us)
    rig.run(10)
    told = [datagram for datagram in rig.of("udp_tx") if datagram.data[0] == 0x85]
    if not told:
        return None
    assert (told[0].address, told[0].port) == host
    assert int.from_bytes(told[0].data[2:4], "big") + 5 == len(told[0].data)
    return told[0].data[4:]


# CLA INS data, what is answered: status and data. `profile` is register 02C0.
CASES = [
    ("00 00", "", "00"),
    ("00 00", "00", "F4"),
    ("00 01", "", "00"),
    ("00 01", "00", "F4"),
    ("00 06", "", "F5"),
    ("00 07", "", "00"),
    ("00 08", "", "00"),
    ("00 09", "", "F5"),
    ("00 0A", "02 00", "F3"),
    ("00 0A", "01 02", "F3"),
    ("00 0A", "01", "F4"),
    ("00 0C", "02 00" + "11" * 16, "F3"),
    ("00 0C", "01 02" + "11" * 16, "F3"),
    ("00 0C", "01 00" + "11" * 15, "F4"),
    ("00 0C", "01 00" + "11" * 16, "FD"),
    ("00 11", "00 00 96 00", "00"),
    ("00 11", "00 00 25 80", "F3"),
    ("00 11", "", "F4"),
    ("00 F0", "", "F7"),
    ("00 FC", "", "FC"),
    ("00 FE", "", "FE"),
    ("00 FE", "00", "F4"),
    ("00 FF", "", "F7"),
    ("58 12", "", "F5"),
    ("58 13", "", "F5"),
    ("58 14", "", "00 00"),
    ("58 14", "00", "F4"),
    ("58 15", "", "00 00 00 00 00"),
    ("58 15", "00", "F4"),
    ("58 16", "80 81 8F 0F", "00"),
    ("58 16", "", "00"),
    ("58 16", "00 00 00 00 00", "F4"),
    ("58 17", "", "00 01 01"),
    ("58 17", "00", "F4"),
    ("58 20", "02", "00" + b"SpringPark".hex()),
    ("58 20", "80", "00 01"),
    ("58 20", "EE", "F3"),
    ("58 20", "", "F4"),
    ("58 21", "00", "00" + b"Contactless".hex(), CCID_PROFILE),
    ("58 21", "", "00" + b"Contactless".hex(), CCID_PROFILE),
    ("58 21", "01", "F3", CCID_PROFILE),
    ("58 21", "00 00", "F4", CCID_PROFILE),
    ("58 21", "00", "F5"),
    ("58 22", "00", "00", CCID_PROFILE),
    ("58 22", "01", "F3", CCID_PROFILE),
    ("58 22", "", "F4", CCID_PROFILE),
    ("58 22", "00", "F5"),
    ("58 23", "00", "00", CCID_PROFILE),
    ("58 23", "01", "F3", CCID_PROFILE),
    ("58 23", "", "F4", CCID_PROFILE),
    ("58 23", "00", "F5"),
    ("58 24", "", "F5"),
    ("58 40", "", "F5"),
    ("58 62", "", "00"),
    ("58 62", "", "00", CCID_PROFILE),
    ("58 62", "00", "F4"),
    ("58 62", "", "F5", KEYBOARD),
    ("58 63", "11", "00"),
    ("58 63", "", "F4"),
    ("58 63", "11", "F5", KEYBOARD),
    ("58 64", "", "F5"),
    ("58 65", "", "F5"),
    ("58 70", "", "F5"),
    ("58 80", "02 00", "00"),
    ("58 80", "02 10", "F3"),
    ("58 80", "02", "F4"),
    ("58 81", "02 C0", "00 00"),
    ("58 81", "05 00", "F3"),
    ("58 81", "", "F4"),
    ("58 82", "02 02 41", "00"),
    ("58 82", "04 00 41", "F3"),
    ("58 82", "02", "F4"),
    ("58 83", "", "00"),
    ("58 83", "DE AD", "00"),
    ("58 83", "FA DA", "F3"),
    ("58 83", "DE", "F4"),
    ("58 84", "", "00"),
    ("58 84", "00", "F4"),
    ("58 85", "", "F5"),
    ("58 86", "", "F5"),
    ("58 88", "", "F5"),
    ("58 8A", "", "F5"),
    ("58 8C", "", "F5"),
    ("58 8D", "", "F5"),
    ("58 8E", "", "00"),
    ("58 8E", "53 50", "F3"),
    ("58 8E", "DE", "F4"),
    ("58 8F", "", "00"),
    ("58 8F", "00", "F4"),
    ("58 90", "60", "00"),
    ("58 90", "", "F4"),
    ("58 91", "0F", "00"),
    ("58 91", "01 02", "F4"),
    ("58 92", "92 92 92 92", "00"),
    ("58 92", "92", "F4"),
    ("58 93", "00 64", "00"),
    ("58 93", "64", "F4"),
    ("58 94", "", "F5"),
    ("58 95", "", "F5"),
    ("58 97", "64", "00"),
    ("58 97", "65", "F3"),
    ("58 97", "", "F4"),
    ("58 98", "", "F5"),
    ("58 9A", "01", "00"),
    ("58 9A", "02", "F3"),
    ("58 9A", "", "F4"),
    ("58 9B", "00", "00"),
    ("58 9B", "02", "F3"),
    ("58 9B", "", "F4"),
    ("58 9F", "", "00"),
    ("58 9F", "00", "F4"),
    ("58 A0", "", "00"),
    ("58 A0", "00", "F4"),
    ("58 A1", "", "00"),
    ("58 A1", "", "FE", CCID_PROFILE),
    ("58 A1", "00", "F4"),
    ("58 AE", "", "F5"),
    ("58 B1", "", "F5"),
    ("58 E1", "", "00" + b"C=FR,O=SpringCard,CN=virtual".hex()),
    ("58 E1", "00", "F4"),
    # The older generation's, which SpringCore has not
    ("58 0D", "", "F5"),
    ("58 1C", "", "F5"),
    ("58 1E", "", "F5"),
]

# Shown by tests of their own, below or in test_reader_access.py: they need more than one step.
ELSEWHERE = {
    (0x00, 0x07, 0xF5),
    (0x00, 0x08, 0xF5),
    (0x00, 0x0A, 0xF5),
    (0x00, 0x0A, 0xFD),
    (0x00, 0x0A, 0xFF),
    (0x00, 0x0C, 0x00),
    (0x00, 0x0C, 0xF5),
    (0x00, 0xFE, 0x00),
    (0x00, 0xFF, 0x00),
    (0x00, 0xFF, 0xF4),
    (0x00, 0xFF, 0xF6),
    (0x58, 0x90, 0xF3),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case))
def test_instruction(case):
    number, data, expected, *profile = case
    cla, ins = bytes.fromhex(number)
    rig = Rig(Registers({0x02C0: bytes.fromhex(profile[0] if profile else DIRECT_PROFILE)}))
    assert ask(rig, cla, ins, bytes.fromhex(data)) == bytes.fromhex(expected)


def test_every_status_of_the_table_is_shown():
    shown = set(ELSEWHERE)
    for number, _, expected, *_ in CASES:
        shown.add((*bytes.fromhex(number), bytes.fromhex(expected)[0]))
    wanted = {(*number, status) for number, row in INSTRUCTIONS.items() for status in answers(row)}
    assert wanted - shown == set()


def test_no_instruction_answers_what_its_row_does_not_say():
    random = Random(6)
    for (cla, ins), row in INSTRUCTIONS.items():
        rig = Rig(Registers({0x02C0: b"\x00"}))
        allowed = {*answers(row), rig.reader.options.refusal_status}
        for _ in range(60):
            answer = ask(rig, cla, ins, random.randbytes(random.choice((0, 1, 2, 3, 4, 18, 32))))
            assert answer is None or answer[0] in allowed, row.name
            if answer is None:  # it has been reset: only RESET may leave without a word
                assert row.name == "RESET"
                rig.run(1000)


@pytest.mark.parametrize("cla", sorted(CLASSES))
def test_classes(cla):
    rig = Rig()
    answer = ask(rig, cla, 0x77, b"\x01\x02")
    if cla == 0x5E:
        assert answer == b"\x77\x01\x02"
    else:
        assert answer == (b"\xf5" if cla in (0x00, 0x58) else b"\xfa")
        assert ("not made" in CLASSES[cla][1] or cla == 0x5B) == (answer == b"\xfa")


def test_what_exists_over_udp_only():
    rig = Rig()
    assert rig.ask(command(1, 0x00, 0x07)) == ["16 81 00 00 00 F5 74"]
    assert rig.ask(command(1, 0x00, 0x08)) == ["16 81 00 00 00 F5 74"]


def test_low_statuses_of_control():
    rig = Rig(control_statuses="low")
    assert ask(rig, 0x58, 0x97, b"\x65") == b"\x3c"
    assert ask(rig, 0x58, 0x97) == b"\x7d"
    assert ask(rig, 0x58, 0x12) == b"\x64"
    assert ask(rig, 0x00, 0x00, b"\x00") == b"\xf4"


# What they do


def test_gpios_are_driven_from_both_sides():
    rig = Rig(gpio_pins=5)
    rig.reader.pins.drive(0, True)
    rig.reader.pins.drive(1, True)
    assert ask(rig, 0x58, 0x15) == bytes.fromhex("00 01 01 00 00 00")
    ask(rig, 0x58, 0x16, bytes.fromhex("00 80 81 8F 77"))
    assert rig.of("gpios") == [(0x01, 0x80, 0x81, 0x8F, 0x00)]
    ask(rig, 0x58, 0x16, bytes.fromhex("00 0F"))
    assert ask(rig, 0x58, 0x15) == bytes.fromhex("00 01 01 81 8F 00")
    ask(rig, 0x58, 0x8E)
    rig.run(1000)
    assert ask(rig, 0x58, 0x15) == bytes.fromhex("00 01 01 00 00 00")


def test_a_reader_without_pins():
    rig = Rig(gpio_pins=0, controls=b"")
    assert ask(rig, 0x58, 0x15) == ask(rig, 0x58, 0x16) == ask(rig, 0x58, 0x17) == b"\x00"
    assert ask(rig, 0x58, 0x16, b"\x80") == b"\xf4"


def test_light_and_what_is_shown():
    rig = Rig()
    ask(rig, 0x58, 0x97, b"\x32")
    assert rig.of("light") == [50]
    ask(rig, 0x58, 0x9A, b"\x01")
    assert rig.of("auto_dimm") == [True]
    ask(rig, 0x58, 0x9F)
    assert rig.of("sequence") == [0x0E]
    ask(rig, 0x58, 0x91, bytes((1, 2, 3)))
    shown = rig.reader.shown
    assert shown["light"] == 50 and shown["sequence"] == 0x0E and shown["rgb"] == (1, 2, 3)
    ask(rig, 0x58, 0x8E)
    rig.run(1000)
    assert "light" not in rig.reader.shown


def test_slots_and_nfc_modes_are_told():
    rig = Rig(Registers({0x02C0: b"\x02"}))
    ask(rig, 0x58, 0x22, b"\x00")
    ask_again = rig.of("slot")
    ask(rig, 0x58, 0x23, b"\x00")
    assert ask_again + rig.of("slot") == [(0, False), (0, True)]
    ask(rig, 0x58, 0x63, b"\x11")
    assert rig.of("nfc") == ["listener 11"]
    ask(rig, 0x58, 0x62)
    assert rig.of("nfc") == ["poller"]


def test_factory_configuration():
    rig = Rig(Registers({0x0202: b"A"}))
    ask(rig, 0x58, 0x84)
    ask(rig, 0x58, 0x82, b"\x02\x02B")
    ask(rig, 0x58, 0x83)
    assert rig.of("own_sequence") == [0x0C]
    assert ask(rig, 0x58, 0x81, b"\x02\x02") == b"\x00A"
    ask(rig, 0x58, 0x83, b"\xde\xad")
    assert ask(rig, 0x58, 0x81, b"\x02\x02") == b"\x00"
    ask(rig, 0x58, 0x83)
    assert ask(rig, 0x58, 0x81, b"\x02\x02") == b"\x00A"


def test_reload_puts_the_written_configuration_into_effect():
    rig = Rig(Registers.smart_reader(0))
    rig.enable_events()
    assert not rig.reader.registers.move_tracking
    ask(rig, 0x58, 0x82, bytes.fromhex("02A0 11 00 00 02 00"))
    assert not rig.reader.registers.move_tracking
    ask(rig, 0x58, 0x8F)
    assert rig.reader.registers.move_tracking
    assert rig.poll()[0].split()[5] == "8B"
    ask(rig, 0x58, 0x82, bytes.fromhex("02C0 02"))
    ask(rig, 0x58, 0x8F)
    assert not rig.reader.smart_reader.running


def test_data_from_registers():
    rig = Rig(Registers({0x0200: b"\x12\xab"}))
    assert ask(rig, 0x58, 0x20, b"\x0e") == b"\x0012AB"
    assert ask(rig, 0x58, 0x20, b"\x0f") == b"\x00"


def test_unknown_sequence_may_be_refused():
    assert ask(Rig(unknown_sequence="refuse"), 0x58, 0x90, b"\x7f") == b"\xf3"
