"""Where an expression has a value: the steps that lead from a variable to it, taken back.

``s * exp(m + v * x)`` is ``k`` where x is ``(log(k / s) - m) / v``, if k / s is positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import greater
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE


class Taken(NamedTuple):
    """A step on the way: what it is with another operand, which may stand first, none if alone."""

    name: str
    other: Node | None = None
    first: bool = False


def way_back(side: Node, variable: Node) -> list[Taken] | None:
    """The steps from ``side`` back to the variable; None where one cannot be taken back."""
    found: list[Taken] = []
    while side is not variable:
        name, args = side.op.name, side.args
        if name in ALONE and len(args) == 1:
            found.append(Taken(name))
            side = args[0]
        elif name in BACK and len(args) == 2 and args[0] is not args[1]:
            depending = [k for k, arg in enumerate(args) if _depends(arg, variable)]
            if len(depending) != 1:
                return None
            k = depending[0]
            found.append(Taken(name, args[1 - k], first=k == 1))
            side = args[k]
        else:
            return None
    return found


def _depends(node: Node, variable: Node) -> bool:
    return any(each is variable for each in _behind(node))


def _behind(node: Node) -> Iterator[Node]:
    pending, seen = [node], set[Node]()
    while pending:
        each = pending.pop()
        if each not in seen:
            seen.add(each)
            yield each
            pending.extend(each.args)


def taken_back(value: Node, steps: Sequence[Taken], known: Callable[[Node], Node]) -> Node:
    """The variable where the steps lead to a value; ``known`` tells other operands."""
    for step in steps:
        if step.other is None:
            value = ALONE[step.name](value)
        else:
            value = BACK[step.name](value, known(step.other), step.first)
    return value


def falls(steps: Sequence[Taken]) -> bool:
    """Whether what the steps lead to falls with the variable, but for the signs of factors."""
    turned = (
        step.name == "negative" or (step.first and step.name in ("subtract", "divide"))
        for step in steps
    )
    return bool(sum(turned) % 2)


def factors(steps: Sequence[Taken]) -> list[Node]:
    """The factors by whose signs what the steps lead to rises or falls."""
    return [
        step.other
        for step in steps
        if step.other is not None and step.name in ("multiply", "divide")
    ]


def _logarithm(value: Node) -> Any:
    """No value of an exponential is 0 or less: none that is finite has it."""
    positive = greater(value, value.graph.constant(0.0))
    return select(positive, lambda: TABLE["log"](value), lambda: value.graph.constant(-math.inf))


def _difference(value: Any, other: Any, first: bool) -> Any:
    return other - value if first else value + other


def _quotient(value: Any, other: Any, first: bool) -> Any:
    return other / value if first else value * other


ALONE: dict[str, Callable[[Any], Any]] = {
    "negative": lambda value: -value,
    "exp": _logarithm,
    "log": lambda value: TABLE["exp"](value),
}
BACK: dict[str, Callable[[Any, Any, bool], Any]] = {
    "add": lambda value, other, first: value - other,
    "subtract": _difference,
    "multiply": lambda value, other, first: value / other,
    "divide": _quotient,
}
