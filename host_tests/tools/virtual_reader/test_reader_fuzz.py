"""Whatever is heard, the reader sends whole messages, one after another, and goes on living."""

from random import Random

import pytest

from host_tests.tools.virtual_reader.rig import LineRig, command
from loquet_tools.virtual_reader import Card, Registers
from loquet_tools.virtual_reader.damage import passes
from loquet_tools.virtual_reader.wire import duration_us

CARDS = [Card(bytes((4, number, 0, 7)), protocol=1 + number % 2) for number in range(3)]
DAMAGES = ("drop", "duplicate", "corrupt", "corrupt_unseen", "truncate", "split", "merge")


def random_command(random):
    ins = random.choice([0x00, 0x01, 0x11, 0x81, 0x82, 0x8E, 0xA0, 0xA1, 0xF0, 0xFC, 0xFE, 0x90])
    cla = random.choice([0x00, 0x58, 0x5E, random.randrange(256)])
    data = random.randbytes(random.choice([0, 0, 1, 2, 4, random.randrange(40)]))
    return command(random.randrange(16), cla, random.choice([ins, random.randrange(256)]), data)


def act(random, rig):
    chance = random.random()
    if chance < 0.6:
        rig.hear(random_command(random))
    elif chance < 0.7:
        rig.hear(random.randbytes(30), bitrate=random.choice([38400, 115200]))
    elif chance < 0.85:
        rig.reader.present(random.choice(CARDS), rig.now_us)
    else:
        rig.reader.remove(rig.now_us, random.choice([None, *CARDS]))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("mode", ["wakeup", "spontaneous"])
def test_any_bytes_and_any_order(seed, mode):
    random = Random(seed)
    registers = Registers.smart_reader(seed % 4, move_tracking=seed >= 4)
    rig = LineRig(seed=seed, registers=registers, event_mode=mode, slow_ms={(0x58, 0x90): 950})
    for name in DAMAGES:
        rig.line.set(name, 0.05)
    for _ in range(300):
        act(random, rig)
        rig.run(us=random.randrange(1, 60_000))
    check_messages(rig)
    for name in DAMAGES:
        rig.line.set(name, "off")
    rig.run(2000)
    rig.ask(command(1, 0x00, 0xFC), wait_ms=2000)
    assert rig.ask(command(2, 0x00, 0x00)) == ["16 82 00 00 00 00 82"]


def check_messages(rig):
    free_us = 0
    for output in rig.outputs:
        if output.kind == "power":
            free_us = 0  # what was being sent is cut
        if output.kind != "tx":
            continue
        assert passes(output.value) or output.value[:1] in b"#+", output.value.hex(" ")
        assert output.at_us >= free_us
        free_us = output.at_us + duration_us(len(output.value), output.bitrate)
