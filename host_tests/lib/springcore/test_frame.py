"""One frame both ways, and every way in which bytes are not a frame."""

from host_tests.lib.springcore.worked import ANSWERS, COMMANDS, EVENTS, FRAMES, PING_EVENT, octets
from host_tests.support.check import raises
from springcore import frame
from springcore.errors import FrameError, UsageError

# (payload length, LEN): the ends of one byte, of two, and what lies beside them
LENGTHS = (
    (1, "0000"),
    (2, "0001"),
    (255, "00FE"),
    (256, "00FF"),
    (257, "0100"),
    (1024, "03FF"),
    (65535, "FFFE"),
    (65536, "FFFF"),
)


def _comes_back(text, channel, sequence, cla):
    wire = octets(text)
    found = frame.decode(wire)
    assert (found.channel, found.sequence, found.cla) == (channel, sequence, cla), text
    assert found.payload == wire[5:-1] and isinstance(found.payload, bytes), text
    assert (found.offset, found.length) == (0, len(wire)), text
    assert not found.truncated and not found.suspect, text
    assert frame.encode(channel, sequence, cla, found.payload) == wire, text


def test_every_worked_frame_is_decoded_and_encoded():
    for text, sequence, cla, _, _ in COMMANDS:
        _comes_back(text, frame.COMMAND, sequence, cla)
    for text, sequence, cla, _, _, _, _ in ANSWERS:
        _comes_back(text, frame.RESPONSE, sequence, cla)
    for text, sequence, _ in EVENTS:
        _comes_back(text, frame.EVENT, sequence, 0x5B)
    _comes_back(PING_EVENT, frame.EVENT, 0, 0x00)


def test_len_is_the_payload_minus_one():
    for size, length in LENGTHS:
        payload = bytes([size & 0xFF]) * size
        wire = frame.encode(frame.EVENT, 5, 0x5B, payload)
        assert wire[:5] == octets("16C55B" + length), size
        assert len(wire) == size + frame.OVERHEAD
        assert frame.decode(wire).payload == payload


def test_the_lrc_leaves_out_start_and_itself():
    for text in FRAMES:
        wire = octets(text)
        lrc = 0
        for byte in wire[1:-1]:
            lrc ^= byte
        assert frame.lrc_of(wire[1:-1]) == wire[-1] == lrc
        assert frame.lrc_of(wire[3:-1], frame.lrc_of(wire[1:3])) == lrc


def test_any_buffer_is_encoded_and_decoded_like_bytes():
    wire = octets(PING_EVENT)
    for kind in (bytes, bytearray, memoryview):
        assert frame.decode(kind(wire)).payload == b"\x00"
        assert frame.encode(frame.EVENT, 0, 0, kind(b"\x00")) == wire


def test_a_payload_is_a_copy_of_its_own():
    wire = bytearray(octets(PING_EVENT))
    found = frame.decode(wire)
    wire[5] = 0xFF
    assert found.payload == b"\x00"


def test_what_no_frame_can_carry_is_refused_by_name():
    cases = (
        ("channel", (0x40, 0, 0, b"\0")),
        ("channel", (0x01, 0, 0, b"\0")),
        ("sequence", (frame.COMMAND, -1, 0, b"\0")),
        ("sequence", (frame.COMMAND, 16, 0, b"\0")),
        ("cla", (frame.COMMAND, 0, -1, b"\0")),
        ("cla", (frame.COMMAND, 0, 256, b"\0")),
        ("payload", (frame.COMMAND, 0, 0, b"")),
        ("payload", (frame.COMMAND, 0, 0, bytes(frame.PAYLOAD_MAX + 1))),
    )
    for name, arguments in cases:
        assert str(raises(UsageError, frame.encode, *arguments)).startswith(name), name


def test_only_three_high_nibbles_of_the_pcb_are_allowed_and_a_refusal_names_the_bit():
    bits = {0x1: 4, 0x2: 5, 0x3: 5, 0x4: 6, 0x5: 4, 0x6: 5, 0x7: 5}
    bits.update({0x9: 4, 0xA: 5, 0xB: 5, 0xD: 4, 0xE: 5, 0xF: 5})
    for pcb in range(256):
        wire = bytes([0x16, pcb, 0, 0, 0, 0, pcb])
        bit = bits.get(pcb >> 4)
        if bit is None:
            assert frame.refusal_of(pcb) is None
            assert frame.decode(wire).sequence == pcb & 0x0F
        else:
            refusal = str(raises(FrameError, frame.decode, wire))
            assert refusal == frame.refusal_of(pcb)
            assert refusal.startswith("PCB %02X: bit %d " % (pcb, bit)), refusal


def test_no_single_disturbed_byte_goes_unnoticed():
    for text in FRAMES:
        wire = bytearray(octets(text))
        for place in range(len(wire)):
            good = wire[place]
            for change in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF, 0x5A):
                wire[place] = good ^ change
                raises(FrameError, frame.decode, wire)
            wire[place] = good


def test_every_part_of_a_frame_is_refused():
    wire = octets(EVENTS[0][0])
    for size in range(len(wire)):
        raises(FrameError, frame.decode, wire[:size])
    raises(FrameError, frame.decode, wire + b"\x00")
    raises(FrameError, frame.decode, wire[1:])


def test_a_refusal_says_what_is_wrong():
    cases = (
        ("16 80 00 00 00 00", "6 bytes"),
        ("17 80 00 00 00 00 80", "first byte 17"),
        ("16 80 00 00 01 00 81", "LEN makes a frame of 8 bytes, here are 7"),
        ("16 80 00 00 00 00 81", "LRC 81: computed 80"),
    )
    for text, words in cases:
        error = str(raises(FrameError, frame.decode, octets(text)))
        assert error.startswith(words), error


def test_a_frame_is_truncated_when_its_payload_is_less_than_its_length():
    whole = frame.Frame(frame.EVENT, 0, 0x5B, bytes(10), 0, 16, False)
    head = frame.Frame(frame.EVENT, 0, 0x5B, bytes(10), 0, 17, True)
    assert not whole.truncated and head.truncated
    assert repr(whole).endswith("payload=00000000000000000000)")
    assert repr(head).endswith(" truncated suspect)")
