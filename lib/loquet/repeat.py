"""Which cards at one reader have not been away since they were last seen.

A reader that reports a card again and again while it lies there must not open the door again and
again. A card counts as still there until it has not been seen for `repeat_ms`, or until the
reader says that it has gone.
"""

from springcore.ticks import ticks_diff

# A wallet holds several cards, which the reader reports in turn. More than these at once push
# out the one that was seen longest ago.
MOST_CARDS = 8


class RepeatFilter:
    """The cards seen at one reader within the last `repeat_ms`."""

    def __init__(self, repeat_ms: int):
        self._repeat_ms = repeat_ms
        # (card id, tag index or None, tick when last seen, times seen), the longest ago first.
        self._cards: list = []

    def seen(self, card_id: bytes, tag_index, now_ms: int) -> int:
        """Notes that the card is there now; how often it was seen before, since it came."""
        times = 0
        others = []
        for card in self._cards:
            if card[0] == card_id:
                times = card[3] if self._is_there(card, now_ms) else 0
            else:
                others.append(card)
        self._cards = others[-(MOST_CARDS - 1) :]
        self._cards.append((card_id, tag_index, now_ms, times + 1))
        return times

    def removed(self, card_id, tag_index) -> None:
        """Forgets the card that has gone, by its id or, where the reader gave none, its index."""
        if card_id is not None:
            self._cards = [card for card in self._cards if card[0] != card_id]
        elif tag_index is not None:
            self._cards = [card for card in self._cards if card[1] != tag_index]

    def advance(self, now_ms: int) -> None:
        """Forgets what is too old. To be called at least every hour: ticks wrap."""
        self._cards = [card for card in self._cards if self._is_there(card, now_ms)]

    def _is_there(self, card: tuple, now_ms: int) -> bool:
        return ticks_diff(now_ms, card[2]) < self._repeat_ms
