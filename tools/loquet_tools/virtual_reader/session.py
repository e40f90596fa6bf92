"""Who has authenticated on one link: the handshake of protocol.md 10, from the device's side.

It gives rights (access.py) and nothing more: how secure messages look in Direct frames is unknown,
so that what follows stays plain.

state        AUTHENTICATE       FOLLOWING                      anything else
plain        -> challenged      out of place                   -
challenged   -> challenged      right: -> user or admin        -> plain
                                wrong: F6 -> plain
user, admin  -> challenged      out of place                   -
"""

from __future__ import annotations

from random import Random

from loquet_tools.virtual_reader.aes import BLOCK, decrypt, encrypt

USER = 0x00
ADMIN = 0x01


def rotated(block: bytes) -> bytes:
    """By one byte to the left."""
    return block[1:] + block[:1]


class Session:
    """`who` is USER, ADMIN or None. `keys` are the reader's, by number."""

    def __init__(self, keys: dict[int, bytes], random: Random):
        self._keys = keys
        self._random = random
        self._challenge: tuple[int, bytes] | None = None
        self.who: int | None = None

    @property
    def challenged(self) -> bool:
        """Whether the second half of the handshake is awaited."""
        return self._challenge is not None

    def end(self) -> None:
        """Nobody is authenticated."""
        self.who = None
        self._challenge = None

    def interrupt(self) -> None:
        """Something else than the second half came."""
        self._challenge = None

    def challenge(self, key_number: int) -> bytes:
        """The answer to the first half: E(RndB). Whoever was authenticated no longer is."""
        self.end()
        random_b = bytes(self._random.randrange(256) for _ in range(BLOCK))
        self._challenge = (key_number, random_b)
        return encrypt(self._keys[key_number], random_b)

    def prove(self, data: bytes) -> bytes | None:
        """The second half, E(RndA) and E(rotl(RndB)): E(rotl(RndA)), or None if it is wrong."""
        if self._challenge is None:
            raise RuntimeError("nothing to prove")
        key_number, random_b = self._challenge
        self._challenge = None
        key = self._keys[key_number]
        if decrypt(key, data[BLOCK:]) != rotated(random_b):
            return None
        self.who = key_number
        return encrypt(key, rotated(decrypt(key, data[:BLOCK])))
