"""The MicroPython that all other end-to-end tests run on is a real one and has what they need."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = ROOT / ".cache" / "micropython" / "micropython"

PROBE = """
import asyncio, gc, json, select, socket, sys, vfs

async def main():
    flag = asyncio.ThreadSafeFlag()
    flag.set()
    await asyncio.wait_for_ms(flag.wait(), 100)

asyncio.run(main())
from springcore import ticks
print(json.dumps({
    "name": sys.implementation.name,
    "version": sys.implementation.version[:2],
    "heap": gc.mem_free() + gc.mem_alloc(),
    "argv": sys.argv[1:],
    "difference": ticks.ticks_diff(3, ticks.TICKS_PERIOD - 2),
}))
"""


def test_firmware_finds_a_real_micropython_with_a_heap_as_small_as_a_picos(tmp_path):
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE)
    command = [str(MICROPYTHON), "-X", "heapsize=192k", str(probe), "an argument"]
    environment = {"MICROPYPATH": f".frozen:{ROOT / 'lib'}"}

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)

    seen = json.loads(done.stdout)
    assert done.stderr == b""
    assert seen["name"] == "micropython" and seen["version"] >= [1, 25]
    assert seen["heap"] <= 192 * 1024
    assert seen["argv"] == ["an argument"]
    assert seen["difference"] == 5
