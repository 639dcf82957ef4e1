"""The last walk: what several products of derivative code have in common is computed once.

Pairs of factors, the most frequent first (M. Breuer, Generation of optimal code for expressions
via factorization, 1969), and the negative of a factor that stands in several negated products.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from typing import Protocol

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.sequence import index_add
from chainrule.records import dataclass
from chainrule.simplify.product import PRODUCT_OPS, collect, is_part

# Longer products are left as they are.
LONGEST = 12


@dataclass(frozen=True)
class Shared:
    """``left * right``, or ``left / right`` where ``below``."""

    left: Element
    right: Element
    below: bool


Element = Node | float | Shared
# Two elements of a product, the second below the line or not.
Pair = tuple[Element, Element, bool]


class Pairing(Protocol):
    """A product or sum of which pairs can be computed first."""

    def pairs(self) -> list[Pair]:
        """The pairs that could be computed first."""

    def replace(self, pair: Pair, shared: Shared) -> None:
        """Put ``shared`` in the place of the pair."""


@dataclass
class Monomial:
    """A product that is being taken apart."""

    sign: float
    factors: list[Element]
    divisors: list[Element]
    # Whether it is added to an entry, from which its opposite can be subtracted as well.
    added: bool = False

    def pairs(self) -> list[Pair]:
        """The pairs that could be computed first."""
        short = len(self.factors) == 2 and not self.divisors
        if self.sign < 0.0 and short and isinstance(self.factors[0], float):
            # Its constant bears the sign: apart it would take a negation.
            return []
        found: list[Pair] = [(a, b, False) for a, b in itertools.combinations(self.factors, 2)]
        found += [(a, b, True) for a in self.factors for b in dict.fromkeys(self.divisors)]
        return list(dict.fromkeys(map(ordered, found)))

    def replace(self, pair: Pair, shared: Shared) -> None:
        """Put ``shared`` in the place of the pair."""
        first = _take(self.factors, pair[0])
        second = _take(self.divisors if pair[2] else self.factors, pair[1])
        self.factors.insert(min(first, second) if not pair[2] else first, shared)


def _take(elements: list[Element], element: Element) -> int:
    position = next(k for k, known in enumerate(elements) if known == element)
    del elements[position]
    return position


def _rank(element: Element) -> tuple[int, float]:
    """A fixed order of elements that does not hang on memory addresses."""
    if isinstance(element, Node):
        return (1, element.serial)
    return (0, element) if isinstance(element, float) else (2, 0.0)


def ordered(pair: Pair) -> Pair:
    """The pair as it is looked for, whichever of its elements comes first."""
    left, right, below = pair
    return pair if below or _rank(left) <= _rank(right) else (right, left, below)


class Sharing(Copier):
    """Copies a graph with common parts of products shared."""

    def __init__(self, source: Graph, live: Live) -> None:
        super().__init__(source)
        self.uses: dict[Node, int] = {}
        self.user: dict[Node, Node] = {}
        self.monomials: dict[Node, Monomial] = {}
        self.negated: dict[Element, int] = {}
        self.made: dict[Element, Node] = {}
        nodes = live.in_order()
        for node in nodes:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
                self.user[arg] = node
        blocks: dict[Block, list[Monomial]] = {}
        for node in nodes:
            found = self._monomial(node)
            if found is not None:
                self.monomials[node] = found
                blocks.setdefault(node.block, []).append(found)
        for monomials in blocks.values():
            share_pairs(monomials)
            for monomial in monomials:
                if monomial.sign < 0.0 and not monomial.added:
                    for element in dict.fromkeys(monomial.factors):
                        self.negated[element] = self.negated.get(element, 0) + 1

    @property
    def finds(self) -> bool:
        """Whether there is anything to share; else the copy would be as the source."""
        return any(map(self._gains, self.monomials.values()))

    def _monomial(self, node: Node) -> Monomial | None:
        """The product that ends in ``node``; None when it is part of another, or none."""
        if node.op not in PRODUCT_OPS or node.type != FLOAT or not node.origin.derivative:
            return None
        user = self.user.get(node)
        if user is not None and user.origin.derivative and self._opens(node, user):
            return None
        product, _ = collect(node, self._opens, _same)
        if not 0 < len(product.factors) + len(product.divisors) <= LONGEST:
            return None
        sign = -1.0 if product.constant < 0.0 else 1.0
        factors: list[Element] = [*product.factors]
        if abs(product.constant) != 1.0 or not factors:
            factors.insert(0, abs(product.constant))
        added = user is not None and user.op is index_add and self.uses[node] == 1
        return Monomial(sign, factors, [*product.divisors], added)

    def _opens(self, node: Node, user: Node) -> bool:
        return is_part(node, user, self.uses) and node not in self.source.names

    def copy(self, step: Node) -> Node:
        """A product of shared parts, or the step as it is."""
        monomial = self.monomials.get(step)
        if monomial is None or not self._gains(monomial):
            return super().copy(step)
        new = self._built(monomial)
        self.map[step] = new
        self.named(step, new)
        return new

    def _gains(self, monomial: Monomial) -> bool:
        elements = (*monomial.factors, *monomial.divisors)
        return any(isinstance(element, Shared) for element in elements) or (
            self._to_negate(monomial) is not None
        )

    def _to_negate(self, monomial: Monomial) -> Element | None:
        """The factor whose negative others use too."""
        plain = isinstance(monomial.factors[0], float) if monomial.factors else True
        if monomial.sign > 0.0 or plain or monomial.added:
            return None
        best = max(monomial.factors, key=lambda element: self.negated[element])
        alone = len(monomial.factors) == 1 and not monomial.divisors
        return best if self.negated[best] > 1 and not alone else None

    def _built(self, monomial: Monomial) -> Node:
        graph, cursor = self.graph, self.graph.cursor
        turned = self._to_negate(monomial)
        value: Node | None = None
        sign = monomial.sign
        for element in monomial.factors:
            factor = self._element(element)
            if turned is not None and sign < 0.0 and element == turned:
                factor, sign = self._negative(factor), 1.0
            elif isinstance(element, float) and sign < 0.0:
                factor, sign = graph.constant(-element), 1.0
            value = factor if value is None else cursor.add(multiply, (value, factor))
        assert value is not None
        for element in monomial.divisors:
            value = cursor.add(divide, (value, self._element(element)))
        return value if sign > 0.0 else cursor.add(negative, (value,))

    def _negative(self, value: Node) -> Node:
        """The negative, where the value itself stands if that is around here."""
        here = self.graph.cursor
        with self.graph.inside(value.block if value.block.encloses(here) else here):
            return self.graph.cursor.add(negative, (value,))

    def _element(self, element: Element) -> Node:
        if isinstance(element, Node):
            return self.mapped(element)
        if isinstance(element, float):
            return self.graph.constant(element)
        args = (self._element(element.left), self._element(element.right))
        return self.graph.cursor.add(divide if element.below else multiply, args)


def _same(node: Node) -> Node:
    return node


def share_pairs(monomials: Sequence[Pairing]) -> None:
    """Put shared pairs in the place of those that several have, until none is left."""
    where: dict[Pair, dict[int, None]] = {}
    order = itertools.count()
    rank: dict[Pair, int] = {}
    heap: list[tuple[int, int, Pair]] = []

    def enter(k: int) -> None:
        for pair in monomials[k].pairs():
            places = where.setdefault(pair, {})
            places[k] = None
            rank.setdefault(pair, next(order))
            if len(places) > 1:
                heapq.heappush(heap, (-len(places), rank[pair], pair))

    for k in range(len(monomials)):
        enter(k)
    while heap:
        count, _, pair = heapq.heappop(heap)
        places = where[pair]
        if len(places) != -count:
            if 1 < len(places) < -count:
                heapq.heappush(heap, (-len(places), rank[pair], pair))
            continue
        shared = Shared(*pair)
        for k in list(places):
            for old in monomials[k].pairs():
                where[old].pop(k, None)
            monomials[k].replace(pair, shared)
            enter(k)
