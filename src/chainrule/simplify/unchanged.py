"""What a walk of simplification has left as it was, and the next one need not try again.

A rule looks at a value, at what it is made of and at how often that is used.  Where nothing of
this has changed since the walk before, a value is copied.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set

from chainrule.graph.block import PARAMETER
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.copying import Copier
from chainrule.simplify.product import PRODUCT_OPS
from chainrule.simplify.sums import SUM_OPS

# How many steps down rules look beyond the sum or product that they begin with.
DEPTH = 3


def altered(walk: Copier, live: Set[Node]) -> set[Node]:
    """The new values of which the operation, or an argument, is not the copy of the old one."""
    found: set[Node] = set()
    known = walk.map
    for node in live:
        new = known.get(node)
        if new is None or node.op is PARAMETER:
            continue
        if new.op is not node.op or len(new.args) != len(node.args):
            found.add(new)
            continue
        for old, arg in zip(node.args, new.args, strict=True):
            if walk.mapped(old) is not arg or arg.op is not old.op:
                found.add(new)
                break
    return found


class Uses:
    """How often values of a graph are used, and by which last."""

    def __init__(self, uses: Mapping[Node, int], user: Mapping[Node, Node]) -> None:
        self.uses = uses
        self.user = user


def unchanged(
    nodes: Sequence[Node], now: Uses, walk: Copier, before: Uses, altered: Set[Node], sums: bool
) -> set[Node]:
    """The numbers of derivative code, of ``nodes`` in order, that ``walk`` has left as they were.

    Without ``sums`` these are not among them.
    """
    old = {new: node for node, new in walk.map.items()}
    # How many steps down the next change is.
    distance: dict[Node, float] = {}
    found: set[Node] = set()

    def is_new(node: Node) -> bool:
        if node in altered or node not in old:
            return True
        was = old[node]
        user = before.user.get(was)
        if now.user.get(node) is not (None if user is None else walk.map.get(user)):
            return True
        return any(
            arg.args and now.uses.get(arg) != before.uses.get(old.get(arg, arg))
            for arg in node.args
        )

    for node in nodes:
        if not node.origin.derivative or node.type is not FLOAT:
            if node in altered:
                distance[node] = 0.0
            continue
        if is_new(node):
            distance[node] = 0.0
            continue
        nearest = math.inf
        for arg in node.args:
            opens = (arg.op in PRODUCT_OPS or arg.op in SUM_OPS) and now.uses.get(arg) == 1
            nearest = min(nearest, distance.get(arg, math.inf) + (0.0 if opens else 1.0))
        distance[node] = nearest
        if nearest > DEPTH and (sums or node.op not in SUM_OPS):
            found.add(node)
    return found
