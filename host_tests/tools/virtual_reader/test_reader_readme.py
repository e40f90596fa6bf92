"""The README: its tables are those of the code, it names every option, its example runs."""

import re
from dataclasses import fields

from loquet_tools.virtual_reader import Options, reference
from loquet_tools.virtual_reader.instructions import INSTRUCTIONS
from loquet_tools.virtual_reader.knobs import KNOBS

README = reference.README.read_text()


def test_every_name_is_there():
    for name in [*(field.name for field in fields(Options)), *KNOBS]:
        assert f"`{name}`" in README, name


def test_tables_are_those_of_the_code():
    shown = {part[2] for part in reference.SHOWN.finditer(README)}
    assert shown == set(reference.TABLES)
    assert reference.filled(README) == README


def test_every_instruction_has_its_row():
    for (cla, ins), row in INSTRUCTIONS.items():
        assert f"\n| {cla:02X} {ins:02X} | {row.name} | {row.documented} |" in README


def test_example_prints_the_answer_to_ping(capsys):
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(example)
    assert f"rx {bytes.fromhex('16800000000080')}" in capsys.readouterr().out
