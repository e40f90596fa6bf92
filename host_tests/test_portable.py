"""The runner that takes pytest's place on MicroPython: what it counts, and when it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"

TESTS = {
    "good": "def test_a():\n    assert True\n\n\ndef test_b():\n    assert 1 == 1\n",
    "bad": "def test_a():\n    assert True\n\n\ndef test_b():\n    assert 1 == 2, 'no such sum'\n",
    "broken": "import no_such_module\n",
    "empty": "def helper():\n    return 1\n",
}


@pytest.fixture(params=[sys.executable, str(MICROPYTHON)], ids=["cpython", "micropython"])
def portable(request, tmp_path):
    """Runs the runner in a folder of its own, with the named tests of TESTS in it."""

    def run(*names):
        folder = tmp_path / "host_tests" / "lib" / "part"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"test_{name}.py").write_text(TESTS[name])
        command = [request.param, str(ROOT / "host_tests" / "portable.py")]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    return run


def test_passing_tests_pass(portable):
    done = portable("good")

    assert done.returncode == 0
    assert done.stdout.splitlines() == ["portable: 2 passed, 0 failed"]


def test_a_failing_test_is_shown_and_counted(portable):
    done = portable("good", "bad")

    assert done.returncode == 1
    assert "FAILED host_tests/lib/part/test_bad.py test_b" in done.stdout
    assert "no such sum" in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "portable: 3 passed, 1 failed"


def test_a_file_that_does_not_load_is_a_failure(portable):
    done = portable("good", "broken")

    assert done.returncode == 1
    assert "no_such_module" in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "portable: 2 passed, 1 failed"


@pytest.mark.parametrize("names", [[], ["empty"]])
def test_no_test_at_all_is_a_failure(portable, names):
    assert portable(*names).returncode == 1
