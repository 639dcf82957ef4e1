"""The slope of a magnitude, its sign, beside the value itself: ``x * sign(x)`` is ``abs(x)``.

Both are 0 at 0, where ``sign`` is the centre of the subdifferential.
"""

from __future__ import annotations

import functools

from chainrule.graph.node import Node
from chainrule.graph.types import unit_axes_of
from chainrule.primitives.arithmetic import absolute, greater, less, multiply, negative
from chainrule.primitives.control import choice_of
from chainrule.primitives.declare import constant_value, is_constant
from chainrule.records import dataclass

# So deep in products of products a value is looked for.
DEEPEST = 3


@dataclass(frozen=True)
class Signed:
    """``c * s * sign(x)``, which is ``c * s if x > 0.0 else -c * s if x < 0.0 else 0.0``."""

    value: Node
    constant: float
    # None where it is the constant alone.
    scale: Node | None

    @property
    def factors(self) -> list[Node]:
        """What it is a product of, without the sign."""
        constant = self.value.graph.constant(self.constant)
        scale = [] if self.scale is None else [self.scale]
        return scale if self.constant == 1.0 else [constant, *scale]


def signed(node: Node) -> Signed | None:
    """What has the sign of a value in front, where a choice gives that."""
    if node.op.name == "sign":
        return Signed(node.args[0], 1.0, None)
    outer = choice_of(node)
    if outer is None or outer[0].op is not greater:
        return None
    inner = choice_of(outer[2])
    if inner is None or inner[0].op is not less or not is_constant(inner[2], 0):
        return None
    (value, zero), (again, other_zero) = outer[0].args, inner[0].args
    if value is not again or not (is_constant(zero, 0) and is_constant(other_zero, 0)):
        return None
    # What both arms have a multiple of is computed before them.
    (constant, scale), (opposite, other_scale) = _multiple(outer[1]), _multiple(inner[1])
    told = constant == -opposite and constant != 0.0 and scale is other_scale
    return Signed(value, constant, scale) if told else None


def _multiple(node: Node) -> tuple[float, Node | None]:
    """A value as a constant times another."""
    constant, scale = 1.0, node
    while scale.op is negative or (scale.op is multiply and is_constant(scale.args[0])):
        constant *= -1.0 if scale.op is negative else float(constant_value(scale.args[0]))
        scale = scale.args[-1]
    if is_constant(scale):
        return constant * float(constant_value(scale)), None
    return constant, scale


def without_signs(factors: list[Node]) -> list[Node]:
    """Factors in which signs have met what they are the signs of."""
    for position, factor in enumerate(factors):
        found = signed(factor)
        if found is None:
            continue
        others = factors[:position] + factors[position + 1 :]
        for place, other in enumerate(others):
            met = _met(other, found.value)
            if met is not None:
                return without_signs([*others[:place], *found.factors, *met, *others[place + 1 :]])
    return factors


def sign_met(x: Node, y: Node, x_single: bool, y_single: bool) -> Node | None:
    """``x * sign(x)``."""
    left = without_signs([x, y])
    if len(left) > 2 or left == [x, y]:
        return None
    return left[0] if len(left) == 1 else multiply.build(*left)


def magnitude(node: Node) -> Node | None:
    """What ``k * x if x > 0.0 else -k * x if x < 0.0 else 0.0`` is: ``k * abs(x)``."""
    found = signed(node)
    if found is None or found.scale is None:
        return None
    met = _met(found.scale, found.value)
    if met is None:
        return None
    constant = node.graph.constant(found.constant)
    return multiply.build(constant, functools.reduce(multiply.build, met))


def _met(factor: Node, value: Node, depth: int = DEEPEST) -> tuple[Node, ...] | None:
    """``factor * sign(value)`` without the sign; None where it stays."""
    if factor is value:
        return (_absolute(value),)
    if factor.op is absolute and factor.args[0] is value:
        return (value,)
    if factor.op is multiply and factor.type == value.type and depth:
        for half, other in (factor.args, factor.args[::-1]):
            met = _met(half, value, depth - 1)
            if met is not None:
                return (other, *met)
    return None


def _absolute(value: Node) -> Node:
    """The magnitude of a value, as f has written it."""
    if not unit_axes_of(value.type):
        return absolute.build(value)
    cursor = value.graph.cursor
    spelling = absolute.numpy_spelling if cursor.known(absolute, (value,)) is None else ()
    return cursor.add(absolute, (value,), spelling)
