"""Entries of adjoints that a loop writes and no later step reads.

The way back through ``y[i] = g(y[i - 1])`` takes the adjoint of an entry, clears it and goes on to
the entry before.  Where nothing reads the adjoint after the loop, it need not be cleared::

    for i in reversed(range(1, n)):             for i in reversed(range(1, n)):
        y_bar_i = y_bar[i]                          y_bar_i = y_bar[i]
        y_bar[i] = 0.0                              y_bar[i - 1] += y_bar_i * slope
        y_bar[i - 1] += y_bar_i * slope
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.primitives.control import LOOP, loop_body, loop_parts, next_states, step_of
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import nodes_of, uses_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.linear_forms import linear_form
from chainrule.primitives.sequence import index, index_add, index_set

WRITES = (index_set, index_add)


class Forgetting(Copier):
    """A copy without the writes that no step reads."""

    def __init__(self, source: Graph, forgotten: Collection[Node]) -> None:
        super().__init__(source)
        self.forgotten = forgotten

    def copy(self, step: Node) -> Node:
        """The step, or what it writes to as it was."""
        if step not in self.forgotten:
            return super().copy(step)
        self.map[step] = self.mapped(step.args[0])
        return self.map[step]


def forgotten(graph: Graph) -> Forgetting | None:
    """The walk that leaves such writes out; None where there are none."""
    steps = list(nodes_of(graph.body))
    if not any(step.op is LOOP for step in steps) or not any(step.op in WRITES for step in steps):
        return None
    uses = uses_of(graph, steps)
    found = {
        write
        for loop in steps
        if loop.op is LOOP and loop.params[0] != "while" and not loop.params[3]
        for k in range(len(loop_parts(loop)[2]))
        if not uses[loop.block.item(loop, k)]
        for write in _unread(loop, k, uses)
    }
    return Forgetting(graph, found) if found else None


def _unread(loop: Node, k: int, uses: Counter[Node]) -> Iterator[Node]:
    """Writes to state ``k`` whose entry no later step reads."""
    start = loop_parts(loop)[0][0]
    versions = versions_of(loop, k, uses)
    if versions is None or step_of(loop) != 1 or not is_constant(start):
        return
    places = {
        node: offset_of(node.args[1], loop) for node in versions if node.op in (*WRITES, index)
    }
    lowest = constant_value(start)
    if any(place is None or place + lowest < 0 for place in places.values()):
        # Below 0 an entry is one from the end.
        return
    age = {node: position for position, node in enumerate(versions)}
    reads = [(place, age[node]) for node, place in places.items() if node.op is index]
    onward = 1 if loop.params[0] == "range" else -1
    for write, place in places.items():
        if write.op is index or not write.origin.derivative:
            continue
        later = any(
            onward * (place - read) > 0 or (place == read and when > age[write])  # type: ignore[operator]
            for read, when in reads
        )
        if not later:
            yield write


def versions_of(loop: Node, k: int, uses: Counter[Node]) -> list[Node] | None:
    """A state, its versions and what reads them, in order; None where anything else uses it."""
    state, last = loop_parts(loop)[2][k], next_states(loop)[k]
    found = [state]
    current, left = state, uses[state]
    for step in loop_body(loop).steps:
        if current not in step.args:
            continue
        if step.op not in (*WRITES, index) or current is not step.args[0]:
            return None
        left -= sum(arg is current for arg in step.args)
        found.append(step)
        if step.op in WRITES:
            if left:
                return None
            current, left = step, uses[step]
    return found if current is last and left == 1 else None


def offset_of(place: Node, loop: Node) -> int | None:
    """By how much a place is behind the index of a loop, if that is known."""
    distance = linear_form(place) - linear_form(loop_body(loop).parameters[0])
    return None if distance.terms else distance.constant
