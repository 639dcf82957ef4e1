"""``(x1, y1), (x2, y2) = points`` for a row taken apart behind the list that it is in."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Statement, Unpack
from chainrule.graph.types import Array, Sequence


def takes_row(statement: Statement, written: ast.stmt, following: ast.stmt) -> bool:
    """Whether ``following`` reads an item that ``written`` takes nothing of; then it does.

    ``statement`` is what ``written`` was made of: what it takes apart has its items by number.
    """
    if not isinstance(statement, Unpack) or not isinstance(statement.source.type, Array | Sequence):
        return False
    match written, following:
        case (
            ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Name(id=name)),
            ast.Assign(
                targets=[ast.Tuple() as row],
                value=ast.Subscript(value=ast.Name(id=base), slice=ast.Constant(value=int(k))),
            ),
        ):
            free = 0 <= k < len(targets) and all(map(_is_unused, targets[k:]))
            if name == base and free and name not in _names(row):
                targets[k] = row
                return True
    return False


def _is_unused(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "_"


def _names(row: ast.Tuple) -> set[str]:
    return {node.id for node in ast.walk(row) if isinstance(node, ast.Name)}
