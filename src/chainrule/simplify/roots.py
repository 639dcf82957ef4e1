"""Square roots in a product beside themselves, and beside what they are the roots of.

With ``r = sqrt(u)`` at hand ``x / r / r`` is ``x / u``, ``x * u / r`` is ``x * r``, and
``x * r / u`` is ``x / r``: an operation less, and a rounding less.  The code divides by the root
anyway, so where u is 0 either raises, or the limit is right.  A root stays where there was one:
below 0 it raises what f does, and ``x / u`` would not.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.elementary import sqrt


def without_roots(
    factors: Sequence[Node], divisors: Sequence[Node]
) -> tuple[list[Node], list[Node]] | None:
    """Factors and divisors, with what roots make together in their place; None as they are."""
    above, below = list(factors), list(divisors)
    for side, other in ((below, above), (above, below)):
        for root in [node for node in dict.fromkeys(side) if _is_root(node)]:
            others = [*above, *below]
            kept = 0 if any(root in node.args for node in others) else 1
            while side.count(root) > 1 + kept:
                side.remove(root)
                side[side.index(root)] = root.args[0]
            inside = root.args[0]
            if root in side and inside in other:
                side.remove(root)
                other[other.index(inside)] = root
    return None if (above, below) == (list(factors), list(divisors)) else (above, below)


def _is_root(node: Node) -> bool:
    return node.op is sqrt and node.type == FLOAT and node.args[0].type == FLOAT
