"""Whether a graph is well formed: every value is computed before it is used, and in reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.errors import InternalError
from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, Leaf
from chainrule.graph.node import Node
from chainrule.graph.text import labelled_blocks, text


def verify(graph: Graph) -> None:
    """Raise :class:`InternalError` with the graph's text where a rule of the graph is broken.

    The rules: a step's arguments are leaves, parameters of a surrounding block or earlier steps;
    blocks of one node have equally many results; a loop hands on as many states as it has; the
    types of states agree with those of their initial values.
    """
    faults = list(_faults(graph))
    if faults:
        raise InternalError(f"{faults[0]}\n{text(graph)}")


def _faults(graph: Graph) -> Iterator[str]:
    ready: set[Node] = set(graph.body.parameters)
    stack: list[tuple[Block, int]] = [(graph.body, 0)]
    while stack:
        block, position = stack.pop()
        if position == len(block.steps):
            yield from _unready(block.results if block.completes else (), ready, "result")
            continue
        node = block.steps[position]
        stack.append((block, position + 1))
        if node.block is not block:
            yield f"{node!r} is a step of a block that it does not belong to"
        yield from _unready(node.args, ready, f"argument of %{node.serial}")
        inner = [found for _, found in labelled_blocks(node)]
        for each in reversed(inner):
            if each.graph is not graph:
                yield f"a block of {node!r} belongs to another graph"
            ready.update(each.parameters)
            stack.append((each, 0))
        yield from _shape(node, inner)
        # Values of arms may be used where it is certain that the arm was run.
        ready.add(node)


def _unready(nodes: tuple[Node, ...], ready: set[Node], what: str) -> Iterator[str]:
    for node in nodes:
        source = node.args[0] if node.op is ITEM else node
        if (not isinstance(source.op, Leaf) or source.op is PARAMETER) and source not in ready:
            yield f"{source!r} is used as {what} before it is computed"


def _shape(node: Node, blocks: list[Block]) -> Iterator[str]:
    if node.op.name in ("if", "try"):
        if len({len(block.results) for block in blocks}) > 1:
            yield f"the blocks of {node!r} have different numbers of results"
    elif node.op.name == "loop":
        body: Any = blocks[-1]
        bounds = 0 if node.params[0] == "while" else 3
        states = len(body.parameters) - (0 if bounds == 0 else 1)
        handed = len(body.results) - (1 if node.params[3] else 0)
        if body.completes and not states == handed == len(node.args) - bounds:
            initial = len(node.args) - bounds
            yield f"{node!r} has {states} states, hands on {handed}, starts with {initial}"
