"""Infinite slopes times what is not 0: they need no guard.

Nothing times an infinite slope is nothing, so that what it is multiplied by is compared with 0.
Where f has divided by it that can only be with numbers of NumPy's, and where it is a constant over
an argument only if that is infinite: nan is what then comes out, and no number that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.simplify.facts import factors_of


def all_endless(results: Iterable[Node], value: Node) -> bool:
    """Whether all results are infinity times ``value``: nan where that is 0."""
    found = list(results)
    return bool(found) and all(_is_endless(result, value) for result in found)


def _is_endless(result: Node, value: Node) -> bool:
    wanted = (value, *factors_of(value))
    above, below = _parts(result, wanted)
    if not any(is_constant(each) and math.isinf(constant_value(each)) for each in above):
        return False
    if value in above or (value.op is divide and value.args[1] in below):
        return True
    return len(wanted) > 1 and all(factor in above for factor in wanted[1:])


def _parts(result: Node, wanted: Collection[Node]) -> tuple[list[Node], list[Node]]:
    """What stands above and below the line; what is ``wanted`` is not taken apart."""
    above: list[Node] = []
    below: list[Node] = []
    stack = [result]
    while stack:
        node = stack.pop()
        if node in wanted:
            above.append(node)
        elif node.op is multiply or node.op is negative:
            stack += node.args
        elif node.op is divide:
            stack.append(node.args[0])
            below.append(node.args[1])
        else:
            above.append(node)
    return above, below
