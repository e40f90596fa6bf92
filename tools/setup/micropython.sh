#!/bin/sh
# Leaves .cache/micropython/micropython: a real MicroPython 1.25 or newer (Unix port) that takes any
# arguments. It is the one on the PATH if that is new enough; else the one that Debian packages,
# fetched from the Debian mirror this machine already uses and unpacked into .cache/, with the C
# library it was built for. Needs no root and leaves the system alone.
set -eu
cd "$(dirname "$0")/../.."
suite=trixie # the first Debian with MicroPython 1.25
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
home=.cache/micropython
work=.cache/micropython.new
log=.cache/micropython.log

fail() {
    echo "micropython: $1" >&2
    exit 1
}

# True if "$1" runs and has what the firmware uses.
usable() {
    "$1" -X heapsize=192k -c 'import sys, asyncio, select, socket
asyncio.ThreadSafeFlag
name, version = sys.implementation[:2]
sys.exit(name != "micropython" or version < (1, 25))' >/dev/null 2>&1
}

usable $home/micropython && exit 0
mkdir -p .cache
rm -rf $home $work
mkdir $work

finish() { # the wrapper's command, as it stands in the wrapper
    printf '#!/bin/sh\nhere=${0%%/*}\nexec %s "$@"\n' "$1" >$work/micropython
    chmod +x $work/micropython
    usable $work/micropython || fail "$2"
    mv $work $home
    echo "micropython: $($home/micropython -c 'import sys; print(sys.version)') in $home"
    exit 0
}

installed=$(command -v micropython || true)
if [ -n "$installed" ] && usable "$installed"; then
    finish "'$installed'" "$installed does not run from a script"
fi

none="no MicroPython 1.25 or newer on the PATH"
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    fail "$none, and without apt none can be fetched from Debian; install one"
fi
[ -r $keyring ] || fail "$none, and $keyring is missing, which proves Debian's packages"

# apt with nothing of the system but its addresses, proxies and certificates. An empty dpkg status
# makes it fetch the whole closure, C library included, whatever this machine runs. It has no root
# and needs none, so it must neither lock the system's files nor change user.
apt=$PWD/$work/apt
mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"
: >"$apt/status"
: >$log
own_apt() {
    apt-get -qq -oDir::Etc::sourcelist=/dev/null -oDir::Etc::sourceparts="$apt/sources" \
        -oDir::Etc::preferences=/dev/null -oDir::Etc::preferencesparts=/dev/null \
        -oDir::State="$apt" -oDir::State::lists="$apt/lists" -oDir::State::status="$apt/status" \
        -oDir::Cache="$apt/cache" -oAcquire::Languages=none -oAcquire::Retries=2 \
        -oAcquire::http::Timeout=30 -oAcquire::https::Timeout=30 \
        -oDebug::NoLocking=true -oAPT::Sandbox::User="$(id -un)" "$@" </dev/null >>$log 2>&1
}

# Every archive this machine knows is asked in turn; a list that was never fetched names none of its
# origin, and an archive that is not Debian's fails the signature check.
fetch() {
    known=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 2>/dev/null)
    for archive in $(echo "$known" | awk '!seen[$0]++'); do
        printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
            "$archive" $suite $keyring >"$apt/sources/debian.sources"
        own_apt update || continue
        own_apt install --yes --download-only --no-install-recommends micropython && return 0
    done
    return 1
}

echo "micropython: fetching Debian's (suite $suite) into $home"
fetch ||
    fail "no archive in this machine's apt configuration has Debian $suite's MicroPython (see $log)"
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" $work/root
done
rm -rf "$apt"

# The packages' own loader and libraries: /usr/lib/x86_64-linux-gnu, /usr/lib/aarch64-linux-gnu ...
loader=$(cd $work && find root/usr/lib -name 'ld-linux*.so.*' -path '*-linux-gnu*' | head -n 1)
[ -n "$loader" ] || fail "Debian's packages hold no loader for $(uname -m)"
libraries="--library-path \"\$here/${loader%/*}\""
finish "\"\$here/$loader\" $libraries \"\$here/root/usr/bin/micropython\"" \
    "Debian's MicroPython does not run on this machine ($(uname -m))"
