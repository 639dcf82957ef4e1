"""Sums of derivative code in a normal form: terms, like ones merged, common factors in front.

A tree of additions, subtractions and negations that nothing else uses is one sum.  Its terms are
products; what several terms share is taken out in front of their sum, which takes fewer
operations and no other conditioning.  Where the terms left over are those of a sum that f has
computed, in whatever order, that value takes their place: with a symmetric matrix the adjoint
of a quadratic form is such a sum, and so is the tangent of a recurrence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.floats import in_floats, integral
from chainrule.records import dataclass, kept, replace
from chainrule.simplify.product import Product

SUM_OPS = (add, subtract, negative)
# A factor that is itself a product is taken apart up to this many factors, to be recognized.
LONGEST = 16
# Coefficients that differ by rounding only are one.
CLOSE = 4e-16

Key = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Term:
    """``constant * factors * (inner) / divisors``."""

    constant: float = 1.0
    factors: tuple[Node, ...] = ()
    divisors: tuple[Node, ...] = ()
    inner: tuple[Term, ...] = ()

    @kept
    def key(self) -> Key:
        """What terms have in common that differ by their constants only."""
        return _serials(self.factors), _serials(self.divisors)

    @kept
    def apart(self) -> Term:
        """The term with products among its factors taken apart, whoever has made them."""
        if self.inner or not any(_is_product(node) for node in (*self.factors, *self.divisors)):
            return self
        return _taken_apart(self)

    @kept
    def cost(self) -> int:
        """Operations that the term takes, its sign left out."""
        count = len(self.factors) + (1 if self.inner else 0)
        scale = 1 if abs(self.constant) != 1.0 else 0
        below = len(self.divisors)
        inner = cost_of(self.inner) if self.inner else 0
        if count == 0:
            return below + inner
        return count - 1 + scale + below + inner

    def times(self, other: Term) -> Term:
        """The product of two terms, of which one at most has an inner sum."""
        return Term(
            self.constant * other.constant,
            self.factors + other.factors,
            self.divisors + other.divisors,
            self.inner or other.inner,
        )


def cost_of(terms: Sequence[Term]) -> int:
    """Operations that the sum of ``terms`` takes."""
    signs = 1 if all(term.constant == -1.0 and not _is_number(term) for term in terms) else 0
    return len(terms) - 1 + sum(term.cost for term in terms) + signs


def finite(terms: Sequence[Term]) -> bool:
    """Whether all constants are finite, and none of them is 0."""
    return all(
        math.isfinite(term.constant) and term.constant != 0.0 and finite(term.inner)
        for term in terms
    )


def _is_number(term: Term) -> bool:
    return not (term.factors or term.inner)


def _serials(nodes: Sequence[Node]) -> tuple[int, ...]:
    return tuple(sorted([node.serial for node in nodes]))


def term_of(product: Product) -> Term:
    """The term that a product is."""
    return Term(product.constant, tuple(product.factors), tuple(product.divisors))


def merged(terms: Sequence[Term]) -> list[Term]:
    """The terms with like ones added up, in the order in which they come first."""
    found: dict[Key, Term] = {}
    for position, term in enumerate(terms):
        if term.inner:
            found[(), (-position - 1,)] = term
            continue
        whole = term.apart
        known = found.get(whole.key)
        if known is not None and known.apart.constant == 0.0:
            # A product with 0, as at the start of Horner's scheme, is no multiple of another.
            found[(), (-position - 1,)] = term
            continue
        if known is not None:
            scale = known.constant / known.apart.constant
            term = replace(known, constant=known.constant + whole.constant * scale)
        if term.constant != 0.0:
            found[whole.key] = term
        else:
            found.pop(whole.key, None)
    return list(found.values())


# --- what f has computed ------------------------------------------------------------------


class Sum(NamedTuple):
    """A sum that f has computed: its number among these, its value, where, and its terms."""

    number: int
    node: Node
    home: Block
    parts: tuple[Term, ...]


class Known:
    """Sums of f, to be found again by their terms."""

    def __init__(self) -> None:
        # By their first term and their last.
        self._by_first: dict[Key, dict[Key, list[Sum]]] = {}
        self._terms: dict[Node, tuple[Term, ...]] = {}

    def learn(self, node: Node, terms: Sequence[Term]) -> None:
        """Take in that ``node`` is the sum of ``terms``."""
        distinct = merged(terms)
        plain = tuple(term.apart for term in distinct)
        if any(part.constant == 0.0 for part in plain):
            return
        self._terms[node] = plain
        # A sum whose like terms cancel is less accurate than what is left of them.
        if plain and not _cancels(terms, distinct):
            ends = self._by_first.setdefault(plain[0].key, {})
            known = Sum(len(self._terms), node, node.block, plain)
            ends.setdefault(plain[-1].key, []).append(known)

    def terms_of(self, node: Node) -> tuple[Term, ...]:
        """What a sum of f is made of; nothing for any other value."""
        return self._terms.get(node, ())

    def taken(self, terms: list[Term], block: Block) -> list[Term]:
        """The terms, with sums of f in the place of what they are made of."""
        terms = self._over_sums(self._without_opposites(terms))
        found = True
        while found:
            found = False
            places = _places(terms)
            left: list[Term | None] = list(terms)
            for position, term in enumerate(terms):
                first = term.apart
                if left[position] is not term or first.inner:
                    continue
                for known in self._starting_with(first, places):
                    ratio = first.constant / known.parts[0].constant
                    match = _match(terms, places, known.parts, ratio)
                    if match is not None and known.home.encloses(block):
                        for k in match:
                            left[k] = None
                            del places[terms[k].apart.key]
                        left[min(match)] = Term(ratio, (known.node,))
                        found = True
                        break
            if found:
                terms = merged([term for term in left if term is not None])
        return terms

    def _starting_with(self, first: Term, places: dict[Key, int]) -> list[Sum]:
        """The sums of f that begin like ``first`` and may end in one of the terms."""
        ends = self._by_first.get(first.key)
        if ends is None:
            return []
        short, long = (ends, places) if len(ends) < len(places) else (places, ends)
        found = (known for key in short if key in long for known in ends[key])
        return sorted(found, key=lambda known: known.number)

    def _without_opposites(self, terms: list[Term]) -> list[Term]:
        """The terms, with a sum of f taken apart where a part of it meets its like.

        ``(z - 1) - z`` is -1, and loses digits if it is not seen; ``(a - h) - h`` is ``a - 2 * h``.
        """
        keys = _places(terms)
        for k, term in enumerate(terms):
            if len(term.factors) != 1 or term.divisors or term.inner:
                continue
            parts = self._terms.get(term.factors[0], ())
            if not any(part.key in keys for part in parts):
                continue
            apart = [replace(part, constant=part.constant * term.constant) for part in parts]
            if not _vanishing(terms, keys, apart):
                continue
            wide = merged([*terms[:k], *apart, *terms[k + 1 :]])
            if cost_of(wide) <= cost_of(terms):
                return self._without_opposites(wide)
        return terms

    def _over_sums(self, terms: list[Term]) -> list[Term]:
        """The terms, with what is left of a sum of f in the place of a difference.

        With ``s = p + q`` the difference ``1 - p / s`` is ``q / s``, and loses no digits.
        """
        found = len(terms) > 1
        while found:
            found = False
            places: dict[Key, int] | None = None
            left: list[Term | None] = list(terms)
            # Terms without which the whole would have a minus sign in front.
            plus = sum(map(_leads, terms))
            for k, term in enumerate(terms):
                if left[k] is not term or term.inner:
                    continue
                for first, rest in self._opposite_of(term.apart):
                    places = _places(terms) if places is None else places
                    j = places.get(first.key)
                    if j is None or j == k or terms[j].apart.constant != first.constant:
                        continue
                    now = plus - _leads(term) - _leads(terms[j]) + _leads(rest)
                    if rest.cost + (now == 0) > term.cost + terms[j].cost:
                        continue
                    del places[first.key]
                    places.pop(term.apart.key, None)
                    left[j] = left[k] = None
                    left[min(j, k)] = rest
                    plus, found = now, True
                    break
            if found:
                terms = merged([term for term in left if term is not None])
                found = len(terms) > 1
        return terms

    def _opposite_of(self, whole: Term) -> Iterator[tuple[Term, Term]]:
        """The terms that make, together with this one, a single other term."""
        for position, divisor in enumerate(whole.divisors):
            parts = self._terms.get(divisor, ())
            if len(parts) != 2:
                continue
            below = whole.divisors[:position] + whole.divisors[position + 1 :]
            for part, other in (parts, parts[::-1]):
                above = _taken_out(whole.factors, part.factors)
                if above is not None and not part.divisors:
                    first = Term(-whole.constant / part.constant, above, below)
                    yield first, first.times(other).times(Term(1.0, (), (divisor,)))


def _cancels(terms: Sequence[Term], distinct: Sequence[Term]) -> bool:
    """Whether like terms have opposite signs; ``distinct`` are the terms with these added up."""
    if len(terms) == len(distinct):
        return any((term.apart.constant < 0.0) != (term.constant < 0.0) for term in distinct)
    sizes = merged([replace(term, constant=abs(term.constant)) for term in terms])
    kept = [abs(term.apart.constant) for term in distinct]
    return kept != [term.apart.constant for term in sizes]


def _leads(term: Term) -> bool:
    """Whether a sum with this term needs no minus sign in front of all."""
    return term.constant >= 0.0 or _is_number(term)


def _vanishing(terms: Sequence[Term], places: dict[Key, int], apart: Sequence[Term]) -> int:
    """How many terms fewer there are when these are added to their like ones."""
    count = 0
    for part in apart:
        k = places.get(part.key)
        if k is not None:
            count += 1 + (terms[k].apart.constant + part.constant == 0.0)
    return count


def _places(terms: Sequence[Term]) -> dict[Key, int]:
    """Where the terms stand, by what they are multiples of."""
    return {term.apart.key: k for k, term in enumerate(terms) if not term.inner}


def _match(
    terms: Sequence[Term], places: dict[Key, int], parts: tuple[Term, ...], ratio: float
) -> list[int] | None:
    """Where ``ratio * parts`` stand among ``terms``."""
    if len(parts) > len(terms):
        return None
    found = []
    for part in parts:
        k = places.get(part.key)
        if k is None or not math.isclose(
            terms[k].apart.constant, ratio * part.constant, rel_tol=CLOSE
        ):
            return None
        found.append(k)
    return found


def _taken_apart(term: Term) -> Term:
    product = Product(term.constant)
    stack = [(node, False) for node in reversed(term.factors)]
    stack += [(node, True) for node in reversed(term.divisors)]
    while stack:
        node, below = stack.pop()
        size = len(product.factors) + len(product.divisors) + len(stack)
        if not _is_product(node) or size >= LONGEST:
            product.put(node, below)
        elif node.op is negative:
            product.constant = -product.constant
            stack.append((node.args[0], below))
        else:
            left, right = node.args
            stack.append((right, not below if node.op is divide else below))
            stack.append((left, below))
    return term_of(product)


def _taken_out(nodes: tuple[Node, ...], gone: tuple[Node, ...]) -> tuple[Node, ...] | None:
    """The nodes without some of them; None where these are not among them."""
    left = list(nodes)
    for node in gone:
        position = next((k for k, known in enumerate(left) if known is node), None)
        if position is None:
            return None
        del left[position]
    return tuple(left)


def _is_product(node: Node) -> bool:
    return node.op in (multiply, divide, negative) and not integral(node)


# --- common factors -----------------------------------------------------------------------

Candidate = tuple[str, Node | float]


def factored(terms: Sequence[Term], taken: Callable[[list[Term]], list[Term]]) -> list[Term]:
    """The terms with what several share in front of their sum, while that saves operations."""
    found = taken(merged(terms))
    while len(found) > 1:
        groups = _groups(found)
        if not groups:
            return found
        found = _put_in_front(found, groups, taken)
    return found


def _groups(terms: Sequence[Term]) -> list[tuple[Candidate, list[int]]]:
    """Disjoint groups of terms with something in common, the most rewarding first."""
    where: dict[Candidate, list[int]] = {}
    for k, term in enumerate(terms):
        for candidate in _candidates(term):
            where.setdefault(candidate, []).append(k)
    shared = [(candidate, places) for candidate, places in where.items() if len(places) > 1]
    shared.sort(key=lambda entry: -_gain(terms, *entry))
    groups, grouped = [], set()
    for candidate, places in shared:
        free = [k for k in places if k not in grouped]
        if len(free) > 1 and _gain(terms, candidate, free) > 0:
            groups.append((candidate, free))
            grouped.update(free)
    return groups


def _candidates(term: Term) -> list[Candidate]:
    found: list[Candidate] = [("divisor", node) for node in dict.fromkeys(term.divisors)]
    found += [("factor", node) for node in dict.fromkeys(term.factors)]
    if abs(term.constant) != 1.0 and not _is_number(term):
        found.append(("constant", abs(term.constant)))
    return found


def _gain(terms: Sequence[Term], candidate: Candidate, places: list[int]) -> int:
    """Operations that are saved by taking ``candidate`` out of these terms."""
    saved = sum(terms[k].cost - _without(terms[k], candidate).cost for k in places)
    rest = [_without(terms[k], candidate) for k in places]
    lowered = all(term.constant < 0.0 and not _is_number(term) for term in rest)
    # A constant in front bears the sign.
    signs = 1 if lowered and candidate[0] != "constant" else 0
    return saved - 1 - signs * (len(places) == len(terms))


def _without(term: Term, candidate: Candidate) -> Term:
    kind, value = candidate
    if kind == "constant":
        return replace(term, constant=math.copysign(1.0, term.constant))
    nodes = list(term.factors if kind == "factor" else term.divisors)
    nodes.pop(next(k for k, node in enumerate(nodes) if node is value))
    return Term(
        term.constant,
        tuple(nodes) if kind == "factor" else term.factors,
        term.divisors if kind == "factor" else tuple(nodes),
        term.inner,
    )


def _put_in_front(
    terms: Sequence[Term],
    groups: Sequence[tuple[Candidate, list[int]]],
    taken: Callable[[list[Term]], list[Term]],
) -> list[Term]:
    heads: dict[int, Term] = {}
    gone: set[int] = set()
    for candidate, places in groups:
        inner = factored([_without(terms[k], candidate) for k in places], taken)
        heads[places[0]] = _in_front(candidate, inner)
        gone.update(places[1:])
    found = [heads.get(k, term) for k, term in enumerate(terms) if k not in gone]
    return taken(merged([term for term in found if term.constant != 0.0]))


def _in_front(candidate: Candidate, inner: list[Term]) -> Term:
    kind, value = candidate
    if not inner:
        return Term(0.0)
    sign = 1.0
    if inner[0].constant < 0.0 and all(term.constant < 0.0 for term in inner):
        sign, inner = -1.0, [replace(term, constant=-term.constant) for term in inner]
    outer = Term(sign)
    if isinstance(value, float):
        outer = Term(sign * value)
    elif kind == "factor":
        outer = Term(sign, (value,))
    else:
        outer = Term(sign, (), (value,))
    if len(inner) == 1:
        return outer.times(inner[0])
    return replace(outer, inner=tuple(inner))


# --- building -----------------------------------------------------------------------------


def built(terms: Sequence[Term], like: Node) -> Node:
    """The sum, with a term in front that is not negative where there is one."""
    graph = like.graph
    if not terms:
        return graph.constant(0.0)
    first = next((k for k, term in enumerate(terms) if term.constant > 0.0), 0)
    order = [terms[first], *terms[:first], *terms[first + 1 :]]
    scaled = next(
        (k for k, term in enumerate(order) if term.constant != -1.0 or _is_number(term)), None
    )
    if order[0].constant < 0.0 and scaled is not None:
        # A constant in front bears the sign.
        order = [order[scaled], *order[:scaled], *order[scaled + 1 :]]
    elif order[0].constant < 0.0:
        opposite = [replace(term, constant=-term.constant) for term in order]
        return negative.build(built(opposite, like))
    value = _built_term(order[0], like)
    for term in order[1:]:
        if term.constant < 0.0:
            lowered = _built_term(replace(term, constant=-term.constant), like)
            value = in_floats(subtract, value, lowered)
        else:
            value = in_floats(add, value, _built_term(term, like))
    return value


def _built_term(term: Term, like: Node) -> Node:
    factors = _with_products(list(term.factors), like.graph.cursor)
    if term.inner:
        factors.append(built(term.inner, like))
    product = Product(term.constant, factors, list(term.divisors), met=2)
    made = product.build(like.graph.constant(1.0))
    assert made is not None
    return made


def _with_products(factors: list[Node], block: Block) -> list[Node]:
    """The factors, with a product of f in the place of two of which f has computed it."""
    for k, first in enumerate(factors):
        for j, second in enumerate(factors[:k]):
            for pair in ((second, first), (first, second)):
                known = block.known(multiply, pair)
                if known is not None and not known.origin.derivative:
                    rest = [factor for i, factor in enumerate(factors) if i not in (j, k)]
                    return _with_products([*rest[:j], known, *rest[j:]], block)
    return factors
