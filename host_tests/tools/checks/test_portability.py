"""The portability check finds each thing that a device could not run, and nothing else."""

import ast

import pytest

from checks import portability
from checks.source import Source


def messages(path, code, **others):
    """Findings about `code` at `path`; `others`: module of lib/springcore -> its code."""
    sources = [Source(path, ast.parse(code))]
    sources += [
        Source(f"lib/springcore/{name}.py", ast.parse(text)) for name, text in others.items()
    ]
    return [finding.message for finding in portability.check(sources)]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("match x:\n    case 1: y = 2", "match"),
        ("def f(a, /): return a", "positional-only"),
        ("f = lambda a, /: a", "positional-only"),
        ("async def f(): return [x async for x in y]", "asynchronous comprehensions"),
        ("class A(metaclass=B): x = 1", "metaclass"),
        ("class E(ValueError, OSError): x = 1", "two built-in"),
        ("assert x", "assert"),
        ("try:\n    f()\nexcept KeyError as error:\n    raise ValueError from error", "raise"),
        ("raise ValueError from None", "raise"),
        ("del x[:4]", "del x[a:b]"),
        ("del a, x[1:2]", "del x[a:b]"),
        ("zip(a, b, strict=True)", "zip"),
        ("n = x.bit_length()", "bit_length"),
        ("n = 'ab'.removeprefix('a')", "removeprefix"),
        ("n = digest.hexdigest()", "hexdigest"),
        ("n = time.monotonic()", "monotonic"),
        ("q = asyncio.Queue()", "asyncio.Queue"),
        ("p = os.path.join(a, b)", "os.path"),
        ("@micropython.native\ndef f(): return 1", "native code"),
        ("@viper\ndef f(): return 1", "native code"),
        ("import enum", "enum"),
        ("import dataclasses", "dataclasses"),
        ("from typing import Any", "typing"),
        ("from __future__ import annotations", "__future__"),
        ("def f():\n    import contextlib", "contextlib"),
        ("import os.path", "os"),
        ("import machine", "machine"),
        ("import asyncio", "asyncio"),
        ("import time", "time"),
        ("from io import BytesIO", "io"),
        ("print(1)", "print"),
        ("open('x')", "open"),
        ("class A:\n    _B = const(1)", "A._B vanishes"),
    ],
)
def test_what_a_device_cannot_run_is_found(code, named):
    found = messages("lib/springcore/x.py", code)

    assert any(named in message for message in found), found


def test_exception_groups_are_found():
    try:
        tree = ast.parse("try:\n    f()\nexcept* ValueError:\n    g()")
    except SyntaxError:
        pytest.skip("this Python does not know `except*` itself")

    found = portability.check([Source("lib/springcore/x.py", tree)])

    assert "except*" in found[0].message


@pytest.mark.parametrize(
    "code",
    [
        "from micropython import const\n_X = const(1)\ny = _X",
        "import struct, binascii, array, collections, math",
        "from springcore import frame\nfrom . import errors",
        "def f(a, *, b=1) -> int | None: return a",
        "class E(PeerError): x = 1",
        "class E(Base, ValueError): x = 1",
        "raise ValueError('no')",
        "del x[3], y",
        "for a, b in zip(c, d): f(a)",
        "n = [x for x in y]",
        "text = self.open\nself.print(text)",
    ],
)
def test_what_every_interpreter_runs_is_left_alone(code):
    assert messages("lib/springcore/x.py", code) == []


PRIVATE = "_SECRET = const(1)\nSHARED = const(2)\n_plain = 3"


@pytest.mark.parametrize(
    "code",
    [
        "from springcore.frame import _SECRET",
        "from .frame import _SECRET as s",
        "from springcore import frame\nx = frame._SECRET",
        "from springcore import frame as f\nx = f._SECRET",
        "from . import frame\nx = frame._SECRET",
        "import springcore.frame\nx = springcore.frame._SECRET",
        "import springcore.frame as f\nx = f._SECRET + 1",
    ],
)
def test_a_private_constant_of_another_module_is_found(code):
    found = messages("lib/springcore/x.py", code, frame=PRIVATE)

    assert len(found) == 1 and "springcore.frame._SECRET vanishes" in found[0]


@pytest.mark.parametrize(
    "code",
    [
        "from springcore.frame import SHARED",
        "from springcore import frame\nx = frame.SHARED",
        "from springcore import frame\nx = frame._plain",
        "class A:\n    def f(self): return self._SECRET",
    ],
)
def test_other_names_of_another_module_are_left_alone(code):
    assert messages("lib/springcore/x.py", code, frame=PRIVATE) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lib/loquet/cards.py", "import os\nf = open('x')"),
        ("firmware/app/x.py", "import asyncio, time\nprint(1)"),
        ("boards/hal/rp2.py", "import machine, rp2\n@micropython.viper\ndef f(): return 1"),
        ("boards/hal/circuitpython.py", "import busio, digitalio, microcontroller"),
        ("boards/hal/unix.py", "import termios, fcntl\nt = time.monotonic()"),
        ("boards/hal/unix.py", "import socket"),
    ],
)
def test_a_room_may_use_what_is_its_own(path, code):
    assert messages(path, code) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lib/loquet/panel.py", "import time"),
        ("lib/loquet/panel.py", "import asyncio"),
        ("lib/loquet/panel.py", "print(1)"),
        ("firmware/app/x.py", "import machine"),
        ("firmware/start/main.py", "import rp2"),
        ("firmware/app/x.py", "@micropython.native\ndef f(): return 1"),
        ("firmware/app/x.py", "import threading"),
        ("firmware/app/udp_reader.py", "import socket"),
        ("lib/springcore/datagram.py", "import socket"),
        ("boards/hal/rp2.py", "import termios"),
        ("boards/hal/rp2.py", "import enum"),
        ("boards/hal/unix.py", "assert x"),
        ("lib/elsewhere/x.py", "x = 1"),
    ],
)
def test_a_room_may_not_use_what_is_anothers(path, code):
    assert len(messages(path, code)) == 1
