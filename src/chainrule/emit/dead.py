"""What of a graph is needed: the values that reach the result or an effect."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import Any

from chainrule.graph.block import ITEM, PARAMETER, Block, Graph, result_number
from chainrule.graph.node import Node
from chainrule.primitives.control import (
    IF,
    LOOP,
    TRY,
    loop_parts,
    next_states,
    owned_blocks,
    try_blocks,
)
from chainrule.primitives.cost import nodes_of
from chainrule.primitives.saturation import opposite_exp
from chainrule.primitives.sequence import display, record
from chainrule.records import dataclass

STRUCTURED = (IF, LOOP, TRY)


@dataclass
class Needed:
    """The needed nodes, the needed results of structured nodes, and how often each is used.

    ``states`` tells of every state of a loop which loop and state it is; ``read`` are the values
    that something is computed from, rather than handed on.
    """

    nodes: set[Node] = field(default_factory=set)
    columns: dict[Node, set[int]] = field(default_factory=dict)
    uses: Counter[Node] = field(default_factory=Counter)
    states: dict[Node, tuple[Node, int]] = field(default_factory=dict)
    read: set[Node] = field(default_factory=set)


def read_by(node: Node) -> tuple[Node, ...]:
    """The arguments of which a value is computed."""
    return node.args[:1] if node.op is opposite_exp else node.args


def may_raise(node: Node) -> bool:
    """Whether evaluating ``node`` can raise."""
    return bool(getattr(node.op, "raises", True))


def needed(graph: Graph) -> Needed:
    """What is left of ``graph`` when everything without a use is dropped.

    Loop states and results of branches vanish like any other value; a loop without a use stays
    when it has effects, or when it is f's own ``while`` and need not end.
    """
    walk = _Walk(graph)
    walk.run()
    return walk.found


class _Walk:
    """Worklist from the result and the effects to what they need."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.found = Needed()
        self.stack: list[Node] = []
        self.owner: dict[Block, Node] = {}

    def run(self) -> None:
        effects = []
        for node in nodes_of(self.graph.body):
            for block in owned_blocks(node):
                self.owner[block] = node
            if node.op is LOOP:
                self.found.states.update(
                    {state: (node, k) for k, state in enumerate(loop_parts(node)[2])}
                )
            endless = node.op is LOOP and node.params[0] == "while" and not node.origin.derivative
            if node.op.effect or endless:
                effects.append(node)
        for node in (*effects, *self.graph.body.results):
            self.mark(node)
        while self.stack:
            self.process(self.stack.pop())
        self.count()

    def mark(self, node: Node) -> None:
        if node not in self.found.nodes:
            self.found.nodes.add(node)
            self.stack.append(node)

    def process(self, node: Node) -> None:
        owner = self.owner.get(node.block)
        if owner is not None:
            self.mark(owner)
        if node.op is ITEM and node.args[0].op in STRUCTURED:
            self.column(node.args[0], result_number(node))
        elif node.op is PARAMETER:
            if node in self.found.states:
                self.column(*self.found.states[node])
        elif node.op in STRUCTURED:
            for used in self.always_used(node):
                self.mark(used)
        else:
            for arg in read_by(node):
                self.mark(arg)

    def always_used(self, node: Node) -> list[Node]:
        """What a structured node needs whichever of its results are used."""
        params: Any = node.params
        if node.op is IF:
            return [node.args[0]]
        if node.op is LOOP:
            used = list(loop_parts(node)[0])
            if params[1] is not None:
                used.append(params[1].results[0])
            if params[3]:
                used.append(params[2].results[-1])
            return used
        # Which handler runs depends on everything in the body that can raise.
        return [step for step in nodes_of(params[0]) if may_raise(step)]

    def column(self, node: Node, k: int) -> None:
        columns = self.found.columns.setdefault(node, set())
        if k in columns:
            return
        columns.add(k)
        self.mark(node)
        for used in column_values(node, k):
            self.mark(used)

    def count(self) -> None:
        uses = self.found.uses
        for node in self.found.nodes:
            if node.op in STRUCTURED:
                always = self.always_used(node) if node.op is not TRY else []
                uses.update(always)
                self.found.read.update(always)
                for k in self.found.columns.get(node, ()):
                    uses.update(column_values(node, k))
            else:
                uses.update(read_by(node))
                if node.op not in (record, display):
                    self.found.read.update(read_by(node))
        uses.update(self.graph.body.results)


def column_values(node: Node, k: int) -> list[Node]:
    """The values that result ``k`` of a structured node is made of."""
    if node.op is LOOP:
        _, initial, states = loop_parts(node)
        return [initial[k], states[k], next_states(node)[k]]
    blocks: tuple[Any, ...] = node.params[:2] if node.op is IF else try_blocks(node.params)
    if node.op is TRY:
        if k == 0:
            return []
        k -= 1
    return [block.results[k] for block in blocks if block.completes]
