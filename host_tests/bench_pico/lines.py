"""RS-485's direction and the rig's own error, as rows of figures."""

from __future__ import annotations

from typing import Any

from host_tests.pico import rs485
from pico_rig import calibrate


def direction(bitrate: int, by: str) -> dict[str, Any]:
    """How DE frames a command at `bitrate`, set `by` "pio" or "uart"; the processor idle, or not.

    `*_bits`: in bit times.
    """
    sender = rs485.BY_PIO if by == "pio" else rs485.BY_UART
    line, rig = rs485.send(bitrate, sender)
    disturbed, _ = rs485.send(bitrate, sender, rs485.INTERRUPTS_OFF, answers=False)
    return {
        "bitrate": bitrate,
        "by": by,
        "allowed": by == "pio" or bitrate <= rs485.FASTEST_BY_UART,
        "before_bits": round(rs485.before_ns(line) * bitrate / 1e9, 2),
        "after_bits": round(rs485.late_ns(line) * bitrate / 1e9, 3),
        "after_disturbed_bits": round(rs485.late_ns(disturbed) * bitrate / 1e9, 3),
        "answer_whole": f"got {rs485.ANSWER.hex()}" in rig.console,
    }


def calibration() -> dict[str, Any]:
    """The rig's scores by those of real Picos."""
    ratios = {name: calibrate.ratio_of(name) for name in calibrate.REAL}
    return {
        "geometric_mean": round(calibrate.geometric_mean(ratios), 3),
        "least": round(min(ratios.values()), 3),
        "most": round(max(ratios.values()), 3),
        "benchmarks": len(ratios),
    }
