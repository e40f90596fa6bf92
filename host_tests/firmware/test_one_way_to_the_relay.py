"""Who may open a door, by what the sources say: one caller of grant, one holder of relays."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def callers(method):
    """The device's files that call a method of that name."""
    files = [
        path for folder in ("lib", "firmware", "boards") for path in ROOT.glob(folder + "/**/*.py")
    ]
    return {path.relative_to(ROOT).as_posix() for path in files if _calls(path, method)}


def _calls(path, method):
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    return any(isinstance(func, ast.Attribute) and func.attr == method for func in functions)


def test_only_the_panel_grants():
    assert callers("grant") == {"lib/loquet/panel.py"}


def test_only_doors_drives_relays():
    assert callers("energise") == {"firmware/app/doors.py"}
    assert callers("door") == {"firmware/app/doors.py"}
    assert callers("carry_out") == {"firmware/app/doors.py"}


def test_only_a_hal_opens_a_socket():
    assert callers("socket") == {"boards/hal/unix.py"}
    assert callers("udp_port") == {"firmware/app/udp_reader.py"}


def outputs():
    """File -> the class Output in it."""
    for path in ROOT.glob("boards/hal/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name == "Output":
                yield path.name, node


def test_an_output_is_energised_for_a_limited_time_or_falls():
    assert {name for name, _ in outputs()} == {"unix.py", "rp2_relay.py"}
    for _, output in outputs():
        methods = [node for node in output.body if isinstance(node, ast.FunctionDef)]
        public = {node.name: [arg.arg for arg in node.args.args] for node in methods}
        public.pop("__init__")
        assert public == {"energise": ["self", "limit_ms"], "fall": ["self"]}
