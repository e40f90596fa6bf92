"""Text messages: $SCRDR from the reader, $SCCMD to it (protocol.md 6 and 7).

    $SCRDR;Interface;Protocol;Template;RSSI;TagId;Move;TagData;TagDetails*47<CR><LF>

The vendor's pages give two rules for the checksum and his only example follows a third, so all
four ways of counting the delimiters in or out are recognised and named, and `ChecksumPin` holds
a reader to the one it uses.
"""

from springcore.errors import UsageError

try:
    from micropython import const
except ImportError:

    def const(value):  # type: ignore[no-redef]
        return value


DOLLAR = const(0x24)
HEAD_LENGTH = const(6)  # $SCRDR
TEXT_HEAD = const(7)  # the same and what follows: enough to tell a line by
COMMAND_MAX = const(255)

VALID = "valid"
ABSENT = "absent"
INVALID = "invalid"

# How each rule differs from rule b, the XOR of what stands between `$` and the last `*`.
#   a: `$` and `*` included   b: neither   c: `*` only (the vendor's example)   d: `$` only
RULES = (("a", 0x0E), ("b", 0x00), ("c", 0x2A), ("d", 0x24))

SCRDR_FIELDS = (
    "interface",
    "protocol",
    "template",
    "rssi",
    "tag_id",
    "move",
    "tag_data",
    "tag_details",
)
_TAG_DATA = const(6)
_HEX_DIGITS = b"0123456789ABCDEFabcdef"


class TextMessage:
    """One line, `$` first and without its CR LF.

    `kind` is what follows the `$` (b"SCRDR"), `fields` the list of bytes between the separators.
    `checksum` is "valid", "absent" or "invalid", `rule` the letter of the rule that it fits.
    `length` counts the bytes on the line, `offset` says where they began. `truncated` and
    `suspect` mean what they mean for a Frame.
    """

    def __init__(self, line, offset, length, checksum, rule, suspect, truncated=False):
        self.line = line
        self.offset = offset
        self.length = length
        self.checksum = checksum
        self.rule = rule
        self.suspect = suspect
        self.truncated = truncated
        self.kind = line[1:HEAD_LENGTH]
        self.fields = _fields_of(self)

    def __repr__(self) -> str:
        return "TextMessage(%r checksum=%s rule=%s%s%s)" % (
            self.line,
            self.checksum,
            self.rule,
            " truncated" if self.truncated else "",
            " suspect" if self.suspect else "",
        )


def _fields_of(message: TextMessage) -> list:
    body = message.line[HEAD_LENGTH:]
    if message.truncated:
        # The last field of the head may go on in what was not kept.
        return body.split(b";")[1:-1]
    if message.checksum != ABSENT:
        body = body[:-3]
    fields = body.split(b";")[1:]
    surplus = len(fields) - len(SCRDR_FIELDS)
    if message.kind == b"SCRDR" and surplus > 0:
        # No escape is documented: a separator too many can only come from the tag's own data.
        end = _TAG_DATA + 1 + surplus
        fields[_TAG_DATA:end] = [b";".join(fields[_TAG_DATA:end])]
    return fields


def rule_of(between: int, digits: bytes) -> str | None:
    """Which rule makes `digits` (two hex digits) the checksum; None if no rule does.

    `between` is the XOR of all bytes after the `$` and before the last `*`.
    """
    for digit in digits:
        if digit not in _HEX_DIGITS:
            return None
    given = int(bytes(digits), 16)
    for rule, difference in RULES:
        if between ^ difference == given:
            return rule
    return None


def carries_checksum(line: bytes) -> bool:
    """Whether this line, without its CR LF, ends in `*` and two characters."""
    return len(line) >= HEAD_LENGTH + 3 and line[-3] == 0x2A


def verdict(between: int, end: bytes) -> tuple:
    """(checksum, rule) of a line whose last bytes, without CR LF, are `end`.

    `between` is the XOR of what would stand before its `*` and after the `$`.
    """
    if not carries_checksum(end):
        return ABSENT, None
    rule = rule_of(between, end[-2:])
    return (VALID if rule else INVALID), rule


def head_is_text(head: bytes | bytearray | memoryview) -> bool:
    """Whether a line may begin with `head`: its first TEXT_HEAD bytes, or what there is.

    `$` (which is not looked at), `SC`, three letters, a separator or the end of the line.
    """
    place = 0
    for byte in head:
        if place == 1 or place == 2:
            good = byte == b"$SC"[place]
        elif 3 <= place <= 5:
            good = 0x41 <= byte <= 0x5A
        else:
            good = place == 0 or byte in b";*\r\n"
        if not good:
            return False
        place += 1
    return True


class ChecksumPin:
    """Holds a reader to one checksum rule, once two of its lines in a row agree on it.

    Four accepted rules let one damaged line in 64 pass; one rule lets one in 256.
    """

    def __init__(self):
        self.pinned: str | None = None
        self._last: str | None = None

    def accepts(self, rule: str) -> bool:
        """Whether a line that fits `rule` may be believed; remembers what it saw."""
        if self.pinned is None and rule == self._last:
            self.pinned = rule
        self._last = rule
        return self.pinned in (None, rule)


def encode_command(
    sequence: int | None = None,
    leds: bytes | None = None,
    buzzer_ms: int | None = None,
    end: bytes = b"\r\n",
) -> bytes:
    """A $SCCMD line, without the optional checksum, whose rule is in doubt.

    `end`: CR LF on a serial line; a datagram, as the vendor's sample sends it, has none.

    Either `sequence` (0 to 255) alone, or `leds` (4 mode bytes) and / or `buzzer_ms` (0 to
    65535): what a reader makes of a sequence mixed with the others is not documented.
    Raises UsageError.
    """
    if sequence is not None:
        if leds is not None or buzzer_ms is not None:
            raise UsageError("sequence: cannot be mixed with leds or buzzer_ms")
        fields = ["SEQ=%02X" % _in_range("sequence", sequence, 255)]
    else:
        fields = _ui_fields(leds, buzzer_ms)
    return ("$SCCMD;%s" % ";".join(fields)).encode() + end


def _ui_fields(leds: bytes | None, buzzer_ms: int | None) -> list:
    fields = []
    if leds is not None:
        if len(leds) != 4:
            raise UsageError("leds: 4 mode bytes are needed, not %d" % len(leds))
        fields.append("LEDS=" + "".join("%02X" % _in_range("leds", mode, 255) for mode in leds))
    if buzzer_ms is not None:
        fields.append("BUZZ=%04X" % _in_range("buzzer_ms", buzzer_ms, 0xFFFF))
    if not fields:
        raise UsageError("one of sequence, leds, buzzer_ms is needed")
    return fields


def _in_range(name: str, value: int, highest: int) -> int:
    if not 0 <= value <= highest:
        raise UsageError("%s %r: must be 0 to %d" % (name, value, highest))
    return value
