"""The compiler that deploys is the one that checks."""

from checks.compile_device import compile_file


def test_a_good_file_becomes_bytecode(tmp_path):
    source, output = tmp_path / "good.py", tmp_path / "good.mpy"
    source.write_text("def f(a: int | None) -> int:\n    return 1\n")

    assert compile_file(source, output) == ""
    assert output.read_bytes()[:2] == b"M\x06"  # MicroPython, mpy version 6


def test_what_the_device_cannot_parse_is_named(tmp_path):
    source = tmp_path / "bad.py"
    source.write_text("x = 1\nmatch x:\n    case 1:\n        x = 2\n")

    complaint = compile_file(source, tmp_path / "bad.mpy")

    assert "SyntaxError" in complaint and "line 2" in complaint
