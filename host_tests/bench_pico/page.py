"""The tables, and where they stand: README.md between two marks, results.json beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "README.md"
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


def tables(found: dict[str, Any]) -> str:
    """All of it as Markdown."""
    return "\n".join(
        [
            _table(LATENCY_HEAD, map(_latency, found["latency"])),
            _table(COST_HEAD, _costs(found)),
            _table(LOSS_HEAD, map(_loss, found["loss"])),
        ]
    )


def write(found: dict[str, Any]) -> None:
    """Keeps the figures, and puts the tables into the page."""
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(filled(PAGE.read_text(), found))


def filled(page: str, found: dict[str, Any]) -> str:
    """`page` with the tables of `found` between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n\n{tables(found)}\n{END}{rest.split(END)[1]}"


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
