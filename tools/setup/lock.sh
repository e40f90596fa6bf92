#!/bin/sh
# Rewrites requirements.lock: the newest versions that run on every Python from 3.10 on, one
# version a package, with markers where a package is needed on some Pythons only.
set -eu
cd "$(dirname "$0")/../.."

# uv is no dependency of the project: it only resolves for all Pythons at once, and lives apart.
[ -x .cache/uv/bin/uv ] || {
    "${PYTHON:-python3}" -m venv .cache/uv
    .cache/uv/bin/python -m pip install -qq uv
}
.cache/uv/bin/uv pip compile --quiet --upgrade \
    --universal --python-version 3.10 --fork-strategy fewest \
    --extra dev --no-annotate --custom-compile-command "make lock" \
    --output-file requirements.lock pyproject.toml
