#!/bin/sh
# `make test`: every check and every test. Stops at the first that fails.
set -eu
cd "$(dirname "$0")/../.."
bin=.venv/bin
# As many workers as there are processors; a file's tests stay together, as its fixtures do.
pytest="$bin/pytest -n auto --dist loadfile"
micropython=.cache/micropython/micropython

step() { # heading, then the command
    printf '\n== %s\n' "$1"
    shift
    "$@"
}

check() {
    PYTHONPATH=tools $bin/python -m "checks.$1"
}

# First, because without it nothing below can say that a device would run this.
tools/setup/micropython.sh

step "ruff: lint" $bin/ruff check .
step "ruff: format" $bin/ruff format --check .
step "mypy" check types
step "portability" check portability
step "arrows" check arrows
step "mpy-cross" check compile_device
step "tests on CPython" $pytest --ignore=host_tests/end_to_end --ignore=host_tests/pico
step "portable tests on MicroPython" $micropython -X heapsize=32m host_tests/portable.py
step "mutants" $bin/python -m host_tests.mutation
step "end to end" $pytest host_tests/end_to_end
