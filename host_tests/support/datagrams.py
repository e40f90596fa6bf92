"""$SCRDR datagrams, spelt out: nothing here uses the codec."""

# How each checksum rule differs from the XOR of what stands between `$` and `*` (protocol.md 6.3).
RULES = {"a": 0x0E, "b": 0x00, "c": 0x2A, "d": 0x24}


def scrdr(card="04A1B2C3D4E580", move="", data="", rule="c", end=b""):
    """The datagram of a reader that saw `card` (hex digits)."""
    body = f"SCRDR;13.56;NFC-A;1;;{card};{move};{data};".encode()
    return b"$" + body + b"*%02X" % (xor(body) ^ RULES[rule]) + end


def xor(octets):
    value = 0
    for octet in octets:
        value ^= octet
    return value


def is_sound(data):
    """Whether `data` is one line with a right checksum by any of the rules."""
    line = data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data
    if not line.startswith(b"$") or line[-3:-2] != b"*" or min(line) < 0x20:
        return False
    digits = line[-2:]
    if not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        return False
    return xor(line[1:-3]) ^ int(digits, 16) in RULES.values()
