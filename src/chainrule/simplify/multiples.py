"""A multiple that is computed anyway stands for what it is a multiple of.

    200.0 * gap, -2.0 * (1.0 - x) - 400.0 * (gap * x)

With ``c = 200.0 * gap`` at hand the second is ``-2.0 * (1.0 - x + c * x)``, one operation less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import multiply
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import replace
from chainrule.simplify.sums import Term, cost_of, factored

# Longer sums are not looked through.
LONGEST = 16

Taken = Callable[[list[Term]], list[Term]]


def multiples_of(nodes: Iterable[Node], elsewhere: bool = False) -> dict[Node, list[float]]:
    """The constants by which derivative code multiplies a value, for each such value.

    With ``elsewhere`` only of those that are factors of other products, too.
    """
    found: dict[Node, list[float]] = {}
    factors: set[Node] = set()
    for node in nodes:
        if node.op is not multiply or node.type != FLOAT or not node.origin.derivative:
            continue
        constant, value = node.args
        if not is_constant(constant) or is_constant(value):
            factors.update(node.args)
            continue
        scale = float(constant_value(constant))
        if math.isfinite(scale) and scale != 0.0:
            found.setdefault(value, []).append(scale)
    if elsewhere:
        return {value: scales for value, scales in found.items() if value in factors}
    return found


def rescaled(
    terms: Sequence[Term], best: list[Term], constants: dict[Node, list[float]], taken: Taken
) -> list[Term]:
    """The sum in front of which most is taken out, with multiples in the place of factors.

    ``best`` is what it is without these.
    """
    for k in range(len(terms) if len(terms) <= LONGEST else 0):
        for other in _with_multiples(terms[k], constants):
            changed = [*terms[:k], other, *terms[k + 1 :]]
            found = factored(changed, taken)
            if cost_of(found) < cost_of(best):
                terms, best = changed, found
    return best


def _with_multiples(term: Term, constants: dict[Node, list[float]]) -> list[Term]:
    """The same term with a multiple of one factor in its place."""
    found = []
    if len(term.factors) > 1 and not term.inner:
        for position, factor in enumerate(term.factors):
            for constant in constants.get(factor, ()):
                graph = factor.graph
                multiple = graph.cursor.add(multiply, (graph.constant(constant), factor))
                factors = [*term.factors[:position], multiple, *term.factors[position + 1 :]]
                scaled = term.constant / constant
                found.append(replace(term, constant=scaled, factors=tuple(factors)))
    return found
