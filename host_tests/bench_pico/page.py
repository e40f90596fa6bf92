"""The tables, and where they stand: between two marks in README.md here and in the top one.

results.json keeps what they are made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "README.md"
FRONT_PAGE = Path(__file__).parents[2] / "README.md"
RESULTS = Path(__file__).parent / "results.json"
BEGIN = "<!-- made by `make bench-pico`: begin -->"
END = "<!-- made by `make bench-pico`: end -->"

# design: the numbers we build for.
LAST_BYTE_MS = 3.0
LAST_BYTE_WRITING_MS = 60.0
WAKEUP_OVER_WIRE_MS = 4.0
DECODE_US = 6.0
HEAP_BYTES = 100_000
CARD_ERASES, LOG_ERASES = 0.5, 0.1

# An answer may begin with the next bit.
DIRECTION_BITS = 1.0

LATENCY_HEAD = (
    "cards",
    "bit/s",
    "flash",
    "wire",
    "reader",
    "last byte → relay: p50",
    "p99",
    "max",
    "target, p99",
    "/WAKEUP → relay: p50",
    "p99",
    "max",
    "target",
    "cards passed",
    "collected between",
)
COST_HEAD = ("what", "measured", "target", "")
LOSS_HEAD = (
    "mode",
    "message, bytes",
    "chip busy",
    "sent",
    "lost",
    "bytes overrun",
    "last byte → relay: p50",
    "max",
    "flash begun with a command in flight",
)


SHORT_HEAD = ("what", "p50", "p99", "max", "target", "")
DIRECTION_HEAD = (
    "bit/s",
    "DE by",
    "rises before the first start bit, bits",
    "falls after the last stop bit, bits",
    "the same, interrupts off for 20 ms",
    f"target, ≤ {DIRECTION_BITS:.0f} bit",
    "answer that begins with the stop bit",
)


def tables(found: dict[str, Any]) -> str:
    """All of it as Markdown."""
    return "\n".join(
        [
            error(found["calibration"]) + "\n",
            _table(LATENCY_HEAD, map(_latency, found["latency"])),
            _table(COST_HEAD, _costs(found)),
            _table(LOSS_HEAD, map(_loss, found["loss"])),
            _table(DIRECTION_HEAD, map(_direction, found["direction"])),
        ]
    )


def error(calibration: dict[str, Any]) -> str:
    """What the rig's clock may be wrong by."""
    return (
        "The rig against real Picos, both with MicroPython as it comes, "
        f"{calibration['benchmarks']} of its benchmarks: "
        f"{calibration['geometric_mean']:.2f} times as fast on average, single ones "
        f"{calibration['least']:.2f} to {calibration['most']:.2f}. What the processor takes for "
        "one thing can be wrong by as much, a third; what the line takes is exact."
    )


def short_table(found: dict[str, Any]) -> str:
    """What a reader of the top page wants to know, and where the rest stands."""
    rows = [row for row in map(_short, found["latency"]) if row is not None]
    return _table(SHORT_HEAD, rows) + "\n" + error(found["calibration"]) + "\n"


def kept() -> dict[str, Any]:
    """The figures that were written last."""
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def write(found: dict[str, Any]) -> None:
    """Keeps the figures, and puts the tables into the pages."""
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(filled(PAGE.read_text(), tables(found)))
    FRONT_PAGE.write_text(filled(FRONT_PAGE.read_text(), short_table(found)))


def filled(page: str, text: str) -> str:
    """`page` with `text` between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}"


def broken(found: dict[str, Any]) -> str | None:
    """What must hold wherever and however shortly this is run, and does not; None if all does."""
    wrong = []
    for row in found["latency"]:
        name = f"{row['cards']} cards, {row['bitrate']} bit/s, writing {row['writing']}"
        if row["lost"] or row["troubles"]:
            wrong.append(f"{name}: {row['lost']} lost, troubles {row['troubles']}")
        if row["in_flight"]:
            wrong.append(f"{name}: {row['in_flight']} flash operations with a command in flight")
        if row["memory_fell"] != row["passes"]:
            wrong.append(f"{name}: garbage was collected between an event and its relay")
    for row in found["loss"]:
        if row["events"] == "wakeup" and (row["lost"] or row["overrun_bytes"] or row["in_flight"]):
            wrong.append(f"in /WAKEUP mode something was lost: {row}")
    for row in found["direction"]:
        if row["by"] == "pio" and not _in_time(row):
            wrong.append(f"DE by PIO: {row}")
    return "\n".join(wrong) or None


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _latency(row: dict[str, Any]) -> list[str]:
    last, wakeup = row["last_byte_ms"], row["wakeup_ms"]
    limit = LAST_BYTE_WRITING_MS if row["writing"] else LAST_BYTE_MS
    over = row["wire_ms"] + row["turn_around_ms"] + WAKEUP_OVER_WIRE_MS
    wanted = "" if row["writing"] else f"{over:.1f}: {_met(wakeup['p99'] <= over)}"
    return [
        f"{row['cards']:,}",
        str(row["bitrate"]),
        "written" if row["writing"] else "idle",
        f"{row['wire_ms']:.1f}",
        f"{row['turn_around_ms']:.1f}",
        *(f"{last[name]:.1f}" for name in ("p50", "p99", "max")),
        f"{limit:.0f}: {_met(last['p99'] <= limit)}",
        *(f"{wakeup[name]:.1f}" for name in ("p50", "p99", "max")),
        wanted,
        f"{row['passes']} of {row['passes'] + row['lost']}",
        str(row["passes"] - row["memory_fell"]),
    ]


def _short(row: dict[str, Any]) -> list[str] | None:
    """The row of the longest list at the power-up rate; None for the others."""
    if row["bitrate"] != 38400 or row["cards"] != 20_000:
        return None
    last = row["last_byte_ms"]
    doing = "log and cards being written" if row["writing"] else "idle"
    limit = LAST_BYTE_WRITING_MS if row["writing"] else LAST_BYTE_MS
    return [
        f"last byte of the event → relay, {row['cards']:,} cards, {doing}, ms",
        *(f"{last[name]:.1f}" for name in ("p50", "p99", "max")),
        f"p99 ≤ {limit:.0f}",
        _met(last["p99"] <= limit),
    ]


def _in_time(row: dict[str, Any]) -> bool:
    return bool(row["after_disturbed_bits"] <= DIRECTION_BITS and row["answer_whole"])


def _direction(row: dict[str, Any]) -> list[str]:
    verdict = _met(_in_time(row)) if row["allowed"] else "too late: refused"
    return [
        str(row["bitrate"]),
        "PIO" if row["by"] == "pio" else "UART and interrupt",
        f"{row['before_bits']:.2f}",
        # No "-0.00".
        f"{round(row['after_bits'], 2) + 0.0:.2f}",
        f"{round(row['after_disturbed_bits'], 2) + 0.0:.2f}",
        verdict,
        "received whole" if row["answer_whole"] else "**lost**",
    ]


def _costs(found: dict[str, Any]) -> list[list[str]]:
    rows = []
    for size, us in found["decode_us_per_byte"].items():
        limit = f"≤ {DECODE_US:.0f}" if int(size) >= 64 else ""
        verdict = _met(us <= DECODE_US) if limit else ""
        rows.append([f"decode, frames of {size}, µs a byte", f"{us:.1f}", limit, verdict])
    heap = found["heap"]
    free = heap["after_start"]
    rows.append(
        [
            "heap free after the start, 20,000 cards, bytes",
            f"{free:,}",
            f"≥ {HEAP_BYTES:,}",
            _met(free >= HEAP_BYTES),
        ]
    )
    rows.append(
        [
            f"free after a collection, over {heap['passes']:,} cards: first, least, last",
            f"{heap['after_first_collection']:,}, {heap['least_after_collection']:,}, "
            f"{heap['after_last_collection']:,}",
            "flat",
            "",
        ]
    )
    before = f"{heap['least_before_collection']:,}"
    rows.append(["least free before a collection, bytes", before, "", ""])
    longest = f"{heap['longest_collection_ms']:.1f}"
    rows.append(["longest collection, ms", longest, "", ""])
    names = {
        "card_change": ("a card's change, 20,000 cards, with all that comes of it", CARD_ERASES),
        "log_entry_8": ("a log entry, 8 a flush, log full", LOG_ERASES),
        "log_entry_1": ("a log entry, each flushed alone", None),
    }
    for name, (what, limit) in names.items():
        work = found["flash_work"][name]
        measured = f"{work['erases']:.3f}, {work['programs']:.2f}, {work['busy_ms']:.1f}"
        wanted, verdict = "", ""
        if limit is not None:
            wanted, verdict = f"≤ {limit} erases", _met(work["erases"] <= limit)
        rows.append([f"{what}: erases, programs, ms", measured, wanted, verdict])
    return rows


def _loss(row: dict[str, Any]) -> list[str]:
    last = row["last_byte_ms"]
    in_flight = (
        "" if row["in_flight"] is None else f"{row['in_flight']} of {row['flash_operations']}"
    )
    return [
        f"`{row['events']}`",
        str(row["message_bytes"]),
        f"{row['busy_percent']} %",
        str(row["sent"]),
        str(row["lost"]),
        str(row["overrun_bytes"]),
        f"{last['p50']:.1f}",
        f"{last['max']:.1f}",
        in_flight,
    ]


def _met(met: bool) -> str:
    return "met" if met else "**not met**"
