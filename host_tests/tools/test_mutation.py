"""The mutation run's own mutations, and what it makes of those that survive."""

import ast

import pytest

from host_tests.mutation import operators
from host_tests.mutation.__main__ import Mutant, complaints, listed, place_of


def mutants(mutator, code):
    """The code with each of the mutations; one line of code only."""
    mutator = mutator(config=None, echo=None)
    found = mutator.create_mutations(parsed_ast=ast.parse(code), file_lines=[code])
    return [code[: one.col_offset] + one.text + code[one.end_col_offset :] for one in found]


def test_texts_change_except_those_for_people():
    assert mutants(operators.Text, "def f(a='one'): pass") == ["def f(a='XX'): pass"]
    assert mutants(operators.Text, "f('one')") == ["f('XX')"]
    assert mutants(operators.Text, "'one'") == []
    assert mutants(operators.Text, "raise E('one' % 2)") == []


def test_named_texts_take_the_next_ones_place():
    assert mutants(operators.Text, "A = 'one'; B = 'two'") == [
        "A = 'two'; B = 'two'",
        "A = 'one'; B = 'one'",
    ]
    assert mutants(operators.Text, "A = 'one'") == ["A = 'XX'"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if a.b: c()", ["if (not a.b): c()"]),
        ("while a(): pass", ["while (not a()): pass"]),
        ("a = b[0] if c else d", ["a = b[0] if (not c) else d"]),
        ("a = b == 1 or c", ["a = b == 1 or (not c)"]),
        ("a = [b for b in c if d]", ["a = [b for b in c if (not d)]"]),
        ("def f(): return a", ["def f(): return (not a)"]),
        ("def f(): return", []),
        ("if a == b: pass", []),
        ("if not a: pass", []),
    ],
)
def test_what_is_taken_for_true_or_false_is_negated(code, expected):
    assert mutants(operators.Negation, code) == expected


def test_nothing_is_returned_where_it_makes_a_difference():
    assert mutants(operators.Return, "def f(): return 1") == ["def f(): return None"]
    for same in ("return", "return None", "return False"):
        assert mutants(operators.Return, f"def f(): {same}") == []


def test_rows_of_a_table_go_missing_and_change_places():
    assert mutants(operators.Row, "A = (1, 2, 2)") == [
        "A = (*(), 2, 2)",
        "A = (1, *(), 2)",
        "A = (1, 2, *())",
        "A = (2, 1, 2)",
    ]
    assert mutants(operators.Row, "A = {1: 2, 3: 4}") == [
        "A = {**{}, 3: 4}",
        "A = {1: 2, **{}}",
        "A = {1: 4, 3: 2}",
    ]
    assert mutants(operators.Row, "A = (B, C)") == ["A = (*(), C)", "A = (B, *())"]
    assert "A = {1: {2: 5, 4: 3}}" in mutants(operators.Row, "A = {1: {2: 3, 4: 5}}")


def test_a_place_has_the_names_around_it():
    tree = ast.parse("A = 1\nclass B:\n    C = 2\n    def d(self):\n        e = 3\n")
    assert [place_of(line, tree) for line in (1, 3, 5)] == ["A", "B", "B.d"]
    tree = ast.parse("A = {\n    B: {\n        C: 1,\n    },\n    D: 2\n}\n")
    assert [place_of(line, tree) for line in (3, 5)] == ["A.B", "A"]


DOOR = Mutant("door", "Door.fire", "if a | b:", "if a & b:")
DECISION = Mutant("access", "decide", "if a:", "if not a:")


def test_what_is_listed_may_survive():
    table = f"| module | place | line | becomes | why |\n|---|---|\n{DOOR.row('equivalent')}\n"
    assert listed(table) == {DOOR: "equivalent"}
    assert complaints({DOOR}, {DOOR: "equivalent"}) == []


def test_a_row_needs_a_reason():
    with pytest.raises(SystemExit, match="and why"):
        listed(DOOR.row(""))


@pytest.mark.parametrize(
    ("survived", "allowed", "complaint"),
    [
        ({DOOR}, {}, "survived; write a test"),
        (set(), {DOOR: "equivalent"}, "does not survive"),
        ({DECISION}, {}, "nothing may survive"),
    ],
)
def test_what_must_not_be_is_said_with_its_row(survived, allowed, complaint):
    (said,) = complaints(survived, allowed)
    assert complaint in said
    assert (survived | set(allowed)).pop().row("".join(allowed.values())) in said


def test_a_reason_is_no_excuse_in_a_module_that_must_deny():
    said = complaints({DECISION}, {DECISION: "equivalent"})
    assert ["nothing may survive" in said[0], "take out" in said[1]] == [True, True]
