"""`loquet decode`: what it says of every worked message, its forms of input, and how it ends."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tests.lib.springcore.worked import (
    ANSWERS,
    COMMANDS,
    EVENTS,
    FRAMES,
    HELLO,
    PING_EVENT,
    SCCMD,
    SCRDR,
    octets,
)
from loquet_tools.cli import app, status_of
from loquet_tools.errors import ArgumentError
from loquet_tools.hex_input import HexInput
from springcore import frame
from springcore.frame import COMMAND, EVENT, RESPONSE
from springcore.instructions import command

ROOT = Path(__file__).resolve().parents[2]
LOQUET = [sys.executable, "-c", "from loquet_tools.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'lib'}{os.pathsep}{ROOT / 'tools'}"}
TAG = octets(EVENTS[0][0])


def decoded(data, *options):
    """(exit status, output) of `loquet decode` with `data` on standard input."""
    result = CliRunner().invoke(app, ["decode", *options], input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def records(data, *options):
    """(exit status, records) of `loquet decode --json`."""
    status, output = decoded(data, "--json", *options)
    return status, [json.loads(line) for line in output.splitlines()]


def record(data):
    """The one record that `data` makes."""
    _, found = records(data)
    assert len(found) == 1
    return found[0]


def process(*arguments, **variables):
    """`loquet` in a process of its own, with these environment variables besides."""
    return subprocess.Popen(
        [*LOQUET, *arguments],
        env={**ENVIRONMENT, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def shown(values):
    return {key: v.hex().upper() if isinstance(v, bytes) else v for key, v in values.items()}


# What is said of frames


@pytest.mark.parametrize(("text", "sequence", "cla", "name", "values"), COMMANDS)
def test_a_worked_command_is_named_with_its_values(text, sequence, cla, name, values):
    found = record(octets(text))

    assert found["kind"] == "frame" and found["channel"] == "command" and found["offset"] == 0
    assert (found["sequence"], found["cla"]) == (sequence, cla)
    assert found["payload"] == octets(text)[5:-1].hex().upper()
    assert "suspect" not in found
    assert found["meaning"]["type"] == "command"
    assert found["meaning"]["instruction"] == name
    assert found["meaning"]["values"] == shown(values)


@pytest.mark.parametrize(
    ("text", "sequence", "cla", "name", "status", "status_name", "values"), ANSWERS
)
def test_a_worked_answer_is_explained_by_its_command(
    text, sequence, cla, name, status, status_name, values
):
    asked = {"GET_DATA": {"identifier": 2}, "PLAY_SEQUENCE": {"number": 0x60}}
    asked.update({"READ_REGISTER": {"address": 0x02C0}})
    asked.update({"SET_SERIAL_PARAMETERS": {"bitrate": 115200}})
    asking = frame.encode(COMMAND, sequence, *command(name, **asked.get(name, {})))

    exit_status, found = records(asking + octets(text))

    assert exit_status == 0
    assert (found[1]["channel"], found[1]["sequence"], found[1]["cla"]) == (
        "response",
        sequence,
        cla,
    )
    assert found[1]["meaning"] == {
        "type": "response",
        "instruction": name,
        "status": status,
        "status_name": status_name,
        "values": shown(values),
        "names": {},
    }


def test_a_worked_tag_is_told_by_names_and_hex():
    found = [record(octets(text)) for text, _, _ in EVENTS]

    assert found[0]["channel"] == "event" and found[0]["cla"] == 0x5B
    assert found[0]["meaning"] == {
        "type": "tag_read",
        "interface": "13.56",
        "protocol": "NFC-A",
        "template": 0,
        "tag_id": "047DAE02C84080",
        "new": True,
        "original": False,
    }
    assert found[1]["meaning"]["tag_data"] == "00047DAE02C84080"
    assert "tag_data_text" not in found[1]["meaning"]
    assert found[2]["meaning"]["type"] == "tag_inserted"
    assert found[2]["meaning"]["tag_index"] == 1
    assert found[3]["meaning"] == {"type": "tag_removed", "tag_index": 1}
    assert found[4]["meaning"] == {
        "type": "reader_starting",
        "interfaces": [{"interface": "13.56", "protocols": ["NFC-A", "NFC-B", "NFC-V"]}],
    }
    assert found[5]["meaning"] == {"type": "reader_stopping"}
    assert found[6]["meaning"]["tag_data"] == b"st.com/nfc-rfid".hex().upper()
    assert found[6]["meaning"]["tag_data_text"] == "st.com/nfc-rfid"
    assert record(octets(PING_EVENT))["meaning"] == {"type": "ping_event"}


def test_numbers_have_their_names_beside_them():
    cases = (
        (command("PLAY_SEQUENCE", number=0x60), "number", "access granted"),
        (command("GET_DATA", identifier=3), "identifier", "serial number"),
        (command("READ_REGISTER", address=0x0311), "address", "NFC 1 TOF"),
        (command("RESET", kind=0xDEAD), "kind", "hard"),
    )
    for asked, field, name in cases:
        assert record(frame.encode(COMMAND, 0, *asked))["meaning"]["names"] == {field: name}


def test_what_no_table_knows_is_carried():
    unknown = record(frame.encode(COMMAND, 0, 0x77, b"\x01\x02"))
    assert unknown["meaning"] == {
        "type": "command",
        "class": None,
        "instruction": None,
        "values": {"ins": 1, "data": "02"},
        "names": {},
    }
    event = record(frame.encode(EVENT, 0, 0x5B, b"\x90\xff"))
    assert event["meaning"] == {"type": "event", "class": "READER", "code": 0x90, "data": "FF"}
    tag = record(frame.encode(EVENT, 0, 0x5B, octets("B0 C1 04 80 99 77 00 C2 01 AA")))
    assert (tag["meaning"]["interface"], tag["meaning"]["protocol"]) == ("99", "77")
    assert records(frame.encode(EVENT, 0, 0x5B, b"\x90"))[0] == 0


def test_an_answer_to_nothing_seen_has_its_status_only():
    meaning = record(frame.encode(RESPONSE, 9, 0x58, b"\x00AB"))["meaning"]
    assert meaning["instruction"] is None
    assert (meaning["status_name"], meaning["values"]) == ("SUCCESS", {"data": "4142"})


def test_a_command_explains_one_answer_only():
    ask = frame.encode(COMMAND, 1, *command("GET_DATA", identifier=2))
    answer = frame.encode(RESPONSE, 1, 0x58, b"\x00A")
    _, found = records(ask + answer + answer)
    assert [one["meaning"]["instruction"] for one in found] == ["GET_DATA", "GET_DATA", None]


@pytest.mark.parametrize("sequence", [3, 4])
def test_an_answer_after_a_time_extension_belongs_to_the_first_command(sequence):
    data = frame.encode(COMMAND, 3, *command("GET_DATA", identifier=2))
    data += frame.encode(RESPONSE, 3, 0x00, b"\xf0")
    data += frame.encode(COMMAND, 4, *command("TIME_EXTENSION_ACK"))
    data += frame.encode(RESPONSE, sequence, 0x58, b"\x00Puck")

    _, found = records(data)

    assert found[1]["meaning"]["status_name"] == "TIME_EXTENSION_REQUEST"
    assert found[3]["meaning"]["instruction"] == "GET_DATA"
    assert found[3]["meaning"]["values"] == {"text": "Puck"}


def test_an_echo_has_no_status():
    asked = frame.encode(COMMAND, 5, *command("ECHO", data=b"HELLO"))
    _, found = records(asked + frame.encode(RESPONSE, 5, 0x5E, b"HELLO"))
    assert found[1]["meaning"]["status"] is None
    assert found[1]["meaning"]["values"] == {"data": b"HELLO".hex().upper()}
    _, found = records(asked + frame.encode(RESPONSE, 5, 0x00, b"\xfa"))
    assert found[1]["meaning"]["status_name"] == "CLA_NOT_SUPPORTED"


# What is said of lines


def test_the_vendors_line_is_told_like_the_event_of_the_same_tag():
    assert record(SCRDR) == {
        "offset": 0,
        "kind": "text",
        "message": "$SCRDR",
        "fields": {
            "interface": "13.56",
            "protocol": "NFC-A",
            "template": "1",
            "rssi": "",
            "tag_id": "047DAE02C84080",
            "move": "",
            "tag_data": "00047DAE02C84080",
            "tag_details": "",
        },
        "checksum": "valid",
        "rule": "c",
        "meaning": {
            "type": "tag_read",
            "interface": "13.56",
            "protocol": "NFC-A",
            "template": 1,
            "tag_id": "047DAE02C84080",
            "tag_data": "00047DAE02C84080",
        },
    }


def test_a_lines_data_that_is_no_hex_is_text():
    found = record(b"$SCRDR;LoRa;7;;C5;aabb;IR ;hello; w\xc3\xb6rld;\xff\r\n")
    assert found["fields"]["tag_data"] == "hello; wörld"
    assert found["fields"]["tag_details"] == "\\xff"
    meaning = found["meaning"]
    assert (meaning["type"], meaning["tag_id"], meaning["gone"]) == ("tag_inserted", "AABB", True)
    assert (meaning["interface"], meaning["protocol"]) == ("LoRa", "07")
    assert (meaning["template"], meaning["rssi"]) == (None, 0xC5)
    assert meaning["tag_data"] == "hello; wörld".encode().hex().upper()
    assert meaning["tag_data_text"] == "hello; wörld"
    assert meaning["tag_details"] == "FF" and "tag_details_text" not in meaning
    assert (found["checksum"], found["rule"]) == ("absent", None)


def test_a_removal_and_an_empty_message_are_told():
    assert record(b"$SCRDR;03;01;;;AA;R ;;\r\n")["meaning"] == {
        "type": "tag_removed",
        "tag_id": "AA",
    }
    assert record(HELLO + b"7E\r\n")["meaning"] == {"type": "empty"}


def test_text_commands_are_explained():
    found = [record(line) for line, _ in SCCMD]
    assert found[0]["fields"] == {"LEDS": "92929292", "BUZZ": "0064"}
    assert found[0]["meaning"]["values"] == {"leds": "92929292", "buzzer_ms": 100}
    assert found[1]["meaning"] == {
        "type": "text_command",
        "values": {"sequence": 0x60},
        "names": {"sequence": "access granted"},
    }
    assert all(one["message"] == "$SCCMD" and one["checksum"] == "absent" for one in found)


@pytest.mark.parametrize("line", [b"SEQ=6", b"SEQ=6G", b"SEQ:0E", b"RELAY=01", b"BUZZ=64", b"+="])
def test_a_text_command_that_is_wrong_is_malformed(line):
    status, found = records(b"$SCCMD;" + line + b"\r\n")
    assert status == 1
    assert found[0]["meaning"]["type"] == "malformed" and found[0]["meaning"]["error"]


def test_other_lines_keep_their_fields_by_number():
    found = record(b"$SCXYZ;a;b\r\n")
    assert (found["message"], found["fields"]) == ("$SCXYZ", {"1": "a", "2": "b"})
    assert found["meaning"] == {"type": "unknown"}


# Noise, and how it ends


def test_noise_is_told_with_what_it_looks_like():
    status, found = records(b"# M519/RDR\r\n" + TAG)
    assert status == 1
    assert found[0]["looks_like"].startswith("MK1")
    del found[0]["looks_like"]
    assert found[0] == {
        "offset": 0,
        "kind": "noise",
        "length": 12,
        "hex": b"# M519/RDR\r\n".hex().upper(),
        "reason": None,
    }
    assert found[1]["offset"] == 12


def test_a_broken_frame_is_noise_that_says_so_and_what_is_in_it_is_suspect():
    outer = frame.encode(EVENT, 0, 0x5B, b"\xb0" + TAG + b"\x00")
    status, found = records(outer[:-1] + bytes([outer[-1] ^ 1]))
    assert status == 1
    assert [one["kind"] for one in found] == ["noise", "frame", "noise"]
    assert found[0]["reason"] == "broken frame: wrong LRC"
    assert found[1]["suspect"] is True


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (TAG, 0),
        (b"".join(line for line, _ in SCCMD), 0),
        (SCRDR.replace(b"*47", b""), 0),
        (frame.encode(COMMAND, 0, 0x77, b"\x00"), 0),
        (SCRDR.replace(b"*47", b"*48"), 1),
        (TAG + b"\x00", 1),
        (TAG[:-1], 1),
        (frame.encode(EVENT, 0, 0x5B, b"\xb0\xc2\x80"), 1),
        (frame.encode(COMMAND, 0, 0x58, b"\x90"), 1),
        (b"\x16\xc0\x5b\x00\x60\xb0" + TAG, 1),
    ],
)
def test_the_exit_status_says_whether_all_was_good(data, expected):
    assert decoded(data)[0] == expected
    assert decoded(data, "--json")[0] == expected


def test_a_malformed_tag_names_what_is_wrong():
    found = record(frame.encode(EVENT, 0, 0x5B, octets("B0 C1 04 80 03 01 00 C2 07 04")))
    assert found["meaning"]["type"] == "malformed"
    assert "C2" in found["meaning"]["error"]


def test_random_bytes_are_always_told_in_full():
    rng = random.Random(5)
    telling = b"\x16\x16$\xc0\x80\x00\x5bSCRDR;*\r\n4"
    for _ in range(150):
        data = bytes(rng.choices(telling, k=rng.randrange(200))) + rng.choice((b"", TAG, SCRDR))
        status, found = records(data)
        assert status in (0, 1)
        decoded(data)
        assert all(one["kind"] in ("frame", "text", "noise") for one in found)


# Lines for people


def test_each_message_is_one_line_without_colours():
    data = b"".join(map(octets, FRAMES)) + SCRDR + b"\xff"
    _, output = decoded(data)
    lines = output.splitlines()
    assert len(lines) == len(FRAMES) + 2
    assert "\x1b" not in output
    assert lines[0].split() == ["0", "command", "0", "PING"]
    assert "PLAY_SEQUENCE number 60 (access granted)" in lines[5]
    assert lines[-2].endswith("; checksum valid (rule c)")
    assert lines[-1].endswith("noise       1 byte; FF")


def test_what_is_wrong_stands_before_the_rest():
    _, output = decoded(SCRDR.replace(b"*47", b"*48"))
    assert "$SCRDR      checksum invalid; tag read 047DAE02C84080" in output
    _, output = decoded(b"\x16\xc0\x5b\x00\x60\xb0" + TAG)
    assert "event 0     SUSPECT, inside a broken message; tag read" in output
    assert "6 bytes; broken message: cut off; 16 C0" in output


def test_a_cards_text_cannot_steer_the_terminal():
    data = frame.encode(
        EVENT, 0, 0x5B, octets("B0 C1 04 A0 03 01 00 C2 01 AA C3 05") + b"\x1b[2J\x07"
    )
    _, output = decoded(data)
    assert "\x1b" not in output and "\x07" not in output
    _, output = decoded(b"$SCRDR;;;;;AA;;\xc2\x9b2J;\r\n")
    assert "\x9b" not in output and "\\x9b2J" in output


def test_on_a_terminal_a_line_is_cut_to_its_width():
    data = b"".join(map(octets, FRAMES)) + SCRDR + b"".join(line for line, _ in SCCMD)
    with process("decode", FORCE_COLOR="1", COLUMNS="80", TERM="xterm") as running:
        out, _ = running.communicate(data, timeout=30)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out.decode()).splitlines()
    assert len(lines) == len(FRAMES) + 1 + len(SCCMD)
    assert max(map(len, lines)) == 80 and lines[6] != out.decode().splitlines()[6]


# Input


def test_hex_is_read_in_the_ways_people_write_it():
    plain = TAG.hex()
    forms = (
        plain,
        plain.upper(),
        TAG.hex(" "),
        TAG.hex(":"),
        "0x" + plain,
        ", ".join(f"0x{byte:02X}" for byte in TAG),
        "\n".join(TAG.hex(" ", 8).splitlines()) + "\r\n",
        f"  {plain[:20]}\n\t{plain[20:]}  ",
    )
    for text in forms:
        status, found = records(text.encode(), "--hex")
        assert status == 0 and found == [record(TAG)], text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("16 C0 0G", "line 1, column 8: 'G' is not a hex digit"),
        ("16 C0\n 5B 0", "line 2, column 5: '0' is not a whole number of bytes"),
        ("16\n\n0x0x00", "line 3, column 4: 'x' is not a hex digit"),
        ("16 0x", "line 1, column 4: '0x' is not a whole number of bytes"),
        ("16 C0 é", "line 1, column 7: '\\xc3' is not a hex digit"),
    ],
)
def test_a_wrong_digit_is_named_with_its_place(text, words, capsys, tmp_path):
    path = tmp_path / "capture.hex"
    path.write_text(text, encoding="utf-8")

    assert status_of(["decode", "--hex", str(path)]) == 2

    assert capsys.readouterr().err == f"loquet: {path}, {words}\n"


def test_hex_may_come_in_any_pieces():
    rng = random.Random(1)
    octets_in = rng.randbytes(3000)
    text = octets_in.hex(" ").encode() + b"\n0x" + octets_in.hex().encode() + b"zz"
    for _ in range(20):
        hexed, found, place = HexInput(), b"", 0
        with pytest.raises(ArgumentError, match="line 2, column 6003: 'z'"):
            while place < len(text):
                size = rng.randrange(1, 400)
                found += hexed.feed(text[place : place + size])
                place += size
            hexed.close()
        assert octets_in.startswith(found[:3000])


def test_hex_without_any_space_is_read_in_bounded_memory():
    hexed = HexInput()
    found = b"".join(hexed.feed(b"0123456789abcdef" * 5000) for _ in range(20)) + hexed.close()
    assert found == bytes.fromhex("0123456789abcdef" * 100000)


def test_a_file_is_read_by_its_name(tmp_path, capsys):
    path = tmp_path / "capture.bin"
    path.write_bytes(TAG + SCRDR)
    assert status_of(["decode", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_large_file_is_read_in_pieces(tmp_path, capsys):
    path = tmp_path / "capture.bin"
    path.write_bytes((TAG + SCRDR) * 4000)
    assert status_of(["decode", "--json", str(path)]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 8000
    assert found[-1]["offset"] == 4000 * len(TAG + SCRDR) - len(SCRDR)


def test_a_frame_of_64_kib_is_whole():
    wire = frame.encode(RESPONSE, 0, 0x58, bytes(65536))
    found = record(wire)
    assert len(found["payload"]) == 2 * 65536 and "truncated" not in found


def test_a_line_beyond_that_is_marked():
    found = record(b"$SCRDR;03;01;;;AA;;" + b"x" * 65570 + b";\r\n")
    assert found["truncated"] is True
    assert found["meaning"]["tag_id"] == "AA" and "tag_data" not in found["meaning"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["decode", "/no/such/file"], "/no/such/file cannot be read: No such file or directory"),
        (["decode", str(ROOT)], f"{ROOT} cannot be read: Is a directory"),
        (["decode", "--nothing"], "No such option: --nothing"),
        ([], "Missing command."),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(arguments, words, capsys):
    assert status_of(arguments) == 2
    assert capsys.readouterr().err == f"loquet: {words}\n"


# In a process of its own


def test_standard_input_is_binary_and_the_default():
    for arguments in (["decode", "--json"], ["decode", "-", "--json"]):
        with process(*arguments) as running:
            out, err = running.communicate(TAG + b"\r\n\x1a" + SCRDR, timeout=30)
        assert (running.returncode, err) == (1, b"")
        kinds = [json.loads(line)["kind"] for line in out.splitlines()]
        assert kinds == ["frame", "noise", "text"]


def test_a_message_is_told_as_soon_as_it_is_whole():
    with process("decode", "--json") as running:
        running.stdin.write(TAG)
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["meaning"]["type"] == "tag_read"
        running.stdin.write(SCRDR)
        out, _ = running.communicate(timeout=30)
        assert json.loads(out)["kind"] == "text"
    assert running.returncode == 0


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_goes_away_is_no_error(options, tmp_path):
    path = tmp_path / "capture.bin"
    path.write_bytes(TAG * 20000)
    with process("decode", str(path), *options) as running:
        running.stdout.readline()
        running.stdout.close()
        err = running.stderr.read()
        running.wait(timeout=30)
    assert err == b""


def test_errors_go_to_stderr_alone():
    with process("decode", "/no/such/file") as running:
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (2, b"")
    assert err == b"loquet: /no/such/file cannot be read: No such file or directory\n"
