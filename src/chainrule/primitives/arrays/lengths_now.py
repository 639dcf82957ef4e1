"""What is true of lengths in the call for which code is made, and is watched from then on."""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.guard import Argument, Guard, Route
from chainrule.primitives.arrays.lengths import Length
from chainrule.primitives.arrays.measured import from_outside


def never_negative_now(length: Length, graph: Graph) -> bool:
    """Whether a sum of lengths of the caller's is at least 0; the code then rests on it."""
    total, texts, root = length.constant, [str(length.constant)], None
    for key, count in length.terms:
        outside = from_outside(key, graph)
        if outside is None or not isinstance(outside[1].root, Argument):
            return False
        size, route = outside
        total += count * size
        text = route.text if root is None else route.text.replace("_0_", outside[1].root.name)
        texts.append(f"{count} * {text}")
        root = root or route.root
    if root is None or total < 0:
        return False
    guard = Guard(Route(root, f"({' + '.join(texts)} >= 0)"), "is", True)
    graph.guards.setdefault(guard.key, guard)
    return True
