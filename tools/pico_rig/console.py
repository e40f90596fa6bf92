"""An emulated Pico whose console is a serial device of this machine.

    python -m pico_rig.console [--files IMAGE] [--files-out IMAGE]

Whatever talks to a real Pico talks to it: a terminal, mpremote, `loquet deploy`. It runs at the
speed of the clock on the wall, or slower where this machine cannot keep up. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import subprocess
import sys
import tempfile
import tty
from pathlib import Path
from types import TracebackType
from typing import Any

from pico_rig.rig import FIRMWARE, HERE, RigError

# It is stopped, not awaited.
LONGEST_S = 1_000_000
ENDS_WITHIN_S = 60


class PicoOnAPort:
    """Runs from `with` on, its console at `port`.

    `image`: its file system, None for an empty flash. `watch`: pins whose edges are noted. After
    `stop`, `image_after` is what the flash holds.
    """

    def __init__(self, image: bytes | None, watch: tuple[int, ...] = (), firmware: Path = FIRMWARE):
        self.image_after = b""
        self._image = image
        self._watch = watch
        self._firmware = firmware

    def __enter__(self) -> PicoOnAPort:
        self._folder = tempfile.TemporaryDirectory()
        self._console, self._other_end = pty.openpty()
        # Kept open by us: between two of its users the device would go away.
        tty.setraw(self._other_end)
        os.set_blocking(self._console, False)
        self.port = os.ttyname(self._other_end)
        self._told = open(self._path("told"), "w+")
        self._errors = open(self._path("errors"), "w+")
        self._process = self._started()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        for file in (self._told, self._errors):
            file.close()
        os.close(self._console)
        os.close(self._other_end)
        self._folder.cleanup()

    def cut_power(self) -> None:
        """Takes the power away and gives it back."""
        self._do("cut_power")

    def wait_for_boot_loader(self) -> None:
        """Waits until the program calls the boot ROM's loader, which the rig does not have."""
        self._process.wait()
        if "reset to USB boot" not in self._path("errors").read_text():
            raise RigError("it has ended, and not for the boot loader")

    def flash(self, firmware: Path) -> None:
        """What the boot loader does with a UF2 file: another firmware, and a start."""
        self._firmware = firmware
        self._image = self._path("after.img").read_bytes()
        self._process = self._started()

    def stop(self) -> list[dict[str, Any]]:
        """Ends it: its starts and the edges of the pins, in order. RigError if it has failed."""
        if self._process.poll() is None:
            self._do("stop")
        self._process.wait(ENDS_WITHIN_S)
        if self._process.returncode:
            self._errors.seek(0)
            raise RigError(self._errors.read().strip())
        self.image_after = self._path("after.img").read_bytes()
        return self.told()

    def told(self) -> list[dict[str, Any]]:
        """Its starts and the edges of the pins until now, in order."""
        lines = self._path("told").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def _started(self) -> subprocess.Popen[bytes]:
        command = ["node", str(HERE / "run.mjs"), "--seconds", str(LONGEST_S)]
        command += ["--firmware", str(self._firmware), "--peer", str(HERE / "console_peer.mjs")]
        command += ["--files-out", str(self._path("after.img"))]
        if self._image is not None:
            self._path("before.img").write_bytes(self._image)
            command += ["--files", str(self._path("before.img"))]
        commands, self._commands = os.pipe()
        for pin in self._watch:
            self._do("watch", pin=pin)
        os.set_blocking(commands, False)
        try:
            return subprocess.Popen(
                command,
                stdin=commands,
                stdout=self._told,
                stderr=self._errors,
                pass_fds=(self._console,),
                env={**os.environ, "PICO_CONSOLE": str(self._console)},
            )
        finally:
            os.close(commands)

    def _do(self, what: str, **details: object) -> None:
        os.write(self._commands, (json.dumps({"do": what, **details}) + "\n").encode())

    def _path(self, name: str) -> Path:
        return Path(self._folder.name, name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=Path, help="image of its file system; else: empty flash")
    parser.add_argument("--files-out", type=Path, help="where to write it at the end")
    given = parser.parse_args()
    image = given.files.read_bytes() if given.files else None
    with PicoOnAPort(image) as pico:
        print(f"{pico.port}; Enter ends it", flush=True)
        sys.stdin.readline()  # which ends where there is nobody to press it, too
        pico.stop()
        if given.files_out:
            given.files_out.write_bytes(pico.image_after)


if __name__ == "__main__":
    main()
