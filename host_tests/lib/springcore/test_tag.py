"""What a reader saw, out of events and out of lines; everything malformed is refused."""

from host_tests.lib.springcore.worked import EVENTS, HELLO, SCRDR, UID, octets
from host_tests.support.check import raises
from springcore import frame, tag
from springcore.errors import TagError
from springcore.stream import StreamDecoder

INFO = "C1 04 80 03 01 00 "
ID = "C2 07 04 7D AE 02 C8 40 80 "


def _event(text):
    return tag.from_event(octets(text))


def _refused(text, *words):
    error = str(raises(TagError, tag.from_event, octets(text)))
    for word in words:
        assert word in error, error


def _line(line):
    return StreamDecoder(4096).receive(line)[0]


def _tag(line):
    return tag.from_text(_line(line))


def _fields(**changed):
    """A $SCRDR line without checksum; `changed` fields replace the example's."""
    values = {"i": "13.56", "p": "NFC-A", "t": "1", "r": "", "id": UID.hex(), "m": ""}
    values.update({"d": "", "e": ""})
    values.update(changed)
    order = ("i", "p", "t", "r", "id", "m", "d", "e")
    return ("$SCRDR;" + ";".join([values[name] for name in order]) + "\r\n").encode()


def _line_refused(line, *words):
    error = str(raises(TagError, tag.from_text, _line(line)))
    for word in words:
        assert word in error, error


# Events


def test_every_worked_event_is_read():
    for text, _, attributes in EVENTS:
        seen = tag.from_event(frame.decode(octets(text)).payload)
        for name, value in attributes.items():
            assert getattr(seen, name) == value, (text, name)


def test_each_flag_is_read_from_its_own_bit():
    names = {0x80: "new", 0x40: "original", 0x20: "data_is_text", 0x10: "details_are_text"}
    for bit in range(8):
        seen = _event("B0 C1 04 %02X 03 01 00 " % (1 << bit) + ID)
        for flag, name in names.items():
            assert getattr(seen, name) is (flag == 1 << bit), name


def test_new_and_template_decide_nothing_about_a_reading():
    seen = _event("B0 C1 04 00 03 01 00 " + ID + "C3 01 41")
    assert (seen.kind, seen.new, seen.template, seen.tag_data) == ("tag_read", False, 0, b"A")


def test_every_form_of_length_is_read():
    long_form = b"\xc3\x82\x03\xa0" + bytes(928)
    for length in (b"\x02", b"\x81\x02", b"\x82\x00\x02", b"\x83\x00\x00\x02", b"\x84\0\0\0\x02"):
        payload = octets("B0" + INFO + ID) + b"\xc3" + length + b"hi"
        assert tag.from_event(payload).tag_data == b"hi", length
    assert tag.from_event(octets("B0" + INFO + ID) + long_form).tag_data == bytes(928)


def test_lengths_at_the_ends_of_each_form_are_read():
    head = octets("B0" + INFO + ID)
    for size, first_width in ((0, 1), (1, 1), (0x7F, 1), (0x80, 1), (0xFF, 1), (0x100, 2)):
        lengths = [bytes([0x80 | w]) + size.to_bytes(w, "big") for w in range(first_width, 5)]
        if size < 0x80:
            lengths.append(bytes([size]))
        for length in lengths:
            seen = tag.from_event(head + b"\xc4" + length + bytes(size))
            assert len(seen.tag_details) == size, length


def test_other_lengths_are_refused():
    for first in (0x80,) + tuple(range(0x85, 0x100)):
        _refused("B0" + INFO + ID + "C3 %02X" % first + " 00" * 8, "length %02X" % first)


def test_a_value_that_goes_beyond_the_end_is_refused():
    whole = "B0" + INFO + ID
    for cut in ("C3", "C3 01", "C3 81", "C3 81 01", "C3 82 00", "C3 84 FF FF FF FF", "C3 7F 00"):
        _refused(whole + cut, "TLV C3", "beyond")


def test_every_cut_of_an_event_is_refused_unless_it_ends_between_two_values():
    payload = octets("B0" + INFO + ID + "C3 02 68 69")
    ends = (1, 7, 16, 20)
    for size in range(1, len(payload)):
        if size in ends[2:]:
            assert tag.from_event(payload[:size]).tag_id == UID
        else:
            raises(TagError, tag.from_event, payload[:size])


def test_unknown_values_are_passed_over_by_their_length():
    seen = _event("B0 7F 81 03 C2 01 00" + INFO + "01 00" + ID + "FF 01 C3")
    assert (seen.tag_id, seen.tag_data) == (UID, None)


def test_values_may_come_in_any_order():
    seen = _event("B0 C3 01 41 " + ID + INFO)
    assert (seen.tag_id, seen.interface, seen.tag_data) == (UID, 0x03, b"A")


def test_a_value_that_comes_twice_is_refused():
    for twice in (ID, INFO, "C0 01 01", "C3 01 41", "C4 01 41"):
        _refused("B0" + INFO + ID + twice + twice, "%s comes twice" % twice[:2])
    _refused("B1 C0 01 01" + INFO + ID + "C2 01 FF", "C2 comes twice")
    _refused("B1 C0 01 01 C0 01 02", "C0 comes twice")


def test_a_reading_needs_info_and_id():
    _refused("B0", "C2")
    _refused("B0" + INFO, "C2")
    _refused("B0" + ID, "C1")


def test_an_id_of_no_bytes_is_no_id():
    _refused("B0" + INFO + "C2 00", "C2")
    _refused("B1 C0 01 01" + INFO + "C2 00", "C2")


def test_info_of_less_than_four_bytes_is_refused():
    _refused("B0 C1 03 80 03 01" + ID, "C1", "3 bytes")
    _refused("B0 C1 00" + ID, "C1")
    assert _event("B0 C1 05 80 03 01 07 FF" + ID).template == 7


def test_a_move_is_inserted_with_info_and_id_and_removed_with_its_index_alone():
    assert _event("B1 C0 01 09" + INFO + ID).kind == "tag_inserted"
    assert _event("B1" + INFO + ID).tag_index is None
    assert _event("B1 C0 01 09 7E 00").kind == "tag_removed"
    _refused("B1", "B1")
    _refused("B1 C0 01 09" + INFO, "B1")
    _refused("B1 C0 01 09" + ID, "B1")
    _refused("B1 C0 00", "C0")
    _refused("B1 C0 02 00 01" + INFO + ID, "C0")


def test_the_interfaces_of_a_starting_reader_are_listed():
    seen = _event("8B 85 01 03 85 02 06 03 7E 00")
    assert seen.running and seen.interfaces == [(0x03, b""), (0x06, b"\x03")]
    _refused("8B 85 00", "85")


def test_other_events_are_refused_by_their_code():
    for code in range(256):
        if code not in (0x8B, 0xB0, 0xB1):
            _refused("%02X" % code, "event %02X" % code)


# Heads of events that were too long


def test_a_truncated_head_gives_an_id_only_if_it_is_whole():
    payload = octets("B0" + INFO + ID + "C3 82 03 A0") + bytes(40)
    for size in range(1, len(payload)):
        seen = tag.from_event(payload[:size], truncated=True)
        assert seen.truncated and seen.kind == "tag_read"
        assert seen.tag_id == (UID if size >= 16 else None), size
        assert seen.interface == (0x03 if size >= 7 else None), size
        assert seen.tag_data is None and seen.tag_details is None


def test_a_truncated_head_leaves_the_templates_output_out_even_if_it_is_whole():
    seen = tag.from_event(octets("B0" + INFO + ID + "C3 01 41 C4 02"), truncated=True)
    assert (seen.tag_id, seen.tag_data) == (UID, None)


def test_a_truncated_move_without_an_id_is_no_removal():
    seen = tag.from_event(octets("B1 C0 01 01 C1 04 80 03"), truncated=True)
    assert (seen.kind, seen.tag_id, seen.tag_index) == ("tag_inserted", None, 1)


def test_a_truncated_head_is_refused_for_what_no_rest_can_mend():
    for text in ("B0 C3 80", "B0" + ID + ID, "55 C2", "B0 C1 01 00 C3 7F"):
        raises(TagError, tag.from_event, octets(text), True)


# Lines


def test_the_vendors_line_says_the_same_as_the_event():
    line, event = _tag(SCRDR), tag.from_event(frame.decode(octets(EVENTS[1][0])).payload)
    for name in ("kind", "interface", "protocol", "template", "tag_id"):
        assert getattr(line, name) == getattr(event, name), name
    assert line.tag_data == b"00047DAE02C84080"
    assert line.tag_details is None
    for name in ("new", "original", "rssi", "tag_index", "data_is_text", "details_are_text"):
        assert getattr(line, name) is None, name


def test_names_and_hex_codes_are_the_same():
    for interface in ("13.56", "03", "3"):
        for protocol in ("NFC-V", "nfc-v", "NFC-C", "04", "4"):
            seen = _tag(_fields(i=interface, p=protocol))
            assert (seen.interface, seen.protocol) == (0x03, 0x04), (interface, protocol)


def test_unknown_names_are_carried():
    seen = _tag(_fields(i="LoRa", p="Class C"))
    assert (seen.interface, seen.protocol) == ("LoRa", "Class C")
    seen = _tag(_fields(i="84", p="SpringBlue"))
    assert (seen.interface, seen.protocol) == (0x84, "SpringBlue")


def test_interface_and_protocol_may_be_missing():
    seen = _tag(_fields(i="", p="", t=""))
    assert (seen.interface, seen.protocol, seen.template) == (None, None, None)


def test_template_and_rssi_are_one_or_two_hex_digits():
    seen = _tag(_fields(t="0a", r="C"))
    assert (seen.template, seen.rssi) == (0x0A, 0x0C)
    for bad in ("100", "G", "-1", " 1", "0x1"):
        _line_refused(_fields(t=bad), "template")
        _line_refused(_fields(r=bad), "rssi")


def test_moves_are_read_with_and_without_their_trailing_space():
    for move, kind, gone in (("", "tag_read", False), ("I", "tag_inserted", False)):
        for space in ("", " "):
            seen = _tag(_fields(m=move + space))
            assert (seen.kind, seen.gone) == (kind, gone), move
    for move in ("IR", "IR "):
        seen = _tag(_fields(m=move))
        assert (seen.kind, seen.gone, seen.tag_id) == ("tag_inserted", True, UID)
    for move in ("R", "R "):
        seen = _tag(_fields(m=move))
        assert (seen.kind, seen.tag_id, seen.tag_index) == ("tag_removed", UID, None)


def test_other_moves_are_refused():
    for move in ("X", "i", "RI", "I R", "II"):
        _line_refused(_fields(m=move), "move")


def test_an_id_is_an_even_number_of_hex_digits():
    assert _tag(_fields(id="0a0B")).tag_id == b"\x0a\x0b"
    for bad in ("", "0", "04F", "0G", "04 7D", "0x04", "+1", "04-7"):
        _line_refused(_fields(id=bad), "tag id")


def test_text_data_keeps_its_separators():
    seen = _tag(_fields(d="a;b;c", e="d"))
    assert (seen.tag_data, seen.tag_details) == (b"a;b;c", b"d")


def test_an_empty_hello_is_no_tag():
    for hello in (HELLO + b"7E\r\n", b"$SCRDR\r\n", b"$SCRDR*00\r\n", b"$SCRDR;;;;;;;;\r\n"):
        assert _tag(hello) is None


def test_a_line_of_too_few_fields_is_refused():
    _line_refused(b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080\r\n", "5 fields")
    _line_refused(b"$SCRDR;1\r\n", "1 fields")


def test_other_kinds_of_line_are_refused():
    _line_refused(b"$SCCMD;SEQ=60\r\n", "$SCCMD")


def test_a_truncated_line_gives_its_id_only_when_it_is_known_to_be_no_removal():
    """The move stands behind the id: cut before it, a removal looks like a reading."""
    uid = "E2" * 24  # a long EPC
    line = _fields(id=uid, m="R ", d="A" * 200)
    place = line.index(b";R ;") + 1
    for capacity in range(64, 100):
        seen = tag.from_text(StreamDecoder(capacity).receive(line)[0])
        if capacity > place + 2:
            assert seen.kind == "tag_removed" and seen.tag_id.hex() == uid.lower(), capacity
        else:
            assert seen.kind == "tag_read" and seen.tag_id is None, capacity


def test_a_truncated_line_leaves_the_templates_output_out():
    line = _fields(d="A" * 30, e="B" * 100)
    seen = tag.from_text(StreamDecoder(100).receive(line)[0])
    assert seen.truncated and seen.tag_id == UID
    assert (seen.interface, seen.tag_data, seen.tag_details) == (0x03, None, None)
