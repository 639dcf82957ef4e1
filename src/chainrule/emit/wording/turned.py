"""Entries are put into the opposite order by subscripts."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.wording.unit_axes import statics
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.call import axes_of


def flipped(speller: object, value: Value, args: list[ast.expr]) -> ast.expr:
    """``flip`` as a subscript: ``x[:, ::-1]``."""
    axis = statics(value).get("axis")
    if value.op.name in ("fliplr", "flipud"):
        axis = 1 if value.op.name == "fliplr" else 0
    along = axes_of(axis, len(unit_axes_of(value.type)))
    back = ast.UnaryOp(ast.USub(), ast.Constant(1))
    keys: list[ast.expr] = [
        ast.Slice(None, None, back if k in along else None) for k in range(max(along) + 1)
    ]
    key = keys[0] if len(keys) == 1 else ast.Tuple(keys, ast.Load())
    return ast.Subscript(args[0], key, ast.Load())
