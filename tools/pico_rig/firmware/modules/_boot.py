"""Mounts the file system, and never makes one. Run by the firmware before boot.py and main.py.

MicroPython's own _boot.py formats a flash that it cannot mount, and with it go cards, log and
settings that could have been rescued. This one leaves such a flash as it is and says so: there is
no boot.py and no main.py then, and the outputs stay as reset left them.
"""

# mypy: ignore-errors
# (checked by running it: the stubs of MicroPython are not for tools/)

import rp2
import vfs

try:
    # The flash programs pages of 256 bytes.
    vfs.mount(vfs.VfsLfs2(rp2.Flash(), progsize=256), "/")
except OSError as _error:
    print("no file system: the flash does not mount and is left as it is:", _error)
    print("for an empty one: import rp2, vfs; vfs.VfsLfs2.mkfs(rp2.Flash(), progsize=256)")

# boot.py, main.py and the prompt share these names.
del rp2, vfs
