"""Expressions that may be of either of two kinds, in the middle of a statement.

Which of the two it is has to be known where it is used.  A name of two kinds is told apart by
running the statement that reads it once for each; so what has no name gets one::

    if regime(re) is Regime.LAMINAR:        kind = regime(re)
                                            if kind is Regime.LAMINAR:
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from chainrule.errors import UnsupportedError
from chainrule.graph.block import Block
from chainrule.lift.state import Frame
from chainrule.lift.values import Either

# What may stand before an expression that is moved to the front of its statement.
PLAIN = (
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.expr_context,
    ast.boolop,
    ast.cmpop,
    ast.operator,
    ast.unaryop,
)


class TwoKinds(UnsupportedError):
    """An expression is of either of two kinds where it has to be known of which."""

    def __init__(self, expression: ast.expr, value: Either, frame: Frame, block: Block) -> None:
        said = value.refusal
        super().__init__(said.found, remedy=said.remedy, position=said.position, chain=said.chain)
        self.expression = expression
        self.value = value
        self.frame = frame
        self.block = block


def name_for(expression: ast.expr) -> str:
    """A name that no user has, the same each time that a statement is run."""
    edges = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return " ".join(str(getattr(expression, edge, 0)) for edge in edges)


def with_name(statement: ast.stmt, expression: ast.expr, name: str) -> ast.stmt | None:
    """``statement`` with a name for ``expression``, if that is the first thing it computes."""
    if isinstance(statement, ast.While):
        # Its test is computed in every step.
        return None
    place = ast.copy_location(ast.Name(name, ast.Load()), expression)
    changed = _replaced(statement, expression, place)
    return changed if isinstance(changed, ast.stmt) else None


def _replaced(node: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST | None:
    """A copy of ``node`` with ``new`` in place of ``old``; None where something comes before."""
    if node is old:
        return new
    for field, position, child in _in_order(node):
        found = _replaced(child, old, new)
        if found is not None:
            changed = copy.copy(node)
            if position is None:
                setattr(changed, field, found)
            else:
                entries = list(getattr(node, field))
                entries[position] = found
                setattr(changed, field, entries)
            return changed
        if not all(isinstance(part, PLAIN) for part in ast.walk(child)):
            return None
    return None


def _in_order(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """The parts of a node as Python computes them: a value before what it is assigned to."""
    fields = list(ast.iter_fields(node))
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        fields.sort(key=lambda field: field[0] != "value")
    for name, value in fields:
        if isinstance(value, ast.AST):
            yield name, None, value
        elif isinstance(value, list):
            for position, part in enumerate(value):
                if isinstance(part, ast.AST):
                    yield name, position, part
