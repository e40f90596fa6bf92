"""Who may pass: one pure function that denies unless everything speaks for it.

The reasons are stable: logs, the reader's feedback and the tools rely on them. A doubt is a
reason in itself (`not_ready`, `stale_event`, `suspect`, `truncated`).
"""

GRANTED = "granted"
UNKNOWN_CARD = "unknown_card"
REPEAT = "repeat"
STALE_EVENT = "stale_event"
SUSPECT = "suspect"
TRUNCATED = "truncated"
NOT_READY = "not_ready"


class Decision:
    """`granted` is True or False; `reason` is one of this module's reasons, never empty."""

    def __init__(self, granted: bool, reason: str):
        self.granted = granted
        self.reason = reason


def decide(card_id, doubt, repeat: bool, cards) -> Decision:
    """May the card with `card_id` (bytes, or None when the reader gave none) pass?

    `doubt` is why the event may not be believed, or None. `repeat` says that the card has not
    been away since it was last dealt with. `cards` are the ids that may pass; they are compared
    byte for byte, length included, so a short id is never taken for the start of a longer one.
    """
    if doubt is not None:
        return Decision(False, doubt)
    if repeat:
        return Decision(False, REPEAT)
    if card_id in cards:
        return Decision(True, GRANTED)
    return Decision(False, UNKNOWN_CARD)
