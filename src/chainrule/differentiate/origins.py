"""What a value is made of: where a derivative may flow into it from, what it is picked out of."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from chainrule.differentiate.carrying import carrying_args
from chainrule.graph.block import CONSTANT, ITEM, PARAMETER, UNDEFINED
from chainrule.graph.node import Node, Op
from chainrule.primitives import sequence
from chainrule.primitives.choices import fmax, fmin, maximum, minimum
from chainrule.primitives.control import item_sources, owned_blocks, state_sources
from chainrule.primitives.declare import TABLE
from chainrule.primitives.extremes import python_max, python_min
from chainrule.primitives.left_end import prepend
from chainrule.primitives.rows import append_in

EXTREMES = (python_max, python_min, maximum, minimum, fmax, fmin)
# Which arguments an operation picks its result out of.
PICKS: dict[Op, tuple[int, ...]] = {
    sequence.index: (0,),
    sequence.index_set: (0, -1),
    sequence.append: (0, 1),
    append_in: (0, -1),
    prepend: (0, 1),
    sequence.concatenate: (0, 1),
    sequence.copy: (0,),
    sequence.as_tuple: (0,),
    sequence.backwards: (0,),
    sequence.slice_of: (0,),
    **dict.fromkeys(map(TABLE.__getitem__, ("sequence_max", "sequence_min")), (0,)),
    **dict.fromkeys(EXTREMES, (0, 1)),
}


def sources(nodes: Sequence[Node], stops: Callable[[Node], bool]) -> list[Node]:
    """Where a derivative may flow into ``nodes`` from; ``stops`` tells where the search ends."""
    found: dict[Node, None] = {}
    seen = set(nodes)
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if stops(node):
            found[node] = None
            continue
        structured = node.op is ITEM and owned_blocks(node.args[0])
        for arg in item_sources(node) if structured else carrying_args(node):
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return list(found)


def are_kin(nodes: Sequence[Node], now: Container[Node] = ()) -> bool:
    """Whether two values may be one: after ``m = max(a, b)`` ``m == a`` holds wherever a is chosen.

    That they are equal says nothing of a point then.  ``now`` are states of loops as they are in
    one step, whatever they were before it.
    """
    first, *others = (_chosen_from(node, now) for node in nodes)
    return any(not first.isdisjoint(other) for other in others)


def _chosen_from(node: Node, now: Container[Node]) -> set[Node]:
    """The values, and the lists and arrays, that a value is picked out of."""
    found: set[Node] = set()
    seen = {node}
    stack = [node]
    while stack:
        node = stack.pop()
        of: Iterable[Node] = ()
        if node.op in PICKS:
            of = [node.args[k] for k in PICKS[node.op] if k < len(node.args)]
        elif node.op is sequence.display:
            of = node.args
        elif node.op is ITEM and owned_blocks(node.args[0]):
            of = item_sources(node)
        elif node.op is PARAMETER and node.block.owner is not None and node not in now:
            of = state_sources(node, node.block.owner)
        if not of and node.op not in (CONSTANT, UNDEFINED):
            found.add(node)
        for each in of:
            if each not in seen:
                seen.add(each)
                stack.append(each)
    return found
