#!/bin/sh
# `make pico-firmware`: MicroPython for the RPI_PICO board, built from Debian's packages alone:
#
#   .cache/pico-firmware/loquet-usb.uf2    for a real Pico: console on USB, as MicroPython's own
#   .cache/pico-firmware/loquet-uart.uf2   for the emulated one: the same, console on UART0
#
# and, by `build.sh stock`, which is for calibrate.py alone,
#
#   .cache/pico-firmware/micropython.uf2   MicroPython as it comes
#
# The sources come from Debian's archive by way of the mirror this machine already uses, and so does
# the cross compiler if there is none: it is unpacked into .cache/, nothing is installed. Frozen into
# ours: a _boot.py that never formats, and what firmware/manifest.py names.
#
# Built again only if something that goes into it has changed.
set -eu
wanted=${1-ours}
cd "$(dirname "$0")/../../.."
suite=trixie # the first Debian with MicroPython 1.25
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
here=tools/pico_rig/firmware
home=.cache/pico-firmware
work=.cache/pico-firmware.work
log=.cache/pico-firmware.log
compiler_packages="gcc-arm-none-eabi binutils-arm-none-eabi libnewlib-arm-none-eabi libnewlib-dev"

fail() {
    echo "pico-firmware: $1" >&2
    exit 1
}

# What goes into the firmware, as one number.
stamp=$(find $here lib firmware boards/hal -type f \( -name "*.py" -o -name "*.sh" -o -name "*.h" -o -name "*.txt" \) |
    LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c 1-16)
way=$(cat $here/build.sh $here/hot.h $here/hot.txt $here/stock_manifest.py | sha256sum | cut -c 1-16)
same_way() { [ "$(cat $work/way 2>/dev/null)" = "$way" ]; }
case $wanted in
ours) [ "$(cat $home/stamp 2>/dev/null)" != "$stamp" ] || exit 0 ;;
stock) ! same_way || [ ! -e $home/micropython.uf2 ] || exit 0 ;;
esac

for tool in cmake make gcc python3 xz bzip2; do
    command -v $tool >/dev/null || missing="${missing-} $tool"
done
[ -z "${missing-}" ] || fail "missing:$missing; on Debian: apt install cmake make gcc python3 xz-utils bzip2"
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "the sources come from Debian's archive, and there is no apt here"
[ -r $keyring ] || fail "$keyring is missing, which proves Debian's packages; install debian-archive-keyring"

mkdir -p $home $work/apt/sources $work/apt/lists/partial $work/apt/cache/archives/partial $work/downloads
root=$PWD
work=$root/$work
log=$root/$log
: >"$log"

# apt that asks for $suite in a folder of its own; of the system it takes the mirror's address only.
suite_apt() {
    apt-get -qq -oDir::Etc::sourcelist=/dev/null -oDir::Etc::sourceparts="$work/apt/sources" \
        -oDir::Etc::preferences=/dev/null -oDir::Etc::preferencesparts=/dev/null \
        -oDir::State::lists="$work/apt/lists" -oDir::Cache="$work/apt/cache" \
        -oAcquire::Languages=none -oAcquire::Retries=2 -oDebug::NoLocking=true \
        -oAPT::Sandbox::User="$(id -un)" "$@" </dev/null >>"$log" 2>&1
}

# Every archive this machine knows is asked in turn: one that is not Debian's fails the signature.
fetch_sources() {
    known=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 2>/dev/null)
    for archive in $(echo "$known" | awk '!seen[$0]++'); do
        printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
            "$archive" $suite $keyring >"$work/apt/sources/debian.sources"
        suite_apt update || continue
        (cd "$work/downloads" && suite_apt source --download-only micropython mbedtls &&
            suite_apt download pico-sdk-source tinyusb-source) && return 0
    done
    return 1
}

# The compiler that this machine's own Debian has, because its libraries fit. Of the C library's
# builds only the one for Cortex-M0 is kept; the C++ library (300 MB) is not needed, see below.
unpack_compiler() {
    (cd "$work/downloads" && apt-get -qq -oDebug::NoLocking=true -oAPT::Sandbox::User="$(id -un)" \
        download $compiler_packages) >>"$log" 2>&1 || return 1
    mkdir -p "$work/compiler"
    for package in $compiler_packages; do
        for file in "$work/downloads/$package"_*.deb; do
            dpkg-deb --fsys-tarfile "$file" | tar -x -C "$work/compiler" \
                --exclude './usr/share/*' --exclude '*/thumb/v[78]*' --exclude '*/newlib/arm/*' \
                2>>"$log" || return 1
        done
    done
    # As in an installed system, where these are found by absolute paths.
    ln -sfn newlib "$work/compiler/usr/lib/arm-none-eabi/lib"
    ln -sfn ../../include/newlib "$work/compiler/usr/lib/arm-none-eabi/include"
    "$work/compiler/usr/bin/arm-none-eabi-gcc" --version >>"$log" 2>&1
}

if ! command -v arm-none-eabi-gcc >/dev/null || ! arm-none-eabi-gcc -print-file-name=nosys.specs | grep -q /; then
    if [ ! -x "$work/compiler/usr/bin/arm-none-eabi-gcc" ]; then
        echo "pico-firmware: fetching the cross compiler from Debian"
        unpack_compiler || fail "no cross compiler for the RP2040; on Debian: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi (why it could not be fetched: $log)"
    fi
    PATH=$work/compiler/usr/bin:$PATH
fi

if [ ! -e "$work/sources" ]; then
    echo "pico-firmware: fetching MicroPython and the Pico SDK from Debian ($suite)"
    fetch_sources || fail "no archive of this machine's apt configuration has Debian $suite's sources (see $log)"
    rm -rf "$work/unpacked"
    mkdir -p "$work/unpacked/micropython" "$work/unpacked/mbedtls"
    cd "$work/unpacked"
    tar -x -f "$work"/downloads/micropython_*.orig.tar.* -C micropython --strip-components=1
    tar -x -f "$work"/downloads/mbedtls_*.orig.tar.* -C mbedtls --strip-components=1
    dpkg-deb -x "$work"/downloads/pico-sdk-source_*.deb .
    dpkg-deb -x "$work"/downloads/tinyusb-source_*.deb .
    # Debian takes the submodules out; the rp2 port links these three.
    rm -rf micropython/lib/mbedtls micropython/lib/tinyusb
    mv mbedtls micropython/lib/mbedtls
    mv usr/src/tinyusb micropython/lib/tinyusb
    mkdir micropython-lib
    echo "Stands for micropython-lib, of which nothing is frozen." >micropython-lib/README.md
    mv "$work/unpacked" "$work/sources"
    cd "$root"
fi

# Replaces $1 by $1.changed, unless they are the same: then nothing is compiled again.
take_change() {
    if cmp -s "$1" "$1.changed"; then rm "$1.changed"; else mv "$1.changed" "$1"; fi
}

# Gives each of these functions, and no other, its section in RAM.
mark_hot() { # the folder of the sources, the functions' names with | between
    for source in "$1"/*.c; do
        sed -E -e 's/^__attribute__\(\(section\(".time_critical[^ ]* //' \
            -e "s/^[a-z].*[ *]($2)\\(.*\\{\$/__attribute__((section(\".time_critical.\\1\"))) &/" \
            "$source" >"$source.changed"
        take_change "$source"
    done
}

# Of the lookups of names, which take a third of the time: MicroPython divides once for its cache and
# once for each slot it probes, where a comparison does. And the cache's key keeps a bit that is the
# same for every name, so that half of its places are never used.
quicken_lookups() { # map.c
    [ -e "$1.as_it_comes" ] || cp "$1" "$1.as_it_comes"
    sed -e 's/MAP_CACHE_ENTRY(index) % (map)->alloc\]/MAP_CACHE_ENTRY(index) < (map)->alloc ? MAP_CACHE_ENTRY(index) : 0]/' \
        -e 's/pos = (pos + 1) % map->alloc;/if (++pos == map->alloc) { pos = 0; }/' \
        -e '/define MAP_CACHE_OFFSET/s/>> 2)/>> 3)/' "$1.as_it_comes" >"$1.changed"
    [ "$(diff "$1.as_it_comes" "$1.changed" | grep -c '^>')" = 3 ] ||
        fail "MicroPython's map.c is not the one that quicken_lookups knows"
    take_change "$1"
}

# What another way of building has left behind does not fit with this one.
if ! same_way; then
    rm -rf "$work"/build-* $home/*.uf2 $home/stamp
    echo "$way" >"$work/way"
fi

sources=$work/sources
version=$(ls "$work"/downloads/micropython_*.dsc | sed 's/.*micropython_//; s/+.*//')
export MICROPY_GIT_TAG="v$version" MICROPY_GIT_HASH=debian
echo "pico-firmware: building MicroPython $version"
make -s -C "$sources/micropython/mpy-cross" >>"$log" 2>&1 || fail "mpy-cross does not build (see $log)"
export MICROPY_MPYCROSS="$sources/micropython/mpy-cross/build/mpy-cross"

# The linker is called as for C++ and asks for a C++ library, of which nothing is used once the
# SDK's own `operator new` is left out.
mkdir -p "$work/no-c++"
arm-none-eabi-ar rc "$work/no-c++/libstdc++.a"
no_new=-DPICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1

build() { # name, manifest, the compiler's options
    out=$work/build-$1
    CFLAGS_EXTRA=$3 CXXFLAGS=$no_new LDFLAGS="-L$work/no-c++" \
        cmake -S "$sources/micropython/ports/rp2" -B "$out" -DMICROPY_BOARD=RPI_PICO \
        -DMICROPY_DEF_BOARD="$defines" -DPICO_BUILD_DOCS=0 -DPICO_NO_PICOTOOL=1 \
        -DPICO_SDK_PATH_OVERRIDE="$sources/usr/src/pico-sdk" \
        -DMICROPY_LIB_DIR="$sources/micropython-lib" \
        -DMICROPY_FROZEN_MANIFEST="$root/$here/$2" >>"$log" 2>&1 &&
        make -C "$out" >>"$log" 2>&1 || fail "the firmware does not build (see $log)"
    python3 "$sources/micropython/tools/uf2conv.py" -b 0x10000000 -f 0xe48bff56 -c \
        -o "$home/$1.uf2" "$out/firmware.bin" >>"$log"
}

export MAKEFLAGS="-s -j$(nproc)"
hot=$sources/micropython/py
if [ "$wanted" = stock ]; then
    mark_hot "$hot" "none of them"
    [ ! -e "$hot/map.c.as_it_comes" ] || mv "$hot/map.c.as_it_comes" "$hot/map.c"
    defines=
    build micropython stock_manifest.py ""
    exit 0
fi
while read -r name; do
    grep -qE "^[a-z_].*[ *]$name\\(.*\\{\$" "$hot"/*.c || fail "hot.txt: MicroPython has no function $name"
done <$here/hot.txt
quicken_lookups "$hot/map.c"
mark_hot "$hot" "$(paste -sd '|' $here/hot.txt)"
# Every lookup in a dictionary divides. Nothing runs on the second core: without threads no allocation
# takes a lock.
defines="PICO_DIVIDER_IN_RAM=1;MICROPY_PY_THREAD=0"
in_ram="-include $root/$here/hot.h"
build loquet-usb manifest.py "$in_ram"
build loquet-uart manifest.py "$in_ram -DMICROPY_HW_ENABLE_USBDEV=0 -DMICROPY_HW_ENABLE_UART_REPL=1"
echo "$stamp" >$home/stamp
ls -l $home/loquet-*.uf2
