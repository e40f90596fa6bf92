"""Values from the command line and from scripts, checked before anything is started.

Each function takes the text as it was given, and returns what it means. ArgumentError names the
value and what is allowed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence

from loquet import notation
from loquet.errors import IdentityError
from loquet.identity import LONGEST_ID
from loquet.settings import EVENTS
from loquet_tools.errors import ArgumentError

# Nobody waits longer for a script; a number with digits too many is a slip of the finger.
LONGEST_MS = 600_000


def one_of(name: str, text: str, allowed: Sequence[str]) -> str:
    """`text`, which must be one of `allowed`."""
    if text not in allowed:
        raise ArgumentError(f"{name} is {text!r}; allowed: one of {', '.join(allowed)}")
    return text


def events(text: str) -> str:
    """How the reader reports its events."""
    return one_of("--events", text, EVENTS)


def card(name: str, text: str) -> bytes:
    """A card's id, written as hex digits."""
    if not re.fullmatch(r"([0-9A-Fa-f]{2})+", text) or len(text) > 2 * LONGEST_ID:
        raise ArgumentError(
            f"{name} is {text!r}; allowed: the hex digits of 1 to {LONGEST_ID} bytes, "
            "two digits each, as in 04A1B2C3D4E580"
        )
    return bytes.fromhex(text)


def cards(texts: Sequence[str]) -> list[bytes]:
    """The ids of every --allow. ArgumentError for one that no card list can have."""
    ids = [card("--allow", text) for text in texts]
    try:
        for text in texts:
            notation.enrol(text)
    except IdentityError as error:
        raise ArgumentError(f"--allow: {error}") from None
    return ids


def milliseconds(name: str, text: str) -> int:
    """A length of time in ms."""
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > LONGEST_MS:
        raise ArgumentError(f"{name} is {text!r}; allowed: milliseconds from 0 to {LONGEST_MS}")
    return int(text)


def pins(text: str) -> str:
    """Where the door listens: tcp:HOST:PORT on this machine."""
    found = re.fullmatch(r"tcp:(localhost|127(?:\.[0-9]{1,3}){3}):([0-9]{1,5})", text)
    if not found or not 0 < int(found[2]) < 65536:
        # Whoever is at the other end moves the relay, and nothing proves who that is.
        raise ArgumentError(
            f"--pins is {text!r}; allowed: tcp:HOST:PORT with a HOST of this machine, "
            "as in tcp:127.0.0.1:5000"
        )
    return text


def serial_device(path: str) -> str:
    """The reader's line: a serial device or a pseudo terminal that can be opened."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArgumentError(
            f"--serial is {path!r}: {reason}; allowed: a serial device or pty"
        ) from None
    try:
        is_line = stat.S_ISCHR(os.fstat(handle).st_mode) and os.isatty(handle)
    finally:
        os.close(handle)
    if not is_line:
        raise ArgumentError(f"--serial is {path!r}; allowed: a serial device or pty")
    return path
