"""Functions of :mod:`scipy.special` that give several values at once, entry by entry.

Each is declared by the slope of each of its values, as expressions in the argument and the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, broadcast_axes
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.bessel import hyp0f1
from chainrule.primitives.declare import is_constant
from chainrule.primitives.elementary import cos, cosh, sin, sinc
from chainrule.primitives.partials import scaled
from chainrule.primitives.special import unknown

Slopes = Callable[..., tuple[Any, ...]]


def _several(name: str, count: int, doc: str, others: int = 0) -> Callable[[Slopes], ArrayRule]:
    """Declare a function with ``others`` parameters behind its argument by the slopes."""

    def typed(*types: Type) -> Type:
        return Record((array_of("float64", broadcast_axes(types)),) * count)

    def declare(slopes: Slopes) -> ArrayRule:
        names = ("x", "m")[: others + 1]

        def at(node: Node, args: Any) -> tuple[Any, ...]:
            return slopes(*args, *(result_of(node, k) for k in range(count)))

        def pullback(walker: Any, node: Node, out_bar: Node) -> None:
            if any(map(walker.active, node.args[1:])):
                scaled(node, node, unknown(name, "parameter"))
            for bar, slope in zip(out_bar.args, at(node, node.args), strict=True):
                if not is_constant(bar, 0):
                    walker.accumulate(node.args[0], bar * slope)

        def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
            if any(dot is not None for dot in dots[1:]):
                scaled(node, node, unknown(name, "parameter"))
            return results(*(dots[0] * slope for slope in at(out, args)))

        pullback.__doc__ = doc
        found = array_rule(
            name, f"scipy.special.{name}", signature=", ".join(names), arrays=len(names),
            typed=typed, raises=False,
        )(pullback)  # fmt: skip
        found.tangent_rule = tangent
        return found

    return declare


@_several("fresnel", 2, "Fresnel's integrals.")
def fresnel(x: Any, *values: Any) -> tuple[Any, ...]:
    """Sine and cosine of the phase (DLMF 7.2.8)."""
    phase = 0.5 * math.pi * x * x
    return sin(phase), cos(phase)


@_several("sici", 2, "Sine and cosine integral.")
def sici(x: Any, *values: Any) -> tuple[Any, ...]:
    """Sine and cosine over the argument (DLMF 6.2.9)."""
    return sinc(x / math.pi), cos(x) / x


@_several("airy", 4, "Airy's functions and their slopes.")
def airy(x: Any, ai: Any, aip: Any, bi: Any, bip: Any) -> tuple[Any, ...]:
    """The differential equation of Airy (DLMF 9.2.1)."""
    return aip, x * ai, bip, x * bi


@_several("ellipj", 4, "Jacobi's elliptic functions sn, cn, dn and the amplitude.", others=1)
def ellipj(u: Any, m: Any, sn: Any, cn: Any, dn: Any, amplitude: Any) -> tuple[Any, ...]:
    """Slopes by the argument (DLMF 22.13.1)."""
    return cn * dn, -(sn * dn), -(m * sn * cn), dn


@_several("shichi", 2, "Hyperbolic sine and cosine integral.")
def shichi(x: Any, *values: Any) -> tuple[Any, ...]:
    """Hyperbolic sine and cosine over the argument (DLMF 6.2.15)."""
    return hyp0f1(1.5, 0.25 * x * x), cosh(x) / x
