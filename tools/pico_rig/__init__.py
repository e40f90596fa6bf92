"""Real MicroPython on an emulated Raspberry Pi Pico, for tests in Python: see README.md."""
