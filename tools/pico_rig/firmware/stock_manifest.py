# ruff: noqa: F821
# mypy: ignore-errors
# What MicroPython's own firmware freezes, without its drivers: no benchmark has use for them.

freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
