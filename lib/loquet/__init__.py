"""The door controller: who may pass, and what the door then does.

Pure: tags, ticks and settings come in as arguments, decisions and actions go out as values.
Nothing here opens a port, reads a clock, waits or prints, and nothing here knows which chip or
which wire it runs on. The same files run on MicroPython, CircuitPython and CPython.
"""
