"""The SpringCore reader's wire protocol, seen from its host.

Pure: bytes and `now_ms` in, values out. Nothing here opens a port, reads a clock, waits or
prints, and nothing here knows what a door is. The same files run on MicroPython, CircuitPython
and CPython. Import the modules by name (`from springcore import frame`): a device loads only
what it uses.
"""
