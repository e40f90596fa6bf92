"""One mutant's trial: the tests of its module, under pytest, in a process of its own.

The process is forked from one that has pytest loaded already: so a trial is three times as fast.
"""

import multiprocessing
import os
import resource
import sys
from pathlib import Path

import pytest
from poodle.data_types import MutantTrialResult

TESTS = "host_tests/lib/loquet"
# Module -> the test files that have to find its mutants.
TESTS_OF = {
    "access": ("test_access.py", "test_must_deny.py"),
    "door": ("test_door.py",),
    "calendar": ("test_calendar.py", "test_calendar_hours.py"),
}

# The project's own `pythonpath` would put the working tree first, and its `filterwarnings` would
# find fault with how a mutant is written (`is ' '`) before any test looks at what it does.
OPTIONS = "-x -q --assert=plain -p no:cacheprovider -o pythonpath= -o filterwarnings=".split()

# A mutant that fills a list without an end fails, and not the machine. One that loops has the time
# of ten honest trials, counted in the processor's seconds: a busy machine changes no verdict.
LIMITS = {resource.RLIMIT_AS: 1 << 30, resource.RLIMIT_CPU: 5}

FORK = multiprocessing.get_context("fork")


def run(run_folder, mutant, timeout, **_):
    """Poodle's runner: `run_folder` holds a copy of lib/ with the mutant in it, or without one."""
    said = run_folder / "said.txt"
    module = Path(mutant.source_file).stem if mutant.source_file else None
    files = TESTS_OF[module] if module else sum(TESTS_OF.values(), ())
    trial = FORK.Process(target=_try, args=((run_folder / "lib").resolve(), said, files))
    trial.start()
    trial.join(timeout)
    if trial.is_alive():
        trial.kill()
        trial.join()
        return MutantTrialResult(True, MutantTrialResult.RC_TIMEOUT)
    if trial.exitcode == 0:
        return MutantTrialResult(False, MutantTrialResult.RC_NOT_FOUND)
    return MutantTrialResult(True, MutantTrialResult.RC_FOUND, said.read_text(errors="replace"))


def _try(lib, said, files):
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for what, limit in LIMITS.items():
        resource.setrlimit(what, (limit, limit))
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(lib))
    import loquet

    if Path(loquet.__file__).parent.parent != lib:
        sys.exit(f"the tests would run on {loquet.__file__} instead of the copy")
    sys.exit(pytest.main([*OPTIONS, *(f"{TESTS}/{name}" for name in files)]))
