"""Who may do what: register 02F0 (protocol.md 3.7, 9.7), one byte for local, one for remote links.

How far "usage" reaches, and what an administrator may read, are choices of ours.
"""

from __future__ import annotations

from loquet_tools.virtual_reader.session import ADMIN, USER

# What an instruction asks for
FREE = "free"
USE = "use"  # anything that is not free
READ = "read"  # configuration
WRITE = "write"  # configuration
SENSITIVE = "sensitive"

# Bits 5-4: who may change configuration
CONFIGURATION = 0x30
FULL = 0x00
WRITE_ONLY = 0x10
ADMIN_WRITE_ONLY = 0x20

SENSITIVE_NEEDS_ADMIN = 0x40
LOCAL_READ_LIMITED = 0x04
REMOTE_NO_KEY = {ADMIN: 0x08, USER: 0x04}
USAGE = 0x03
USAGE_FREE = 0
USAGE_AUTHENTICATED = 1


def allowed(wanted: str, rights: int, remote: bool, who: int | None) -> bool:
    """Whether `who` (session.py) may, on a link whose byte of register 02F0 is `rights`."""
    if wanted == FREE:
        return True
    if not _may_use(rights, who):
        return False
    if wanted == READ:
        return _may_read(rights, remote, who)
    if wanted == WRITE:
        return _may_write(rights, who)
    if wanted == SENSITIVE:
        return not rights & SENSITIVE_NEEDS_ADMIN or who == ADMIN
    return True


def key_allowed(key_number: int, rights: int, remote: bool) -> bool:
    """Whether this key may be used on the link at all."""
    return not (remote and rights & REMOTE_NO_KEY[key_number])


def _may_use(rights: int, who: int | None) -> bool:
    usage = rights & USAGE
    # Secure messages do not exist here: whoever must use them can do nothing.
    return usage == USAGE_FREE or (usage == USAGE_AUTHENTICATED and who is not None)


def _may_read(rights: int, remote: bool, who: int | None) -> bool:
    if rights & CONFIGURATION == FULL or (not remote and not rights & LOCAL_READ_LIMITED):
        return True
    return rights & CONFIGURATION == ADMIN_WRITE_ONLY and who == ADMIN


def _may_write(rights: int, who: int | None) -> bool:
    configuration = rights & CONFIGURATION
    if configuration == ADMIN_WRITE_ONLY:
        return who == ADMIN
    return configuration in (FULL, WRITE_ONLY)
