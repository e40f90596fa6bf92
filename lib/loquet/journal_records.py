"""One record of the event log: 32 bytes, and the names of what can stand in it.

    sequence u32 | time u32 | boot u16 | clock u8 | kind u8 | door u8 | reader u8 | reason u8
    | count u16 | card 11 bytes | CRC-32 of all before it

Little-endian. Numbers in the tables are on flash for years: they are never used a second time.
"""

import struct

from loquet import access, clock, posture
from loquet.errors import UsageError
from loquet.records import is_sound, seal

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


RECORD_BYTES = const(32)
CARD_BYTES = const(11)
NOBODY = const(255)  # the door or reader of an event that has none
LARGEST_COUNT = const(0xFFFF)

# What the journal itself writes.
GAP = "gap"
OVERWRITTEN = "overwritten"
NEARLY_FULL = "nearly_full"
NEARLY_FULL_OVER = "nearly_full_over"
STORAGE_DAMAGED = "storage_damaged"

KINDS = (
    (1, GAP),  # `count` events at most are missing before this one; the reason says why
    (2, OVERWRITTEN),  # the oldest `count` numbers went before the slowest reader had them
    (3, NEARLY_FULL),  # 80 % of the log is unread
    (4, NEARLY_FULL_OVER),  # the log has been read
    (5, STORAGE_DAMAGED),  # `count` damaged files were found at the start
    (6, "storage_failed"),  # what had to be written to flash could not be; told once until it can
    (10, "power_up"),  # the panel started; the reason says after what
    (11, "restart_wanted"),  # the panel stops or restarts because somebody asked for it
    (12, "panel_error"),  # the panel stopped at an error and restarts
    (13, "fire"),  # the fire input is active: the door raises no alarms
    (14, "fire_over"),  # the fire input is at rest again
    (20, "access_granted"),  # the card may pass
    (21, "access_denied"),  # the card may not pass; the reason says why
    (22, "exit_requested"),  # somebody asked to leave; the door was released if the reason is rex
    (23, "door_commanded"),  # the door was released by a command
    (24, "not_entered"),  # the door was released and not opened
    (30, "door_opened"),  # the contact opened after a release
    (31, "door_closed"),  # the contact closed
    (32, "door_forced"),  # the contact opened without a release
    (33, "door_held"),  # the door stands open for too long
    (34, "door_mode_changed"),  # locked down, unlocked or back to normal, as the reason says
    (35, "door_forced_over"),  # the door that was forced is in order again
    (36, "door_held_soon"),  # the door stands open and will soon for too long
    (37, "door_held_over"),  # the door that stood open for too long does no more
    (38, "door_failed"),  # the door does not work: it is at rest until the panel restarts
    (40, "reader_lost"),  # the reader does not answer
    (41, "reader_found"),  # the reader answers again
    (42, "reader_changed"),  # another reader answers than the settings name
    (43, "reader_deaf"),  # the reader answers, but its events do not arrive
    (44, "reader_unsupervised"),  # the reader works, but a broken wire would not be noticed
    (45, "reader_stopped"),  # the reader says that it reads no cards any more
    (46, "reader_restarted"),  # the reader says that it reads cards again
    (47, "reader_stuck"),  # /WAKEUP stays low, or falls again and again, though no event comes
    (48, "reader_unstuck"),  # /WAKEUP is as it should be again
    (50, "card_added"),  # a card was added to the list
    (51, "card_changed"),  # a card's rights were changed
    (52, "card_revoked"),  # a card was taken from the list
    (53, "list_replaced"),  # the whole card list was replaced
    (54, "list_rolled_back"),  # the card list before this one came back
    (55, "list_unusable"),  # a file of the card list is missing or damaged: who is in it is denied
    (56, "list_damaged"),  # `count` blocks of the card list are damaged: their cards are denied
    (60, "settings_changed"),  # new settings are in use
    (61, "settings_fell_back"),  # the settings did not start the panel: the last good ones did
    (62, "clock_set"),  # the clock was set; `time` is the new one
    (63, "clock_stepped"),  # the clock went forward by `count` seconds, or by more; `time` is new
    (64, "clock_stepped_back"),  # the clock went back by `count` seconds, or by more; `time` is new
)

# Why records are missing; beside the reasons of access.py.
RESTART = "restart"
RAM_FULL = "ram_full"
STATE_DAMAGED = "state_damaged"

REASONS = (
    (1, access.GRANTED),
    (2, access.UNKNOWN_CARD),
    (3, access.REPEAT),
    (4, access.STALE_EVENT),
    (5, access.SUSPECT),
    (6, access.TRUNCATED),
    (7, access.NOT_READY),
    (8, access.DISABLED),
    (9, access.USES_EXHAUSTED),
    (10, access.CLOCK),
    (11, access.STORAGE),
    (12, access.DOOR_FAILED),
    (13, access.LOCKDOWN),
    (14, access.WRONG_GROUP),
    (15, access.NOT_YET_VALID),
    (16, access.EXPIRED),
    (17, access.OUTSIDE_SCHEDULE),
    (18, access.ANTI_PASSBACK),
    (19, access.RANDOM_UID),
    (20, access.REX),
    (100, posture.NORMAL),
    (101, posture.UNLOCKED),
    (110, "power"),
    (111, "watchdog"),
    (112, "software"),
    (200, RESTART),
    (201, RAM_FULL),
    (202, STATE_DAMAGED),
)

# How far the time of a record may be believed.
CLOCK_UNKNOWN = clock.UNKNOWN
CLOCKS = ((0, CLOCK_UNKNOWN), (1, clock.FREE_RUNNING), (2, clock.SYNCHRONISED))

_LAYOUT = "<IIHBBBBBH11s"
_NO_CARD = bytes(CARD_BYTES)


class Record:
    """One event. `kind`, `clock` and `reason` (or None) are names of the tables.

    `time` counts seconds since 1970 and means nothing while `clock` is unknown. `door` and
    `reader` are places in the settings' lists, or NOBODY. `card` is 11 bytes or None.
    """

    def __init__(self, sequence, kind, time=0, clock=CLOCK_UNKNOWN, boot=0):
        self.sequence = sequence
        self.kind = kind
        self.time = time
        self.clock = clock
        self.boot = boot
        self.door = NOBODY
        self.reader = NOBODY
        self.reason = None
        self.card = None
        self.count = 0

    def pack_into(self, place: memoryview) -> None:
        """Writes the record into the 32 bytes of `place`. Raises UsageError for a wrong name."""
        if self.card is not None and len(self.card) != CARD_BYTES:
            raise UsageError("a card in the log has 11 bytes, not %d" % len(self.card))
        struct.pack_into(
            _LAYOUT,
            place,
            0,
            self.sequence,
            self.time,
            self.boot & 0xFFFF,
            _number(CLOCKS, self.clock),
            _number(KINDS, self.kind),
            self.door,
            self.reader,
            0 if self.reason is None else _number(REASONS, self.reason),
            min(self.count, LARGEST_COUNT),
            self.card or _NO_CARD,
        )
        seal(place)


def unpack(place) -> Record | None:
    """The record in the 32 bytes of `place`; None if they are damaged."""
    if not is_sound(place):
        return None
    fields = struct.unpack_from(_LAYOUT, place, 0)
    record = Record(
        fields[0], _name(KINDS, fields[4]), fields[1], _name(CLOCKS, fields[3]), fields[2]
    )
    record.door, record.reader = fields[5], fields[6]
    record.reason = _name(REASONS, fields[7]) if fields[7] else None
    record.count = fields[8]
    record.card = None if fields[9] == _NO_CARD else fields[9]
    return record


def sequence_of(place) -> int:
    """The sequence number in the 32 bytes of `place`, sound or not."""
    return int.from_bytes(place[:4], "little")


def select(places, cursor: int, end: int, limit: int):
    """Up to `limit` sound records out of `places` with numbers from `cursor` to before `end`.

    Returns (list of Record, number after the last one looked at).
    """
    found: list[Record] = []
    for place in places:
        if cursor <= sequence_of(place) < end:
            record = unpack(place)
            if record is not None:
                found.append(record)
                if len(found) == limit:
                    return found, record.sequence + 1
    return found, end


def _number(table, name: str) -> int:
    for row in table:
        if row[1] == name:
            return row[0]
    raise UsageError("the log knows no name %r" % name)


def _name(table, number: int) -> str:
    for row in table:
        if row[0] == number:
            return row[1]
    # Written by a newer version: a log is read for years.
    return "number_%d" % number
