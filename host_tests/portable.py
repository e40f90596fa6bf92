"""Runs the tests of lib/ on a bare interpreter, without pytest: a real MicroPython, or CPython.

    micropython -X heapsize=32m host_tests/portable.py [FILE...]

from the project's folder. Without FILE, every host_tests/lib/**/test_*.py. Exit status 1 if a test
failed or none was found.
"""

import os
import sys

# The interpreter puts this file's folder first, where host_tests/firmware would hide firmware.
sys.path[0:1] = ["lib", "."]

_FOLDER = 0x4000  # of a mode, as os.stat gives it on every interpreter


def print_error(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


def test_files(folder):
    for name in sorted(os.listdir(folder)):
        path = folder + "/" + name
        if os.stat(path)[0] & _FOLDER:
            yield from test_files(path)
        elif name.startswith("test_") and name.endswith(".py"):
            yield path


def run(label, function, *arguments):
    """Calls `function`; returns (True, its result), or prints why not and returns (False, None)."""
    try:
        return True, function(*arguments)
    except Exception as error:
        print("FAILED", label)
        print_error(error)
        return False, None


def load(path):
    name = path[: -len(".py")].replace("/", ".")
    __import__(name)
    return sys.modules[name]


def run_file(path):
    """Runs a file's tests; returns how many passed and how many failed (not loading is one)."""
    loaded, module = run(path, load, path)
    if not loaded:
        return 0, 1
    names = [name for name in dir(module) if name.startswith("test_")]
    passed = 0
    for name in names:
        passed += run(path + " " + name, getattr(module, name))[0]
    return passed, len(names) - passed


def main(paths):
    passed = failed = 0
    for path in paths or test_files("host_tests/lib"):
        counts = run_file(path)
        passed += counts[0]
        failed += counts[1]
    print("portable: %d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
