"""`loquet deploy` without a board: which port, which files, which list, which firmware."""

import json
import os
import pty
import tty
from types import SimpleNamespace

import pytest
import serial

from loquet import notation
from loquet.card import Card
from loquet.card_list import pack_list
from loquet.cards import Cards
from loquet.settings_store import MOST_TRIES, SettingsStore
from loquet_tools import cli
from loquet_tools.cards import replace
from loquet_tools.deploy import board, card_list, file_set, firmware, ports, visit, words
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.paths import ROOT

SETTINGS = {"readers": [{"name": "front"}], "doors": [{"name": "front"}]}
OTHER_SETTINGS = {**SETTINGS, "doors": [{"name": "front", "pulse_ms": 5000}]}


@pytest.fixture
def line():
    """A pseudo terminal at whose other end nobody is."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def refused(capsys, *arguments):
    """(exit status, the sentence on stderr) of a deployment that prints nothing else."""
    status = cli.status_of(["deploy", "--board", "pico", *map(str, arguments)])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("loquet: ") and printed.err.count("\n") == 1
    return status, printed.err


# The port.


def port(device, vid=0x2E8A, pid=0x0005):
    return SimpleNamespace(device=device, vid=vid, pid=pid)


def test_the_one_pico_is_found_among_other_devices():
    debug_probe, modem = port("/dev/ttyACM0", pid=0x000C), port("/dev/ttyS0", None, None)
    assert ports.find(None, [debug_probe, modem, port("/dev/ttyACM1")]) == "/dev/ttyACM1"


def test_without_a_pico_it_says_how_one_gets_its_firmware():
    with pytest.raises(ToolError, match="no Pico .*loquet-usb.uf2"):
        ports.find(None, [port("/dev/ttyS0", None, None)])


def test_several_picos_are_named():
    with pytest.raises(ArgumentError, match="allowed: /dev/ttyACM0, /dev/ttyACM1"):
        ports.find(None, [port("/dev/ttyACM1"), port("/dev/ttyACM0")])


def test_a_port_that_is_given_is_taken_as_it_is():
    assert ports.find("/dev/ttyUSB3", []) == "/dev/ttyUSB3"


def test_a_port_that_is_not_there_is_refused(capsys):
    status, said = refused(capsys, "--port", "/dev/no-such-device")
    assert status == 2
    assert "/dev/no-such-device cannot be opened: there is no such device" in said


def test_a_port_that_another_program_uses_is_refused(capsys, line):
    with serial.Serial(line, exclusive=True):
        status, said = refused(capsys, "--port", line)
    assert status == 2
    assert f"{line} cannot be opened: another program uses it" in said


def test_a_file_is_no_port(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    status, said = refused(capsys, "--port", tmp_path / "file")
    assert status == 2 and "cannot be opened" in said


def test_a_device_that_does_not_answer_is_no_micropython(capsys, line, monkeypatch):
    monkeypatch.setattr(board, "HEARD_WITHIN_S", 0.05)
    monkeypatch.setattr(board, "INTERRUPTS", 2)
    status, said = refused(capsys, "--port", line)
    assert status == 1
    assert f"{line} does not answer as MicroPython does" in said


def test_only_boards_that_there_are(capsys):
    assert cli.status_of(["deploy", "--board", "toaster"]) == 2
    assert "--board is 'toaster'; allowed: one of pico" in capsys.readouterr().err


# What is checked before the board is touched.


def test_settings_that_no_panel_starts_with_are_refused(capsys, tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({**SETTINGS, "doors": []}))
    status, said = refused(capsys, "--port", "/dev/none", "--settings", tmp_path / "settings.json")
    assert status == 2 and "settings.json" in said and "doors" in said


def test_a_folder_without_cards_is_refused(capsys, tmp_path):
    status, said = refused(capsys, "--port", "/dev/none", "--cards", tmp_path / "cards")
    assert status == 2 and "allowed: a folder of `loquet cards build`" in said
    (tmp_path / "cards").mkdir()
    status, said = refused(capsys, "--port", "/dev/none", "--cards", tmp_path / "cards")
    assert status == 2 and f"{tmp_path}/cards/manifest is missing" in said


# The files.


def test_what_differs_is_what_is_not_there_as_it_should_be():
    wanted = {"a": b"1", "b": b"2", "c": b"3"}
    there = {"a": file_set.hash_of(b"1"), "b": file_set.hash_of(b"x"), "c": None}
    assert file_set.differing(wanted, there) == ["b", "c"]


def test_the_start_files_are_the_projects_own():
    files = file_set.start_files("pico")
    assert list(files) == ["board.json", "boot.py", "main.py"]
    assert json.loads(files["board.json"])["hal"] == "rp2"
    assert files["boot.py"] == (ROOT / "firmware/start/boot.py").read_bytes()


def test_the_marker_is_the_one_that_boot_py_takes_away():
    assert f'MARKER = "{visit.MARKER}"' in (ROOT / "firmware/start/boot.py").read_text()


def test_the_log_is_never_among_the_files():
    names = [*file_set.START, *file_set.SETTINGS]
    assert not any(name.startswith("log") for name in names)


@pytest.mark.parametrize("name", ["loquet", "springcore.mpy", "firmware", "loquet_build.py"])
def test_what_would_run_in_place_of_the_firmwares_program_is_named(name):
    there = SimpleNamespace(value=lambda _: ["boot.py", "log", name])
    with pytest.raises(ToolError, match=f"there is {name}, which would run"):
        file_set.check_root(there)


def test_what_belongs_in_the_root_is_nothing_to_complain_of():
    names = ["boot.py", "main.py", "board.json", "settings", "settings.good", "cards", "log"]
    file_set.check_root(SimpleNamespace(value=lambda _: names))


# Settings, by the rules of their store.


def stored(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def started(folder, times):
    """What is stored after so many starts that did not last."""
    for _ in range(times):
        SettingsStore(str(folder)).load_usable()
    return stored(folder)


def test_a_new_board_gets_its_settings_sealed(tmp_path):
    files = file_set.settings_files({}, SETTINGS)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    settings, problems = SettingsStore(str(tmp_path)).load_usable()
    assert settings.doors[0].name == "front" and problems == []


def test_a_board_without_settings_needs_some():
    with pytest.raises(ArgumentError, match="--settings is needed: /settings cannot be used"):
        file_set.settings_files({}, None)


def test_a_board_whose_settings_are_damaged_needs_some():
    with pytest.raises(ArgumentError, match="--settings is needed.* is damaged"):
        file_set.settings_files({"settings": b"x" * 40}, None)


def test_settings_that_are_not_given_stay(tmp_path):
    SettingsStore(str(tmp_path)).save(SETTINGS)
    assert file_set.settings_files(stored(tmp_path), None) == {}


def test_the_same_settings_are_the_same_file_and_nothing_else(tmp_path):
    SettingsStore(str(tmp_path)).save(SETTINGS)
    before = started(tmp_path, 1)
    assert file_set.settings_files(before, SETTINGS) == {"settings": before["settings"]}


def test_other_settings_leave_the_last_good_ones_alone(tmp_path):
    store = SettingsStore(str(tmp_path))
    store.save(SETTINGS)
    store.load_usable()
    store.mark_good()
    before = stored(tmp_path)
    files = file_set.settings_files(before, OTHER_SETTINGS)
    assert files["settings"] != before["settings"]
    assert files["settings.good"] == before["settings.good"]


def test_settings_that_the_board_gave_up_are_tried_again(tmp_path):
    store = SettingsStore(str(tmp_path))
    store.save(SETTINGS)
    store.load_usable()
    store.mark_good()
    store.save(OTHER_SETTINGS)
    before = started(tmp_path, MOST_TRIES)
    for name, data in file_set.settings_files(before, OTHER_SETTINGS).items():
        (tmp_path / name).write_bytes(data)
    again = SettingsStore(str(tmp_path))
    assert again.load_usable()[0].doors[0].pulse_ms == 5000 and not again.fell_back


# The card list.


@pytest.fixture
def folder(tmp_path):
    """A card folder with two cards, of generation 1."""
    made = Cards(str(tmp_path / "cards"))
    made.create()
    put(tmp_path / "cards", "04A1B2C3D4E580", "04112233445566")
    return tmp_path / "cards"


def put(folder, *texts):
    cards = Cards(str(folder))
    cards.open()
    replace(cards, *pack_list([Card(notation.enrol(text), uses_left=3) for text in texts]))
    cards.close()


def there(found, **others):
    facts = {"generation": found.generation, "digest": found.digest, "count": found.count}
    return {**facts, "changes": 0, "problem": None, **others}


def test_a_folder_is_read_and_stays_as_it_is(folder):
    before = stored(folder)
    found = card_list.read(folder)
    assert (found.generation, found.count) == (1, 2)
    assert stored(folder) == before


def test_a_folder_with_changes_of_its_own_is_no_list_to_deploy(folder):
    cards = Cards(str(folder))
    cards.open()
    cards.revoke(notation.enrol("04112233445566"))
    cards.close()
    with pytest.raises(ArgumentError, match="not as `loquet cards build` made it"):
        card_list.read(folder)


def test_a_damaged_folder_is_no_list_to_deploy(folder):
    path = folder / "list.2"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArgumentError, match="not as `loquet cards build` made it"):
        card_list.read(folder)


def test_uses_counted_in_the_folder_do_not_keep_its_list_from_a_board(folder):
    cards = Cards(str(folder))
    cards.open()
    cards.use(notation.enrol("04112233445566"))
    cards.close()
    assert card_list.read(folder).count == 2


def test_a_board_without_a_list_gets_it(folder):
    assert card_list.is_wanted(card_list.read(folder), None, False)


def test_the_same_list_is_not_transferred_and_changes_on_the_board_stay(folder):
    found = card_list.read(folder)
    assert not card_list.is_wanted(found, there(found, changes=7), False)


def test_a_list_that_the_board_cannot_read_is_transferred_again(folder):
    found = card_list.read(folder)
    assert card_list.is_wanted(found, there(found, problem="list.2 is damaged"), False)


def test_a_newer_list_takes_the_place_of_an_older_one(folder):
    found = card_list.read(folder)
    assert card_list.is_wanted(found, there(found, generation=0), False)


def test_an_older_list_is_refused(folder):
    found = card_list.read(folder)
    with pytest.raises(ArgumentError, match="is generation 1, and the board has 5"):
        card_list.is_wanted(found, there(found, generation=5), True)


def test_another_list_of_the_same_number_is_refused(folder):
    found = card_list.read(folder)
    with pytest.raises(ArgumentError, match="generation 1, and so is another list"):
        card_list.is_wanted(found, there(found, digest="00" * 32), True)


def test_changes_made_on_the_board_are_undone_only_if_that_is_said(folder):
    found = card_list.read(folder)
    changed = there(found, generation=0, changes=4)
    with pytest.raises(ArgumentError, match="would undo 4 changes .* --discard-changes"):
        card_list.is_wanted(found, changed, False)
    assert card_list.is_wanted(found, changed, True)


# The firmware.

DIGEST = "5a" * 32


def identity(**others):
    facts = {"interpreter": "micropython", "machine": "Raspberry Pi Pico", "version": "1.25.0"}
    return visit.Identity(**{**facts, "digest": DIGEST, "has_files": True, **others})


def uf2(payload):
    """As uf2conv.py writes it: 256 bytes of payload in blocks of 512."""
    blocks = (payload[at : at + 256].ljust(256, b"\0") for at in range(0, len(payload), 256))
    return b"".join(bytes(32) + block + bytes(224) for block in blocks)


def test_the_projects_own_firmware_is_taken():
    assert firmware.problem_of(identity(), DIGEST) is None


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"interpreter": "circuitpython", "digest": None}, "it runs circuitpython 1.25.0"),
        ({"digest": None}, "MicroPython 1.25.0 without Loquet's program"),
        ({"digest": "a5" * 32}, "has program a5a5a5a5a5a5, and this project is 5a5a5a5a5a5a"),
    ],
)
def test_another_firmware_is_named_with_what_to_do(others, problem):
    found = firmware.problem_of(identity(**others), DIGEST)
    said = firmware.advice("/dev/ttyACM0", found)
    assert problem in said and "hold BOOTSEL" in said and "--firmware" in said


def test_a_firmware_of_other_sources_is_not_flashed(tmp_path):
    path = tmp_path / firmware.UF2
    with pytest.raises(ToolError, match="`make pico-firmware` builds it"):
        firmware.load(DIGEST, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(uf2(b"." * 230 + DIGEST.encode() + b"." * 900))
    assert firmware.load(DIGEST, tmp_path) == path.read_bytes()
    path.write_bytes(uf2(b"." * 1500))
    with pytest.raises(ToolError, match="not of these sources"):
        firmware.load(DIGEST, tmp_path)


def test_the_drive_is_the_one_that_says_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(firmware, "MOUNTS", (f"{tmp_path}/*",))
    (tmp_path / "stick").mkdir()
    assert firmware.drive() is None
    (tmp_path / "RPI-RP2").mkdir()
    (tmp_path / "RPI-RP2/INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\nBoard-ID: RPI-RP2\n")
    assert firmware.drive() == tmp_path / "RPI-RP2"


# What is told.


def test_a_long_transfer_is_told_now_and_then(capsys, monkeypatch):
    now_s = [0.0]
    monkeypatch.setattr(words.time, "monotonic", lambda: now_s[0])
    tell = words.teller(as_json=False)
    for done in range(100):
        now_s[0] += 0.5
        tell({"step": "writing", "name": "cards", "done": done, "of": 20000})
    assert 20 <= capsys.readouterr().out.count("of 20,000") <= 25


def test_as_json_every_step_is_a_line(capsys):
    step = {"step": "file", "name": "boot.py", "bytes": 7, "state": "new"}
    words.teller(as_json=True)(step)
    assert json.loads(capsys.readouterr().out) == step
