"""Numbers of NumPy's: their operators give nan and infinities where Python's would raise."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.graph.block import ITEM, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import Array
from chainrule.primitives import sequence
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    item_sources,
    loop_parts,
    next_states,
    owned_blocks,
)
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.declare import Primitive


def silent(graph: Graph, too: Callable[[Node], bool] | None = None) -> set[Node]:
    """What is, or is computed from, an array, an entry of one or a result of NumPy's functions.

    So are the steps that ``too`` tells.
    """
    steps = list(nodes_of(graph.body))
    work = [node for node in (*graph.body.parameters, *steps) if _of_numpy(node)]
    work += [step for step in steps if too is not None and too(step)]
    users = _users(steps, graph) if work else {}
    found: set[Node] = set()
    while work:
        node = work.pop()
        if node not in found:
            found.add(node)
            work += users.get(node, ())
    return found


def chooses(graph: Graph) -> bool:
    """Whether f may hide from its result what is nan or infinite on the way."""
    return any(
        step.op in (IF, TRY) or getattr(step.op, "chooses", False)
        for step in nodes_of(graph.body)
        if not step.origin.derivative
    )


def _users(steps: list[Node], graph: Graph) -> dict[Node, list[Node]]:
    """Which values are made of which, through branches and loops too."""
    users: dict[Node, list[Node]] = {}
    items: set[Node] = set()

    for step in steps:
        _read(step.args, users, items)
        for arg in step.args:
            users.setdefault(arg, []).append(step)
        if step.op is LOOP:
            _, initial, parameters = loop_parts(step)
            for start, parameter, after in zip(initial, parameters, next_states(step), strict=True):
                _read((start, after), users, items)
                users.setdefault(start, []).append(parameter)
                users.setdefault(after, []).append(parameter)
    return users


def _read(nodes: Iterable[Node], users: dict[Node, list[Node]], items: set[Node]) -> None:
    """Note what results of branches and loops are made of, where values are read."""
    stack = [*nodes][::-1]
    while stack:
        node = stack.pop()
        if node.op is ITEM and node not in items:
            items.add(node)
            sources = item_sources(node) if owned_blocks(node.args[0]) else node.args
            for source in sources:
                users.setdefault(source, []).append(node)
            stack += sources[::-1]


def _of_numpy(step: Node) -> bool:
    spelled = step.params and isinstance(step.op, Primitive) and step.op.callables
    entry = step.op is sequence.index and isinstance(step.args[0].type, Array)
    return bool(spelled) or entry or isinstance(step.type, Array)
