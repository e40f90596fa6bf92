"""The loop whose time is the rig's, with a rig that is none."""

import asyncio
import os
import time

import pytest

from loquet_tools.rig_loop import SECOND_NS, RigLoop


class FakeRig:
    """Tells what was planned, [(at_ns, function(loop))], and each time that the loop waits for."""

    def __init__(self, loop, planned=(), silent=False):
        self.now_ns = 0
        self.report = None
        self.asked = []
        self._loop = loop
        self._planned = list(planned)
        self._silent = silent
        readable, self._told = os.pipe()
        self.told = os.fdopen(readable)

    def answer(self):
        self.asked.append(self._loop.wake_ns)
        if not self._silent:
            os.write(self._told, b"\n")

    def hear(self):
        self.told.readline()
        wake_ns = self._loop.wake_ns
        if self._planned and (wake_ns is None or self._planned[0][0] <= wake_ns):
            self.now_ns, function = self._planned.pop(0)
            function(self._loop)
        elif wake_ns is None:
            self.report = {"why": "nothing to do"}
        else:
            self.now_ns = wake_ns

    def close(self):
        self.told.close()
        os.close(self._told)


def play(coroutine_of, *planned, silent=False):
    """What a coroutine returns in a loop with that rig; and the rig."""
    loop = RigLoop()
    rig = FakeRig(loop, planned, silent)
    failures = []

    async def attached():
        loop.attach(rig, rig.told, failures.append)
        try:
            return await coroutine_of(loop)
        finally:
            loop.detach()

    try:
        return loop.run_until_complete(attached()), failures, rig
    finally:
        loop.close()
        rig.close()


async def sleep_long(loop):
    await asyncio.sleep(3600)
    return loop.time()


def test_an_hour_of_the_rig_passes_at_once():
    began_s = time.monotonic()
    passed_s, _, rig = play(sleep_long)
    assert passed_s == 3600
    assert rig.asked == [3600 * SECOND_NS]
    assert time.monotonic() - began_s < 10


def test_what_the_rig_tells_has_its_own_time_and_timers_begin_there():
    told = asyncio.Event()
    seen = []

    async def waiting(loop):
        await told.wait()
        return loop.time()

    def happens(loop):
        seen.append(loop.time())
        loop.call_later(0.5, told.set)

    ended_s, _, _ = play(waiting, (SECOND_NS, happens))
    assert (seen, ended_s) == ([1.0], 1.5)


def test_timers_come_in_their_order_with_what_the_rig_tells():
    order = []

    async def waiting(loop):
        loop.call_later(0.1, order.append, "early")
        loop.call_later(0.3, order.append, "late")
        await asyncio.sleep(0.4)

    play(waiting, (SECOND_NS // 5, lambda _: order.append("rig")))
    assert order == ["early", "rig", "late"]


def test_after_its_end_time_goes_on_without_it():
    async def waiting(loop):
        ended = asyncio.Event()
        loop.call_later(1, ended.set)
        await ended.wait()
        return await sleep_long(loop)

    def fails(_):
        raise RuntimeError("as the test wants")

    passed_s, failures, _ = play(waiting, (SECOND_NS // 2, fails))
    assert passed_s == pytest.approx(3601)
    assert [str(failure) for failure in failures] == ["as the test wants"]


def test_a_rig_that_ends_by_itself_has_failed():
    loop = RigLoop()
    rig = FakeRig(loop)
    failures = []

    async def waiting():
        failed = asyncio.Event()

        def fails(error):
            failures.append(str(error))
            failed.set()

        loop.attach(rig, rig.told, fails)
        await failed.wait()

    loop.run_until_complete(waiting())
    loop.close()
    rig.close()
    assert failures == ["it has ended: nothing to do"]


def test_files_are_heard_while_the_rig_is_busy():
    async def waiting(loop):
        heard = asyncio.Event()
        readable, writable = os.pipe()
        loop.add_reader(readable, heard.set)
        os.write(writable, b"x")
        await heard.wait()
        loop.remove_reader(readable)
        os.close(readable)
        os.close(writable)
        return loop.time()

    assert play(waiting, silent=True)[0] == 0
