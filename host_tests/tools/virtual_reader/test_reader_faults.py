"""The faulty line: every knob does what its name says, and the seed brings it all back."""

from random import Random

import pytest

from host_tests.tools.virtual_reader.rig import LineRig, Rig, command
from loquet_tools.virtual_reader import Card, Registers, damage
from loquet_tools.virtual_reader.framing import checksum_valid, frame, lrc
from loquet_tools.virtual_reader.knobs import KNOBS
from loquet_tools.virtual_reader.registers import OUTPUT_SCRDR

CARD = Card(bytes.fromhex("04A1B2C3D4E580"))
PING = command(1, 0x00, 0x00)
PONG = bytes.fromhex("16 81 00 00 00 00 81")
PRODUCT = command(1, 0x58, 0x20, b"\x00")
PING_EVENT = command(2, 0x00, 0x01)
POLL = command(3, 0x00, 0xFE)
EVENT = frame(0xC0, 1, 0x5B, bytes.fromhex("B0C10480030100C207047DAE02C84080"))
LINE = b"$SCRDR;13.56;NFC-A;1;;047DAE02C84080;;00047DAE02C84080;*47\r\n"


def heard(rig, data, wait_ms=300):
    rig.ask(data, wait_ms)
    return rig.heard()


def test_without_faults_the_line_is_transparent_and_takes_its_time():
    rig = LineRig()
    assert heard(rig, PING) == PONG
    sent_us = rig.times("tx")[0]
    asked_us = rig.now_us - 300_000
    assert sent_us == asked_us + 1823 + 500
    assert rig.times("rx") == [sent_us + 1823]


def test_long_message_arrives_in_groups_when_their_last_bit_has_left():
    rig = LineRig()
    assert len(heard(rig, PRODUCT)) == 28
    sent_us = rig.times("tx")[0]
    assert [len(data) for data in rig.of("rx")] == [16, 12]
    assert rig.times("rx") == [sent_us + 4167, sent_us + 7292]


def test_bytes_heard_one_by_one_reach_the_reader_with_their_last_bit():
    rig = LineRig()
    for byte in PING:
        rig.now_us += 261
        rig.line.receive(bytes([byte]), 38400, rig.now_us)
    received_us = rig.now_us
    rig.run(10)
    assert rig.heard() == PONG
    assert rig.times("tx") == [received_us + 500]


def test_the_host_sends_one_thing_after_another():
    rig = LineRig()
    first_us = rig.line.send(PING, 38400, rig.now_us)
    second_us = rig.line.send(PING, 38400, rig.now_us)
    assert first_us - rig.now_us == second_us - first_us == 1823


def test_next_n_and_direction():
    rig = LineRig()
    rig.line.set("lost_frame", "1 to_host")
    assert [heard(rig, PING) for _ in range(2)] == [b"", PONG]
    assert rig.reader.counters["commands"] == 2
    rig.line.set("lost_frame", "1 to_reader")
    assert [heard(rig, PING) for _ in range(2)] == [b"", PONG]
    assert rig.reader.counters["commands"] == 3


def test_integer_is_a_count_and_a_point_makes_it_a_probability():
    rig = LineRig()
    rig.line.set("lost_frame", 1)
    assert [heard(rig, PING) for _ in range(2)] == [b"", PONG]
    rig.line.set("lost_frame", 1.0)
    assert [heard(rig, PING) for _ in range(3)] == [b""] * 3
    rig.line.set("lost_frame", "0.5")
    answers = [heard(rig, PING) for _ in range(100)]
    assert 10 < answers.count(PONG) < 50
    rig.line.set("lost_frame", "off")
    assert heard(rig, PING) == PONG


def test_count_without_direction_is_shared_by_both():
    rig = LineRig()
    rig.line.set("lost_frame", 2)
    assert [heard(rig, PING) for _ in range(3)] == [b"", b"", PONG]


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("drop", {6}),
        ("duplicate", {8}),
        ("corrupt", {7}),
        ("truncate", {1, 2, 3, 4, 5, 6}),
        ("duplicate_frame", {14}),
    ],
)
def test_damage_to_bytes(name, lengths):
    seen = set()
    rig = LineRig()
    rig.line.set(name, "1.0 to_host")
    for _ in range(60):
        answer = heard(rig, PING)
        assert answer != PONG
        seen.add(len(answer))
    assert seen == lengths


@pytest.mark.parametrize("message", [EVENT, LINE, PONG])
@pytest.mark.parametrize("name", ["drop", "duplicate", "corrupt", "truncate"])
def test_damage_that_the_checksum_can_see_never_passes(message, name):
    apply = damage.seen(getattr(damage, name))
    random = Random(7)
    for _ in range(3000):
        changed = apply(random, message)
        assert changed != message
        assert not damage.passes(changed)


def test_damage_that_cancels_always_passes():
    random = Random(7)
    for _ in range(3000):
        changed = damage.corrupt_unseen(random, EVENT)
        assert changed != EVENT and changed[:5] == EVENT[:5] and lrc(changed[1:]) == 0
        line = damage.corrupt_unseen(random, LINE)
        assert line != LINE and len(line.split(b";")) == len(LINE.split(b";"))
        inner, _, checksum = line[1:-2].decode("ascii").partition("*")
        assert checksum_valid(inner, checksum)


def test_corruption_hits_every_byte_by_bits_and_by_bytes():
    random = Random(7)
    changes = {place: set() for place in range(len(EVENT))}
    for _ in range(20_000):
        changed = damage.corrupt(random, EVENT)
        place = next(place for place in changes if changed[place] != EVENT[place])
        changes[place].add(changed[place] ^ EVENT[place])
    assert all({1 << bit for bit in range(8)} < change for change in changes.values())


def test_split_makes_two_arrivals_with_a_pause():
    rig = LineRig()
    rig.line.set("split", "1.0 to_host")
    for _ in range(20):
        assert heard(rig, PING) == PONG
        first_us, second_us = rig.times("rx")
        assert second_us - first_us >= 1000


def test_header_may_arrive_in_two_parts_at_the_reader_too():
    rig = LineRig()
    rig.line.set("split", "1.0 to_reader")
    assert [heard(rig, PING) for _ in range(20)] == [PONG] * 20


def test_merge_hands_over_two_messages_at_once():
    rig = LineRig(event_mode="spontaneous")
    rig.enable_events()
    rig.line.set("merge", "1 to_host")
    heard(rig, PING_EVENT)
    assert rig.of("rx") == [bytes.fromhex("16 82 00 00 00 00 82 16 C0 00 00 00 00 C0")]


def test_merge_gives_up_when_nothing_follows():
    rig = LineRig()
    rig.line.set("merge", "1 to_host")
    assert heard(rig, PING) == PONG
    assert rig.times("rx")[0] - rig.times("tx")[0] == 1823 + 100_000


def test_delay_in_one_direction_keeps_the_order():
    rig = LineRig()
    rig.line.set("delay", "250 to_host")
    rig.hear(PING)
    rig.run(100)
    rig.line.set("delay", "off")
    rig.hear(command(2, 0x00, 0x00))
    rig.run(400)
    assert rig.heard() == PONG + bytes.fromhex("16 82 00 00 00 00 82")
    assert rig.times("rx")[0] - rig.times("tx")[0] == 1823 + 250_000


def test_lost_f0_loses_nothing_else():
    rig = LineRig()
    rig.line.set("lost_f0", 1)
    rig.line.set("slow", "58 20 1500")
    assert heard(rig, PRODUCT, wait_ms=2000) == b""
    assert heard(rig, PING) == b""
    assert heard(rig, command(4, 0x00, 0xFC)) == bytes.fromhex("16 84 00 00 00 FC 78")
    rig.line.set("slow", "off")
    assert len(heard(rig, PRODUCT)) == 28


def test_edge_lost_though_the_level_is_there():
    rig = LineRig()
    rig.enable_events()
    rig.line.set("edge_lost", 1)
    heard(rig, PING_EVENT)
    assert rig.of("wakeup") == [True]
    assert rig.of("edge") == []
    assert rig.line.asserted
    heard(rig, POLL)
    heard(rig, PING_EVENT)
    assert len(rig.of("edge")) == 1


def test_wakeup_stuck_low_and_high():
    rig = LineRig()
    rig.enable_events()
    rig.outputs.clear()
    rig.line.set("wakeup_stuck", "low")
    rig.collect()
    assert rig.of("wakeup") == [True] and len(rig.of("edge")) == 1
    heard(rig, PING_EVENT)
    heard(rig, POLL)
    assert rig.of("wakeup") == [] and rig.line.asserted
    rig.line.set("wakeup_stuck", "high")
    heard(rig, PING_EVENT)
    assert not rig.line.asserted
    rig.line.set("wakeup_stuck", "off")
    assert rig.line.asserted


def test_silence_is_a_pulled_plug():
    rig = LineRig()
    rig.enable_events()
    rig.line.set("silence", "on")
    rig.present(CARD)
    assert heard(rig, PING) == b"" and not rig.line.asserted
    rig.line.set("silence", "off")
    assert rig.line.asserted
    assert heard(rig, PING) == PONG


def test_restart_is_unnoticed_and_events_are_off():
    rig = LineRig(registers=Registers.smart_reader(OUTPUT_SCRDR), events_enabled_by="any_command")
    heard(rig, PING_EVENT)
    heard(rig, command(0, 0x00, 0x11, (115200).to_bytes(4, "big")))
    assert rig.line.asserted
    rig.outputs.clear()
    rig.line.set("restart", 50)
    rig.run(1000)
    assert rig.of("power") == ["booting", "running"]
    assert rig.times("power")[1] - rig.times("power")[0] == 50_000
    assert rig.heard() == b"" and not rig.line.asserted
    assert rig.reader.bitrate == 38400


def test_answer_to_reset_leaves_whole_before_the_reader_goes_down():
    rig = LineRig()
    assert heard(rig, command(0xC, 0x58, 0x8E)) == bytes.fromhex("16 8C 58 00 00 00 D4")
    assert rig.times("power") == rig.times("rx")


def test_late_boot():
    rig = LineRig()
    rig.line.set("late_boot", 1500)
    rig.ask(command(1, 0x58, 0x8E), wait_ms=1000)
    assert heard(rig, PING) == b""
    rig.run(1000)
    assert heard(rig, PING) == PONG


def test_wrong_rate_until_it_is_found_and_set_right():
    rig = LineRig()
    rig.line.set("wrong_rate", 115200)
    rig.hear(PING, bitrate=38400)
    rig.run(200)
    assert rig.heard() == b""
    rig.hear(PING, bitrate=115200)
    rig.run(100)
    assert rig.heard() == PONG
    assert rig.outputs[-1].bitrate == 115200
    rig.hear(command(2, 0x00, 0x11, (38400).to_bytes(4, "big")), bitrate=115200)
    rig.run(100)
    assert rig.reader.bitrate == 38400
    assert heard(rig, PING) == PONG


def test_power_cut_in_the_middle_of_a_message():
    rig = LineRig()
    rig.hear(PRODUCT)
    rig.run(us=len(PRODUCT) * 261 + 500 + 10 * 261)
    rig.reader.power_off(rig.now_us)
    rig.run(100)
    assert rig.heard() == bytes.fromhex("16 81 58 00 15 00 53 70 72 69")


def damaged_conversation(seed):
    rig = LineRig(seed=seed)
    rig.enable_events()
    for name in ("drop", "duplicate", "corrupt", "truncate", "split", "merge"):
        rig.line.set(name, 0.2)
    said = []
    for _ in range(200):
        rig.ask(PRODUCT)
        said += [(output.at_us, output.kind, output.value) for output in rig.outputs]
    return said


def test_faults_are_replayed_from_the_seed():
    assert damaged_conversation(3) == damaged_conversation(3)
    assert damaged_conversation(3) != damaged_conversation(4)


def test_faults_are_told():
    kinds = {value.split()[0] for _, kind, value in damaged_conversation(3) if kind == "fault"}
    assert kinds == {"drop", "duplicate", "corrupt", "truncate", "split", "merge"}


@pytest.mark.parametrize("name", KNOBS)
@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "nan", "1e-3", "2 to_mars", "99999999999"])
def test_wrong_value_names_what_is_allowed(name, value):
    with pytest.raises(ValueError, match=f"fault {name} is .*allowed: "):
        LineRig(boot=False).line.set(name, value)


def test_wrong_name_lists_the_names():
    with pytest.raises(ValueError, match="no fault 'gremlin', there are: drop, duplicate"):
        LineRig(boot=False).line.set("gremlin", 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("corrupt", ".25"),
        ("corrupt", "0"),
        ("corrupt", 0.001),
        ("corrupt", None),
        ("delay", "0"),
        ("silence", True),
        ("wrong_rate", "off"),
        ("wakeup_stuck", "off"),
        ("late_boot", 0),
        ("restart", "0"),
    ],
)
def test_values_that_are_right(name, value):
    LineRig().line.set(name, value)


def test_time_never_goes_back():
    rig = Rig()
    with pytest.raises(ValueError, match="time goes back"):
        rig.reader.advance(0)
