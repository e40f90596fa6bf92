"""Which posture of a door is in effect: normal, unlocked or lockdown.

The settings say it, a person's command overrides them until it is taken back or the panel restarts,
and a schedule unlocks only by a clock that may be believed (clock.TRUST). Nothing here reaches a
relay: the panel asks again in every pass and tells the door, so a panel that stops holds nothing.
"""

from loquet import clock
from loquet.errors import UsageError

NORMAL = "normal"
UNLOCKED = "unlocked"
LOCKDOWN = "lockdown"
POSTURES = (NORMAL, UNLOCKED, LOCKDOWN)

SCHEDULE = "schedule"  # in the settings: unlocked by `unlock_schedule`, else normal


class Posture:
    """`rules`: the Group of the settings' DOOR."""

    def __init__(self, rules):
        self._rules = rules
        self._commanded = None
        self._first_seen = False  # the first card of the period that lasts

    def command(self, posture) -> None:
        """`posture` is one of POSTURES, or None: what the settings say. Raises UsageError."""
        if posture is not None and posture not in POSTURES:
            raise UsageError("there is no posture %r" % (posture,))
        self._commanded = posture
        # A period that went on behind a command waits for its first card anew: that nobody
        # commands any more is no reason to unlock.
        self._first_seen = False

    def in_effect(self, moment, calendar, use_free_running: bool) -> str:
        """One of POSTURES. `moment` from the Clock; to be asked at least once a minute.

        `use_free_running`: do the settings believe a clock that was told long ago?
        """
        if self._wanted != SCHEDULE:
            return self._wanted
        if not self._is_time(clock.SCHEDULED_UNLOCK, moment, calendar, use_free_running):
            self._first_seen = False
            return NORMAL
        return NORMAL if self._rules.first_card and not self._first_seen else UNLOCKED

    def first_card(self, moment, calendar, use_free_running: bool) -> None:
        """A card with `unlock_first` was granted: begins the period, if this is within one.

        A granted card counts only where the schedule does: not while a command overrides it.
        """
        if self._wanted == SCHEDULE:
            self._first_seen = self._is_time(clock.FIRST_CARD, moment, calendar, use_free_running)

    @property
    def _wanted(self) -> str:
        return self._commanded or self._rules.posture

    def _is_time(self, feature: str, moment, calendar, use_free_running: bool) -> bool:
        if not clock.trusted(feature, moment.quality, use_free_running):
            return False
        return calendar.is_open(self._rules.unlock_schedule, moment.seconds)
