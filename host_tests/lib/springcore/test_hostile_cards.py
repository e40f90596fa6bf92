"""Cards whose data imitates the reader: what they hold is never taken for the reader's own word.

Each message is fed through springcore.intake, undisturbed and with every one of its bytes
disturbed, lost or doubled. The claim: the card's imitation is never clean, whatever the LRC or the
checksum can see; and what they cannot see makes it at best the second clean message of a burst.
"""

from host_tests.support.by_hand import CARD, VICTIM, tag_event, tag_line
from springcore import tag
from springcore.errors import PeerError
from springcore.frame import Frame
from springcore.intake import Intake
from springcore.stream import Noise
from springcore.text import ABSENT, TextMessage

INNER = tag_event(VICTIM, sequence=1)
INNER_LINE = tag_line(VICTIM)
OTHER = tag_event(bytes(4))
OTHER_LINE = tag_line(bytes(4))

# What an attacker may put before and after the imitation: plain bytes, heads that swallow it,
# whole messages that leave no noise, line ends
BEFORE = (
    b"",
    b"\x00\x00\x00\x00",
    b"\x16",
    b"\x16\xc0\x5b\x00",
    b"\x16\xc0\x5b\x00\x16",
    b"\x16\x80\x00\x00\x00\x00\x80",
    b"$SCRDR;",
    b"\r\n",
    b"x\x07\r\n",
)
AFTER = (b"", b"\x00", INNER)
# An id may be an attacker's too
IDS = (CARD, b"\x16\xc0\x5b\x00\x00\xb0\x2b", b"\x16\x80\x00\x00\x00\x00\x80")
CHANGES = (0x01, 0x04, 0x20, 0x40, 0x80, 0x35, 0xFF)


def _disturbed(wire):
    """The bytes as they are, then with each one changed, lost or doubled."""
    yield wire
    for place in range(len(wire)):
        before, byte, after = wire[:place], wire[place], wire[place + 1 :]
        for change in CHANGES:
            yield before + bytes([byte ^ change]) + after
        yield before + after
        yield before + bytes([byte, byte]) + after


def _clean(wire):
    """The clean messages of one burst, in order, each with the id it claims or None."""
    intake = Intake(256)
    found = []
    for messages in (intake.receive(wire, 0), intake.end_burst()):
        for message in messages:
            if intake.weigh(message):
                found.append((message, _id_of(message)))
    return found


def _id_of(message):
    try:
        if isinstance(message, TextMessage):
            # Without a checksum a line decides nothing, so it claims nothing.
            seen = None if message.checksum == ABSENT else tag.from_text(message)
        else:
            seen = tag.from_event(message.payload, message.truncated)
    except PeerError:
        return None
    return getattr(seen, "tag_id", None)


def _never_clean(wires, visible):
    """No clean message of `wires` says the victim's id, if `visible`; else never the first."""
    for wire in wires:
        found = _clean(wire)
        ids = [claimed for _, claimed in found]
        assert not ids or ids[0] != VICTIM, wire.hex()
        if visible(found):
            assert VICTIM not in ids, wire.hex()


def _outer_is_broken(found):
    """The LRC has seen the disturbance: no frame begins where the reader's own did."""
    return not (found and found[0][0].offset == 0 and isinstance(found[0][0], Frame))


def _always(_found):
    return True


def test_a_frame_in_a_cards_data_is_never_clean():
    for before in BEFORE:
        for after in AFTER:
            outer = tag_event(CARD, before + INNER + after)
            assert [seen for _, seen in _clean(outer + OTHER)] == [CARD]
            _never_clean(_disturbed(outer), _outer_is_broken)


def test_an_id_that_looks_like_a_header_makes_no_difference():
    for uid in IDS:
        outer = tag_event(uid, b"\x16\xc0\x5b\x00" + INNER)
        _never_clean(_disturbed(outer), _outer_is_broken)


def test_the_next_message_in_the_burst_makes_no_difference():
    outer = tag_event(CARD, INNER)
    for wire in _disturbed(outer):
        ids = [claimed for _, claimed in _clean(wire + OTHER)]
        assert VICTIM not in ids, wire.hex()


def test_a_line_in_a_frame_is_never_clean():
    for before in (b"", b"\r\n", b"x"):
        outer = tag_event(CARD, before + INNER_LINE)
        _never_clean(_disturbed(outer), _outer_is_broken)


def test_a_length_that_the_lrc_lets_pass_ends_the_event_early_and_no_more():
    """One bit of LEN, 2F to 0F, and an id chosen to fit: the card's data begins a message."""
    filler = b"\x16\x80\x00\x00\x01\x00\x00\x81"
    outer = bytearray(b"\x16\xc0\x5b\x00\x2f\xb0\xc1\x04\x80\x03\x01\x01\xc2\x07")
    outer += b"\x04\x7d\xae\x02\xc8\x40\x39\xc3\x1e" + filler + INNER[:-1]
    lrc = 0
    for byte in outer[1:]:
        lrc ^= byte
    outer += bytes([INNER[-1], lrc ^ INNER[-1]])
    assert [claimed for _, claimed in _clean(bytes(outer))] == [outer[14:21]]
    outer[4] = 0x0F
    assert [claimed for _, claimed in _clean(bytes(outer))] == [outer[14:21]]


def test_a_line_in_a_cards_text_is_never_clean():
    for before in (b"", b"x", b"\n", b"x\r\n", b"*00\r\n", b"$SCRDR;", b"\x07\r\n"):
        for after in (b"", b"y", INNER_LINE):
            _never_clean(_disturbed(_text_line(before + INNER_LINE + after)), _always)


def test_a_frame_in_a_cards_text_is_never_clean():
    for before in (b"", b"\x07", b"\n", b"x\r\n", b"$SCRDR;"):
        _never_clean(_disturbed(_text_line(before + INNER)), _always)


def _text_line(data):
    """A $SCRDR line with these bytes as TagData, and a right checksum."""
    head = tag_line(CARD)
    body = head[: head.index(b"*") - 1] + data + b";*"
    checksum = 0
    for byte in body[1:]:
        checksum ^= byte
    return body + b"%02X\r\n" % checksum


def test_a_clean_message_is_clean_again_after_a_pause():
    intake = Intake(256)
    for wire, clean in ((OTHER_LINE, [True]), (OTHER, [True]), (b"\xff" * 5 + OTHER, [False] * 2)):
        assert [intake.weigh(message) for message in intake.receive(wire, 0)] == clean
        intake.end_burst()
        intake.forget_burst()


def test_noise_shorter_than_a_header_raises_no_doubt():
    for size in range(1, 8):
        intake = Intake(256)
        found = intake.receive(b"\xff" * size + OTHER, 0)
        assert isinstance(found[0], Noise)
        assert [intake.weigh(message) for message in found] == [False, size < 5]
