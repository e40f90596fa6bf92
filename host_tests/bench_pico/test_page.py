"""The page is what its generator makes of results.json."""

import json

from host_tests.bench_pico import page


def test_the_page_is_what_results_json_says():
    found = json.loads(page.RESULTS.read_text())
    text = page.PAGE.read_text()
    assert page.filled(text, found) == text


def test_what_must_always_hold_holds_in_it():
    assert page.broken(json.loads(page.RESULTS.read_text())) is None


def test_what_does_not_hold_is_named():
    found = json.loads(page.RESULTS.read_text())
    found["latency"][0]["in_flight"] = 1
    found["latency"][0]["memory_fell"] -= 1
    assert page.broken(found).count("\n") == 1
