"""The template engine: what registers 030x to 037x make of a card (protocol.md 9.5). ID Only.

Where a card has `data` of its own, that stands for what a template would have read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.registers import Template

# 9.5, ID Only: which protocols of interface 03 an LKL takes. FF takes all of them.
LOOKUP_ALL = 0xFF
LOOKUP = {
    0x01: (0x01,),
    0x02: (0x02,),
    0x03: (0x01, 0x02),
    0x04: (0x04,),
    0x07: (0x01, 0x02, 0x04),
    0x08: (0x03,),
    0x0F: (0x01, 0x02, 0x03, 0x04),
    0x20: (0x18,),
    0x21: (0x11,),
    0x22: (0x20,),
    0x23: (0x40,),
    0x24: (0x10,),
    0x28: (0x03,),
    0x2A: (0x10,),
    0x2C: (0x80,),
}

# 9.5, TOF byte 0: bit 4, bits 3-0
ALL_PROTOCOL_BYTES = 0x10
RAW_BYTES = {1: 4, 2: 8, 3: 5, 4: 10, 5: 7, 6: 11, 8: 16, 9: 20, 0xA: 24, 0xB: 32}
DECIMAL_DIGITS = {0x0: 10, 0xC: 12, 0xD: 13, 0xE: 0}  # 0 = as many as there are


@dataclass(frozen=True)
class Reading:
    """A card as the Smart Reader hands it on. `template` 0 = templates disabled."""

    card: Card
    template: int = 0
    data: bytes | None = None
    data_is_text: bool = False
    prefix: str = ""


def reading_of(card: Card, templates: Sequence[Template]) -> Reading | None:
    """What the first template that takes the card makes of it; None when none does."""
    if not templates:
        return Reading(card, data=card.data, data_is_text=card.data_is_text)
    for template in templates:
        if takes(template, card):
            return _through(template, card)
    return None


def takes(template: Template, card: Card) -> bool:
    """Whether the template is of this card's interface, and its LKL takes the protocol."""
    if card.interface != template.interface:
        return False
    if template.lookup == LOOKUP_ALL:
        return True
    # The other values of LKL are documented for 13.56 MHz only.
    return card.interface == 0x03 and card.protocol in LOOKUP.get(template.lookup, ())


def _through(template: Template, card: Card) -> Reading:
    if card.data is not None:
        data, is_text = card.data, card.data_is_text
    else:
        data, is_text = formatted(_identifier(template, card), template.output[0], card.protocol)
    return Reading(card, template.number, data, is_text, template.prefix)


def _identifier(template: Template, card: Card) -> bytes:
    whole = card.uid
    if template.output[0] & ALL_PROTOCOL_BYTES and card.protocol_bytes is not None:
        whole = card.protocol_bytes
    return shifted(whole, template.location)


def shifted(identifier: bytes, location: bytes) -> bytes:
    """What is left when LOC's first byte of bytes and second byte of bits are cut off in front."""
    skipped_bytes, skipped_bits = (location + bytes(2))[:2]
    rest = identifier[skipped_bytes:]
    bits = max(len(rest) * 8 - skipped_bits, 0)
    number = int.from_bytes(rest, "big") & ((1 << bits) - 1)
    return number.to_bytes((bits + 7) // 8, "big")


def formatted(uid: bytes, output: int, protocol: int) -> tuple[bytes, bool]:
    """The uid in the form of TOF byte 0, and whether that is text (decimal digits are)."""
    swap = output >> 6
    if swap == 3 or (swap == 2 and len(uid) == 4 and protocol == 0x01):
        uid = uid[::-1]
    form = output & 0x0F
    if form in DECIMAL_DIGITS:
        return _decimal(uid, DECIMAL_DIGITS[form]).encode("ascii"), True
    length = RAW_BYTES.get(form, len(uid))
    if output & 0x20:
        return uid[:length].ljust(length, b"\xff"), False
    return uid[:length].rjust(length, b"\x00"), False


def _decimal(uid: bytes, digits: int) -> str:
    if digits == 10:
        uid = uid[:4]  # 9.5: the ten digits are cut to 4 bytes
    number = int.from_bytes(uid, "big")
    return str(number % 10**digits).zfill(digits) if digits else str(number)
