"""300,000 frames a run: nothing escapes but the package's errors, and no frame opens a door.

Each input is one frame, half of them inside noise. It goes through a StreamDecoder and is
explained, and through a Link that works and has a poll outstanding. The seed is random, printed,
and taken from LOQUET_FUZZ_SEED if that is set; a batch that fails leaves its inputs in build/fuzz/.
"""

import json
import os
import random
from functools import reduce
from operator import xor
from pathlib import Path

import pytest

from host_tests.support.by_hand import CARD, VICTIM, Talk, tag_event
from springcore import frame, instructions, tag
from springcore.errors import PeerError
from springcore.frame import COMMAND, EVENT, RESPONSE, Frame
from springcore.stream import StreamDecoder
from springcore.text import TextMessage

FRAMES = 300_000
BATCH = 1_000
LONGEST_EVERY = 20_000  # so often a frame of 64 KiB: it takes as long as a thousand others
FOLDER = Path(__file__).resolve().parents[2] / "build" / "fuzz"
CHANNELS = (COMMAND, RESPONSE, EVENT)
NAMES = [row[2] for row in instructions.INSTRUCTIONS]
PING_EVENT = frame.encode(EVENT, 0, 0x00, b"\x00")
POLL = b"\xfe"
# What the link takes for harmless noise is shorter than a header.
NOISE_MIN = 5


class Input:
    """One frame as it goes on the line. `intact` is its payload if it does so unharmed, with no
    more noise than a link may ignore; `tag_id` the only id that it may make the link believe;
    `begin` where it begins if noise comes after it."""

    def __init__(self, wire, intact=None, tag_id=None, begin=None):
        self.wire = wire
        self.intact = intact
        self.tag_id = tag_id
        self.begin = begin


# What goes in


def any_frame(rng, number):
    """Every CLA and INS in turn, any length and payload; the LRC is wrong in one of eight."""
    cla, ins = number >> 8 & 0xFF, number & 0xFF
    payload = bytes([ins]) + rng.randbytes(a_length(rng, number) - 1)
    channel = rng.choice(CHANNELS)
    wire = bytearray(frame.encode(channel, rng.randrange(16), cla, payload))
    if rng.random() < 0.03:
        wire[1] = rng.randrange(256)
    elif rng.random() < 0.125:
        wire[-1] ^= rng.randrange(1, 256)
    else:
        event = channel == EVENT and cla == 0x5B
        return Input(bytes(wire), payload, id_of(payload) if event else None)
    return Input(bytes(wire))


def a_length(rng, number):
    if number % LONGEST_EVERY == 0:
        return 65536 - number // LONGEST_EVERY % 2
    highest = rng.choices((8, 40, 130, 300, 1100, 4000), (30, 40, 20, 6, 3, 1))[0]
    return rng.randint(1, highest)


def tag_frame(rng, _number):
    """A tag that is read or inserted, with values that may be wrong in any way; LRC right."""
    values = [b"\xc1\x04" + rng.randbytes(4), b"\xc2\x07" + rng.randbytes(7)]
    codes = rng.sample((0x00, 0x85, 0xC0, 0xC3, 0xC4, 0xFF), 2)
    values += [bytes([code, 1 + code % 2]) + rng.randbytes(1 + code % 2) for code in codes]
    if rng.random() < 0.5:
        rng.shuffle(values)
    payload = bytearray(bytes([rng.choice((0x8B, 0xB0, 0xB0, 0xB1))]) + b"".join(values))
    if rng.random() < 0.5:
        payload[rng.randrange(1, len(payload))] = rng.randrange(256)
    payload = bytes(payload)
    wire = frame.encode(EVENT, rng.randrange(16), 0x5B, payload)
    return Input(wire, payload, id_of(payload))


def hostile_frame(rng, _number):
    """A card whose data holds a frame of another's, with one byte changed, lost or doubled."""
    before = rng.choice((b"", rng.randbytes(6), b"\x16", b"\x16\xc0\x5b\x00", PING_EVENT))
    wire = tag_event(CARD, before + tag_event(VICTIM) + rng.choice((b"", b"\x00", PING_EVENT)))
    place = rng.randrange(len(wire))
    byte = bytes([wire[place]])
    instead = rng.choice((bytes([rng.randrange(256)]), b"", byte + byte))
    return Input(wire[:place] + instead + wire[place + 1 :], tag_id=CARD)


def id_of(payload):
    """The id of a well-formed tag event, else None: written apart from springcore.tag."""
    values, place = {}, 1
    while place < len(payload):
        code, place = payload[place], place + 1
        size, place = _size_of(payload, place)
        if size is None or place + size > len(payload):
            return None
        if code in values and 0xC0 <= code <= 0xC4:
            return None
        values[code], place = payload[place : place + size], place + size
    whole = len(values.get(0xC1, b"")) >= 4 and len(values.get(0xC0, b"?")) == 1
    return values.get(0xC2) or None if whole and payload[0] in (0xB0, 0xB1) else None


def _size_of(payload, place):
    first = payload[place] if place < len(payload) else 0x80
    if first < 0x80:
        return first, place + 1
    end = place + 1 + (first & 0x7F)
    if not 0x81 <= first <= 0x84 or end > len(payload):
        return None, place
    return int.from_bytes(payload[place + 1 : end], "big"), end


def in_noise(rng, made):
    before, after = rng.randbytes(rng.randrange(12)), rng.randbytes(rng.randrange(12))
    intact = made.intact
    if len(before) >= NOISE_MIN or b"\x16" in before or b"$" in before:
        intact = None
    return Input(before + made.wire + after, intact, made.tag_id, len(before))


def unseen_id(one):
    """The id that nobody can tell from the right one: a byte was lost, and noise has made up for it
    so that LEN and LRC fit once more. None if they do not.
    """
    if one.begin is None:
        return None
    seen = one.wire[one.begin :]
    length = int.from_bytes(seen[3:5], "big") + 1 + frame.OVERHEAD
    whole = len(seen) >= length and reduce(xor, seen[1:length]) == 0
    return id_of(seen[5 : length - 1]) if whole else None


def inputs(seed, batch):
    """The inputs of one batch, the same for the same seed."""
    rng = random.Random(f"{seed}/{batch}")
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        make = rng.choices((any_frame, tag_frame, hostile_frame), (14, 1, 1))[0]
        made = make(rng, number)
        yield in_noise(rng, made) if rng.random() < 0.5 else made


# What must come out


class Explained:
    """A decoder for both directions, and everything explained that it tells."""

    def __init__(self):
        self.decoder = StreamDecoder(1031, CHANNELS)
        self._name = "PING"

    def feed(self, one):
        cut = len(one.wire) // 2
        found = list(self.decoder.receive(one.wire[:cut]))
        found += self.decoder.receive(one.wire[cut:])
        found += self.decoder.flush()
        for message in found:
            try:
                self._explain(message)
            except PeerError:
                pass
        if one.intact is not None:
            payloads = [seen.payload for seen in found if isinstance(seen, Frame)]
            assert one.intact[:1026] in payloads, "an intact frame was not told"

    def _explain(self, message):
        if isinstance(message, TextMessage):
            tag.from_text(message)
        elif isinstance(message, Frame) and message.channel == EVENT:
            tag.from_event(message.payload, message.truncated)
        elif isinstance(message, Frame) and message.channel == RESPONSE:
            instructions.explain_answer(self._name, message.payload)
        elif isinstance(message, Frame):
            name, _ = instructions.explain_command(message.cla, message.payload)
            self._name = name or self._name


class Polling:
    """A link at work whose poll every input finds outstanding."""

    def __init__(self):
        self.talk = Talk(events="wakeup").ready()

    def feed(self, one):
        self._poll()
        self.talk.happenings.clear()
        cut = len(one.wire) // 3
        self.talk.hear(one.wire[:cut])
        self.talk.hear(one.wire[cut:])
        believed = self.talk.ids()
        self.talk.wait(100)
        believed += self.talk.ids()[len(believed) :]
        wrong = [tag_id for tag_id in believed if tag_id != one.tag_id]
        assert not wrong or wrong == [unseen_id(one)], f"it believes {believed}"
        if one.intact is not None and one.tag_id is not None and len(one.intact) < 1000:
            assert believed == [one.tag_id], "a good tag was not believed"
        # If that was no event, this one ends the poll.
        self.talk.hear(PING_EVENT)
        self.talk.wakeup(False)
        self.talk.wait(100)

    def _poll(self):
        self.talk.wakeup(True)
        sent = self.talk.transmit() if self.talk.link.state == "ready" else None
        if sent is None or frame.decode(sent).payload != POLL:
            self.recover()
            self.talk.poll()

    def recover(self):
        """A well-behaved reader answers until the link works and has nothing to say."""
        talk = self.talk
        talk.wakeup(False)
        for _ in range(400):
            sent = talk.transmit()
            if sent is not None:
                self._serve(frame.decode(sent))
            elif talk.link.state == "ready" and talk.link.quiet:
                return
            else:
                talk.wait(max(1, talk.link.next_due(talk.now_ms) or 1))
        raise AssertionError(f"the link stays {talk.link.state}")

    def _serve(self, command):
        self.talk.answer(command)
        if command.cla == 0x00 and command.payload == b"\x01":
            self.talk.wakeup(True)
            self.talk.transmit()
            self.talk.hear(PING_EVENT)
            self.talk.wakeup(False)

    def expect_a_known_card_to_be_believed(self):
        self.recover()
        self.talk.happenings.clear()
        self.talk.poll()
        self.talk.hear(tag_event(CARD))
        assert self.talk.ids() == [CARD], "a known card was not believed"
        self.talk.wakeup(False)


def run(batch_inputs, done):
    """Feeds one batch; `done` grows by the hex of each input before it is fed."""
    explained, polling = Explained(), Polling()
    for one in batch_inputs:
        done.append(one.wire.hex())
        explained.feed(one)
        polling.feed(one)
    polling.expect_a_known_card_to_be_believed()


def test_no_frame_breaks_anything_or_opens_a_door(say):
    seed = os.environ.get("LOQUET_FUZZ_SEED") or str(random.SystemRandom().randrange(1 << 32))
    say(f"{FRAMES} frames, LOQUET_FUZZ_SEED={seed}")
    for batch in range(FRAMES // BATCH):
        done: list[str] = []
        try:
            run(inputs(seed, batch), done)
        except Exception as error:
            path = keep(seed, batch, done, error)
            raise AssertionError(f"LOQUET_FUZZ_SEED={seed}: {error!r}; see {path}") from error


def keep(seed, batch, done, error):
    """Writes what the batch was fed, the failing input last."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{seed}-{batch}.json"
    failed = {"seed": seed, "batch": batch, "error": repr(error), "inputs": done}
    path.write_text(json.dumps(failed, indent=1))
    return path


# The test of the test: it must see what it is there to see


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (Input(tag_event(VICTIM), tag_id=CARD), "it believes"),
        (Input(tag_event(VICTIM)[:-1] + b"\x00", tag_event(VICTIM)[5:-1], VICTIM), "not told"),
        (Input(tag_event(VICTIM) + b"\xff", b"\xb0", VICTIM), "not told"),
    ],
)
def test_a_link_that_believed_the_wrong_card_would_be_caught(one, words):
    with pytest.raises(AssertionError, match=words):
        run([one], [])


def test_the_same_seed_makes_the_same_inputs_and_every_batch_others():
    first = [one.wire for one in inputs("7", 3)]
    assert first == [one.wire for one in inputs("7", 3)]
    assert first != [one.wire for one in inputs("7", 4)]
