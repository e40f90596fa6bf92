"""What is timed, on whichever interpreter runs this file. Prints one JSON object.

Interpreters and machines differ; what is compared are ratios, and figures of one machine.
"""

import gc
import json
import sys
import time

from host_tests.support.by_hand import Talk, tag_event
from host_tests.support.storage import FakeJournal, cards_of
from loquet import settings as panel_settings
from loquet.entrance import Relay
from loquet.panel import Panel
from springcore import frame
from springcore.happenings import TagSeen
from springcore.stream import StreamDecoder

PAYLOADS = (16, 64, 256, 1024)
CHUNK_BYTES = 64
FRAMES = 100
ROUNDS = 5  # the best of them counts: what else the machine does only ever adds
EVENTS = 300
CARD = bytes.fromhex("04A1B2C3D4E580")

if sys.implementation.name == "micropython":
    ticks_us = time.ticks_us
else:

    def ticks_us():
        return time.perf_counter_ns() // 1000


def decode_us_per_byte(size):
    """Time that the decoder takes for each byte of frames with `size` bytes of payload."""
    data = frame.encode(frame.EVENT, 0, 0x5B, bytes(size))
    chunks = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    return min(decode_us(chunks) for _ in range(ROUNDS)) / (FRAMES * len(data))


def decode_us(chunks):
    decoder = StreamDecoder(2048)
    gc.collect()
    began = ticks_us()
    for _ in range(FRAMES):
        for chunk in chunks:
            decoder.receive(chunk)
    return ticks_us() - began


def event_to_relay_us():
    """Times from the last chunk of a known card's event to the relay's action, sorted."""
    document = {
        "readers": [{"name": "front"}],
        "doors": [{"name": "front"}],
    }
    panel = Panel(panel_settings.load(document), cards_of(CARD), FakeJournal())
    talk = Talk().ready()
    event = tag_event(CARD)
    found = []
    for _ in range(EVENTS):
        # Long enough for the card to count as a new visit.
        talk.now_ms += 10000
        talk.link.receive(b"", talk.now_ms)
        panel.advance(talk.now_ms)
        talk.poll()
        talk.link.receive(event[:8], talk.now_ms)
        gc.collect()
        began = ticks_us()
        talk.link.receive(event[8:], talk.now_ms)
        action = first_action(panel, talk)
        found.append(ticks_us() - began)
        assert isinstance(action, Relay) and action.energised
        talk.wakeup(False)
    return sorted(found)


def first_action(panel, talk):
    happening = talk.link.take()
    while not isinstance(happening, TagSeen):
        happening = talk.link.take()
    return panel.on_tag("front", happening.tag, happening.doubt, talk.now_ms)[0]


def main():
    times = event_to_relay_us()
    print(
        json.dumps(
            {
                "interpreter": sys.implementation.name,
                "decode_us_per_byte": {str(size): decode_us_per_byte(size) for size in PAYLOADS},
                "event_to_relay_us": {
                    "p50": times[len(times) // 2],
                    "p99": times[len(times) * 99 // 100],
                    "max": times[-1],
                },
            }
        )
    )


main()
