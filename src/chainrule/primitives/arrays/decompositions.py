"""Eigenvalues, singular values, QR, pseudo-inverses, powers of matrices.

A decomposition has several results: its node is a record, of which ``component`` reads one.
The rules are those of Giles, *Collected matrix derivative results for forward and reverse mode
algorithmic differentiation* (2008), with those of the singular vectors split into a part over
differences and one over sums; for values that coincide see :mod:`chainrule.primitives.arrays.ties`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Record,
    Type,
    array_of,
    inexact_promoted,
    is_complex,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.complex_numbers import magnitude_dtype, real_of
from chainrule.primitives.arrays.creation import eye, zeros_like
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import entry_along, part_along
from chainrule.primitives.arrays.lengths import (
    Lengths,
    Of,
    all_unknown,
    as_first,
    flat,
    of_results,
    square,
    tall,
    transposed,
    values_of_matrix,
    values_of_shorter,
)
from chainrule.primitives.arrays.linear_algebra import (
    adjoined,
    axes_of_matrices,
    diag,
    flipped,
    inv,
    matmul,
    rank_of,
    solve,
    tril,
    triu,
)
from chainrule.primitives.arrays.norms import norm_of_order
from chainrule.primitives.arrays.products import einsum_of
from chainrule.primitives.arrays.records import refuse_other_shapes, result_of, results
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims
from chainrule.primitives.arrays.ties import (
    refuse_complex,
    refuse_felt_phase,
    refuse_mixed_ties,
    refuse_ties,
    sum_weights,
    values_and_vectors,
    weights,
)
from chainrule.primitives.control import select
from chainrule.primitives.declare import TABLE, is_constant


def _eigen_types(a: Type, **statics: Any) -> Type:
    units = axes_of_matrices(a)
    return Record((array_of(magnitude_dtype(a), units[:-1]), array_of(inexact_promoted(a), units)))


def _pull_eigh(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    values, vectors = result_of(node, 0), result_of(node, 1)
    values_bar, vectors_bar = out_bar.args
    inner: Any = None
    across = adjoined(vectors)
    if unit_axes_of(vectors_bar.type):
        if unit_axes_of(values_bar.type):
            refuse_ties(values)
        refuse_felt_phase(vectors, vectors_bar)
        inner = matmul(across, vectors_bar) * weights(values)
        inner = matmul(matmul(vectors, inner), across)
    if unit_axes_of(values_bar.type):
        straight = matmul(vectors * expand_dims(values_bar, axis=-2), across)
        inner = straight if inner is None else inner + straight
    if inner is not None:
        walker.accumulate(node.args[0], one_half(inner, lower))


@array_rule(
    "eigh",
    "numpy.linalg.eigh",
    signature="a, UPLO='L'",
    typed=_eigen_types,
    lengths=of_results(values_of_matrix, square),
)
def eigh(walker: Any, node: Node, out_bar: Node, UPLO: str) -> None:
    """Eigenvalues and eigenvectors of a symmetric matrix; reads one triangle of it."""
    _pull_eigh(walker, node, out_bar, UPLO == "L")


@array_rule(
    "scipy_eigh",
    "scipy.linalg.eigh",
    signature="a, lower=True",
    typed=_eigen_types,
    lengths=of_results(values_of_matrix, square),
)
def scipy_eigh(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    """Eigenvalues and eigenvectors by SciPy, which gives these other signs than NumPy does."""
    _pull_eigh(walker, node, out_bar, lower)


def one_half(symmetric: Node, lower: bool) -> Node:
    """What the triangle that is read gets of the adjoint of a symmetric matrix."""
    if is_complex(symmetric.type):
        both, triangle, k = symmetric + adjoined(symmetric), *_triangle_read(lower)
        return 0.5 * (triangle(both) + triangle(both, k=k))  # type: ignore[no-any-return]
    if lower:
        return tril(symmetric) + tril(flipped(symmetric), k=-1)  # type: ignore[no-any-return]
    return triu(symmetric) + triu(flipped(symmetric), k=1)  # type: ignore[no-any-return]


def _triangle_read(lower: bool) -> tuple[Any, int]:
    """The triangle, and its offset without the diagonal."""
    return (tril, -1) if lower else (triu, 1)


def full_of_half(half: Node, lower: bool) -> Node:
    """The symmetric matrix of which one triangle is given; a Hermitian one has a real diagonal."""
    if is_complex(half.type):
        triangle, k = _triangle_read(lower)
        twice = triangle(half) + triangle(half, k=k)
        return 0.5 * (twice + adjoined(twice))  # type: ignore[no-any-return]
    if lower:
        return tril(half) + flipped(tril(half, k=-1))  # type: ignore[no-any-return]
    return triu(half) + flipped(triu(half, k=1))  # type: ignore[no-any-return]


def _eigh_tangent(
    node: Node, args: Any, dots: Any, out: Node, UPLO: str = "L", lower: bool = True
) -> Node | None:
    values, vectors = result_of(out, 0), result_of(out, 1)
    inner = matmul(matmul(adjoined(vectors), full_of_half(dots[0], UPLO == "L" and lower)), vectors)
    return results(real_of(diagonal_of(inner)), matmul(vectors, inner * weights(values)))


eigh.tangent_rule = scipy_eigh.tangent_rule = _eigh_tangent


def _mixed_by_eigh(
    dot: Node, out: Node, felt: Collection[int], UPLO: str = "L", lower: bool = True
) -> None:
    """Refuse equal eigenvalues whose vectors the tangent of the matrix mixes."""
    if 1 in felt:
        refuse_complex(result_of(out, 1), 'mode="reverse" tells whether their phase counts.')
    if values_and_vectors(felt, 0):
        vectors = result_of(out, 1)
        inner = matmul(matmul(flipped(vectors), full_of_half(dot, UPLO == "L" and lower)), vectors)
        refuse_mixed_ties(result_of(out, 0), inner)


eigh.checked = scipy_eigh.checked = _mixed_by_eigh


def diagonal_of(matrix: Node) -> Node:
    """The diagonal of a matrix, or of each of a batch."""
    if rank_of(matrix) == 2:
        return diag(matrix)
    batch = "abcdefgh"[: rank_of(matrix) - 2]
    return einsum_of(f"{batch}zz->{batch}z", matrix)


@array_defined(
    "eigvalsh", "numpy.linalg.eigvalsh", signature="a, UPLO='L'",
    typed=lambda a, UPLO="L": array_of(magnitude_dtype(a), axes_of_matrices(a)[:-1]),
    lengths=values_of_matrix,
)  # fmt: skip
def eigvalsh(a: Node, UPLO: str) -> Node:
    """Eigenvalues of a symmetric matrix; reads one triangle of it."""
    return result_of(eigh(a, UPLO=UPLO), 0)


@array_defined(
    "scipy_eigvalsh", "scipy.linalg.eigvalsh", signature="a, lower=True",
    typed=lambda a, lower=True: array_of(magnitude_dtype(a), axes_of_matrices(a)[:-1]),
    lengths=values_of_matrix,
)  # fmt: skip
def scipy_eigvalsh(a: Node, lower: bool) -> Node:
    """Eigenvalues of a symmetric matrix by SciPy."""
    return result_of(eigh(a, UPLO="L" if lower else "U"), 0)


def _thin_types(a: Type, full_matrices: bool = True) -> Type:
    *batch, rows, columns = unit_axes_of(a)
    vectors = inexact_promoted(a)
    return Record(
        (
            array_of(vectors, (*batch, rows, rows)),
            array_of(magnitude_dtype(a), (*batch, rows or columns)),
            array_of(vectors, (*batch, columns, columns)),
        )
    )


THIN = of_results(tall, values_of_shorter, flat)
WHOLE = of_results(
    square,
    values_of_shorter,
    lambda node, of: (*of(node.args[0])[:-2], *of(node.args[0])[-1:] * 2),
)


def _svd_lengths(node: Node, of: Of) -> Lengths:
    rule = WHOLE if node.args[0].params[0] else THIN
    return rule(node, of)


def _pull_svd(walker: Any, node: Node, out_bar: Node, full_matrices: bool) -> None:
    """Singular value decomposition of a matrix whose singular values are distinct.

    One that is not square is of full rank: the vectors beside those that are given have a part.
    """
    (a,) = node.args
    left_bar, values_bar, right_bar = out_bar.args
    # Where vectors are felt the matrix is square: see Square.
    felt = any(unit_axes_of(bar.type) for bar in (left_bar, right_bar))
    if felt:
        refuse_complex(a, "Use np.linalg.eigh of a.conj().T @ a.")
    thin = svd(a, full_matrices=False) if full_matrices and not felt else node
    left, values, right = (result_of(thin, k) for k in range(3))
    skews: list[Any] = [None, None]
    outside: Any = None
    if felt and not is_constant(values_bar, 0):
        refuse_ties(values)
    if unit_axes_of(left_bar.type):
        turned = matmul(flipped(left), left_bar)
        skews[0] = turned - flipped(turned)
        if not full_matrices:
            outside = matmul((left_bar - matmul(left, turned)) / _row(values), right)
    if unit_axes_of(right_bar.type):
        turned = matmul(right, flipped(right_bar))
        skews[1] = turned - flipped(turned)
        if not full_matrices:
            rest = matmul(left / _row(values), right_bar - matmul(flipped(turned), right))
            outside = rest if outside is None else outside + rest
    inner = _turned_back(skews[0], skews[1], values)
    found = None if inner is None else matmul(matmul(left, inner), right)
    if not is_constant(values_bar, 0):
        straight = matmul(left * _row(values_bar), right)
        found = straight if found is None else found + straight
    if outside is not None:
        found = outside if found is None else found + outside
    if found is not None:
        walker.accumulate(a, found)


def _row(values: Node) -> Node:
    """Values as factors of the columns of a matrix, or of each of a batch."""
    return expand_dims(values, axis=-2) if len(unit_axes_of(values.type)) > 1 else values


def _turned_back(left: Any, right: Any, values: Node) -> Any:
    """What the parts of both vectors' adjoints that turn them within their space come to."""
    if left is None and right is None:
        return None
    if left is None or right is None:
        one, sign = (left, 1.0) if right is None else (right, -1.0)
        return 0.5 * one * (weights(values) + sign * sum_weights(values))
    # Their sum is 0 where values coincide, and for what is made of left @ right.
    return 0.5 * ((left + right) * weights(values) + (left - right) * sum_weights(values))


# The signs of the vectors are those that each library chooses.
svd, scipy_svd = (
    array_rule(
        name, f"{home}.linalg.svd", signature="a, full_matrices=True", typed=_thin_types,
        lengths=_svd_lengths,
    )(_pull_svd)
    for name, home in (("svd", "numpy"), ("scipy_svd", "scipy"))
)  # fmt: skip


def _svd_tangent(node: Node, args: Any, dots: Any, out: Node, full_matrices: bool) -> Node | None:
    if not full_matrices:
        return results(*_dots(out, dots[0]))
    # Where vectors are felt the matrix is square: see Square.
    left_dot, _, right_dot = _dots(out, dots[0], square=True)
    return results(left_dot, _dots(svd(args[0], full_matrices=False), dots[0])[1], right_dot)


def _dots(found: Node, dot: Node, *, square: bool = False) -> tuple[Node, Node, Node]:
    """The tangents of the results of a decomposition without vectors beyond the values."""
    left, values, right = (result_of(found, k) for k in range(3))
    inner = matmul(matmul(adjoined(left), dot), adjoined(right))
    column = expand_dims(values, axis=-1)
    apart = 0.5 * (inner + flipped(inner)) * weights(values)
    together = 0.5 * (inner - flipped(inner)) * sum_weights(values)
    if is_complex(found.args[0].type):
        # Their phases are a matter of convention: see `_mixed_by_svd`.
        return zeros_like(left), real_of(diagonal_of(inner)), zeros_like(right)
    left_dot = matmul(left, apart + together)
    right_dot = matmul(together - apart, right)
    if not square:
        across = matmul(dot, flipped(right))
        left_dot = left_dot + (across - matmul(left, inner)) / _row(values)
        rest = matmul(flipped(left), dot) - matmul(inner, right)
        right_dot = right_dot + rest / column
    return left_dot, diagonal_of(inner), right_dot


svd.tangent_rule = scipy_svd.tangent_rule = _svd_tangent


def _mixed_by_svd(dot: Node, out: Node, felt: Collection[int], full_matrices: bool) -> None:
    """Refuse equal singular values whose vectors the tangent of the matrix mixes."""
    if 0 in felt or 2 in felt:
        refuse_complex(result_of(out, 0), "Use np.linalg.eigh of a.conj().T @ a.")
    if values_and_vectors(felt, 1):
        if full_matrices:
            refuse_other_shapes(out)
        left, values, right = (result_of(out, k) for k in range(3))
        inner = matmul(matmul(flipped(left), dot), flipped(right))
        refuse_mixed_ties(values, inner + flipped(inner))


svd.checked = scipy_svd.checked = _mixed_by_svd


@array_defined(
    "singular_values", "numpy.linalg.svd", signature="a", always={"compute_uv": False},
    typed=lambda a: _thin_types(a).items[1],  # type: ignore[attr-defined]
    lengths=values_of_shorter,
)  # fmt: skip
def singular_values(a: Node) -> Node:
    """Singular values of a matrix."""
    return result_of(svd(a, full_matrices=False), 1)


def _qr_types(a: Type) -> Type:
    *batch, rows, columns = unit_axes_of(a)
    return Record(
        (
            array_of(inexact_promoted(a), (*batch, rows, rows or columns)),
            array_of(inexact_promoted(a), (*batch, rows or columns, columns)),
        )
    )


@array_defined(
    "qr_triangle", "numpy.linalg.qr", signature="a", always={"mode": "r"},
    typed=lambda a: _qr_types(a).items[1],  # type: ignore[attr-defined]
    lengths=flat,
)  # fmt: skip
def qr_triangle(a: Node) -> Node:
    """The triangular factor of a QR decomposition."""
    return result_of(qr(a), 1)


@array_rule("qr", "numpy.linalg.qr", signature="a", typed=_qr_types, lengths=of_results(tall, flat))
def qr(walker: Any, node: Node, out_bar: Node) -> None:
    """QR decomposition of a matrix of full rank.

    One that is wide is a square one and what the transpose of Q makes of the other columns.
    """
    (a,) = node.args
    q, r = result_of(node, 0), result_of(node, 1)
    q_bar, r_bar = out_bar.args
    walker.accumulate(
        a,
        select(
            _is_wide(a),
            lambda: _wide_adjoint(a, q, r, q_bar, r_bar),
            lambda: _tall_adjoint(q, r, q_bar, r_bar),
        ),
    )


def _is_wide(a: Node) -> Any:
    rows, columns = (dimension(a, axis=rank_of(a) - k) for k in (2, 1))
    return TABLE["less"](rows, columns)


def _wide_adjoint(a: Node, q: Node, r: Node, q_bar: Node, r_bar: Node) -> Node:
    count = dimension(q, axis=rank_of(q) - 1)
    square, rest = part_along(r, -1, 0, count), part_along(a, -1, count, None)
    if not unit_axes_of(r_bar.type):
        first = _tall_adjoint(q, square, q_bar, r_bar)
        return concatenate(first, zeros_like(rest), axis=-1)
    square_bar, rest_bar = part_along(r_bar, -1, 0, count), part_along(r_bar, -1, count, None)
    more = matmul(rest, adjoined(rest_bar))
    if unit_axes_of(q_bar.type):
        more = q_bar + more
    first = _tall_adjoint(q, square, more, square_bar)
    return concatenate(first, matmul(q, rest_bar), axis=-1)


def _tall_adjoint(q: Node, r: Node, q_bar: Node, r_bar: Node) -> Node:
    terms: Any = None
    if unit_axes_of(r_bar.type):
        terms = matmul(r, adjoined(r_bar))
    if unit_axes_of(q_bar.type):
        product = matmul(adjoined(q_bar), q)
        terms = -product if terms is None else terms - product
    sides = matmul(q, _symmetric_of_lower(terms))
    total = sides + q_bar if unit_axes_of(q_bar.type) else sides
    return adjoined(solve(r, adjoined(total)))


def _symmetric_of_lower(matrix: Node) -> Node:
    if is_complex(matrix.type):
        twice = tril(matrix) + tril(matrix, k=-1)
        return 0.5 * (twice + adjoined(twice))  # type: ignore[no-any-return]
    return tril(matrix) + flipped(tril(matrix, k=-1))  # type: ignore[no-any-return]


def _diagonal_part(matrix: Node) -> Node:
    return tril(triu(matrix))  # type: ignore[no-any-return]


def _qr_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    q, r = result_of(out, 0), result_of(out, 1)
    (a,), (a_dot,) = args, dots
    wide, count = _is_wide(a), dimension(q, axis=rank_of(q) - 1)
    square = select(wide, lambda: part_along(r, -1, 0, count), lambda: r)
    first_dot = select(wide, lambda: part_along(a_dot, -1, 0, count), lambda: a_dot)
    scaled = adjoined(solve(adjoined(square), adjoined(first_dot)))
    inner = matmul(adjoined(q), scaled)
    lower = tril(inner, k=-1)
    turned = lower - adjoined(lower)
    if is_complex(inner.type):
        # What R has on its diagonal is real.
        turned = turned + 0.5 * (_diagonal_part(inner) - adjoined(_diagonal_part(inner)))
    q_dot = matmul(q, turned) + scaled - matmul(q, inner)
    # R is the transpose of Q times A.
    r_dot = select(
        wide,
        lambda: triu(matmul(adjoined(q_dot), a) + matmul(adjoined(q), a_dot)),
        lambda: matmul(triu(inner - turned), r),
    )
    return results(q_dot, r_dot)


qr.tangent_rule = _qr_tangent


@array_rule(
    "pinv", "numpy.linalg.pinv", signature="a, rcond=None",
    typed=lambda a, rcond=None: array_of(inexact_promoted(a), tuple(reversed(unit_axes_of(a)))),
    lengths=transposed,
)  # fmt: skip
def pinv(walker: Any, node: Node, out_bar: Node, rcond: Any = None) -> None:
    """Pseudo-inverse of a matrix of constant rank (Golub and Pereyra, 1973)."""
    (a,) = node.args
    across, bar = adjoined(node), adjoined(out_bar)
    found = -matmul(matmul(across, out_bar), across)
    rest = bar - matmul(matmul(a, node), bar)
    found = found + matmul(matmul(rest, node), across)
    rest = bar - matmul(matmul(bar, node), a)
    walker.accumulate(a, found + matmul(matmul(across, node), rest))


def _pinv_tangent(node: Node, args: Any, dots: Any, out: Node, rcond: Any = None) -> Node | None:
    (a,), across, dot = args, adjoined(out), adjoined(dots[0])
    found = -matmul(matmul(out, dots[0]), out)
    rest = dot - matmul(matmul(dot, a), out)
    found = found + matmul(matmul(out, across), rest)
    rest = dot - matmul(matmul(out, a), dot)
    return found + matmul(rest, matmul(across, out))


pinv.tangent_rule = _pinv_tangent


def _least_squares_types(a: Type, b: Type, rcond: Any = None) -> Type:
    rows, columns = unit_axes_of(a)
    dtype = magnitude_dtype(a)
    more = unit_axes_of(b)[1:]
    solution = inexact_promoted(a, b) if is_complex(a) or is_complex(b) else dtype
    return Record(
        (
            array_of(solution, (columns, *more)),
            array_of(dtype, more or (False,)),
            array_of("int64", ()),
            array_of(dtype, (rows or columns,)),
        )
    )


def _solution(node: Node, of: Of) -> Lengths:
    a, b = map(of, node.args[:2])
    return (a[1], *b[1:])


LEAST_SQUARES = of_results(_solution, all_unknown, all_unknown, values_of_shorter)


# Before NumPy 2, `rcond=None` is not what is meant where nothing is given.
@array_defined(
    "lstsq", "numpy.linalg.lstsq", signature="a, b, rcond='warn'", arrays=2,
    typed=_least_squares_types, lengths=LEAST_SQUARES,
)  # fmt: skip
def lstsq(a: Node, b: Node, rcond: Any) -> Node:
    """Solution of least squares of a matrix of full rank, residuals, rank, singular values."""
    return lstsq_parts(a, b)


def lstsq_parts(a: Node, b: Node) -> Node:
    """The solution and the singular values by their definitions; the rest is rigid."""
    zero = a.graph.constant(0.0)
    return results(matmul(pinv(a), b), zero, zero, singular_values(a))


@array_defined(
    "scipy_lstsq", "scipy.linalg.lstsq", signature="a, b, lapack_driver=None", arrays=2,
    typed=lambda a, b, lapack_driver=None: _least_squares_types(a, b), lengths=LEAST_SQUARES,
)  # fmt: skip
def scipy_lstsq(a: Node, b: Node, lapack_driver: Any) -> Node:
    """Least squares by SciPy."""
    return lstsq_parts(a, b)


@array_defined(
    "svdvals", "numpy.linalg.svdvals", signature="x",
    typed=lambda x: _thin_types(x).items[1],  # type: ignore[attr-defined]
    lengths=values_of_shorter,
)  # fmt: skip
def svdvals(x: Node) -> Node:
    """Singular values of a matrix."""
    return singular_values(x)


@array_defined(
    "scipy_svdvals", "scipy.linalg.svdvals", signature="a",
    typed=lambda a: _thin_types(a).items[1],  # type: ignore[attr-defined]
    lengths=values_of_shorter,
)  # fmt: skip
def scipy_svdvals(a: Node) -> Node:
    """Singular values of a matrix by SciPy."""
    return singular_values(a)


@array_defined(
    "scipy_pinv", "scipy.linalg.pinv", signature="a",
    typed=lambda a: array_of(inexact_promoted(a), tuple(reversed(unit_axes_of(a)))),
    lengths=transposed,
)  # fmt: skip
def scipy_pinv(a: Node) -> Node:
    """Pseudo-inverse of a matrix by SciPy."""
    return pinv(a)


@array_defined(
    "cond", "numpy.linalg.cond", signature="x, p=None",
    typed=lambda x, p=None: array_of(magnitude_dtype(x), unit_axes_of(x)[:-2]),
)  # fmt: skip
def cond(x: Node, p: Any) -> Node:
    """Condition number of a matrix in a norm."""
    if p in (None, 2, -2):
        values = singular_values(x)
        ends = [entry_along(values, -1, position) for position in (0, -1)]
        return ends[1] / ends[0] if p == -2 else ends[0] / ends[1]
    return norm_of_order(x, ord=p) * norm_of_order(inv(x), ord=p)


def _power_type(a: Type, n: int) -> Type:
    return a


@array_defined(
    "matrix_power", "numpy.linalg.matrix_power", signature="a, n", typed=_power_type,
    lengths=as_first,
)  # fmt: skip
def matrix_power(a: Node, n: int) -> Node:
    """A matrix multiplied by itself."""
    if n == 0:
        return eye(dimension(a, axis=0))
    base = a if n > 0 else inv(a)
    found = base
    for _ in range(abs(n) - 1):
        found = matmul(found, base)
    return found
