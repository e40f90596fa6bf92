"""boards/hal/unix.py on a real pty and a real socket, under both interpreters.

hal_exercise.py is what runs in the process.
"""

import socket
import termios
import time

import pytest

from host_tests.support.process import COMMANDS, LIMIT_S, Process

AT_REST = b"relay 0\nrelay2 0\n"


@pytest.fixture(params=sorted(COMMANDS))
def fresh(request, tmp_path):
    process = Process(request.param, tmp_path, "host_tests/end_to_end/hal_exercise.py")
    yield process
    process.close()


@pytest.fixture
def hal(fresh):
    fresh.start()
    assert fresh.pin_lines(2) == AT_REST
    assert fresh.said() == ["ready"]
    return fresh


def test_every_relay_is_told_to_fall_before_anything_else(fresh):
    fresh.start()
    assert fresh.pin_lines(2) == AT_REST


def test_the_line_runs_raw_at_38400_with_8n1(hal):
    flags_in, flags_out, control, local, speed_in, speed_out, _ = termios.tcgetattr(hal.line)
    assert (flags_in, flags_out, local) == (0, 0, 0)
    assert control & termios.CSIZE == termios.CS8
    assert not control & (termios.PARENB | termios.CSTOPB)
    assert speed_in == speed_out == termios.B38400


def test_every_byte_value_passes_both_ways(hal):
    data = bytes(range(256))
    for start in range(0, 256, 16):
        part = b"\xff" + data[start : start + 16]
        hal.send(part)
        assert hal.received(len(part)) == part


def test_the_bit_rate_changes(hal):
    hal.send(b"b")
    assert hal.said() == ["bitrate"]
    assert termios.tcgetattr(hal.line)[4] == termios.B921600


def test_a_reader_that_takes_no_bytes_blocks_nothing(hal):
    hal.send(b"f")
    assert hal.said() == ["filled", False]
    assert hal.received(100000) == bytes(100000)
    assert hal.said() == ["emptied"]


def test_a_relay_is_energised_for_a_time_and_told_to_fall(hal):
    hal.send(b"e")
    assert hal.pin_lines() == b"relay 2000\n"
    hal.send(b"d")
    assert hal.pin_lines() == b"relay 0\n"
    hal.send(b"2")
    assert hal.pin_lines() == b"relay2 700\n"


def test_no_line_waits_until_the_one_before_is_acknowledged(hal):
    began = time.monotonic()
    for _ in range(20):
        # Who has just sent acknowledges late.
        hal.pins.sendall(b"rex 1\n")
        hal.send(b"w")
        assert hal.pin_lines(2) == b"watchdog 8000\nwatchdog 8000\n"
    assert time.monotonic() - began < 20 * 0.04


def test_a_door_that_takes_no_lines_is_a_failure_and_blocks_nothing(hal):
    hal.send(b"r")
    assert hal.said() == ["refused", "the door takes no lines"]


def test_before_the_first_line_every_input_is_high(hal):
    hal.send(b"l")
    assert hal.said() == ["levels", [[1, 1], [1, 1], 1], False, None]


def test_inputs_follow_and_a_fall_of_wakeup_rings_once_with_its_tick(hal):
    hal.pins.sendall(b"wakeup 0\nwakeup 0\n")
    assert hal.said() == ["edge"]
    hal.send(b"l")
    word, levels, asserted, age_ms = hal.said()
    assert (word, levels, asserted) == ("levels", [[1, 1], [1, 1], 1], True)
    assert 0 <= age_ms < LIMIT_S * 1000
    hal.send(b"l")
    assert hal.said() == ["levels", levels, True, None]


def test_inputs_of_the_doors_ring_when_they_change(hal):
    for line in (b"contact 0", b"contact 0", b"rex 0", b"rex2 0", b"rex2 1"):
        hal.pins.sendall(line + b"\n")
    assert [hal.said() for _ in range(4)] == [["change"]] * 4
    hal.pins.sendall(b"fire 0\n")
    assert hal.said() == ["fire"]
    hal.pins.sendall(b"wakeup2 0\n")
    assert hal.said() == ["second edge"]
    hal.send(b"l")
    assert hal.said() == ["levels", [[0, 0], [1, 1], 0], False, None]


def test_a_door_or_a_reader_that_the_board_has_not_is_refused(hal):
    hal.send(b"n")
    assert hal.said() == [
        "more",
        "door 3: this board has 2",
        "reader 3: this board has lines for 2",
    ]


def test_the_time_is_told_once_and_there_is_no_clock(hal):
    hal.pins.sendall(b"clock 1800000000\nwakeup 0\n")
    assert hal.said() == ["edge"]
    hal.send(b"t")
    assert hal.said() == ["time", None, 1800000000, None, "power"]


def test_the_hosts_clock_is_a_board_clock_that_can_be_believed(fresh):
    fresh.board["clock"] = "host"
    fresh.board["reset_cause"] = "watchdog"
    fresh.start()
    assert fresh.said() == ["ready"]
    fresh.send(b"t")
    _, (seconds, believed), told, _, cause = fresh.said()
    assert abs(time.time() - seconds) < LIMIT_S and believed is True
    assert (told, cause) == (None, "watchdog")


def test_the_watchdog_waits_from_its_start_and_from_each_feed(hal):
    hal.send(b"w")
    assert hal.pin_lines(2) == b"watchdog 8000\nwatchdog 8000\n"


def test_a_line_may_come_in_pieces(hal):
    hal.pins.sendall(b"wak")
    hal.pins.sendall(b"eup 0")
    hal.pins.sendall(b"\n")
    assert hal.said() == ["edge"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"wakeup",
        b"wakeup 2",
        b"wakeup -1",
        b"relay 1",
        b"clock 4294967296",
        b"clock now",
        b"wakeup 0 0",
        b"\xff\xfe 0",
        b"wakeup" + b" " * 500 + b"0",
    ],
)
def test_a_bad_line_is_counted_reported_and_passed_over(hal, line):
    hal.pins.sendall(b"door 1\n" + line + b"\nwakeup 0\n")
    for count in (1, 2):
        word, name, detail = hal.said()
        assert (word, name) == ("trouble", "bad_pin_line")
        assert detail.endswith(f"; {count} so far")
        assert len(detail) < 200
    assert hal.said() == ["edge"]


def test_a_line_without_end_takes_no_memory(hal):
    for _ in range(100):
        hal.pins.sendall(b"wakeup 0 " * 500)
    hal.pins.sendall(b"\nwakeup 0\n")
    assert hal.said()[:2] == ["trouble", "bad_pin_line"]
    assert hal.said() == ["edge"]


def test_a_lost_connection_of_the_pins_is_a_failure(hal):
    hal.pins.close()
    assert hal.said() == ["failed", "pins"]


def test_a_line_that_is_hung_up_is_a_failure(hal):
    hal.close_slave()
    hal.hang_up()
    assert hal.said() == ["failed", "serial line of front"]


def test_printing_to_nobody_does_not_block(hal):
    hal.send(b"p")
    assert hal.received(4) == b"full"


def test_a_reset_ends_with_status_1_and_a_halt_with_2(hal):
    hal.send(b"x")
    assert hal.said() == ["entropy", 4, "."]
    assert hal.ended() == 1


def test_a_halt_ends_with_status_2(hal):
    hal.send(b"h")
    assert hal.ended() == 2


@pytest.mark.parametrize(
    "address", ["", "udp:127.0.0.1:4000", "tcp:10.0.0.1:4000", "tcp:127.0.0.1:", "tcp:127.0.0.1:0"]
)
def test_an_address_that_is_not_loopback_tcp_is_refused(fresh, address):
    fresh.board["pins_address"] = address
    fresh.start(connects=False)
    assert fresh.ended() == 1
    assert "pins_address" in fresh.process.stderr.read().decode()


def test_a_door_that_does_not_answer_is_named(fresh):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp:127.0.0.1:{server.getsockname()[1]}"
    fresh.board["pins_address"] = address
    fresh.start(connects=False)
    assert fresh.ended() == 1
    assert address in fresh.process.stderr.read().decode()


def test_a_serial_line_that_is_not_there_is_named(fresh):
    fresh.board["readers"][0]["serial"] = "/dev/there-is-none"
    fresh.start()
    assert fresh.ended() == 1
    assert "/dev/there-is-none" in fresh.process.stderr.read().decode()


@pytest.fixture
def udp(fresh):
    """The process with a UDP port, and a socket that sends to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        at = probe.getsockname()
    fresh.board["udp"] = at
    fresh.start()
    assert fresh.said() == ["ready"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(LIMIT_S)
        peer.bind(("127.0.0.2", 0))
        peer.connect(at)
        yield fresh, peer


def arrives(process):
    """What is taken next, after as many rings as there were."""
    process.send(b"g")
    while (said := process.said()) == ["datagram"]:
        pass
    assert said[0] == "arrived"
    return said[1]


def rings_and_gives(process):
    assert process.said() == ["datagram"]
    return arrives(process)


def test_datagrams_come_one_by_one_with_their_sender_who_can_be_answered(udp):
    process, peer = udp
    for text in ("$SCRDR;1", "", "x" * 32):
        peer.send(text.encode())
        assert rings_and_gives(process) == [*peer.getsockname(), text]
        assert peer.recv(100) == b"heard"


def test_an_empty_port_gives_nothing_and_waits_for_nobody(udp):
    process, _ = udp
    assert arrives(process) is None


def test_a_datagram_that_is_too_long_fills_the_buffer_and_its_end_is_lost(udp):
    process, peer = udp
    peer.send(b"a" * 5000)
    assert rings_and_gives(process)[2] == "a" * 32
    assert arrives(process) is None


def test_what_nobody_takes_is_kept_in_bounded_memory(udp):
    process, peer = udp
    for _ in range(10000):
        peer.send(b"$SCRDR;1")
    taken = 0
    while arrives(process):
        taken += 1
    assert 5 <= taken <= 200


def test_an_occupied_port_is_refused_by_its_name(udp):
    process, _ = udp
    process.send(b"a")
    word, told = process.said()
    assert word == "occupied"
    assert told.startswith(f"udp: port {process.board['udp'][1]} of 127.0.0.1: ")
