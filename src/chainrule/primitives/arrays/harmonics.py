"""Spherical harmonics."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.complex_numbers import conjugated, real_of
from chainrule.primitives.arrays.lengths import broadcast
from chainrule.primitives.declare import fitted
from chainrule.primitives.elementary import cos, sin, sqrt
from chainrule.primitives.partials import scaled
from chainrule.primitives.special import unknown


def _complex(*types: Type) -> Type:
    return array_of("complex128", broadcast_axes(types))


def _slopes(args: Any, out: Node) -> tuple[Any, Any]:
    """By the polar angle, of the ladder operators, which have no pole, and by the azimuth."""
    n, m, theta, phi = args
    imaginary = out.graph.constant(1j)
    turned = cos(phi) - imaginary * sin(phi)
    above = sqrt((n - m) * (n + m + 1.0)) * sph_harm_y(n, m + 1, theta, phi)
    below = sqrt((n + m) * (n - m + 1.0)) * sph_harm_y(n, m - 1, theta, phi)
    return 0.5 * (turned * above - below / turned), imaginary * m * out


@array_rule("sph_harm_y", "scipy.special.sph_harm_y", signature="n, m, theta, phi", arrays=4,
            typed=_complex, lengths=broadcast)  # fmt: skip
def sph_harm_y(walker: Any, node: Node, out_bar: Node) -> None:
    """Spherical harmonic of degree n and order m at a polar angle and an azimuth."""
    if any(map(walker.active, node.args[:2])):
        scaled(node, node, unknown("sph_harm_y", "degree and order"))
    for arg, slope in zip(node.args[2:], _slopes(node.args, node), strict=True):
        if walker.active(arg):
            walker.accumulate(arg, fitted(real_of(out_bar * conjugated(slope)), node, arg))


def _turned(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    if any(dot is not None for dot in dots[:2]):
        scaled(node, node, unknown("sph_harm_y", "degree and order"))
    total: Any = None
    for dot, slope in zip(dots[2:], _slopes(args, out), strict=True):
        if dot is not None:
            total = dot * slope if total is None else total + dot * slope
    found: Node | None = total
    return found


sph_harm_y.tangent_rule = _turned
