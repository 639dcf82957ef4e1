"""An adjoint that starts as an argument is copied before a loop adds to it, not after.

w_bar = w                                 w_bar = w.copy()
for x in X:                               for x in X:
    w_bar = w_bar + x                         w_bar += x
return w_bar.copy()                       return w_bar
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.arrays.creation import array_copy
from chainrule.primitives.control import LOOP, loop_parts, next_states
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.owned import is_argument, may_be_given


class OwnedStarts(Copier):
    """A copy in which loops start with copies of such arguments."""

    def __init__(self, source: Graph, copies: dict[Node, Node]) -> None:
        super().__init__(source)
        self.items = set(copies.values())
        self.copies = copies

    def copy(self, step: Node) -> Node:
        """The step, or what the loop has made of its copy."""
        if step not in self.copies:
            return super().copy(step)
        self.map[step] = self.mapped(self.copies[step])
        self.named(step, self.map[step])
        return self.map[step]

    def replace(self, node: Node, args: tuple[Node, ...], params: tuple[object, ...]) -> Node:
        """The copy of a structured step, which starts with copies where they are wanted."""
        if node.op is LOOP:
            bounds, initial, _ = loop_parts(node)
            own = list(args)
            for k in range(len(initial)):
                if node.block.item(node, k) in self.items:
                    own[len(bounds) + k] = array_copy(args[len(bounds) + k])
            args = tuple(own)
        return super().replace(node, args, params)


def owned_starts(graph: Graph) -> OwnedStarts | None:
    """The walk that moves such copies; None where there are none."""
    steps = list(nodes_of(graph.body))
    if not any(step.op is array_copy and step.origin.derivative for step in steps):
        return None
    uses = uses_of(graph, steps)
    found: dict[Node, Node] = {}
    for step in steps:
        item = step.args[0] if step.op is array_copy and step.origin.derivative else None
        if item is None or item.op is not ITEM or item.args[0].op is not LOOP or uses[item] != 1:
            continue
        loop, k = item.args[0], result_number(item)
        start, then = loop_parts(loop)[1][k], next_states(loop)[k]
        if is_argument(start) and start.type == step.type and not may_be_given(then):
            found[step] = item
    return OwnedStarts(graph, found) if found else None
