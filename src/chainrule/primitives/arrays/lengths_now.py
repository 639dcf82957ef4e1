"""What is true of lengths in the call for which code is made, and is watched from then on."""

from __future__ import annotations

from chainrule.graph.block import Graph
from chainrule.graph.guard import Argument, Guard, Route
from chainrule.primitives.arrays.lengths import Length
from chainrule.primitives.arrays.measured import given_of


def never_negative_now(length: Length, graph: Graph) -> bool:
    """Whether a sum of lengths of the caller's is at least 0; the code then rests on it."""
    total, texts, root = length.constant, [str(length.constant)], None
    for key, count in length.terms:
        found = given_of(key[1], graph) if key[0] in ("given", "number") else None
        if found is None or found.shape is None or found.route is None:
            return False
        owner = found.route.root
        if not isinstance(owner, Argument):
            return False
        is_axis = key[0] == "given"
        total += count * found.shape[key[2] if is_axis else 0]
        text = found.route.text + (f".shape[{key[2]}]" if is_axis else "")
        texts.append(f"{count} * {text if root is None else text.replace('_0_', owner.name)}")
        root = root or owner
    if root is None or total < 0:
        return False
    guard = Guard(Route(root, f"({' + '.join(texts)} >= 0)"), "is", True)
    graph.guards.setdefault(guard.key, guard)
    return True
