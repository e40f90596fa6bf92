"""Notices a card list whose ids are written last byte first. It reports; it changes nothing.

Readers and the software around them disagree on which end of a UID comes first, and a list in the
other order opens no door. Some technologies say what a UID begins with; a list whose ids mostly
end like that, and do not begin like that, is the wrong way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loquet import identity

# Makers of NFC-A chips, ISO/IEC 7816-6: ST, NXP, Infineon, Texas Instruments, EM, Fudan. An id
# of 7 or 10 bytes begins with its maker.
MAKERS = bytes([0x02, 0x04, 0x05, 0x07, 0x16, 0x1D])
# ISO/IEC 14443-3: a fixed id of 4 bytes that is not unique begins with xF. Older chips begin with
# anything, so a list of those tells nothing.
NOT_UNIQUE = bytes(range(0x0F, 0x100, 0x10))

# What a UID begins with, by the head of its key (technology and length).
FIRST_BYTES = {
    0x14: NOT_UNIQUE,
    0x17: MAKERS,
    0x1A: MAKERS,
    0x48: b"\xe0",  # NFC-V, ISO/IEC 15693-3
    0x68: b"\xd0",  # ST-SR
}

# One byte in 16 looks right by chance: fewer ids at the wrong end than these prove nothing.
FEWEST = 3


@dataclass(frozen=True)
class Reversed:
    """`backward` of the `total` ids of this technology and length look written last byte first."""

    technology: str
    id_bytes: int
    backward: int
    total: int

    def __str__(self) -> str:
        return (
            f"{self.backward} of {self.total} {self.technology} ids of {self.id_bytes} bytes end "
            "as such ids begin: they look written last byte first (notation hex_reversed)"
        )


def find_reversed(keys: Iterable[bytes]) -> list[Reversed]:
    """One Reversed for each technology and length of which most ids look backward."""
    totals = dict.fromkeys(FIRST_BYTES, 0)
    backward = dict.fromkeys(FIRST_BYTES, 0)
    samples: dict[int, bytes] = {}
    for key in keys:
        if key[0] in FIRST_BYTES:
            totals[key[0]] += 1
            backward[key[0]] += _looks_backward(key)
            samples[key[0]] = key
    return [
        Reversed(str(identity.technology_of(samples[head])), head & 0x0F, count, totals[head])
        for head, count in backward.items()
        if count >= FEWEST and 2 * count > totals[head]
    ]


def _looks_backward(key: bytes) -> bool:
    identifier = identity.id_of(key) or b""
    first_bytes = FIRST_BYTES[key[0]]
    return identifier[-1] in first_bytes and identifier[0] not in first_bytes
