"""The networked readers: what of a datagram counts, how many are taken, and what goes back."""

import asyncio
import random

import pytest

from firmware.app.doors import Doors
from firmware.app.reports import Reports
from firmware.app.udp_reader import (
    CARDS_AT_ONCE,
    COUNTERS,
    DATAGRAMS_A_PASS,
    PASS_MS,
    TELL_MS,
    UdpReaders,
)
from host_tests.support import virtual_time
from host_tests.support.board import FakeBoard
from host_tests.support.datagrams import is_sound, scrdr
from host_tests.support.storage import FakeJournal, cards_of
from loquet.panel import Panel
from loquet.settings import load

KNOWN = "04A1B2C3D4E580"
UNKNOWN = "04112233445566"
IN = "192.168.1.50"
OUT = "192.168.1.51"
STRANGER = "192.168.1.99"
SETTINGS = {
    "readers": [
        {"name": "in", "udp": {"address": IN}},
        {"name": "out", "udp": {"address": OUT, "port": 4001, "check_port": True}},
    ],
    "doors": [{"name": "gate", "pulse_ms": 1000}],
    "udp": {"port": 4000},
}


class House:
    """Two networked readers and a door on a fake board."""

    def __init__(self, document=SETTINGS):
        settings = load(document)
        self.clock = virtual_time.Clock()
        self.board = FakeBoard(self.clock)
        self.journal = FakeJournal()
        self.panel = Panel(settings, cards_of(bytes.fromhex(KNOWN)), self.journal)
        self.reports = Reports(self.board)
        self.doors = Doors(self.panel, settings, self.board, self.reports)
        self.readers = UdpReaders(settings, self.board, self.doors, self.reports)
        self.udp = self.board.udp
        self.failed = None

    def play(self, story):
        virtual_time.run(self.clock, self._play(story))

    async def _play(self, story):
        tasks = [asyncio.create_task(self.doors.run()), asyncio.create_task(self.readers.run())]
        await for_ms(1)
        await story()
        for task in tasks:
            if task.done():
                self.failed = task.exception()

    def hears(self, data, address=IN, port=4000, for_another_ms=20):
        """What is decided when that datagram arrives."""

        async def story():
            self.udp.arrive(data, address, port)
            await for_ms(for_another_ms)

        self.play(story)
        return self.reasons()

    def reasons(self):
        return [line["reason"] for line in self.board.lines("decision")]

    def counts(self):
        """What was told last of refused datagrams, without the zeros; and of the last of them."""
        told = self.board.lines("udp")[-1]
        return {name: told[name] for name in COUNTERS if told[name]}, told["last"]


@pytest.fixture
def house():
    return House()


async def for_ms(ms):
    await asyncio.sleep(ms / 1000)


# A card


def test_a_known_card_moves_the_relay_then_the_reader_is_told_then_it_is_reported(house):
    assert house.hears(scrdr(KNOWN)) == ["granted"]
    log = [entry[0] for entry in house.board.log]
    assert house.board.relay.energised
    assert log.index("relay") < log.index("datagram")
    ((_, _, data, address, port),) = house.board.noted("datagram")
    assert (data, address, port) == (b"$SCCMD;SEQ=60", IN, 4000)
    (kind, fields) = house.journal.events[-1]
    assert (kind, fields["reader"], fields["reason"]) == ("access_granted", 0, "granted")


def test_an_unknown_card_is_told_so_and_moves_nothing(house):
    assert house.hears(scrdr(UNKNOWN)) == ["unknown_card"]
    assert house.board.noted("relay") == []
    assert [entry[2] for entry in house.board.noted("datagram")] == [b"$SCCMD;SEQ=61"]


def test_the_answer_goes_to_the_readers_port_wherever_the_datagram_came_from(house):
    house.hears(scrdr(KNOWN), port=50123)
    assert house.board.noted("datagram")[0][3:] == (IN, 4000)


def test_each_reader_has_its_own_place_direction_and_door(house):
    house.hears(scrdr(KNOWN), OUT, 4001)
    assert house.board.noted("datagram")[0][3:] == (OUT, 4001)
    assert house.journal.events[-1][1]["reader"] == 1
    assert house.board.lines("decision")[0]["reader"] == "out"


def test_two_readers_behind_one_address_are_told_apart_by_their_ports():
    peers = [{"address": IN, "port": port, "check_port": True} for port in (4000, 4001)]
    readers = [{"name": "in", "udp": peers[0]}, {"name": "out", "udp": peers[1]}]
    house = House({**SETTINGS, "readers": readers})

    async def story():
        for port in (4001, 4000, 4002):
            house.udp.arrive(scrdr(KNOWN), IN, port)
        await for_ms(20)

    house.play(story)
    assert [line["reader"] for line in house.board.lines("decision")] == ["out", "in"]
    assert [entry[3:] for entry in house.board.noted("datagram")] == [(IN, 4001), (IN, 4000)]
    assert house.counts()[0] == {"heard": 2, "foreign": 1}


def test_the_panel_listens_where_the_settings_say():
    document = {**SETTINGS, "udp": {"address": "10.0.0.7", "port": 4444}}
    assert House(document).udp.at == ("10.0.0.7", 4444)


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n"])
@pytest.mark.parametrize("rule", ["a", "b", "c", "d"])
def test_every_reading_of_the_checksum_rule_and_every_end_counts(house, rule, end):
    assert house.hears(scrdr(KNOWN, rule=rule, end=end)) == ["granted"]


def test_no_rule_is_pinned_so_two_forged_lines_do_not_silence_a_reader(house):
    async def story():
        for _ in range(5):
            house.udp.arrive(scrdr(UNKNOWN, rule="a"), IN)
            await for_ms(10)
        house.udp.arrive(scrdr(KNOWN, rule="c"), IN)
        await for_ms(10)

    house.play(story)
    assert house.reasons()[-1] == "granted"


def test_a_datagram_that_comes_twice_opens_once(house):
    async def story():
        house.udp.arrive(scrdr(KNOWN), IN)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(3000)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)

    house.play(story)
    assert house.reasons() == ["granted", "repeat", "repeat"]


def test_a_removal_does_not_count_so_a_late_copy_does_not_open_again(house):
    async def story():
        house.udp.arrive(scrdr(KNOWN, move="I"), IN)
        house.udp.arrive(scrdr(KNOWN, move="R"), IN)
        house.udp.arrive(scrdr(KNOWN, move="I"), IN)
        await for_ms(20)

    house.play(story)
    assert house.reasons() == ["granted", "repeat"]
    assert house.readers.faults == 0


# What is no card


@pytest.mark.parametrize(
    "data, what",
    [
        (b"$SCRDR;13.56;NFC-A;1;;04A1B2C3D4E580;;;", "checksum"),
        (b"$SCRDR;13.56;NFC-A;1;;04A1B2C3D4E580;;;\r\n", "checksum"),
        (scrdr(KNOWN)[:-2] + b"00", "checksum"),
        (scrdr(KNOWN)[:-1] + b"G", "checksum"),
        (scrdr(KNOWN).replace(b"A1", b"A0"), "checksum"),
        (scrdr(KNOWN) + b"\r\n" + scrdr(KNOWN) + b"\r\n", "malformed"),
        (b"\r\n" + scrdr(KNOWN), "malformed"),
        (b"noise" + scrdr(KNOWN), "malformed"),
        (scrdr(KNOWN) + b"\x00", "malformed"),
        (scrdr(KNOWN, data="x\n" + scrdr(KNOWN).decode()), "malformed"),
        (scrdr("04A1B2C3D4E58"), "malformed"),
        (scrdr(""), "malformed"),
        (scrdr(KNOWN, move="X"), "malformed"),
        (scrdr(KNOWN, data="00" * 800), "malformed"),
        (b"", "malformed"),
        (b"$", "malformed"),
        (b'{"TagId": "04A1B2C3D4E580"}', "malformed"),
        (bytes.fromhex("16C05B000FB0C10480030100C207047DAE02C840807B"), "malformed"),
        (b"$SCCMD;SEQ=60", "checksum"),
    ],
)
def test_what_is_not_one_sound_line_is_counted_and_shown_and_decides_nothing(house, data, what):
    assert house.hears(data) == []
    assert house.counts()[0] == {what: 1}
    assert house.counts()[1].startswith(IN + ":4000: ")
    assert house.board.noted("relay") == house.board.noted("datagram") == []
    assert house.failed is None


def test_the_empty_message_is_heard_and_means_nothing(house):
    assert house.hears(b"$SCRDR;;;;;;;;*7E") == []
    assert house.board.lines("udp") == []


# Sources


@pytest.mark.parametrize(
    "address, port",
    [(STRANGER, 4000), (OUT, 4000), (OUT, 50123), ("192.168.1.5", 4000), ("127.0.0.1", 4000)],
)
def test_what_comes_from_elsewhere_is_counted_and_never_decoded(house, monkeypatch, address, port):
    def never(data):
        raise AssertionError("decoded")

    monkeypatch.setattr("firmware.app.udp_reader.message_of", never)
    assert house.hears(scrdr(KNOWN), address, port) == []
    told = f"{address}:{port}: not the address and port of a reader"
    assert house.counts() == ({"foreign": 1}, told)
    assert house.board.lines("wire") == house.board.lines("trouble") == []
    # Anybody can cause it as often as they like: it must not fill the log.
    assert house.journal.kinds() == ["reader_unsupervised"] * 2


def test_refusals_are_told_at_once_and_then_in_sums_every_ten_seconds(house):
    async def story():
        for _ in range(1000):
            house.udp.arrive(scrdr(KNOWN), STRANGER)
            await for_ms(25)

    house.play(story)
    told = [
        (entry[1], entry[2]["foreign"])
        for entry in house.board.noted("line")
        if entry[2]["event"] == "udp"
    ]
    assert told[0] == (1, 1)
    assert [ms // TELL_MS for ms, _ in told] == [0, 1, 2]


# How many, and how old


def test_at_most_four_are_taken_in_a_pass_and_others_have_their_turn(house):
    others = []

    async def other():
        while True:
            others.append(house.clock.ms())
            await for_ms(1)

    async def story():
        task = asyncio.create_task(other())
        for _ in range(400):
            house.udp.arrive(scrdr(KNOWN), STRANGER)
        await for_ms(2000)
        task.cancel()

    house.play(story)
    assert len(house.udp.taken) == 400
    assert DATAGRAMS_A_PASS == 4
    passes = sorted({ms: house.udp.taken.count(ms) for ms in house.udp.taken}.items())
    assert [count for _, count in passes] == [DATAGRAMS_A_PASS] * 100
    gaps = {later - earlier for (earlier, _), (later, _) in zip(passes, passes[1:], strict=False)}
    assert min(gaps) >= PASS_MS and max(gaps) <= PASS_MS + 1
    first, last = passes[0][0], passes[-1][0]
    assert len([ms for ms in others if first <= ms <= last]) >= (last - first) * 0.9


def test_a_step_takes_four_however_many_wait(house):
    house.udp.waiting = [(scrdr(KNOWN), STRANGER, 4000)] * 1000
    assert house.readers.step() == PASS_MS
    assert len(house.udp.waiting) == 1000 - DATAGRAMS_A_PASS


def test_rings_do_not_bring_the_passes_closer_together(house):
    async def story():
        for _ in range(300):
            house.udp.arrive(scrdr(KNOWN), STRANGER)
            await for_ms(1)

    house.play(story)
    times = sorted(set(house.udp.taken))
    assert min(later - earlier for earlier, later in zip(times, times[1:], strict=False)) >= PASS_MS
    assert all(house.udp.taken.count(ms) <= DATAGRAMS_A_PASS for ms in times)


def test_a_lost_ring_costs_a_quarter_of_a_second_and_no_card(house):
    async def story():
        house.board.deaf = True
        await for_ms(1000)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(260)

    house.play(story)
    assert house.reasons() == ["granted"]


def test_what_may_have_waited_too_long_opens_nothing(house):
    """The loop stood still: whatever lies in the port may be from any moment since."""

    async def story():
        await for_ms(100)
        house.udp.waiting.append((scrdr(KNOWN), IN, 4000))
        house.clock.advance(2500)
        await for_ms(300)

    house.play(story)
    assert house.reasons() == ["stale_event"]
    assert house.board.noted("relay") == house.board.noted("datagram") == []


def test_a_stale_datagram_does_not_keep_the_same_card_from_opening(house):
    async def story():
        await for_ms(100)
        house.udp.waiting.append((scrdr(KNOWN), IN, 4000))
        house.clock.advance(2500)
        await for_ms(300)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)

    house.play(story)
    assert house.reasons() == ["stale_event", "granted"]


def test_an_idle_port_is_looked_at_often_enough_for_the_shortest_stale_ms():
    reader = {"name": "in", "stale_ms": 100, "udp": {"address": IN}}
    house = House({**SETTINGS, "readers": [reader]})

    async def story():
        for _ in range(20):
            await for_ms(5173)
            house.udp.arrive(scrdr(KNOWN), IN)

    house.play(story)
    assert house.reasons() == ["granted"] * 19


def test_a_flood_of_days_does_not_make_old_look_fresh(house):
    house.udp.waiting = [(scrdr(KNOWN), STRANGER, 4000)] * 10**4
    for _ in range(2000):
        house.clock.advance(3600 * 1000)
        house.readers.step()
    house.udp.waiting.insert(0, (scrdr(KNOWN), IN, 4000))
    house.readers.step()
    assert house.reasons() == ["stale_event"]


def test_a_card_behind_a_short_flood_still_opens(house):
    async def story():
        for _ in range(40):
            house.udp.arrive(scrdr(KNOWN), STRANGER)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(60)

    house.play(story)
    assert house.reasons() == ["granted"]


# Storms


def test_whoever_sends_cards_with_a_readers_address_cannot_wash_the_log_away(house):
    async def story():
        for number in range(10000):
            house.udp.arrive(scrdr(f"04{number:012X}"), IN)
            await for_ms(1)
        await for_ms(5000)

    house.play(story)
    # 8 at once, then 4 a second.
    denied = house.journal.kinds().count("access_denied")
    assert 8 + 4 * 10 - 1 <= denied <= 8 + 4 * 15
    assert house.counts()[0]["hasty"] > 5000


def test_a_wallet_full_of_cards_is_judged_card_by_card(house):
    async def story():
        for number in range(CARDS_AT_ONCE):
            house.udp.arrive(scrdr(f"04{number:012X}"), IN)
        await for_ms(50)

    house.play(story)
    assert house.reasons() == ["unknown_card"] * CARDS_AT_ONCE


def fuzzed(source):
    """A datagram made from a good one, or from nothing."""
    data = bytearray(scrdr(source.choice((KNOWN, UNKNOWN)), end=source.choice((b"", b"\r\n"))))
    how = source.randrange(6)
    if how == 0:
        return source.randbytes(source.randrange(0, 2000))
    if how == 1:
        return bytes(data[: source.randrange(len(data))])
    if how == 2:
        place = source.randrange(len(data))
        return bytes(data[:place]) + source.randbytes(source.randrange(1, 9)) + bytes(data[place:])
    if how == 3:
        return bytes(data) * source.randrange(2, 5)
    for _ in range(source.randrange(1, 4)):
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


def test_10000_fuzzed_datagrams_from_a_readers_address_decide_nothing(say):
    seed = random.randrange(2**32)
    source = random.Random(seed)
    storm = [fuzzed(source) for _ in range(11000)]
    # Some are as good as before, and one damaged line in 64 fits one of the four rules by chance.
    sent = [data for data in storm if not is_sound(data)][:10000]
    say(f"seed {seed}")
    assert len(sent) == 10000
    house = House()

    async def story():
        for data in sent:
            house.udp.arrive(data, IN)
            await for_ms(2)
        await for_ms(10)

    house.play(story)
    assert house.failed is None and house.readers.faults == 0
    assert len(house.udp.taken) == len(sent)
    assert house.reasons() == [] and house.board.noted("relay") == []
    assert house.board.noted("datagram") == []
    assert house.board.lines("trouble") == []


def test_a_flood_from_elsewhere_decides_nothing_and_delays_no_pulse(house):
    async def flood():
        while True:
            for _ in range(20):
                house.udp.arrive(scrdr(KNOWN), STRANGER)
            await for_ms(1)

    async def story():
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)
        task = asyncio.create_task(flood())
        await for_ms(5000)
        task.cancel()

    house.play(story)
    (_, on_ms, _), (_, off_ms, _) = house.board.noted("relay")
    assert 1000 <= off_ms - on_ms <= 1002
    assert house.reasons() == ["granted"]
    assert all(house.udp.taken.count(ms) <= DATAGRAMS_A_PASS for ms in set(house.udp.taken))
    # 4 every 5 ms, for 5 seconds, and not one of the 100,000 more.
    assert len(house.udp.taken) <= 4 * 1000 + 10
    assert house.readers.idle() and house.readers.quiet() and not house.readers.is_moving_bytes()


def test_in_a_flood_that_lasts_cards_are_denied_as_stale_and_open_again_after_it(house):
    async def story():
        for _ in range(1000):
            # The card is the next to be taken; the port has not been empty for long.
            house.udp.waiting = [(scrdr(KNOWN), STRANGER, 4000)] * 20
            await for_ms(5)
        house.udp.waiting.insert(0, (scrdr(KNOWN), IN, 4000))
        await for_ms(300)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)

    house.play(story)
    assert house.reasons() == ["stale_event", "granted"]


# What breaks


def test_an_error_in_the_panel_costs_that_datagram(house, monkeypatch):
    def fails(*arguments):
        raise MemoryError

    on_tag = house.panel.on_tag

    async def story():
        house.panel.on_tag = fails
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)
        house.panel.on_tag = on_tag
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(260)

    house.play(story)
    assert house.failed is None and house.readers.faults == 1
    assert "MemoryError" in house.board.lines("trouble")[0]["detail"]
    assert house.reasons() == ["granted"]


def test_a_network_that_fails_takes_nothing_with_it_and_is_told_slowly(house):
    async def story():
        house.udp.broken = OSError("network is down")
        await for_ms(10000)
        house.udp.broken = None
        await for_ms(1000)
        house.udp.arrive(scrdr(KNOWN), IN)
        await for_ms(20)

    house.play(story)
    assert house.failed is None
    assert 30 <= len(house.board.lines("trouble")) <= 45
    assert house.reasons() == ["granted"]


def test_an_answer_that_cannot_be_sent_keeps_no_door_shut(house):
    house.udp.send = lambda *arguments: (_ for _ in ()).throw(OSError("unreachable"))
    house.hears(scrdr(KNOWN), for_another_ms=300)
    assert house.board.relay.energised and house.failed is None
    assert house.counts() == ({"heard": 1, "unsent": 1}, IN + ":4000: unreachable")


def test_a_relay_that_does_not_switch_ends_the_task(house):
    house.board.relay.broken = OSError("gone")
    house.hears(scrdr(KNOWN))
    assert str(house.failed) == "gone"


def test_at_the_start_each_is_told_and_logged_as_unsupervised(house):
    house.play(lambda: for_ms(1))
    told = [(line["reader"], line["state"]) for line in house.board.lines("reader")]
    assert told == [("in", "unsupervised"), ("out", "unsupervised")]
    assert house.journal.kinds() == ["reader_unsupervised"] * 2


def test_what_readers_send_and_are_sent_is_reported_as_hex(house):
    house.hears(scrdr(KNOWN))
    told = [(line["direction"], bytes.fromhex(line["hex"])) for line in house.board.lines("wire")]
    assert told == [("sent", b"$SCCMD;SEQ=60"), ("received", scrdr(KNOWN))][::-1]
