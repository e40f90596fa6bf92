"""Millisecond ticks that wrap.

MicroPython's counter wraps at 2**30 ms, CircuitPython's at 2**29, a desktop's hardly ever. All
three are multiples of 2**29, so arithmetic modulo 2**29 is right for each of them and fits a
31-bit small integer. A difference is meaningful within 3.1 days either way; no stamp is kept
for more than an hour.
"""

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


TICKS_PERIOD = const(1 << 29)
_MASK = const((1 << 29) - 1)
_HALF = const(1 << 28)


def ticks_add(tick: int, delta_ms: int) -> int:
    """The tick that comes `delta_ms` after `tick` (before it, if negative)."""
    return (tick + delta_ms) & _MASK


def ticks_diff(later: int, earlier: int) -> int:
    """Milliseconds from `earlier` to `later`; negative when `later` comes first."""
    return ((later - earlier + _HALF) & _MASK) - _HALF
