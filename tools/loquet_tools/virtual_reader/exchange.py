"""One command, one answer: the strict exchange of protocol.md 1.4.

state      command           ACK         CANCEL            time
idle       -> working        as command  as command        -
working    ignored (or FB)   ignored     FC -> answering   job done: answer -> answering
                                                           1000 ms near: F0 -> extended
extended   ignored (or FB)   -> working  FC -> answering   -
answering  ignored (or FB)   ignored     ignored           last bit has left -> idle

While extended the reader is silent: a job that ends then waits for the ACK.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.framing import Command, frame
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.timeline import Timeline, Timer

IDLE = "idle"
WORKING = "working"
EXTENDED = "extended"
ANSWERING = "answering"


@dataclass(frozen=True)
class Reply:
    """What an instruction leads to.

    payload  STA and data (for ECHO what came in); None = no answer
    cla      None = the command's class
    event    the whole frame, when the answer is an event
    queued   called when the answer stands in line to be sent
    sent     called when its last bit has left
    """

    payload: bytes | None = bytes((tables.STA_SUCCESS,))
    cla: int | None = None
    event: bytes | None = None
    queued: Callable[[], None] | None = None
    sent: Callable[[], None] | None = None


@dataclass
class Job:
    """The command in hand; `sequence` is what its next answer echoes."""

    command: Command
    done_us: int
    sequence: int
    timer: Timer


class Exchange:
    """Takes commands, runs them with `run`, sends the answers with `send`."""

    def __init__(
        self,
        timeline: Timeline,
        options: Options,
        counters: Counter[str],
        random: Random,
        run: Callable[[Command], Reply],
        send: Callable[[bytes, Callable[[], None]], None],
    ):
        self._timeline = timeline
        self._options = options
        self._counters = counters
        self._random = random
        self._run = run
        self._send = send
        self._job: Job | None = None
        self.state = IDLE

    def restart(self) -> None:
        """As after power-up. The caller clears the timeline."""
        self._job = None
        self.state = IDLE

    def command(self, command: Command) -> None:
        """A command has arrived whole."""
        if self.state == IDLE:
            self._begin(command)
        elif self.state == EXTENDED and self._is(command, tables.INS_TIME_EXTENSION_ACK):
            self._go_on(command)
        elif self.state in (WORKING, EXTENDED) and self._is(command, tables.INS_CANCEL):
            self._cancel(command)
        else:
            self._refuse_busy(command)

    @staticmethod
    def _is(command: Command, ins: int) -> bool:
        return command.fault is None and (command.cla, command.ins) == (tables.CLA_PROTOCOL, ins)

    def _begin(self, command: Command) -> None:
        self._counters["commands"] += 1
        done_us = self._timeline.now_us + self._duration_us(command)
        self._job = Job(command, done_us, command.sequence, self._timer(done_us))
        self.state = WORKING

    def _duration_us(self, command: Command) -> int:
        slow_ms = 0
        if command.fault is None:
            slow_ms = self._options.slow_ms.get((command.cla, command.ins), 0)
        jitter_us = self._random.randint(0, self._options.answer_jitter_us)
        return self._options.answer_delay_us + jitter_us + slow_ms * 1000

    def _timer(self, done_us: int) -> Timer:
        """For the answer, or for F0 when the answer comes too late for this window."""
        limit_us = self._timeline.now_us + self._options.time_extension_after_ms * 1000
        if done_us <= limit_us:
            return self._timeline.at(done_us, self._finish)
        return self._timeline.at(limit_us, self._ask_for_time)

    def _finish(self) -> None:
        job = self._in_hand()
        reply = self._run(job.command)
        self._answer(job, reply)

    def _ask_for_time(self) -> None:
        job = self._in_hand()
        self._counters["time_extensions"] += 1
        self.state = EXTENDED
        payload = bytes((tables.STA_TIME_EXTENSION_REQUEST,))
        self._send(frame(tables.RESPONSE, job.sequence, tables.CLA_PROTOCOL, payload), _nothing)

    def _go_on(self, command: Command) -> None:
        job = self._in_hand()
        if self._options.extension_sequence == "latest":
            job.sequence = command.sequence
        earliest_us = self._timeline.now_us + self._options.answer_delay_us
        job.timer = self._timer(max(job.done_us, earliest_us))
        self.state = WORKING

    def _cancel(self, command: Command) -> None:
        job = self._in_hand()
        job.timer.cancel()
        if self._options.extension_sequence == "latest":
            job.sequence = command.sequence
        self._counters["cancelled"] += 1
        self._answer(job, Reply(bytes((tables.STA_CANCELLED,)), cla=tables.CLA_PROTOCOL))

    def _refuse_busy(self, command: Command) -> None:
        self._counters["ignored_busy"] += 1
        if self._options.command_while_busy == "busy" and command.fault is None:
            payload = bytes((tables.STA_DEVICE_BUSY,))
            answer = frame(tables.RESPONSE, command.sequence, tables.CLA_PROTOCOL, payload)
            self._send(answer, _nothing)

    def _answer(self, job: Job, reply: Reply) -> None:
        self._job = None
        data = self._encoded(job, reply)
        if data is None:
            self.state = IDLE
        else:
            self._counters["answers"] += 1
            self.state = ANSWERING
            self._send(data, lambda: self._answered(reply))
        if reply.queued is not None:
            reply.queued()

    def _encoded(self, job: Job, reply: Reply) -> bytes | None:
        if reply.event is not None or reply.payload is None:
            return reply.event
        cla = job.command.cla if reply.cla is None else reply.cla
        return frame(tables.RESPONSE, job.sequence, cla, reply.payload)

    def _answered(self, reply: Reply) -> None:
        self.state = IDLE
        if reply.sent is not None:
            reply.sent()

    def _in_hand(self) -> Job:
        if self._job is None:
            raise RuntimeError("no command in hand")
        return self._job


def _nothing() -> None:
    """Nothing hangs on these bytes having left."""
