"""Losses of ``least_squares``: with one of them it finds the least sum of what it makes of squares.

The names and the definitions are SciPy's: half the sum of ``scale**2 * rho((r / scale)**2)``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Type
from chainrule.lift.scipy.apart import apart
from chainrule.lift.values import Static, Value


class Loss(NamedTuple):
    """What is made of squares, and the number that residuals are divided by before."""

    rho: Any
    scale: Value


def soft_l1(z):  # type: ignore[no-untyped-def]
    """Close to z where that is small, and to twice its root where it is large."""
    import numpy as np

    return 2.0 * (np.sqrt(1.0 + z) - 1.0)


def cauchy(z):  # type: ignore[no-untyped-def]
    """Close to z where that is small, and to its logarithm where it is large."""
    import numpy as np

    return np.log1p(z)


def arctan(z):  # type: ignore[no-untyped-def]
    """Close to z where that is small, and nowhere above half of pi."""
    import numpy as np

    return np.arctan(z)


LOSSES = {"soft_l1": soft_l1, "cauchy": cauchy, "arctan": arctan}


def loss_of(lifter: Any, given: dict[str, Value], node: ast.AST) -> Loss | None:
    """The loss, None for the square itself; other losses are refused as options."""
    known, name = lifter.static_value(given.get("loss", Static("linear")))
    if not known or name == "linear":
        return None
    if name not in LOSSES:
        raise lifter.unsupported(
            "`least_squares` with a loss whose slope may jump, or that is no known one",
            f"Take one of {', '.join(LOSSES)}.",
            node,
        )
    return Loss(LOSSES[name], given.get("f_scale", Static(1.0)))


def cost(x, residuals, rho, scale, *args):  # type: ignore[no-untyped-def]
    """What ``least_squares`` makes least."""
    import numpy as np

    return 0.5 * scale**2 * np.sum(rho((residuals(x, *args) / scale) ** 2))


def weighed(
    lifter: Any,
    loss: Loss,
    function: Value,
    state: Type,
    extras: Sequence[Value],
    node: ast.AST,
) -> tuple[Function, tuple[Node, ...]]:
    """What is least at the solution, as a function of it, and the values that that takes."""

    def number(value: Value) -> Node:
        found: Node = lifter.node(value)
        if found.type != FLOAT:
            raise lifter.unsupported(
                "a loss of residuals that are no array of floats", "Return an array.", node
            )
        return found

    further = [function, Static(loss.rho), loss.scale, *extras]
    return apart(lifter, Static(cost), [state], further, number, "cost", node)
