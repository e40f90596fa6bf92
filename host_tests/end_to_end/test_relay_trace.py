"""The relay's level through starts, stops and every fault of the virtual reader.

What is drawn for the README is played again, on a real MicroPython, and looked at edge by edge.
"""

import asyncio

import pytest

from firmware.app.doors import LEASE_MS
from loquet_tools.virtual_reader.knobs import KNOBS
from pictures import relay_scenes, relay_trace

# The relay's level and the report of the decision come by different ways, on a slow machine.
APART_MS = 500

# Beside the pulse, or the lease: what a slow machine adds.
SLACK_MS = 700


@pytest.fixture(scope="module")
def groups():
    return asyncio.run(relay_scenes.play())


@pytest.fixture(scope="module")
def scenes(groups):
    return {scene.name: scene for group in groups for scene in group}


def grants(scene):
    return [seen for seen in scene.only("decision") if seen["granted"]]


def test_every_fault_has_its_scene(scenes):
    assert set(scenes) == {scene.name for scene in relay_scenes.RESTARTS} | set(KNOBS)


def test_the_relay_is_energised_after_each_granted_card_and_at_no_other_time(scenes):
    for scene in scenes.values():
        granted = [seen["t_ms"] for seen in grants(scene)]
        energised = [edge["t_ms"] for edge in scene.only("relay") if edge["energised"]]
        assert len(granted) == len(energised), scene
        for edge_ms, decision_ms in zip(energised, granted, strict=True):
            assert abs(edge_ms - decision_ms) <= APART_MS, scene


def test_only_cards_that_may_pass_are_granted_and_only_once_they_were_presented(scenes):
    for scene in scenes.values():
        shown = {
            seen["card"]: seen["t_ms"]
            for seen in scene.only("card")
            if seen["state"] == "presented"
        }
        for seen in grants(scene):
            assert seen["card"] in scene.cards, scene
            assert shown[seen["card"]] <= seen["t_ms"], scene


def test_no_release_is_longer_than_its_pulse(groups):
    for group in groups:
        most_ms = relay_scenes.LONG_PULSE_MS if group is groups[0] else relay_scenes.PULSE_MS
        for scene in group:
            for begin_ms, end_ms in relay_trace.releases(scene):
                assert end_ms - begin_ms <= most_ms + SLACK_MS, scene


def test_the_relay_falls_when_the_panel_stops_and_by_itself_when_it_hangs(scenes):
    for scene in (scenes[scene.name] for scene in relay_scenes.RESTARTS[1:]):
        (_, end_ms), (_, _) = relay_trace.releases(scene)
        most_ms = LEASE_MS if scene.name == "the panel hangs" else 0
        assert 0 <= end_ms - scene.act_ms <= most_ms + SLACK_MS, scene


def test_after_every_stop_the_panel_comes_back_at_rest_and_says_why(scenes):
    causes = {"a task dies": "software", "the power is cut": "power", "the panel hangs": "watchdog"}
    for name, cause in causes.items():
        (started,) = [seen for seen in scenes[name].only("panel") if seen["state"] == "started"]
        assert started["reset_cause"] == cause
        between = [
            edge
            for edge in scenes[name].only("relay")
            if edge["energised"] and scenes[name].act_ms < edge["t_ms"] <= started["t_ms"]
        ]
        assert between == []


def test_most_faults_keep_nobody_out_for_long(scenes):
    opened = [name for name in KNOBS if grants(scenes[name])]
    assert len(opened) >= len(KNOBS) / 2, opened


def test_the_picture_has_a_row_for_each_and_fits_the_readme(groups, scenes):
    drawn = relay_trace.picture(groups)
    assert all(f">{name}</text>" in drawn for name in scenes)
    assert len(drawn) < 16_000
    kept = relay_trace.PATH.read_text()
    assert all(f">{name}</text>" in kept for name in scenes)
