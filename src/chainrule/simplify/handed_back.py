"""Rows that are added to rows of zeros, one by one, are these rows.

``A = [row[:] for row in A]`` copies what it is given; on the way back its adjoint is handed on::

    A_bar_1 = [[0.0] * len(row) for row in A]                   A_bar_1 = A_bar
    for i, A_bar_i in enumerate(A_bar):
        A_bar_1[i] = [p + q for p, q in zip(A_bar_1[i], A_bar_i)]
"""

from __future__ import annotations

from chainrule.graph.block import ITEM, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import LOOP, loop_body, loop_parts, next_states
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.list_lengths import ListLengths, count_of
from chainrule.primitives.sequence import entrywise_add, index, index_set, zeros_like


class HandedBack(Copier):
    """A copy in which results of such loops are the lists that they add up."""

    def __init__(self, source: Graph, lists: dict[tuple[Node, int], Node]) -> None:
        super().__init__(source)
        self.lists = lists

    def mapped(self, node: Node) -> Node:
        """What a value has become: of such a loop the list."""
        if node.op is ITEM:
            found = self.lists.get((node.args[0], result_number(node)))
            if found is not None:
                return super().mapped(found)
        return super().mapped(node)


def handed_back(graph: Graph) -> HandedBack | None:
    """The walk that leaves the additions out; None where there are none."""
    steps = list(nodes_of(graph.body))
    loops = [step for step in steps if step.op is LOOP and step.origin.derivative]
    if not loops:
        return None
    uses = uses_of(graph, steps)
    known = ListLengths()
    lists: dict[tuple[Node, int], Node] = {}
    for loop in loops:
        count = count_of(loop)
        if count is None:
            continue
        _, initial, states = loop_parts(loop)
        for k, (start, state) in enumerate(zip(initial, states, strict=True)):
            added = _added(loop, next_states(loop)[k], state)
            # A state is read to be added to, to be written, and by the loop itself.
            if start.op is not zeros_like or added is None or uses[state] > 3:
                continue
            key = known.of_count(count)
            if known.of(start) == key == known.of(added):
                lists[loop, k] = added
    return HandedBack(graph, lists) if lists else None


def _added(loop: Node, following: Node, state: Node) -> Node | None:
    """The list of which every row is added to that of the state, one in each step."""
    step = loop_body(loop).parameters[0]
    if following.op is not index_set or following.args[:2] != (state, step):
        return None
    total = following.args[2]
    if total.op is not entrywise_add:
        return None
    for own, other in (total.args, total.args[::-1]):
        reads = own.op is index and own.args == (state, step)
        if reads and other.op is index and other.args[1:] == (step,):
            added = other.args[0]
            if added is not state and added.block.encloses(loop.block):
                return added
    return None
