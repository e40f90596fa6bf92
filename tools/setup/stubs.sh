#!/bin/sh
# Fetches type stubs for mypy, one folder for each family of boards: the wheels hold top-level files
# like random.pyi and overwrite each other, so they never share a folder and never enter .venv.
set -eu
cd "$(dirname "$0")/../.."

stubs() { # folder, then pinned packages
    folder=typings/$1
    shift
    rm -rf "$folder"
    .venv/bin/python -m pip install -qq --no-deps --target "$folder" "$@" || {
        echo "stubs: $* could not be installed (pip's words are above)" >&2
        exit 1
    }
}

echo "stubs: fetching type stubs for rp2, esp32 and CircuitPython into typings/"
stubs rp2 micropython-rp2-stubs==1.29.0.post1 micropython-stdlib-stubs==1.29.0.post2
stubs esp32 micropython-esp32-stubs==1.29.0.post1 micropython-stdlib-stubs==1.29.0.post2
stubs circuitpython circuitpython-stubs==10.3.1
# mypy looks for packages named `busio-stubs` among installed packages only.
for folder in typings/circuitpython/*-stubs; do
    mv "$folder" "${folder%-stubs}"
done
