"""Arrays without axes: compiled, they are numbers."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.emit.wording.unit_axes import statics
from chainrule.graph.types import FLOAT, Array, unit_axes_of


def copied(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``x.copy()``; a number is itself."""
    dtype = statics(value).get("dtype")
    if dtype is not None:
        return speller.written(f"_0_.astype(np.{dtype})", *args)
    if not unit_axes_of(value.args[0].type):
        return args[0]
    return ast.Call(ast.Attribute(args[0], "copy", ast.Load()), [], [])


def zeros(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``np.zeros_like(x)``; of a number ``0.0``."""
    if value.type in (FLOAT, Array("float64", ())):
        return ast.Constant(0.0)
    return speller.usual(value, args)


AXISLESS: dict[str, Form] = {"array_copy": copied, "array_zeros_like": zeros}
