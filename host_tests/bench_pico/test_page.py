"""The pages are what their generator makes of results.json; what is made of the runs."""

import pytest

from host_tests.bench_pico import page, results
from host_tests.bench_pico.__main__ import MANY, door_plans, loss_plans
from host_tests.bench_pico.door import MS, Pass


@pytest.fixture
def found():
    return page.kept()


def test_the_page_is_what_results_json_says(found):
    text = page.PAGE.read_text()
    assert page.filled(text, page.tables(found)) == text


def test_the_top_page_is_what_results_json_says(found):
    text = page.FRONT_PAGE.read_text()
    assert page.filled(text, page.short_table(found)) == text


def test_its_figures_are_of_the_whole_run(found):
    assert not found["compact"]


def test_what_must_always_hold_holds_in_it(found):
    assert page.broken(found) is None


def test_what_does_not_hold_is_named(found):
    found["latency"][0]["in_flight"] = 1
    found["latency"][0]["memory_fell"] -= 1
    assert page.broken(found).count("\n") == 1


@pytest.mark.parametrize("field", ["lost", "overrun_bytes", "in_flight"])
def test_what_is_lost_though_the_reader_waits_to_be_asked_is_named(found, field):
    row = next(row for row in found["loss"] if row["events"] == "wakeup")
    row[field] = 1
    assert "in /WAKEUP mode" in page.broken(found)


def test_what_is_lost_of_a_reader_that_speaks_unasked_is_told_and_no_failure(found):
    for row in found["loss"]:
        row["lost"] += row["events"] != "wakeup"
    assert page.broken(found) is None


def test_de_by_pio_that_falls_late_is_named(found):
    row = next(row for row in found["direction"] if row["by"] == "pio")
    row["after_disturbed_bits"] = 1.01
    assert "DE by PIO" in page.broken(found)


def test_a_target_that_is_missed_is_said_to_be(found):
    row = found["latency"][0]
    for p99, verdict in ((3.0, "| 3: met |"), (3.01, "| 3: **not met** |")):
        row["last_byte_ms"]["p99"] = p99
        assert verdict in page.tables({**found, "latency": [{**row, "writing": False}]})


def test_percentiles_in_milliseconds():
    values_ns = [number * MS for number in range(1, 201)]
    assert results.percentiles(values_ns[::-1]) == {"p50": 101.0, "p99": 199.0, "max": 200.0}
    assert results.percentiles([]) == {"p50": 0.0, "p99": 0.0, "max": 0.0}


def a_pass(before=1000, after=900, collections=0):
    moments = (10 * MS, 20 * MS, 22 * MS, 23 * MS, 29 * MS, 42 * MS)
    return Pass(0, b"", *moments, memory=(before, after, collections, 8000))


def test_what_a_pass_took():
    assert results.wire_ns(a_pass()) == 8 * MS
    # 32 ms from the edge to the relay, of which the free memory's reading took 8.
    assert results.wakeup_ns(a_pass()) == 24 * MS


@pytest.mark.parametrize(
    ("one_pass", "fell"),
    [
        (a_pass(), True),
        (a_pass(after=1000), False),
        (a_pass(after=1100), False),
        (a_pass(collections=1), False),
    ],
)
def test_memory_fell_only_if_nothing_was_collected(one_pass, fell):
    assert results.fell(one_pass) is fell


def test_the_whole_run_has_every_pair_of_list_rate_and_work():
    plans = door_plans(False, 500)
    kinds = {(plan.cards, plan.bitrate, plan.writing) for plan in plans}
    assert len(plans) == len(kinds) == 8
    assert [plan.passes for plan in plans] == [2000] + [500] * 7


def test_the_compact_run_has_the_long_list_and_a_reader_of_each_kind():
    assert {(plan.cards, plan.writing) for plan in door_plans(True, 12)} == {
        (MANY, False),
        (MANY, True),
    }
    assert {plan.events for plan in loss_plans(True, 12)} == {"wakeup", "spontaneous", "text"}
