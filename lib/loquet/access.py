"""Who may pass: one pure function that denies unless everything speaks for it.

The reasons are stable: logs, the reader's feedback and the tools rely on them. A doubt is a
reason in itself (`not_ready`, `stale_event`, `suspect`, `truncated`).

Dates are kept on flash and cannot be judged before the panel has a clock that may be believed:
until then a card that has any is denied (`clock`). Groups, which will mean schedules, are not
looked at yet.
"""

from loquet.card import NEVER_ENDS

GRANTED = "granted"
UNKNOWN_CARD = "unknown_card"
REPEAT = "repeat"
STALE_EVENT = "stale_event"
SUSPECT = "suspect"
TRUNCATED = "truncated"
NOT_READY = "not_ready"
DISABLED = "disabled"
USES_EXHAUSTED = "uses_exhausted"
CLOCK = "clock"
STORAGE = "storage"


class Decision:
    """`granted` is True or False; `reason` is one of this module's reasons, never empty."""

    def __init__(self, granted: bool, reason: str):
        self.granted = granted
        self.reason = reason


def decide(card, doubt, repeat: bool) -> Decision:
    """May `card` (a Card, or None for one that is not in the list) pass?

    `doubt` is why the event, or what is known of the card, may not be believed, or None. `repeat`
    says that the card has not been away since it was last dealt with.
    """
    if doubt is not None:
        return Decision(False, doubt)
    if repeat:
        return Decision(False, REPEAT)
    if card is None:
        return Decision(False, UNKNOWN_CARD)
    if not card.enabled:
        return Decision(False, DISABLED)
    if card.from_minute != 0 or card.until_minute != NEVER_ENDS:
        return Decision(False, CLOCK)
    if card.uses_left == 0:
        return Decision(False, USES_EXHAUSTED)
    return Decision(True, GRANTED)
