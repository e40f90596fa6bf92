# ruff: noqa: F821
# mypy: ignore-errors
# What is frozen into the firmware: MicroPython's manifest language, read by its makemanifest.py.
#
# Frozen bytecode is executed from flash. The same files as .mpy on the file system take 104 KB more
# of a Pico's RAM: with 20,000 cards that leaves 37 KB free, and frozen 143.

import glob
import os

HERE = os.path.dirname(os.path.abspath(__file__)) if "__file__" in globals() else os.getcwd()
ROOT = os.path.normpath(os.path.join(HERE, "../../.."))

freeze("$(PORT_DIR)/modules", ("rp2.py",))
freeze("modules")
include("$(MPY_DIR)/extmod/asyncio")
freeze(os.path.join(ROOT, "lib"))
for pattern in ("firmware/app/*.py", "boards/hal/rp2*.py"):
    for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
        freeze(ROOT, os.path.relpath(path, ROOT))
