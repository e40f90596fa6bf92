"""Cards as people write them: read into keys, and keys written back.

    hex         0478A1C3, 04:78:a1:c3, 04-78-A1-C3, 04 78 A1 C3    1 byte and more
    dec8        07905731                                            3 bytes, as one number
    dec10       0075014595                                          4 bytes, as one number
    wiegand26   120,41411 or the 26 bits with their parities        3 bytes: facility 8, number 16
    wiegand34   01144,41411 or the 34 bits with their parities      4 bytes: facility 16, number 16
    text        what a template hands over, as a $SCRDR line prints it
    key         all of a key in hex, for cards of which the list holds only a digest

`_reversed` after any of the first five: the bytes are written last first. A technology may stand
before the notation: `NFC-B:hex`, `template-1:wiegand26`. Without one, an id is a UID: of 4, 7 or
10 bytes of NFC-A, of 8 bytes beginning with E0 of NFC-V; of any other it has to be said, because
nothing in the bytes tells.

Wiegand 26 is HID's open format H10301, Wiegand 34 its 32-bit twin: the first bit makes the first
half of the frame even, the last bit makes the second half odd.
"""

from loquet import identity
from loquet.errors import IdentityError
from springcore.codes import PROTOCOLS, number_of

_REVERSED = "_reversed"
_TEMPLATE = "template-"
_DIGITS = "0123456789"

# Lengths of UIDs. A UID of another length is a slip, and would never open anything.
UID_BYTES = (
    ("NFC-A", (4, 7, 10)),
    ("NFC-B", (4,)),
    ("NFC-F", (8,)),
    ("NFC-V", (8,)),
    ("Inside-Pico", (8,)),
    ("ST-SR", (8,)),
)


def parse(text: str, notation: str = "hex") -> bytes:
    """The key of the card that `text` names. Raises IdentityError."""
    technology, _, form = notation.rpartition(":")
    if form == "key":
        return _parse_key(text, notation)
    parser, _, allowed = _form(text, form, notation)
    identifier = parser(text.strip())
    if not identifier:
        raise IdentityError(text, notation, allowed)
    if form.endswith(_REVERSED):
        identifier = _backward(identifier)
    return _key(identifier, technology or _assumed(identifier, text, notation), text, notation)


def enrol(text: str, notation: str = "hex") -> bytes:
    """The key of a card that is to be listed. Raises IdentityError, for a random UID too."""
    key = parse(text, notation)
    if identity.is_random(key):
        raise IdentityError(
            text,
            notation,
            "a UID that stays; NFC-A's 4 bytes from 08 on are random, new each time the card is "
            "shown, so a template's data has to be this card's credential",
        )
    return key


def show(key: bytes, notation: str = "hex") -> str:
    """The text that `parse` reads as `key`. Raises IdentityError where the notation has none."""
    form = notation.rpartition(":")[2]
    if form == "key":
        return key.hex().upper()
    printer = _form("", form, notation)[1]
    identifier = identity.id_of(key)
    if identifier and form.endswith(_REVERSED):
        identifier = _backward(identifier)
    text = printer(identifier) if identifier else None
    if not text or parse(text, notation) != key:
        raise IdentityError(key.hex().upper(), notation, "one that holds this card; key holds any")
    return text


def written(key: bytes) -> tuple:
    """(text, notation) of any key, in the plainest notation that `parse` reads back."""
    for notation in ("hex", "%s:hex" % identity.technology_of(key)):
        try:
            return show(key, notation), notation
        except IdentityError:
            pass
    return show(key, "key"), "key"


# Technologies


def _key(identifier: bytes, technology: str, text: str, notation: str) -> bytes:
    template = _template(technology)
    if template is not None:
        return identity.data_key(identifier, identity.HF, template)
    for interface, protocols in PROTOCOLS:
        protocol = number_of(protocols, technology)
        if protocol is not None:
            _check_length(identifier, technology, text, notation)
            return identity.uid_key(identifier, interface, protocol)
    names = [row[1] for _, protocols in PROTOCOLS for row in protocols]
    raise IdentityError(
        text, notation, "template-0 to template-255 before the colon, or " + ", ".join(names)
    )


def _template(technology: str) -> int | None:
    number = technology[len(_TEMPLATE) :]
    if technology.startswith(_TEMPLATE) and _is_number(number, 3) and int(number) <= 0xFF:
        return int(number)
    return None


def _check_length(identifier: bytes, technology: str, text: str, notation: str) -> None:
    for name, lengths in UID_BYTES:
        if name.lower() == technology.lower() and len(identifier) not in lengths:
            sizes = " or ".join(str(length) for length in lengths)
            raise IdentityError(
                text, notation, "%s bytes, as %s has; these are %d" % (sizes, name, len(identifier))
            )


def _assumed(identifier: bytes, text: str, notation: str) -> str:
    """The technology of a UID of which none is said."""
    if len(identifier) in (4, 7, 10):
        return "NFC-A"
    if len(identifier) == 8 and identifier[0] == 0xE0:
        return "NFC-V"
    hint = "NFC-F:%s" if len(identifier) == 8 else "template-1:%s"
    raise IdentityError(
        text,
        notation,
        "4, 7 or 10 bytes (NFC-A), 8 from E0 on (NFC-V), or where it comes from, as in "
        "%s; these are %d bytes" % (hint % notation, len(identifier)),
    )


def _parse_key(text: str, notation: str) -> bytes:
    key = _from_hex(text.strip())
    if key is None or not identity.is_key(key):
        raise IdentityError(text, notation, "the 22 hex digits of a key, as a log shows them")
    return key


# Forms: each parser takes stripped text and gives the bytes, or None; each printer takes bytes and
# gives the text, or None where the form does not hold that many.


def _from_hex(text: str) -> bytes | None:
    for separator in ":- ":
        if separator in text:
            pairs = text.split(separator)
            if any(len(pair) != 2 for pair in pairs):
                return None
            text = "".join(pairs)
            break
    # bytes.fromhex passes over white space, and what it passes over differs by interpreter.
    if len(text) % 2 or not _only(text, _DIGITS + "abcdefABCDEF"):
        return None
    return bytes.fromhex(text)


def _to_hex(identifier: bytes) -> str:
    return identifier.hex().upper()


def _from_text(text: str) -> bytes:
    return identity.data_bytes(text.encode(), None)


def _to_text(identifier: bytes) -> str:
    text = "".join(chr(byte) for byte in identifier)
    readable = all(0x20 <= byte < 0x7F for byte in identifier) and text == text.strip()
    return text if readable and _from_text(text) == identifier else _to_hex(identifier)


def _decimal(digits: int, size: int) -> tuple:
    """Parser and printer of `size` bytes as a decimal number of up to `digits` digits."""

    def parser(text):
        # Fewer digits are the same number: a spreadsheet drops the zeros in front.
        value = int(text) if _is_number(text, digits) else -1
        return value.to_bytes(size, "big") if 0 <= value < 1 << 8 * size else None

    def printer(identifier):
        if len(identifier) != size:
            return None
        # MicroPython knows no width taken from the arguments.
        text = str(int.from_bytes(identifier, "big"))
        return "0" * (digits - len(text)) + text

    return parser, printer


def _wiegand(size: int, widths: str) -> tuple:
    """Parser and printer of `size` bytes as facility and number; the number has 16 bits."""
    most = 1 << 8 * (size - 2)

    def parser(text):
        if "," not in text:
            return _from_wiegand_bits(text, size)
        numbers = [number.strip() for number in text.split(",")]
        if len(numbers) != 2 or not all(_is_number(number, 5) for number in numbers):
            return None
        facility, number = int(numbers[0]), int(numbers[1])
        if facility >= most or number > 0xFFFF:
            return None
        return (facility << 16 | number).to_bytes(size, "big")

    def printer(identifier):
        if len(identifier) != size:
            return None
        value = int.from_bytes(identifier, "big")
        return widths % (value >> 16, value & 0xFFFF)

    return parser, printer


def _from_wiegand_bits(text: str, size: int) -> bytes | None:
    if len(text) != 8 * size + 2 or not _only(text, "01"):
        return None
    identifier = int(text[1:-1], 2).to_bytes(size, "big")
    return identifier if wiegand_bits(identifier) == text else None


def wiegand_bits(identifier: bytes) -> str:
    """The frame on a Wiegand line, as "0" and "1": 3 bytes make 26 bits, 4 bytes make 34."""
    bits = "".join("{:08b}".format(byte) for byte in identifier)
    middle = len(bits) // 2
    even = bits[:middle].count("1") & 1
    odd = ~bits[middle:].count("1") & 1
    return "%d%s%d" % (even, bits, odd)


def _is_number(text: str, longest: int) -> bool:
    return len(text) <= longest and _only(text, _DIGITS)


def _only(text: str, characters: str) -> bool:
    return bool(text) and all(character in characters for character in text)


def _backward(identifier: bytes) -> bytes:
    return bytes(reversed(identifier))


# (form, parser, printer, what it allows)
FORMS = (
    ("hex", _from_hex, _to_hex, "pairs of hex digits, as in 04A1B2C3 or 04:A1:B2:C3"),
    ("dec8",) + _decimal(8, 3) + ("up to 8 digits, 0 to 16777215",),
    ("dec10",) + _decimal(10, 4) + ("up to 10 digits, 0 to 4294967295",),
    ("wiegand26",)
    + _wiegand(3, "%03d,%05d")
    + ("facility,number of 0 to 255 and 0 to 65535, or 26 bits with the right parities",),
    ("wiegand34",)
    + _wiegand(4, "%05d,%05d")
    + ("facility,number of 0 to 65535 each, or 34 bits with the right parities",),
    ("text", _from_text, _to_text, "what the template hands over"),
)


def _form(text: str, form: str, notation: str) -> tuple:
    name = form[: -len(_REVERSED)] if form.endswith(_REVERSED) else form
    for row in FORMS:
        if row[0] == name and form != "text" + _REVERSED:
            return row[1:]
    names = ", ".join(row[0] for row in FORMS)
    raise IdentityError(text, notation, "the notations %s, key, _reversed after a number" % names)
