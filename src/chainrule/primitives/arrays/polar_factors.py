"""The factors of a matrix by SciPy: QR in its two forms, polar, and Hermitian pseudo-inverses."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, inexact_promoted
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.decompositions import full_of_half, pinv, qr, svd
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import as_first, flat, of_results, square, tall
from chainrule.primitives.arrays.linear_algebra import adjoined, axes_of_matrices, matmul
from chainrule.primitives.arrays.records import result_of, results


def _thin(a: Type) -> Type:
    rows, columns = axes_of_matrices(a)
    dtype = inexact_promoted(a)
    return Record(
        (array_of(dtype, (rows, rows or columns)), array_of(dtype, (rows or columns, columns)))
    )


def _whole(a: Type) -> Type:
    rows, columns = axes_of_matrices(a)
    dtype = inexact_promoted(a)
    return Record((array_of(dtype, (rows, rows)), array_of(dtype, (rows, columns))))


scipy_qr = array_rule(
    "scipy_qr", "scipy.linalg.qr", signature="a", always={"mode": "economic"}, typed=_thin,
    lengths=of_results(tall, flat),
)(qr.pullback)  # fmt: skip
# Of a square matrix; of others it has columns that nothing determines.
scipy_qr_whole = array_rule(
    "scipy_qr_whole", "scipy.linalg.qr", signature="a", typed=_whole,
    lengths=of_results(square, as_first),
)(qr.pullback)  # fmt: skip
scipy_qr.tangent_rule = scipy_qr_whole.tangent_rule = qr.tangent_rule


def _polar_types(a: Type) -> Type:
    rows, columns = axes_of_matrices(a)
    dtype = inexact_promoted(a)
    return Record((array_of(dtype, (rows, columns)), array_of(dtype, (columns, columns))))


@array_defined("polar", "scipy.linalg.polar", signature="a", typed=_polar_types)
def polar(a: Node) -> Node:
    """The nearest matrix with orthogonal columns, and what stretches it to ``a``."""
    thin = svd(a, full_matrices=False)
    turned = matmul(result_of(thin, 0), result_of(thin, 2))
    return results(turned, matmul(adjoined(turned), a))


@array_defined(
    "pinvh", "scipy.linalg.pinvh", signature="a",
    typed=lambda a: array_of(inexact_promoted(a), axes_of_matrices(a)), lengths=square,
)  # fmt: skip
def pinvh(a: Node) -> Node:
    """The pseudo-inverse of a symmetric matrix, of which one triangle is read."""
    return pinv(full_of_half(a, True))
