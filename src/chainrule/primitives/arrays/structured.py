"""Matrices of few numbers in :mod:`scipy.linalg`, and systems with them."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.complex_numbers import real_of
from chainrule.primitives.arrays.creation import arange, zeros
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.filters import refuse
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_second
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims, flip
from chainrule.primitives.arrays.signals import convolve, correlate
from chainrule.primitives.declare import TABLE


def _vector(*types: Type, **statics: Any) -> Type:
    return array_of(real_promoted(*types), (False,))


def _check_vectors(node: Node) -> None:
    if any(len(unit_axes_of(arg.type)) != 1 for arg in node.args):
        refuse(node, "a structured system with several right sides", "Solve it for each column.")


@array_defined(
    "hankel", "scipy.linalg.hankel", signature="c",
    typed=lambda c: array_of(real_promoted(c), (False, False)),
)  # fmt: skip
def hankel(c: Node) -> Node:
    """The matrix whose entries depend on the sum of their places, 0 below the antidiagonal."""
    count = dimension(c, axis=0)
    places = arange(count)
    longer = concatenate(c, zeros(count - 1), axis=0)
    return at_positions(longer, expand_dims(places, axis=1) + places, 0)


@array_rule(
    "solve_toeplitz", "scipy.linalg.solve_toeplitz", signature="c, b", arrays=2, typed=_vector,
    lengths=as_second,
)  # fmt: skip
def solve_toeplitz(walker: Any, node: Node, out_bar: Node) -> None:
    """Solution of a symmetric system whose entries depend on the difference of their places."""
    c, b = node.args
    _check_vectors(node)
    b_bar = solve_toeplitz(c, out_bar)
    walker.accumulate(b, b_bar)
    if walker.active(c):
        # What each diagonal has met, those above and those below.
        met = correlate(b_bar, node, mode="full")
        count = dimension(c, axis=0)
        below = part_along(met, 0, count - 1, None)
        above = flip(part_along(met, 0, 0, count), axis=0)
        weight = TABLE["where"](TABLE["equal"](arange(count), 0), 0.5, 1.0)
        walker.accumulate(c, -weight * (below + above))


def _toeplitz_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    _check_vectors(node)
    c_dot, change = dots
    if c_dot is not None:
        count = dimension(c_dot, axis=0)
        row = concatenate(flip(part_along(c_dot, 0, 1, None), axis=0), c_dot, axis=0)
        moved = part_along(convolve(row, out), 0, count - 1, 2 * count - 1)
        change = -moved if change is None else change - moved
    return None if change is None else solve_toeplitz(args[0], change)


solve_toeplitz.tangent_rule = _toeplitz_tangent


@array_defined(
    "solve_circulant", "scipy.linalg.solve_circulant", signature="c, b", arrays=2, typed=_vector,
    lengths=as_second,
)  # fmt: skip
def solve_circulant(c: Node, b: Node) -> Node:
    """Solution of a system whose rows are one vector, turned: a quotient of transforms."""
    quotient = TABLE["scipy_fft"](b) / TABLE["scipy_fft"](c)
    return real_of(TABLE["scipy_ifft"](quotient))
