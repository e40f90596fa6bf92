"""`loquet deploy` onto an emulated Pico, as a process of its own, over a serial device.

Real time: nothing here depends on how long a thing takes, and a slow machine only takes longer.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from loquet import notation
from loquet.card import Card
from loquet.card_list import pack_list
from loquet.cards import Cards
from loquet.settings_store import SettingsStore
from loquet_tools import cli
from loquet_tools.cards import replace
from loquet_tools.deploy import file_set, firmware, visit
from loquet_tools.deploy.board import Board
from loquet_tools.device_folder import log_of
from loquet_tools.errors import ToolError
from pico_rig.console import PicoOnAPort
from pico_rig.image import files_of, image
from pico_rig.rig import FIRMWARE_USB

RELAY = 10
SETTINGS = {"readers": [{"name": "front"}], "doors": [{"name": "front"}]}
OTHER_SETTINGS = {**SETTINGS, "doors": [{"name": "front", "pulse_ms": 5000}]}
LOQUET = Path(sys.executable).parent / "loquet"
README = Path(__file__).parents[2] / "README.md"

# Far more than anything here takes, on a machine that does other things too.
LIMIT_S = 300


class Desk:
    """Where somebody deploys from: a settings file and a card folder."""

    def __init__(self, folder):
        self.settings = folder / "settings.json"
        self.cards = folder / "cards"
        Cards(str(self.cards)).create()
        self.write_settings(SETTINGS)
        self.write_cards(20)

    def write_settings(self, document):
        self.settings.write_text(json.dumps(document))

    def write_cards(self, count):
        """A list of so many cards, each good for nine uses; one generation more."""
        cards = Cards(str(self.cards))
        cards.open()
        replace(cards, *pack_list([Card(key(number), uses_left=9) for number in range(count)]))
        cards.close()

    @property
    def all(self):
        """The options that deploy all of it."""
        return ["--settings", str(self.settings), "--cards", str(self.cards)]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def key(number):
    return notation.enrol(f"04{number:010X}80")


def deployed(desk, tmp_path, **files):
    """The flash of a board that was deployed from the desk, with these files more."""
    root = tmp_path / "root"
    root.mkdir()
    SettingsStore(str(root)).save(json.loads(desk.settings.read_text()))
    found = {"settings": (root / "settings").read_bytes()}
    found |= file_set.start_files("pico")
    found |= {f"cards/{path.name}": path.read_bytes() for path in desk.cards.iterdir()}
    return image({**found, **{name.replace("__", "."): data for name, data in files.items()}})


def arguments(pico, *options):
    return [str(LOQUET), "deploy", "--board", "pico", "--port", pico.port, "--json", *options]


def deploy(pico, *options):
    """(exit status, its steps, stderr) of a deployment."""
    done = subprocess.run(
        arguments(pico, *options), capture_output=True, text=True, timeout=LIMIT_S
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def states(steps):
    """What became of each file, and of the cards."""
    told = [step for step in steps if step["step"] in ("file", "cards")]
    return {step.get("name", "cards"): step["state"] for step in told}


def wait_for(condition):
    end_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end_s, "it does not happen"
        time.sleep(0.1)


def starts(pico):
    return [told for told in pico.told() if told["event"] == "start"]


def wait_for_panel(pico, meanwhile=lambda: None):
    """Waits until a panel that runs says something; before that, `meanwhile` is done."""
    with closing(Board(pico.port)) as board:
        board.open()
        meanwhile()
        reports = filter(None, map(visit.report_of, visit.lines(board, LIMIT_S)))
        assert next(reports).get("state") != "stopped"


def no_edge(pico):
    """Whether the relay has kept still from power-up on."""
    return [told for told in pico.stop() if told["event"] == "pin"] == []


@contextmanager
def cards_on(pico, folder):
    """The card list that the flash holds, opened in `folder`."""
    folder.mkdir()
    for name, data in files_of(pico.image_after).items():
        if name.startswith("cards/"):
            (folder / name.removeprefix("cards/")).write_bytes(data)
    with closing(Cards(str(folder))) as cards:
        cards.open()
        yield cards


def settings_on(pico, folder):
    """The settings that a panel would start with."""
    folder.mkdir()
    for name in file_set.SETTINGS:
        if name in files_of(pico.image_after):
            (folder / name).write_bytes(files_of(pico.image_after)[name])
    return SettingsStore(str(folder)).load_usable()[0]


def without_what_changes(text):
    """`text` without the program's digest, the heap that it leaves, and how far a slow list was."""
    text = re.sub("program [0-9a-f]{12}$", "program DIGEST", text, flags=re.M)
    text = re.sub(r"^  \S+ +[0-9,]+ of [0-9,]+\n", "", text, flags=re.M)
    return re.sub("[0-9,]+ bytes of heap", "SOME bytes of heap", text)


def test_a_deployment_says_what_the_readme_shows(desk, tmp_path):
    shown = re.search("```text\n[$] [^\n]*loquet deploy [^\n]*\n(.*?)```", README.read_text(), re.S)
    desk.cards = tmp_path / "hundred"
    Cards(str(desk.cards)).create()
    desk.write_cards(100)
    with PicoOnAPort(None, (RELAY,)) as pico:
        command = [LOQUET, "deploy", "--board", "pico", "--port", pico.port, *desk.all]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
        said = done.stdout.replace(pico.port, "/dev/ttyACM0")
    assert without_what_changes(said) == without_what_changes(shown[1])


def test_a_new_board_gets_all_then_nothing_then_what_has_changed(desk, tmp_path):
    with PicoOnAPort(None, (RELAY,)) as pico:
        status, steps, errors = deploy(pico, *desk.all)
        assert (status, errors) == (0, "")
        assert set(states(steps).values()) == {"new"}
        assert steps[-1]["step"] == "started" and steps[-1]["reset_cause"] == "software"

        status, steps, errors = deploy(pico, *desk.all)
        assert (status, errors) == (0, "")
        assert set(states(steps).values()) == {"the same"}
        assert not any(step["step"] == "writing" for step in steps)
        assert steps[-1]["step"] == "started"

        desk.write_settings(OTHER_SETTINGS)
        status, steps, errors = deploy(pico, "--settings", str(desk.settings))
        assert (status, errors) == (0, "")
        changed = [name for name, state in states(steps).items() if state != "the same"]
        assert "settings" in changed and set(changed) <= set(file_set.SETTINGS)

        assert no_edge(pico)
    files = files_of(pico.image_after)
    assert not any(name.endswith(file_set.BEING_WRITTEN) for name in files)
    assert visit.MARKER not in files
    for name, data in file_set.start_files("pico").items():
        assert files[name] == data
    assert settings_on(pico, tmp_path / "settings").doors[0].pulse_ms == 5000
    with cards_on(pico, tmp_path / "on board") as found:
        assert found.check() == []


def test_the_log_and_the_uses_stay(desk, tmp_path):
    cards = Cards(str(desk.cards))
    cards.open()
    cards.use(key(7))
    cards.close()
    flash = deployed(desk, tmp_path)
    desk.write_cards(30)
    with PicoOnAPort(flash, (RELAY,)) as pico:
        wait_for_panel(pico)
        for count in (1, 2):
            status, steps, errors = deploy(pico, *desk.all)
            assert (status, errors) == (0, "")
            assert states(steps)["cards"] == ("changed" if count == 1 else "the same")
        assert no_edge(pico)
    with cards_on(pico, tmp_path / "on board") as found:
        assert (found.generation, found.count, found.previous) == (2, 30, 1)
        assert found.lookup(key(7)).uses_left == 8
    # What the panel had in its RAM was written when it was interrupted.
    log = tmp_path / "board"
    (log / "log").mkdir(parents=True)
    for name, data in files_of(pico.image_after).items():
        if name.startswith("log/"):
            (log / name).parent.mkdir(parents=True, exist_ok=True)
            (log / name).write_bytes(data)
    numbers, kinds, _ = zip(*log_of(log), strict=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))
    assert kinds[:4] == ("power_up", "restart_wanted") * 2


def test_killed_in_the_middle_the_old_files_work_and_the_next_time_goes_on(desk, tmp_path):
    flash = deployed(desk, tmp_path)
    desk.write_settings(OTHER_SETTINGS)
    desk.write_cards(1300)
    with PicoOnAPort(flash, (RELAY,)) as pico:
        wait_for_panel(pico)
        process = subprocess.Popen(arguments(pico, *desk.all), stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if json.loads(line).get("done", 0) >= 1000:
                process.kill()
                break
        process.communicate()
        wait_for_panel(pico, pico.cut_power)
        status, steps, errors = deploy(pico, *desk.all)
        assert (status, errors) == (0, "")
        first = next(step for step in steps if step["step"] == "writing")
        assert first["name"] == "cards" and first["done"] > 800  # it did not begin anew
        assert no_edge(pico)
    with cards_on(pico, tmp_path / "on board") as found:
        assert found.count == 1300
    assert settings_on(pico, tmp_path / "settings").doors[0].pulse_ms == 5000


def test_killed_between_two_files_nothing_has_changed(desk, tmp_path):
    flash = deployed(desk, tmp_path)
    before = files_of(flash)
    newer = {name: data + b"\n" for name, data in file_set.start_files("pico").items()}
    wanted = {**file_set.settings_files({}, OTHER_SETTINGS), **newer}

    class Killed(BaseException):
        pass

    class Torn(Board):
        def write(self, path, data, progress):
            if "main.py" in path:
                super().write(path, data[: len(data) // 2], progress)
                raise Killed
            super().write(path, data, progress)

    with PicoOnAPort(flash, (RELAY,)) as pico:
        board = Torn(pico.port)
        board.open()
        board.interrupt()
        visit.begin(board)
        with pytest.raises(Killed):
            file_set.transfer(board, wanted, lambda step: None)
        board.close()
        wait_for_panel(pico, pico.cut_power)
        assert no_edge(pico)
    after = files_of(pico.image_after)
    assert {name: after[name] for name in wanted} == {name: before[name] for name in wanted}


def test_a_list_cut_off_between_any_two_pieces_is_never_in_use(desk, tmp_path):
    flash = deployed(desk, tmp_path)
    desk.write_cards(100)
    with PicoOnAPort(flash, (RELAY,)) as pico:
        process = subprocess.Popen(arguments(pico, *desk.all), stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if json.loads(line)["step"] == "writing":
                process.kill()
                break
        process.communicate()
        wait_for_panel(pico, pico.cut_power)
        pico.stop()
    with cards_on(pico, tmp_path / "on board") as found:
        assert (found.generation, found.count, found.check()) == (1, 20, [])


def test_a_board_that_is_left_alone_in_maintenance_starts_its_panel(desk, tmp_path, monkeypatch):
    text = visit.ON_BOARD.read_text()
    assert "PATIENCE_MS = 60_000" in text
    impatient = tmp_path / "on_board.py"
    impatient.write_text(text.replace("PATIENCE_MS = 60_000", "PATIENCE_MS = 2_000"))
    monkeypatch.setattr(visit, "ON_BOARD", impatient)
    with PicoOnAPort(deployed(desk, tmp_path), (RELAY,)) as pico:
        board = Board(pico.port)
        board.open()
        board.interrupt()
        visit.begin(board)
        before = len(starts(pico))
        board.close()
        wait_for_panel(pico)
        assert len(starts(pico)) == before + 1
        assert no_edge(pico)


def test_another_program_is_refused_and_goes_on_running(desk, tmp_path):
    # What lies in the root is found before what is frozen.
    flash = deployed(desk, tmp_path, loquet_build__py=b'DIGEST = "%s"\n' % (b"0" * 64))
    with PicoOnAPort(flash, (RELAY,)) as pico:
        wait_for_panel(pico)
        status, steps, errors = deploy(pico, *desk.all)
        assert (status, steps) == (1, [])
        assert "its firmware has program 000000000000" in errors and "hold BOOTSEL" in errors
        wait_for_panel(pico)
        assert no_edge(pico)
    after = files_of(pico.image_after)
    assert {name: after[name] for name in files_of(flash) if "/" not in name} == {
        name: data for name, data in files_of(flash).items() if "/" not in name
    }


def test_an_older_list_is_refused_before_anything_is_changed(desk, tmp_path):
    desk.write_cards(30)
    flash = deployed(desk, tmp_path)
    for path in desk.cards.iterdir():
        path.unlink()
    desk.cards.rmdir()
    desk = Desk(tmp_path)
    desk.write_settings(OTHER_SETTINGS)
    with PicoOnAPort(flash, (RELAY,)) as pico:
        status, steps, errors = deploy(pico, *desk.all)
        assert status == 2 and "--cards is generation 1, and the board has 2" in errors
        assert states(steps) == {}
        wait_for_panel(pico)
        assert no_edge(pico)
    assert files_of(pico.image_after)["settings"] == files_of(flash)["settings"]


def test_what_arrives_damaged_is_noticed_and_not_used(desk, tmp_path):
    class Noisy(Board):
        def write(self, path, data, progress):
            super().write(path, bytes([data[0] ^ 1]) + data[1:], progress)

    flash = deployed(desk, tmp_path)
    wanted = {"main.py": b"# another one\n"}
    with PicoOnAPort(flash, (RELAY,)) as pico:
        board = Noisy(pico.port)
        board.open()
        board.interrupt()
        visit.begin(board)
        with pytest.raises(ToolError, match="does not have what was sent to it: main.py"):
            file_set.transfer(board, wanted, lambda step: None)
        visit.give_up(board)
        board.close()
        wait_for_panel(pico)
        assert no_edge(pico)
    assert files_of(pico.image_after)["main.py"] == files_of(flash)["main.py"]


def test_a_flash_that_does_not_mount_is_left_as_it_is(tmp_path, desk):
    wreck = bytes(range(256)) * 8 + b"\xff" * (1408 * 1024 - 2048)
    with PicoOnAPort(wreck, (RELAY,)) as pico:
        status, steps, errors = deploy(pico, *desk.all)
        assert status == 1 and "does not mount, and is left as it is" in errors
        assert no_edge(pico)
    assert pico.image_after == wreck


def test_a_panel_that_does_not_start_says_why(desk, tmp_path):
    # What somebody else put there: this tool would not have.
    desk.write_settings({**SETTINGS, "doors": [{"name": name} for name in "abc"]})
    with PicoOnAPort(deployed(desk, tmp_path), (RELAY,)) as pico:
        status, steps, errors = deploy(pico)
        assert status == 1 and "the panel does not start: door 3: this board has 2" in errors
        assert no_edge(pico)


def of_other_sources(uf2):
    """A firmware whose program says that it is another one."""
    blocks = [uf2[at : at + 512] for at in range(0, len(uf2), 512)]
    program = b"".join(block[32:288] for block in blocks)
    digest = firmware.wanted_digest().encode()
    assert program.count(digest) == 1
    program = program.replace(digest, b"0" * len(digest))
    return b"".join(
        block[:32] + program[number * 256 : (number + 1) * 256] + block[288:]
        for number, block in enumerate(blocks)
    )


def test_another_program_is_flashed_if_that_is_said(desk, tmp_path, monkeypatch, capfd):
    other = tmp_path / "other.uf2"
    other.write_bytes(of_other_sources(FIRMWARE_USB.read_bytes()))
    drive = tmp_path / "RPI-RP2"
    monkeypatch.setattr(firmware, "MOUNTS", (str(drive),))

    def boot_loader(pico):
        pico.wait_for_boot_loader()
        drive.mkdir()
        (drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\r\nBoard-ID: RPI-RP2\r\n")
        copied = drive / "loquet.uf2"
        wait_for(lambda: copied.exists() and copied.stat().st_size == other.stat().st_size)
        copied.rename(tmp_path / "flashed.uf2")
        shutil.rmtree(drive)
        pico.flash(tmp_path / "flashed.uf2")

    with PicoOnAPort(deployed(desk, tmp_path), (RELAY,), other) as pico:
        wait_for_panel(pico)
        beside = threading.Thread(target=boot_loader, args=(pico,))
        beside.start()
        status = cli.status_of(
            ["deploy", "--board", "pico", "--port", pico.port, "--firmware", *desk.all]
        )
        beside.join()
        printed = capfd.readouterr()
        assert (status, printed.err) == (0, "")
        assert f"Flashed by {drive}." in printed.out and "The panel has started" in printed.out
        assert no_edge(pico)
    assert (tmp_path / "flashed.uf2").read_bytes() == FIRMWARE_USB.read_bytes()
