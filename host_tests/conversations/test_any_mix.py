"""Random mixtures of faults, power cuts and restarts, on readers of every temperament.

LOQUET_SEED repeats a run; LOQUET_TALKS makes it longer.
"""

import os
import random

from host_tests.conversations.test_faults import KNOBS, decided
from host_tests.support.conversation import KNOWN, OTHER, Conversation

TALKS = int(os.environ.get("LOQUET_TALKS", "100"))
TEMPERAMENTS = (
    ("empty_poll_status", None),
    ("events_enabled_by", "power_on"),
    ("events_enabled_by", "any_command"),
    ("ping_event_order", "event_first"),
    ("extension_sequence", "first"),
    ("wakeup_gap_us", 0),
    ("answer_jitter_us", 20000),
)
RATES = (38400, 38400, 115200, 921600)


def random_talk(seed: int) -> Conversation:
    chance = random.Random(seed)
    mode = chance.choice(("wakeup", "spontaneous", "text"))
    options = dict(one for one in TEMPERAMENTS if chance.random() < 0.2)
    talk = Conversation(
        mode,
        seed=seed % 4096,
        start_tick=(1 << 29) - chance.randrange(120_000),
        options=options,
        bitrate=chance.choice(RATES),
        half_duplex=mode != "spontaneous" and chance.random() < 0.3,
    )
    talk.start(run_ms=chance.randrange(4000), boot_ms=chance.randrange(900))
    for _ in range(chance.randrange(1, 25)):
        suffer(talk, chance)
    for name, _, end in KNOBS:
        if end is not None:
            talk.fault(name, end)
    return talk


def suffer(talk: Conversation, chance: random.Random) -> None:
    """One fault, perhaps a restart of either side, and a card; the fault may stay."""
    name, value, end = chance.choice(KNOBS)
    talk.fault(name, value)
    if chance.random() < 0.2:
        talk.link.begin(talk.tick)
    if chance.random() < 0.1:
        talk.reader.power_off(talk.now_us)
        talk.run(chance.randrange(10, 3000))
        talk.reader.power_on(talk.now_us)
    talk.lay_and_take(chance.choice((KNOWN, OTHER)))
    talk.run(chance.choice((10, 100, 700, 3000, 9000)))
    if end is not None and chance.random() < 0.8:
        talk.fault(name, end)


def test_whatever_happened_the_next_known_card_opens(say):
    first = int(os.environ.get("LOQUET_SEED", "0")) or random.randrange(1, 1 << 30)
    say(f"{TALKS} talks from LOQUET_SEED={first}")
    for seed in range(first, first + TALKS):
        talk = random_talk(seed)
        talk.run(60_000)
        assert talk.state in ("ready", "unsupervised"), seed
        seen = talk.visit()
        assert seen and seen[-1].doubt is None and seen[-1].tag.tag_id == KNOWN, seed
        assert decided(talk) <= {KNOWN, OTHER}, seed
