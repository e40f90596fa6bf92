"""Mutations that Poodle has not, or makes where no test should look."""

import ast
import itertools

from poodle.data_types import FileMutation, Mutator


class Text(Mutator):
    """Changes texts, except docstrings and what errors say to people.

    Where a module gives texts to names, each gets that of the next name: they tell things apart.
    """

    mutator_name = "Text"

    def create_mutations(self, parsed_ast, **_):
        named = [node.value for node in parsed_ast.body if isinstance(node, ast.Assign)]
        named = [value for value in named if _is_text(value)]
        ring = itertools.pairwise(named + named[:1]) if len(named) > 1 else ()
        next_texts = {id(one): two.value for one, two in ring}
        for_people = {id(part) for node in ast.walk(parsed_ast) for part in _for_people(node)}
        return [
            self.create_file_mutation(node, repr(next_texts.get(id(node), "XX")))
            for node in ast.walk(parsed_ast)
            if _is_text(node) and id(node) not in for_people
        ]


class Negation(Mutator):
    """Negates what is taken for true or false as it is, without a comparison or a `not`."""

    mutator_name = "Negation"

    def create_mutations(self, parsed_ast, **_):
        return [
            self.create_file_mutation(condition, f"(not {ast.unparse(condition)})")
            for node in ast.walk(parsed_ast)
            for condition in _conditions(node)
            if isinstance(condition, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
        ]


class Return(Mutator):
    """Returns None instead of a value, except of False: most callers take both for the same."""

    mutator_name = "Return"

    def create_mutations(self, parsed_ast, **_):
        return [
            self.create_file_mutation(node.value, "None")
            for node in ast.walk(parsed_ast)
            if isinstance(node, ast.Return) and node.value is not None
            if ast.unparse(node.value) not in ("None", "False")
        ]


class Row(Mutator):
    """Leaves out a row of a module's table, or exchanges it with the next.

    In a dictionary the values are exchanged: the order of its keys means nothing. Nor does, as a
    rule, that of names in a tuple.
    """

    mutator_name = "Row"

    def create_mutations(self, parsed_ast, **_):
        values = [node.value for node in parsed_ast.body if isinstance(node, ast.Assign)]
        return [mutant for value in values for part in ast.walk(value) for mutant in self._of(part)]

    def _of(self, table):
        if isinstance(table, ast.Tuple | ast.List):
            rows, nothing = [(row,) for row in table.elts], "*()"
        elif isinstance(table, ast.Dict):
            rows, nothing = list(zip(table.keys, table.values, strict=True)), "**{}"
        else:
            return
        for row in rows:
            yield self._replaced(row, row, nothing)
        for one, two in itertools.pairwise(rows):
            in_order = isinstance(table, ast.Dict) or not isinstance(one[0], ast.Name)
            if in_order and ast.unparse(one[-1]) != ast.unparse(two[-1]):
                exchanged = f"{_row(one[:-1], two)}, {_row(two[:-1], one)}"
                yield self._replaced(one, two, exchanged)

    def _replaced(self, first_row, last_row, text):
        """Everything from the first row's beginning to the last row's end becomes `text`."""
        begin, end = first_row[0], last_row[-1]
        place = (begin.lineno, begin.col_offset, end.end_lineno, end.end_col_offset)
        return FileMutation(self.mutator_name, *place, text)


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _for_people(node):
    """The parts of docstrings and of raised errors."""
    if isinstance(node, ast.Expr):
        return [node.value]
    return ast.walk(node) if isinstance(node, ast.Raise) else []


def _conditions(node):
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            return [node.test]
        case ast.BoolOp():
            return node.values
        case ast.comprehension():
            return node.ifs
        case ast.Return():
            return [node.value]
    return []


def _row(key, row_with_value):
    """A row with that key (none in a tuple) and the other's value."""
    return ": ".join(ast.unparse(node) for node in (*key, row_with_value[-1]))
