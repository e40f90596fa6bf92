"""What is written is what is read: frames, lines, instructions, events and their values."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from springcore import codes, frame, instructions, tag, text
from springcore.errors import FrameError, PeerError, TagError
from springcore.stream import StreamDecoder

channels = st.sampled_from((frame.COMMAND, frame.RESPONSE, frame.EVENT))
octet = st.integers(0, 255)
names = st.sampled_from([row[2] for row in instructions.INSTRUCTIONS])


@given(channels, st.integers(0, 15), octet, st.binary(min_size=1, max_size=2000))
@example(frame.EVENT, 0, 0x5B, bytes(65536))
def test_a_frame_comes_back(channel, sequence, cla, payload):
    wire = frame.encode(channel, sequence, cla, payload)
    decoder = StreamDecoder(channels=(channel,))
    for found in (frame.decode(wire), decoder.receive(wire)[0]):
        assert (found.channel, found.sequence, found.cla) == (channel, sequence, cla)
        assert found.payload == payload and found.length == len(wire)
        assert not found.truncated and not found.suspect


@given(st.binary(max_size=40))
def test_bytes_are_a_frame_or_refused(data):
    try:
        found = frame.decode(data)
    except FrameError as error:
        assert str(error)
    else:
        assert frame.encode(found.channel, found.sequence, found.cla, found.payload) == data


@given(st.one_of(st.none(), octet), st.binary(min_size=4, max_size=4), st.integers(0, 65535))
def test_a_text_command_comes_back(sequence, leds, buzzer_ms):
    if sequence is not None:
        line = text.encode_command(sequence=sequence)
        expected = [b"SEQ=%02X" % sequence]
    else:
        line = text.encode_command(leds=leds, buzzer_ms=buzzer_ms)
        expected = [b"LEDS=" + leds.hex().upper().encode(), b"BUZZ=%04X" % buzzer_ms]
    assert StreamDecoder().receive(line)[0].fields == expected


def _value(code, value, form):
    """One TLV with its length in the shortest form, or in `form` bytes."""
    if form == 0 and len(value) < 0x80:
        return bytes([code, len(value)]) + value
    form = max(form, 1 if len(value) < 0x100 else 2)
    return bytes([code, 0x80 | form]) + len(value).to_bytes(form, "big") + value


@given(
    st.sampled_from((codes.EVT_TAG_READ, codes.EVT_TAG_MOVE)),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=300),
    st.one_of(st.none(), st.binary(max_size=300)),
    st.one_of(st.none(), st.binary(max_size=300)),
    st.integers(0, 4),
    st.randoms(),
)
def test_a_tag_event_comes_back(event, info, tag_id, data, details, form, random):
    values = [(0xC1, info), (0xC2, tag_id), (0xC3, data), (0xC4, details), (0x7F, b"\xc2\x01\x00")]
    random.shuffle(values)
    payload = bytes([event])
    payload += b"".join(_value(code, value, form) for code, value in values if value is not None)
    seen = tag.from_event(payload)
    assert seen.kind == ("tag_read" if event == codes.EVT_TAG_READ else "tag_inserted")
    assert (seen.tag_id, seen.tag_data, seen.tag_details) == (tag_id, data, details)
    assert (seen.interface, seen.protocol, seen.template) == tuple(info[1:])
    assert (seen.new, seen.data_is_text) == (bool(info[0] & 0x80), bool(info[0] & 0x20))


fields = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=";"))


@given(octet, octet, octet, st.binary(min_size=1, max_size=40), fields, fields)
def test_a_tag_line_comes_back(interface, protocol, template, tag_id, data, details):
    head = f"$SCRDR;{interface:02X};{protocol:02X};{template:X};;{tag_id.hex()}"
    line = f"{head};;{data};{details}*"
    checksum = frame.lrc_of(line[1:-1].encode())
    seen = tag.from_text(StreamDecoder().receive(f"{line}{checksum:02X}\r\n".encode())[0])
    assert (seen.interface, seen.protocol, seen.template) == (interface, protocol, template)
    assert seen.tag_id == tag_id
    assert seen.tag_data == (data.encode() or None)
    assert seen.tag_details == (details.encode() or None)


@given(st.binary(min_size=1, max_size=60), st.booleans())
def test_random_events_are_read_or_refused(payload, truncated):
    _read_or_refused(payload, truncated)


@given(
    st.sampled_from((0x8B, 0xB0, 0xB1)),
    st.lists(
        st.tuples(
            st.sampled_from((0x85, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0x00)),
            st.sampled_from((0, 1, 4, 7, 0x80, 0x81, 0x82, 0x84, 0x85, 0xFF)),
            st.binary(max_size=8),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_events_that_are_almost_right_are_read_or_refused(event, values, truncated):
    payload = bytes([event])
    for code, length, value in values:
        payload += bytes([code, length]) + value
    _read_or_refused(payload, truncated)


def _read_or_refused(payload, truncated):
    try:
        seen = tag.from_event(payload, truncated)
    except TagError as error:
        assert str(error)
    else:
        assert seen.kind in ("tag_read", "tag_inserted", "tag_removed", "reader_state")


@given(octet, st.binary(min_size=1, max_size=40))
def test_random_commands_are_explained_or_refused(cla, payload):
    try:
        name, values = instructions.explain_command(cla, payload)
    except PeerError as error:
        assert str(error)
    else:
        assert name is None or any(name == row[2] for row in instructions.INSTRUCTIONS)
        assert all(isinstance(key, str) for key in values)


@given(st.one_of(st.none(), names), st.binary(min_size=1, max_size=40))
def test_random_answers_are_explained_or_refused(name, payload):
    try:
        status, _, _ = instructions.explain_answer(name, payload)
    except PeerError as error:
        assert str(error)
    else:
        assert status is None or status == payload[0]


@pytest.mark.parametrize("status", range(256))
def test_every_status_is_explained(status):
    assert instructions.explain_answer("PING", bytes([status]))[0] == status
