"""The package's README names every option, knob and instruction, and its example works."""

import re
from dataclasses import fields
from pathlib import Path

from loquet_tools import virtual_reader
from loquet_tools.virtual_reader import Options
from loquet_tools.virtual_reader.instructions import INSTRUCTIONS
from loquet_tools.virtual_reader.knobs import KNOBS

README = (Path(virtual_reader.__file__).parent / "README.md").read_text()


def test_every_name_is_there():
    for name in [*(field.name for field in fields(Options)), *KNOBS]:
        assert f"`{name}`" in README, name
    for instruction in INSTRUCTIONS.values():
        assert instruction.name in README, instruction.name


def test_example_prints_the_answer_to_ping(capsys):
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(example)
    assert f"rx {bytes.fromhex('16800000000080')}" in capsys.readouterr().out
