"""Ranges, weighted means, differences, integrals, powers, log-sum-exp."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    inexact_promoted,
    promoted,
    unit_axes_of,
)
from chainrule.primitives.arithmetic import add
from chainrule.primitives.arrays.call import axes_of
from chainrule.primitives.arrays.creation import linspace
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import Lengths, Of, as_first, reduced
from chainrule.primitives.arrays.reductions import (
    array_max,
    array_min,
    array_sum,
    reduced_axes,
)
from chainrule.primitives.arrays.shaping import expand_dims, reshape
from chainrule.primitives.declare import TABLE, Cost


def _reduced(a: Type, axis: Any = None, keepdims: bool = False, **statics: Any) -> Type:
    return array_of(inexact_promoted(a), reduced_axes(a, axis, keepdims))


def _flat(a: Node) -> Node:
    return a if len(unit_axes_of(a.type)) == 1 else reshape(a, a.graph.constant(-1))


@array_defined("ptp", "numpy.ptp", signature="a, axis=None, keepdims=False", typed=_reduced,
               lengths=reduced)  # fmt: skip
def ptp(a: Node, axis: Any, keepdims: bool) -> Node:
    """The distance from the smallest to the largest entry."""
    largest = array_max(a, axis=axis, keepdims=keepdims)
    return largest - array_min(a, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


def _averaged(a: Type, weights: Type, axis: Any = None, keepdims: bool = False) -> Type:
    return array_of(promoted((a, weights)), reduced_axes(a, axis, keepdims))


@array_defined(
    "weighted_average", "numpy.average", signature="a, weights, axis=None, keepdims=False",
    arrays=2, named=1,
    typed=_averaged,
)  # fmt: skip
def weighted_average(a: Node, weights: Node, axis: Any, keepdims: bool) -> Node:
    """Mean with weights, which need not add up to 1."""
    rank = len(unit_axes_of(a.type))
    if axis is not None and len(unit_axes_of(weights.type)) == 1 and rank > 1:
        others = tuple(k for k in range(rank) if k != axis % rank)
        weights = expand_dims(weights, axis=others)
        total = array_sum(weights)
    else:
        total = array_sum(weights, axis=axis, keepdims=keepdims)
    return array_sum(a * weights, axis=axis, keepdims=keepdims) / total


# --- differences and integrals -----------------------------------------------------------


def _differences(a: Type, n: int = 1, axis: int = -1) -> Type:
    units = list(unit_axes_of(a))
    units[axis] = False
    return array_of(dtype_of(a), tuple(units))


def _difference_lengths(node: Node, of: Of) -> Lengths:
    count, axis = int(str(node.params[0])), int(str(node.params[1]))
    found = list(of(node.args[0]))
    found[axis] = found[axis].cut(count)
    return tuple(found)


@array_defined("diff", "numpy.diff", signature="a, n=1, axis=-1", typed=_differences,
               lengths=_difference_lengths)  # fmt: skip
def diff(a: Node, n: int, axis: int) -> Node:
    """Differences of neighbours."""
    for _ in range(n):
        later = part_along(a, axis, a.graph.constant(1), None)
        a = later - part_along(a, axis, 0, a.graph.constant(-1))
    return a


@array_defined(
    "ediff1d",
    "numpy.ediff1d",
    signature="ary",
    typed=lambda ary: array_of(inexact_promoted(ary), (False,)),
)
def ediff1d(ary: Node) -> Node:
    """Differences of neighbours of all entries."""
    return diff(_flat(ary))


@array_defined(
    "trapezoid", "numpy.trapezoid", signature="y, dx=1.0, axis=-1",
    typed=lambda y, dx=1.0, axis=-1: _reduced(y, axis), lengths=reduced,
)  # fmt: skip
def trapezoid(y: Node, dx: Any, axis: int) -> Node:
    """Integral by trapezia of equal width."""
    both = part_along(y, axis, y.graph.constant(1), None) + part_along(
        y, axis, 0, y.graph.constant(-1)
    )
    return (0.5 * float(dx)) * array_sum(both, axis=axis)


def _integral(y: Type, x: Type, axis: int = -1) -> Type:
    return array_of(promoted((y, x)), reduced_axes(y, axis, False))


@array_defined(
    "trapezoid_over",
    "numpy.trapezoid",
    signature="y, x, axis=-1",
    arrays=2,
    typed=_integral,
    cost=Cost.FUNCTION,
)
def trapezoid_over(y: Node, x: Node, axis: int) -> Node:
    """Integral by trapezia between given places."""
    rank = len(unit_axes_of(y.type))
    one = len(unit_axes_of(x.type)) == 1
    width = diff(x, axis=-1 if one else axis)
    if one and rank > 1:
        width = expand_dims(width, axis=tuple(k for k in range(rank) if k != axis % rank))
    # As NumPy adds them, which wraps around where they are small integers.
    ends = (
        part_along(y, axis, y.graph.constant(1), None),
        part_along(y, axis, 0, y.graph.constant(-1)),
    )
    both = y.graph.cursor.add(add, ends)
    return array_sum(0.5 * width * both, axis=axis)


# --- exponentials ------------------------------------------------------------------------


def _kept(x: Type, axis: Any = None) -> Type:
    return array_of(inexact_promoted(x), unit_axes_of(x))


@array_defined(
    "logsumexp", "scipy.special.logsumexp", signature="a, axis=None, keepdims=False",
    typed=_reduced, lengths=reduced,
)  # fmt: skip
def logsumexp(a: Node, axis: Any, keepdims: bool) -> Node:
    """Logarithm of a sum of exponentials, without overflow."""
    largest = fixed(array_max(a, axis=axis, keepdims=True))
    total = array_sum(TABLE["exp"](a - largest), axis=axis, keepdims=True)
    found: Node = TABLE["log"](total) + largest
    if keepdims:
        return found
    gone = axes_of(axis, len(unit_axes_of(a.type)))
    return array_sum(found, axis=gone[0] if len(gone) == 1 else gone)


@array_defined(
    "logaddexp_reduced", spelled="numpy.logaddexp.reduce", signature="a, axis=0, keepdims=False",
    typed=_reduced,
)  # fmt: skip
def logaddexp_reduced(a: Node, axis: Any, keepdims: bool) -> Node:
    """Logarithm of a sum of exponentials along an axis."""
    return logsumexp(a, axis=axis, keepdims=keepdims)


@array_defined(
    "logsumexp_weighted", "scipy.special.logsumexp", signature="a, b, axis=None, keepdims=False",
    arrays=2, named=1, typed=lambda a, b, axis=None, keepdims=False: array_of(
        promoted((a, b)), reduced_axes(array_of("bool", broadcast_axes((a, b))), axis, keepdims)
    ),
)  # fmt: skip
def logsumexp_weighted(a: Node, b: Node, axis: Any, keepdims: bool) -> Node:
    """Logarithm of a weighted sum of exponentials, without overflow."""
    largest = fixed(array_max(a, axis=axis, keepdims=True))
    total = array_sum(b * TABLE["exp"](a - largest), axis=axis, keepdims=True)
    found: Node = TABLE["log"](total) + largest
    if keepdims:
        return found
    gone = axes_of(axis, len(unit_axes_of(found.type)))
    return array_sum(found, axis=gone[0] if len(gone) == 1 else gone)


def _spaced(start: Type, stop: Type, sizes: Any = (), **statics: Any) -> Type:
    if unit_axes_of(start) or unit_axes_of(stop):
        raise ValueError("lines between vectors")
    return array_of("float64", (False,))


@array_defined(
    "logspace", "numpy.logspace", signature="start, stop, num=50, endpoint=True, base=10.0",
    arrays=2, sizes="num", typed=_spaced,
)  # fmt: skip
def logspace(start: Node, stop: Node, *num: Node, endpoint: bool, base: Any) -> Node:
    """Powers at equal distances of the exponents."""
    return start.graph.constant(float(base)) ** linspace(start, stop, *num, endpoint=endpoint)


@array_defined(
    "geomspace", "numpy.geomspace", signature="start, stop, num=50, endpoint=True",
    arrays=2, sizes="num", typed=_spaced,
)  # fmt: skip
def geomspace(start: Node, stop: Node, *num: Node, endpoint: bool) -> Node:
    """Numbers of equal ratios."""
    log = TABLE["log"]
    found: Node = TABLE["exp"](linspace(log(start), log(stop), *num, endpoint=endpoint))
    return found


def fixed(node: Node) -> Node:
    """``node`` as a constant of differentiation: it cancels in the definition."""
    found: Node = TABLE["stopped"](node)
    return found


@array_defined("softmax", "scipy.special.softmax", signature="x, axis=None", typed=_kept,
               lengths=as_first)  # fmt: skip
def softmax(x: Node, axis: Any) -> Node:
    """Exponentials that add up to 1, without overflow."""
    grown = TABLE["exp"](x - fixed(array_max(x, axis=axis, keepdims=True)))
    return grown / array_sum(grown, axis=axis, keepdims=True)  # type: ignore[no-any-return]


@array_defined("log_softmax", "scipy.special.log_softmax", signature="x, axis=None", typed=_kept,
               lengths=as_first)  # fmt: skip
def log_softmax(x: Node, axis: Any) -> Node:
    """Logarithms of softmax, without overflow."""
    return x - logsumexp(x, axis=axis, keepdims=True)
