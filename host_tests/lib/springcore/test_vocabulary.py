"""The tables that people read, checked against what the vendor says about them."""

from springcore import codes, vocabulary

TABLES = (
    vocabulary.CONTROL_STATUSES,
    vocabulary.DATA_IDENTIFIERS,
    vocabulary.SEQUENCES,
    vocabulary.LED_STATES,
    vocabulary.LED_FREQUENCIES,
    vocabulary.LED_PATTERNS,
    vocabulary.REGISTERS,
    vocabulary.TEMPLATES,
    vocabulary.TEMPLATE_REGISTERS,
    vocabulary.KEYS,
)


def test_each_number_and_each_name_stands_once_in_its_table():
    for table in TABLES:
        assert len({row[0] for row in table}) == len(table), table
        assert len({row[1].lower() for row in table}) == len(table), table


def numbers_in(table):
    return bytes([row[0] for row in table])


def test_every_number_of_the_specification_is_listed():
    assert numbers_in(vocabulary.CONTROL_STATUSES) == bytes.fromhex(
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
        "20212223242627 3B3C 474B4C4D4E4F 57585C5D 646F707D80".replace(" ", "")
    )
    assert numbers_in(vocabulary.DATA_IDENTIFIERS) == bytes.fromhex(
        "000102030405060708090A0B0C0D0E0F10111213171B1F20212223303132344142 4A4B80".replace(" ", "")
    )
    assert numbers_in(vocabulary.SEQUENCES) == bytes.fromhex(
        "0102030405060708090A0B0C0D0E0F101113 202122232425 28292A2B2C2E2F30 6061".replace(" ", "")
    )


def test_the_two_families_of_statuses_share_only_success():
    protocol = {row[0] for row in codes.PROTOCOL_STATUSES}
    control = {row[0] for row in vocabulary.CONTROL_STATUSES}
    assert protocol & control == {0x00}


def test_statuses_that_control_uses_for_refusals():
    assert codes.name_of(vocabulary.CONTROL_STATUSES, 0x64) == "unknown function"
    assert codes.name_of(vocabulary.CONTROL_STATUSES, 0x7D) == "wrong length"
    assert codes.name_of(vocabulary.CONTROL_STATUSES, 0x3C) == "wrong parameter"


def test_sequences_60_and_61_are_the_access_decisions():
    assert codes.name_of(vocabulary.SEQUENCES, 0x60) == "access granted"
    assert codes.name_of(vocabulary.SEQUENCES, 0x61) == "access denied"
    assert codes.number_of(vocabulary.SEQUENCES, "access granted") == codes.SEQ_ACCESS_GRANTED
    assert codes.number_of(vocabulary.SEQUENCES, "access denied") == codes.SEQ_ACCESS_DENIED
    assert codes.number_of(vocabulary.SEQUENCES, "wink") == 0x0E


def test_led_mode_92_is_20_percent_on_every_100_ms():
    assert vocabulary.led_mode_name(0x92) == "10 Hz, 1x20 % on"
    assert [row[2] for row in vocabulary.LED_FREQUENCIES if row[0] == 0x9] == [100]
    assert [row[2:] for row in vocabulary.LED_PATTERNS if row[0] == 0x2] == [(1, 20)]


def test_led_states_are_no_frequency_and_pattern():
    assert vocabulary.led_mode_name(0x00) == "off"
    assert vocabulary.led_mode_name(0x01) == "on"
    assert vocabulary.led_mode_name(0x0F) == "breathing"


def test_each_led_mode_comes_back_from_its_words():
    known = 0
    for mode in range(256):
        words = vocabulary.led_mode_name(mode)
        if words is not None:
            known += 1
            assert vocabulary.led_mode_of(words) == mode
    assert known == 3 + 11 * 15


def test_led_modes_beyond_the_tables_have_no_words():
    for mode in (0x02, 0x0E, 0x1F, 0xC0, 0xFF):
        assert vocabulary.led_mode_name(mode) is None
    for words in ("", "10 Hz", "10 Hz, often", "11 Hz, 50 % on"):
        assert vocabulary.led_mode_of(words) is None


def test_led_periods_are_the_inverse_of_the_frequencies():
    for _, name, period_ms in vocabulary.LED_FREQUENCIES:
        hertz = float(name.split()[0])
        assert abs(hertz * period_ms - 1000) < 2, name


def test_led_patterns_say_what_their_numbers_say():
    for _, name, flashes, percent in vocabulary.LED_PATTERNS:
        assert name in ("%dx%d %% on" % (flashes, percent), "%d %% on" % percent)
        assert flashes * percent <= 50


def default_of(address):
    return [row[3] for row in vocabulary.REGISTERS if row[0] == address][0]


def test_defaults_of_the_registers_that_make_a_serial_reader():
    assert default_of(0x02A0) == b"\x00\x03\x00\x02\x00"
    assert default_of(0x02A1) == b"\x0a\x1e"
    assert default_of(0x02C0) == b"\x00"
    assert default_of(0x029F) == b"\x00"
    assert default_of(0x0284) == b"\x04"
    assert default_of(0x0292) == b"\x1e\x3c"
    assert default_of(0x0294) == b"255.255.255.255"
    assert default_of(0x02F0) == bytes(4)


def test_defaults_have_the_size_of_their_registers():
    for table in (vocabulary.REGISTERS, vocabulary.TEMPLATE_REGISTERS):
        for _, name, size, default, meaning in table:
            assert meaning, name
            if size is not None and default:
                assert len(default) == size, name


def test_registers_have_names_in_and_out_of_templates():
    assert vocabulary.register_name(0x02C0) == "profile"
    assert vocabulary.register_name(0x0108) == "hardware reference"
    assert vocabulary.register_name(0x0310) == "NFC 1 LKL"
    assert vocabulary.register_name(0x0341) == "NFC 4 TOF"
    assert vocabulary.register_name(0x0374) == "UHF OPT"
    assert vocabulary.register_name(0x0315) is None
    assert vocabulary.register_name(0x0350) is None
    assert vocabulary.register_name(0x02C1) is None


def test_values_of_instructions_have_names():
    name = vocabulary.value_name
    assert name("PLAY_SEQUENCE", "number", 0x60) == "access granted"
    assert name("GET_DATA", "identifier", 0x03) == "serial number"
    assert name("WRITE_REGISTER", "address", 0x02A0) == "Smart Reader features"
    assert name("SET_LED_RGB", "mode", 0x92) == "10 Hz, 1x20 % on"
    assert name("SET_LEDS", "leds", b"\x92\x00\x01\xff") == "10 Hz, 1x20 % on; off; on; FF"
    assert name("RESET", "kind", 0xDEAD) == "hard"
    assert name("AUTHENTICATE", "key", 1) == "admin"
    assert name("PLAY_SEQUENCE", "number", 0xEE) is None
    assert name("SET_BUZZER", "on_ms", 100) is None
