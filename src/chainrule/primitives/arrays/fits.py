"""Polynomials through data, phases without jumps, and arrays repeated into a shape."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Type,
    array_of,
    inexact_promoted,
    promoted,
    real_promoted,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.creation import arange, axes_of_sizes, zeros
from chainrule.primitives.arrays.decompositions import pinv
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import entry_along
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.powers import vander
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims, flip, reshape
from chainrule.primitives.declare import TABLE


def _coefficients(x: Type, y: Type, *weights: Type, deg: int) -> Type:
    return array_of("float64", (deg == 0, *unit_axes_of(y)[1:]))


@array_defined(
    "polyfit", "numpy.polyfit", signature="x, y, deg", arrays=2, typed=_coefficients,
)  # fmt: skip
def polyfit(x: Node, y: Node, deg: int) -> Node:
    """Coefficients of the polynomial of least squares, that of the highest power first."""
    return matmul(pinv(vander(x, x.graph.constant(deg + 1))), y)


@array_defined(
    "polyfit_weighted", "numpy.polyfit", signature="x, y, w, deg", arrays=3, named=1,
    typed=_coefficients,
)  # fmt: skip
def polyfit_weighted(x: Node, y: Node, w: Node, deg: int) -> Node:
    """The same where the distance of each point counts as often as its weight."""
    column = expand_dims(w, axis=1)
    scaled = y * (w if len(unit_axes_of(y.type)) == 1 else column)
    return matmul(pinv(vander(x, x.graph.constant(deg + 1)) * column), scaled)


@array_rule(
    "unwrap", "numpy.unwrap",
    signature="p, discont=None, axis=-1, period=6.283185307179586", lengths=as_first,
    typed=lambda p, **statics: array_of(real_promoted(p), unit_axes_of(p)),
)  # fmt: skip
def unwrap(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """Phases without jumps: whole periods are added, which have no slope."""
    walker.accumulate(node.args[0], out_bar)


unwrap.tangent_rule = lambda node, args, dots, out, **statics: dots[0]


@array_defined(
    "resize", "numpy.resize", signature="a, new_shape", sizes="new_shape",
    typed=lambda a, sizes: array_of(promoted((a,)), axes_of_sizes(sizes)),
)  # fmt: skip
def resize(a: Node, *sizes: Node) -> Node:
    """The entries of an array, over and over again, in another shape."""
    flat = a if len(unit_axes_of(a.type)) == 1 else reshape(a, a.graph.constant(-1))
    if not sizes:
        return entry_along(flat, 0, 0)
    count: Any = math.prod(sizes[1:], start=sizes[0])
    places = TABLE["remainder"](arange(count), dimension(flat, axis=0))
    found = at_positions(flat, places, 0)
    return found if len(sizes) == 1 else reshape(found, *sizes)


@array_defined("polyint", "numpy.polyint", signature="p, m=1",
               typed=lambda p, m=1: array_of(inexact_promoted(p), (False,)))  # fmt: skip
def polyint(p: Node, m: int) -> Node:
    """The coefficients of an integral from 0, that of the highest power first."""
    for _ in range(m):
        count = dimension(p, axis=0)
        p = concatenate(p / flip(arange(count) + 1.0, axis=0), zeros(p.graph.constant(1)), axis=0)
    return p
