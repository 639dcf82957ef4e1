"""A term and a quotient over one line, where the term vanishes above it.

    x - (x * g - h) / g  =  h / g

Newton's step is such a difference: what its derivative feels of the old iterate through the
numerator cancels against the iterate itself.  All is multiplied out, down to the terms of the
divisor where f has computed it as a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, multiply, negative, subtract
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import replace
from chainrule.simplify.sums import Term, factored, merged

# Longer sums are left as they are, and so are larger expressions.
LONGEST = 16
LARGEST = 40


def is_quotient(term: Term) -> bool:
    """Whether a term is a sum of derivative code over a line."""
    return (
        len(term.factors) == len(term.divisors) == 1
        and not term.inner
        and term.factors[0].op in (add, subtract)
        and term.factors[0].origin.derivative
    )


def together(
    terms: Sequence[Term],
    terms_of: Callable[[Node], Sequence[Term]],
    taken: Callable[[list[Term]], list[Term]],
) -> list[Term]:
    """The terms, with one less where it vanishes over the line of a quotient.

    ``terms_of(node)`` is what a sum of f is made of, and ``taken`` puts sums of f in their place.
    """
    for k, quotient in enumerate(terms):
        if len(terms) > LONGEST or not is_quotient(quotient):
            continue
        divisor = quotient.divisors[0]
        below = [*(terms_of(divisor) or [Term(1.0, (divisor,))])]
        above = None
        if _is_small(quotient.factors[0], divisor):
            above = _multiplied_out(quotient.factors[0], divisor, below)
        if above is None:
            continue
        above = merged([_scaled(part, quotient.constant).apart for part in above])
        for j, term in enumerate(terms):
            if j == k or term.inner:
                continue
            both = merged([*above, *(term.times(part).apart for part in below)])
            if len(both) > len(above) - len(below) or not both:
                continue
            inner = factored(both, taken)
            if not inner:
                continue
            line = Term(1.0, (), (divisor,))
            found = line.times(inner[0]) if len(inner) == 1 else replace(line, inner=tuple(inner))
            rest = [other for i, other in enumerate(terms) if i not in (j, k)]
            return together([*rest, found], terms_of, taken)
    return list(terms)


def _scaled(term: Term, scale: float) -> Term:
    return replace(term, constant=term.constant * scale)


def _opens(node: Node, divisor: Node) -> bool:
    """Whether ``node`` is derivative code of which parentheses may be multiplied out."""
    ops = (add, subtract, multiply, divide, negative)
    return node is not divisor and node.origin.derivative and node.op in ops


def _is_small(node: Node, divisor: Node) -> bool:
    """Whether what would be multiplied out has a few operations only."""
    count, stack = 0, [node]
    while stack and count <= LARGEST:
        current = stack.pop()
        if _opens(current, divisor):
            count += 1
            stack += current.args[:1] if current.op is divide else current.args
    return count <= LARGEST


def _multiplied_out(node: Node, divisor: Node, below: Sequence[Term]) -> list[Term] | None:
    """The terms of derivative code without parentheses; None where they are too many."""
    if node is divisor:
        return list(below)
    if is_constant(node):
        return [Term(float(constant_value(node)))]
    if not _opens(node, divisor):
        return [Term(1.0, (node,))]
    left = _multiplied_out(node.args[0], divisor, below)
    if left is None or node.op is negative:
        return left and [_scaled(term, -1.0) for term in left]
    if node.op is divide:
        return [term.times(Term(1.0, (), (node.args[1],))) for term in left]
    right = _multiplied_out(node.args[1], divisor, below)
    if right is None:
        return None
    if node.op is multiply:
        found = [first.times(second) for first in left for second in right]
    else:
        sign = -1.0 if node.op is subtract else 1.0
        found = [*left, *(_scaled(term, sign) for term in right)]
    return found if len(found) <= LONGEST else None
