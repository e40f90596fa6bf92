"""The emulated clock against real Picos: MicroPython's own benchmarks, score for score.

    python -m pico_rig.calibrate

The benchmarks are those of tests/perf_bench in the sources that `make pico-firmware` has fetched,
with N=100 and M=100 (100 MHz, 100 KB, as for run-perfbench.py). The scores of a real Pico are those
posted in micropython pull request 12846 (2023, v1.22-preview). They are held against MicroPython as
it comes, of another version and by another compiler, so single scores cannot be expected to agree;
their geometric mean tells whether the clock runs right. bm_fft and bm_float are left out: sin, cos
and sqrt are computed in another way since then.

Beside it stands what the project's firmware makes of them.
"""

from __future__ import annotations

import math
from pathlib import Path

from pico_rig.image import image
from pico_rig.rig import FIRMWARE_USB, MICROPYTHON, ROOT, Peer, Rig, RigError

BENCHMARKS = ROOT / ".cache/pico-firmware.work/sources/micropython/tests/perf_bench"
REAL = {
    "bm_chaos": 213.40,
    "bm_fannkuch": 55.57,
    "bm_hexiom": 37.17,
    "bm_nqueens": 2594.77,
    "bm_pidigits": 381.45,
    "bm_wordcount": 37.86,
    "core_locals": 28.30,
    "core_qstr": 137.20,
}
SECONDS = 120


class _Score(Peer):
    """Reads "time in us, norm, result", the only line with that many words."""

    def __init__(self) -> None:
        self.score: float | None = None

    def printed(self, rig: Rig, text: str) -> None:
        words = text.split(None, 2)
        if len(words) == 3 and words[0].isdigit():
            self.score = 1e6 * float(words[1]) / int(words[0])
            rig.stop("scored")


def score_of(name: str, firmware: Path) -> float:
    """The score of one benchmark on the rig: more is faster. Raises RigError."""
    source = b"import gc\n" + (BENCHMARKS / f"{name}.py").read_bytes()
    source += (BENCHMARKS / "benchrun.py").read_bytes() + b"\ngc.collect()\nbm_run(100, 100)\n"
    peer = _Score()
    rig = Rig(image({"main.py": source}), peer, firmware=firmware)
    rig.run(SECONDS)
    if peer.score is None:
        raise RigError(f"{name}: {rig.console}")
    return peer.score


def ratio_of(name: str, firmware: Path = MICROPYTHON) -> float:
    """The rig's score by a real Pico's. Raises RigError."""
    return score_of(name, firmware) / REAL[name]


def geometric_mean(ratios: dict[str, float]) -> float:
    return math.exp(sum(map(math.log, ratios.values())) / len(ratios))


def main() -> None:
    print(f"{'rig : real Pico':16}{'as it comes':>12}{'ours':>8}")
    plain, ours = {}, {}
    for name in REAL:
        plain[name] = ratio_of(name)
        ours[name] = ratio_of(name, FIRMWARE_USB)
        print(f"{name:16}{plain[name]:12.2f}{ours[name]:8.2f}", flush=True)
    print(f"{'geometric mean':16}{geometric_mean(plain):12.2f}{geometric_mean(ours):8.2f}")


if __name__ == "__main__":
    main()
