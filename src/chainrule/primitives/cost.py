"""What a graph costs: operations counted, and weighted by about the time they take.

Each ``+ - * / // % **``, each negation and each call of a function counts one; comparisons,
reading, writing and arithmetic among constants count nothing; the body of a loop counts once.
Only what the result or an effect needs is counted.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from chainrule.graph.block import CONSTANT, ITEM, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import (
    IF,
    LOOP,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.declare import Linear, Primitive, Structured, is_constant
from chainrule.primitives.sequence import entrywise_add, exact_total, index_add, total
from chainrule.records import kept

# The operations on sequences that add numbers up.
ADDING: set[Linear] = {entrywise_add, exact_total, index_add, total}


def weight(node: Node) -> int:
    """About how many additions of floats evaluating ``node`` takes."""
    return int(node.op.cost) if isinstance(node.op, Primitive) else 0


def operations(graph: Graph) -> int:
    """Operations and calls that evaluating ``graph`` takes, each loop run once."""
    return Live(graph).operations


def counts(node: Node) -> bool:
    """Whether ``node`` is an operation that is counted."""
    op = node.op
    if not isinstance(op, Primitive):
        return False
    if isinstance(op, Linear):
        return op in ADDING
    if not op.cost:
        return False
    for arg in node.args:
        if arg.op is not CONSTANT:
            return True
    return not all(map(is_constant, node.args))


def nodes_of(block: Block) -> Iterator[Node]:
    """Every step of ``block`` and of the blocks inside it."""
    blocks = [block]
    while blocks:
        steps = blocks.pop().steps
        yield from steps
        for node in steps:
            if isinstance(node.op, Structured):
                blocks.extend(owned_blocks(node))


def mentioned(block: Block) -> Iterator[Node]:
    """The values that a block hands out, and that the steps in it, at any depth, use."""
    yield from block.results
    for step in nodes_of(block):
        yield from step.args
        for owned in owned_blocks(step):
            yield from owned.results


def uses_of(graph: Graph, steps: Iterable[Node]) -> Counter[Node]:
    """How often each value is an argument of ``steps`` of a graph, or leaves a block."""
    parts = [graph.body.results]
    for step in steps:
        parts.append(step.args)
        parts += [block.results for block in owned_blocks(step)]
    return Counter(itertools.chain.from_iterable(parts))


class Live:
    """Worklist from the results and the effects, or from ``needed``, to what they need."""

    def __init__(self, graph: Graph, needed: Sequence[Node] | None = None) -> None:
        self.nodes: set[Node] = set()
        self.columns: set[tuple[Node, int]] = set()
        self.work: list[Node] = []
        # The structured node around a block, and the loop and number of a state.
        self.owners: dict[Block, Node] = {}
        self.states: dict[Node, tuple[Node, int]] = {}
        effects: list[Node] = []
        blocks = [graph.body]
        while blocks:
            for node in blocks.pop().steps:
                op = node.op
                if isinstance(op, Structured):
                    for block in owned_blocks(node):
                        self.owners[block] = node
                        blocks.append(block)
                    if op is LOOP:
                        states = loop_parts(node)[2]
                        self.states.update({state: (node, k) for k, state in enumerate(states)})
                if op.effect:
                    effects.append(node)
        if needed is None:
            needed = [*graph.body.results, *effects]
        self.mark(*needed)
        while self.work:
            self.process(self.work.pop())

    def in_order(self) -> list[Node]:
        """The nodes in the order in which they were made."""
        return sorted(self.nodes, key=attrgetter("serial"))

    @kept
    def operations(self) -> int:
        """Operations and calls that evaluating them takes, each loop run once."""
        return sum(map(counts, self.nodes))

    def mark(self, *nodes: Node) -> None:
        known, work = self.nodes, self.work
        for node in nodes:
            if node not in known:
                known.add(node)
                work.append(node)

    def process(self, node: Node) -> None:
        """Mark what ``node`` needs, and the structure in which it stands."""
        self.place(node)
        op = node.op
        if op is ITEM and isinstance(node.args[0].op, Structured):
            self.mark(node.args[0])
            self.column(node.args[0], result_number(node))
        elif isinstance(op, Structured):
            self.mark(*control(node))
        elif node in self.states:
            self.column(*self.states[node])
        else:
            known, work = self.nodes, self.work
            for arg in node.args:
                if arg not in known:
                    known.add(arg)
                    work.append(arg)

    def place(self, node: Node) -> None:
        """Mark the structure in which ``node`` stands."""
        owner = self.owners.get(node.block)
        if owner is not None and owner not in self.nodes:
            self.mark(owner)

    def column(self, node: Node, k: int) -> None:
        """Mark what result ``k`` of a structured node is made of."""
        if (node, k) in self.columns:
            return
        self.columns.add((node, k))
        if node.op is LOOP:
            _, initial, _ = loop_parts(node)
            self.mark(initial[k], next_states(node)[k])
        elif node.op is IF:
            self.mark(*(block.results[k] for block in owned_blocks(node) if block.completes))
        elif k > 0:
            blocks = try_blocks(node.params)
            self.mark(*(block.results[k - 1] for block in blocks if block.completes))


def control(node: Node) -> list[Node]:
    """What decides how a structured node runs, whichever of its results are used."""
    params: Any = node.params
    if node.op is IF:
        return [node.args[0]]
    if node.op is not LOOP:
        # Which handler runs depends on everything in the body that can raise.
        return [step for step in nodes_of(params[0]) if getattr(step.op, "raises", True)]
    _, condition, body, breaks = params
    bounds = list(loop_parts(node)[0])
    decisions = [block.results[-1] for block in (condition, body if breaks else None) if block]
    return bounds + decisions
