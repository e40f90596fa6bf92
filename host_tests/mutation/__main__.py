"""Mutates the modules that decide, and holds what survives against survivors.md.

Poodle ([tool.poodle] in pyproject.toml: modules and operators) mutates copies of lib/ in build/.
A mutant is killed if a test of its module fails, or does not end.
"""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build/mutants.json"
LIST = Path(__file__).with_name("survivors.md")

# What must deny stands in these: no reason is good enough for a survivor.
NONE_MAY_SURVIVE = ("access",)


class Mutant(NamedTuple):
    """A row of survivors.md. No line numbers: it has to outlive an edit elsewhere."""

    module: str
    place: str
    line: str
    becomes: str

    def row(self, why: str) -> str:
        cells = (self.module, self.place, f"`{self.line}`", f"`{self.becomes}`", why)
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def run_poodle() -> list[dict]:
    """A trial of each mutant, as Poodle reports it."""
    REPORT.parent.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "poodle.cli"],
        cwd=ROOT,
        # pytest's plugins are not needed and cost more than the tests.
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nmutants: Poodle failed (its words are above)")
    return json.loads(REPORT.read_text())["mutant_trials"]


def mutant_of(trial: dict) -> Mutant | None:
    """None if it is no Python, so that its death says nothing about the tests."""
    found = trial["mutant"]
    path = ROOT / found["source_file"]
    text = path.read_text()
    lines = text.splitlines()
    first, last = found["lineno"] - 1, found["end_lineno"]
    becomes = lines[first][: found["col_offset"]] + found["text"]
    becomes += lines[last - 1][found["end_col_offset"] :]
    if not _is_python([*lines[:first], becomes, *lines[last:]]):
        return None
    place = place_of(first + 1, ast.parse(text))
    return Mutant(path.stem, place, _one_line(lines[first:last]), _one_line([becomes]))


def _is_python(lines: list[str]) -> bool:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return False
    return True


def place_of(line: int, tree: ast.AST) -> str:
    """The names around that line, outermost first: Class.function, or TABLE.KEY.KEY."""
    names: list[str] = []
    # From the outside to the inside. A name that a function gives to something is no place.
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _holds(node, line):
            names.append(node.name)
        elif isinstance(node, ast.Assign) and _holds(node, line) and not names:
            names.append(ast.unparse(node.targets[0]))
        elif isinstance(node, ast.Dict):
            tables = zip(node.keys, node.values, strict=True)
            names += [ast.unparse(key) for key, table in tables if _is_table_of(table, line)]
    return ".".join(names)


def _is_table_of(node: ast.expr, line: int) -> bool:
    return isinstance(node, ast.Dict) and _holds(node, line)


def _holds(node: ast.stmt | ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def listed(table: str) -> dict[Mutant, str]:
    """Mutant -> why it may survive, from the rows of survivors.md."""
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    found = {}
    for row in rows:
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        if len(cells) != 5 or not cells[4]:
            sys.exit(f"{LIST}: a row has module, place, line, what it becomes, and why:\n{row}")
        module, place, line, becomes, why = cells
        found[Mutant(module, place, line.strip("`"), becomes.strip("`"))] = why
    return found


def complaints(survived: set[Mutant], allowed: dict[Mutant, str]) -> list[str]:
    """Everything that must not be so: a heading, and rows as they stand in survivors.md."""
    deadly = {mutant for mutant in survived if mutant.module in NONE_MAY_SURVIVE}
    found = {
        "nothing may survive in this module; write a test that finds": deadly,
        "survived; write a test that finds it, or add to survivors.md with a word why it may": (
            survived - deadly - set(allowed)
        ),
        "in survivors.md, but does not survive or exists no more; take out": (
            set(allowed) - (survived - deadly)
        ),
    }
    return [
        f"mutants: {heading}:\n" + "\n".join(mutant.row(allowed.get(mutant, "")) for mutant in them)
        for heading, them in ((heading, sorted(them)) for heading, them in found.items())
        if them
    ]


def print_score(tried: list[tuple[Mutant, bool]]) -> None:
    for module in dict.fromkeys(mutant.module for mutant, _ in tried):
        kills = [killed for mutant, killed in tried if mutant.module == module]
        score = 100 * sum(kills) / len(kills)
        print(f"mutants: {module}.py: {sum(kills)} of {len(kills)} killed, {score:.1f} %")


def main() -> None:
    tried = [(mutant_of(trial), trial["result"]["found"]) for trial in run_poodle()]
    tried = [(mutant, killed) for mutant, killed in tried if mutant]
    print_score(tried)
    wrong = complaints({mutant for mutant, killed in tried if not killed}, listed(LIST.read_text()))
    sys.exit("\n\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
