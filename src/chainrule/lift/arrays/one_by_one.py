"""``np.maximum.at`` and its like, spelled out: entries are changed one after the other.

They are lifted as if the user had written them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from chainrule.graph.types import BOOL, Type, unit_axes_of
from chainrule.lift.values import Static, Value

if TYPE_CHECKING:
    from chainrule.lift.arrays.calls import NumpyCalls

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

# Of one argument, and of two.
SINGLE = ("negative", "absolute", "abs", "sqrt", "exp", "log", "square", "reciprocal")
DOUBLE = ("multiply", "divide", "true_divide", "maximum", "minimum", "fmax", "fmin", "power")


def with_each(ufunc, a, indices, b):
    """``ufunc.at(a, indices, b)``, where ``b`` has an entry for each position."""
    if len(b) != len(indices):
        raise ValueError("array is not broadcastable to correct shape")
    for k in range(len(indices)):
        a[indices[k]] = ufunc(a[indices[k]], b[k])


def with_one(ufunc, a, indices, b):
    """The same with one number for all positions."""
    for k in range(len(indices)):
        a[indices[k]] = ufunc(a[indices[k]], b)


def alone(ufunc, a, indices):
    """``ufunc.at(a, indices)``."""
    for k in range(len(indices)):
        a[indices[k]] = ufunc(a[indices[k]])


def at_positions(name: str) -> Any:
    """The method ``at`` of a function of NumPy."""

    def lift(
        self: NumpyCalls, args: list[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        import numpy

        count = 2 if name in SINGLE else 3
        refusal = self.unsupported(
            f"this call of `np.{name}.at`",
            "Give it an array of floats with one axis and a list of positions in it, or loop.",
            node,
        )
        if keywords or len(args) != count:
            raise refusal
        target, where = self.array_node(args[0]), self.array_node(args[1])
        floats = target.type.differentiable and len(unit_axes_of(target.type)) == 1
        if not floats or len(unit_axes_of(where.type)) != 1 or _holds_bools(where.type):
            raise refusal
        ufunc, positions = Static(getattr(numpy, name)), self.boxed(where)
        if count == 2:
            return self.call(Static(alone), [ufunc, args[0], positions], {}, node)
        value = self.array_node(args[2])
        axes = unit_axes_of(value.type)
        if len(axes) > 1 or any(axes) or _holds_bools(value.type):
            raise refusal
        lifted = with_each if axes else with_one
        return self.call(Static(lifted), [ufunc, args[0], positions, self.boxed(value)], {}, node)

    return lift


def _holds_bools(type_: Type) -> bool:
    return type_ == BOOL or getattr(type_, "dtype", "") == "bool"


FORMS = {f"numpy.{name}.at": at_positions(name) for name in (*SINGLE, *DOUBLE)}
