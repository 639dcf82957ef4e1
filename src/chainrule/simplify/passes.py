"""Products of arrays, in the order that touches the fewest entries.

Numbers meet before an array is touched, small arrays before large ones::

    2.0 * (0.5 * a) / n * (r / s * x)         1.0 / n * a * (r / s) * x
"""

from __future__ import annotations

from dataclasses import field

from chainrule.graph.node import Node
from chainrule.graph.types import Array, unit_axes_of
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.arrays.lengths import ONE, is_several
from chainrule.primitives.arrays.measured import lengths_of
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.floats import in_floats
from chainrule.primitives.masking import masked
from chainrule.records import dataclass
from chainrule.simplify.product import Product

# An axis more is about so many times the entries.
LONGER = 100.0
# A division takes about as long as so many products.
DIVISION = 1.5


def size_of(node: Node) -> int:
    """How many axes of a value are longer than 1."""
    return sum(not unit for unit in unit_axes_of(node.type))


def pass_cost(node: Node) -> float:
    """What evaluating one operation entry by entry takes."""
    return _cost(node.op is divide, size_of(node))


def _cost(division: bool, size: int) -> float:
    return (DIVISION if division else 1.0) * LONGER**size


def may_arrange(product: Product) -> bool:
    """Whether the factors may be taken in any order.

    Integer arrays would wrap around, and what a mask hides must not be felt.
    """
    leaves = (*product.factors, *product.divisors)
    whole = [leaf.type for leaf in leaves if isinstance(leaf.type, Array)]
    if any(not type.differentiable for type in whole):
        return False
    if not any(masked(leaf) for leaf in leaves):
        return True
    above = all(masked(leaf) or bounds_of(leaf).finite for leaf in product.factors)
    return above and all(bounds_of(leaf).divides for leaf in product.divisors)


def numbers_in_common(products: list[Product]) -> tuple[list[Node], list[Node]]:
    """The numbers by which all products are multiplied, and those by which all are divided."""
    first, *others = products
    found: list[list[Node]] = []
    for part in ("factors", "divisors"):
        shared = [node for node in getattr(first, part) if size_of(node) == 0]
        found.append(
            [
                node
                for node in dict.fromkeys(shared)
                if all(node in getattr(other, part) for other in others)
            ]
        )
    return found[0], found[1]


def lose_axes(before: list[Node], after: list[Node]) -> bool:
    """Whether what is left of factors may be shorter along an axis than all of them together.

    NumPy repeats what has one entry there, and only the run may tell which of them has.  Where one
    number is left it is as good as the array.
    """
    if not any(map(size_of, after)):
        return False
    rank = max((len(unit_axes_of(node.type)) for node in before), default=0)
    for axis in range(-rank, 0):
        whole, left = (
            {lengths_of(node)[axis] for node in nodes if len(unit_axes_of(node.type)) >= -axis}
            for nodes in (before, after)
        )
        if not (whole - {ONE} <= left or any(map(is_several, left))):
            return True
    return False


@dataclass
class Arranged:
    """A product that is built from numbers to the largest arrays, and what that takes."""

    value: Node | None = None
    size: int = 0
    cost: float = 0.0
    waiting: list[Node] = field(default_factory=list)

    def times(self, node: Node) -> None:
        """Multiply by ``node``, and divide by what waited for an array."""
        if self.value is None:
            self.value, self.size = node, size_of(node)
        else:
            self._grow(node, division=False)
            self.value = in_floats(multiply, self.value, node)
        if self.size:
            waiting, self.waiting = self.waiting, []
            for divisor in waiting:
                self.over(divisor)

    def over(self, node: Node) -> None:
        """Divide by ``node``, or wait for something that can be divided."""
        if self.value is None:
            self.waiting.append(node)
            return
        self._grow(node, division=True)
        self.value = divide.build(self.value, node)

    def _grow(self, node: Node, division: bool) -> None:
        self.size = max(self.size, size_of(node))
        self.cost += _cost(division, self.size)

    def negate(self) -> None:
        """Change the sign."""
        assert self.value is not None
        self.cost += LONGER**self.size
        self.value = negative.build(self.value)


def arranged(product: Product, one: Node, signed: bool) -> tuple[Node, float]:
    """The product, small parts first, and its cost.

    ``signed``: a minus sign costs nothing outside, since the product is a term of a sum.
    """
    sizes = sorted({size_of(node) for node in (*product.factors, *product.divisors)})
    found = Arranged()
    constant = product.number
    minus = constant == -1.0
    if constant not in (1.0, -1.0):
        found.value = one.graph.constant(constant)
    for size in sizes:
        for node in product.factors:
            if size_of(node) == size:
                found.times(node)
                if minus and not signed and size < sizes[-1]:
                    found.negate()
                    minus = False
        for node in product.divisors:
            if size_of(node) == size:
                found.over(node)
    if found.value is None:
        found.value = one.graph.constant(constant)
        minus = False
    waiting, found.waiting = found.waiting, []
    for node in waiting:
        found.over(node)
    if minus:
        cost = found.cost
        found.negate()
        if signed:
            found.cost = cost
    return found.value, found.cost
