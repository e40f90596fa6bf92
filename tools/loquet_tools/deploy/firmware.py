"""The program in a board's firmware: whether it is this project's, and how it gets there.

The program is frozen into the firmware, so that it runs from flash and leaves the RAM to the
cards; another program is another firmware. It goes onto a Pico by the boot loader in its ROM, which
shows itself as a drive and takes a UF2 file. Files on the board's own file system stay.
"""

from __future__ import annotations

import glob
import os
import time
from pathlib import Path

from loquet_tools.deploy.board import Board
from loquet_tools.deploy.visit import Identity
from loquet_tools.errors import ToolError
from loquet_tools.paths import ROOT, device_sources, program_digest

UF2 = ".cache/pico-firmware/loquet-usb.uf2"

# Where desktops mount a drive of the boot loader's; on Windows it has a letter.
MOUNTS = (
    "/media/RPI-RP2",
    "/media/*/RPI-RP2",
    "/run/media/*/RPI-RP2",
    "/Volumes/RPI-RP2",
    "[D-Z]:/",
)
# What is on it, and on no other drive.
MARK = "INFO_UF2.TXT"
BOARD_ID = "RPI-RP2"

DRIVE_WITHIN_S = 30.0
BACK_WITHIN_S = 60.0
LOOK_S = 0.25

_BLOCK_BYTES = 512
_PAYLOAD = slice(32, 32 + 256)


def wanted_digest() -> str:
    """That of this project's sources."""
    return program_digest(device_sources(hal="rp2"))


def problem_of(identity: Identity, digest: str) -> str | None:
    """Why the board cannot run what would be deployed; None if it has the program `digest`."""
    if identity.interpreter != "micropython":
        return f"it runs {identity.interpreter} {identity.version}, not MicroPython"
    if identity.digest is None:
        return f"it has MicroPython {identity.version} without Loquet's program"
    if identity.digest != digest:
        return (
            f"its firmware has program {identity.digest[:12]}, and this project is {digest[:12]}: "
            "`make pico-firmware` builds its firmware"
        )
    return None


def advice(port: str, problem: str) -> str:
    """What to do about it, in a sentence."""
    return (
        f"{port} is not ready: {problem}; flash {UF2} (`make pico-firmware`): hold BOOTSEL while "
        "the board is plugged in, and copy that file onto the drive RPI-RP2; or have it done with "
        "--firmware"
    )


def load(digest: str, root: Path = ROOT) -> bytes:
    """The firmware to flash. ToolError if it is not there, or has another program."""
    path = root / UF2
    if not path.exists():
        raise ToolError(f"there is no {UF2}; `make pico-firmware` builds it")
    data = path.read_bytes()
    if not has_program(data, digest):
        raise ToolError(f"{UF2} is not of these sources; `make pico-firmware` builds it anew")
    return data


def has_program(data: bytes, digest: str) -> bool:
    """Whether the program `digest` is frozen into a UF2 file."""
    # A digest is a text in the program, wherever the linker has put it.
    blocks = (data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES))
    return digest.encode() in b"".join(block[_PAYLOAD] for block in blocks)


def flash(board: Board, data: bytes) -> Path:
    """Puts a firmware onto a board whose interpreter listens; returns the drive it went by.

    Its outputs are at rest meanwhile, as reset leaves them. The board is open again afterwards.
    """
    before = drive()
    if before is not None:
        raise ToolError(f"{before} is there already, and belongs to another board: unplug that one")
    board.leave("machine.bootloader()")
    board.close()
    target = _wait_for_drive()
    with open(target / "loquet.uf2", "wb") as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            # The boot loader restarts the board with the last block, whoever still writes.
            if drive() is not None:
                raise
    board.open(BACK_WITHIN_S)
    return target


def drive() -> Path | None:
    """The folder of the boot loader's drive; None if it is not mounted."""
    for pattern in MOUNTS:
        for found in sorted(glob.glob(pattern)):
            if _is_drive(Path(found)):
                return Path(found)
    return None


def _is_drive(folder: Path) -> bool:
    try:
        return BOARD_ID in (folder / MARK).read_text(errors="replace")
    except OSError:
        return False


def _wait_for_drive() -> Path:
    give_up_s = time.monotonic() + DRIVE_WITHIN_S
    while time.monotonic() < give_up_s:
        found = drive()
        if found is not None:
            return found
        time.sleep(LOOK_S)
    raise ToolError(
        f"the board is in its boot loader, and no drive {BOARD_ID} is mounted within "
        f"{DRIVE_WITHIN_S:.0f} s; mount it, copy {UF2} onto it, and deploy again"
    )
