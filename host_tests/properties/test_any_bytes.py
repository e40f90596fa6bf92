"""Any bytes, cut anyhow: what a StreamDecoder tells accounts for each of them, exactly.

The bytes come in bursts with silence (flush) after each. Three claims, each tested as it is
written here:

Tiling. Noise and the messages that stand (frames, and lines whose checksum is not invalid) share
no byte. A line with an invalid checksum is told and then searched: whatever begins inside it is a
message, never noise, and suspect. Every byte of the stream lies in something that was told.

Truth. A frame is what frame.decode() makes of its bytes, or their head if it is truncated; a line
is its bytes up to CR LF. With room for the longest frame, no byte told as noise begins a good
message.

Suspicion. With room for the longest frame, a message is suspect exactly if an earlier byte of its
burst began a message that turned out broken and claimed to go on beyond the place where this one
begins.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.support.feeding import described
from springcore import frame, instructions, tag
from springcore.errors import PeerError
from springcore.frame import COMMAND, EVENT, FRAME_MAX, RESPONSE, Frame
from springcore.stream import Noise, StreamDecoder
from springcore.text import INVALID, RULES, TextMessage

CHANNELS = (COMMAND, RESPONSE, EVENT)
TELLING = b"\x16\x16$$\xc0\x80\x00\x00\x05\x5bSCRDR;;*\r\n47\xff"

payloads = st.one_of(st.binary(min_size=1, max_size=30), st.binary(min_size=50, max_size=120))
frames = st.builds(
    frame.encode, st.sampled_from(CHANNELS), st.integers(0, 15), st.integers(0, 255), payloads
)


def _line(kind, content, rule, end):
    body = b"$SC" + kind + b";" + content + b"*"
    checksum = frame.lrc_of(body[1:-1]) ^ rule
    return body + b"%02X" % checksum + end


lines = st.builds(
    _line,
    st.sampled_from((b"RDR", b"CMD", b"XYZ")),
    st.text("A0;*$ SCRD", max_size=90).map(str.encode),
    st.sampled_from([difference for _, difference in RULES] + [0x55]),
    st.sampled_from((b"\r\n", b"\n")),
)


def _damaged(message, place, byte, what):
    place %= len(message)
    middle = {"change": bytes([byte]), "lose": b"", "double": message[place : place + 1] * 2}
    if what == "cut":
        return message[:place]
    return message[:place] + middle[what] + message[place + 1 :]


damaged = st.builds(
    _damaged,
    st.one_of(frames, lines),
    st.integers(0, 200),
    st.sampled_from(TELLING),
    st.sampled_from(("change", "lose", "double", "cut")),
)
nested = st.builds(lambda inner: frame.encode(EVENT, 1, 0x5B, inner), st.one_of(frames, lines))
pieces = st.one_of(
    frames,
    lines,
    damaged,
    nested,
    nested.map(lambda whole: whole[:-1] + b"\x00"),
    st.lists(st.sampled_from(TELLING), max_size=12).map(bytes),
    st.binary(max_size=12),
)
bursts = st.lists(pieces, max_size=6).map(b"".join)
streams = st.lists(bursts, min_size=1, max_size=3)
capacities = st.sampled_from((64, 65, 80, 200, FRAME_MAX))


def told(stream, capacity, longest=None):
    """The messages of all bursts; chunks have sizes from the list `longest`, over and over."""
    decoder = StreamDecoder(capacity, CHANNELS)
    found: list = []
    for burst in stream:
        for chunk in _chunks(burst, longest):
            found.extend(decoder.receive(chunk))
        found.extend(decoder.flush())
    return found


def _chunks(burst, sizes):
    place = turn = 0
    while sizes and place < len(burst):
        size = sizes[turn % len(sizes)]
        yield burst[place : place + size]
        place, turn = place + size, turn + 1
    if not sizes:
        yield burst


def end_of(message):
    return message.offset + message.length


def is_invalid_line(message):
    return isinstance(message, TextMessage) and message.checksum == INVALID


@given(streams, capacities)
def test_what_is_told_tiles_the_stream(stream, capacity):
    told_until = stands_until = searched_until = 0
    for message in told(stream, capacity):
        assert message.length > 0
        if message.offset < searched_until:
            assert not isinstance(message, Noise) and message.suspect
            assert message.offset >= stands_until
        else:
            assert message.offset == told_until
        if is_invalid_line(message):
            searched_until = max(searched_until, end_of(message))
        else:
            stands_until = end_of(message)
        told_until = max(told_until, end_of(message))
    assert told_until == sum(map(len, stream))


@given(streams, capacities, st.lists(st.integers(1, 90), min_size=1, max_size=5))
def test_how_the_bytes_are_cut_changes_nothing(stream, capacity, sizes):
    whole = [described(message) for message in told(stream, capacity)]
    assert [described(message) for message in told(stream, capacity, sizes)] == whole
    assert [described(message) for message in told(stream, capacity, [1])] == whole


@given(streams, capacities)
def test_every_message_is_what_its_bytes_say(stream, capacity):
    data = b"".join(stream)
    for message in told(stream, capacity):
        wire = data[message.offset : end_of(message)]
        if isinstance(message, Noise):
            assert wire.startswith(message.head)
        elif isinstance(message, Frame):
            _expect_frame(message, wire, capacity)
        else:
            _expect_line(message, wire, capacity)


def _expect_frame(message, wire, capacity):
    whole = frame.decode(wire)
    got = (message.channel, message.sequence, message.cla)
    assert got == (whole.channel, whole.sequence, whole.cla)
    assert message.payload == whole.payload[: capacity - 5]
    assert message.truncated == (len(whole.payload) > capacity - 5)


def _expect_line(message, wire, capacity):
    whole = wire[:-2] if wire.endswith(b"\r\n") else wire[:-1]
    assert wire.endswith(b"\n") and min(whole) >= 0x20
    assert message.line == whole[:capacity]
    assert message.truncated == (len(whole) > capacity)
    expected = "absent"
    if whole[-3:-2] == b"*":
        fitting = [rule for rule, difference in RULES if _fits(whole, difference)]
        expected = "valid" if fitting else "invalid"
        assert message.rule == (fitting[0] if fitting else None)
    assert message.checksum == expected


def _fits(line, difference):
    return line[-2:].upper() == b"%02X" % (frame.lrc_of(line[1:-3]) ^ difference)


@given(streams)
def test_no_good_message_is_lost_and_suspicion_is_exact(stream):
    data, base = b"".join(stream), 0
    found = told(stream, FRAME_MAX)
    for burst in stream:
        end = base + len(burst)
        inside = [message for message in found if base <= message.offset < end]
        given_up = _given_up(inside)
        claims = {place: _claim(data[place:end]) for place in given_up}
        for place in given_up:
            assert not _begins_good_message(data[place:end]), (place, burst)
        for message in inside:
            if not isinstance(message, Noise):
                doubted = any(
                    place < message.offset < place + claim for place, claim in claims.items()
                )
                assert message.suspect == doubted, (message, burst)
        base = end


def _given_up(messages):
    """The places whose byte was given up as the beginning of a message, in order."""
    places = []
    for message in messages:
        if isinstance(message, Noise):
            places.extend(range(message.offset, end_of(message)))
        elif is_invalid_line(message):
            places.append(message.offset)
    return places


def _claim(rest):
    """How many bytes a message that begins here claims, when it is not a good one."""
    if rest[0] == 0x16:
        if len(rest) < 2 or frame.refusal_of(rest[1]):
            return 1
        return max(len(rest), _frame_length(rest)) if len(rest) < 5 else _frame_length(rest)
    if rest[0] == 0x24 and _is_head(rest):
        return rest.find(b"\n") + 1 or len(rest)
    return 1


def _frame_length(rest):
    return (rest[3] << 8 | rest[4]) + 7 if len(rest) >= 5 else 0


def _is_head(rest):
    pattern = (b"$", b"S", b"C") + (bytes(range(0x41, 0x5B)),) * 3 + (b";*\r\n",)
    return all(byte in allowed for byte, allowed in zip(rest, pattern, strict=False))


def _begins_good_message(rest):
    if rest[0] == 0x16 and len(rest) >= 7 and len(rest) >= _frame_length(rest):
        try:
            frame.decode(rest[: _frame_length(rest)])
        except PeerError:
            return False
        return True
    if rest[0] == 0x24 and _is_head(rest) and b"\n" in rest:
        line = rest[: rest.index(b"\n")].removesuffix(b"\r")
        valid = any(_fits(line, difference) for _, difference in RULES)
        return min(line) >= 0x20 and (line[-3:-2] != b"*" or valid)
    return False


@given(streams, capacities, st.sampled_from([row[2] for row in instructions.INSTRUCTIONS]))
@settings(max_examples=200)
def test_explaining_what_was_told_raises_nothing_but_peer_errors(stream, capacity, name):
    for message in told(stream, capacity):
        try:
            _explain(message, name)
        except PeerError as error:
            assert str(error)


def _explain(message, name):
    if isinstance(message, TextMessage):
        tag.from_text(message)
    elif isinstance(message, Frame):
        if message.channel == EVENT:
            tag.from_event(message.payload, message.truncated)
        elif message.channel == RESPONSE:
            instructions.explain_answer(name, message.payload)
        else:
            instructions.explain_command(message.cla, message.payload)
