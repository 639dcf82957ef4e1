"""Eigenvalues of matrices that need not be symmetric, and roots of polynomials.

They are complex where they must be; where all are real NumPy gives real numbers, of which ``.real``
is themselves.  The rules hold where the eigenvalues differ.  They are
those of Giles, *Collected matrix derivative results* (2008), 2.3; eigenvectors keep what LAPACK's
geev gives them: the Euclidean length 1, and a largest entry that is real.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.complex_numbers import (
    conjugated,
    imaginary_part,
    modulus,
    real_of,
    real_part,
)
from chainrule.primitives.arrays.creation import arange, eye, zeros_like
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.linear_algebra import adjoined, diag, inv, matmul
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.reductions import argmax, argmin, array_sum
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims
from chainrule.primitives.declare import TABLE, is_constant


def _check(a: Node) -> None:
    if len(unit_axes_of(a.type)) != 2:
        raise UnsupportedError(
            "the eigenvalues of a batch of matrices",
            remedy="Take those of one matrix.",
            position=a.graph.origin.position,
        )


def _eigen_types(a: Type) -> Type:
    units = unit_axes_of(a)
    return Record((array_of("complex128", units[:1]), array_of("complex128", units)))


@array_rule("eig", "numpy.linalg.eig", signature="a", typed=_eigen_types)
def eig(walker: Any, node: Node, out_bar: Node) -> None:
    """Eigenvalues and eigenvectors of a square matrix."""
    _check(node.args[0])
    values, vectors = result_of(node, 0), result_of(node, 1)
    values_bar, vectors_bar = out_bar.args
    inner: Any = None
    if unit_axes_of(vectors_bar.type):
        free = _free_bar(vectors, vectors_bar)
        inner = conjugated(_nearness(values)) * matmul(adjoined(vectors), free)
    if not is_constant(values_bar, 0):
        straight = diag(values_bar)
        inner = straight if inner is None else inner + straight
    if inner is not None:
        found = matmul(matmul(adjoined(inv(vectors)), inner), adjoined(vectors))
        walker.accumulate(node.args[0], found)


def _nearness(values: Node) -> Node:
    """The inverse of each eigenvalue less another, 0 on the diagonal."""
    one = eye(dimension(values, axis=0))
    gaps = expand_dims(values, axis=0) - expand_dims(values, axis=1)
    found: Node = (1.0 - one) / (gaps + one)
    return found


def _anchors(vectors: Node) -> Node:
    """Where the largest entry of each column stands that is real: 1 there, 0 elsewhere."""
    real = TABLE["equal"](imaginary_part.build(vectors), 0.0)
    places = argmax(TABLE["where"](real, modulus.build(vectors), 0.0), axis=0)
    rows = expand_dims(arange(dimension(vectors, axis=0)), axis=1)
    found: Node = TABLE["where"](TABLE["equal"](rows, places), 1.0, 0.0)
    return found


def _at_anchors(anchors: Node, vectors: Node) -> Node:
    return array_sum(anchors * real_part.build(vectors), axis=0)


def _held(vectors: Node, dot: Node) -> Node:
    """The tangent of eigenvectors that keep their length, and the phase of their largest entry."""
    anchors = _anchors(vectors)
    along = real_of(array_sum(conjugated(vectors) * dot, axis=0))
    turned = array_sum(anchors * imaginary_part.build(dot), axis=0) / _at_anchors(anchors, vectors)
    found: Node = dot - vectors * (along + vectors.graph.constant(1j) * turned)
    return found


def _free_bar(vectors: Node, bar: Node) -> Node:
    """The adjoint of eigenvectors of any length and phase: that of :func:`_held`."""
    anchors = _anchors(vectors)
    along = array_sum(conjugated(vectors) * bar, axis=0)
    turned = imaginary_part.build(along) / _at_anchors(anchors, vectors)
    found: Node = bar - vectors * real_of(along) - vectors.graph.constant(1j) * turned * anchors
    return found


def _eig_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    _check(args[0])
    values, vectors = result_of(out, 0), result_of(out, 1)
    inner = matmul(matmul(inv(vectors), dots[0]), vectors)
    return results(diag(inner), _held(vectors, matmul(vectors, _nearness(values) * inner)))


eig.tangent_rule = _eig_tangent
scipy_eig = array_rule("scipy_eig", "scipy.linalg.eig", signature="a", typed=_eigen_types)(
    eig.pullback
)
scipy_eig.tangent_rule = _eig_tangent


def _values_type(a: Type, *others: Type) -> Type:
    return array_of("complex128", unit_axes_of(a)[:1])


def _in_order_of(values: Node, found: Node) -> Node:
    """Eigenvectors in the order of eigenvalues that were computed without them."""
    gaps = expand_dims(values, axis=1) - expand_dims(result_of(found, 0), axis=0)
    distances = values.graph.cursor.add(modulus, (gaps,))
    return at_positions(result_of(found, 1), argmin(distances, axis=1), 1, unique=True)


@array_rule("eigvals", "numpy.linalg.eigvals", signature="a", typed=_values_type)
def eigvals(walker: Any, node: Node, out_bar: Node) -> None:
    """Eigenvalues of a square matrix."""
    (a,) = node.args
    _check(a)
    vectors = _in_order_of(node, eig(a))
    inner = matmul(diag(out_bar), adjoined(vectors))
    walker.accumulate(a, matmul(adjoined(inv(vectors)), inner))


def _eigvals_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    _check(args[0])
    vectors = _in_order_of(out, eig(args[0]))
    return diag(matmul(matmul(inv(vectors), dots[0]), vectors))


eigvals.tangent_rule = _eigvals_tangent
scipy_eigvals = array_rule(
    "scipy_eigvals", "scipy.linalg.eigvals", signature="a", typed=_values_type
)(eigvals.pullback)
scipy_eigvals.tangent_rule = _eigvals_tangent


@array_rule(
    "complex_vander", signature="x, N", sizes="N", spelled="numpy.vander",
    typed=lambda x, sizes: array_of("complex128", (False, False)),
)  # fmt: skip
def powers(walker: Any, node: Node, out_bar: Node) -> None:
    """Powers of complex numbers, the highest first."""
    x, count = node.args
    slope = conjugated(_slope_of_powers(x, count))
    bar = part_along(out_bar, 1, 0, x.graph.constant(-1))
    walker.accumulate(x, array_sum(bar * slope, axis=1))


def _slope_of_powers(x: Node, count: Node) -> Node:
    """The slopes of all powers but the last, which is flat."""
    found: Node = powers(x, count - 1) * _exponents(count)
    return found


def _exponents(count: Node) -> Any:
    return arange(count - 1, 0, -1)


def _powers_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    x, count = args
    change = expand_dims(dots[0], axis=1) * _slope_of_powers(x, count)
    flat = zeros_like(part_along(change, 1, 0, x.graph.constant(1)))
    return concatenate(change, flat, axis=1)


powers.tangent_rule = _powers_tangent


@array_rule("roots", "numpy.roots", signature="p",
            typed=lambda p: array_of("complex128", (False,)))  # fmt: skip
def roots(walker: Any, node: Node, out_bar: Node) -> None:
    """Roots of a polynomial, its highest coefficient first, by the implicit function theorem."""
    (p,) = node.args
    change = out_bar / conjugated(_slope_at(p, node))
    found = matmul(adjoined(powers(node, dimension(p, axis=0))), change)
    walker.accumulate(p, -real_of(found))


def _slope_at(p: Node, places: Node) -> Node:
    """The slope of a polynomial at complex places."""
    count = dimension(p, axis=0)
    weighted = part_along(p, 0, 0, p.graph.constant(-1)) * _exponents(count)
    return matmul(powers(places, count - 1), weighted)


def _roots_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    count = dimension(args[0], axis=0)
    return -(matmul(powers(out, count), dots[0]) / _slope_at(args[0], out))


roots.tangent_rule = _roots_tangent
