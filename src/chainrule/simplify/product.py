"""Products of derivative code in one normal form: a constant, factors, divisors.

A tree of multiplications, divisions and negations that nothing else uses is one product; its
constants meet, and what stands above and below the line cancels.  Cancelling is safe: the
divisors are values by which the code divides anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from chainrule.graph.block import ITEM
from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import (
    BOUNDED,
    as_float,
    divide,
    integral,
    multiply,
    negative,
    power,
    subtract,
)
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.simplify.rules import infinite_slope, multiple, root_slope

PRODUCT_OPS = (multiply, divide, negative)


@dataclass
class Product:
    """``constant * factors / divisors``."""

    constant: float = 1.0
    factors: list[Node] = field(default_factory=list)
    divisors: list[Node] = field(default_factory=list)
    # Differences in whose place the opposite one stands.
    flips: int = 0

    def put(self, node: Node, below: bool) -> None:
        """Take in one value that is not taken apart."""
        if node.op is negative and node.origin.derivative:
            self.constant, node = -self.constant, node.args[0]
        twin = _opposite(node)
        if twin is not None:
            self.constant, node = -self.constant, twin
            self.flips += 1
        value = float(constant_value(node)) if is_constant(node) else None
        if value is not None and not (below and value == 0.0):
            self.constant = self.constant / value if below else self.constant * value
        else:
            # A division by zero is left to those who run it.
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
        if not any(factor.op is ITEM for factor in self.factors):
            # Such a slope is what a branch gives; long products have mostly none.
            return
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
        """A constant that stands in front anyway takes in those of shared multiples.

        A minus sign does so where it meets another.
        """
        for position, factor in enumerate(self.factors):
            while self.constant != 1.0 and (found := multiple(factor)) is not None:
                if self.constant == -1.0 and found[0] > 0.0:
                    break
                scale, factor = found
                self.constant *= scale
                self.factors[position] = factor

    @property
    def has_edge(self) -> bool:
        """Whether a factor is infinite at an edge, where the rules for pairs know better."""
        return any(infinite_slope(factor) is not None for factor in self.factors)

    def build(self, one: Node) -> Node | None:
        """The expression; None where the constant has left the finite numbers."""
        if not math.isfinite(self.constant) or self.constant == 0.0:
            return None
        value: Node | None = None
        for factor in _floating_first(_powers(self.factors)):
            value = factor if value is None else multiply.build(value, factor)
        constant = one.graph.constant(self.constant)
        if value is None:
            value = constant
        elif self.constant == -1.0 and not self.divisors:
            return negative.build(value)
        elif self.constant != 1.0:
            value = multiply.build(constant, value)
        for divisor in _powers(self.divisors):
            value = divide.build(value, divisor)
        return value

    @property
    def cost(self) -> int:
        """Operations that building it takes."""
        above = len(self.factors) - _saved(self.factors)
        below = len(self.divisors) - _saved(self.divisors)
        if not self.factors:
            return below
        signed = self.constant == -1.0 and not self.divisors
        return above - 1 + below + (self.constant != 1.0 or signed)


def _floating_first(factors: list[Node]) -> list[Node]:
    """The factors so that no two of integer types are multiplied: NumPy's wrap around."""
    if len(factors) < 2 or not all(map(integral, factors[:2])):
        return factors
    for position, factor in enumerate(factors):
        if not integral(factor):
            return [factor, *factors[:position], *factors[position + 1 :]]
    return [as_float(factors[0]), *factors[1:]]


def _powers(nodes: list[Node]) -> list[Node]:
    """The factors, with a power for one of small values that comes three times or more."""
    found: list[Node] = []
    for node in dict.fromkeys(nodes):
        count = nodes.count(node)
        if count > 2 and node.op.name in BOUNDED:
            found.append(node.graph.cursor.add(power, (node, node.graph.constant(count))))
    return [node for node in nodes if nodes.count(node) < 3 or node.op.name not in BOUNDED] + found


def _saved(nodes: list[Node]) -> int:
    """Operations that powers save."""
    counts = [nodes.count(node) for node in dict.fromkeys(nodes) if node.op.name in BOUNDED]
    return sum(count - 2 for count in counts if count > 2)


def _opposite(node: Node) -> Node | None:
    """The difference the other way round, where it was there before."""
    if node.op is not subtract or not node.origin.derivative:
        return None
    twin = node.block.known(subtract, (node.args[1], node.args[0]))
    return twin if twin is not None and twin.serial < node.serial else None


def _is_square_of(square: Node, node: Node) -> bool:
    if square.op is power and is_constant(square.args[1], 2):
        return square.args[0] is node
    return square.op is multiply and square.args[0] is node and square.args[1] is node


def collect(
    root: Node, opens: Callable[[Node, Node], bool], mapped: Callable[[Node], Node]
) -> tuple[Product, int]:
    """The product whose last operation is ``root``, and how many operations it is made of.

    ``opens(node, user)`` tells whether an argument is part of the product.
    """
    leaves, opened = _leaves(root, opens)
    return _product_of(leaves, mapped), opened


def collect_deep(
    root: Node,
    opens: Callable[[Node, Node], bool],
    mapped: Callable[[Node], Node],
    gone: Callable[[Node, int], bool],
) -> tuple[Product, int]:
    """Like :func:`collect`, with what nothing but this product uses taken apart, powers too.

    ``gone(node, count)`` tells whether ``count`` uses are all that there are of a node.
    """
    leaves, opened = _leaves(root, opens)
    consumed: dict[Node, int] = {}
    for leaf in leaves:
        consumed[leaf[0]] = consumed.get(leaf[0], 0) + 1
    while True:
        node = next((leaf[0] for leaf in leaves if _opens_deep(leaf[0], consumed, gone)), None)
        if node is None:
            return _product_of(leaves, mapped), opened
        opened += 1
        parts = _parts(node)
        for part in dict.fromkeys(part for part, _ in parts):
            consumed[part] = consumed.get(part, 0) + node.args.count(part)
        sign = -1.0 if node.op is negative else 1.0
        leaves = [
            (part, below != under, at * (sign if leaf is node else 1.0) if first else 1.0)
            for leaf, below, at in leaves
            for first, part, under in _taken_apart(leaf, node, parts)
        ]


def _taken_apart(
    leaf: Node, node: Node, parts: list[tuple[Node, bool]]
) -> list[tuple[bool, Node, bool]]:
    """The parts in the place of ``node``; the first of them bears the sign."""
    if leaf is not node:
        return [(True, leaf, False)]
    return [(k == 0, part, under) for k, (part, under) in enumerate(parts)]


Leaf = tuple[Node, bool, float]


def _opens_deep(node: Node, consumed: dict[Node, int], gone: Callable[[Node, int], bool]) -> bool:
    if node.op is power:
        exponent = node.args[1]
        if not is_constant(exponent, 2, 3, 4):
            return False
    elif node.op not in PRODUCT_OPS:
        return False
    return gone(node, consumed[node])


def _parts(node: Node) -> list[tuple[Node, bool]]:
    """Factors and divisors of a product or power."""
    if node.op is power:
        return [(node.args[0], False)] * int(constant_value(node.args[1]))
    if node.op is negative:
        return [(node.args[0], False)]
    return [(node.args[0], False), (node.args[1], node.op is divide)]


def _leaves(root: Node, opens: Callable[[Node, Node], bool]) -> tuple[list[Leaf], int]:
    """What the product is made of: each below the line or not, and the sign in front."""
    leaves: list[Leaf] = []
    stack: list[tuple[Node, bool]] = [(root, False)]
    opened, sign = 0, 1.0
    while stack:
        node, below = stack.pop()
        opened += 1
        sign = -sign if node.op is negative else sign
        under = not below if node.op is divide else below
        pending: list[tuple[Node, bool]] = []
        for position, arg in enumerate(node.args):
            side = under if position == 1 else below
            if opens(arg, node):
                pending.append((arg, side))
            else:
                leaves.append((arg, side, 1.0))
        stack.extend(reversed(pending))
    if leaves:
        leaves[0] = (*leaves[0][:2], sign)
    return leaves, opened


def _product_of(leaves: list[Leaf], mapped: Callable[[Node], Node]) -> Product:
    product = Product()
    for node, below, sign in leaves:
        product.constant *= sign
        product.put(mapped(node), below)
    return product
