"""Reads a POSIX time zone rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`.

The grammar is that of TZ in POSIX.1 (IEEE 1003.1, chapter 8.3): a name, how far local time is
behind UTC, and, where there is daylight saving time, its name, its offset and the two changes.
POSIX lets an implementation choose the changes where they are left out; here they must be said.
"""

HOUR_S = 3600

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"


class Zone:
    """`standard_s`, `daylight_s` (None: there is none): local time less UTC. `begins`, `ends`:
    when daylight saving time does, as (form, numbers, seconds after midnight of local time).

    Forms: "M" (month 1-12, week 1-5 with 5 the last, weekday 0 = Sunday), "J" (day 1-365, never
    29 February), "N" (day 0-365).
    """

    def __init__(self, standard_s: int, daylight_s, begins, ends):
        self.standard_s = standard_s
        self.daylight_s = daylight_s
        self.begins = begins
        self.ends = ends


def parse(text: str) -> Zone:
    """The Zone that `text` describes. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("a time zone is a text")
    scanner = _Scanner(text)
    scanner.name()
    standard_s = -scanner.seconds(24)
    if scanner.ended():
        return Zone(standard_s, None, None, None)
    scanner.name()
    # Daylight saving time is one hour ahead, unless the rule says otherwise.
    daylight_s = standard_s + HOUR_S if scanner.next_is(",") else -scanner.seconds(24)
    begins, ends = scanner.change(), scanner.change()
    if not scanner.ended():
        raise ValueError("something follows the time zone")
    return Zone(standard_s, daylight_s, begins, ends)


class _Scanner:
    """Takes a text apart from its beginning. What it does not find is a ValueError."""

    def __init__(self, text: str):
        self._text = text
        self._place = 0

    def ended(self) -> bool:
        return self._place == len(self._text)

    def next_is(self, characters: str) -> bool:
        return not self.ended() and self._text[self._place] in characters

    def name(self) -> None:
        """Three letters or more; between < and >, digits and signs too."""
        quoted = self._passed("<")
        name = self._while(_LETTERS + _DIGITS + "+-" if quoted else _LETTERS)
        if len(name) < 3 or quoted and not self._passed(">"):
            raise ValueError("a time zone's name has at least three letters")

    def seconds(self, most_hours: int) -> int:
        """[+-]hh[:mm[:ss]] in seconds."""
        sign = -1 if self._passed("-") else 1
        if sign == 1:
            self._passed("+")
        total = HOUR_S * self._number(0, most_hours)
        if self._passed(":"):
            total += 60 * self._number(0, 59)
            if self._passed(":"):
                total += self._number(0, 59)
        return sign * total

    def change(self) -> tuple:
        """`,` and a day with an optional `/` and time: 02:00:00 if there is none."""
        self._expect(",")
        form, numbers = self._day()
        # Up to a week away, as RFC 9636 allows.
        return form, numbers, self.seconds(167) if self._passed("/") else 2 * HOUR_S

    def _day(self) -> tuple:
        if self._passed("J"):
            return "J", (self._number(1, 365),)
        if not self._passed("M"):
            return "N", (self._number(0, 365),)
        month = self._number(1, 12)
        self._expect(".")
        week = self._number(1, 5)
        self._expect(".")
        return "M", (month, week, self._number(0, 6))

    def _number(self, lowest: int, highest: int) -> int:
        digits = self._while(_DIGITS)
        if not 1 <= len(digits) <= 3 or not lowest <= int(digits) <= highest:
            raise ValueError("a number from %d to %d is missing" % (lowest, highest))
        return int(digits)

    def _while(self, characters: str) -> str:
        begin = self._place
        while self.next_is(characters):
            self._place += 1
        return self._text[begin : self._place]

    def _passed(self, character: str) -> bool:
        found = self.next_is(character)
        self._place += found
        return found

    def _expect(self, character: str) -> None:
        if not self._passed(character):
            raise ValueError("%s is missing" % character)
