"""The stream told apart: every message, however the bytes are cut and whatever surrounds them."""

from host_tests.lib.springcore.worked import (
    EVENTS,
    FRAMES,
    HELLO,
    HELLO_CHECKSUMS,
    SCCMD,
    SCRDR,
    octets,
)
from host_tests.support.check import raises
from host_tests.support.feeding import Lcg, described, fed_every_way, messages_of
from springcore import frame
from springcore.errors import UsageError
from springcore.frame import EVENT, FRAME_MAX, RESPONSE, Frame
from springcore.stream import CAPACITY_MIN, NOISE_HEAD, Noise, StreamDecoder
from springcore.text import RULES, TextMessage

CAPACITIES = (64, 65, 100, 128, 1031, 4096, FRAME_MAX)
# Around the capacities above, and the ends of one byte of LEN
PAYLOADS = (1, 2, 57, 58, 59, 60, 64, 93, 94, 95, 122, 255, 256, 257, 1024, 1025, 1026)

HELLOS = tuple(HELLO + digits + b"\r\n" for _, digits in HELLO_CHECKSUMS) + (b"$SCRDR\r\n",)
LINES = (SCRDR,) + HELLOS + tuple(line for line, _ in SCCMD)
MESSAGES = tuple(octets(text) for text in FRAMES) + LINES

# Noise that begins no message and leaves none open: plain, and with starts that turn out none
QUIET_NOISE = b"\xff\x00\x80"
FALSE_STARTS = b"\x16\xff$x\x16\x16$S$SC1\x16\x40\x16$"
GOOD = octets(EVENTS[0][0])
OTHER = octets(EVENTS[2][0])


def _sized(size, seed=1):
    """An event frame with a payload of `size` random bytes."""
    return frame.encode(EVENT, size & 0x0F, 0x5B, Lcg(seed).octets(size))


def _broken(wire):
    return wire[:-1] + bytes([wire[-1] ^ 0xFF])


def _line(size, rule="c"):
    """A good line of `size` bytes in all, CR and LF counted."""
    body = b"$SCRDR;03;01;01;;04;;" + b"A" * (size - 27) + b";*"
    return body + b"%02X\r\n" % (frame.lrc_of(body[1:-1]) ^ dict(RULES)[rule])


def _kinds(messages):
    """One letter a message: frame, text, noise; suspect ones with a question mark."""
    letters = {"frame": "f", "text": "t", "noise": "n"}
    return "".join(
        [
            letters[described(message)[0]] + ("?" if getattr(message, "suspect", False) else "")
            for message in messages
        ]
    )


def _only(kind, messages):
    return [message for message in messages if isinstance(message, kind)]


def _places(messages):
    return [(message.offset, message.length) for message in messages]


def _tell_the_same_in_noise(noise):
    """Each message with `noise` before, between and after: all found, all noise accounted for."""
    for wire in MESSAGES:
        data = noise + wire + noise + wire + noise
        found = fed_every_way(data, 256)
        letter = "f" if wire[:1] == b"\x16" else "t"
        assert _kinds(found) == "n" + letter + "n" + letter + "n", data
        step = len(noise) + len(wire)
        assert found[1].offset == len(noise) and found[3].offset == len(noise) + step
        alone = described(messages_of([wire], 256)[0])
        for message in (found[1], found[3]):
            assert described(message)[3:] == alone[3:]
            assert message.length == len(wire)
        for index in (0, 2, 4):
            assert found[index].offset == index // 2 * step
            assert (found[index].length, found[index].head) == (len(noise), noise)


# Good messages


def test_every_worked_frame_says_what_it_says_alone():
    for text in FRAMES:
        wire = octets(text)
        found = fed_every_way(wire, 256)
        assert [described(message) for message in found] == [described(frame.decode(wire))]


def test_all_messages_in_a_row_are_told_in_order():
    found = fed_every_way(b"".join(MESSAGES), 256)
    assert len(found) == len(MESSAGES)
    place = 0
    for message, wire in zip(found, MESSAGES):
        assert (message.offset, message.length) == (place, len(wire))
        place += len(wire)


def test_noise_around_messages_changes_nothing_in_them():
    _tell_the_same_in_noise(QUIET_NOISE)


def test_false_starts_around_messages_change_nothing_in_them():
    _tell_the_same_in_noise(FALSE_STARTS)


def test_every_way_to_cut_two_messages_in_two_reads_tells_both():
    for data in (GOOD + SCRDR, SCRDR + GOOD, b"\x16" + GOOD + b"$" + SCRDR):
        whole = [described(message) for message in messages_of([data], 128)]
        for cut in range(len(data) + 1):
            found = messages_of([data[:cut], data[cut:]], 128)
            assert [described(message) for message in found] == whole, cut


def test_any_buffer_may_be_fed_and_is_not_kept():
    for kind in (bytes, bytearray, memoryview):
        decoder = StreamDecoder(64)
        assert decoder.receive(kind(GOOD[:9])) == ()
        chunk = bytearray(GOOD[9:])
        found = decoder.receive(kind(chunk))
        chunk[:] = bytes(len(chunk))
        assert found[0].payload == GOOD[5:-1]


def test_no_bytes_and_no_silence_tell_nothing():
    decoder = StreamDecoder(64)
    for data in (b"", b"\x16", b"", b"\xc0", b""):
        assert len(decoder.receive(data)) == 0
    assert _kinds(decoder.flush()) == "n"
    assert len(decoder.flush()) == 0


def test_a_decoder_has_room_for_64_bytes_to_the_longest_frame():
    for capacity in (CAPACITY_MIN, FRAME_MAX):
        StreamDecoder(capacity)
    for capacity in (0, CAPACITY_MIN - 1, FRAME_MAX + 1):
        assert str(raises(UsageError, StreamDecoder, capacity)).startswith("capacity")


# Sizes


def test_frames_of_every_size_are_whole_or_truncated_by_the_capacity():
    for capacity in CAPACITIES:
        wires = [_sized(size, capacity + size) for size in PAYLOADS]
        found = fed_every_way(QUIET_NOISE.join(wires), capacity, seeds=(1, 2))
        frames = _only(Frame, found)
        assert _kinds(found) == "n".join("f" * len(wires)), capacity
        for wire, message in zip(wires, frames):
            assert message.length == len(wire)
            # One byte more than the buffer is the LRC, which need not be kept.
            assert message.truncated == (len(wire) > capacity + 1), (capacity, len(wire))
            assert message.payload == wire[5 : min(capacity, len(wire) - 1)]


def test_the_longest_frame_is_told_with_every_capacity():
    wire = _sized(65536, 7)
    data = wire + GOOD
    for capacity in (64, 1031, FRAME_MAX):
        for size in (1, 1000, len(data)):
            pieces = (data[place : place + size] for place in range(0, len(data), size))
            found = messages_of(pieces, capacity)
            assert _kinds(found) == "ff" and found[1].offset == len(wire)
            assert found[0].truncated == (capacity < FRAME_MAX)
            assert found[0].payload == wire[5 : min(capacity, len(wire) - 1)]


def test_lines_of_every_size_around_the_buffers_are_told():
    for capacity in (64, 100):
        for size in range(capacity - 6, capacity + 12):
            for end in (b"\r\n", b"\n"):
                wire = _line(size)[:-2] + end
                found = fed_every_way(wire + GOOD, capacity, seeds=(1, 2, 3))
                assert _kinds(found) == "tf", (capacity, size, end)
                line = found[0]
                assert (line.checksum, line.rule) == ("valid", "c"), (capacity, size, end)
                assert line.length == len(wire)
                # What the buffer must hold is the line itself, not its end.
                assert line.truncated == (len(wire) - len(end) > capacity)
                assert line.line == wire[: -len(end)][:capacity]


def test_long_lines_are_checked_to_their_end():
    for size in (65, 66, 67, 68, 69, 70, 200, 3000):
        good = _line(size)
        cases = [
            (_line(size, "d"), "valid", "d"),
            (good.replace(b"*", b"+"), "absent", None),
            (good[:-3] + b"X\r\n", "invalid", None),
            (good[:30] + b"B" + good[31:], "invalid", None),
        ]
        for wire, checksum, rule in cases:
            found = fed_every_way(wire + GOOD, 64, seeds=(1, 2, 3))
            line = found[0]
            assert (line.checksum, line.rule) == (checksum, rule), (size, checksum)
            assert line.length == size and line.truncated == (size > 66)
            assert described(found[-1])[0] == "frame" and not found[-1].suspect


def test_a_long_line_with_a_control_character_is_broken_wherever_it_stands():
    for place in (30, 62, 63, 64, 65, 66, 100, 194, 195):
        wire = bytearray(_line(200))
        wire[place] = 0x07
        wire[-4:-2] = b"%02X" % (frame.lrc_of(wire[1:-5]) ^ 0x2A)
        for capacity in (64, 1000):
            found = fed_every_way(bytes(wire) + GOOD, capacity, seeds=(1, 2, 3))
            assert _kinds(found) == "nf", (place, capacity)
            assert found[0].length == len(wire)


def test_after_a_long_message_a_decoder_is_in_step():
    for long in (_sized(300), _line(300), _broken(_sized(300)), b"\xff" * 300):
        found = fed_every_way(long + GOOD + SCRDR + OTHER, 64, seeds=(1, 2, 3))
        assert _kinds(found)[-3:] == "ftf"
        assert [message.offset for message in found[-3:]] == [len(long), len(long + GOOD)] + [
            len(long + GOOD + SCRDR)
        ]


# Broken frames


def test_a_broken_frame_is_noise_with_its_reason():
    wire = _broken(GOOD)
    found = fed_every_way(wire + OTHER, 64)
    assert _kinds(found) == "nf"
    assert (found[0].length, found[0].head) == (len(wire), wire)
    assert found[0].reason == "broken frame: wrong LRC"


def test_no_single_disturbed_byte_hides_the_frame_after_it():
    """The next frame is found; it is suspect only where the disturbed length reaches into it."""
    for place in range(len(GOOD)):
        for change in (0x01, 0x10, 0x80):
            wire = bytearray(GOOD)
            wire[place] ^= change
            found = messages_of([bytes(wire), QUIET_NOISE + OTHER + OTHER], 256)
            frames = _only(Frame, found)
            assert [message.payload for message in frames] == [OTHER[5:-1]] * 2, (place, change)
            assert place in (3, 4) or not frames[0].suspect, (place, change)


def test_no_lost_or_doubled_byte_hides_the_frame_after_the_next():
    """The next frame itself can be lost only to a length that took its start byte."""
    for place in range(len(GOOD)):
        lost = GOOD[:place] + GOOD[place + 1 :]
        doubled = GOOD[: place + 1] + GOOD[place:]
        for wire in (lost, doubled):
            found = fed_every_way(wire + OTHER + OTHER, 256, seeds=(1, 2))
            frames = [m for m in _only(Frame, found) if m.payload == OTHER[5:-1]]
            assert len(frames) == 2, (place, wire)
            assert wire is lost or not frames[1].suspect or place in (1, 2, 3, 4)


def test_a_length_that_is_too_long_swallows_nothing_for_good():
    wire = bytearray(GOOD)
    wire[4] += 30  # now the claim ends inside the second of the frames that follow
    found = fed_every_way(bytes(wire) + OTHER + OTHER + OTHER, 256)
    assert _kinds(found) == "nf?f?f"
    assert _places(found)[1] == (len(wire), len(OTHER))


def test_a_length_that_is_too_short_leaves_the_rest_as_noise():
    wire = bytearray(GOOD)
    wire[4] -= 6
    found = fed_every_way(bytes(wire) + OTHER, 256)
    assert _kinds(found) == "nf" and found[0].length == len(wire)


def test_a_frame_inside_a_broken_frame_is_found_and_suspect():
    outer = frame.encode(EVENT, 1, 0x5B, b"\xb0" + OTHER + b"\x00" + SCRDR + b"\x01")
    found = fed_every_way(_broken(outer) + GOOD, 256)
    assert _kinds(found) == "nf?nt?nf"
    assert found[1].payload == OTHER[5:-1] and found[1].offset == 6
    assert found[3].line == SCRDR[:-2]


def test_a_frame_that_goes_on_beyond_the_broken_one_is_suspect_too():
    claims_ten_bytes = b"\x16\xc1\x5b\x00\x03\xb0"
    found = fed_every_way(claims_ten_bytes + OTHER + GOOD, 256)
    assert _kinds(found) == "nf?f"


def test_a_message_inside_an_intact_one_is_never_told():
    for inner in (GOOD, OTHER + GOOD, SCRDR, b"\r\n" + SCRDR):
        outer = frame.encode(EVENT, 1, 0x5B, b"\xb0" + inner + b"\x00")
        found = fed_every_way(outer + GOOD, 256)
        assert _kinds(found) == "ff" and _places(found)[0] == (0, len(outer))
    line = b"$SCRDR;1;2;3;;04;;$SCRDR;5;6*00$SCCMD;SEQ=60*11;\r\n"
    assert _kinds(fed_every_way(line + GOOD, 256)) == "tf"


def test_what_is_suspect_ends_with_the_broken_claim():
    broken = _broken(_sized(40, 3))
    for gap in (0, 1, 5):
        found = fed_every_way(broken + b"\xff" * gap + GOOD, 256)
        assert not found[-1].suspect
    within = broken[:-3] + GOOD
    assert fed_every_way(within, 256)[-1].suspect


def test_a_broken_long_frame_gives_back_what_is_in_the_buffer():
    outer = frame.encode(EVENT, 1, 0x5B, b"\xb0" + OTHER + bytes(100) + GOOD + b"\x01")
    found = fed_every_way(_broken(outer) + GOOD, 64)
    assert _kinds(found) == "nf?nf"
    assert found[1].payload == OTHER[5:-1]
    assert sum([message.length for message in found]) == len(outer + GOOD)


def test_a_line_in_the_head_of_a_broken_long_frame_has_its_own_length():
    for line in (SCRDR, SCRDR.replace(b"*47", b"*48")):
        outer = frame.encode(EVENT, 1, 0x5B, b"\xb0" + line[-50:] + line + bytes(100))
        found = fed_every_way(_broken(outer) + GOOD, 128)
        assert _kinds(found) == "nt?nf"
        assert _places(found)[1] == (56, len(line))
        assert sum([message.length for message in found]) == len(outer + GOOD)


def test_a_wrong_pcb_is_noise_with_a_reason_that_names_the_bit():
    for pcb, words in ((0x20, "bit 5"), (0x9F, "bit 4"), (0x40, "bit 6"), (0x10, "bit 4")):
        wire = bytes([0x16, pcb, 0, 0, 0, 0, pcb])
        found = fed_every_way(wire + GOOD, 64)
        assert _kinds(found) == "nf" and not found[1].suspect
        assert "PCB %02X" % pcb in found[0].reason and words in found[0].reason


def test_a_command_on_a_line_that_carries_none_is_noise_that_says_so():
    for text in FRAMES:
        wire = octets(text)
        found = fed_every_way(wire, 256, channels=(RESPONSE, EVENT))
        if wire[1] < 0x80:
            assert _kinds(found) == "n"
            assert "PCB %02X: a command" % wire[1] in found[0].reason
        else:
            assert _kinds(found) == "f"


# Broken lines


def test_a_line_with_control_characters_is_broken_and_searched():
    for control in (0x00, 0x07, 0x09, 0x0D, 0x16, 0x1F):
        data = b"$SCRDR;1;2;3;;04;;a" + bytes([control]) + GOOD + b"*47\r\n"
        found = fed_every_way(data + OTHER, 256)
        assert "f?" in _kinds(found) and _kinds(found)[-1] == "f", control
        assert found[0].reason == "broken line: control characters in it"


def test_an_invalid_line_is_told_and_searched_without_being_noise():
    inner = b"$SCRDR;5;6;7;;08;;;*"
    inner += b"%02X" % frame.lrc_of(inner[1:-1])
    data = b"$SCRDR;1;2;3;;04;;" + inner + b"\r\n"
    found = fed_every_way(data + GOOD, 256)
    assert _kinds(found) == "tt?f"
    assert (found[0].checksum, found[1].checksum, found[1].rule) == ("invalid", "valid", "b")
    assert _places(found)[1] == (18, len(data) - 18)


def test_noise_after_an_invalid_line_has_no_reason_of_the_lines():
    for line in (SCRDR.replace(b"*47", b"*$0"), b"$SCRDR;1;$SCRDR;" + b"A" * 100 + b"*00\r\n"):
        found = fed_every_way(line + QUIET_NOISE + GOOD, 64)
        assert _kinds(found) == "tnf"
        assert found[1].reason is None


def test_a_dollar_that_starts_no_message_is_noise_at_once():
    for start in (b"$", b"$$", b"$A", b"$S1", b"$SC", b"$SCr", b"$SCRD1", b"$SCRDRX", b"$SCRDR "):
        found = fed_every_way(start + GOOD + SCRDR, 256)
        assert _kinds(found) == "nft", start
        assert found[0].length == len(start)


def test_only_two_kinds_of_start_and_three_capitals_begin_a_line():
    for kind in (b"SCRDR", b"SCCMD", b"SCABC", b"SCZZZ"):
        assert fed_every_way(b"$" + kind + b"\r\n", 64)[0].kind == kind


# Silence


def test_what_waits_when_the_line_falls_silent_is_noise():
    for wire in (GOOD, SCRDR):
        for size in range(1, len(wire)):
            found = fed_every_way(wire[:size], 128, seeds=(1, 2))
            assert _kinds(found) == "n" and found[0].head == wire[:size]


def test_a_message_inside_one_that_was_cut_off_is_found_and_suspect():
    for head in (b"\x16\xc0\x5b\xff\xff\xb0", b"\x16\xc0\x5b\x00\x60\xb0", b"$SCRDR;1;2"):
        for capacity in (64, 256):
            found = fed_every_way(head + GOOD, capacity)
            assert _kinds(found) == "nf?", head
            assert found[0].reason == "broken message: cut off"


def test_silence_ends_the_distrust():
    decoder = StreamDecoder(64)
    decoder.receive(b"\x16\xc0\x5b\x00\x60\xb0" + GOOD[:5])
    assert _kinds(decoder.flush()) == "n"
    found = decoder.receive(GOOD)
    assert _kinds(found) == "f" and found[0].offset == 11


def test_a_long_message_that_is_cut_off_is_noise_in_all_its_length():
    for wire in (_sized(300)[:-1], _line(300)[:-1]):
        found = fed_every_way(wire, 64, seeds=(1, 2, 3))
        assert sum([message.length for message in found]) == len(wire)
        assert _kinds(found).replace("n", "").replace("f?", "") == ""


def test_a_decoder_says_whether_something_waits():
    decoder = StreamDecoder(64)
    assert not decoder.waiting and not decoder.unsettled
    decoder.receive(b"\xff")
    assert not decoder.waiting and decoder.unsettled
    decoder.receive(GOOD[:1])
    assert decoder.waiting and decoder.unsettled
    decoder.receive(GOOD[1:])
    assert not decoder.waiting
    decoder.receive(_sized(100)[:-1])
    assert decoder.waiting
    decoder.flush()
    assert not decoder.waiting


def test_a_decoder_says_how_much_a_frame_lacks_as_soon_as_it_can():
    decoder = StreamDecoder(64)
    wire = _sized(30)
    lacking = []
    for byte in b"\xff" + wire:
        decoder.receive(bytes([byte]))
        lacking.append(decoder.lacking)
    # Noise, then what a header lacks, then what the whole frame does.
    assert lacking == [0, 4, 3, 2, 1] + list(range(len(wire) - 5, -1, -1))


def test_only_a_frame_lacks_bytes_and_none_that_is_longer_than_the_buffer():
    decoder = StreamDecoder(64)
    decoder.receive(_line(40)[:20])
    assert decoder.lacking == 0
    decoder.flush()
    decoder.receive(_sized(300)[:64])
    assert decoder.lacking == 306 - 64
    decoder.receive(bytes(10))
    assert decoder.waiting and decoder.lacking == 0


# Noise


def test_other_protocols_of_these_readers_are_named():
    cases = (
        (b"# M519/RDR\r\n", "MK1 start"),
        (b"+04A1B2C3D4E580\r\n", "MK1 card"),
        (b'{"Reader":{}}', "JSON"),
        (b"\xcd\x00\x62\x00\x00", "CCID"),
    )
    for wire, name in cases:
        for before in (b"", b"\x00", b"\xff\x00", b"x\r\n"):
            found = fed_every_way(before + wire + GOOD, 64)
            assert _kinds(found) == "nf"
            assert found[0].looks_like.startswith(name), before + wire
    assert fed_every_way(QUIET_NOISE)[0].looks_like is None


def test_long_noise_is_counted_in_full_and_shown_in_part():
    noise = Lcg(5).octets(3000).replace(b"\x16", b"\x17").replace(b"$", b"%")
    for capacity in (64, 1031):
        found = fed_every_way(noise + GOOD, capacity, seeds=(1, 2, 3))
        assert _kinds(found) == "nf"
        assert (found[0].length, found[0].head) == (3000, noise[:NOISE_HEAD])


def test_bytes_that_were_not_kept_are_not_replaced_in_the_head_by_later_ones():
    outer = frame.encode(EVENT, 1, 0x5B, b"\xb0" + bytes(36) + GOOD + bytes(100))
    found = fed_every_way(_broken(outer) + b"+1" + OTHER, 64)
    assert _kinds(found) == "nf?nf"
    assert (found[2].length, found[2].head, found[2].looks_like) == (103, b"", None)
    assert found[2].reason == "broken frame: wrong LRC"


def test_noise_is_told_before_what_follows_it_and_not_in_pieces():
    decoder = StreamDecoder(64)
    for byte in QUIET_NOISE * 5:
        assert decoder.receive(bytes([byte])) == ()
    assert _kinds(decoder.receive(GOOD + QUIET_NOISE)) == "nf"
    assert _kinds(decoder.flush()) == "n"


def test_repr_names_what_it_is():
    found = messages_of([b"+1" + GOOD + SCRDR])
    assert isinstance(found[0], Noise) and isinstance(found[2], TextMessage)
    for message, words in zip(found, ("Noise(offset=0", "Frame(channel=C0", "TextMessage(")):
        assert repr(message).startswith(words)


def test_line_that_never_ends_is_given_up():
    decoder = StreamDecoder(64)
    told = list(decoder.receive(b"$SCRDR;" + b"x" * 0x10100))
    told += decoder.receive(frame.encode(EVENT, 0, 0x5B, b"\x8b"))
    assert isinstance(told[-1], Frame)
    assert not told[-1].suspect
