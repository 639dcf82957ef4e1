"""Kernel density estimates of :mod:`scipy.stats` that exist, by the places at which they are read.

The density is a weighted sum of bells around the data; its own function computes the value.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.creation import literal
from chainrule.primitives.arrays.defined import ArrayDefined, array_defined
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.reductions import array_max
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.declare import TABLE, Cost
from chainrule.primitives.effect import VERBATIM


def _read(density: Type, points: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(points)[-1:] or (True,))


def _held(density: Node, text: str, axes: int) -> Node:
    type = array_of("float64", (False,) * axes) if axes else FLOAT
    return density.graph.cursor.add(VERBATIM, (density,), (text, type, None), type)


def _density(name: str, written: str, logarithm: bool) -> ArrayDefined:
    @array_defined(name, signature="density, points", arrays=2, typed=_read, written=written,
                   cost=Cost.FUNCTION)  # fmt: skip
    def density_at(density: Node, points: Node) -> Any:
        """The density at each point of one number, or its logarithm."""
        places = points
        if not unit_axes_of(points.type):
            places = points.graph.cursor.add(literal, (points,), ((1,), None))
        # There is one row for each of the points, and in it one entry for each of the data.
        gaps = expand_dims(places, axis=(1,)) - _held(density, "_0_.dataset[0]", 1)
        exponents = -0.5 * _held(density, "_0_.inv_cov[0, 0]", 0) * gaps**2
        weights = _held(density, "_0_.weights", 1)
        if logarithm:
            # Far from all data the bells are 0, and the logarithm of their sum is not.
            most = array_max(exponents, axis=1, keepdims=True)
            total = matmul(TABLE["exp"](exponents - most), weights)
            return TABLE["log"](total) + array_max(exponents, axis=1)
        factor = TABLE["sqrt"](_held(density, "6.283185307179586 * _0_.covariance[0, 0]", 0))
        return matmul(TABLE["exp"](exponents), weights) / factor

    return density_at


DENSITIES = {
    "evaluate": _density("density_at", "_0_(_1_)", False),
    "logpdf": _density("log_density_at", "_0_.logpdf(_1_)", True),
}
