"""Profiles of spectral lines."""

from __future__ import annotations

import math

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, broadcast_axes, promoted
from chainrule.primitives.arrays.complex_numbers import faddeeva, real_part
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import broadcast


def _typed(*types: Type) -> Type:
    return array_of(promoted(types), broadcast_axes(types))


@array_defined(
    "voigt_profile", "scipy.special.voigt_profile", signature="x, sigma, gamma", arrays=3,
    typed=_typed, lengths=broadcast,
)  # fmt: skip
def voigt_profile(x: Node, sigma: Node, gamma: Node) -> Node:
    """A normal and a Cauchy density, convolved (DLMF 7.19)."""
    place = (x + x.graph.constant(1j) * gamma) / (math.sqrt(2.0) * sigma)
    return real_part.build(faddeeva.build(place)) / (math.sqrt(2.0 * math.pi) * sigma)
