"""What is made of the runs: figures that JSON can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from host_tests.bench_pico.door import MS, Found, Pass, Plan


def percentiles(values_ns: Sequence[int]) -> dict[str, float]:
    """p50, p99 and max, in ms."""
    ordered = sorted(values_ns) or [0]
    places = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": -1}
    return {name: round(ordered[place] / MS, 2) for name, place in places.items()}


def latency(plan: Plan, found: Found) -> dict[str, Any]:
    """One row of the latencies. Wire and turn-around are the same in all passes."""
    passes = found.passes
    return {
        "cards": plan.cards,
        "bitrate": plan.bitrate,
        "writing": plan.writing,
        "passes": len(passes),
        "lost": found.lost,
        "last_byte_ms": percentiles([each.relay_ns - each.event_end_ns for each in passes]),
        "wakeup_ms": percentiles([wakeup_ns(each) for each in passes]),
        "wire_ms": percentiles([wire_ns(each) for each in passes])["p50"],
        "turn_around_ms": percentiles([each.event_ns - each.poll_end_ns for each in passes])["p50"],
        "erases_waited": max(each.erases_waited for each in passes),
        "memory_fell": sum(fell(each) for each in passes),
        "bytes_allocated": max(each.memory[0] - each.memory[1] for each in passes),
        "flash_operations": found.operations,
        "in_flight": len(found.in_flight),
        "troubles": found.troubles,
    }


def wakeup_ns(each: Pass) -> int:
    """From the edge to the relay, less what reading the free memory took in between."""
    return each.relay_ns - each.fell_ns - each.memory[3] * 1000


def wire_ns(each: Pass) -> int:
    """Poll and event on the line."""
    return each.poll_end_ns - each.poll_ns + each.event_end_ns - each.event_ns


def fell(each: Pass) -> bool:
    """Whether memory was only taken between poll and relay: nothing was collected."""
    before, after, collections = each.memory[:3]
    return after < before and collections == 0


def heap(found: Found) -> dict[str, Any]:
    """Free memory at the start, and before and after each collection of a long run."""
    before = [each[0] for each in found.collections]
    after = [each[1] for each in found.collections]
    return {
        "after_start": found.started["heap_free"],
        "passes": len(found.passes),
        "collections": len(after),
        "longest_collection_ms": max(each[2] for each in found.collections) / 1000,
        "least_before_collection": min(before),
        "after_first_collection": after[0],
        "least_after_collection": min(after),
        "after_last_collection": after[-1],
    }


def loss(plan: Plan, found: Found) -> dict[str, Any]:
    """One row of what a reader's messages cost while flash is written."""
    sent = len(found.passes) + found.lost
    return {
        "events": plan.events,
        "bitrate": plan.bitrate,
        "data_bytes": plan.data_bytes,
        "message_bytes": round(found.event_bytes / sent) if sent else 0,
        "sent": sent,
        "lost": found.lost,
        "overrun_bytes": found.overrun,
        "flash_operations": found.operations,
        "busy_percent": round(100 * found.busy_ns / (found.virtual_s * 1e9), 1),
        "in_flight": len(found.in_flight) if plan.events == "wakeup" else None,
        "last_byte_ms": percentiles([each.relay_ns - each.event_end_ns for each in found.passes]),
    }
