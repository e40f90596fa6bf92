"""Instructions both ways: the worked frames, every bound, every refusal, and random bytes."""

from host_tests.support.check import raises
from springcore import codes, instructions
from springcore.errors import PeerError, UsageError
from springcore.instructions import INSTRUCTIONS, command, explain_answer, explain_command

# The worked command frames of protocol.md 1.8, then frames made by hand from its tables
COMMANDS = (
    ("16000000000000", "PING", {}),
    ("16010000000001", "PING", {}),
    ("16020000000103", "PING_EVENT", {}),
    ("1601580001 20027A", "GET_DATA", {"identifier": 2}),
    ("1602580001 200378", "GET_DATA", {"identifier": 3}),
    ("1603580001 9060AA", "PLAY_SEQUENCE", {"number": 0x60}),
    ("1604580001 9061AC", "PLAY_SEQUENCE", {"number": 0x61}),
    ("1605580001 900EC2", "PLAY_SEQUENCE", {"number": 0x0E}),
    ("1606580004 9292929292C8", "SET_LEDS", {"leds": b"\x92\x92\x92\x92"}),
    ("1607580002 930064AA", "SET_BUZZER", {"on_ms": 100}),
    ("1608580003 8202C00417", "WRITE_REGISTER", {"address": 0x02C0, "value": b"\x04"}),
    (
        "1609580007 8202A0010100020074",
        "WRITE_REGISTER",
        {"address": 0x02A0, "value": b"\x01\x01\x00\x02\x00"},
    ),
    ("160A580002 8102C013", "READ_REGISTER", {"address": 0x02C0}),
    ("160B580002 8202C011", "WRITE_REGISTER", {"address": 0x02C0}),
    ("160C580000 8EDA", "RESET", {}),
    ("160D580000 A1F4", "READER_START", {}),
    ("160E580000 A0F6", "READER_STOP", {}),
    ("160F000004 110001C200D9", "SET_SERIAL_PARAMETERS", {"bitrate": 115200}),
    ("1600000000 FEFE", "HOST_EVENT_POLL", {}),
    ("1604000000 F0F4", "TIME_EXTENSION_ACK", {}),
    ("1604000000 FCF8", "CANCEL", {}),
    ("16055E0004 48454C4C4F1D", "ECHO", {"data": b"HELLO"}),
    ("1600000002 0A010108", "AUTHENTICATE", {"method": 1, "key": 1}),
    ("1600580001 919200", "SET_LED_RGB", {"mode": 0x92}),
    ("1600580003 9101020300", "SET_LED_RGB", {"red": 1, "green": 2, "blue": 3}),
    (
        "1600580005 91010203012C00",
        "SET_LED_RGB",
        {"red": 1, "green": 2, "blue": 3, "fade_ms": 300},
    ),
    ("1600580002 8EDEAD00", "RESET", {"kind": 0xDEAD}),
    ("1600580002 8EFADA00", "RESET", {"kind": 0xFADA}),
    ("1600580000 8300", "LOAD_FACTORY_CONFIG", {}),
    ("1600580002 83DEAD00", "LOAD_FACTORY_CONFIG", {"kind": 0xDEAD}),
    ("1600580002 80020100", "READ_FREE_REGISTER", {"address": 0x0201}),
    ("1600580001 976400", "SET_LIGHT", {"percent": 100}),
    ("1600580001 9B0000", "AUTO_SEQUENCES", {"enabled": 0}),
    (
        "160000001 20C0100" + "11" * 16 + "00",
        "CHANGE_KEY",
        {"method": 1, "key": 0, "new_key": b"\x11" * 16},
    ),
    ("1600000000 FF00", "FOLLOWING", {}),
    ("1600000003 FFAABBCC00", "FOLLOWING", {"data": b"\xaa\xbb\xcc"}),
    ("1600580003 1201020300", "I2C_READ", {"data": b"\x01\x02\x03"}),
)

# The worked answers, then answers made by hand
ANSWERS = (
    ("1680000000 0080", "PING", 0x00, "SUCCESS", {}),
    ("1682000000 0082", "PING_EVENT", 0x00, "SUCCESS", {}),
    ("168158000A 00537072696E675061726BCA", "GET_DATA", 0, "SUCCESS", {"text": "SpringPark"}),
    ("1683580000 00DB", "PLAY_SEQUENCE", 0, "SUCCESS", {}),
    ("168A580001 0004D7", "READ_REGISTER", 0, "SUCCESS", {"value": b"\x04"}),
    ("168F000000 008F", "SET_SERIAL_PARAMETERS", 0, "SUCCESS", {}),
    ("1683000000 F073", "PLAY_SEQUENCE", 0xF0, "TIME_EXTENSION_REQUEST", {}),
    ("1684000000 FC78", "CANCEL", 0xFC, "CANCELLED", {}),
    ("1683580000 F52E", "PLAY_SEQUENCE", 0xF5, "INS_NOT_SUPPORTED", {}),
    ("16855E0004 48454C4C4F9D", "ECHO", None, None, {"data": b"HELLO"}),
    ("1683580000 6400", "PLAY_SEQUENCE", 0x64, "unknown function", {}),
    ("1683580000 7D00", "SET_BUZZER", 0x7D, "wrong length", {}),
    ("1683580000 2A00", "SET_BUZZER", 0x2A, None, {}),
    (
        "1680000010 FF" + "22" * 16 + "00",
        "AUTHENTICATE",
        0xFF,
        "FOLLOWING",
        {"challenge": b"\x22" * 16},
    ),
    ("1680580000 0000", "READ_REGISTER", 0, "SUCCESS", {"value": b""}),
    ("1680580000 0000", "GET_CONTROLS", 0, "SUCCESS", {}),
    ("1680580002 00000100", "GET_CONTROLS", 0, "SUCCESS", {"flash": 0, "suspend": 1}),
    ("1680580002 00018F00", "GET_GPIOS", 0, "SUCCESS", {"pins": b"\x01\x8f"}),
    ("1680580002 FD018F00", "GET_GPIOS", 0xFD, "DENIED", {"data": b"\x01\x8f"}),
)


def cla_and_payload(frame_hex):
    frame = bytes.fromhex(frame_hex.replace(" ", ""))
    assert len(frame) == frame[3] * 256 + frame[4] + 7
    return frame[2], frame[5:-1]


def test_each_command_is_built_from_its_values():
    for frame_hex, name, values in COMMANDS:
        assert command(name, **values) == cla_and_payload(frame_hex), name


def test_each_command_is_explained_by_its_values():
    for frame_hex, name, values in COMMANDS:
        assert explain_command(*cla_and_payload(frame_hex)) == (name, values)


def test_each_answer_is_explained():
    for frame_hex, name, status, status_name, values in ANSWERS:
        _, payload = cla_and_payload(frame_hex)
        assert explain_answer(name, payload) == (status, status_name, values)


def test_any_buffer_is_explained_like_bytes():
    for kind in (bytes, bytearray, memoryview):
        assert explain_command(0x58, kind(b"\x82\x02\xc0\x04")) == (
            "WRITE_REGISTER",
            {"address": 0x02C0, "value": b"\x04"},
        )
        assert explain_answer("GET_DATA", kind(b"\x00M519")) == (0, "SUCCESS", {"text": "M519"})
        assert command("SET_LEDS", leds=kind(b"\x01\x00\x00\x92"))[1] == b"\x92\x01\x00\x00\x92"
        assert type(explain_command(0x5E, kind(b"HELLO"))[1]["data"]) is bytes


# --- The table itself


def test_each_instruction_stands_once():
    assert len({row[2] for row in INSTRUCTIONS}) == len(INSTRUCTIONS)
    assert len({row[:2] for row in INSTRUCTIONS}) == len(INSTRUCTIONS)


def numbers_of_class(cla):
    return bytes([row[1] for row in INSTRUCTIONS if row[0] == cla])


def test_every_instruction_of_the_specification_is_listed():
    assert numbers_of_class(0x00) == bytes.fromhex("000106070809 0A0C11 F0FCFEFF".replace(" ", ""))
    assert numbers_of_class(0x58) == bytes.fromhex(
        "1213141516172021222324626364657080818283848586888A8C8D8E8F90919293949597989A9B9FA0A1AEB1E1"
    )


def test_constants_of_instructions_agree_with_the_table():
    numbers = {row[2]: row[1] for row in INSTRUCTIONS}
    constants = [name for name in dir(codes) if name.startswith("INS_")]
    assert constants
    for name in constants:
        assert numbers[name[4:]] == getattr(codes, name), name


def test_layouts_of_one_instruction_differ_in_their_names_and_in_their_size():
    for row in INSTRUCTIONS:
        for layouts in row[3:]:
            names = {tuple(sorted(field[0] for field in layout)) for layout in layouts}
            sizes = {instructions._smallest(layout) for layout in layouts}
            assert len(names) == len(sizes) == len(layouts), row[2]


def test_only_the_last_field_of_a_layout_takes_the_rest():
    for _, layout in all_layouts():
        for field in layout[:-1]:
            assert smallest_and_largest(field)[1] is not None, layout


def all_layouts():
    return [(row[2], layout) for row in INSTRUCTIONS for layout in row[3]]


def smallest_and_largest(field):
    """Sample values at the bounds; largest None: there is no upper bound."""
    _, kind, limit = field
    if kind <= 4:
        ranges = instructions._ranges(field)
        return ranges[0][0], ranges[-1][1]
    return b"\x5a" * limit, b"\xa5" * limit if kind == 5 else None


def samples(layout, which):
    values = {}
    for field in layout:
        sample = smallest_and_largest(field)[which]
        values[field[0]] = b"\xc3" * 300 if sample is None else sample
    return values


def test_every_layout_comes_back_at_both_ends_of_its_bounds():
    for name, layout in all_layouts():
        for which in (0, 1):
            values = samples(layout, which)
            assert explain_command(*command(name, **values)) == (name, values), name


def refusal(name, values):
    return str(raises(UsageError, command, name, **values))


def test_every_field_refuses_what_is_not_of_its_type_and_says_what_it_takes():
    for name, layout in all_layouts():
        for field in layout:
            for wrong in ("three", None, 1.5, True, [1], b"\x01" if field[1] <= 4 else 1):
                values = samples(layout, 0)
                values[field[0]] = wrong
                message = refusal(name, values)
                assert message.startswith("%s: %s is " % (name, field[0])), message
                assert "; allowed: " in message, message


def test_every_number_refuses_the_next_beyond_its_bounds():
    for name, layout in all_layouts():
        for field in layout:
            if field[1] <= 4:
                lowest, highest = smallest_and_largest(field)
                for wrong in (lowest - 1, min(highest + 1, 1 << 32), -1, 1 << 40):
                    if not in_limit(field, wrong):
                        values = samples(layout, 0)
                        values[field[0]] = wrong
                        assert "%s is %d" % (field[0], wrong) in refusal(name, values)


def in_limit(field, number):
    return any(low <= number <= high for low, high in instructions._ranges(field))


def test_every_bytes_field_refuses_a_length_beyond_its_bounds():
    for name, layout in all_layouts():
        for field in layout:
            _, kind, limit = field
            lengths = [] if kind <= 4 else [limit - 1, limit + 1] if kind == 5 else [limit - 1]
            for length in lengths:
                values = samples(layout, 0)
                values[field[0]] = bytes(length)
                message = refusal(name, values)
                assert "%s is %d byte" % (field[0], length) in message
                assert "; allowed: %d byte" % limit in message


def test_a_refusal_names_field_value_and_what_is_allowed():
    assert refusal("SET_LIGHT", {"percent": 101}) == (
        "SET_LIGHT: percent is 101 (0x65); allowed: 0 to 100 (0x64)"
    )
    assert refusal("READ_REGISTER", {"address": 0x0500}) == (
        "READ_REGISTER: address is 1280 (0x500); allowed: 256 (0x100) to 1279 (0x4FF)"
    )
    assert refusal("AUTO_SEQUENCES", {"enabled": "yes"}) == (
        "AUTO_SEQUENCES: enabled is 'yes'; allowed: 0, 1"
    )
    assert refusal("SET_LEDS", {"leds": b"\x01"}) == ("SET_LEDS: leds is 1 byte; allowed: 4 bytes")


def test_only_the_five_bit_rates_are_sent():
    for bitrate in codes.BITRATES:
        assert command("SET_SERIAL_PARAMETERS", bitrate=bitrate)[1][1:] == bitrate.to_bytes(
            4, "big"
        )
    for bitrate in (0, 9600, 38399, 38401, 57600, 921601):
        assert "bitrate is %d" % bitrate in refusal("SET_SERIAL_PARAMETERS", {"bitrate": bitrate})


def test_only_known_kinds_of_reset_are_sent():
    for kind, _ in codes.RESETS:
        assert command("RESET", kind=kind)[1] == b"\x8e" + kind.to_bytes(2, "big")
    assert "kind is 0" in refusal("RESET", {"kind": 0})


def test_fields_that_are_missing_or_unknown_are_refused_with_what_is_taken():
    assert refusal("PLAY_SEQUENCE", {}) == "PLAY_SEQUENCE takes number; given: nothing"
    assert refusal("PING", {"number": 1}) == "PING takes nothing; given: number"
    assert refusal("SET_LED_RGB", {"red": 1, "mode": 2}) == (
        "SET_LED_RGB takes mode or red, green, blue or red, green, blue, fade_ms; given: mode, red"
    )
    assert refusal("WRITE_REGISTER", {"value": b"\x01"}) == (
        "WRITE_REGISTER takes address or address, value; given: value"
    )


def test_an_instruction_that_does_not_exist_is_named():
    assert "OPEN_DOOR" in refusal("OPEN_DOOR", {})
    assert "OPEN_DOOR" in str(raises(UsageError, explain_answer, "OPEN_DOOR", b"\x00"))


# --- Bytes that are not as the table says


def test_an_unknown_instruction_is_carried_as_it_is():
    assert explain_command(0x58, b"\x40\x01\x02") == (None, {"ins": 0x40, "data": b"\x01\x02"})
    assert explain_command(0x5A, b"\x00") == (None, {"ins": 0x00, "data": b""})


def test_the_answer_to_an_unknown_instruction_is_carried_as_it_is():
    assert explain_answer(None, b"\x00\x01\x02") == (0, "SUCCESS", {"data": b"\x01\x02"})
    assert explain_answer(None, b"\xfa") == (0xFA, "CLA_NOT_SUPPORTED", {})


def test_numbers_that_may_not_be_sent_are_explained_all_the_same():
    assert explain_command(0, b"\x11\x00\x00\x25\x80")[1] == {"bitrate": 9600}
    assert explain_command(0x58, b"\x81\xff\xff")[1] == {"address": 0xFFFF}
    assert explain_command(0x58, b"\x9b\x07")[1] == {"enabled": 7}


def test_bytes_beyond_the_layout_are_carried_as_data():
    assert explain_command(0x58, b"\x90\x60\x01\x02") == (
        "PLAY_SEQUENCE",
        {"number": 0x60, "data": b"\x01\x02"},
    )
    assert explain_command(0x58, b"\x8e\xde") == ("RESET", {"data": b"\xde"})
    assert explain_command(0x58, b"\x91\x01\x02") == ("SET_LED_RGB", {"mode": 1, "data": b"\x02"})
    assert explain_answer("PING", b"\x00\x01") == (0, "SUCCESS", {"data": b"\x01"})


def test_bytes_that_are_missing_are_the_peers_error():
    assert "PLAY_SEQUENCE" in str(raises(PeerError, explain_command, 0x58, b"\x90"))
    assert "SET_LEDS" in str(raises(PeerError, explain_command, 0x58, b"\x92\x01\x01\x01"))
    assert "AUTHENTICATE" in str(raises(PeerError, explain_answer, "AUTHENTICATE", b"\xff\x01"))
    raises(PeerError, explain_command, 0x58, b"")
    raises(PeerError, explain_answer, "PING", b"")
    raises(PeerError, explain_answer, None, b"")


def test_a_refused_answer_need_not_have_the_layout_of_a_success():
    assert explain_answer("AUTHENTICATE", b"\xfd") == (0xFD, "DENIED", {})


def test_text_that_is_not_utf_8_comes_as_its_bytes():
    assert explain_answer("GET_DATA", b"\x00Caf\xc3\xa9")[2] == {"text": "Caf\u00e9"}
    assert explain_answer("GET_DATA", b"\x00Caf\xe9")[2] == {"text": b"Caf\xe9"}


def random_bytes(seed):
    """Short byte strings without end, the same on every interpreter."""
    while True:
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        data = bytearray()
        for _ in range(seed >> 16 & 0xF):
            seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
            data.append(seed >> 16 & 0xFF)
        yield bytes(data)


def never_more_than_a_peer_error(function, first, payload):
    try:
        return function(first, payload)
    except PeerError:
        return None


def test_random_payloads_raise_nothing_but_peer_errors():
    payloads = random_bytes(20)
    names = [row[2] for row in INSTRUCTIONS] + [None]
    for cla in (0x00, 0x58, 0x5B, 0x5E, 0xFF):
        for ins in range(256):
            payload = bytes([ins]) + next(payloads)
            never_more_than_a_peer_error(explain_command, cla, payload)
            never_more_than_a_peer_error(explain_command, cla, next(payloads))
    for name in names:
        for status in range(256):
            never_more_than_a_peer_error(explain_answer, name, bytes([status]) + next(payloads))


def test_what_random_payloads_mean_is_what_they_said():
    payloads = random_bytes(7)
    for row in INSTRUCTIONS:
        for _ in range(20):
            body = next(payloads)
            payload = body if row[1] is None else bytes([row[1]]) + body
            explained = never_more_than_a_peer_error(explain_command, row[0], payload)
            if payload and explained is not None:
                assert explained[0] == row[2]
                assert rebuilt(*explained) in (None, (row[0], payload))


def rebuilt(name, values):
    try:
        return command(name, **values)
    except UsageError:
        return None  # carried, though it may not be sent
