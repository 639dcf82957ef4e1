"""Sums of numbers in derivative code, as one walk of simplification finds and rewrites them."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import Graph
from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.records import dataclass
from chainrule.simplify.array_walk import ArraySimplifier, signed_arguments
from chainrule.simplify.multiples import rescaled
from chainrule.simplify.product import PRODUCT_OPS, Product, collect
from chainrule.simplify.sums import SUM_OPS, Known, Term, built, cost_of, factored, finite, term_of
from chainrule.simplify.together import is_quotient, together

# How many values with several uses one term may take apart.
SHARED = 2


@dataclass(frozen=True)
class Met:
    """What a walk of certain ways has met in a sum that it has left as it was.

    ``ways`` are those that would rewrite it; None where that was not asked.
    """

    walk: tuple[bool, bool, bool]
    shares: bool = False
    quotient: bool = False
    ways: frozenset[str] | None = frozenset()

    def serves(self, shared: bool, over_line: bool, rescaled: bool) -> bool:
        """Whether a walk of these ways would leave it as well."""
        was_shared, was_over_line, was_rescaled = self.walk
        if rescaled is not was_rescaled or (self.shares and shared is not was_shared):
            return False
        return not self.quotient or over_line is was_over_line


class SumSimplifier(ArraySimplifier):
    """What the walk of simplification does to sums.

    Under ``shared`` sums also take products apart that have further uses: whether those are
    gone in the end shows in the operations of the whole graph only.  Under ``over_line`` terms
    and quotients are brought over one line, and under ``rescaled`` multiples that stand elsewhere
    are used, for which the same is true.
    """

    def __init__(
        self, source: Graph, shared: bool = False, over_line: bool = False, rescaled: bool = False
    ) -> None:
        super().__init__(source)
        self.shared = shared
        self.over_line = over_line
        self.rescaled = rescaled
        self.known = Known()
        # What the new values are multiplied by.
        self.constants: dict[Node, list[float]] = {}
        # Whether a quotient was a term among others.
        self.meets_quotient = False
        # Whether a term had a part with further uses, taken apart or not.
        self.meets_shared = False
        # Whether derivative code was rewritten, and which further ways would rewrite a sum.
        self.rewrites = False
        self.ways: set[str] = set()
        self.met: dict[Node, Met] = {}

    def _sum(self, step: Node) -> Node | None:
        """The sum that ends in ``step`` with common factors in front, where that is less work."""
        user = self.user.get(step)
        if user is not None and user.origin.derivative and self._opens_sum(step, user):
            return None
        budget = SHARED if self.shared else 0
        found = self._terms(step, budget)
        way = (self.shared, self.over_line, self.rescaled)
        if found is None or len(found[0]) < 2:
            self.met[step] = Met(way)
            return None
        terms, count, shares = found
        quotient = any(map(is_quotient, terms))
        self.meets_shared |= shares
        self.meets_quotient |= quotient
        if self.over_line and (line := self._over_line(terms)) is not None:
            return built(line, self.graph.constant(0.0)) if finite(line) else None
        best = self._best(terms)
        if self.rescaled:
            best = rescaled(terms, best, self.constants, self._taken)
        if _saves(best, terms, count):
            return built(best, self.graph.constant(0.0))
        ways = None
        if not self.rewrites:
            before = set(self.ways)
            self._look_further(step, terms, best, count, shares)
            ways = frozenset(self.ways - before)
        self.met[step] = Met(way, shares, quotient, ways)
        return None

    def _look_further(
        self, step: Node, terms: list[Term], best: list[Term], count: float, shares: bool
    ) -> None:
        """Note which further ways would rewrite a sum that this walk leaves as it is."""
        block = self.graph.cursor
        steps = len(block.steps)
        if shares and "shared" not in self.ways:
            wide = self._terms(step, SHARED)
            if wide is not None and _saves(self._best(wide[0]), wide[0], wide[1]):
                self.ways.add("shared")
        if "over_line" not in self.ways and self._over_line(terms) is not None:
            self.ways.add("over_line")
        if "rescaled" not in self.ways and self.constants:
            best = rescaled(terms, best, self.constants, self._taken)
            if _saves(best, terms, count):
                self.ways.add("rescaled")
        block.forget(steps)

    def _taken(self, terms: list[Term]) -> list[Term]:
        """The terms, with sums of f in the place of what they are made of."""
        return self.known.taken(terms, self.graph.cursor)

    def _best(self, terms: list[Term]) -> list[Term]:
        return factored(terms, self._taken)

    def _over_line(self, terms: list[Term]) -> list[Term] | None:
        """The terms with a quotient and another over one line, where that is a term less."""
        found = together(terms, self.known.terms_of, self._taken)
        return found if len(found) < len(terms) else None

    def _terms(self, step: Node, budget: int) -> tuple[list[Term], float, bool] | None:
        """The terms of a sum, of how many operations they are made, and whether others use them.

        Each may take apart ``budget`` values that have further uses.  None where a term is better
        left to its rules.
        """
        terms: list[Term] = []
        count, shares = 0.0, False
        stack = [(step, 1.0)]
        while stack:
            node, sign = stack.pop()
            if node is step or self._opens_sum(node, self.user[node]):
                count += 1
                stack += signed_arguments(node, sign)
                continue
            product, opened, shared = self._term(node, budget)
            shares |= shared
            if not product.settle():
                return None
            product.constant *= sign
            terms.append(term_of(product))
            count += opened
        return terms, count, shares

    def _term(self, node: Node, budget: int) -> tuple[Product, float, bool]:
        """A term as a product, its operations, and whether a part of it has further uses."""
        count, shares = 0.0, False

        def opens(part: Node, user: Node) -> bool:
            nonlocal budget, count, shares
            single = self.uses.get(part) == 1
            if part.op not in PRODUCT_OPS or part.block is not node.block or part.type != FLOAT:
                return False
            if not single:
                shares |= part.origin.derivative
                if not (budget and part.origin.derivative):
                    return False
            if part in self.source.names and not part.origin.derivative:
                return False
            budget -= 0 if single else 1
            count += 1.0 / self.uses[part]
            return True

        if opens(node, node):
            return collect(node, opens, self.settled)[0], count, shares
        product = Product()
        product.put(self.settled(node), below=False)
        return product, 0.0, shares

    def _opens_sum(self, node: Node, user: Node) -> bool:
        """Whether ``node`` is a part of its user's sum and of nothing else."""
        return (
            node.op in SUM_OPS
            and user.op in SUM_OPS
            and self.uses.get(node) == 1
            and node.block is user.block
            and node.type == FLOAT
            and node.origin.derivative is user.origin.derivative
        )

    def _learn_sum(self, step: Node) -> None:
        """Keep what a sum of f is made of."""
        user = self.user.get(step)
        if user is not None and not user.origin.derivative and self._opens_sum(step, user):
            return
        terms = []
        stack = [(step, 1.0)]
        while stack:
            node, sign = stack.pop()
            if node is step or self._opens_sum(node, self.user[node]):
                stack += signed_arguments(node, sign)
            else:
                product = Product(sign)
                product.put(self.settled(node), below=False)
                terms.append(term_of(product))
        self.known.learn(self.mapped(step), terms)


def _saves(best: Sequence[Term], terms: Sequence[Term], count: float) -> bool:
    """Whether ``best`` takes fewer operations than the terms do and than they are made of."""
    return cost_of(best) < min(count, cost_of(terms)) - 1e-9 and finite((*terms, *best))
