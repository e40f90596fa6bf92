"""The arrows check lets through the house plan's imports and no others."""

import ast

import pytest

from checks import arrows
from checks.source import Source


def messages(path, code):
    return [finding.message for finding in arrows.check([Source(path, ast.parse(code))])]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lib/springcore/link.py", "from springcore import frame, ticks"),
        ("lib/springcore/link.py", "from . import frame\nfrom .errors import PeerError"),
        ("lib/springcore/link.py", "import struct"),
        ("lib/loquet/panel.py", "from springcore.tag import TagRead\nfrom springcore import codes"),
        ("lib/loquet/panel.py", "import springcore.ticks\nfrom loquet import access"),
        ("firmware/app/supervisor.py", "from loquet import panel\nfrom springcore import link"),
        ("firmware/app/supervisor.py", "from firmware.app import serial_reader"),
        (
            "firmware/start/main.py",
            "from firmware.app import supervisor\nfrom boards.hal import unix",
        ),
        ("firmware/start/main.py", "hal = __import__('boards.hal.' + name)"),
        ("boards/hal/rp2.py", "import machine"),
        ("boards/hal/rp2.py", "from boards.hal.rp2_relay import Output"),
        ("tools/loquet_tools/cli.py", "import typer\nfrom loquet_tools import demo\nimport loquet"),
        ("tools/loquet_tools/virtual_reader/core.py", "from . import registers"),
        ("tools/checks/types.py", "from checks.source import ROOT"),
    ],
)
def test_an_arrow_of_the_plan_is_allowed(path, code):
    assert messages(path, code) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lib/springcore/link.py", "import loquet"),
        ("lib/springcore/link.py", "from firmware.app import supervisor"),
        ("lib/springcore/link.py", "def f():\n    import boards.hal.rp2"),
        ("lib/springcore/link.py", "from ..loquet import panel"),
        ("lib/springcore/link.py", "from lib.springcore import frame"),
        ("lib/springcore/link.py", "__import__('loquet')"),
        ("lib/loquet/panel.py", "from springcore import link"),
        ("lib/loquet/panel.py", "import springcore"),
        ("lib/loquet/panel.py", "from springcore import *"),
        ("lib/loquet/panel.py", "from springcore.tagged import x"),
        ("lib/loquet/panel.py", "import loquet_tools"),
        ("lib/loquet/panel.py", "from boards.hal import rp2"),
        ("firmware/app/supervisor.py", "from boards.hal import unix"),
        ("firmware/app/supervisor.py", "from firmware.start import main"),
        (
            "firmware/app/supervisor.py",
            "import importlib\nimportlib.import_module('boards.hal.rp2')",
        ),
        ("firmware/start/main.py", "from loquet import panel"),
        ("boards/hal/rp2.py", "from boards.hal import unix"),
        ("boards/hal/rp2.py", "from loquet import door"),
        ("tools/loquet_tools/demo.py", "from boards.hal import unix"),
        ("tools/loquet_tools/demo.py", "from firmware.app import supervisor"),
        ("tools/loquet_tools/demo.py", "from host_tests.support import check"),
        ("tools/checks/types.py", "import loquet_tools"),
        ("lib/elsewhere/x.py", "x = 1"),
    ],
)
def test_any_other_arrow_is_found(path, code):
    assert len(messages(path, code)) == 1


def test_a_finding_names_file_line_and_import():
    source = Source("lib/loquet/panel.py", ast.parse("x = 1\nfrom springcore import link"))

    (finding,) = arrows.check([source])

    assert str(finding) == "lib/loquet/panel.py:2: lib/loquet may not import springcore.link"
