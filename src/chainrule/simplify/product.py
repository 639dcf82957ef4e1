"""Products of derivative code in one normal form: a constant, factors, divisors.

A tree of multiplications, divisions and negations that nothing else uses is one product; its
constants meet, and what stands above and below the line cancels.  Cancelling is safe: the
divisors are values by which the code divides anyway.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field
from operator import itemgetter

from chainrule.graph.block import ITEM, Block
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import BOUNDED, divide, multiply, negative, power, subtract
from chainrule.primitives.control import IF
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.floats import as_float, integral, without_rounding
from chainrule.records import dataclass
from chainrule.simplify.exponentials import take_exponentials
from chainrule.simplify.powers import gathered, reduced, without_factors
from chainrule.simplify.roots import without_roots
from chainrule.simplify.rules import guarded_root, infinite_slope, multiple
from chainrule.simplify.signs import without_signs

PRODUCT_OPS = (multiply, divide, negative)
DEEP_OPS = (*PRODUCT_OPS, power)
# What may be there with the opposite sign.
OPPOSED = (subtract, multiply)


def is_part(node: Node, user: Node, uses: Mapping[Node, int]) -> bool:
    """Whether ``node`` is a part of its user's product, beside it, and of nothing else.

    It may stand before the branch of which the user is an arm: it moves there.
    """
    return (
        uses.get(node) == 1
        and node.op in PRODUCT_OPS
        and user.op in PRODUCT_OPS
        and (node.block is user.block or _around(user.block) is node.block)
        and node.type == FLOAT
    )


def _around(arm: Block) -> Block | None:
    """The block in which the branch stands of which another is an arm."""
    owner = arm.owner
    return owner.block if owner is not None and owner.op is IF else None


@dataclass
class Product:
    """``constant * factors / divisors``."""

    constant: float = 1.0
    factors: list[Node] = field(default_factory=list)
    divisors: list[Node] = field(default_factory=list)
    # Differences and multiples in whose place the opposite one stands.
    flips: int = 0
    # Numbers that have met in the constant, each with a rounding of its own.
    met: int = 0
    # Quotients that have met what they are divided by.
    restored: int = 0
    # Whether what may overflow has gone from above and below the line.
    growing: bool = False

    @property
    def number(self) -> float:
        """The constant, without what roundings have left where numbers have met in it."""
        return without_rounding(self.constant, self.met) if self.met > 1 else self.constant

    def put(self, node: Node, below: bool) -> None:
        """Take in one value that is not taken apart."""
        if node.op is negative and node.origin.derivative:
            self.constant, node = -self.constant, node.args[0]
        if node.op in OPPOSED and (twin := _opposite(node)) is not None:
            self.constant, node = -self.constant, twin
            self.flips += 1
        if is_constant(node):
            value = float(constant_value(node))
            if not (below and value == 0.0):
                self.constant = self.constant / value if below else self.constant * value
                self.met += 1
                return
        # A division by zero is left to those who run it.
        (self.divisors if below else self.factors).append(node)

    def cancel(self) -> None:
        """Remove what stands above and below the line."""
        if not self.divisors:
            self.factors, self.divisors = without_factors(self.factors, [])
        if not self.divisors or not self.factors:
            return
        below = _Below(self.divisors)
        kept: list[Node] = []
        parts: list[Node] = []
        for factor in self.factors:
            position = below.first(factor)
            if position is None:
                kept.append(factor)
                continue
            divisor = below.taken(position)
            if factor is divisor:
                continue
            left = _without(divisor, factor)
            if left is not None:
                below.put(position, left)
            elif (left := _without(factor, divisor)) is not None:
                parts.append(left)
        self.factors, self.divisors = reduced(kept + parts, below.left)

    def meet_quotients(self) -> None:
        """What a quotient divides in its place, where it is multiplied by its divisor again."""
        for quotient in [node for node in self.factors if node.op is divide]:
            numerator, divisor = quotient.args
            if quotient.origin.derivative and divisor in self.factors:
                self.factors.remove(quotient)
                self.factors.remove(divisor)
                self.put(numerator, below=False)

    def settle(self) -> bool:
        """Simplify it; False where one with an infinite slope is better left to its rules."""
        self.take_roots()
        if self.has_edge:
            return False
        self.take_signs()
        self.cancel()
        if self.divisors and (met := without_roots(self.factors, self.divisors)) is not None:
            self.factors, self.divisors = met
            self.cancel()
        self.factors = gathered(self.factors)
        self.take_quotients()
        self.growing = take_exponentials(self)
        self.take_constants()
        return True

    def take_signs(self) -> None:
        """``x * sign(x)`` is the magnitude of x."""
        left = without_signs(self.factors)
        if left is not self.factors:
            self.factors = []
            for factor in left:
                self.put(factor, below=False)

    def take_roots(self) -> None:
        """x * (slope of sqrt at x) has a limit at 0."""
        slopes = [factor for factor in self.factors if factor.op is ITEM]
        if not slopes:
            # Such a slope is what a branch gives; long products have mostly none.
            return
        counts = Counter(self.factors)
        gone: Counter[Node] = Counter()
        limits: list[Node] = []
        for slope in slopes:
            found = guarded_root(slope)
            if found is None or counts[found.value] <= gone[found.value]:
                continue
            gone.update((found.value, slope))
            limits.append(found.limit())
        if not limits:
            return
        kept = []
        for factor in self.factors:
            if gone[factor]:
                gone[factor] -= 1
            else:
                kept.append(factor)
        self.factors = kept
        for limit in limits:
            self.put(limit, below=False)

    def take_quotients(self) -> None:
        """``a / b * b`` is a, and ``1 / (a / b) / b`` is ``1 / a``."""
        for side in (self.factors, self.divisors):
            for quotient in [node for node in side if node.op is divide]:
                above, below = quotient.args
                if quotient in side and below in side and above.type == quotient.type:
                    side.remove(below)
                    side[side.index(quotient)] = above
                    self.restored += 1

    def take_constants(self) -> None:
        """A constant that stands in front anyway takes in those of shared multiples.

        A minus sign does so where it meets another, and below the line the constant meets itself:
        ``c * a / (c * b)`` is ``a / b``.
        """
        if self.constant == 1.0:
            return
        for position, divisor in enumerate(self.divisors):
            known = multiple(divisor)
            if known is not None and abs(self.constant) == abs(known[0]) != 1.0:
                scale, self.divisors[position] = known
                self.constant = math.copysign(1.0, self.constant * scale)
        for position, factor in enumerate(self.factors):
            while self.constant != 1.0 and (found := multiple(factor)) is not None:
                if self.constant == -1.0 and found[0] > 0.0:
                    break
                scale, factor = found
                self.constant *= scale
                self.met += 1
                self.factors[position] = factor

    @property
    def has_edge(self) -> bool:
        """Whether a factor is infinite at an edge, where the rules for pairs know better."""
        slopes = [factor for factor in self.factors if factor.op is ITEM]
        return any(infinite_slope(factor) is not None for factor in slopes)

    def build(self, one: Node) -> Node | None:
        """The expression; None where the constant has left the finite numbers."""
        if not math.isfinite(self.constant) or self.constant == 0.0:
            return None
        value: Node | None = None
        for factor in _floating_first(_powers(_together(self.factors))):
            value = factor if value is None else multiply.build(value, factor)
        self.constant = self.number
        constant = one.graph.constant(self.constant)
        if value is None:
            value = constant
        elif self.constant == -1.0 and not self.divisors:
            return negative.build(value)
        elif self.constant != 1.0:
            value = multiply.build(constant, value)
        for divisor in _powers(_together(self.divisors)):
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


def _together(nodes: list[Node]) -> list[Node]:
    """The factors, those that are the same one behind the other."""
    if len(nodes) < 3:
        return nodes
    return nodes if len(set(nodes)) == len(nodes) else list(Counter(nodes).elements())


def _powers(nodes: list[Node]) -> list[Node]:
    """The factors, with a power for one of small values that comes three times or more."""
    counts = _repeated(nodes)
    if not counts:
        return nodes
    found = [
        node.graph.cursor.add(power, (node, node.graph.constant(count)))
        for node, count in counts.items()
    ]
    return [node for node in nodes if node not in counts] + found


def _saved(nodes: list[Node]) -> int:
    """Operations that powers save."""
    return sum(count - 2 for count in _repeated(nodes).values())


def _repeated(nodes: list[Node]) -> dict[Node, int]:
    """How often those of small values come that come three times or more."""
    if len(nodes) < 3:
        return {}
    small = [node for node in nodes if node.op.name in BOUNDED]
    if len(small) < 3:
        return {}
    return {node: count for node, count in Counter(small).items() if count > 2}


def _opposite(node: Node) -> Node | None:
    """The difference the other way round, or ``c * x`` of ``-c * x``, where it was there before."""
    if not node.origin.derivative:
        return None
    first, second = node.args
    if node.op is subtract:
        twin = node.block.known(subtract, (second, first))
    elif is_constant(first) and constant_value(first) < 0.0 and not is_constant(first, -1.0):
        positive = node.graph.constant(-float(constant_value(first)))
        twin = node.block.known(multiply, (positive, second))
    else:
        return None
    return twin if twin is not None and twin.serial < node.serial else None


def _halves(node: Node) -> tuple[Node, ...]:
    """The different factors of a product or square that has been computed."""
    if integral(node):
        # It may have wrapped around.
        return ()
    if node.op is power:
        return node.args[:1] if is_constant(node.args[1], 2) else ()
    if node.op is not multiply or any(map(is_constant, node.args)):
        return ()
    return node.args[:1] if node.args[0] is node.args[1] else node.args


def _without(product: Node, factor: Node) -> Node | None:
    """What is left of a product or square without one of its factors; None where it has none."""
    halves = _halves(product)
    if not any(half is factor for half in halves):
        return None
    return halves[-1] if halves[0] is factor else halves[0]


class _Below:
    """Divisors, found by what cancels against them."""

    def __init__(self, divisors: list[Node]) -> None:
        self._at: dict[int, Node] = {}
        self._places: dict[Node, list[int]] = {}
        self._products: dict[Node, list[int]] = {}
        for position, divisor in enumerate(divisors):
            self.put(position, divisor)

    @property
    def left(self) -> list[Node]:
        """Those that are there, in order."""
        return [self._at[position] for position in sorted(self._at)]

    def put(self, position: int, divisor: Node) -> None:
        """A divisor stands at ``position``."""
        self._at[position] = divisor
        insort(self._places.setdefault(divisor, []), position)
        for part in _halves(divisor):
            insort(self._products.setdefault(part, []), position)

    def taken(self, position: int) -> Node:
        """The divisor at ``position``, which is gone from there."""
        divisor = self._at.pop(position)
        self._places[divisor].remove(position)
        for part in _halves(divisor):
            self._products[part].remove(position)
        return divisor

    def first(self, factor: Node) -> int | None:
        """Where the first divisor is that ``factor`` cancels against."""
        places = [self._places.get(factor), self._products.get(factor)]
        places += [self._places.get(part) for part in _halves(factor)]
        return min((found[0] for found in places if found), default=None)


def collect(
    root: Node,
    opens: Callable[[Node, Node], bool],
    mapped: Callable[[Node], Node],
    outer_first: bool = False,
) -> tuple[Product, int]:
    """The product whose last operation is ``root``, and how many operations it is made of.

    ``opens(node, user)`` tells whether an argument is part of the product; for ``outer_first`` see
    :func:`leaves_of`.
    """
    leaves, opened = leaves_of(root, opens, outer_first)
    return product_of(leaves, mapped), opened


def taken_apart(
    leaves: list[Leaf], gone: Callable[[Node, int], bool]
) -> tuple[list[Leaf], int] | None:
    """The leaves with those that nothing but this product uses taken apart, powers too.

    ``gone(node, count)`` tells whether ``count`` uses are all that there are of a node.  None
    where there are no such leaves, else also how many operations were taken apart.
    """
    if True not in [leaf.op in DEEP_OPS for leaf, _, _ in leaves]:
        return None
    consumed: Counter[Node] = Counter(leaf for leaf, _, _ in leaves)
    apart: dict[Node, list[tuple[Node, bool]]] = {}
    waiting = list(consumed)
    while waiting:
        node = waiting.pop()
        if node not in apart and _opens_deep(node, consumed, gone):
            apart[node] = parts = _parts(node)
            consumed.update(node.args)
            waiting.extend(part for part, _ in parts)
    if not apart:
        return None
    flat: list[Leaf] = []
    for leaf in leaves:
        stack = [leaf]
        while stack:
            node, below, sign = stack.pop()
            if node not in apart:
                flat.append((node, below, sign))
                continue
            sign = -sign if node.op is negative else sign
            # The first of the parts bears the sign.
            stack += [
                (part, below != under, sign if k == 0 else 1.0)
                for k, (part, under) in reversed(list(enumerate(apart[node])))
            ]
    return flat, len(apart)


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


def leaves_of(
    root: Node, opens: Callable[[Node, Node], bool], outer_first: bool = False
) -> tuple[list[Leaf], int]:
    """What the product is made of: each below the line or not, and the sign in front.

    They come in the order in which they are written, so that a product built of them is the same
    again; with ``outer_first`` those of a part behind those beside it.
    """
    leaves: list[Leaf] = []
    stack: list[tuple[Node, bool, bool]] = [(root, False, True)]
    opened, sign = 0, 1.0
    while stack:
        node, below, is_part = stack.pop()
        if not is_part:
            leaves.append((node, below, 1.0))
            continue
        opened += 1
        sign = -sign if node.op is negative else sign
        first, *second = node.args
        parts = [(first, below, opens(first, node))]
        for arg in second:
            parts.append((arg, below is not (node.op is divide), opens(arg, node)))
        if outer_first and parts[0][2]:
            parts.sort(key=itemgetter(2))
        stack.extend(reversed(parts))
    if leaves:
        leaves[0] = (*leaves[0][:2], sign)
    return leaves, opened


def product_of(leaves: list[Leaf], mapped: Callable[[Node], Node]) -> Product:
    """The product of leaves, as far as it is told without comparing them."""
    product = Product()
    for node, below, sign in leaves:
        product.constant *= sign
        product.put(mapped(node), below)
    return product
