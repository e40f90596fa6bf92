#!/bin/sh
# Makes .venv with the versions of requirements.lock and this project, editable. $PYTHON: the
# interpreter to make it with.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}

fail() {
    echo "venv: $1" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "no $python on the PATH; Loquet's tools need Python 3.10 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$("$python" --version) is too old; Loquet's tools need 3.10 or newer (make PYTHON=...)"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "this Python cannot make virtual environments; install its venv package (python3-venv)"

echo "venv: setting up .venv from requirements.lock"
"$python" -m venv --clear .venv
.venv/bin/python -m pip install -qq --no-deps -r requirements.lock ||
    fail "the packages of requirements.lock could not be installed (pip's words are above)"
# The build back end is in the lock too: without isolation nothing comes from outside it.
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e . ||
    fail "this project could not be installed into .venv (pip's words are above)"
