"""Functions of :mod:`scipy.special` that give several values at once, entry by entry.

Each is declared by the slope of each of its values, as expressions in the argument and the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, broadcast_axes
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.bessel import hyp0f1, i0, j0, k0, y0
from chainrule.primitives.declare import fitted, is_constant
from chainrule.primitives.elementary import cos, cosh, sin, sinc
from chainrule.primitives.elliptic import ellipkinc_by_parameter
from chainrule.primitives.partials import scaled
from chainrule.primitives.special import unknown

Slopes = Callable[..., tuple[Any, ...]]


def _several(
    name: str, count: int, doc: str, others: int = 0, at: int = 0
) -> Callable[[Slopes], ArrayRule]:
    """Declare a function with ``others`` parameters beside its argument by the slopes.

    The argument is at the place ``at``; slopes by the parameter follow, where they are known.
    """

    def typed(*types: Type) -> Type:
        return Record((array_of("float64", broadcast_axes(types)),) * count)

    def declare(slopes: Slopes) -> ArrayRule:
        names = ("x", "m")[: others + 1]

        def slopes_by(node: Node, args: Any, moving: Sequence[bool]) -> list[tuple[Any, ...]]:
            """The slopes of all values by each argument that counts."""
            values = tuple(result_of(node, k) for k in range(count))
            found = slopes(*args, *values)
            if not any(moving[1:] if at == 0 else moving[:at]):
                return [(), found[:count]] if at else [found[:count], ()]
            if len(found) == count:
                scaled(node, node, unknown(name, "parameter"))
            return [found[:count], found[count:]]

        def pullback(walker: Any, node: Node, out_bar: Node) -> None:
            moving = [walker.active(arg) for arg in node.args]
            for arg, row in zip(node.args, slopes_by(node, node.args, moving), strict=False):
                for bar, slope in zip(out_bar.args, row, strict=False):
                    if walker.active(arg) and not is_constant(bar, 0):
                        walker.accumulate(arg, fitted(bar * slope, result_of(node, 0), arg))

        def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
            rows = slopes_by(out, args, [dot is not None for dot in dots])
            totals: list[Any] = [None] * count
            for dot, row in zip(dots, rows, strict=False):
                if dot is not None:
                    terms = [dot * slope for slope in row]
                    totals = [
                        term if total is None else total + term
                        for total, term in zip(totals, terms, strict=True)
                    ]
            return results(*totals)

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
    """Slopes by the argument (DLMF 22.13.1), and by the parameter through that of the amplitude."""
    moved = -dn * ellipkinc_by_parameter(amplitude, m)
    by_parameter = (cn * moved, -sn * moved, -0.5 * sn * (sn + 2.0 * m * cn * moved) / dn, moved)
    return cn * dn, -(sn * dn), -(m * sn * cn), dn, *by_parameter


@_several("shichi", 2, "Hyperbolic sine and cosine integral.")
def shichi(x: Any, *values: Any) -> tuple[Any, ...]:
    """Hyperbolic sine and cosine over the argument (DLMF 6.2.15)."""
    return hyp0f1(1.5, 0.25 * x * x), cosh(x) / x


@_several("iti0k0", 2, "Integrals of i0 and k0 from 0.")
def iti0k0(x: Any, *values: Any) -> tuple[Any, ...]:
    """The functions themselves."""
    return i0(x), k0(x)


@_several("itj0y0", 2, "Integrals of j0 and y0 from 0.")
def itj0y0(x: Any, *values: Any) -> tuple[Any, ...]:
    """The functions themselves."""
    return j0(x), y0(x)


@_several("itairy", 4, "Integrals of Airy's functions, of both signs.")
def itairy(x: Any, *values: Any) -> tuple[Any, ...]:
    """The functions themselves."""
    ahead, behind = airy(x), airy(-x)
    return tuple(result_of(found, k) for found in (ahead, behind) for k in (0, 2))


@_several("pbdv", 2, "Parabolic cylinder function of order x, and its slope.", others=1, at=1)
def pbdv(v: Any, x: Any, value: Any, slope: Any) -> tuple[Any, ...]:
    """The differential equation of Weber (DLMF 12.2.4)."""
    return slope, (0.25 * x * x - v - 0.5) * value


@_several("pbvv", 2, "Parabolic cylinder function V of order x, and its slope.", others=1, at=1)
def pbvv(v: Any, x: Any, value: Any, slope: Any) -> tuple[Any, ...]:
    """The differential equation of Weber (DLMF 12.2.2)."""
    return slope, (0.25 * x * x - v - 0.5) * value


@_several("pbwa", 2, "Parabolic cylinder function W, and its slope.", others=1, at=1)
def pbwa(a: Any, x: Any, value: Any, slope: Any) -> tuple[Any, ...]:
    """The differential equation of Weber (DLMF 12.14.1)."""
    return slope, (a - 0.25 * x * x) * value
