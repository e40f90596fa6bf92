"""One command, one answer: time extension, cancel, commands at the wrong moment, bit rates."""

import pytest

from host_tests.tools.virtual_reader.rig import Rig, command
from loquet_tools.virtual_reader.wire import as_heard

PLAY = command(3, 0x58, 0x90, b"\x60")
ACK = command(4, 0x00, 0xF0)
CANCEL = command(4, 0x00, 0xFC)
PING = command(9, 0x00, 0x00)
F0 = "16 83 00 00 00 F0 73"
RATES = (38400, 115200, 230400, 460800, 921600)


def slow(ms, **options):
    return Rig(slow_ms={(0x58, 0x90): ms}, **options)


def test_time_extension_comes_within_1000_ms_and_then_silence():
    rig = slow(1500)
    assert rig.ask(PLAY, wait_ms=10_000) == [F0]
    assert rig.times("tx")[0] <= rig.now_us - 9_000_000
    assert rig.of("sequence") == []


def test_ack_lets_the_job_go_on():
    rig = slow(1500)
    rig.ask(PLAY, wait_ms=1000)
    assert rig.ask(ACK, wait_ms=1000) == ["16 84 58 00 00 00 DC"]
    assert rig.of("sequence") == [0x60]


def test_continued_answer_echoes_the_first_sequence_by_option():
    rig = slow(1500, extension_sequence="first")
    rig.ask(PLAY, wait_ms=1000)
    assert rig.ask(ACK, wait_ms=1000) == ["16 83 58 00 00 00 DB"]


def test_longer_job_asks_again():
    rig = slow(2500)
    assert rig.ask(PLAY, wait_ms=1000) == [F0]
    assert rig.ask(ACK, wait_ms=1000) == ["16 84 00 00 00 F0 74"]
    assert rig.ask(command(5, 0x00, 0xF0), wait_ms=1000) == ["16 85 58 00 00 00 DD"]


def test_job_that_ended_in_the_silence_is_answered_after_the_ack():
    rig = slow(1500)
    rig.ask(PLAY, wait_ms=5000)
    assert rig.ask(ACK, wait_ms=10) == ["16 84 58 00 00 00 DC"]


def test_cancel_ends_the_job_undone():
    rig = slow(1500)
    rig.ask(PLAY, wait_ms=1000)
    assert rig.ask(CANCEL, wait_ms=5000) == ["16 84 00 00 00 FC 78"]
    assert rig.of("sequence") == []
    assert rig.ask(PING) == ["16 89 00 00 00 00 89"]


def test_other_commands_are_ignored_while_the_extension_waits():
    rig = slow(1500)
    rig.ask(PLAY, wait_ms=1000)
    assert rig.ask(PING, wait_ms=3000) == []
    assert rig.reader.counters["ignored_busy"] == 1


def test_command_while_one_is_running_is_ignored_or_refused():
    for choice, answers in (("ignore", []), ("busy", ["16 89 00 00 00 FB 72"])):
        rig = slow(500, command_while_busy=choice)
        rig.hear(PLAY)
        assert rig.ask(PING, wait_ms=100) == answers
        rig.run(1000)
        assert rig.sent()[-1] == "16 83 58 00 00 00 DB"


def test_ack_and_following_with_nothing_running_are_out_of_place():
    rig = Rig()
    assert rig.ask(ACK) == ["16 84 00 00 00 F7 73"]
    assert rig.ask(command(4, 0x00, 0xFF)) == ["16 84 00 00 00 F7 73"]


def test_authenticate_is_not_supported_or_denied_by_option():
    assert Rig().ask("16 00 00 00 02 0A 01 01 08") == ["16 80 00 00 00 F5 75"]
    denied = Rig(authenticate_status=0xFD)
    assert denied.ask("16 00 00 00 02 0A 01 01 08") == ["16 80 00 00 00 FD 7D"]


def test_answer_begins_after_the_answer_delay():
    rig = Rig(answer_delay_us=700)
    rig.ask(PING)
    assert rig.times("tx") == [rig.now_us - 100_000 + 700]


def test_jitter_of_answers_follows_the_seed():
    def times(seed):
        rig = Rig(seed=seed, answer_jitter_us=400)
        starts = []
        for _ in range(8):
            rig.ask(PING)
            starts += rig.times("tx")
        return starts

    assert times(1) == times(1)
    assert times(1) != times(2)


@pytest.mark.parametrize("bitrate", RATES)
def test_bit_rate_changes_after_the_answer_at_the_old_rate(bitrate):
    rig = Rig()
    rig.outputs.clear()
    rig.hear(command(1, 0x00, 0x11, bitrate.to_bytes(4, "big")))
    rig.run(us=500)
    assert rig.reader.bitrate == 38400
    rig.run(us=1800)  # 7 bytes take 1823 us
    assert rig.reader.bitrate == 38400
    rig.run(us=100)
    assert rig.reader.bitrate == bitrate
    assert [output.bitrate for output in rig.outputs] == [38400]
    rig.ask(PING)
    assert [output.bitrate for output in rig.outputs] == [bitrate]


@pytest.mark.parametrize("bitrate", [0, 9600, 38401, 57600, 1_000_000, 0xFFFFFFFF])
def test_other_bit_rates_are_refused(bitrate):
    rig = Rig()
    answer = rig.ask(command(1, 0x00, 0x11, bitrate.to_bytes(4, "big")))
    assert answer == ["16 81 00 00 00 F3 72"]
    assert rig.reader.bitrate == 38400


def test_serial_parameters_of_another_length_are_refused():
    assert Rig().ask(command(1, 0x00, 0x11, bytes(3))) == ["16 81 00 00 00 F4 75"]


@pytest.mark.parametrize("sent_at", RATES)
@pytest.mark.parametrize("heard_at", RATES)
def test_commands_at_another_rate_are_garbage(sent_at, heard_at):
    rig = Rig()
    rig.reader.set_bitrate(heard_at)
    rig.hear(PING, bitrate=sent_at)
    rig.run(200)
    assert rig.sent() == (["16 89 00 00 00 00 89"] if sent_at == heard_at else [])


def test_waveform_is_sampled_at_the_wrong_rate():
    # 0x00 is nine low bits: at a third of the rate one start bit and two data bits of it.
    assert as_heard(b"\x00", 115200, 38400) == b"\xfc"
    # At three times the rate the first byte is low throughout; its stop bit is low as well.
    assert as_heard(b"\x00", 38400, 115200) == b"\x00"
    assert as_heard(bytes(range(256)), 38400, 38400) == bytes(range(256))
