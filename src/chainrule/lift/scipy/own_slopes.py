"""Slopes that a user hands to SciPy's solvers: they lead the search, and are not differentiated.

SciPy cannot give such a function and the one that is solved different values: each is handed over
with its own, as ``lambda x: slopes(x, scale)``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from chainrule.graph.function import Function
from chainrule.graph.node import Node
from chainrule.lift.values import Static, Value
from chainrule.primitives.solutions import Handed, System

KEYWORDS = {
    "fsolve": ("fprime",), "leastsq": ("Dfun",), "root": ("jac",), "least_squares": ("jac",),
    "minimize": ("jac", "hess"), "curve_fit": ("jac",), "fmin_bfgs": ("fprime",),
    "fmin_cg": ("fprime",),
}  # fmt: skip
Slopes = list[tuple[str, Value]]


def own_slopes(lifter: Any, name: str, given: dict[str, Value], node: ast.AST) -> Slopes:
    """The functions among the options, which are taken out of them; words stay there."""
    found: Slopes = []
    for keyword in KEYWORDS.get(name, ()):
        known, value = lifter.static_value(given.get(keyword, Static(None)))
        if known and not callable(value):
            if value is True:
                raise lifter.unsupported(
                    f"`{name}` of a function that gives its slopes, too",
                    f"Give the slopes as a function of their own, as `{keyword}`.",
                    node,
                )
            if value in (None, False):
                given.pop(keyword, None)
            continue
        found.append((keyword, given.pop(keyword)))
    return found


def handed_over(
    system: System,
    values: Sequence[Node],
    handed: Sequence[tuple[str | None, Function, Sequence[Node]]],
) -> tuple[System, tuple[Node, ...]]:
    """The system with functions that are given values of their own, and all values.

    ``values`` are those of what is solved, ``handed`` each function with its own.
    """
    every = list(values)
    told = []
    for keyword, function, taken in handed:
        every += [each for each in taken if each not in every]
        places = tuple(system.own + every.index(each) for each in taken)
        told.append(Handed(keyword, function.key, 1, places))
    return system._replace(handed=tuple(told), taken=len(values)), tuple(every)
