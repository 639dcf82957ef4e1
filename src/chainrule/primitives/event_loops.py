"""Loops over the events of a solution, and branches on whether there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.graph.types import INT, Type
from chainrule.primitives.arithmetic import greater
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.broadcasting import in_full
from chainrule.primitives.control import IF, LOOP
from chainrule.primitives.sequence import index, zero_of
from chainrule.primitives.walker import ReverseWalker


def entry(array: Node, k: Node) -> Node:
    """``array[k]``."""
    entry: Node = array.graph.cursor.add(index, (array, k))
    return entry


def for_each(
    times: Node, states: Sequence[tuple[str, Node, Type]], step: Callable[..., tuple[Node, ...]]
) -> list[Node]:
    """What a loop over the events leaves its states with."""
    graph = times.graph
    body = Block(graph, graph.cursor)
    k = body.parameter("k", INT)
    inside = [body.parameter(name, type) for name, _, type in states]
    for parameter, (name, _, _) in zip(inside, states, strict=True):
        graph.names[parameter] = name
    with graph.inside(body):
        body.results = step(k, *inside)
    bounds = (graph.constant(0), dimension(times, axis=0), graph.constant(1))
    first = tuple(initial for _, initial, _ in states)
    loop = graph.cursor.add(LOOP, (*bounds, *first), ("range", None, body, False))
    return [graph.cursor.item(loop, place) for place in range(len(states))]


def _any(times: Node) -> Node:
    found: Node = greater(dimension(times, axis=0), times.graph.constant(0))
    return found


def where_any(
    times: Node,
    found: Callable[[], Sequence[Node]],
    like: Sequence[Node],
    otherwise: Callable[[Node], Node] = zero_of,
) -> list[Node]:
    """What is found where there are events; otherwise zeros, or what is made of the like."""
    graph = times.graph
    blocks = [Block(graph, graph.cursor) for _ in range(2)]
    with graph.inside(blocks[0]):
        blocks[0].results = tuple(found())
    with graph.inside(blocks[1]):
        blocks[1].results = tuple(map(otherwise, like))
    branch = graph.cursor.add(IF, (_any(times),), (*blocks, "statement"))
    return [graph.cursor.item(branch, k) for k in range(len(like))]


def any_times(times: Node, begin: Node) -> Node:
    """Times at which a solution may be asked for, also where there are no events."""
    graph, predicate = times.graph, _any(times)
    for block in graph.cursor.around():
        for step in block.steps:
            if step.op is IF and step.args == (predicate,) and _gives(step, times):
                return graph.cursor.item(step, 0)
    blocks = [Block(graph, graph.cursor) for _ in range(2)]
    blocks[0].results = (times,)
    with graph.inside(blocks[1]):
        blocks[1].results = (graph.cursor.add(literal, (begin,), ((1,), "float64")),)
    return graph.cursor.item(graph.cursor.add(IF, (predicate,), (*blocks, "expression")), 0)


def _gives(branch: Node, times: Node) -> bool:
    then = branch.params[0]
    return isinstance(then, Block) and then.results == (times,)


class Gathered:
    """A walk back whose adjoints are gathered.

    Of what does not move with ``fixed``; those of ``also`` are gathered, too.
    """

    def __init__(
        self, walker: ReverseWalker, fixed: Node | None = None, also: Sequence[Node] = ()
    ) -> None:
        self.walker, self.fixed, self.also = walker, fixed, also
        self.bars: dict[Node, Node] = {}

    def active(self, node: Node) -> bool:
        return node in self.also or (node is not self.fixed and self.walker.active(node))

    def accumulate(self, node: Node, value: Node) -> None:
        if self.active(node):
            known = self.bars.get(node)
            self.bars[node] = value if known is None else known + value


def pull_where_any(
    walker: ReverseWalker, node: Node, events: Node, back: Callable[[Any], None]
) -> None:
    """Walk back from what is known of events, where there are any."""
    args = [arg for arg in dict.fromkeys(node.args) if walker.active(arg)]

    def found() -> list[Node]:
        gathered = Gathered(walker, node)
        back(gathered)
        return [in_full(gathered.bars.get(arg), arg) for arg in args]

    for arg, bar in zip(args, where_any(events, found, args), strict=True):
        walker.accumulate(arg, bar)
