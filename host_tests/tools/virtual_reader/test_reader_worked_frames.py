"""Every worked frame of protocol.md 1.8 that concerns the device, byte for byte."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig
from loquet_tools.virtual_reader import Card, Registers, events
from loquet_tools.virtual_reader.framing import frame
from loquet_tools.virtual_reader.registers import OUTPUT_TLV
from loquet_tools.virtual_reader.tables import EVENT

UID = bytes.fromhex("047DAE02C84080")

EXCHANGES = [
    ("PING", "16 00 00 00 00 00 00", "16 80 00 00 00 00 80"),
    (
        "GET_DATA product name",
        "16 01 58 00 01 20 02 7A",
        "16 81 58 00 0A 00 53 70 72 69 6E 67 50 61 72 6B CA",
    ),
    ("PLAY_SEQUENCE granted", "16 03 58 00 01 90 60 AA", "16 83 58 00 00 00 DB"),
    ("SET_SERIAL_PARAMETERS", "16 0F 00 00 04 11 00 01 C2 00 D9", "16 8F 00 00 00 00 8F"),
    ("unknown instruction", "16 03 58 00 00 77 2C", "16 83 58 00 00 F5 2E"),
    ("CANCEL", "16 04 00 00 00 FC F8", "16 84 00 00 00 FC 78"),
    ("ECHO HELLO", "16 05 5E 00 04 48 45 4C 4C 4F 1D", "16 85 5E 00 04 48 45 4C 4C 4F 9D"),
]


@pytest.mark.parametrize(("name", "command", "answer"), EXCHANGES)
def test_worked_exchange(name, command, answer):
    assert Rig().ask(command) == [answer]


def test_ping_event_is_answered_and_raises_an_event():
    rig = Rig(event_mode="spontaneous")
    rig.enable_events()
    assert rig.ask("16 02 00 00 00 01 03") == ["16 82 00 00 00 00 82", "16 C0 00 00 00 00 C0"]


def test_ping_event_in_wakeup_mode_waits_for_the_poll():
    rig = Rig()
    rig.enable_events()
    assert rig.ask("16 02 00 00 00 01 03") == ["16 82 00 00 00 00 82"]
    assert rig.of("wakeup") == [True]
    assert rig.ask("16 00 00 00 00 FE FE") == ["16 C0 00 00 00 00 C0"]
    assert rig.of("wakeup") == [False]


def test_register_is_written_and_read_back():
    rig = Rig()
    assert rig.ask("16 08 58 00 03 82 02 C0 04 17") == ["16 88 58 00 00 00 D0"]
    assert rig.ask("16 0A 58 00 02 81 02 C0 13") == ["16 8A 58 00 01 00 04 D7"]
    assert rig.ask("16 0B 58 00 02 82 02 C0 11") == ["16 8B 58 00 00 00 D3"]
    assert rig.ask("16 0A 58 00 02 81 02 C0 13") == ["16 8A 58 00 00 00 D2"]


def test_leds_and_buzzer():
    rig = Rig()
    rig.ask("16 06 58 00 04 92 92 92 92 92 C8")
    assert rig.of("leds") == [(0x92, 0x92, 0x92, 0x92)]
    rig.ask("16 07 58 00 02 93 00 64 AA")
    assert rig.of("buzzer") == [100]


def test_time_extension_request_for_sequence_3():
    rig = Rig(slow_ms={(0x58, 0x90): 2000})
    assert rig.ask("16 03 58 00 01 90 60 AA", wait_ms=1000) == ["16 83 00 00 00 F0 73"]


def test_events_of_reader_stop_and_start():
    rig = Rig(event_mode="spontaneous")
    rig.enable_events()
    assert rig.ask("16 0E 58 00 00 A0 F6") == ["16 8E 58 00 00 00 D6", "16 C0 5B 00 00 8B 10"]
    assert rig.ask("16 0D 58 00 00 A1 F4") == [
        "16 8D 58 00 00 00 D5",
        "16 C1 5B 00 06 8B 85 04 03 01 02 04 92",
    ]


def nth_event(number, registers, happen):
    """The frame of an event that is the `number`-th since power-up, counted from 0."""
    rig = Rig(registers=registers, event_mode="spontaneous")
    rig.enable_events()
    for _ in range(number):
        rig.ask("16 02 00 00 00 01 03")
    rig.outputs.clear()
    happen(rig)
    return rig.sent()[-1]


def test_tag_read_by_fast_inventory():
    event = nth_event(0, None, lambda rig: rig.present(Card(UID)))
    assert event == "16 C0 5B 00 0F B0 C1 04 80 03 01 00 C2 07 04 7D AE 02 C8 40 80 7B"


def with_template(flags):
    smart = bytes((flags, OUTPUT_TLV, 0, 2, 0))
    return Registers({0x02A0: smart, 0x0310: b"\xff", 0x0311: b"\x02\x00"})


def test_tag_read_by_template_1_with_data():
    event = nth_event(1, with_template(0x01), lambda rig: rig.present(Card(UID)))
    assert event == (
        "16 C1 5B 00 19 B0 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40 80 "
        "C3 08 00 04 7D AE 02 C8 40 80 7B"
    )


def test_tag_inserted_with_index_1():
    # The worked frame has no TagData, which a template of this reader always gives.
    payload = events.tag_inserted(events.Reading(Card(UID), template=1), 1)
    assert frame(EVENT, 2, 0x5B, payload).hex(" ").upper() == (
        "16 C2 5B 00 12 B1 C0 01 01 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40 80 A4"
    )


def test_tag_inserted_through_a_template_has_its_data_too():
    event = nth_event(2, with_template(0x11), lambda rig: rig.present(Card(UID)))
    assert event.startswith("16 C2 5B 00 1C B1 C0 01 01 C1 04 80 03 01 01 C2 07 04 7D AE 02 C8 40")


def test_tag_removed_with_index_1():
    def visit(rig):
        rig.present(Card(UID))
        rig.remove()

    event = nth_event(2, with_template(0x11), visit)
    assert event == "16 C3 5B 00 03 B1 C0 01 01 EA"


def test_payload_of_the_captured_tag_read():
    card = Card(bytes.fromhex("02C40044F99DB6"), data=b"st.com/nfc-rfid", data_is_text=True)
    event = nth_event(12, None, lambda rig: rig.present(card))
    # The capture has New = 0 on a first reading; this reader sets it, so flags and LRC differ.
    assert event == (
        "16 CC 5B 00 20 B0 C1 04 A0 03 01 00 C2 07 02 C4 00 44 F9 9D B6 "
        "C3 0F 73 74 2E 63 6F 6D 2F 6E 66 63 2D 72 66 69 64 01"
    )


def test_events_of_the_table_with_sequence_4_and_5():
    def restart(rig):
        rig.ask("16 0D 58 00 00 A1 F4")

    def stop(rig):
        rig.ask("16 0E 58 00 00 A0 F6")

    assert nth_event(4, None, restart) == "16 C4 5B 00 06 8B 85 04 03 01 02 04 97"
    assert nth_event(5, None, stop) == "16 C5 5B 00 00 8B 15"
