"""Products of derivative code in one normal form: a constant, factors, divisors.

A tree of multiplications, divisions and negations that nothing else uses is one product; its
constants meet, and what stands above and below the line cancels.  Cancelling is safe: the
divisors are values by which the code divides anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import divide, multiply, negative, power
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.simplify.rules import infinite_slope, root_slope

PRODUCT_OPS = (multiply, divide, negative)


@dataclass
class Product:
    """``constant * factors / divisors``."""

    constant: float = 1.0
    factors: list[Node] = field(default_factory=list)
    divisors: list[Node] = field(default_factory=list)

    def put(self, node: Node, below: bool) -> None:
        """Take in one value that is not taken apart."""
        if node.op is negative and node.origin.derivative:
            self.constant, node = -self.constant, node.args[0]
        if is_constant(node):
            value = float(constant_value(node))
            self.constant = self.constant / value if below else self.constant * value
        else:
            (self.divisors if below else self.factors).append(node)

    def cancel(self) -> None:
        """Remove what stands above and below the line."""
        for factor in list(self.factors):
            for position, divisor in enumerate(self.divisors):
                if factor is divisor:
                    self._drop(factor)
                    del self.divisors[position]
                    break
                if _is_square_of(divisor, factor):
                    self._drop(factor)
                    self.divisors[position] = factor
                    break
                if _is_square_of(factor, divisor):
                    self._drop(factor)
                    self.factors.append(divisor)
                    del self.divisors[position]
                    break

    def _drop(self, factor: Node) -> None:
        self.factors.pop(next(k for k, known in enumerate(self.factors) if known is factor))

    def take_roots(self) -> None:
        """x * (slope of sqrt at x) has a limit at 0."""
        for first in list(self.factors):
            for second in list(self.factors):
                if first is second or first not in self.factors or second not in self.factors:
                    continue
                limit = root_slope(first, second, True, True)
                if limit is not None:
                    self._drop(first)
                    self._drop(second)
                    self.put(limit, below=False)

    def take_constants(self) -> None:
        """A constant that stands in front anyway takes in those of shared multiples."""
        for position, factor in enumerate(self.factors):
            if abs(self.constant) != 1.0 and _is_multiple(factor):
                self.constant *= float(constant_value(factor.args[0]))
                self.factors[position] = factor.args[1]

    @property
    def has_edge(self) -> bool:
        """Whether a factor is infinite at an edge, where the rules for pairs know better."""
        return any(infinite_slope(factor) is not None for factor in self.factors)

    def build(self, one: Node) -> Node | None:
        """The expression; None where the constant has left the finite numbers."""
        if not math.isfinite(self.constant) or self.constant == 0.0:
            return None
        value: Node | None = None
        for factor in self.factors:
            value = factor if value is None else multiply.build(value, factor)
        constant = one.graph.constant(self.constant)
        if value is None:
            value = constant
        elif self.constant == -1.0 and not self.divisors:
            return negative.build(value)
        elif self.constant != 1.0:
            value = multiply.build(constant, value)
        for divisor in self.divisors:
            value = divide.build(value, divisor)
        return value


def _is_square_of(square: Node, node: Node) -> bool:
    if square.op is power and is_constant(square.args[1], 2):
        return square.args[0] is node
    return square.op is multiply and square.args[0] is node and square.args[1] is node


def _is_multiple(node: Node) -> bool:
    return node.op is multiply and node.origin.derivative and is_constant(node.args[0])


def collect(
    root: Node, opens: Callable[[Node, Node], bool], mapped: Callable[[Node], Node]
) -> tuple[Product, int]:
    """The product whose last operation is ``root``, and how many operations it is made of.

    ``opens(node, user)`` tells whether an argument is part of the product.
    """
    product = Product()
    stack: list[tuple[Node, bool]] = [(root, False)]
    opened = 0
    while stack:
        node, below = stack.pop()
        opened += 1
        if node.op is negative:
            product.constant = -product.constant
        under = not below if node.op is divide else below
        pending: list[tuple[Node, bool]] = []
        for position, arg in enumerate(node.args):
            side = under if position == 1 else below
            if opens(arg, node):
                pending.append((arg, side))
            else:
                product.put(mapped(arg), side)
        stack.extend(reversed(pending))
    return product, opened
