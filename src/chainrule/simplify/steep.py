"""Products of arrays with slopes that are infinite at 0, right there too.

The slope of a root is infinite where its argument is 0, and nothing times it is nothing::

    x * (0.5 / np.sqrt(x))            0.5 * np.sqrt(x)
    y * (0.5 / np.sqrt(x * y))        np.where(y == 0.0, 0.0, 0.5 * y / np.sqrt(x * y))

So it is where others read that slope, too.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.arithmetic import divide, equal, multiply, negative, power
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.choices import where
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.masking import inside_mask, masked, shown_divisor
from chainrule.primitives.steepness import is_at_edge, zero_with
from chainrule.records import dataclass
from chainrule.simplify.product import Product


@dataclass(frozen=True)
class Steep:
    """A factor, or a divisor where ``below``, that makes a product infinite where ``value`` is 0.

    ``times`` gives ``value`` times the factor, or over the divisor: it is 0 there.
    """

    node: Node
    value: Node
    below: bool
    times: Callable[[], Node]


def _steep(node: Node, below: bool) -> Steep | None:
    """What ``node`` is in a product, where it makes that infinite."""
    if not isinstance(node.type, Array) or not node.args or bounds_of(node).excludes_zero:
        return None
    if below and node.op.name == "sqrt":
        return Steep(node, node.args[0], below, lambda: node)
    if not below and node.op is power and node.origin.derivative and is_constant(node.args[1]):
        base, exponent = node.args[0], float(constant_value(node.args[1]))
        if -1.0 < exponent < 0.0:
            raised = node.graph.constant(exponent + 1.0)
            return Steep(node, base, below, lambda: power.build(base, raised))
    if not below and node.op is where and node.origin.derivative and is_at_edge(node.args[1]):
        predicate, _, elsewhere = node.args
        if predicate.op is equal and is_constant(predicate.args[1], 0):
            value, zero = predicate.args[0], node.graph.constant(0.0)
            return Steep(
                *(node, value, below),
                lambda: where.build(predicate, zero, multiply.build(elsewhere, value)),
            )
    return None


def _steep_parts(product: Product) -> list[Steep]:
    parts = [_steep(node, False) for node in product.factors]
    parts += [_steep(node, True) for node in product.divisors]
    return [part for part in parts if part is not None]


def take_steep(product: Product) -> bool:
    """Multiply slopes by what they are infinite at, inside of masks too; whether there are any."""
    found = False
    for hidden in [node for node in product.factors if masked(node)]:
        values = {part.value for part in _steep_inside(hidden)}
        for factor in [node for node in product.factors if node in values]:
            product.factors.remove(factor)
            at = product.factors.index(hidden)
            hidden = inside_mask(hidden, lambda arm, by=factor: multiply.build(arm, by))
            product.factors[at] = hidden
            found = True
    for part in _steep_parts(product):
        if part.value in product.factors:
            product.factors.remove(part.value)
            side = product.divisors if part.below else product.factors
            side.remove(part.node)
            product.factors.append(part.times())
            found = True
    return found


def _steep_inside(hidden: Node) -> Iterator[Steep]:
    """The steep parts of what a mask lets through."""
    return _steep_within([(arm, False) for arm in hidden.args[1:]])


def _steep_within(
    stack: list[tuple[Node, bool]], smooth: Container[tuple[Node, bool]] = ()
) -> Iterator[Steep]:
    """The steep parts of factors, and of divisors, down to what derivative code has computed."""
    while stack:
        node, below = stack.pop()
        if (node, below) in smooth:
            continue
        if (part := _steep(node, below)) is not None:
            yield part
        elif node.op in (multiply, divide, negative):
            under = not below if node.op is divide else below
            stack += [(arg, under if k else below) for k, arg in enumerate(node.args)]
        elif masked(node) and not below:
            stack += [(arm, False) for arm in node.args[1:]]


def nothing_at(product: Product, smooth: set[tuple[Node, bool]]) -> Node | None:
    """A factor that is 0 only where another is infinite; None where there is none.

    ``smooth`` are factors, and divisors, in which nothing is steep: those that are found are added.
    """
    shared: list[Steep] = []
    for node in product.factors:
        if node.origin.derivative:
            found = list(_steep_within([(node, False)], smooth))
            if not found:
                smooth.add((node, False))
            shared = [*found, *shared]
    for part in dict.fromkeys([*_steep_parts(product), *shared]):
        zeros = zero_with(part.value)
        for factor in product.factors:
            alike = unit_axes_of(factor.type) == unit_axes_of(part.value.type)
            if alike and factor in zeros and not bounds_of(factor).excludes_zero:
                return factor
    return None


def hide_nothing(product: Product, factor: Node, build: Callable[[], Node]) -> Node:
    """The product, which is 0 where ``factor`` is."""
    zero = factor.graph.constant(0.0)
    mask = equal.build(factor, zero)
    shape = factor.graph.cursor.add(where, (mask, zero, factor))
    for part in _steep_parts(product):
        if part.below:
            at = product.divisors.index(part.node)
            product.divisors[at] = shown_divisor(part.node, shape)
    found: Node = where.build(mask, zero, build())
    return found
