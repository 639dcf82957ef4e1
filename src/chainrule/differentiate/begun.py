"""Loops that run until something is equal, and may begin where it is.

    x = 1.0
    while x * x != a:
        x = 0.5 * (x + a / x)

Where no step is run, at ``a == 1``, what the loop gives is the slope of where it began, and beside
that point steps are run.
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.differentiate.origins import sources
from chainrule.differentiate.points import (
    UNKNOWN,
    Doubt,
    Meeting,
    Points,
    equal_nodes,
    refuse_points,
)
from chainrule.graph.block import ITEM, Block, Graph, inside
from chainrule.graph.node import Node
from chainrule.primitives.control import IF, loop_parts, owned_blocks, raised
from chainrule.primitives.effect import RAISE


def refuse_begun(
    graph: Graph, points: Points, loop: Node, doubt: Doubt, mapped: Callable[[Node], Node]
) -> None:
    """Append what raises where ``loop`` runs no step as what it asks for is equal from the start.

    ``mapped`` gives what a value before the loop has become in ``graph``.
    """
    condition = loop.params[1]
    if not isinstance(condition, Block) or _is_refused(graph):
        return
    _, initial, states = loop_parts(loop)
    begun = dict(zip(states, initial, strict=True))

    def value(node: Node) -> Node:
        """What a value of the condition is when that is asked for the first time."""
        if node in begun:
            return mapped(begun[node])
        if not inside(node, condition):
            return mapped(node)
        return graph.cursor.add(node.op, tuple(map(value, node.args)), node.params, node.type)

    for nodes in equal_nodes(points.known_equal(condition.results[0], False, condition)):
        made_of = sources(nodes, lambda node: node in begun or not inside(node, condition))
        if len(nodes) != 2 or not all(_is_plain(node, condition, begun) for node in nodes):
            continue
        met = tuple(map(value, nodes))
        begin = tuple(begun.get(node, node) for node in made_of)
        refuse_points(graph, (Meeting(met),), _about(doubt, begin))


def _about(doubt: Doubt, values: tuple[Node, ...]) -> Doubt:
    """The doubt about ``values``, whatever else is asked for."""
    return lambda nodes: doubt(values)


def _is_plain(node: Node, condition: Block, begun: dict[Node, Node]) -> bool:
    """Whether a value is computed where a condition is asked, and not behind an ``and`` in it."""
    if node in begun or not inside(node, condition):
        return True
    if node.block is not condition or node.op is ITEM:
        return False
    return all(_is_plain(arg, condition, begun) for arg in node.args)


def _is_refused(graph: Graph) -> bool:
    """Whether this line was refused before, as in what is differentiated a second time."""
    text = raised(graph, UNKNOWN)
    arms = (owned_blocks(step)[0] for step in graph.cursor.steps if step.op is IF)
    return any(step.op is RAISE and step.params == (text,) for arm in arms for step in arm.steps)
