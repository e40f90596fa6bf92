"""Two readers and two doors on one panel, and one door with all its wires, as real processes."""

import asyncio
import signal

import pytest

from firmware.app.doors import LEASE_MS
from host_tests.support.two_doors import TwoDoors
from loquet_tools import demo, director, script
from loquet_tools.stage import Cast, Stage

CARD = "04A1B2C3D4E580"
OTHER_CARD = "04A1B2C3D4E581"
STRANGER = "0455667788AA80"

BOTH = [CARD, OTHER_CARD]


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request):
    return request.param


def settings(second_reader, **rules):
    return {
        "readers": [{"name": "front", "door": "front"}, {"name": "back", **second_reader}],
        "doors": [{"name": "front", "pulse_ms": 600, **rules}, {"name": "yard", "pulse_ms": 600}],
        "repeat_ms": 0,
    }


def play(story, *arguments):
    async def playing():
        async with TwoDoors(*arguments) as house:
            await story(house)

    asyncio.run(playing())


def test_each_reader_opens_its_own_door_and_no_other(interpreter):
    async def story(house):
        assert await house.show(0, CARD) == "granted"
        await house.until(lambda: house.relays == [(0, True), (0, False)])
        assert await house.show(1, OTHER_CARD) == "granted"
        await house.until(lambda: house.relays[2:] == [(1, True), (1, False)])
        assert await house.show(1, STRANGER) == "unknown_card"
        assert len(house.relays) == 4
        assert [decision["door"] for decision in house.decisions] == ["front", "yard", "yard"]
        await house.stop()
        logged = [(record.kind, record.door, record.reader) for record in house.log()]
        decided = [event for event in logged if event[0].startswith("access_")]
        granted = "access_granted"
        assert decided == [(granted, 0, 0), (granted, 1, 1), ("access_denied", 1, 1)]

    play(story, interpreter, settings({"door": "yard"}), BOTH)


def test_started_in_the_background_of_a_shell_it_ends_as_it_should(interpreter):
    async def story(house):
        await house.stop()
        assert "restart_wanted" in [record.kind for record in house.log()]

    # What a shell does to what it starts with "&".
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        play(story, interpreter, settings({"door": "yard"}), BOTH)
    finally:
        signal.signal(signal.SIGINT, before)


def test_both_doors_are_released_at_the_same_time(interpreter):
    async def story(house):
        await asyncio.gather(house.show(0, CARD), house.show(1, OTHER_CARD))
        await house.until(lambda: len(house.relays) == 4)
        assert sorted(house.relays[:2]) == [(0, True), (1, True)]
        assert sorted(house.relays[2:]) == [(0, False), (1, False)]

    play(story, interpreter, settings({"door": "yard"}), BOTH)


def test_who_leaves_by_the_exit_reader_may_come_in_again(interpreter):
    async def story(house):
        assert await house.show(0, CARD) == "granted"
        assert await house.show(0, CARD) == "anti_passback"
        assert await house.show(1, CARD) == "granted"
        assert await house.show(0, CARD) == "granted"
        await house.until(lambda: house.relays and not any(house.door.energised))
        assert {place for place, _ in house.relays} == {0}

    exit_reader = {"door": "front", "direction": "exit"}
    play(story, interpreter, settings(exit_reader, anti_passback_s=600), [CARD])


# One door, by a script


DOOR = f"""
clock 2026-11-21T08:30
# Opened without a release
contact open
expect alarm forced on within 2000
expect logged door_forced within 20000
contact closed
expect alarm forced off within 2000
wait 700
# Somebody leaves, and leaves the door open
rex
wait 300
contact open
expect alarm held_soon on within 9000
expect alarm forced off within 0
expect alarm held on within 9000
fire on
expect alarm held off within 2000
contact closed
fire off
# Somebody enters
wait 800
present {CARD} for 300
expect granted within 10000
expect relay on within 5000
wait 300
contact open
wait 300
contact closed
expect relay off within 10000
expect alarm forced off within 0
expect logged clock_set within 20000
expect logged exit_requested within 20000
expect logged door_held within 20000
expect logged fire within 20000
expect logged door_opened within 20000
"""


def on_stage(interpreter, story, **rules):
    document = demo.settings_of("wakeup")
    document["doors"][0].update(rules)

    async def playing():
        cast = Cast(interpreter, "wakeup", [bytes.fromhex(CARD)], 1, document)
        async with Stage(cast) as stage:
            panel = asyncio.create_task(stage.follow_panel())
            try:
                await story(stage)
            finally:
                panel.cancel()
                await asyncio.gather(panel, return_exceptions=True)

    asyncio.run(playing())


async def expect(stage, text):
    assert await director.play(stage, script.parse(text)) is None


async def release(stage):
    released = "expect granted within 10000\nexpect relay on within 5000"
    await expect(stage, f"present {CARD} for 300\n{released}")


def test_alarms_requests_and_fire_of_a_door_with_all_its_wires(interpreter):
    on_stage(interpreter, lambda stage: expect(stage, DOOR))


def test_a_button_that_unlocks_releases_the_door_for_a_pulse(interpreter):
    async def story(stage):
        await expect(stage, "rex\nexpect relay on within 2000\nexpect relay off within 9000")
        await expect(stage, "expect logged exit_requested rex within 20000")

    on_stage(interpreter, story, rex="unlock", pulse_ms=500)


def test_a_panel_that_hangs_holds_no_door_and_starts_over(interpreter):
    async def story(stage):
        await release(stage)
        frozen_ms = stage.now_ms()
        stage.freeze_panel()
        await expect(stage, "expect relay off within 9000")
        assert stage.now_ms() - frozen_ms <= LEASE_MS + 1000
        await expect(stage, "expect logged power_up watchdog within 30000")
        await expect(stage, "expect relay off within 0\nexpect reader ready within 20000")
        await release(stage)

    on_stage(interpreter, story, pulse_ms=60000)


@pytest.mark.parametrize("waits", ["", "expect logged access_granted within 20000"])
def test_a_power_cut_during_a_release_leaves_the_door_locked_and_no_silent_gap(interpreter, waits):
    async def story(stage):
        await release(stage)
        await expect(stage, waits)
        await expect(stage, "power cut\nexpect relay off within 2000")
        before = len(stage.log())
        await expect(stage, "expect logged power_up power within 30000")
        await expect(stage, "expect logged gap restart within 30000")
        assert no_number_is_missing(stage.log())
        assert not waits or before >= 2
        await expect(stage, "expect relay off within 0")
        stage.remove()
        await release(stage)

    on_stage(interpreter, story, pulse_ms=60000)


def no_number_is_missing(log):
    """Whether each number has its event, or belongs to the gap that comes before its follower."""
    pairs = zip(log, log[1:], strict=False)
    return all(later[0] == earlier[0] + 1 or later[1] == "gap" for earlier, later in pairs)
