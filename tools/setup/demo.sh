#!/bin/sh
# `make run`: the demo on a real MicroPython, or on CPython where none can be had.
set -eu
cd "$(dirname "$0")/../.."

interpreter=micropython
tools/setup/micropython.sh || {
    echo "demo: no MicroPython (the reason is above), so the firmware runs on CPython this time" >&2
    interpreter=cpython
}
exec .venv/bin/loquet demo --interpreter "$interpreter"
