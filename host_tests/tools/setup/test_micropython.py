"""Where MicroPython comes from, and what happens where none is to be had.

Debian's archive is not asked here: `make test` has just done that wherever it was needed.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT / ".cache" / "micropython" / "micropython"
# What the scripts use, apt apart: a PATH of these alone is a machine without Debian's archive.
UTILITIES = ("cat", "chmod", "dirname", "find", "head", "id", "mkdir", "mv", "rm", "sh", "uname")


@pytest.fixture
def clone(tmp_path):
    """A clone with nothing but the set-up scripts, and a PATH that holds next to nothing."""
    shutil.copytree(ROOT / "tools" / "setup", tmp_path / "tools" / "setup")
    (tmp_path / "bin").mkdir()
    for name in UTILITIES:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return tmp_path


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(clone, script):
    environment = {"PATH": str(clone / "bin"), "HOME": str(clone)}
    command = [str(clone / "tools" / "setup" / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def cached(clone):
    return clone / ".cache" / "micropython" / "micropython"


def test_one_on_the_path_that_is_new_enough_is_used(clone):
    program(clone / "bin" / "micropython", f'exec "{REAL}" "$@"')

    done = run(clone, "micropython.sh")

    assert done.returncode == 0, done.stderr
    said = subprocess.run([cached(clone), "-c", "print('x' * 3)"], capture_output=True, text=True)
    assert said.stdout == "xxx\n"


def test_a_second_run_finds_it_and_says_nothing(clone):
    program(clone / "bin" / "micropython", f'exec "{REAL}" "$@"')
    run(clone, "micropython.sh")

    done = run(clone, "micropython.sh")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("installed", [None, "exit 1"], ids=["none", "too old"])
def test_without_one_and_without_apt_the_reason_is_one_sentence(clone, installed):
    if installed:
        program(clone / "bin" / "micropython", installed)

    done = run(clone, "micropython.sh")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no MicroPython 1.25 or newer on the PATH" in done.stderr
    assert not cached(clone).exists()


def test_a_cached_one_that_stopped_working_is_replaced(clone):
    program(cached(clone), "exit 1")
    program(clone / "bin" / "micropython", f'exec "{REAL}" "$@"')

    assert run(clone, "micropython.sh").returncode == 0
    assert os.access(cached(clone), os.X_OK)
    assert subprocess.run([cached(clone), "-c", "pass"]).returncode == 0


def test_the_demo_runs_on_micropython_where_there_is_one(clone):
    program(clone / "bin" / "micropython", f'exec "{REAL}" "$@"')
    program(clone / ".venv" / "bin" / "loquet", 'echo "loquet $*"')

    done = run(clone, "demo.sh")

    assert done.stdout.splitlines()[-1] == "loquet demo --interpreter micropython"


def test_the_demo_says_so_and_runs_on_cpython_where_there_is_none(clone):
    program(clone / ".venv" / "bin" / "loquet", 'echo "loquet $*"; exit 3')

    done = run(clone, "demo.sh")

    assert done.stdout.splitlines()[-1] == "loquet demo --interpreter cpython"
    assert "no MicroPython" in done.stderr and "CPython" in done.stderr
    assert done.returncode == 3  # the demo's own status
