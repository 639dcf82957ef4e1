"""Axes of length 1 are put in and taken out by subscripts."""

from __future__ import annotations

import ast
from typing import Any

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall, axes_of


def statics(value: Value) -> dict[str, Any]:
    """The static arguments of a call by name."""
    op = value.op
    assert isinstance(op, ArrayCall)
    return op.statics(value.params)


def expanded(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``expand_dims`` as a subscript."""
    axis, rank = statics(value)["axis"], len(unit_axes_of(value.type))
    new = {k % rank for k in ([axis] if isinstance(axis, int) else axis)}
    key = ", ".join("None" if k in new else ":" for k in range(rank))
    return speller.written(f"_0_[{key}]", *args)


def lost_axes(value: Value) -> list[int]:
    """The axes that ``squeeze`` takes out."""
    axis, units = statics(value)["axis"], unit_axes_of(value.args[0].type)
    if axis is None:
        return [k for k, unit in enumerate(units) if unit]
    return list(axes_of(axis, len(units)))


def squeezed(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``squeeze`` as a subscript."""
    lost, rank = lost_axes(value), len(unit_axes_of(value.args[0].type))
    key = ", ".join("0" if k in lost else ":" for k in range(rank))
    return speller.written(f"_0_[{key}]", *args) if lost else args[0]
