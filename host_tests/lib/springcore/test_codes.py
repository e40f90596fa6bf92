"""The tables a device carries, and the look-ups in them."""

from springcore import codes

TABLES = (
    codes.CLASSES,
    codes.PROTOCOL_STATUSES,
    codes.RESETS,
    codes.EVENTS,
    codes.TLVS,
    codes.TAG_FLAGS,
    codes.INTERFACES,
    codes.PROTOCOLS,
) + tuple(table for _, table in codes.PROTOCOLS)


def test_each_number_stands_once_in_its_table():
    for table in TABLES:
        assert len({row[0] for row in table}) == len(table), table


def test_each_name_stands_once_in_its_table_whatever_its_case():
    for table in TABLES:
        if table is not codes.PROTOCOLS:
            assert len({row[1].lower() for row in table}) == len(table), table


def test_tables_are_walked_both_ways():
    for table in TABLES:
        if table is not codes.PROTOCOLS:
            for row in table:
                assert codes.name_of(table, row[0]) == row[1]
                assert codes.number_of(table, row[1]) == row[0]
                assert codes.number_of(table, row[1].upper()) == row[0]


def test_what_a_table_does_not_know_is_none():
    assert codes.name_of(codes.CLASSES, 0x01) is None
    assert codes.number_of(codes.CLASSES, "no such class") is None


def constants(prefix):
    return [
        (name[len(prefix) :], getattr(codes, name))
        for name in dir(codes)
        if name.startswith(prefix) and isinstance(getattr(codes, name), int)
    ]


def test_single_constants_agree_with_the_tables():
    for prefix, table in (("CLA_", codes.CLASSES), ("STA_", codes.PROTOCOL_STATUSES)):
        assert constants(prefix)
        for name, number in constants(prefix):
            assert codes.number_of(table, name) == number, name


def test_tlvs_have_the_names_of_their_constants():
    for name, number in constants("TLV_"):
        assert codes.number_of(codes.TLVS, name.replace("_", "")) == number, name


def test_classes_of_the_worked_frames():
    assert codes.name_of(codes.CLASSES, 0x00) == "PROTOCOL"
    assert codes.name_of(codes.CLASSES, 0x58) == "CONTROL"
    assert codes.name_of(codes.CLASSES, 0x5B) == "READER"
    assert codes.name_of(codes.CLASSES, 0x5E) == "ECHO"


def test_statuses_of_the_protocol_class_are_00_and_f0_to_ff():
    numbers = [row[0] for row in codes.PROTOCOL_STATUSES]
    assert numbers == [0x00] + list(range(0xF0, 0x100))


def test_the_first_bit_rate_is_the_one_at_power_up():
    assert codes.BITRATES == (38400, 115200, 230400, 460800, 921600)


def test_flags_of_tag_info_are_single_bits_above_the_reserved_ones():
    assert sorted(row[0] for row in codes.TAG_FLAGS) == [0x10, 0x20, 0x40, 0x80]


def test_an_interface_is_read_as_name_or_as_hex_code():
    assert codes.interface_of("13.56") == 0x03
    assert codes.interface_of("03") == 0x03
    assert codes.interface_of("3") == 0x03
    assert codes.interface_of(" 84 ") == 0x84
    assert codes.interface_of("Bluetooth") == 0x84


def test_900_is_the_name_of_uhf_and_not_a_hex_code():
    assert codes.interface_of("900") == 0x06


def test_a_protocol_is_read_as_name_or_as_hex_code():
    assert codes.protocol_of(0x03, "NFC-A") == 0x01
    assert codes.protocol_of(0x03, "nfc-a") == 0x01
    assert codes.protocol_of(0x03, "01") == 0x01
    assert codes.protocol_of(0x03, " 4f ") == 0x4F
    assert codes.protocol_of(0x06, "UHF-EPC") == 0x03
    assert codes.protocol_of(0x84, "ibeacon") == 0x11


def test_nfc_c_is_a_slip_for_iso_15693():
    assert codes.protocol_of(0x03, "NFC-V") == 0x04
    assert codes.protocol_of(0x03, "NFC-C") == 0x04
    assert codes.protocol_of(0x03, " nfc-c ") == 0x04


def test_a_name_belongs_to_its_interface():
    assert codes.protocol_of(0x06, "NFC-A") == "NFC-A"
    assert codes.protocol_of("LoRa", "NFC-A") == "NFC-A"
    assert codes.protocols_of(0x77) == ()


def test_unknown_codes_are_carried_as_numbers():
    assert codes.interface_of("7F") == 0x7F
    assert codes.protocol_of(0x03, "7f") == 0x7F
    assert codes.protocol_of(0x7F, "01") == 0x01


def test_unknown_names_are_carried_as_their_stripped_text():
    assert codes.interface_of(" LoRa ") == "LoRa"
    assert codes.protocol_of(0x84, " OrangePackId") == "OrangePackId"
    assert codes.interface_of("") == ""
    assert codes.protocol_of(0x03, "  ") == ""


def test_what_only_looks_like_a_number_is_text():
    for text in ("+3", "-3", "0x3", "1_0", "123", "G1", "3 4"):
        assert codes.interface_of(text) == text
        assert codes.protocol_of(0x03, text) == text
