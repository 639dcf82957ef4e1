"""How lists are written that get an entry at an end, or lose one."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.emit.plan import POP, Value
from chainrule.primitives.left_end import drop_first, prepend
from chainrule.primitives.sequence import append, drop_last

if TYPE_CHECKING:
    from chainrule.emit.wording.expressions import Speller


def _append(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return ast.List([ast.Starred(args[0], ast.Load()), args[1]], ast.Load())


def _prepend(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return ast.List([args[1], ast.Starred(args[0], ast.Load())], ast.Load())


def _drop_last(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    end = ast.UnaryOp(ast.USub(), ast.Constant(1))
    return ast.Subscript(args[0], ast.Slice(None, end, None), ast.Load())


def _drop_first(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    return ast.Subscript(args[0], ast.Slice(ast.Constant(1), None, None), ast.Load())


def _pop(speller: Speller, value: Value, args: list[ast.expr]) -> ast.expr:
    row = args[0]
    for place in args[1:]:
        row = ast.Subscript(row, place, ast.Load())
    first: list[ast.expr] = [ast.Constant(0)] if value.params == ("first",) else []
    return ast.Call(ast.Attribute(row, "pop", ast.Load()), first, [])


ENDS: dict[str, Callable[[Speller, Value, list[ast.expr]], ast.expr]] = {
    append.name: _append,
    prepend.name: _prepend,
    drop_last.name: _drop_last,
    drop_first.name: _drop_first,
    POP.name: _pop,
}
