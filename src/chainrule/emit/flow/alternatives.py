"""``if a or b`` where two tests in a row lead to the same.

Rules choose case by case, and some cases have the same outcome::

    if x < low:                          if x < low or x > high:
        x_bar = 0.0                          x_bar = 0.0
    elif x > high:              means    else:
        x_bar = 0.0                          x_bar = y_bar
    else:
        x_bar = y_bar
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from chainrule.emit.flow.logic import both
from chainrule.emit.printing import negated

JUMPS = (ast.Return, ast.Break, ast.Continue)
EXCLUSIVE = (
    {ast.Gt, ast.Lt},
    {ast.GtE, ast.Lt},
    {ast.Gt, ast.LtE},
    {ast.Eq, ast.Lt},
    {ast.Eq, ast.Gt},
)
# Longer tests would pass the end of the line.
LONGEST = 56


def with_alternative(branch: ast.If) -> ast.If:
    """The branch with the test of its ``elif`` taken into its own where both arms are the same."""
    match branch:
        case ast.If(body=[body], orelse=[ast.If(body=[other]) as inner]):
            if _are_alike(body, other) and _are_short(branch.test, inner.test):
                return ast.If(_either(branch.test, inner.test), branch.body, inner.orelse)
    return branch


def with_inner_test(branch: ast.If) -> ast.If:
    """``if s and t: a else: b`` for ``if s: if t: a else: b`` and the same ``else: b``."""
    match branch:
        case ast.If(body=[ast.If(orelse=other) as inner], orelse=rest) if are_the_same(other, rest):
            if _are_short(branch.test, inner.test):
                return ast.If(both(branch.test, inner.test), inner.body, rest)
        case ast.If(
            body=[ast.Assign(value=ast.IfExp(test, value, other)) as chosen],
            orelse=[ast.Assign(value=rest) as otherwise],
        ) if are_the_same([*chosen.targets, other], [*otherwise.targets, rest]):
            if _are_short(branch.test, test):
                chosen.value = value
                return ast.If(both(branch.test, test), branch.body, branch.orelse)
    return branch


def unless(test: ast.expr, orelse: list[ast.stmt]) -> ast.If:
    """What is done where ``test`` fails: the second case first where that excludes the test.

    ``if not x > 0.0: if x < 0.0: a else: b`` is ``if x < 0.0: a elif not x > 0.0: b``.
    """
    match orelse:
        case [ast.If(orelse=[_, *_]) as inner] if _exclude(test, inner.test):
            return ast.If(inner.test, inner.body, [ast.If(negated(test), inner.orelse, [])])
    return ast.If(negated(test), orelse, [])


def _exclude(test: ast.expr, other: ast.expr) -> bool:
    """Whether two tests compare the same values and do not hold at once."""
    match test, other:
        case ast.Compare(left, [op], [right]), ast.Compare(left_too, [op_too], [right_too]):
            alike = _are_alike(left, left_too) and _are_alike(right, right_too)
            return alike and {type(op), type(op_too)} in EXCLUSIVE
    return False


def with_other_case(choice: ast.IfExp) -> ast.IfExp:
    """``a if s or t else b`` for ``a if s else a if t else b``; ``b if s else a`` of ``not s``."""
    match choice:
        case ast.IfExp(ast.UnaryOp(ast.Not(), test), first, second):
            if not isinstance(second, ast.IfExp):
                return ast.IfExp(test, second, first)
        case ast.IfExp(test, first, ast.IfExp(other, second, rest)):
            if _are_alike(first, second) and _are_short(test, other):
                return ast.IfExp(_either(test, other), first, rest)
        case ast.IfExp(test, ast.IfExp(other, first, second), rest):
            if _are_alike(second, rest) and _are_short(test, other):
                return ast.IfExp(both(test, other), first, rest)
    return choice


def follows(first: ast.stmt, second: ast.stmt) -> bool:
    """Whether ``second`` leaves as ``first`` does: then ``first`` asks for both."""
    match first, second:
        case ast.If(body=[body], orelse=[]), ast.If(body=[other], orelse=[]):
            leaves = isinstance(body, JUMPS) and _are_alike(body, other)
            if leaves and _are_short(first.test, second.test):
                first.test = _either(first.test, second.test)
                return True
    return False


def leave_once(first: ast.stmt, second: ast.stmt) -> None:
    """Do not leave at the end of an arm as is left behind the branch: ``first`` goes on there."""
    match first, second:
        case ast.If(
            body=[ast.If(orelse=[]) as inner, ast.Return() as last], orelse=[]
        ), ast.Return():
            if _are_alike(last, second) and _are_short(first.test, inner.test):
                first.test, first.body = both(first.test, inner.test), inner.body


def _are_alike(one: ast.AST, other: ast.AST) -> bool:
    return type(one) is type(other) and ast.dump(one) == ast.dump(other)


def are_the_same(some: Sequence[ast.AST], others: Sequence[ast.AST]) -> bool:
    """Whether two lists of statements or expressions say the same."""
    return len(some) == len(others) and all(map(_are_alike, some, others))


def _are_short(*tests: ast.expr) -> bool:
    return sum(len(ast.unparse(test)) for test in tests) <= LONGEST


def _either(*tests: ast.expr) -> ast.expr:
    parts: list[ast.expr] = []
    for test in tests:
        joined = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or)
        parts += test.values if joined else [test]  # type: ignore[attr-defined]
    return ast.BoolOp(ast.Or(), parts)
