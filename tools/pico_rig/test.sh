#!/bin/sh
# `make test-pico`: the tests of the rig's parts, of the whole with real MicroPython, and of
# our firmware on it.
set -eu
cd "$(dirname "$0")/../.."
tools/setup/micropython.sh
tools/pico_rig/install.sh
node --test tools/pico_rig/tests/
node tools/pico_rig/tests/plain.mjs
exec .venv/bin/pytest -n auto --dist loadfile tools/pico_rig/tests host_tests/pico "$@"
