"""One card as the list knows it, and how it stands in a file.

A card's value is 13 bytes, little endian: group bits 4, flags 1, uses 2, from 3, until 3. The
first seven, its profile, are the same for many cards: a list keeps each profile once.
"""

from loquet.errors import CardError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


KEY_BYTES = const(11)
PROFILE_BYTES = const(7)
VALUE_BYTES = const(13)

# Minutes since 2020-01-01 00:00 UTC in 24 bits; the last one, in November 2051, means never.
NEVER_ENDS = const(0xFFFFFF)
MOST_USES = const(0xFFFE)
_UNLIMITED = const(0xFFFF)

_ENABLED = const(0x01)
_EXTENDED = const(0x02)
_UNLOCK_FIRST = const(0x04)
_PASS_LOCKDOWN = const(0x08)
_REVOKED = const(0x80)

_FLAGS_AT = const(4)
_USES_AT = const(5)

# In place of a card that was revoked: kept while a list that still has the card may come back.
TOMBSTONE = b"\x00\x00\x00\x00\x80\xff\xff" + b"\x00\x00\x00\xff\xff\xff"


class Card:
    """A credential and what it may do.

    `key`: 11 bytes, from identity.py. `groups`: bit n set, member of group n (0 to 31).
    `from_minute`, `until_minute`: minutes since 2020-01-01 UTC; valid from the first and up to
    but not including the second; 0 and NEVER_ENDS for always. `uses_left`: None if unlimited.
    `enabled` False: known, and denied. `extended`: the door stays released longer.
    `unlock_first`: may put a door into its unlocked period. `pass_lockdown`: opens in a lockdown.
    """

    def __init__(
        self,
        key: bytes,
        groups: int = 0,
        from_minute: int = 0,
        until_minute: int = NEVER_ENDS,
        uses_left: int | None = None,
        enabled: bool = True,
        extended: bool = False,
        unlock_first: bool = False,
        pass_lockdown: bool = False,
    ):
        self.key = key
        self.groups = groups
        self.from_minute = from_minute
        self.until_minute = until_minute
        self.uses_left = uses_left
        self.enabled = enabled
        self.extended = extended
        self.unlock_first = unlock_first
        self.pass_lockdown = pass_lockdown


def pack(card: Card) -> bytes:
    """The card's value, 13 bytes. CardError names the field that does not fit."""
    check_key(card.key)
    uses = _UNLIMITED if card.uses_left is None else _checked("uses_left", card, MOST_USES)
    flags = (
        _ENABLED * bool(card.enabled)
        | _EXTENDED * bool(card.extended)
        | _UNLOCK_FIRST * bool(card.unlock_first)
        | _PASS_LOCKDOWN * bool(card.pass_lockdown)
    )
    return (
        _checked("groups", card, 0xFFFFFFFF).to_bytes(4, "little")
        + bytes([flags])
        + uses.to_bytes(2, "little")
        + _checked("from_minute", card, NEVER_ENDS).to_bytes(3, "little")
        + _checked("until_minute", card, NEVER_ENDS).to_bytes(3, "little")
    )


def unpack(key: bytes, value: bytes, used: int) -> Card:
    """The card with this value (13 bytes), `used` of whose uses are gone."""
    flags = value[_FLAGS_AT]
    uses = uses_of(value)
    return Card(
        key,
        int.from_bytes(value[:_FLAGS_AT], "little"),
        int.from_bytes(value[7:10], "little"),
        int.from_bytes(value[10:13], "little"),
        None if uses is None else max(0, uses - used),
        bool(flags & _ENABLED),
        bool(flags & _EXTENDED),
        bool(flags & _UNLOCK_FIRST),
        bool(flags & _PASS_LOCKDOWN),
    )


def check_key(key) -> None:
    """CardError unless `key` may stand in a list."""
    # FF fills what is left of a list's last block, so no key starts with it.
    if len(key) != KEY_BYTES or key[0] == 0xFF:
        raise CardError("card key %s: allowed are 11 bytes, the first below FF" % bytes(key).hex())


def is_live(value) -> bool:
    """Whether `value` (or None) is a card's and no tombstone."""
    return value is not None and not value[_FLAGS_AT] & _REVOKED


def uses_of(value) -> int | None:
    """How many uses a card has in all; None if that is not limited."""
    uses = value[_USES_AT] | value[_USES_AT + 1] << 8
    return None if uses == _UNLIMITED else uses


def _checked(field: str, card: Card, most: int) -> int:
    number = getattr(card, field)
    if not isinstance(number, int) or not 0 <= number <= most:
        raise CardError(
            "card %s: %s is %s; allowed: 0 to %d" % (card.key.hex(), field, number, most)
        )
    return number


def lower_bound(table, row_bytes: int, rows: int, key: bytes) -> int:
    """Of `rows` rows that start with their key, in order: the first that is not below `key`."""
    low = 0
    while low < rows:
        middle = (low + rows) // 2
        at = middle * row_bytes
        if table[at : at + KEY_BYTES] < key:
            low = middle + 1
        else:
            rows = middle
    return low
