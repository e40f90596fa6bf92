"""What the firmware costs on an emulated Pico, in virtual time: `make bench-pico`."""
