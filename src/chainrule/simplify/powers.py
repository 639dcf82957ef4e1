"""Powers of one base in a product.

Above and below the line: ``k * t**(k - 1) / t**k`` is ``k / t``, and so is ``3.0 * t * t / t**3``.
The code divides by the one below anyway, so where the base is 0 both raise, or are not finite.

Beside each other: ``t**2 * x * t`` is ``t**3 * x`` where that power has been computed.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import Node
from chainrule.primitives.arithmetic import add, divide, power, subtract
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.floats import integral

# Exponents that differ by no more are written as factors.
MOST_FACTORS = 3
# A power that has been computed leaves fewer factors than these.
MOST_LEFT = 8


def reduced(factors: Sequence[Node], divisors: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """Factors and divisors, with what two powers of one base have in common left out."""
    below: dict[Node, list[Node]] = {}
    for divisor in divisors:
        if divisor.op is power:
            below.setdefault(divisor.args[0], []).append(divisor)
    above, under = list(factors), list(divisors)
    for factor in factors if below else ():
        for divisor in below.get(factor.args[0], ()) if factor.op is power else ():
            more = _difference(factor.args[1], divisor.args[1])
            if more is not None and abs(more) <= MOST_FACTORS:
                above.remove(factor)
                under.remove(divisor)
                below[factor.args[0]].remove(divisor)
                (above if more > 0 else under).extend([factor.args[0]] * abs(more))
                break
    return without_factors(above, under)


def without_factors(above: list[Node], under: list[Node]) -> tuple[list[Node], list[Node]]:
    """The same, where a power below meets all, or all but one, of its factors above.

    So does one of which the reciprocal stands above.
    """
    powers = [(node, node, under) for node in under if node.op is power]
    powers += [(node, node.args[1], above) for node in above if _is_reciprocal(node)]
    for whole, found, side in powers:
        base, exponent = _whole_power(found)
        times = min(sum(factor is base for factor in above), exponent)
        if times < max(2, exponent - 1):
            continue
        for _ in range(times):
            above.remove(base)
        side.remove(whole)
        under += [base] * (exponent - times)
    return above, under


def _is_reciprocal(node: Node) -> bool:
    """Whether a value is one over a power."""
    return node.op is divide and is_constant(node.args[0], 1) and node.args[1].op is power


def gathered(factors: list[Node]) -> list[Node]:
    """The factors, with a power that has been computed for those that it is made of."""
    alike: dict[Node, list[Node]] = {}
    for factor in factors:
        alike.setdefault(_whole_power(factor)[0], []).append(factor)
    if len(alike) == len(factors):
        return factors
    for base, parts in alike.items():
        # Powers of integers may have wrapped around.
        if len(parts) < 2 or integral(base):
            continue
        found = _computed(base, sum(_whole_power(part)[1] for part in parts))
        if found is not None and found[1] + 1 < len(parts):
            whole, left = found
            position = factors.index(parts[0])
            rest = [factor for factor in factors[position:] if factor not in parts]
            factors = [*factors[:position], whole, *[base] * left, *rest]
    return factors


def _whole_power(node: Node) -> tuple[Node, int]:
    """``(x, k)`` of a power ``x**k``, with k = 1 of anything else."""
    if node.op is power and is_constant(node.args[1]):
        exponent = constant_value(node.args[1])
        if float(exponent).is_integer() and exponent > 1:
            return node.args[0], int(exponent)
    return node, 1


def _computed(base: Node, total: int) -> tuple[Node, int] | None:
    """The highest power up to ``total`` that has been computed, and what is left of ``total``."""
    cursor = base.graph.cursor
    for exponent in range(total, max(2, total - MOST_LEFT), -1):
        for constant in (base.graph.constant(exponent), base.graph.constant(float(exponent))):
            known = cursor.known(power, (base, constant))
            if known is not None:
                return known, total - exponent
    return None


def _difference(exponent: Node, other: Node) -> int | None:
    """The whole number by which exponents differ; None where it is not known."""
    (first, more), (second, less) = _shifted(exponent), _shifted(other)
    if first is not second:
        return None
    found = more - less
    return int(found) if found == int(found) and found else None


def _shifted(exponent: Node) -> tuple[Node | None, float]:
    """``(x, c)`` of an exponent ``x + c``; x is None of a constant."""
    total = 0.0
    while exponent.op in (add, subtract) and is_constant(exponent.args[1]):
        shift = float(constant_value(exponent.args[1]))
        total += shift if exponent.op is add else -shift
        exponent = exponent.args[0]
    if is_constant(exponent):
        return None, total + float(constant_value(exponent))
    return exponent, total
