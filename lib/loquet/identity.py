"""Which card it is: technology, length and bytes, folded into one key that lists compare.

A key is 11 bytes: a head, whose high half is the key space and whose low half the length of the
id, then the id, left aligned, zeros after it. Two credentials are the same only if their keys
are: a 4-byte UID never equals the start of a 7-byte one, and the bytes of one technology never
equal those of another, for anybody can make an NFC-B card that answers with any four bytes.

    space 1..7    the UID of one of UID_PROTOCOLS on 13.56 MHz, as the reader reports it
    space 8..C    what template 0..4 read from a 13.56 MHz tag
    space F       anything else: an id of more than 10 bytes, another interface or protocol. The id
                  is then a digest, over the bytes and over where they come from

So template 1, which reads a text that any phone can write, cannot imitate template 2, which
authenticates first; and neither can imitate a UID. Texts of people are read by notation.py.
"""

import hashlib

from springcore.codes import name_of, protocols_of

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


KEY_BYTES = const(11)
LONGEST_ID = const(10)

# What a reader's settings may name as its credential.
UID = "uid"
DATA = "data"
CREDENTIALS = (UID, DATA)

HF = const(0x03)  # the interface of 13.56 MHz (protocol.md 8)

# Protocols whose UIDs stand in a key as they are: NFC-A, NFC-B, NFC-F, NFC-V, Inside-Pico,
# ST-SR, NFC-T1T. The place in this table is part of the keys on flash, so no row ever moves.
UID_PROTOCOLS = (0x01, 0x02, 0x03, 0x04, 0x10, 0x20, 0x11)

_FIRST_UID_SPACE = const(0x1)
_FIRST_TEMPLATE_SPACE = const(0x8)
_LAST_TEMPLATE_SPACE = const(0xC)
_DIGEST_SPACE = const(0xF)

# ISO/IEC 14443-3: a single-size UID that begins with 08 is drawn anew in every field.
_NFC_A_OF_4_BYTES = const(0x14)
_RANDOM = const(0x08)

_HEX_DIGITS = b"0123456789ABCDEFabcdef"


def uid_key(tag_id: bytes, interface, protocol) -> bytes:
    """The key of a UID. `interface` and `protocol` are codes, or text or None as tag.py has it."""
    if interface == HF and protocol in UID_PROTOCOLS and len(tag_id) <= LONGEST_ID:
        return _plain(_FIRST_UID_SPACE + UID_PROTOCOLS.index(protocol), tag_id)
    return _digest(UID, interface, protocol, tag_id)


def data_key(data: bytes, interface, template: int) -> bytes:
    """The key of what `template` read from a tag on `interface`."""
    space = _FIRST_TEMPLATE_SPACE + template
    if interface == HF and space <= _LAST_TEMPLATE_SPACE and len(data) <= LONGEST_ID:
        return _plain(space, data)
    return _digest(DATA, interface, template, data)


def credential_key(tag, credential: str, template) -> bytes | None:
    """The key that a TagRead presents at a reader with these settings; None if it presents none.

    A tag whose data another template read presents none. Truncated data presents none, because
    tag.py leaves it out.
    """
    if credential == UID:
        return uid_key(tag.tag_id, tag.interface, tag.protocol) if tag.tag_id else None
    if tag.template != template or not tag.tag_data:
        return None
    return data_key(data_bytes(tag.tag_data, tag.data_is_text), tag.interface, template)


def data_bytes(data: bytes, is_text) -> bytes:
    """TagData by one rule for every message: `is_text` is True, False, or None for a $SCRDR line.

    A line does not say whether its characters are hex of raw data or a text, so what could be
    hex is taken for it, in an event's text too: the same card has the same key in every mode.
    """
    if is_text is False or len(data) % 2 or not all(byte in _HEX_DIGITS for byte in data):
        return bytes(data)
    return bytes.fromhex(data.decode())


def is_random(key: bytes) -> bool:
    """Whether this UID says of itself that it changes at every presentation (NFC-A, 4 bytes, 08).

    NFC-B has no such mark: a PUPI may be random, and nothing tells.
    """
    return key[0] == _NFC_A_OF_4_BYTES and key[1] == _RANDOM


def is_key(data: bytes) -> bool:
    """Whether these bytes are a key that some credential could have."""
    if len(data) != KEY_BYTES:
        return False
    technology, length = technology_of(data), data[0] & 0x0F
    shortest = LONGEST_ID if technology == "digest" else 1
    fits = technology is not None and shortest <= length <= LONGEST_ID
    return fits and not any(data[1 + length :])


def id_of(key: bytes) -> bytes | None:
    """The id as the reader reported it; None where the key holds only its digest."""
    if key[0] >> 4 == _DIGEST_SPACE:
        return None
    return bytes(key[1 : 1 + (key[0] & 0x0F)])


def technology_of(key: bytes) -> str | None:
    """The key space by name: "NFC-A", "template-1", "digest"; None for one that is not used."""
    space = key[0] >> 4
    if space == _DIGEST_SPACE:
        return "digest"
    if _FIRST_TEMPLATE_SPACE <= space <= _LAST_TEMPLATE_SPACE:
        return "template-%d" % (space - _FIRST_TEMPLATE_SPACE)
    if _FIRST_UID_SPACE <= space < _FIRST_UID_SPACE + len(UID_PROTOCOLS):
        return name_of(protocols_of(HF), UID_PROTOCOLS[space - _FIRST_UID_SPACE])
    return None


def _plain(space: int, identifier: bytes) -> bytes:
    head = bytes((space << 4 | len(identifier),))
    return head + identifier + bytes(LONGEST_ID - len(identifier))


def _digest(credential: str, interface, origin, identifier: bytes) -> bytes:
    # 80 bits: with 20,000 cards listed, a match takes 2**65 attempts at making an id.
    label = "%s %s %s " % (credential, interface, origin)
    return _plain(_DIGEST_SPACE, _sha256(label.encode() + identifier)[:LONGEST_ID])


def _sha256(data: bytes) -> bytes:
    if hasattr(hashlib, "sha256"):
        return hashlib.sha256(data).digest()
    return hashlib.new("sha256", data).digest()  # type: ignore[attr-defined]  # CircuitPython
