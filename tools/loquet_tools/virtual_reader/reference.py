"""The tables of README.md that are made from the code. A test holds the page to them.

python -m loquet_tools.virtual_reader.reference     writes them into README.md
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from loquet_tools.virtual_reader import tables
from loquet_tools.virtual_reader.access import FREE
from loquet_tools.virtual_reader.card_files import FIELDS
from loquet_tools.virtual_reader.control import COMMANDS
from loquet_tools.virtual_reader.instructions import ANY, CLASSES, INSTRUCTIONS, Instruction

README = Path(__file__).with_name("README.md")

SHOWN = re.compile(r"(<!-- made by reference\.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def instructions() -> list[str]:
    """A row for each instruction."""
    rows = ["| CLA INS | name | documented | choice of ours | asks for | may answer |"]
    rows.append("|---|---|---|---|---|---|")
    for (cla, ins), row in INSTRUCTIONS.items():
        cells = (f"{cla:02X} {ins:02X}", row.name, row.documented, row.choice, row.access)
        rows.append(f"| {' | '.join(cells)} | {_answers(row)} |")
    return rows


def _answers(row: Instruction) -> str:
    shown = [f"{code:02X}" for code in answers(row)]
    return " ".join(shown if row.access == FREE else [*shown, "refusal"])


def answers(row: Instruction) -> list[int]:
    """Every status that the instruction answers with, but for a refusal."""
    return sorted({*row.statuses, *(() if row.lengths is ANY else (tables.STA_WRONG_LENGTH,))})


def classes() -> list[str]:
    """A row for each class."""
    rows = ["| CLA | name | what of it |", "|---|---|---|"]
    rows += [f"| {cla:02X} | {name} | {made} |" for cla, (name, made) in CLASSES.items()]
    return rows


def cards() -> list[str]:
    """A row for each field of a card."""
    rows = ["| field | value | what |", "|---|---|---|"]
    rows += [f"| `{name}` | {field.allowed} | {field.about} |" for name, field in FIELDS.items()]
    return rows


def control() -> list[str]:
    """A row for each request of the control socket."""
    rows = ["| `do` | with | what |", "|---|---|---|"]
    for name, asked in COMMANDS.items():
        fields = [f"`{field}`: {allowed}" for field, allowed in asked.fields.items()]
        rows.append(f"| `{name}` | {'; '.join(fields)} | {asked.about} |")
    return rows


TABLES: dict[str, Callable[[], list[str]]] = {
    "instructions": instructions,
    "classes": classes,
    "cards": cards,
    "control": control,
}


def filled(page: str) -> str:
    """The page with its tables made anew."""
    return SHOWN.sub(lambda part: part[1] + "\n".join(TABLES[part[2]]()) + "\n" + part[3], page)


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
