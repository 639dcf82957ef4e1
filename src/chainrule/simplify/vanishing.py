"""Differences of derivative code that are zero by an identity of exponentials.

In the sensitivities of an option ``S * phi(d1)`` meets ``K * exp(-r * T) * phi(d2)``, which is
the same: what is computed is rounding noise, and what it is multiplied by is not needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph.block import GLOBAL, Graph
from chainrule.graph.guard import Route
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, subtract
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.declare import is_constant
from chainrule.simplify.signatures import Drawn, Undefined, is_drawn

# So many draws have to agree, and so many are tried.
DRAWS = 12
TRIED = 200
# Of more arguments whose signs have to be drawn as they are hardly ever so many draws are defined.
MOST_SIGNS = 6


class Vanishing(Copier):
    """A copy with 0 in the place of sums that vanish."""

    def __init__(self, source: Graph, zeros: set[Node]) -> None:
        super().__init__(source)
        self.zeros = zeros

    def copy(self, step: Node) -> Node:
        """The step, or 0."""
        if step not in self.zeros:
            return super().copy(step)
        self.map[step] = self.graph.constant(0.0)
        return self.map[step]


def vanishing(graph: Graph, live: Live) -> Vanishing | None:
    """The walk that leaves out what vanishes; None where nothing does."""
    exponentials = [node for node in live.nodes if node.op.name == "exp" and node.type == FLOAT]
    if len(exponentials) < 2:
        return None
    nodes = live.in_order()
    of_exponentials = set(exponentials)
    candidates: set[Node] = set()
    for node in nodes:
        if any(arg in of_exponentials for arg in node.args):
            of_exponentials.add(node)
            if all(arg in of_exponentials for arg in node.args) and _is_sum(node):
                candidates.add(node)
    zeros = _zeros(candidates, graph, {})
    numbers = _numbers(graph, _made_of(candidates - zeros))
    if numbers and (more := _zeros(candidates - zeros, graph, numbers)):
        # The code rests on these numbers: it is made anew when one of them changes.
        zeros |= more
        rested_on = set(_made_of(more))
        for node in numbers:
            if node in rested_on:
                module, name = map(str, node.params)
                route = Route(graph.scopes[module]).item(name)
                graph.guard(route, "is", graph.globals[module, name])
    return Vanishing(graph, zeros) if zeros else None


def _zeros(candidates: set[Node], graph: Graph, numbers: dict[Node, float]) -> set[Node]:
    """Which of the sums vanish at all arguments; globals may be known by their values."""
    needed = _made_of(candidates)
    roots = [node for node in needed if node.op.name in ("log", "sqrt")]
    positive = {node.args[0] for node in roots if node.block is graph.body}
    others = {node.args[0] for node in roots if is_drawn(node.args[0])} - positive - set(numbers)
    if len(others) > MOST_SIGNS:
        return set()
    agreed = 0
    for seed in range(TRIED):
        if not candidates or agreed == DRAWS:
            break
        drawn = Drawn(seed, positive, numbers)
        try:
            drawn.run(needed)
        except Undefined:
            continue
        agreed += 1
        candidates = {node for node in candidates if drawn[node].base == 0}
    return candidates if agreed == DRAWS else set()


def _numbers(graph: Graph, nodes: list[Node]) -> dict[Node, float]:
    """The floats among globals of modules that can be watched."""
    found: dict[Node, float] = {}
    for node in nodes:
        if node.op is GLOBAL:
            module, name = map(str, node.params)
            value = graph.globals[module, name]
            watched = graph.scopes.get(module, {}).get(name)
            if isinstance(value, float) and watched == value:
                found[node] = value
    return found


def _made_of(nodes: Iterable[Node]) -> list[Node]:
    """The nodes and all that they are computed from, in the order in which they were made."""
    found: set[Node] = set()
    work = list(nodes)
    while work:
        node = work.pop()
        if node not in found:
            found.add(node)
            work += node.args
    return sorted(found, key=lambda node: node.serial)


def _is_sum(node: Node) -> bool:
    return (
        node.op in (add, subtract)
        and node.type == FLOAT
        and node.origin.derivative
        and not any(map(is_constant, node.args))
    )
