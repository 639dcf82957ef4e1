"""``and`` and ``or``, and comparisons in a row."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from chainrule.emit.plan import Value


def boolean(
    kind: Callable[[], ast.boolop],
) -> Callable[[Any, Value, list[ast.expr]], ast.expr]:
    """How ``and`` or ``or`` of two expressions is written; the same in a row is one."""

    def write(speller: Any, value: Value, args: list[ast.expr]) -> ast.expr:
        return _joined(kind, args)

    return write


def _joined(kind: Callable[[], ast.boolop], args: list[ast.expr]) -> ast.expr:
    parts: list[ast.expr] = []
    for arg in args:
        flat = isinstance(arg, ast.BoolOp) and isinstance(arg.op, kind)  # type: ignore[arg-type]
        parts.extend(arg.values if flat and isinstance(arg, ast.BoolOp) else [arg])
    if kind is ast.And:
        parts = _chained(parts)
    return ast.BoolOp(kind(), parts) if len(parts) > 1 else parts[0]


def both(first: ast.expr, second: ast.expr) -> ast.expr:
    """``first and second``."""
    return _joined(ast.And, [first, second])


def choice_of_truths(test: ast.expr, then: ast.expr, orelse: ast.expr) -> ast.expr:
    """``then if test else orelse`` of bools, by ``and`` or ``or`` where one of them is known."""
    match then, orelse:
        case ast.Constant(True), ast.Constant(False):
            return test
        case ast.Constant(True), _:
            return _joined(ast.Or, [test, orelse])
        case ast.Constant(False), _:
            return _joined(ast.And, [ast.UnaryOp(ast.Not(), test), orelse])
        case _, ast.Constant(False):
            return _joined(ast.And, [test, then])
        case _, ast.Constant(True):
            return _joined(ast.Or, [ast.UnaryOp(ast.Not(), test), then])
    return ast.IfExp(test, then, orelse)


def _chained(parts: list[ast.expr]) -> list[ast.expr]:
    """``a <= x < b`` for ``a <= x and x < b``: the names that are compared twice stand once."""
    found = parts[:1]
    for part in parts[1:]:
        last = found[-1]
        if (
            isinstance(last, ast.Compare)
            and isinstance(part, ast.Compare)
            and isinstance(part.left, ast.Name)
            and isinstance(last.comparators[-1], ast.Name)
            and part.left.id == last.comparators[-1].id
            and _direction(last) == _direction(part) != 0
        ):
            operators = [*last.ops, *part.ops]
            found[-1] = ast.Compare(last.left, operators, [*last.comparators, *part.comparators])
        else:
            found.append(part)
    return found


def _direction(compare: ast.Compare) -> int:
    """1 where a comparison goes up from left to right, -1 where it goes down, else 0."""
    if all(isinstance(operator, (ast.Lt, ast.LtE)) for operator in compare.ops):
        return 1
    return -1 if all(isinstance(operator, (ast.Gt, ast.GtE)) for operator in compare.ops) else 0
