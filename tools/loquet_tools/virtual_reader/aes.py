"""AES-128, one block at a time, as AUTHENTICATE needs it (FIPS 197). For a virtual device only.

Slow, and how long it takes depends on key and data: it protects nothing here.
"""

from __future__ import annotations

BLOCK = 16
ROUNDS = 10


def _double(value: int) -> int:
    value <<= 1
    return value ^ 0x11B if value & 0x100 else value


def _product(left: int, right: int) -> int:
    """In the field of 256 elements."""
    result = 0
    while right:
        if right & 1:
            result ^= left
        left = _double(left)
        right >>= 1
    return result


def _sbox() -> bytes:
    box = bytearray(256)
    for value in range(256):
        inverse = next((i for i in range(1, 256) if _product(value, i) == 1), 0)
        turns = inverse | inverse << 8
        box[value] = 0x63 ^ inverse
        for shift in (4, 5, 6, 7):
            box[value] ^= turns >> shift & 0xFF
    return bytes(box)


SBOX = _sbox()
INVERSE_SBOX = bytes(SBOX.index(value) for value in range(256))

# Where each byte of a block comes from when its rows are shifted; the columns stand one by one
SHIFTED = tuple((4 * (i // 4 + i % 4) + i % 4) % BLOCK for i in range(BLOCK))
SHIFTED_BACK = tuple(SHIFTED.index(i) for i in range(BLOCK))

MIX = (2, 3, 1, 1)
MIX_BACK = (14, 11, 13, 9)


def encrypt(key: bytes, block: bytes) -> bytes:
    """One block of 16 bytes under a key of 16 bytes."""
    keys = _round_keys(key)
    state = _xor(block, keys[0])
    for number in range(1, ROUNDS + 1):
        state = bytes(SBOX[state[place]] for place in SHIFTED)
        if number < ROUNDS:
            state = _mixed(state, MIX)
        state = _xor(state, keys[number])
    return state


def decrypt(key: bytes, block: bytes) -> bytes:
    """The reverse of `encrypt`."""
    keys = _round_keys(key)
    state = block
    for number in range(ROUNDS, 0, -1):
        state = _xor(state, keys[number])
        if number < ROUNDS:
            state = _mixed(state, MIX_BACK)
        state = bytes(INVERSE_SBOX[state[place]] for place in SHIFTED_BACK)
    return _xor(state, keys[0])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _mixed(state: bytes, row: tuple[int, ...]) -> bytes:
    mixed = bytearray()
    for column in range(0, BLOCK, 4):
        for turn in range(4):
            value = 0
            for place in range(4):
                value ^= _product(state[column + place], row[(place - turn) % 4])
            mixed.append(value)
    return bytes(mixed)


def _round_keys(key: bytes) -> list[bytes]:
    words = [key[place : place + 4] for place in range(0, BLOCK, 4)]
    constant = 1
    for number in range(4, 4 * (ROUNDS + 1)):
        word = words[-1]
        if number % 4 == 0:
            word = bytes(SBOX[byte] for byte in word[1:] + word[:1])
            word = bytes((word[0] ^ constant,)) + word[1:]
            constant = _double(constant)
        words.append(_xor(words[number - 4], word))
    return [b"".join(words[place : place + 4]) for place in range(0, len(words), 4)]
