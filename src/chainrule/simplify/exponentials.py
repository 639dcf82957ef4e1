"""Quotients of exponentials in derivative code that stay finite where these overflow.

NumPy's ``exp`` is ``inf`` where it overflows, and f is often finite there all the same: 0 for
``1 / (1 + exp(-x))``.  So is its slope, in which ``inf`` may not stand above and below the line::

    exp(x) / (1 + exp(x))     1 / (1 + exp(-x)), or 1 / (1 + 1 / e) of an e = exp(x) of f's
    exp(x) / expm1(x)         -1 / expm1(-x)
    sinh(x) / cosh(x)         tanh(x)
    exp(-exp(x)) * exp(x)     exp(x - exp(x))
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from chainrule.graph.node import Node, Op
from chainrule.graph.types import Array, is_complex
from chainrule.primitives.arithmetic import add, divide, multiply, negative, power, subtract
from chainrule.primitives.bounds import bounds_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.primitives.elementary import cosh, exp, expm1, reciprocal, sinh, tanh
from chainrule.primitives.saturation import opposite_exp

if TYPE_CHECKING:
    from chainrule.simplify.product import Product

GROWING = (exp, opposite_exp, sinh, cosh)


def take_exponentials(product: Product) -> bool:
    """Put what is finite in the place of one growing factor over another; whether there is one."""
    found = _take_doubled(product) or _distribute(product)
    for factor in [node for node in product.factors if node.op in GROWING]:
        for quotient in _quotients(product):
            made = _ratio(factor, quotient.divisor)
            if made is None:
                continue
            product.factors.remove(factor)
            side = product.divisors if quotient.below else product.factors
            side.remove(quotient.node)
            if quotient.above is not None:
                product.put(quotient.above, below=False)
            if quotient.power > 1.0:
                product.put(_powered(quotient), below=True)
            product.put(*made)
            found = True
            break
    if found:
        product.cancel()
    return found


def _take_doubled(product: Product) -> bool:
    """One exponential in the place of one that vanishes where the other grows, and that."""
    exponentials = [node for node in product.factors if node.op is exp and _overflows(node)]
    for inner in exponentials:
        for outer in exponentials:
            if outer is not inner and _falls_with(outer.args[0], inner):
                exponent = add.build(outer.args[0], inner.args[0])
                product.factors.remove(inner)
                at = product.factors.index(outer)
                product.factors[at] = outer.graph.cursor.add(exp, (exponent,), outer.params)
                return True
    return False


def _distribute(product: Product) -> bool:
    """Multiply the terms of a sum by an exponential that each of them is divided by."""
    for factor in [node for node in product.factors if node.op is exp and _overflows(node)]:
        for total in [node for node in product.factors if _is_sum(node)]:
            value: Node | None = None
            for term, sign in _terms(total):
                part = _opened(type(product)(sign), term)
                part.put(factor, below=False)
                made = part.build(factor) if take_exponentials(part) else None
                if made is None:
                    break
                value = made if value is None else add.build(value, made)
            else:
                assert value is not None
                product.factors.remove(factor)
                product.factors[product.factors.index(total)] = value
                return True
    return False


def _is_sum(node: Node) -> bool:
    return node.op in (add, subtract) and node.origin.derivative


def _terms(total: Node) -> list[tuple[Node, float]]:
    """The terms of a sum with their signs."""
    found: list[tuple[Node, float]] = []
    stack = [(total, 1.0)]
    while stack:
        node, sign = stack.pop()
        if _is_sum(node):
            first, second = node.args
            stack += [(second, -sign if node.op is subtract else sign), (first, sign)]
        else:
            found.append((node, sign))
    return found


def _opened(product: Product, term: Node) -> Product:
    """``product`` times what a term is made of."""
    stack = [(term, False)]
    while stack:
        node, below = stack.pop()
        if node.op in (multiply, divide, negative) and node.origin.derivative:
            if node.op is negative:
                product.constant = -product.constant
            under = not below if node.op is divide else below
            sides = [(arg, under if k else below) for k, arg in enumerate(node.args)]
            stack += reversed(sides)
        else:
            product.put(node, below)
    return product


def _falls_with(exponent: Node, exponential: Node) -> bool:
    """Whether an exponent is minus a positive multiple of the exponential."""
    sign, node = 1.0, exponent
    while node is not exponential:
        if node.op is negative:
            sign, node = -sign, node.args[0]
        elif node.op is divide and is_constant(node.args[1]):
            sign, node = sign * math.copysign(1.0, constant_value(node.args[1])), node.args[0]
        elif node.op is multiply and any(map(is_constant, node.args)):
            number, node = node.args if is_constant(node.args[0]) else node.args[::-1]
            sign *= math.copysign(1.0, constant_value(number))
        else:
            return False
    return sign < 0.0


class _Quotient(NamedTuple):
    """A factor or divisor ``node`` that is ``above / divisor**power``."""

    node: Node
    divisor: Node
    below: bool = False
    above: Node | None = None
    power: float = 1.0


def _quotients(product: Product) -> list[_Quotient]:
    """What the product is divided by, be it by quotients of f's."""
    found = [_Quotient(node, node, below=True) for node in product.divisors]
    found += [_Quotient(node, node.args[1], above=node.args[0])
              for node in product.factors if node.op is divide]  # fmt: skip
    for node in product.factors:
        if node.op is reciprocal:
            found.append(_Quotient(node, node.args[0]))
        elif node.op is power and is_constant(node.args[1]) and constant_value(node.args[1]) <= -1:
            found.append(_Quotient(node, node.args[0], above=_raised(node)))
    return found + [
        each._replace(divisor=each.divisor.args[0], power=float(constant_value(exponent)))
        for each in found
        if each.divisor.op is power
        and is_constant(exponent := each.divisor.args[1])
        and constant_value(exponent) > 1
    ]


def _raised(node: Node) -> Node | None:
    """A power with a negative exponent times its base; None where that is 1."""
    base, exponent = node.args
    raised = constant_value(exponent) + 1
    return power.build(base, node.graph.constant(raised)) if raised else None


def _powered(quotient: _Quotient) -> Node:
    """What is left of the power below the line once it is divided by its base."""
    base, left = quotient.divisor, quotient.power - 1.0
    return base if left == 1.0 else power.build(base, base.graph.constant(left))


def _ratio(factor: Node, divisor: Node) -> tuple[Node, bool] | None:
    """``factor / divisor`` as a factor, or as a divisor where the second is true."""
    if is_complex(factor.type):
        return None
    if factor.op in (exp, opposite_exp):
        below = _per_exponential(divisor, factor) if _overflows(factor) else None
        return None if below is None else (below, True)
    other: Op = sinh if factor.op is cosh else cosh
    if divisor.op is not other or divisor.args != factor.args or not factor.origin.derivative:
        return None
    return factor.graph.cursor.add(tanh, factor.args, _spelt(factor, "tanh")), factor.op is cosh


def _spelt(node: Node, name: str) -> tuple[str, ...]:
    """The params by which a function is called in the library that ``node`` is of."""
    return tuple(f"{str(each).rpartition('.')[0]}.{name}" for each in node.params)


def _overflows(node: Node) -> bool:
    """Whether an exponential may be ``inf``; Python's own raises."""
    made = node.op is opposite_exp or "numpy.exp" in node.params
    return made or isinstance(node.type, Array)


def _per_exponential(total: Node, exponential: Node) -> Node | None:
    """``total / exponential``, where the one is a number and a multiple of the other."""
    if total.op is expm1 and total.args == exponential.args:
        opposite = _opposite(total.args[0])
        return negative.build(exponential.graph.cursor.add(expm1, (opposite,), total.params))
    if total.op not in (add, subtract):
        return None
    parts = list(total.args)
    for position, part in enumerate(parts):
        multiple = _multiple(part, exponential)
        rest = parts[1 - position]
        if multiple is None or not bounds_of(rest).excludes_zero:
            continue
        inverse = _inverse(exponential)
        scaled = inverse if is_constant(rest, 1) else multiply.build(rest, inverse)
        in_order = total.op is add or position == 0
        return total.op.build(*((multiple, scaled) if in_order else (scaled, multiple)))
    return None


def _inverse(exponential: Node) -> Node:
    """One over an exponential; of one that f has computed it is no exponential more."""
    if exponential.op is opposite_exp:
        return exponential.args[0]
    add_node, exponent = exponential.graph.cursor.add, _opposite(exponential.args[0])
    if isinstance(exponential.type, Array) and not exponential.origin.derivative:
        return add_node(opposite_exp, (exponential, exponent))
    return add_node(exp, (exponent,), exponential.params)


def _multiple(part: Node, exponential: Node) -> Node | None:
    """The number of which ``part`` is so many times the exponential."""
    if part is exponential:
        return part.graph.constant(1.0)
    if part.op is multiply and exponential in part.args:
        number = part.args[0] if part.args[1] is exponential else part.args[1]
        return number if number is not exponential else None
    return None


def _opposite(node: Node) -> Node:
    """``-node``, with the sign where it is not seen."""
    if node.op is negative:
        return node.args[0]
    if node.op is subtract:
        return subtract.build(*node.args[::-1])
    if node.op is multiply and node.args[0].op is negative:
        return multiply.build(node.args[0].args[0], node.args[1])
    if node.op is divide and node.args[0].op in (negative, subtract):
        return divide.build(_opposite(node.args[0]), node.args[1])
    if node.op in (multiply, divide) and is_constant(node.args[0]):
        opposite = node.graph.constant(-constant_value(node.args[0]))
        return node.op.build(opposite, node.args[1])
    return negative.build(node)
