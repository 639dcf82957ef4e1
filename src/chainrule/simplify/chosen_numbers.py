"""Numbers that a choice between numbers is multiplied by go into the numbers.

An array takes one pass over its entries less::

    -np.where(z == 0.0, 0.5 * C, C) / n         np.where(z == 0.0, -0.5 * C / n, -C / n)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, unit_axes_of
from chainrule.primitives.choices import where
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.simplify.passes import arranged
from chainrule.simplify.product import Product


def is_of_numbers(node: Node) -> bool:
    """Whether derivative code chooses entry by entry between two floats of Python's."""
    numbers = node.op is where and all(arm.type == FLOAT for arm in node.args[1:])
    return numbers and node.origin.derivative and bool(unit_axes_of(node.type))


def take_numbers_in(product: Product, choices: Iterable[Node], one: Node) -> bool:
    """Multiply the numbers of one of ``choices`` by those of ``product``; whether there are any."""
    chosen = next((node for node in choices if product.factors.count(node) == 1), None)
    if chosen is None:
        return False
    above = [node for node in product.factors if node.type == FLOAT]
    below = [node for node in product.divisors if node.type == FLOAT]
    if not (above or below) and product.constant == 1.0:
        return False
    mask, *arms = chosen.args

    def times(arm: Node) -> Node:
        if is_constant(arm) and constant_value(arm) == 0:
            return arm
        part = Product(product.constant, list(above), list(below))
        part.put(arm, below=False)
        return arranged(part, one, signed=False)[0]

    build: Callable[..., Node] = where.build
    new = build(mask, *map(times, arms))
    product.constant = 1.0
    product.factors = [new if node is chosen else node for node in product.factors]
    product.factors = [node for node in product.factors if node not in above]
    product.divisors = [node for node in product.divisors if node not in below]
    return True
