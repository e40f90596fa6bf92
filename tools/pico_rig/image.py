"""Images of the Pico's file system: littlefs as MicroPython makes it on a Pico's 1,408 KB.

python -m pico_rig.image FOLDER IMAGE     the files below FOLDER, for run.mjs --files
python -m pico_rig.image IMAGE            what is in an image, with sizes
"""

from __future__ import annotations

import sys
from pathlib import Path

from littlefs import LittleFS, UserContext

BLOCK_BYTES = 4096
BLOCKS = 352


def image(files: dict[str, bytes]) -> bytes:
    """An image with these files; names with "/" make folders."""
    memory = _Memory(bytearray(b"\xff" * BLOCK_BYTES * BLOCKS))
    system = _system(memory)
    system.format()
    system.mount()
    for name, data in sorted(files.items()):
        folder = name.rpartition("/")[0]
        if folder:
            system.makedirs(folder, exist_ok=True)
        with system.open(name, "wb") as file:
            file.write(data)
    system.unmount()
    return bytes(memory.data)


def image_of(folder: Path) -> bytes:
    """An image with the files below `folder`."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return image({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})


def files_of(data: bytes) -> dict[str, bytes]:
    """The files in an image. Raises littlefs.LittleFSError if it does not mount."""
    system = _system(_Memory(bytearray(data)))
    system.mount()
    found = {}
    for folder, _, names in system.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with system.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found


def _system(memory: _Memory) -> LittleFS:
    # The sizes of extmod/vfs_lfsx.c with progsize=256, as in our _boot.py.
    return LittleFS(
        context=memory,
        mount=False,
        block_size=BLOCK_BYTES,
        block_count=BLOCKS,
        read_size=32,
        prog_size=256,
        cache_size=1024,
        lookahead_size=32,
        block_cycles=100,
    )


class _Memory(UserContext):
    """littlefs-python's view of bytes in memory."""

    def __init__(self, data: bytearray):
        self.data = data

    def read(self, cfg: object, block: int, off: int, size: int) -> bytearray:
        begin = block * BLOCK_BYTES + off
        return self.data[begin : begin + size]

    def prog(self, cfg: object, block: int, off: int, data: bytes) -> int:
        begin = block * BLOCK_BYTES + off
        self.data[begin : begin + len(data)] = data
        return 0

    def erase(self, cfg: object, block: int) -> int:
        begin = block * BLOCK_BYTES
        self.data[begin : begin + BLOCK_BYTES] = b"\xff" * BLOCK_BYTES
        return 0

    def sync(self, cfg: object) -> int:
        return 0


def main(arguments: list[str]) -> None:
    if len(arguments) == 2:
        Path(arguments[1]).write_bytes(image_of(Path(arguments[0])))
    elif len(arguments) == 1:
        for name, data in sorted(files_of(Path(arguments[0]).read_bytes()).items()):
            print(f"{len(data):8}  {name}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
