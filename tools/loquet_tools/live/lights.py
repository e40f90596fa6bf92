"""What the virtual reader's light and buzzer do when it plays a sequence. No input or output.

What a sequence looks and sounds like depends on the product and its theme (protocol.md 3.3): this
is a choice of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from springcore import codes

DARK = "dark"
WHITE, BLUE, GREEN, RED = "white", "blue", "green", "red"


@dataclass(frozen=True)
class Look:
    """A light for `lasts_ms`, None = until the next; it blinks if `blink_ms` says how fast.

    `beeps`: from when to when the buzzer sounds, in ms since the beginning.
    """

    light: str
    lasts_ms: int | None
    blink_ms: int = 0
    sound: str = ""
    beeps: tuple[tuple[int, int], ...] = ()


NO_LIGHT = Look(DARK, None)

# The sequences that the reader plays here: by itself as it starts, and as the panel asks.
LOOKS = {
    0x06: Look(WHITE, 400),  # startup
    0x20: NO_LIGHT,  # NFC inactive
    0x21: Look(BLUE, None),  # NFC active
    0x22: Look(WHITE, 200),  # reading
    0x23: Look(WHITE, 200, sound="one beep", beeps=((0, 100),)),  # read success
    codes.SEQ_ACCESS_GRANTED: Look(GREEN, 2000, 0, "one long beep", ((0, 500),)),
    codes.SEQ_ACCESS_DENIED: Look(
        RED, 2000, 400, "three beeps", ((0, 120), (240, 360), (480, 600))
    ),
}

# As long as a sequence is named that has no look here.
UNKNOWN = Look(WHITE, 1000)


@dataclass(frozen=True)
class Shown:
    """What is seen and heard of a reader at one moment, and in words for the whole sequence.

    `sound_words` are empty if there is nothing to hear.
    """

    light: str
    is_lit: bool
    is_beeping: bool
    light_words: str
    sound_words: str


class Lights:
    """Is told of the sequences; says what the reader shows. Times are in ms."""

    def __init__(self) -> None:
        self.go_out()

    def go_out(self) -> None:
        """The reader has no power, or starts anew."""
        self._rest = NO_LIGHT
        self._now = NO_LIGHT
        self._since_ms = 0

    def plays(self, number: int, now_ms: int) -> None:
        """The reader begins a sequence."""
        self._now, self._since_ms = LOOKS.get(number, UNKNOWN), now_ms
        if self._now.lasts_ms is None:
            self._rest = self._now

    def shown(self, now_ms: int) -> Shown:
        """What there is to see and hear now."""
        look, since_ms = self._now, now_ms - self._since_ms
        if look.lasts_ms is not None and since_ms >= look.lasts_ms:
            look = self._rest
        is_lit = look.light != DARK and (
            not look.blink_ms or since_ms % look.blink_ms < _half(look)
        )
        is_beeping = any(begin <= since_ms < end for begin, end in look.beeps)
        return Shown(look.light, is_lit, is_beeping, _light_words(look), look.sound)


def _half(look: Look) -> float:
    return look.blink_ms / 2


def _light_words(look: Look) -> str:
    if look.light == DARK:
        return "no light"
    return f"{look.light}, blinking" if look.blink_ms else f"{look.light} light"
