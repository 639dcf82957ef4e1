"""A sum over a product that f has computed: each of its terms by itself, where that is less.

The slope of a logarithm of a product is such a sum, of the quotient rule, over the product::

    (u' * v - u / w * v * w') / w / (u * v / w)  =  u' / u - w' / w

Divisions by what the product is made of are safe: f has divided by it, so none of it is zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.block import Block
from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import divide, multiply
from chainrule.simplify.product import Product
from chainrule.simplify.sums import Term, cost_of, finite, term_of

# More terms are left over their common line.
MOST = 3


def over_products(
    terms: Sequence[Term], rest: Product, whole: Product, block: Block
) -> list[Term] | None:
    """The terms of a sum times ``rest``, where a divisor is made of factors that cancel.

    ``whole`` is the product with the sum as one of its factors.  None where the terms take no
    fewer operations than that.
    """
    if not 1 < len(terms) <= MOST or not any(map(_is_product_of_f, rest.divisors)):
        return None
    if any(term.inner for term in terms):
        return None
    line = term_of(rest)
    found = []
    for term in terms:
        apart = term.times(line).apart
        product = Product(apart.constant, list(apart.factors), list(apart.divisors))
        product.cancel()
        found.append(term_of(product))
    before = cost_of(terms) + whole.cost
    known = sum(_is_known(term, block) for term in found)
    return found if finite(found) and cost_of(found) - known < before else None


def _is_product_of_f(node: Node) -> bool:
    return node.op in (multiply, divide) and not node.origin.derivative


def _is_known(term: Term, block: Block) -> bool:
    """Whether a term is a quotient that is there."""
    single = len(term.factors) == len(term.divisors) == 1 and term.constant in (1.0, -1.0)
    return single and block.known(divide, (term.factors[0], term.divisors[0])) is not None
