"""Covariances and correlations of variables observed together."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_linear
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.linear_algebra import diag, matmul, triu
from chainrule.primitives.arrays.reductions import mean
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims, transpose
from chainrule.primitives.declare import TABLE

OPTIONS = "rowvar=True, bias=False, ddof=None"


def _variables(type: Type, rowvar: bool) -> bool:
    """Whether there is one variable only."""
    units = unit_axes_of(type)
    return len(units) < 2 or units[0 if rowvar or units[0] else 1]


def _one_type(m: Type, rowvar: bool = True, **statics: Any) -> Type:
    return array_of(promoted((m,)), () if _variables(m, rowvar) else (False, False))


def _two_types(m: Type, y: Type, **statics: Any) -> Type:
    return array_of(promoted((m, y)), (False, False))


def _rows(m: Node, rowvar: bool) -> Node:
    """Observations with a row for each variable."""
    units = unit_axes_of(m.type)
    if len(units) == 1:
        return expand_dims(m, axis=0)
    return m if rowvar or units[0] else transpose(m)


def _covariance(rows: Node, bias: bool, ddof: Any) -> Node:
    count = dimension(rows, axis=1)
    gone = ddof if ddof is not None else (0 if bias else 1)
    centred = rows - mean(rows, axis=1, keepdims=True)
    return matmul(centred, transpose(centred)) / (count - gone if gone else count)


def _scalar(matrix: Node) -> Node:
    from chainrule.primitives.sequence import index

    zero = matrix.graph.constant(0)
    return matrix.graph.cursor.add(index, (matrix, zero, zero))


@array_defined("cov", "numpy.cov", signature=f"m, {OPTIONS}", vectors=True, typed=_one_type)
def cov(m: Node, rowvar: bool, bias: bool, ddof: Any) -> Node:
    """Covariances of the rows of a matrix, or the variance of a vector."""
    found = _covariance(_rows(m, rowvar), bias, ddof)
    return _scalar(found) if _variables(m.type, rowvar) else found


@array_defined("cov_of_two", "numpy.cov", signature=f"m, y, {OPTIONS}", arrays=2,
               vectors=True, typed=_two_types)  # fmt: skip
def cov_of_two(m: Node, y: Node, rowvar: bool, bias: bool, ddof: Any) -> Node:
    """Covariances of two sets of variables together."""
    both = concatenate(_rows(m, rowvar), _rows(y, rowvar), axis=0)
    return _covariance(both, bias, ddof)


def _correlation(covariance: Node) -> Node:
    deviations: Node = TABLE["sqrt"](diag(covariance))
    return covariance / expand_dims(deviations, axis=1) / deviations


@array_defined("corrcoef", "numpy.corrcoef", signature="x, rowvar=True", typed=_one_type)
def corrcoef(x: Node, rowvar: bool) -> Node:
    """Correlations of the rows of a matrix."""
    if _variables(x.type, rowvar):
        return x.graph.constant(1.0)
    return _correlation(_covariance(_rows(x, rowvar), False, None))


@array_defined(
    "corrcoef_of_two",
    "numpy.corrcoef",
    signature="x, y, rowvar=True",
    arrays=2,
    vectors=True,
    typed=_two_types,
)
def corrcoef_of_two(x: Node, y: Node, rowvar: bool) -> Node:
    """Correlations of two sets of variables together."""
    both = concatenate(_rows(x, rowvar), _rows(y, rowvar), axis=0)
    return _correlation(_covariance(both, False, None))


# --- distances between points -------------------------------------------------------------


def _distance_type(XA: Type, XB: Type, metric: str = "euclidean", p: Any = 2) -> Type:
    return array_of("float64", (unit_axes_of(XA)[0], unit_axes_of(XB)[0]))


def _distance(u: Node, v: Node, metric: str, p: Any) -> Node:
    """Distances along the last axis, by the name of the metric."""
    from chainrule.errors import UnsupportedError
    from chainrule.primitives.arrays.norms import norm, norm_of_order
    from chainrule.primitives.arrays.reductions import array_sum

    if metric in BY_ANGLE:
        return _angular(*(map(_centred, (u, v)) if metric == "correlation" else (u, v)))
    gaps = u - v
    if metric in ("canberra", "braycurtis"):
        return _relative(gaps, u, v, metric)
    if metric == "euclidean":
        return norm(gaps, axis=-1)
    if metric == "sqeuclidean":
        return array_sum(gaps * gaps, axis=-1)
    orders = {"cityblock": 1, "chebyshev": float("inf"), "minkowski": p}
    if metric in orders:
        return norm_of_order(gaps, ord=orders[metric], axis=-1, keepdims=False)
    raise UnsupportedError(
        f"distances by the metric {metric!r}",
        remedy="Write the distance with functions of NumPy.",
        position=gaps.graph.origin.position,
    )


BY_ANGLE = ("cosine", "correlation")


def _centred(rows: Node) -> Node:
    found: Node = rows - mean(rows, axis=-1, keepdims=True)
    return found


def _angular(u: Node, v: Node) -> Node:
    """1 without the cosine of the angle between rows."""
    from chainrule.primitives.arrays.reductions import array_sum

    lengths = TABLE["sqrt"](array_sum(u * u, axis=-1)) * TABLE["sqrt"](array_sum(v * v, axis=-1))
    found: Node = 1.0 - array_sum(u * v, axis=-1) / lengths
    return found


def _relative(gaps: Node, u: Node, v: Node, metric: str) -> Node:
    """Differences over what they are differences of, entry by entry or all together."""
    from chainrule.primitives.arrays.reductions import array_sum

    size = TABLE["absolute"](gaps)
    if metric == "braycurtis":
        found: Node = array_sum(size, axis=-1) / array_sum(TABLE["absolute"](u + v), axis=-1)
        return found
    whole = TABLE["absolute"](u) + TABLE["absolute"](v)
    nothing = TABLE["equal"](whole, 0.0)
    where = TABLE["where"]
    return array_sum(where(nothing, 0.0, size / where(nothing, 1.0, whole)), axis=-1)


@array_defined(
    "cdist", "scipy.spatial.distance.cdist", signature="XA, XB, metric='euclidean', p=2", arrays=2,
    typed=_distance_type,
)  # fmt: skip
def cdist(XA: Node, XB: Node, metric: str, p: Any) -> Node:
    """Distances from every row of one matrix to every row of another."""
    return _distance(expand_dims(XA, axis=1), XB, metric, p)


@array_defined(
    "pdist", "scipy.spatial.distance.pdist", signature="X, metric='euclidean', p=2",
    typed=lambda X, metric="euclidean", p=2: array_of("float64", (False,)),
)  # fmt: skip
def pdist(X: Node, metric: str, p: Any) -> Node:
    """Distances between the rows of a matrix, each pair once."""
    from chainrule.primitives.arrays.positions import triu_indices
    from chainrule.primitives.arrays.rearranging import at_positions
    from chainrule.primitives.arrays.records import result_of

    pairs = triu_indices(dimension(X, axis=0), k=1)
    first, second = (at_positions(X, result_of(pairs, k), 0) for k in (0, 1))
    return _distance(first, second, metric, p)


@array_linear(
    "squareform", "scipy.spatial.distance.squareform", signature="X, force='no', checks=True",
    typed=lambda X, **statics: array_of(dtype_of(X), (False,) * (3 - len(unit_axes_of(X)))),
)  # fmt: skip
def squareform(walker: Any, node: Node, out_bar: Node, force: str, checks: bool) -> None:
    """Distances of pairs as a symmetric matrix, or the upper triangle of such a one as a vector."""
    (x,) = node.args
    if len(unit_axes_of(x.type)) == 1:
        walker.accumulate(x, squareform(out_bar + transpose(out_bar), checks=False))
    else:
        walker.accumulate(x, triu(squareform(out_bar)))
