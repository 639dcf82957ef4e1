"""The domain errors of f where its derivative would not notice: ``log(x)`` has 1/x for x < 0 too.

A gradient does not evaluate what it does not need.  Most operations that it drops fail in their
derivative as well (1/y, sqrt), or the derivative is right without them; but a logarithm has a
finite derivative outside its domain, and a number there would be silently wrong.  In the place of
such an operation stands a comparison, and the operation itself only where it is going to raise:

    if x <= 0.0:
        log(x)
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import DYNAMIC
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, LOOP, loop_body, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.declare import (
    TABLE,
    Interval,
    Primitive,
    resolve,
)
from chainrule.primitives.effect import CALL, DOMAIN
from chainrule.simplify.facts import Facts


def with_domains(graph: Graph) -> Graph:
    """``graph`` with checks where arguments may lie outside a domain and nothing else notices."""
    if not any(node.op is DOMAIN for node in nodes_of(graph.body)):
        return graph
    return _Checker(graph).run()


class _Checker(Copier):
    """A copy in which what a ``DOMAIN`` asks for is written out, or dropped."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        # The blocks that evaluate an operation, each on values of its own.
        self.evaluated: dict[tuple[str, tuple[Node, ...]], list[Block]] = {}
        for node in Live(source).in_order():
            if _is_quiet(node):
                self.evaluated.setdefault((node.op.name, node.args), []).append(node.block)
        # Where an argument has been seen to lie in a domain.
        self.seen: dict[tuple[Node, Interval], list[Block]] = {}
        self.facts = Facts()

    def structured(self, node: Node) -> None:
        arms = owned_blocks(node)
        if node.op is IF:
            for arm, truth in zip(arms, (True, False), strict=True):
                self.facts.enter(node.args[0], truth, arm)
        elif node.op is LOOP and node.params[0] != "while":
            self.facts.count(loop_body(node).parameters[0], node.args, node.block)
        super().structured(node)
        if node.op is IF:
            for arm, truth in zip(arms, (True, False), strict=True):
                if not arm.completes:
                    self.facts.assume(node.args[0], not truth, node.block)

    def copy(self, step: Node) -> Node:
        if step.op is not DOMAIN:
            return super().copy(step)
        self.see(step, TABLE[str(step.params[0])])
        return step

    def see(self, step: Node, op: Primitive) -> None:
        """Check the first argument, unless it is certain where it lies."""
        argument, domain = step.args[0], op.domain[0]
        around = list(step.block.around())
        if any(block in around for block in self.evaluated.get((op.name, step.args), ())):
            return
        blocks = self.seen.setdefault((argument, domain), [])
        if any(block in blocks for block in around):
            return
        blocks.append(step.block)
        if not self.facts.bounds(argument, step.block).lies_in(domain):
            self.check(step, op)

    def check(self, step: Node, op: Primitive) -> None:
        """``if`` the argument is outside the domain, the operation, which raises."""
        graph = self.graph
        args = tuple(map(self.mapped, step.args))
        predicate = outside(args[0], op.domain[0])
        then, orelse = Block(graph, graph.cursor), Block(graph, graph.cursor)
        module, _, name = op.callables[0].rpartition(".")
        function = graph.reference((module, name), resolve(op.callables[0]))
        slots = ", ".join(f"_{k + 1}_" for k in range(len(args)))
        then.add(CALL, (function, *args), (f"_0_({slots})", DYNAMIC, None), DYNAMIC)
        graph.cursor.add(IF, (predicate,), (then, orelse, "statement"))


def _is_quiet(node: Node) -> bool:
    return isinstance(node.op, Primitive) and node.op.quiet


def outside(value: Node, domain: Interval) -> Node:
    """Whether ``value`` is not in ``domain``; false for NaN."""
    below = arithmetic.less_equal if domain.open_low else arithmetic.less
    above = arithmetic.greater_equal if domain.open_high else arithmetic.greater
    found: Any
    if domain.low == -domain.high:
        found = above(arithmetic.absolute(value), domain.high)
    elif math.isinf(domain.high):
        found = below(value, domain.low)
    else:
        found = above(value, domain.high)
    assert isinstance(found, Node)
    return found
