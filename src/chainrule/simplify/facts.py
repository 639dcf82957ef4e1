"""What is certain of values at a place: f has divided by them, or taken their logarithm."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.primitives import arithmetic
from chainrule.primitives.declare import constant_value, is_constant

# A value is not zero if the value it is made of, by one of these, is not.
THROUGH = {"negative", "positive", "absolute", "sqrt", "cbrt", "to_float", "square"}
LOGARITHMS = {"log", "log2", "log10"}


class Facts:
    """Values that are not zero, each with the block from which on that is certain."""

    def __init__(self) -> None:
        self._nonzero: dict[Node, Block] = {}

    def learn(self, step: Node, block: Block, mapped: Callable[[Node], Node]) -> None:
        """Take in what evaluating ``step`` without an exception shows."""
        if step.op is arithmetic.divide:
            self._add(mapped(step.args[1]), block)
        elif step.op.name in LOGARITHMS or (step.op is arithmetic.power and _exponent(step) < 0):
            self._add(mapped(step.args[0]), block)

    def _add(self, value: Node, block: Block) -> None:
        """A value is not zero, and so are its factors."""
        stack = [value]
        while stack:
            node = stack.pop()
            if node in self._nonzero:
                continue
            self._nonzero[node] = block
            if node.op is arithmetic.multiply:
                stack.extend(node.args)
            elif (
                node.op is arithmetic.divide
                or node.op.name in THROUGH
                or (node.op is arithmetic.power and _exponent(node) > 0)
            ):
                stack.append(node.args[0])

    def nonzero(self, node: Node, block: Block) -> bool:
        """Whether ``node`` is certainly not zero in ``block``."""
        if is_constant(node):
            return bool(constant_value(node) != 0)
        while True:
            known = self._nonzero.get(node)
            current: Block | None = block
            while known is not None and current is not None:
                if current is known:
                    return True
                current = current.parent
            if node.op.name in THROUGH or (node.op is arithmetic.power and _exponent(node)):
                node = node.args[0]
            else:
                return False

    def decide(self, predicate: Node, block: Block) -> bool | None:
        """The truth of a comparison with zero, where it is certain."""
        if is_constant(predicate):
            return bool(constant_value(predicate))
        if predicate.op not in (arithmetic.equal, arithmetic.not_equal):
            return None
        left, right = predicate.args
        if is_constant(left, 0):
            left, right = right, left
        if is_constant(right, 0) and self.nonzero(left, block):
            return predicate.op is arithmetic.not_equal
        return None


def _exponent(node: Node) -> float:
    """The constant exponent of a power, 0 where it is none."""
    return float(constant_value(node.args[1])) if is_constant(node.args[1]) else 0.0
