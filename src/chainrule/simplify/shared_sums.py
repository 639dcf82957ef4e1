"""What several sums of derivative code have in common is added up once.

    a - b + c, a + c                        t = a + c;  t - b, t

Pairs of terms, the most frequent first, as :mod:`chainrule.simplify.sharing` shares factors.
"""

from __future__ import annotations

import itertools

from chainrule.graph.block import Block, Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import add, negative, subtract
from chainrule.primitives.copying import Copier
from chainrule.primitives.cost import Live
from chainrule.primitives.declare import is_constant
from chainrule.records import dataclass
from chainrule.simplify.inward import leaving
from chainrule.simplify.sharing import Element, Pair, Shared, ordered, share_pairs

SUMS = (add, subtract)
# Longer sums are left as they are.
LONGEST = 8


@dataclass
class Summation:
    """A sum that is being taken apart: its terms, each with its sign."""

    terms: list[tuple[Element, float]]

    def pairs(self) -> list[Pair]:
        """The pairs that could be added first; the last of three tells of opposite signs."""
        found = [
            ordered((first, second, sign != other))
            for (first, sign), (second, other) in itertools.combinations(self.terms, 2)
            if first != second
        ]
        return list(dict.fromkeys(found))

    def replace(self, pair: Pair, shared: Shared) -> None:
        """Put ``shared`` in the place of the pair, with the sign of the first of it."""
        places = [self._place(element) for element in pair[:2]]
        sign = self.terms[places[0]][1]
        self.terms[min(places)] = (shared, sign)
        del self.terms[max(places)]

    def _place(self, element: Element) -> int:
        return next(k for k, (known, _) in enumerate(self.terms) if known == element)


class SharedSums(Copier):
    """Copies a graph with common parts of sums shared."""

    def __init__(self, source: Graph, live: Live) -> None:
        super().__init__(source)
        self.uses: dict[Node, int] = {}
        self.user: dict[Node, Node] = {}
        nodes = live.in_order()
        for node in nodes:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
                self.user[arg] = node
        for result in leaving(source, live):
            self.uses[result] = self.uses.get(result, 0) + 1
        self.sums: dict[Node, Summation] = {}
        blocks: dict[Block, list[Summation]] = {}
        for node in nodes:
            found = self._summation(node)
            if found is not None:
                self.sums[node] = found
                blocks.setdefault(node.block, []).append(found)
        for sums in blocks.values():
            if len(sums) > 1:
                share_pairs(sums)
        # Differences that are first met the other way round.
        self.turned: dict[Shared, bool] = {}
        for each in self.sums.values():
            for element, sign in each.terms:
                self._turn(element, sign)

    @property
    def finds(self) -> bool:
        """Whether there is anything to share; else the copy would be as the source."""
        return any(map(_gains, self.sums.values()))

    def _turn(self, element: Element, sign: float) -> None:
        if isinstance(element, Shared) and element not in self.turned:
            self.turned[element] = element.below and sign < 0.0
            self._turn(element.left, sign)
            self._turn(element.right, -sign if element.below else sign)

    def _summation(self, node: Node) -> Summation | None:
        """The sum that ends in ``node``; None where it is part of another, or none."""
        if node.op not in SUMS or node.type != FLOAT or not node.origin.derivative:
            return None
        user = self.user.get(node)
        if user is not None and self._opens(node, user):
            return None
        terms: list[tuple[Element, float]] = []
        stack = [(node, 1.0)]
        while stack:
            each, sign = stack.pop()
            if each is node or self._opens(each, self.user[each]):
                first, second = each.args
                stack.append((second, -sign if each.op is subtract else sign))
                stack.append((first, sign))
            else:
                terms.append((each, sign))
                if len(terms) > LONGEST or is_constant(each):
                    return None
        return Summation(terms)

    def _opens(self, node: Node, user: Node) -> bool:
        """Whether ``node`` is a part of its user's sum and of nothing else."""
        return (
            node.op in SUMS
            and user.op in SUMS
            and self.uses.get(node) == 1
            and node.block is user.block
            and node.type == FLOAT
            and node.origin.derivative
            and user.origin.derivative
            and node not in self.source.names
        )

    def copy(self, step: Node) -> Node:
        """A sum of shared parts, or the step as it is."""
        found = self.sums.get(step)
        if found is None or not _gains(found):
            return super().copy(step)
        self.map[step] = new = self._added(found.terms)
        self.named(step, new)
        return new

    def _added(self, terms: list[tuple[Element, float]]) -> Node:
        """The sum, which begins with a term that is not subtracted where there is one."""
        values = [self._element(element, sign) for element, sign in terms]
        cursor = self.graph.cursor
        first = next((k for k, (_, sign) in enumerate(values) if sign > 0.0), None)
        if first is None:
            first = 0
            values[0] = cursor.add(negative, (values[0][0],)), 1.0
        total, _ = values.pop(first)
        for value, sign in values:
            total = cursor.add(subtract if sign < 0.0 else add, (total, value))
        return total

    def _element(self, element: Element, sign: float) -> tuple[Node, float]:
        """The value of an element, and the sign with which it is added."""
        if not isinstance(element, Shared):
            assert isinstance(element, Node)
            return self.mapped(element), sign
        turned = self.turned[element]
        parts = [(element.left, 1.0), (element.right, -1.0 if element.below else 1.0)]
        if turned:
            parts = [(part, -own) for part, own in parts]
        return self._added(parts), -sign if turned else sign


def _gains(found: Summation) -> bool:
    return any(isinstance(element, Shared) for element, _ in found.terms)
