"""Places to which comparisons of one function lead, taken at two of them, as in a simplex.

    if f(tried, p) < f(worst, p):
        worst = tried

The function may be computed anew, or kept beside the places; the places may stand in lists.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from chainrule.differentiate.activity import all_steps
from chainrule.differentiate.bisections import ORDERED
from chainrule.differentiate.halving import choice
from chainrule.differentiate.least_values import are_alike
from chainrule.differentiate.turns import Turns
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT

# Of so many values a number may be; what may be more is no function that is kept.
MOST = 12


def place_comparisons(turns: Turns, felt: Collection[Node]) -> list[Node]:
    """The comparisons in a turn of two values of one function, at places that are not felt."""
    found = []
    for step in all_steps(turns.body):
        if step.op in ORDERED and all(arg.type == FLOAT and arg in felt for arg in step.args):
            first, second = (_values(arg, turns) for arg in step.args)
            pairs = itertools.product(first, second)
            if any(one is not other and are_alike(one, other, felt) for one, other in pairs):
                found.append(step)
    return found


def _values(compared: Node, turns: Turns) -> list[Node]:
    """What a compared number may be: in this turn, and as the one before has left it."""
    found: dict[Node, None] = {compared: None}
    stack = [compared]
    while stack and len(found) < MOST:
        node = stack.pop()
        for each in _before(node, turns):
            if each not in found:
                found[each] = None
                stack.append(each)
    return list(found)


def _before(node: Node, turns: Turns) -> Iterator[Node]:
    if node in turns.states:
        leaves, _ = choice(turns, turns.states.index(node))
        yield from leaves
