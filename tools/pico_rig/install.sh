#!/bin/sh
# Leaves tools/pico_rig/node_modules as package-lock.json says. Needs Node 20 or newer with npm.
set -eu
cd "$(dirname "$0")"

fail() {
    echo "pico rig: $1" >&2
    exit 1
}

cmp -s package-lock.json node_modules/.installed && exit 0
command -v node >/dev/null && command -v npm >/dev/null ||
    fail "it needs Node 20 or newer and npm; on Debian 13: apt install nodejs npm"
node -e 'process.exit(Number(Number(process.versions.node.split(".")[0]) < 20))' ||
    fail "node is $(node --version); it needs 20 or newer"
echo "pico rig: installing rp2040js as in package-lock.json"
npm ci --no-audit --no-fund --loglevel=error >/dev/null || fail "npm ci failed (its words are above)"
cp package-lock.json node_modules/.installed
