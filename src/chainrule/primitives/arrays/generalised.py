"""Eigenvalues of a symmetric matrix with respect to another: the frequencies of vibrations."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.decompositions import diagonal_of, full_of_half, one_half
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import of_results, square, values_of_matrix
from chainrule.primitives.arrays.linear_algebra import (
    axes_of_matrices,
    diag,
    flipped,
    matmul,
)
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.ties import refuse_ties, weights
from chainrule.primitives.declare import is_constant


def _types(a: Type, b: Type, lower: bool = True) -> Type:
    units, dtype = axes_of_matrices(a), real_promoted(a, b)
    return Record((array_of(dtype, units[:-1]), array_of(dtype, units)))


@array_rule(
    "eigh_of_two", "scipy.linalg.eigh", signature="a, b, lower=True", arrays=2, typed=_types,
    lengths=of_results(values_of_matrix, square),
)  # fmt: skip
def eigh_of_two(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    """Eigenvalues of ``a @ v = w * b @ v`` and vectors with ``v.T @ b @ v = 1``.

    The slopes are those of Nelson (1976): of the values ``v.T @ (a_dot - w * b_dot) @ v``.
    """
    a, b = node.args
    values, vectors = result_of(node, 0), result_of(node, 1)
    values_bar, vectors_bar = out_bar.args
    of_values: Any = None if is_constant(values_bar, 0) else diag(values_bar)
    inner, more = of_values, None
    if not is_constant(vectors_bar, 0):
        refuse_ties(values)
        turned = matmul(flipped(vectors), vectors_bar)
        apart = turned * weights(values)
        inner = apart if inner is None else inner + apart
        more = -0.5 * diag(diagonal_of(turned))
    if inner is None:
        return
    across = flipped(vectors)
    if walker.active(a):
        walker.accumulate(a, one_half(matmul(matmul(vectors, inner), across), lower))
    if walker.active(b):
        scaled = -inner * values
        found = scaled if more is None else scaled + more
        walker.accumulate(b, one_half(matmul(matmul(vectors, found), across), lower))


def _tangent(node: Node, args: Any, dots: Any, out: Node, lower: bool) -> Node | None:
    values, vectors = result_of(out, 0), result_of(out, 1)
    across = flipped(vectors)
    a_dot, b_dot = dots
    inner: Any = None
    own: Any = None
    if a_dot is not None:
        inner = matmul(matmul(across, full_of_half(a_dot, lower)), vectors)
    if b_dot is not None:
        of_b = matmul(matmul(across, full_of_half(b_dot, lower)), vectors)
        inner = -of_b * values if inner is None else inner - of_b * values
        own = -0.5 * diag(diagonal_of(of_b))
    turned = inner * weights(values)
    if own is not None:
        turned = turned + own
    return results(diagonal_of(inner), matmul(vectors, turned))


eigh_of_two.tangent_rule = _tangent


@array_defined(
    "eigvalsh_of_two", "scipy.linalg.eigvalsh", signature="a, b, lower=True", arrays=2,
    typed=lambda a, b, lower=True: array_of(real_promoted(a, b), unit_axes_of(a)[:-1]),
    lengths=values_of_matrix,
)  # fmt: skip
def eigvalsh_of_two(a: Node, b: Node, lower: bool) -> Node:
    """The eigenvalues alone."""
    return result_of(eigh_of_two(a, b, lower=lower), 0)
