"""What the checks know about a file, and that they fail where they looked at nothing."""

import ast

import pytest

from checks import source


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("lib/springcore/frame.py", "springcore.frame"),
        ("lib/springcore/__init__.py", "springcore"),
        ("boards/hal/unix.py", "boards.hal.unix"),
        ("tools/loquet_tools/cli.py", "loquet_tools.cli"),
    ],
)
def test_a_file_has_the_name_it_is_imported_by(path, module):
    assert source.Source(path, ast.parse("")).module == module


@pytest.mark.parametrize(
    ("path", "code", "target"),
    [
        ("lib/springcore/link.py", "import a.b as c", "a.b"),
        ("lib/springcore/link.py", "from . import frame", "springcore.frame"),
        ("lib/springcore/__init__.py", "from . import frame", "springcore.frame"),
        ("lib/springcore/link.py", "from .frame import encode", "springcore.frame.encode"),
        ("firmware/app/x.py", "from ..start import main", "firmware.start.main"),
    ],
)
def test_an_import_is_known_by_its_full_name(path, code, target):
    (found,) = source.imports(source.Source(path, ast.parse(code)))

    assert found.target == target


def found_one(sources):
    return [source.Finding("x.py", 1, "bad")]


def found_none(sources):
    return []


@pytest.mark.parametrize(
    ("folders", "check", "status"),
    [(["lib"], found_none, 0), (["lib"], found_one, 1), (["no_such_folder"], found_none, 1)],
)
def test_a_report_leaves_with_its_verdict(folders, check, status):
    with pytest.raises(SystemExit) as left:
        source.report("check", folders, check)

    assert bool(left.value.code) == bool(status)
