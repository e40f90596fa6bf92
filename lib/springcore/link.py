"""The host's side of the conversation with one reader, as a state machine.

Bytes, levels of /WAKEUP and `now_ms` go in; frames to send and happenings come out. Nothing here
waits: a skin moves the bytes, calls `advance` when `next_due` has passed, and carries out what
`take` hands it. `begin` starts the conversation, also over again.

Startup runs down the table below, and only its end, normal work, lets a card decide. A command that
stays without an answer leads up a ladder: a quiet gap, PING, CANCEL, PING, and only then a
search through the bit rates. The reader counts as lost when it has said nothing for 4.5 s while
something was unanswered, wherever on the ladder that is.

What may decide (`doubt` is None): in `wakeup` mode the frame that answers our own poll, in
`spontaneous` mode an event frame, in `text` mode a $SCRDR line with a right checksum; each of
them whole, at a place where a message was due, not out of the wreck of another, and not older
than the settings say. Everything else is handed over with the reason why it may not.
"""

from springcore import codes, frame, tag, text
from springcore.errors import PeerError, UsageError
from springcore.frame import Frame
from springcore.happenings import Answer, BitrateWanted, StateChanged, TagGone, TagSeen, Trouble
from springcore.intake import GAP_MS, Intake
from springcore.storm import Storm
from springcore.stream import Noise
from springcore.tag import ReaderState, TagRead, TagRemoved
from springcore.text import TextMessage
from springcore.ticks import ticks_add, ticks_diff
from springcore.wakeup import LOOK_AGAIN_MS, WakeupLine

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


# Phases: startup, normal work, and the rungs of the ladder for a reader that did not answer.
_DRAIN = "drain"  # let what is on the line pass
_PING = "ping"
_POWER_UP = "power_up"  # PING at the rate that a reader starts with, if ours is another
_IDENTIFY = "identify"
_RATE = "rate"
_CONFIRM = "confirm"  # PING at the new bit rate
_UI = "ui"
_BACKLOG = "backlog"  # fetch the events of the time before, which decide nothing
_EVENTS = "events"
_WORK = "work"
_QUIET = "quiet"
_ASK = "ask"
_STOP = "stop"
_ASK_LAST = "ask_last"
_SEARCH = "search"
_DEAF = "deaf"  # the reader answers, its events do not come; wait and start over
_LISTEN = "listen"  # a text reader that answers no command: its lines decide all the same
_LISTEN_LOW = "listen_low"  # PING at the power-up rate, in case it has come back there
_RESUME = "resume"  # no phase: on with the work if it had begun and nothing was lost, else startup

# The steps of the startup that a reader may not know.
_STEPS = (_IDENTIFY, _RATE, _UI, _EVENTS)

# phase      answered      refused       silent or garbled
_TRANSITIONS = {
    _PING: (_IDENTIFY, _IDENTIFY, _POWER_UP),
    _POWER_UP: (_IDENTIFY, _IDENTIFY, _QUIET),
    _IDENTIFY: (_RATE, _RATE, _QUIET),
    _RATE: (_UI, _UI, _QUIET),  # by way of _CONFIRM if the rate was to change
    _CONFIRM: (_UI, _UI, _QUIET),
    _UI: (_BACKLOG, _BACKLOG, _QUIET),
    _BACKLOG: (_EVENTS, _EVENTS, _QUIET),  # when /WAKEUP is high, or is so for no reason
    _EVENTS: (_EVENTS, _WORK, _QUIET),  # answered: stays until the event itself has come
    # what stays in _WORK when answered is polls, feedback, PING_EVENT, PING and requests
    _WORK: (_WORK, _WORK, _QUIET),
    _ASK: (_RESUME, _RESUME, _STOP),
    _STOP: (_RESUME, _RESUME, _ASK_LAST),
    _ASK_LAST: (_RESUME, _RESUME, _SEARCH),
    _SEARCH: (_IDENTIFY, _IDENTIFY, _SEARCH),  # silent: at the next rate
    _LISTEN: (_IDENTIFY, _IDENTIFY, _LISTEN_LOW),
    _LISTEN_LOW: (_IDENTIFY, _IDENTIFY, _SEARCH),
}

# What is sent. Written out, because the table of all instructions costs a Pico 9 KB; a test holds
# these bytes against it.
_PING_COMMAND = (codes.CLA_PROTOCOL, bytes((codes.INS_PING,)))
_PING_EVENT_COMMAND = (codes.CLA_PROTOCOL, bytes((codes.INS_PING_EVENT,)))
_POLL_COMMAND = (codes.CLA_PROTOCOL, bytes((codes.INS_HOST_EVENT_POLL,)))
_EXTENSION_COMMAND = (codes.CLA_PROTOCOL, bytes((codes.INS_TIME_EXTENSION_ACK,)))
_CANCEL_COMMAND = (codes.CLA_PROTOCOL, bytes((codes.INS_CANCEL,)))
_SERIAL_NUMBER_COMMAND = (
    codes.CLA_CONTROL,
    bytes((codes.INS_GET_DATA, codes.DATA_SERIAL_NUMBER)),
)

# Every time limit, in milliseconds (design: the link; protocol.md 1.4).
RESPONSE_MS = const(1000)  # end of command to first byte of the answer
DRAIN_MS = const(500)
SECOND_POLL_MS = const(200)  # a poll that looks whether there is one event more
KEEPALIVE_MS = const(1500)
LOST_MS = const(4500)
SUPERVISION_MS = const(30000)
EVENT_MS = const(1000)  # from PING_EVENT's answer to its event
RETRY_MS = const(3000)

_POWER_UP_BITRATE = const(38400)
_EXTENSIONS_MAX = const(10)
_STEP_TRIES = const(2)  # an answer may be lost once

EVENTS_WAKEUP = "wakeup"
EVENTS_SPONTANEOUS = "spontaneous"
EVENTS_TEXT = "text"
EVENT_MODES = (EVENTS_WAKEUP, EVENTS_SPONTANEOUS, EVENTS_TEXT)

STARTING = "starting"
READY = "ready"
UNSUPERVISED = "unsupervised"
DEAF = "deaf"
LOST = "lost"

NOT_READY = "not_ready"
STALE_EVENT = "stale_event"
SUSPECT = "suspect"
TRUNCATED = "truncated"

# What is in flight, besides the command that belongs to the phase.
_OF_PHASE = "phase"
_POLL = "poll"
_SECOND_POLL = "second poll"
_FEEDBACK = "feedback"
_SUPERVISION = "supervision"
_KEEPALIVE = "keepalive"
_REQUEST = "request"
_TEXT_COMMAND = "text command"

COUNTERS = (
    "frames",
    "events",
    "text_messages",
    "noise_bytes",
    "events_lost",
    "events_malformed",
    "events_other_mode",
    "answers_late",
    "answers_missing",
    "answers_garbled",
    "answers_refused",
    "extensions",
    "polls_empty",
    "feedback_dropped",
    "times_lost",
)


class LinkSettings:
    """How to talk to one reader. Raises UsageError naming the field and what is allowed.

    `events`: "wakeup", "spontaneous" or "text". `bitrate`: what the line shall run at. `echo`:
    our own bytes come back, as on RS-485 with the receiver left on. `auto_sequences`: the reader
    plays its own lights and sounds beside ours. `serial_number`: the reader's, as text, if
    another one shall be reported. `buffer_size`: bytes of a message that are kept.
    """

    def __init__(
        self,
        events=EVENTS_WAKEUP,
        bitrate=38400,
        half_duplex=False,
        echo=False,
        auto_sequences=False,
        serial_number=None,
        stale_ms=2000,
        buffer_size=1031,
    ):
        if events not in EVENT_MODES:
            raise UsageError("events %r: must be one of %s" % (events, ", ".join(EVENT_MODES)))
        if half_duplex and events == EVENTS_SPONTANEOUS:
            raise UsageError("events 'spontaneous': a half-duplex line needs 'wakeup' or 'text'")
        if bitrate not in codes.BITRATES:
            allowed = ", ".join([str(rate) for rate in codes.BITRATES])
            raise UsageError("bitrate %r: must be one of %s" % (bitrate, allowed))
        self.events = events
        self.bitrate = bitrate
        self.half_duplex = half_duplex
        self.echo = echo
        self.auto_sequences = auto_sequences
        self.serial_number = serial_number
        self.stale_ms = stale_ms
        self.buffer_size = buffer_size


def _commands_of(settings: LinkSettings) -> dict:
    """The command of each phase that has one."""
    rate = bytes((codes.INS_SET_SERIAL_PARAMETERS,)) + settings.bitrate.to_bytes(4, "big")
    ui = bytes((codes.INS_AUTO_SEQUENCES, 1 if settings.auto_sequences else 0))
    return {
        _PING: _PING_COMMAND,
        _POWER_UP: _PING_COMMAND,
        _IDENTIFY: _SERIAL_NUMBER_COMMAND,
        _RATE: (codes.CLA_PROTOCOL, rate),
        _CONFIRM: _PING_COMMAND,
        _UI: (codes.CLA_CONTROL, ui),
        _EVENTS: _PING_EVENT_COMMAND,
        _ASK: _PING_COMMAND,
        _STOP: _CANCEL_COMMAND,
        _ASK_LAST: _PING_COMMAND,
        _SEARCH: _PING_COMMAND,
        _LISTEN: _PING_COMMAND,
        _LISTEN_LOW: _PING_COMMAND,
    }


class Link:
    """One reader. `first_sequence`: 0 to 15, best drawn at random, so that a late answer to what
    was asked before a restart is not taken for a fresh one.
    """

    def __init__(self, settings: LinkSettings, first_sequence: int):
        self.counters = dict.fromkeys(COUNTERS, 0)
        self.state: str | None = None
        self._settings = settings
        self._intake = Intake(settings.buffer_size)
        self._pin = text.ChecksumPin()
        self._happenings: list = []
        self._sequence = first_sequence & 0x0F
        self._bitrate = settings.bitrate
        self._commands = _commands_of(settings)
        self._wakeup = WakeupLine()
        self._storm = Storm()
        self._spoke_direct = False  # the reader has ever answered a command
        self._line_heard = False  # a text reader's line came since it last answered, or was asked
        self._told_output: str | None = None  # the wrong output that was reported last
        self._reset()

    def _reset(self) -> None:
        """Everything that a start forgets."""
        self._phase = _DRAIN
        self._outgoing: bytes | None = None
        self._flight: str | None = None  # what is in flight: one of the names above
        self._sequences: tuple = ()  # which sequence numbers its answer may carry
        self._extensions = 0
        self._request: tuple | None = None
        self._following = False
        self._feedback: int | None = None
        self._ready = False
        self._supervised = True
        self._unanswered: str | None = None  # the step that stays silent in a reader that does not
        self._unanswered_times = 0
        self._deaf_tries = 0
        self._event_seen = False  # PING_EVENT's event came before its answer
        self._search_index = 0  # how many rates were tried since it last answered
        self._feedback_first = False
        # Deadlines, each a tick or None.
        self._phase_due: int | None = None
        self._answer_due: int | None = None
        self._event_due: int | None = None
        self._keepalive_due: int | None = None
        self._supervision_due: int | None = None
        self._lost_due: int | None = None

    # What the skin calls

    def begin(self, now_ms: int) -> None:
        """Starts the conversation, or starts it over."""
        self._reset()
        self._intake.restart(now_ms)
        self.state = None
        self._phase_due = ticks_add(now_ms, DRAIN_MS)
        self._lost_due = ticks_add(now_ms, LOST_MS)
        self._change_state(STARTING, "begins")

    def receive(self, data: bytes | bytearray | memoryview, now_ms: int) -> None:
        """Bytes that have arrived (any bytes-like)."""
        self._check_gap(now_ms)
        for message in self._intake.receive(data, now_ms):
            self._on_message(message, now_ms)

    def look(self, asserted: bool, now_ms: int) -> None:
        """The level of /WAKEUP, as seen just now."""
        was_stuck = self._wakeup.stuck
        self._wakeup.look(asserted, now_ms)
        raged = self._storm.rages
        self._storm.look(now_ms)
        # What a line does in a storm is no news: it would fill the log.
        if was_stuck and not asserted and not self._storm.rages:
            self._trouble("wakeup_released", "/WAKEUP is high again")
        if self._storm.rages and not raged:
            self._trouble("wakeup_storm", "/WAKEUP falls again and again with no event behind it")
        elif raged and not self._storm.rages:
            self._trouble("wakeup_calm", "/WAKEUP falls for events only")

    @property
    def wants_edges(self) -> bool:
        """Whether `edge` is to be called; if not, falls must not wake anybody up either."""
        return self._storm.listens

    def edge(self, tick_ms: int) -> None:
        """/WAKEUP fell at that tick (an interrupt's stamp, from before the level was looked at)."""
        self._storm.on_fall()
        # In a storm the stamp may be as old as the storm.
        if not self._storm.rages:
            self._wakeup.edge(tick_ms)

    def advance(self, now_ms: int) -> None:
        """Does what is due."""
        self._check_gap(now_ms)
        if _passed(self._answer_due, now_ms) and not self._intake.waiting:
            self._end_flight(now_ms, None)
        if _passed(self._event_due, now_ms) and self._flight is None:
            self._on_event_missing(now_ms)
        if _passed(self._lost_due, now_ms) and not self._intake.waiting:
            self._on_long_silence(now_ms)
        if _passed(self._phase_due, now_ms):
            self._on_phase_due(now_ms)

    def transmit(self, now_ms: int) -> bytes | None:
        """The next bytes to put on the line, or None. Call it when the line is ours to send on;
        report with `transmitted` when the last stop bit has left."""
        if self._outgoing is None and self._flight is None:
            self._choose(now_ms)
        outgoing = self._outgoing
        if outgoing is not None:
            self._outgoing = None
            if self._settings.echo:
                self._intake.expect_echo(outgoing)
        return outgoing

    def transmitted(self, now_ms: int) -> None:
        """The last stop bit of what `transmit` gave has left."""
        if self._flight == _TEXT_COMMAND:
            self._flight = None
        elif self._flight is not None:
            limit = SECOND_POLL_MS if self._flight == _SECOND_POLL else RESPONSE_MS
            self._answer_due = ticks_add(now_ms, limit)

    def feedback(self, number: int) -> None:
        """Queues PLAY_SEQUENCE `number`; one that still waits is dropped for it."""
        if self._feedback is not None:
            self.counters["feedback_dropped"] += 1
        self._feedback = number

    def request(self, cla: int, payload: bytes) -> None:
        """Queues a command of the caller's; an Answer follows. Raises UsageError if one waits."""
        if self._request is not None or self._flight == _REQUEST or self._following:
            raise UsageError("request: the one before has not been answered")
        self._request = (cla, payload)

    def follow(self, data: bytes) -> None:
        """Goes on after an Answer of status FF (FOLLOWING). Raises UsageError if there was none."""
        if not self._following:
            raise UsageError("follow: no exchange waits to be continued")
        self._end_following()
        self._send(_REQUEST, codes.CLA_PROTOCOL, bytes((codes.INS_FOLLOWING,)) + data)

    def take(self) -> object:
        """The next happening, or None."""
        return self._happenings.pop(0) if self._happenings else None

    @property
    def awaits_answer(self) -> bool:
        """A command is on its way, or its answer is."""
        return self._flight is not None

    @property
    def lacking(self) -> int:
        """How many bytes a frame that has begun to arrive lacks, at least; 0 if none has."""
        return self._intake.lacking

    @property
    def quiet(self) -> bool:
        """Nobody may be sending to us, nor has anything to say: flash may be written."""
        return self._settings.events == EVENTS_WAKEUP and self.idle

    @property
    def idle(self) -> bool:
        """Nothing is under way, and the line has been quiet for a gap."""
        return (
            self._phase in (_WORK, _LISTEN)
            and self._flight is None
            and self._outgoing is None
            and self._feedback is None
            and self._event_due is None
            and self._intake.gap_due is None
            and not self._wakeup.low
        )

    def next_due(self, now_ms: int) -> int | None:
        """Milliseconds until `advance` or `transmit` has something to do (0: now); None: never."""
        # What cannot be done now anyhow must not wake anybody.
        free = self._flight is None
        working = free and self._phase in (_WORK, _LISTEN)
        settled = not self._intake.waiting
        # Asked in every pass: a table to loop over would be 300 bytes of garbage.
        wait = _sooner(None, self._intake.gap_due, now_ms)
        wait = _sooner(wait, self._phase_due, now_ms)
        if settled:
            wait = _sooner(wait, self._answer_due, now_ms)
            wait = _sooner(wait, self._lost_due, now_ms)
        if free:
            wait = _sooner(wait, self._event_due, now_ms)
            wait = _sooner(wait, self._wakeup.poll_due, now_ms)
            if self._wakeup.low:
                wait = _sooner(wait, self._intake.pause_due, now_ms)
        if working:
            wait = _sooner(wait, self._keepalive_due, now_ms)
            wait = _sooner(wait, self._supervision_due, now_ms)
        return wait

    # What to send

    def _choose(self, now_ms: int) -> None:
        """Puts the next command on its way, if there is one and the line may carry it."""
        if self._phase_due is not None or self._waits_for_quiet():
            return
        if self._phase in (_WORK, _EVENTS, _BACKLOG):
            if self._choose_poll(now_ms):
                return
        if self._phase == _WORK:
            self._choose_work(now_ms)
        elif self._phase == _LISTEN:
            self._choose_listen(now_ms)
        elif self._phase == _BACKLOG:
            self._enter(_EVENTS, now_ms)
            self._send_of_phase()
        elif self._phase != _DRAIN and self._event_due is None:
            self._send_of_phase()

    def _waits_for_quiet(self) -> bool:
        """Half-duplex text: the reader may be sending, so only a quiet line is ours."""
        settings = self._settings
        return (
            settings.half_duplex
            and settings.events == EVENTS_TEXT
            and self._intake.gap_due is not None
        )

    def _choose_poll(self, now_ms: int) -> bool:
        """Whether /WAKEUP keeps everything else off the line; polls when it is time to."""
        wakeup = self._wakeup
        if self._settings.events != EVENTS_WAKEUP or not wakeup.low:
            return False
        if self._phase == _WORK and self._feedback_first and self._feedback is not None:
            return False
        if not wakeup.wants_poll(now_ms) or not self._intake.pauses(now_ms):
            return not wakeup.stuck
        announced = wakeup.must_answer and not self._storm.rages
        first = announced and self._phase != _BACKLOG
        self._intake.expect_event()
        self._send(_POLL if first else _SECOND_POLL, *_POLL_COMMAND)
        return True

    def _choose_work(self, now_ms: int) -> None:
        self._feedback_first = False
        if self._feedback is not None:
            payload = bytes((codes.INS_PLAY_SEQUENCE, self._feedback))
            self._send(_FEEDBACK, codes.CLA_CONTROL, payload)
            self._feedback = None
        elif self._request is not None:
            command, self._request = self._request, None
            self._send(_REQUEST, *command)
        elif _passed(self._supervision_due, now_ms):
            self._supervision_due = None
            self._event_seen = False
            self._send(_SUPERVISION, *_PING_EVENT_COMMAND)
        elif _passed(self._keepalive_due, now_ms):
            self._send(_KEEPALIVE, *_PING_COMMAND)

    def _choose_listen(self, now_ms: int) -> None:
        if self._feedback is not None:
            # $SCCMD carries no sequence number and is not acknowledged.
            self._outgoing = text.encode_command(sequence=self._feedback)
            self._flight = _TEXT_COMMAND
            self._feedback = None
        elif _passed(self._keepalive_due, now_ms):
            self._keepalive_due = None
            self._send_of_phase()

    def _send_of_phase(self) -> None:
        self._event_seen = False
        self._send(_OF_PHASE, *self._commands[self._phase])

    def _send(self, flight: str, cla: int, payload: bytes) -> None:
        self._flight = flight
        self._extensions = 0
        self._send_frame(cla, payload)
        self._sequences = (self._sequence,)

    def _send_frame(self, cla: int, payload: bytes) -> None:
        self._sequence = (self._sequence + 1) & 0x0F
        self._outgoing = frame.encode(frame.COMMAND, self._sequence, cla, payload)

    # What becomes of it

    def _end_flight(self, now_ms: int, payload: bytes | None) -> None:
        """The command in flight has ended: `payload` answers it, or nothing does (None)."""
        flight = self._flight
        self._flight = None
        self._answer_due = None
        if payload is None:
            self.counters["answers_missing"] += 1
        elif payload[0] != codes.STA_SUCCESS:
            self.counters["answers_refused"] += 1
        if flight == _REQUEST:
            self._on_request_answered(payload, now_ms)
        if flight == _SECOND_POLL or (flight == _POLL and payload is not None):
            self._on_empty_poll(payload, now_ms)
        elif flight == _POLL:
            self._wakeup.on_silence(now_ms)
            self._step(now_ms, None)
        elif flight == _SUPERVISION:
            self._on_supervision(payload, now_ms)
        elif flight == _OF_PHASE or payload is None:
            self._step(now_ms, payload)
        elif flight == _FEEDBACK and payload[0] != codes.STA_SUCCESS:
            self._trouble("feedback_refused", "status %02X" % payload[0])

    def _on_request_answered(self, payload: bytes | None, now_ms: int) -> None:
        self._happenings.append(Answer(payload))
        if payload is not None and payload[0] == codes.STA_FOLLOWING:
            self._following = True
            self._phase_due = ticks_add(now_ms, RESPONSE_MS)

    def _end_following(self) -> None:
        self._following = False
        self._phase_due = None

    # Polls

    def _on_poll_answered(self, now_ms: int) -> None:
        self._flight = None
        self._answer_due = None
        self._wakeup.on_event(now_ms)
        self._storm.on_event()
        if self._phase == _BACKLOG:
            # The line may be high only for a moment, with more old events behind.
            self._phase_due = ticks_add(now_ms, LOOK_AGAIN_MS)

    def _on_empty_poll(self, payload: bytes | None, now_ms: int) -> None:
        """The reader had no event for our poll, although /WAKEUP was low."""
        self.counters["polls_empty"] += 1
        was_stuck = self._wakeup.stuck
        self._wakeup.on_no_event(payload is not None, now_ms)
        if self._wakeup.stuck and not was_stuck and not self._storm.rages:
            answer = "no answer" if payload is None else "status %02X" % payload[0]
            self._trouble("wakeup_stuck_low", "/WAKEUP stays low, a poll brings %s" % answer)

    # Steps

    def _step(self, now_ms: int, payload: bytes | None) -> None:
        """Moves through the table by what became of the phase's command."""
        answered, refused, silent = _TRANSITIONS[self._phase]
        if payload is None:
            self._note_unanswered(self._phase)
            self._enter(silent, now_ms)
            return
        if self._phase == self._unanswered:
            self._unanswered = None
        accepted = payload[0] == codes.STA_SUCCESS
        if self._phase == _IDENTIFY and accepted:
            self._on_serial_number(payload)
        elif self._phase == _RATE:
            self._on_rate(accepted, payload, now_ms)
            return
        elif self._phase == _EVENTS:
            self._on_supervision(payload, now_ms)
            return
        self._enter(answered if accepted else refused, now_ms)

    def _enter(self, phase: str, now_ms: int) -> None:
        """Goes into a phase, or into the one that stands for it here."""
        self._phase = phase = self._phase_for(phase)
        if phase == _POWER_UP:
            self._set_bitrate(_POWER_UP_BITRATE)
        elif phase == _IDENTIFY:
            self._ready = False
            self._change_state(STARTING, "the reader answers")
        elif phase == _WORK:
            self._enter_work(now_ms)
        elif phase == _QUIET:
            self._phase_due = ticks_add(now_ms, GAP_MS)
        elif phase == _SEARCH:
            if not self._may_be_there():
                self._lose()
            self._next_search_rate()
        elif phase == _LISTEN_LOW:
            self._set_bitrate(_POWER_UP_BITRATE)
        elif phase == _LISTEN:
            self._line_heard = False
            self._set_bitrate(self._settings.bitrate)
            self._keepalive_due = ticks_add(now_ms, SUPERVISION_MS)
            self._change_state(UNSUPERVISED, "no Direct commands answered, listening for text")

    def _phase_for(self, phase: str) -> str:
        """The phase that the table's one means with these settings, and so far."""
        if phase == _POWER_UP and self._bitrate == _POWER_UP_BITRATE:
            return _QUIET
        if phase == _LISTEN_LOW and self._settings.bitrate == _POWER_UP_BITRATE:
            phase = _SEARCH
        if phase == _SEARCH and self._may_be_there():
            # Its lines are heard at this rate, or it has been looked for at every rate.
            searched = self._search_index >= len(codes.BITRATES)
            return _LISTEN if self._line_heard or searched else _SEARCH
        if phase == _BACKLOG and self._settings.events == EVENTS_TEXT:
            return _WORK
        if phase == _RESUME:
            return _WORK if self._ready else self._resume_startup()
        return phase

    def _note_unanswered(self, phase: str) -> None:
        if phase not in _STEPS:
            return
        if phase != self._unanswered:
            self._unanswered_times = 0
        self._unanswered = phase
        self._unanswered_times += 1

    def _resume_startup(self) -> str:
        """Where a startup goes on that stood still: PING was answered, the step before was not."""
        step = self._unanswered
        if step is None:
            return _IDENTIFY
        if self._unanswered_times < _STEP_TRIES:
            return step
        # It answers others; this one it does not know. The table says what follows a refusal.
        self._unanswered = None
        self._trouble("step_unanswered", "%s has no answer, it is passed over" % step)
        if step == _EVENTS:
            self._supervised = False
        return self._phase_for(_TRANSITIONS[step][1])

    def _may_be_there(self) -> bool:
        """A text reader that answers no command need not be lost: it may not know any."""
        known_silent = self._line_heard or not self._spoke_direct
        return self._settings.events == EVENTS_TEXT and known_silent

    def _enter_work(self, now_ms: int) -> None:
        self._keepalive_due = ticks_add(now_ms, KEEPALIVE_MS)
        if self._ready:
            self._back_to_work(now_ms)
            return
        self._ready = True
        self._deaf_tries = 0
        self._feedback = None  # for something of the time before
        self._tell_supervision(now_ms)

    def _back_to_work(self, now_ms: int) -> None:
        """Up the ladder and down again."""
        if self._unanswered == _EVENTS:
            # PING_EVENT it was that it did not answer; asking at once again would not help.
            self._unanswered = None
            self._supervised = False
            self._tell_supervision(now_ms)
        else:
            # It may have restarted, and forgotten that events are wanted.
            self._expect_supervision(now_ms, 0)

    def _tell_supervision(self, now_ms: int) -> None:
        self._expect_supervision(now_ms, SUPERVISION_MS)
        if self._supervised:
            self._change_state(READY, "")
        else:
            self._change_state(UNSUPERVISED, "the reader does not do PING_EVENT")

    def _expect_supervision(self, now_ms: int, delay_ms: int) -> None:
        if self._settings.events != EVENTS_TEXT:
            self._supervision_due = ticks_add(now_ms, delay_ms)

    def _next_search_rate(self) -> None:
        """The settings' rate, then the power-up rate and upwards, round and round."""
        wanted = self._settings.bitrate
        order = [wanted] + [rate for rate in codes.BITRATES if rate != wanted]
        self._set_bitrate(order[self._search_index % len(order)])
        self._search_index += 1

    def _set_bitrate(self, bps: int) -> None:
        if bps != self._bitrate:
            self._bitrate = bps
            self._happenings.append(BitrateWanted(bps))

    def _on_phase_due(self, now_ms: int) -> None:
        """The time that a phase lets pass is over."""
        self._phase_due = None
        if self._following:
            # The caller has left the exchange; the reader still waits in it.
            self._following = False
            self._send(_REQUEST, *_CANCEL_COMMAND)
        elif self._phase == _QUIET:
            self._enter(_ASK, now_ms)
        elif self._phase in (_DRAIN, _DEAF):
            self._enter(_PING, now_ms)

    def _on_rate(self, accepted: bool, payload: bytes, now_ms: int) -> None:
        wanted = self._settings.bitrate
        if not accepted:
            self._trouble("bitrate_refused", "%d bit/s: status %02X" % (wanted, payload[0]))
            self._enter(_UI, now_ms)
        elif wanted == self._bitrate:
            self._enter(_UI, now_ms)
        else:
            # The answer came at the old rate; the reader has changed by now.
            self._set_bitrate(wanted)
            self._enter(_CONFIRM, now_ms)

    def _on_serial_number(self, payload: bytes) -> None:
        number = bytes(payload[1:])
        wanted = self._settings.serial_number
        if wanted is not None and number != wanted.encode():
            shown = "".join([chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in number])
            self._trouble("reader_changed", "serial number %s, expected %s" % (shown, wanted))

    def _on_supervision(self, payload: bytes | None, now_ms: int) -> None:
        """PING_EVENT was answered, refused or not answered; its event is another matter."""
        if payload is None:
            self._note_unanswered(_EVENTS)
            self._enter(_QUIET, now_ms)
        elif payload[0] != codes.STA_SUCCESS:
            self._on_supervised(False, now_ms)
        elif self._event_seen:
            self._on_supervised(True, now_ms)
        else:
            self._event_due = ticks_add(now_ms, EVENT_MS)

    def _on_ping_event(self, now_ms: int) -> None:
        if self._event_due is not None:
            self._event_due = None
            self._on_supervised(True, now_ms)
        else:
            self._event_seen = True

    def _on_supervised(self, supervised: bool, now_ms: int) -> None:
        """Events are enabled and arrive; or, if not `supervised`, the reader will not show it."""
        self._supervised = supervised
        if self._ready:
            self._tell_supervision(now_ms)
        else:
            self._enter(_WORK, now_ms)

    # Silence

    def _on_event_missing(self, now_ms: int) -> None:
        """PING_EVENT was answered, its event did not come: start over, and say so if it stays."""
        self._event_due = None
        self._ready = False
        self._deaf_tries += 1
        if self._deaf_tries == 1:
            self._change_state(STARTING, "the event that was asked for did not come")
            self._enter(_PING, now_ms)
        else:
            self._change_state(DEAF, "the reader answers, its events do not arrive")
            self._phase = _DEAF
            self._phase_due = ticks_add(now_ms, RETRY_MS)

    def _on_long_silence(self, now_ms: int) -> None:
        self._lost_due = None
        if self._may_be_there():
            return
        if self._phase == _WORK and self._flight is None:
            # It was us who did not ask: the loop has been held up.
            self._lost_due = ticks_add(now_ms, LOST_MS - KEEPALIVE_MS)
            self._keepalive_due = now_ms
            return
        self._lose()

    def _lose(self) -> None:
        if self.state == LOST:
            return
        self._ready = False
        self._unanswered = None
        self._event_due = None
        self._supervision_due = None
        self.counters["times_lost"] += 1
        self._change_state(LOST, "no answer")

    def _heard(self, now_ms: int) -> None:
        """A sound message has come: the reader is there."""
        self._lost_due = ticks_add(now_ms, LOST_MS)
        if self._phase == _WORK:
            self._keepalive_due = ticks_add(now_ms, KEEPALIVE_MS)

    # What comes in

    def _check_gap(self, now_ms: int) -> None:
        """Once the line has fallen quiet: ends what came before, and what waited for it."""
        if not self._intake.is_quiet(now_ms):
            return
        for message in self._intake.end_burst():
            self._on_message(message, now_ms)
        garbled = self._intake.garbled
        self._intake.forget_burst()
        if self._phase == _DRAIN:
            self._on_phase_due(now_ms)
        elif garbled and self._answer_due is not None:
            self._on_garbled(now_ms)

    def _on_garbled(self, now_ms: int) -> None:
        """Bytes came instead of the answer that was due, and then no more."""
        if self._flight in (_POLL, _SECOND_POLL):
            # The reader has sent its event and forgotten it.
            self.counters["events_lost"] += 1
            self._trouble("event_lost", "an event came damaged")
            self._flight = None
            self._answer_due = None
        else:
            self.counters["answers_garbled"] += 1
            self._end_flight(now_ms, None)

    def _on_message(self, message: Frame | TextMessage | Noise, now_ms: int) -> None:
        clean = self._intake.weigh(message)
        if isinstance(message, Noise):
            self._on_noise(message)
        elif isinstance(message, TextMessage):
            self._on_text(message, clean, now_ms)
        elif message.channel == frame.EVENT:
            self._on_event(message, clean, now_ms)
        else:
            self._on_response(message, now_ms)

    def _on_noise(self, noise: Noise) -> None:
        self.counters["noise_bytes"] += noise.length
        if noise.looks_like is not None and noise.looks_like != self._told_output:
            self._told_output = noise.looks_like
            self._trouble("wrong_output", noise.looks_like)

    def _on_response(self, response: Frame, now_ms: int) -> None:
        self.counters["frames"] += 1
        if self._flight is None or response.sequence not in self._sequences:
            self.counters["answers_late"] += 1
            self._intake.distrust()
            return
        self._spoke_direct = True
        self._line_heard = False
        self._search_index = 0
        self._heard(now_ms)
        asks_for_time = response.payload[0] == codes.STA_TIME_EXTENSION_REQUEST
        if asks_for_time and self._extensions <= _EXTENSIONS_MAX:
            self._on_extension()
        else:
            self._end_flight(now_ms, response.payload)

    def _on_extension(self) -> None:
        """The reader needs more time: grants it, up to a limit, then cancels."""
        self.counters["extensions"] += 1
        self._extensions += 1
        self._answer_due = None
        first = self._sequences[0]
        granted = self._extensions <= _EXTENSIONS_MAX
        self._send_frame(*(_EXTENSION_COMMAND if granted else _CANCEL_COMMAND))
        # Which of the two numbers the answer carries is not documented.
        self._sequences = (first, self._sequence)

    def _on_event(self, event: Frame, clean: bool, now_ms: int) -> None:
        self.counters["frames"] += 1
        polled = self._flight in (_POLL, _SECOND_POLL)
        self._heard(now_ms)
        if polled:
            self._on_poll_answered(now_ms)
        if event.cla == codes.CLA_PROTOCOL:
            self._on_ping_event(now_ms)
        elif event.cla != codes.CLA_READER or not self._is_due(polled):
            self.counters["events_other_mode"] += 1
            self._intake.distrust()
        else:
            self._on_reader_event(event, clean, now_ms)

    def _is_due(self, polled: bool) -> bool:
        """Whether an event frame may come now, in this mode."""
        events = self._settings.events
        return polled if events == EVENTS_WAKEUP else events == EVENTS_SPONTANEOUS

    def _on_reader_event(self, event: Frame, clean: bool, now_ms: int) -> None:
        self.counters["events"] += 1
        try:
            seen = tag.from_event(event.payload, event.truncated)
        except PeerError as error:
            self._on_malformed(error)
            return
        if isinstance(seen, ReaderState):
            self._on_reader_state(seen, now_ms)
        else:
            self._tell_tag(seen, clean, now_ms)

    def _on_text(self, message: TextMessage, clean: bool, now_ms: int) -> None:
        self.counters["text_messages"] += 1
        if self._settings.events != EVENTS_TEXT:
            self.counters["events_other_mode"] += 1
            return
        if message.checksum != text.VALID or not self._pin.accepts(message.rule):
            self.counters["events_lost"] += 1
            self._trouble("checksum", "a line's checksum is %s" % message.checksum)
            return
        self._heard(now_ms)
        self._line_heard = True
        if not self._spoke_direct:
            self._search_index = len(codes.BITRATES)  # it is here that it speaks
        try:
            seen = tag.from_text(message)
        except PeerError as error:
            self._on_malformed(error)
            return
        if seen is not None:
            self._tell_tag(seen, clean, now_ms)

    def _on_malformed(self, error: PeerError) -> None:
        self.counters["events_malformed"] += 1
        self._trouble("event_malformed", str(error))

    def _tell_tag(self, seen: TagRead | TagRemoved, clean: bool, now_ms: int) -> None:
        doubt = self._doubt(clean, now_ms)
        if isinstance(seen, TagRead):
            if doubt is None and seen.truncated and seen.tag_id is None:
                doubt = TRUNCATED
            self._feedback_first = True
            self._happenings.append(TagSeen(seen, doubt))
        elif doubt is None:
            # A removal that may be forged must not make a card that lies there a new one.
            self._happenings.append(TagGone(seen))

    def _doubt(self, clean: bool, now_ms: int) -> str | None:
        """Why what a message tells of a tag may not count; None if it may."""
        if self._phase == _BACKLOG:
            return STALE_EVENT
        if not self._ready and self._phase != _LISTEN:
            return NOT_READY
        if not clean:
            return SUSPECT
        if self._settings.events == EVENTS_WAKEUP:
            if ticks_diff(now_ms, self._wakeup.event_fell) > self._settings.stale_ms:
                return STALE_EVENT
        return None

    def _on_reader_state(self, seen: tag.ReaderState, now_ms: int) -> None:
        if not seen.running:
            self._trouble("reader_stopped", "the Smart Reader has stopped, cards are not read")
        elif self._phase == _WORK:
            self._trouble("reader_restarted", "the Smart Reader has started again")
            self._restart(now_ms)

    def _restart(self, now_ms: int) -> None:
        self._ready = False
        self._event_due = None
        self._supervision_due = None
        self._change_state(STARTING, "the reader has started again")
        self._enter(_PING, now_ms)

    def _change_state(self, state: str, detail: str) -> None:
        if state != self.state:
            self.state = state
            self._happenings.append(StateChanged(state, detail))

    def _trouble(self, name: str, detail: str) -> None:
        self._happenings.append(Trouble(name, detail))


def _sooner(wait_ms: int | None, due: int | None, now_ms: int) -> int | None:
    """The shorter of a wait and the one until the tick `due`, of which None never comes."""
    if due is None:
        return wait_ms
    due_ms = max(0, ticks_diff(due, now_ms))
    return due_ms if wait_ms is None else min(wait_ms, due_ms)


def _passed(due: int | None, now_ms: int) -> bool:
    return due is not None and ticks_diff(now_ms, due) >= 0
