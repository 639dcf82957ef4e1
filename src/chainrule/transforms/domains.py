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
from collections.abc import Iterator
from typing import Any

from chainrule.graph.block import GLOBAL, ITEM, Block, Graph
from chainrule.graph.node import Node, Op
from chainrule.graph.types import DYNAMIC
from chainrule.primitives import arithmetic
from chainrule.primitives.control import IF, owned_blocks
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live, nodes_of
from chainrule.primitives.declare import (
    TABLE,
    Interval,
    Primitive,
    constant_value,
    is_constant,
    resolve,
)
from chainrule.primitives.effect import CALL, DOMAIN

# Functions whose results are at least zero; exp underflows to it.
NONNEGATIVE_RESULTS = {"exp", "exp2", "expit", "sqrt", "absolute", "square", "hypot"}
DEEPEST = 12
# Comparisons: whether the left side is the greater one, and whether the sides differ.
ORDERINGS: dict[Op, tuple[bool, bool]] = {
    arithmetic.greater: (True, True),
    arithmetic.greater_equal: (True, False),
    arithmetic.less: (False, True),
    arithmetic.less_equal: (False, False),
}


def with_domains(graph: Graph) -> Graph:
    """``graph`` with checks where arguments may lie outside a domain and nothing else notices."""
    if not any(node.op is DOMAIN for node in nodes_of(graph.body)):
        return graph
    return _Checker(graph).run()


class _Checker(Copier):
    """A copy in which what a ``DOMAIN`` asks for is written out, or dropped."""

    def __init__(self, source: Graph) -> None:
        super().__init__(source)
        live = Live(source).nodes
        self.evaluated = {(node.op.name, node.args): node for node in live if _is_quiet(node)}
        # Where an argument has been seen to lie in a domain, and which predicates hold.
        self.seen: dict[tuple[Node, Interval], list[Block]] = {}
        self.facts: dict[Block, list[tuple[Node, bool]]] = {}

    def structured(self, node: Node) -> None:
        arms = owned_blocks(node)
        if node.op is IF:
            for arm, truth in zip(arms, (True, False), strict=True):
                self.facts.setdefault(arm, []).append((node.args[0], truth))
        super().structured(node)
        if node.op is IF:
            for arm, truth in zip(arms, (True, False), strict=True):
                if not arm.completes:
                    self.facts.setdefault(node.block, []).append((node.args[0], not truth))

    def copy(self, step: Node) -> Node:
        if step.op is not DOMAIN:
            return super().copy(step)
        self.see(step, TABLE[str(step.params[0])])
        return step

    def see(self, step: Node, op: Primitive) -> None:
        """Check the first argument, unless it is certain where it lies."""
        argument, domain = step.args[0], op.domain[0]
        around = list(_around(step.block))
        evaluated = self.evaluated.get((op.name, step.args))
        if evaluated is not None and evaluated.block in around:
            return
        blocks = self.seen.setdefault((argument, domain), [])
        if any(block in blocks for block in around):
            return
        blocks.append(step.block)
        if not self.lies_in(argument, domain, around):
            self.check(step, op)

    def lies_in(self, value: Node, domain: Interval, around: list[Block]) -> bool:
        """Whether ``value`` certainly lies in ``domain``."""
        if not math.isinf(domain.high):
            return False
        if _suffices(lowest(value), domain):
            return True
        facts = [fact for block in around for fact in self.facts.get(block, ())]
        return any(_suffices(bound, domain) for bound in _bounds(facts, value))

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


def _around(block: Block | None) -> Iterator[Block]:
    while block is not None:
        yield block
        block = block.parent


Bound = tuple[float, bool]


def _suffices(bound: Bound | None, domain: Interval) -> bool:
    """Whether what is above ``bound`` (strictly, if so) lies in ``domain``."""
    if bound is None:
        return False
    low, strict = bound
    return low > domain.low or (low == domain.low and (strict or not domain.open_low))


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


def lowest(value: Node, depth: int = 0) -> tuple[float, bool] | None:
    """``(bound, strict)``: what a value is certainly above; None where nothing is certain."""
    name = value.op.name
    if is_constant(value):
        number = constant_value(value)
        return (float(number), False) if isinstance(number, (int, float)) else None
    if value.op is GLOBAL and value.params[0] in ("math", "numpy"):
        return (float(value.graph.globals[str(value.params[0]), str(value.params[1])]), False)
    if name == "cosh":
        return (1.0, False)
    if name in NONNEGATIVE_RESULTS:
        return (0.0, False)
    if depth > DEEPEST:
        return None
    if name == "multiply" and value.args[0] is value.args[1]:
        return (0.0, False)
    if name == "add":
        parts = [lowest(arg, depth + 1) for arg in value.args]
        known = [part for part in parts if part is not None]
        if len(known) == 2:
            return (known[0][0] + known[1][0], known[0][1] or known[1][1])
    if name in ("multiply", "divide"):
        parts = [lowest(arg, depth + 1) for arg in value.args]
        bounds = [part[0] for part in parts if part is not None and part[0] >= 0.0]
        if len(bounds) == 2:
            return (bounds[0] * bounds[1] if name == "multiply" else 0.0, False)
    return None


def _bounds(facts: list[tuple[Node, bool]], value: Node) -> Iterator[Bound]:
    """Lower bounds of ``value`` that the truth of predicates shows."""
    stack = list(facts)
    while stack:
        predicate, truth = stack.pop()
        op = predicate.op
        if op is arithmetic.logical_not:
            stack.append((predicate.args[0], not truth))
        elif op is ITEM and predicate.args[0].op is IF:
            stack.extend(_parts(predicate, truth))
        elif op in ORDERINGS:
            left, right = predicate.args
            upward, strict = ORDERINGS[op]
            if not truth:
                # Of NaN nothing is true; but it makes no function raise.
                upward, strict = not upward, not strict
            if not upward:
                left, right = right, left
            bound = lowest(right)
            if left is value and bound is not None:
                yield bound[0], bound[1] or strict


def _parts(predicate: Node, truth: bool) -> list[tuple[Node, bool]]:
    """What ``a and b``, where true, or ``a or b``, where false, shows of a and b."""
    branch, k = predicate.args[0], int(str(predicate.params[0]))
    then, orelse = owned_blocks(branch)
    if branch.params[2] == "and" and truth:
        return [(branch.args[0], True), (then.results[k], True)]
    if branch.params[2] == "or" and not truth:
        return [(branch.args[0], False), (orelse.results[k], False)]
    return []
