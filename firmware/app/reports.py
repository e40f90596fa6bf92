"""What the panel tells the outside: one JSON object a line.

A report is only queued where something happens and printed when the door and the reader have
what is theirs, so that nobody waits at the door for a line to be printed.
"""

import json

from springcore.ticks import ticks_diff

# More than a card causes; what comes beyond it in one pass is a flood.
MOST_WAITING = 32


class Reports:
    """Queue of reports, stamped with the milliseconds since this object was made."""

    def __init__(self, hal):
        self._hal = hal
        self._last_ms = hal.ticks_ms()
        self._elapsed_ms = 0
        self._waiting = []
        self._lost = 0

    def add(self, event: str, fields: dict) -> None:
        """Queues one report. `fields` hold what JSON can, or bytes, which are printed as hex."""
        if len(self._waiting) == MOST_WAITING:
            self._lost += 1
        else:
            self._waiting.append((self._hal.ticks_ms(), event, fields))

    def trouble(self, name: str, detail: str) -> None:
        """Queues the report of something that a person should know."""
        self.add("trouble", {"name": name, "detail": detail})

    def flush(self) -> None:
        """Prints what waits; what cannot be printed is lost, and counted."""
        waiting, self._waiting = self._waiting, []
        for now_ms, event, fields in waiting:
            if not self._hal.print_line(line_of(self._t_ms(now_ms), event, fields)):
                self._lost += 1
        if self._lost and self._print_lost():
            self._lost = 0

    def _print_lost(self) -> bool:
        fields = {"name": "reports_lost", "detail": "%d" % self._lost}
        t_ms = self._t_ms(self._hal.ticks_ms())
        return self._hal.print_line(line_of(t_ms, "trouble", fields))

    def _t_ms(self, now_ms: int) -> int:
        # Ticks wrap after days, this does not; something is reported far more often.
        self._elapsed_ms += ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        return self._elapsed_ms


def line_of(t_ms: int, event: str, fields: dict) -> str:
    """One line of JSON, "t_ms" and "event" first."""
    # MicroPython's dictionaries keep no order; a person reads these lines too.
    parts = ['"t_ms": %d' % t_ms, '"event": "%s"' % event]
    parts += ['"%s": %s' % (name, _value(fields[name])) for name in sorted(fields)]
    return "{%s}" % ", ".join(parts)


def _value(value) -> str:
    if isinstance(value, bytes):
        value = value.hex().upper()
    return json.dumps(value)
