"""AES-128, one block at a time, as AUTHENTICATE needs it."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16


def encrypt(key: bytes, block: bytes) -> bytes:
    """One block of 16 bytes under a key of 16 bytes."""
    cipher = _cipher(key).encryptor()
    return cipher.update(block) + cipher.finalize()


def decrypt(key: bytes, block: bytes) -> bytes:
    """The reverse of `encrypt`."""
    cipher = _cipher(key).decryptor()
    return cipher.update(block) + cipher.finalize()


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES(key), modes.ECB())
