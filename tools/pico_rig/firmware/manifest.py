# ruff: noqa: F821
# mypy: ignore-errors
# What is frozen into the firmware: MicroPython's manifest language, read by its makemanifest.py.
#
# Frozen bytecode is executed from flash. The same files as .mpy on the file system take 104 KB more
# of a Pico's RAM: with 20,000 cards that leaves 37 KB free, and frozen 143.

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__)) if "__file__" in globals() else os.getcwd()
ROOT = os.path.normpath(os.path.join(HERE, "../../.."))
GENERATED = os.path.join(ROOT, ".cache/pico-firmware.work/generated")

sys.path[:0] = [os.path.join(ROOT, "tools")]
from loquet_tools.paths import device_sources, program_digest  # noqa: E402


def packaged(source):
    """(folder, name in it) of a source: in lib/ are packages, elsewhere folders are."""
    parts = source.parts
    if parts[0] == "lib":
        return os.path.join(ROOT, "lib"), "/".join(parts[1:])
    return ROOT, source.as_posix()


def generate(sources):
    os.makedirs(GENERATED, exist_ok=True)
    with open(os.path.join(GENERATED, "loquet_build.py"), "w") as file:
        file.write(f'DIGEST = "{program_digest(sources)}"\n')


SOURCES = device_sources(hal="rp2")
generate(SOURCES)
freeze("$(PORT_DIR)/modules", ("rp2.py",))
freeze("modules")
freeze(GENERATED, ("loquet_build.py",))
include("$(MPY_DIR)/extmod/asyncio")
for folder, name in map(packaged, SOURCES):
    freeze(folder, name)
