"""The panel's process: what its folder holds, how it is started, what is said of its end."""

import json
import socket

import pytest

from host_tests.support.loop import run
from loquet.cards import Cards
from loquet.journal import Journal
from loquet.notation import enrol
from loquet.settings_store import SettingsStore
from loquet_tools import device_folder, panel_process, paths
from loquet_tools.errors import ArgumentError, ToolError
from loquet_tools.panel_process import PanelProcess, PanelSetup, panel_folder

CARD = bytes.fromhex("04A1B2C3D4E580")


BOARD = device_folder.board_document(["/dev/x"], "tcp:127.0.0.1:5")
SETTINGS = device_folder.settings_document("wakeup")


def free_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_the_folder_holds_what_a_device_holds_compiled(tmp_path):
    device_folder.fill(tmp_path, BOARD, compiled=True)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"main.py", "board.json"} <= files
    assert {
        "lib/springcore/link.mpy",
        "firmware/app/supervisor.mpy",
        "boards/hal/unix.mpy",
    } <= files
    assert {path for path in files if path.endswith(".py")} == {"main.py"}
    assert (tmp_path / "lib/springcore/link.mpy").read_bytes()[:2] == b"M\x06"


def test_the_folder_holds_the_sources_for_an_interpreter_that_compiles_itself(tmp_path):
    device_folder.fill(tmp_path, BOARD, compiled=False)
    source = paths.ROOT / "lib/springcore/link.py"
    assert (tmp_path / "lib/springcore/link.py").read_bytes() == source.read_bytes()


def test_board_settings_and_card_list_are_the_ones_asked_for(tmp_path):
    device_folder.fill(tmp_path, BOARD, compiled=False)
    device_folder.store(tmp_path, device_folder.settings_document("text"), [CARD, CARD])
    board = json.loads((tmp_path / "board.json").read_text())
    loaded, problems = SettingsStore(str(tmp_path)).load_usable()
    cards = Cards(str(tmp_path / "cards"))
    cards.open()
    serials = [reader["serial"] for reader in board["readers"]]
    assert (board["hal"], serials, board["clock"]) == ("unix", ["/dev/x", ""], "none")
    assert (board["pins_address"], board["reset_cause"]) == ("tcp:127.0.0.1:5", "power")
    assert (loaded.readers[0].events, problems) == ("text", [])
    assert (cards.count, cards.generation, cards.check()) == (1, 1, [])
    assert cards.lookup(enrol(CARD.hex())).enabled
    cards.close()


def test_a_folder_without_cards_has_a_list_without_cards(tmp_path):
    device_folder.store(tmp_path, device_folder.settings_document("wakeup"), [])
    cards = Cards(str(tmp_path / "cards"))
    cards.open()
    assert cards.count == 0
    cards.close()


def test_a_file_that_does_not_compile_is_named(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("def\n")
    with pytest.raises(ToolError, match=r"(?s)broken\.py does not compile: .*SyntaxError"):
        device_folder.compile_module(broken, tmp_path / "broken.mpy")


def test_micropython_gets_a_picos_heap_and_cpython_none(tmp_path):
    command = panel_process.command_of("micropython", tmp_path / "mp")
    assert command == [str(tmp_path / "mp"), "-X", "heapsize=192wK", "main.py"]
    assert panel_process.command_of("cpython", tmp_path / "py") == [str(tmp_path / "py"), "main.py"]


def test_a_missing_micropython_is_refused_with_what_gets_it(tmp_path):
    with pytest.raises(ArgumentError, match="`make run` or tools/setup/micropython.sh") as refused:
        paths.interpreter("micropython", tmp_path)
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("line", ["Traceback", "3", '{"t_ms": 1}', '{"event": 1}', ""])
def test_a_line_that_is_no_report_is_trouble(line):
    report = panel_process.report_of(line)
    assert report == {"event": "trouble", "name": "not_a_report", "detail": line}


def test_a_line_that_is_a_report_is_that():
    assert panel_process.report_of('{"event": "relay"}') == {"event": "relay"}


async def whole_life(setup):
    """(lines, exit status, why it ended) of a panel that ends by itself."""
    with panel_folder(setup) as folder:
        async with PanelProcess(setup.interpreter, folder) as panel:
            lines = [line async for line in panel.lines()]
            return lines, await panel.exit_status(), await panel.death()


def test_a_panel_without_a_door_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    port = free_port()
    setup = PanelSetup("cpython", ["/dev/null"], f"tcp:127.0.0.1:{port}", SETTINGS, [])
    lines, status, death = run(whole_life(setup))
    assert (lines, status) == ([], 1)
    assert f"pins_address tcp:127.0.0.1:{port}" in death
    assert list(tmp_path.iterdir()) == []


def test_a_panel_that_cannot_use_its_line_tells_its_own_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"tcp:127.0.0.1:{door.getsockname()[1]}"
        setup = PanelSetup("cpython", ["/dev/does_not_exist"], address, SETTINGS, [])
        lines, status, death = run(whole_life(setup))
    assert status == 2
    assert json.loads(lines[-1])["state"] == "stopped"
    assert death == json.loads(lines[-1])["reason"]
    assert "/dev/does_not_exist" in death


def test_an_interpreter_that_is_missing_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(panel_process, "interpreter", lambda name: tmp_path / "no-such-program")
    setup = PanelSetup("cpython", ["/dev/null"], "tcp:127.0.0.1:1", SETTINGS, [])
    with pytest.raises(FileNotFoundError):
        run(whole_life(setup))
    assert list(tmp_path.iterdir()) == []


def test_a_board_starts_for_what_it_was_told(tmp_path):
    device_folder.fill(tmp_path, BOARD, compiled=False)
    device_folder.set_reset_cause(tmp_path, "watchdog")
    board = json.loads((tmp_path / "board.json").read_text())
    assert board == {**BOARD, "reset_cause": "watchdog"}


def test_the_log_on_flash_is_read_and_left_as_it_is(tmp_path):
    journal = Journal(str(tmp_path / "log"), 10000)
    journal.open()
    for _ in range(100):
        journal.append("access_granted", 0, "unknown", reason="granted")
    while journal.flush():
        pass
    journal.append("access_denied", 0, "unknown", reason="repeat")
    before = contents(tmp_path)
    log = device_folder.log_of(tmp_path)
    assert len(log) == 100
    assert log[-1] == (100, "access_granted", "granted")
    assert contents(tmp_path) == before


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
