"""Linear systems with triangular, positive or factored matrices, and functions of SciPy's algebra.

The rules are those of Giles, *Collected matrix derivative results for forward and reverse mode
algorithmic differentiation* (2008); that of the matrix exponential is of Mathias, *A chain rule for
matrix functions and applications* (1996).
"""

from __future__ import annotations

import functools
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import (
    BOOL,
    Record,
    Type,
    array_of,
    inexact_promoted,
    is_complex,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import array_linear, array_rule
from chainrule.primitives.arrays.complex_numbers import conjugated
from chainrule.primitives.arrays.creation import arange, zeros_like
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_first, as_second
from chainrule.primitives.arrays.linear_algebra import (
    adjoined,
    by_columns,
    cholesky_adjoint,
    cholesky_change,
    det,
    flipped,
    inv,
    matmul,
    rank_of,
    solve,
    solved_by_one_each,
    tril,
    triu,
)
from chainrule.primitives.arrays.rearranging import at_positions
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.shaping import concatenate, dimension, expand_dims, flip
from chainrule.primitives.declare import TABLE, is_constant


def _as_second(a: Type, b: Type, **statics: Any) -> Type:
    return solved_by_one_each(a, b)


def _square(a: Type, **statics: Any) -> Type:
    return array_of(inexact_promoted(a), unit_axes_of(a))


# --- what SciPy names as NumPy does -------------------------------------------------------

scipy_inv = array_rule("scipy_inv", "scipy.linalg.inv", signature="a", typed=_square,
                       lengths=as_first)(inv.pullback)  # fmt: skip
scipy_inv.tangent_rule = inv.tangent_rule
scipy_det = array_rule(
    "scipy_det", "scipy.linalg.det", signature="a",
    typed=lambda a: array_of(inexact_promoted(a), unit_axes_of(a)[:-2]),
)(det.pullback)  # fmt: skip
scipy_det.tangent_rule = det.tangent_rule
SOLVE = "a, b, lower=False, assume_a=None, check_finite=True"


def _solving(a: Node, b: Node, lower: bool, assume_a: Any, across: bool) -> Node:
    """The solution with a matrix, or with it transposed; a symmetric one is its own transpose."""
    if assume_a in ("sym", "pos", "her"):
        if is_complex(a.type):
            raise UnsupportedError(
                f"`scipy.linalg.solve(assume_a={assume_a!r})` of complex numbers",
                remedy="Leave assume_a out.",
                position=a.graph.origin.position,
            )
        found: Node = scipy_solve(a, b, lower=lower, assume_a=assume_a)
        return found
    return solve(adjoined(a) if across else a, b)


@array_rule("scipy_solve", "scipy.linalg.solve", signature=SOLVE, arrays=2, typed=_as_second,
            lengths=as_second)  # fmt: skip
def scipy_solve(
    walker: Any, node: Node, out_bar: Node, lower: bool, assume_a: Any, check_finite: bool
) -> None:
    """Solution of a linear system; of a symmetric one that reads one triangle only."""
    a, b = node.args
    b_bar = _solving(a, out_bar, lower, assume_a, across=True)
    walker.accumulate(b, b_bar)
    if walker.active(a):
        product = by_columns(b_bar, conjugated(node))
        if assume_a in ("sym", "pos", "her"):
            product = _one_triangle(product, lower)
        walker.accumulate(a, -product)


def _one_triangle(matrix: Node, lower: bool) -> Node:
    """The adjoint of the triangle that stands for both."""
    if lower:
        return tril(matrix) + flipped(triu(matrix, k=1))  # type: ignore[no-any-return]
    return triu(matrix) + flipped(tril(matrix, k=-1))  # type: ignore[no-any-return]


def _both_triangles(matrix: Node, lower: bool) -> Node:
    """The symmetric matrix that one triangle stands for."""
    if lower:
        return tril(matrix) + flipped(tril(matrix, k=-1))  # type: ignore[no-any-return]
    return triu(matrix) + flipped(triu(matrix, k=1))  # type: ignore[no-any-return]


def _changed(a_dot: Node | None, b_dot: Node | None, out: Node) -> Node | None:
    """The right side of the system that the tangent of a solution satisfies."""
    change = None if a_dot is None else -matmul(a_dot, out)
    if b_dot is None:
        return change
    return b_dot if change is None else b_dot + change


def _solve_tangent(
    node: Node, args: Any, dots: Any, out: Node, lower: bool, assume_a: Any, check_finite: bool
) -> Node | None:
    a_dot, b_dot = dots
    if a_dot is not None and assume_a in ("sym", "pos", "her"):
        a_dot = _both_triangles(a_dot, lower)
    change = _changed(a_dot, b_dot, out)
    return None if change is None else _solving(args[0], change, lower, assume_a, across=False)


scipy_solve.tangent_rule = _solve_tangent

# --- triangular systems -------------------------------------------------------------------

TRANSPOSED, ADJOINED = (1, "T"), (2, "C")
TRIANGULAR = "a, b, trans=0, lower=False, unit_diagonal=False, check_finite=True"


def _triangle(matrix: Node, lower: bool, unit_diagonal: bool) -> Node:
    """The part of a matrix that a triangular solution reads."""
    found: Node
    if lower:
        found = tril(matrix, k=-1 if unit_diagonal else 0)
    else:
        found = triu(matrix, k=1 if unit_diagonal else 0)
    return found


@array_rule(
    "solve_triangular", "scipy.linalg.solve_triangular", signature=TRIANGULAR, arrays=2,
    typed=_as_second, lengths=as_second,
)  # fmt: skip
def solve_triangular(walker: Any, node: Node, out_bar: Node, **statics: Any) -> None:
    """Solution of a triangular system."""
    a, b = node.args
    transposed, across = statics["trans"] in TRANSPOSED, statics["trans"] in ADJOINED
    back = 0 if transposed or across else 2 if is_complex(a.type) else 1
    matrix = conjugated(a) if transposed else a
    b_bar = solve_triangular(matrix, out_bar, **{**statics, "trans": back})
    walker.accumulate(b, b_bar)
    if walker.active(a):
        if transposed:
            product = by_columns(conjugated(node), b_bar)
        elif across:
            product = by_columns(node, conjugated(b_bar))
        else:
            product = by_columns(b_bar, conjugated(node))
        walker.accumulate(a, -_triangle(product, statics["lower"], statics["unit_diagonal"]))


def _triangular_tangent(node: Node, args: Any, dots: Any, out: Node, **statics: Any) -> Node | None:
    a_dot, b_dot = dots
    if a_dot is not None:
        a_dot = _triangle(a_dot, statics["lower"], statics["unit_diagonal"])
        if statics["trans"] in TRANSPOSED:
            a_dot = flipped(a_dot)
        elif statics["trans"] in ADJOINED:
            a_dot = adjoined(a_dot)
    change = _changed(a_dot, b_dot, out)
    return None if change is None else solve_triangular(args[0], change, **statics)


solve_triangular.tangent_rule = _triangular_tangent

# --- Cholesky -----------------------------------------------------------------------------


@array_rule("scipy_cholesky", "scipy.linalg.cholesky", signature="a, lower=False", typed=_square,
            lengths=as_first)  # fmt: skip
def scipy_cholesky(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    """Cholesky factor; reads the triangle that it is."""
    if lower:
        walker.accumulate(node.args[0], cholesky_adjoint(node, out_bar))
    else:
        walker.accumulate(node.args[0], flipped(cholesky_adjoint(flipped(node), flipped(out_bar))))


def _cholesky_tangent(node: Node, args: Any, dots: Any, out: Node, lower: bool) -> Node | None:
    if lower:
        return cholesky_change(out, dots[0])
    return flipped(cholesky_change(flipped(out), flipped(dots[0])))


scipy_cholesky.tangent_rule = _cholesky_tangent


def _factored(a: Type, lower: bool = False) -> Type:
    return Record((_square(a), BOOL))


@functools.cache
def _leaves_triangle() -> bool:
    """Whether SciPy leaves the triangle beside the factor as it was; from 1.18 on it is zero."""
    import numpy as np
    import scipy.linalg

    return bool(scipy.linalg.cho_factor(np.array([[4.0, 2.0], [2.0, 4.0]]))[0][1, 0] == 2.0)


@array_rule("cho_factor", "scipy.linalg.cho_factor", signature="a, lower=False", typed=_factored)
def cho_factor(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    """Cholesky factor beside which the other triangle is left as it was, or zero."""
    bar = out_bar.args[0]
    if is_constant(bar, 0):
        return
    own, other = (tril, triu) if lower else (triu, tril)
    factor = own(result_of(node, 0))
    if lower:
        found = cholesky_adjoint(factor, own(bar))
    else:
        found = flipped(cholesky_adjoint(flipped(factor), flipped(own(bar))))
    if _leaves_triangle():
        found = found + other(bar, k=1 if lower else -1)
    walker.accumulate(node.args[0], found)


def _cho_factor_tangent(node: Node, args: Any, dots: Any, out: Node, lower: bool) -> Node | None:
    factor = (tril if lower else triu)(result_of(out, 0))
    change: Any = _cholesky_tangent(node, args, dots, factor, lower)
    if _leaves_triangle():
        change = change + (triu(dots[0], k=1) if lower else tril(dots[0], k=-1))
    return results(change, node.graph.constant(0.0))


cho_factor.tangent_rule = _cho_factor_tangent


@array_rule(
    "cho_solve", "scipy.linalg.cho_solve", signature="c, b, lower", arrays=2, paired="lower",
    typed=lambda c, b, lower: _as_second(c, b), lengths=as_second,
)  # fmt: skip
def cho_solve(walker: Any, node: Node, out_bar: Node, lower: bool) -> None:
    """Solution of a positive system by its Cholesky factor."""
    c, b = node.args
    b_bar = cho_solve(c, out_bar, lower=lower)
    walker.accumulate(b, b_bar)
    if walker.active(c):
        product = by_columns(b_bar, node)
        both = product + flipped(product)
        factor = _triangle(c, lower, False)
        found = matmul(both, factor) if lower else matmul(factor, both)
        walker.accumulate(c, -_triangle(found, lower, False))


def _cho_solve_tangent(node: Node, args: Any, dots: Any, out: Node, lower: bool) -> Node | None:
    c_dot, b_dot = dots
    change_of_matrix: Node | None = None
    if c_dot is not None:
        factor, moved = (_triangle(each, lower, False) for each in (args[0], c_dot))
        product = matmul(moved, flipped(factor)) if lower else matmul(flipped(moved), factor)
        change_of_matrix = product + flipped(product)
    change = _changed(change_of_matrix, b_dot, out)
    return None if change is None else cho_solve(args[0], change, lower=lower)


cho_solve.tangent_rule = _cho_solve_tangent

# --- the exponential of a matrix ----------------------------------------------------------


@array_rule("expm", "scipy.linalg.expm", signature="A", typed=lambda A: _square(A),
            lengths=as_first)  # fmt: skip
def expm(walker: Any, node: Node, out_bar: Node) -> None:
    """Exponential of a matrix; the adjoint is its derivative at the transpose."""
    (a,) = node.args
    _one_matrix(a)
    walker.accumulate(a, expm_change(adjoined(a), out_bar))


def _one_matrix(a: Node) -> None:
    if rank_of(a) != 2:
        raise UnsupportedError(
            "the exponentials of a batch of matrices",
            remedy="Take them one by one in a loop.",
            position=a.graph.origin.position,
        )


def _expm_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    _one_matrix(args[0])
    return expm_change(args[0], dots[0])


expm.tangent_rule = _expm_tangent


@array_defined(
    "expm_change", spelled="scipy.linalg.expm_frechet", signature="A, E", arrays=2,
    typed=lambda A, E: _square(A), always={"compute_expm": False}, lengths=as_first,
)  # fmt: skip
def expm_change(A: Node, E: Node) -> Node:
    """The derivative of the exponential along a matrix: a block of a larger exponential."""
    count = dimension(A, axis=0)
    upper = concatenate(A, E, axis=1)
    lower = concatenate(zeros_like(A), A, axis=1)
    whole = expm(concatenate(upper, lower, axis=0))
    rows = part_along(whole, 0, 0, count)
    return part_along(rows, 1, count, None)


# --- matrices made of parts ---------------------------------------------------------------


@array_linear(
    "block_diag", "scipy.linalg.block_diag", signature="arrays", spread=True, starred=True,
    typed=lambda *types: array_of(inexact_promoted(*types), (False, False)),
)  # fmt: skip
def block_diag(walker: Any, node: Node, out_bar: Node) -> None:
    """Matrices along the diagonal of one."""
    row: Any = node.graph.constant(0)
    column: Any = row
    for arg in node.args:
        below, right = row + dimension(arg, axis=0), column + dimension(arg, axis=1)
        if walker.active(arg):
            rows = part_along(out_bar, 0, row, below)
            walker.accumulate(arg, part_along(rows, 1, column, right))
        row, column = below, right


def _toeplitz_type(c: Type, r: Type | None = None) -> Type:
    last = c if r is None else r
    return array_of(inexact_promoted(c, last), (unit_axes_of(c)[0], unit_axes_of(last)[0]))


def _by_difference(c: Node, r: Node) -> Node:
    """A matrix whose entries depend on column minus row: the first column, then the first row."""
    rows, columns = dimension(c, axis=0), dimension(r, axis=0)
    line = concatenate(flip(c, axis=0), part_along(r, 0, c.graph.constant(1), None), axis=0)
    places = arange(columns) - expand_dims(arange(rows), axis=1) + (rows - 1)
    return at_positions(line, places, 0)


@array_defined("toeplitz", "scipy.linalg.toeplitz", signature="c", typed=_toeplitz_type)
def toeplitz(c: Node) -> Node:
    """The symmetric matrix with equal entries along its diagonals."""
    return _by_difference(c, c)


@array_defined(
    "toeplitz_of_two", "scipy.linalg.toeplitz", signature="c, r", arrays=2, typed=_toeplitz_type
)
def toeplitz_of_two(c: Node, r: Node) -> Node:
    """The matrix with equal entries along its diagonals."""
    return _by_difference(c, r)


@array_defined("circulant", "scipy.linalg.circulant", signature="c", typed=_toeplitz_type)
def circulant(c: Node) -> Node:
    """The matrix whose columns are one column turned in a circle."""
    count = dimension(c, axis=0)
    places = expand_dims(arange(count), axis=1) - arange(count)
    return at_positions(c, TABLE["remainder"](places, count), 0)
