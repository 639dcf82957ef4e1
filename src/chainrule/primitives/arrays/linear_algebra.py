"""Products of matrices, linear systems, factorisations.

The rules of the factorisations are those of Giles, *Collected matrix derivative results for
forward and reverse mode algorithmic differentiation* (2008), and Murray, *Differentiation of
the Cholesky decomposition* (2016).
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import (
    Record,
    Type,
    array_of,
    broadcast_axes,
    dtype_of,
    inexact_promoted,
    is_complex,
    promoted,
    unit_axes_of,
)
from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import divide, multiply, negative
from chainrule.primitives.arrays.call import array_linear, array_rule
from chainrule.primitives.arrays.complex_numbers import (
    conjugated,
    imaginary_part,
    magnitude_dtype,
    real_part,
)
from chainrule.primitives.arrays.creation import arange, eye, zeros_like
from chainrule.primitives.arrays.indexing import section_set
from chainrule.primitives.arrays.lengths import (
    Lengths,
    Of,
    all_unknown,
    as_first,
    joined,
    product,
    square,
)
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import dimension, expand_dims, swapaxes, transpose
from chainrule.primitives.arrays.symmetry import is_symmetric
from chainrule.primitives.declare import Cost, is_constant
from chainrule.primitives.floats import integral


def rank_of(node: Node) -> int:
    """Number of axes."""
    return len(unit_axes_of(node.type))


def _product_type(a: Type, b: Type) -> Type:
    left, right = unit_axes_of(a), unit_axes_of(b)
    rows = left[-2:-1] if len(left) > 1 else ()
    columns = right[-1:] if len(right) > 1 else ()
    batch = broadcast_axes((array_of("bool", left[:-2]), array_of("bool", right[:-2])))
    return array_of(promoted((a, b)), (*batch, *rows, *columns))


def flipped(a: Node) -> Node:
    """A matrix, or each of a batch of matrices, transposed."""
    if rank_of(a) > 2:
        return swapaxes(a, axis1=-1, axis2=-2)
    return transpose(a)


def adjoined(a: Node) -> Node:
    """The conjugate transpose of a matrix, or of each of a batch."""
    return flipped(conjugated(a))


def by_columns(left: Node, right: Node) -> Node:
    """``left @ right.T`` of columns, or of single vectors."""
    return outer(left, right) if rank_of(left) == 1 else matmul(left, flipped(right))


def _pull_product(walker: Any, node: Node, out_bar: Node) -> None:
    a, b = node.args
    if a is b and rank_of(a) == 1 and not is_complex(node.type):
        # r @ r is one factor twice.
        walker.accumulate(a, 2.0 * out_bar * a)
        return
    if walker.active(a):
        other, bar = _without_sign(b, out_bar)
        walker.accumulate(a, _left_adjoint(a, conjugated(other), bar))
    if walker.active(b):
        other, bar = _without_sign(a, out_bar)
        walker.accumulate(b, _right_adjoint(conjugated(other), b, bar))


def _without_sign(factor: Node, out_bar: Node) -> tuple[Node, Node]:
    """``-X`` and an adjoint as X and the opposite one, whose sign may meet another."""
    if factor.op is not negative:
        return factor, out_bar
    return factor.args[0], negative.build(out_bar)


def _left_adjoint(a: Node, b: Node, out_bar: Node) -> Node:
    if rank_of(a) == 1 and rank_of(b) > 2:
        rows = expand_dims(out_bar, axis=-2) * b
        return array_sum(rows, axis=(*range(rank_of(b) - 2), rank_of(b) - 1))
    if rank_of(a) == 1:
        return out_bar * b if rank_of(b) == 1 else matmul(b, out_bar)
    if rank_of(a) == 2 and rank_of(b) == 1:
        return outer(out_bar, b)
    if rank_of(b) == 1:
        return expand_dims(out_bar, axis=-1) * b
    return _batch_sum(matmul(out_bar, flipped(b)), a)


def _right_adjoint(a: Node, b: Node, out_bar: Node) -> Node:
    if rank_of(a) == 1 and rank_of(b) > 2:
        return expand_dims(a, axis=-1) * expand_dims(out_bar, axis=-2)
    if rank_of(a) == 1:
        return out_bar * a if rank_of(b) == 1 else outer(a, out_bar)
    if rank_of(b) == 1 and rank_of(a) == 2:
        return matmul(transpose(a), out_bar)
    if rank_of(b) == 1:
        return array_sum(expand_dims(out_bar, axis=-1) * a, axis=tuple(range(rank_of(a) - 1)))
    return _batch_sum(matmul(flipped(a), out_bar), b)


def _batch_sum(value: Node, arg: Node) -> Node:
    from chainrule.primitives.broadcasting import summed_to

    if rank_of(value) <= 2 and unit_axes_of(value.type) == unit_axes_of(arg.type):
        # The axes of matrices are never repeated: their lengths must fit.
        return value
    return summed_to(value, value, arg)


def product_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    """The tangent of what is linear in either of two arguments."""
    a, b = args
    total: Any = None
    for left, right in ((dots[0], b), (a, dots[1])):
        if left is not None and right is not None:
            term = left.graph.cursor.add(node.op, (left, right), node.params)
            total = term if total is None else total + term
    return total  # type: ignore[no-any-return]


def _contraction_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    a, b = args
    if a is b and rank_of(a) == 1 and dots[0] is not None:
        # r @ r is one factor twice.
        return 2.0 * node.graph.cursor.add(node.op, (dots[0], a), node.params)
    return product_tangent(node, args, dots, out)


matmul = array_rule(
    "matmul",
    "numpy.matmul",
    signature="a, b",
    arrays=2,
    typed=_product_type,
    multilinear=True,
    lengths=product,
    bounds=bounds.contracted,
    cost=Cost.FUNCTION,
)(_pull_product)
matmul.symbol = "@"
matmul.tangent_rule = _contraction_tangent
dot = array_rule(
    "dot", "numpy.dot", signature="a, b", arrays=2, method="dot",
    typed=_product_type, multilinear=True, lengths=product, bounds=bounds.contracted,
)(_pull_product)  # fmt: skip
dot.tangent_rule = _contraction_tangent


def _outer_type(a: Type, b: Type) -> Type:
    return array_of(promoted((a, b)), unit_axes_of(a) + unit_axes_of(b))


@array_rule("outer", "numpy.outer", signature="a, b", arrays=2, typed=_outer_type,
            multilinear=True, lengths=joined, raises=False)  # fmt: skip
def outer(walker: Any, node: Node, out_bar: Node) -> None:
    """Products of all pairs of entries of two vectors."""
    a, b = node.args
    if walker.active(a):
        walker.accumulate(a, matmul(out_bar, conjugated(b)))
    if walker.active(b):
        walker.accumulate(b, matmul(conjugated(a), out_bar))


outer.tangent_rule = product_tangent


# --- triangles and diagonals -------------------------------------------------------------


@array_linear(
    "trace", "numpy.trace", signature="a, offset=0", method="trace",
    typed=lambda a, offset=0: array_of(dtype_of(a), ()), raises=False,
)  # fmt: skip
def trace(walker: Any, node: Node, out_bar: Node, offset: int) -> None:
    """Sum of a diagonal."""
    (a,) = node.args
    sizes = dimension(a, axis=0), dimension(a, axis=1)
    walker.accumulate(a, out_bar * eye(*sizes, k=offset))


def _diag_type(v: Type, k: int = 0) -> Type:
    units = unit_axes_of(v)
    # Beside the main diagonal there are more places than entries, or fewer entries than places.
    single = all(units) and k == 0
    return array_of(dtype_of(v), (single,) * 2 if len(units) == 1 else (single,))


def _diagonal_lengths(node: Node, of: Of) -> Lengths:
    own, offset = of(node.args[0]), abs(int(str(node.params[0])))
    if len(own) == 1:
        return (own[0] + offset,) * 2
    same = own[0] == own[1]
    return (own[0].cut(offset),) if same else all_unknown(node)


@array_linear("diag", "numpy.diag", signature="v, k=0", typed=_diag_type, lengths=_diagonal_lengths,
              raises=False)  # fmt: skip
def diag(walker: Any, node: Node, out_bar: Node, k: int) -> None:
    """A diagonal of a matrix, or the matrix of a diagonal."""
    (v,) = node.args
    if v.op is cholesky and rank_of(v) == 2 and k == 0:
        walker.accumulate(v.args[0], _diagonal_adjoint(v, node, out_bar))
        return
    found = diag(out_bar, k=k) if rank_of(v) == 1 else on_diagonal(v, out_bar, offset=k)
    walker.accumulate(v, found)


@array_linear(
    "diagonal", "numpy.diagonal", signature="a, offset=0", method="diagonal",
    typed=lambda a, offset=0: array_of(dtype_of(a), (all(unit_axes_of(a)) and offset == 0,)),
    lengths=_diagonal_lengths, raises=False,
)  # fmt: skip
def diagonal(walker: Any, node: Node, out_bar: Node, offset: int) -> None:
    """A diagonal of a matrix."""
    (a,) = node.args
    if a.op is cholesky and rank_of(a) == 2 and offset == 0:
        walker.accumulate(a.args[0], _diagonal_adjoint(a, node, out_bar))
    else:
        walker.accumulate(a, on_diagonal(a, out_bar, offset=offset))


def on_diagonal(like: Node, values: Node, offset: int) -> Node:
    """Zeros in the shape of a matrix with values on a diagonal."""
    from chainrule.primitives.arrays.measured import lengths_of

    rows_of, columns_of = lengths_of(like)
    if rows_of == columns_of and unit_axes_of(like.type)[0] == unit_axes_of(values.type)[0]:
        return diag(values, k=offset)
    rows: Node = arange(dimension(values, axis=0), None, None)
    columns = rows
    if offset > 0:
        columns = rows + offset
    elif offset < 0:
        rows, columns = rows - offset, rows
    return like.graph.cursor.add(section_set, (zeros_like(like), rows, columns, values), ("uu",))


def axes_of_matrices(a: Type) -> tuple[bool, ...]:
    """The axes of one matrix or several; NumPy takes no number and no vector for one."""
    units = unit_axes_of(a)
    if len(units) < 2:
        raise ValueError("a matrix has at least two axes")
    return units


def _of_rows(m: Type, k: int = 0) -> Type:
    if len(unit_axes_of(m)) < 2:
        raise ValueError("NumPy makes a matrix of a vector here")
    return m


def _triangle(name: str, doc: str) -> Any:
    @array_linear(name, f"numpy.{name}", signature="m, k=0", typed=_of_rows,
                  lengths=as_first, raises=False)  # fmt: skip
    def triangle(walker: Any, node: Node, out_bar: Node, k: int) -> None:
        walker.accumulate(node.args[0], triangle(out_bar, k=k))

    triangle.__doc__ = doc
    return triangle


tril = _triangle("tril", "The lower triangle.")
triu = _triangle("triu", "The upper triangle.")


# --- systems -----------------------------------------------------------------------------


def _solution_type(a: Type, b: Type) -> Type:
    """A solution for each pair of a matrix and right sides, of which there may be several."""
    matrices, sides = unit_axes_of(a), unit_axes_of(b)
    if len(sides) < len(matrices) and len(matrices) > 2:
        raise ValueError("NumPy 1 takes the right sides for vectors here, NumPy 2 for matrices")
    if len(sides) == 1:
        return array_of(inexact_promoted(a, b), sides)
    batch = broadcast_axes((array_of("bool", matrices[:-2]), array_of("bool", sides[:-2])))
    return array_of(inexact_promoted(a, b), (*batch, *sides[-2:]))


def solved_by_one_each(a: Type, b: Type) -> Type:
    """A solution for each matrix of a batch, whose right sides are a batch of the same axes."""
    matrices, sides = unit_axes_of(a), unit_axes_of(b)
    if max(len(matrices), len(sides)) > 2 and matrices[:-2] != sides[:-2]:
        raise ValueError("SciPy's versions differ in what they repeat")
    return array_of(inexact_promoted(a, b), sides)


def _solution_lengths(node: Node, of: Of) -> Lengths:
    return of(node.args[1]) if rank_of(node.args[1]) == 1 else product(node, of)


@array_rule(
    "solve", "numpy.linalg.solve", signature="a, b", arrays=2,
    typed=_solution_type, lengths=_solution_lengths,
)  # fmt: skip
def solve(walker: Any, node: Node, out_bar: Node) -> None:
    """Solution of a linear system."""
    a, b = node.args
    factor = _factor_of_both(a, b)
    if factor is not None:
        # The solution with the matrix that was factored: no adjoint of the factor is needed.
        matrix, b = factor.args[0], b.args[1]
        b_bar = solve(a, solve(factor, out_bar))
        walker.accumulate(b, _batch_sum(b_bar, b))
        if walker.active(matrix):
            product = by_columns(b_bar, node)
            walker.accumulate(matrix, -_read_triangle(matrix, _batch_sum(product, matrix)))
        return
    b_bar = solve(adjoined(a), out_bar)
    walker.accumulate(b, _batch_sum(b_bar, b))
    if walker.active(a):
        product = by_columns(b_bar, conjugated(node))
        walker.accumulate(a, -_batch_sum(product, a))


def _factor_of_both(a: Node, b: Node) -> Node | None:
    """The Cholesky factor ``L`` if it is ``L.T`` and ``b`` a solution with ``L``."""
    if b.op is not solve or b.args[0].op is not cholesky:
        return None
    return b.args[0] if is_flipped(a, b.args[0]) else None


def is_flipped(a: Node, b: Node) -> bool:
    """Whether one is written as the transpose of the other."""
    if a.op is transpose and a.params[0] is None:
        return a.args[0] is b and rank_of(a) == 2
    last = {str(each) for each in a.params[:2]} == {"-1", "-2"}
    return a.op is swapaxes and last and a.args[0] is b


def _read_triangle(matrix: Node, bar: Node) -> Node:
    """The adjoint of the lower triangle that stands for a symmetric matrix.

    Where the matrix is symmetric by itself, so are its changes: any adjoint with the right
    symmetric part will do.
    """
    if is_symmetric(matrix):
        return bar
    return _half_lower(bar + adjoined(bar))


def _solve_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    a, _ = args
    a_dot, b_dot = dots
    change = None if a_dot is None else -matmul(a_dot, out)
    if b_dot is not None:
        change = b_dot if change is None else b_dot + change
    return None if change is None else solve(a, change)


solve.tangent_rule = _solve_tangent


def _number_in_front(a: Node, b: Node) -> Node | None:
    """``solve(a, c * b)`` is ``c * solve(a, b)``, which may be known."""
    if integral(b):
        return None
    if b.op in (multiply, divide) and not unit_axes_of(b.args[1].type):
        return b.op.build(solve(a, b.args[0]), b.args[1])
    if b.op is multiply and not unit_axes_of(b.args[0].type):
        return b.args[0] * solve(a, b.args[1])
    if b.op is negative:
        return -solve(a, b.args[0])
    return None


solve.simplify = _number_in_front


def _cheaper_product(a: Node, b: Node) -> Node | None:
    """Products that cancel, and vectors before matrices: ``A @ outer(x, y)``."""
    if rank_of(a) != 2 or rank_of(b) > 2:
        return None
    for matrix, other in ((a, b), (b, a)):
        if is_identity(matrix) and dtype_of(matrix.type) == dtype_of(other.type):
            return other
    if b.op is solve and b.args[0] is a:
        return b.args[1]
    if a.op is inv and b.op is matmul and b.args[0] is a.args[0]:
        return b.args[1]
    for position, side in enumerate((a, b)):
        if not _is_outer(side):
            continue
        if side.op is outer:
            x, y = side.args
            return outer(matmul(a, x), y) if position else _outer_times(x, y, b)
        inner = side.args[-1]
        found = matmul(a, inner) if position else matmul(inner, b)
        return -found if side.op is negative else side.args[0] * found
    return None


def is_identity(matrix: Node) -> bool:
    """Whether a matrix is a square ``np.eye``."""
    return matrix.op is eye and len(set(matrix.args)) == 1 and matrix.params[0] in (0, None)


def _is_outer(matrix: Node) -> bool:
    """Whether a matrix is a product of two vectors, with numbers in front."""
    while matrix.op is negative or (
        matrix.op is multiply and not unit_axes_of(matrix.args[0].type)
    ):
        matrix = matrix.args[-1]
    vectors = matrix.op is outer and all(rank_of(each) == 1 for each in matrix.args)
    return vectors and not integral(matrix)


def _outer_times(x: Node, y: Node, b: Node) -> Node:
    """``outer(x, y) @ b``, where the latter is a vector or a matrix."""
    return x * matmul(y, b) if rank_of(b) == 1 else outer(x, matmul(flipped(b), y))


matmul.simplify = _cheaper_product


@array_rule(
    "inv", "numpy.linalg.inv", signature="a", lengths=square,
    typed=lambda a: array_of(inexact_promoted(a), axes_of_matrices(a)),
)  # fmt: skip
def inv(walker: Any, node: Node, out_bar: Node) -> None:
    """Inverse of a matrix."""
    across = adjoined(node)
    walker.accumulate(node.args[0], -matmul(matmul(across, out_bar), across))


def _number_below(a: Node) -> Node | None:
    """``inv(c * a)`` is ``inv(a) / c``, which may be known."""
    if a.op is multiply and not unit_axes_of(a.args[0].type) and not integral(a):
        return inv(a.args[1]) / a.args[0]
    return None


inv.simplify = _number_below
inv.tangent_rule = lambda node, args, dots, out: -matmul(matmul(out, dots[0]), out)


@array_rule(
    "det",
    "numpy.linalg.det",
    signature="a",
    typed=lambda a: array_of(inexact_promoted(a), axes_of_matrices(a)[:-2]),
    lengths=lambda node, of: of(node.args[0])[:-2],
)
def det(walker: Any, node: Node, out_bar: Node) -> None:
    """Determinant of a regular matrix."""
    (a,) = node.args
    walker.accumulate(a, batched(out_bar * conjugated(node), a) * adjoined(inv(a)))


det.tangent_rule = lambda node, args, dots, out: out * trace_of(solve(args[0], dots[0]))


def _signed(a: Type) -> Type:
    units = axes_of_matrices(a)[:-2]
    return Record((array_of(inexact_promoted(a), units), array_of(magnitude_dtype(a), units)))


@array_rule("slogdet", "numpy.linalg.slogdet", signature="a", typed=_signed)
def slogdet(walker: Any, node: Node, out_bar: Node) -> None:
    """Sign of a determinant, which turns if it is complex, and the logarithm of its magnitude."""
    (a,) = node.args
    sign_bar, bar = out_bar.args
    if is_complex(a.type) and not is_constant(sign_bar, 0):
        turned = imaginary_part.build(sign_bar * conjugated(result_of(node, 0)))
        bar = bar + 1j * turned
    walker.accumulate(a, batched(bar, a) * adjoined(inv(a)))


def _slogdet_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node:
    change = trace_of(solve(args[0], dots[0]))
    if not is_complex(change.type):
        return results(out.graph.constant(0.0), change)
    turned = 1j * imaginary_part.build(change)
    return results(result_of(out, 0) * turned, real_part.build(change))


slogdet.tangent_rule = _slogdet_tangent


def batched(value: Node, matrix: Node) -> Node:
    """A number for each matrix of a batch, as a factor of these."""
    if rank_of(matrix) == 2 or not unit_axes_of(value.type):
        return value
    return expand_dims(value, axis=(-2, -1))


def trace_of(matrix: Node) -> Node:
    """The trace of a matrix, or of each of a batch."""
    if rank_of(matrix) == 2:
        return trace(matrix)
    from chainrule.primitives.arrays.products import einsum_of

    batch = "abcdefgh"[: rank_of(matrix) - 2]
    return einsum_of(f"{batch}zz->{batch}", matrix)


@array_rule(
    "cholesky", "numpy.linalg.cholesky", signature="a",
    typed=lambda a: array_of(inexact_promoted(a), axes_of_matrices(a)), lengths=square,
)  # fmt: skip
def cholesky(walker: Any, node: Node, out_bar: Node) -> None:
    """Lower Cholesky factor; reads the lower triangle."""
    (a,) = node.args
    walker.accumulate(a, _read_triangle(a, _inner_adjoint(node, out_bar)))


def cholesky_adjoint(factor: Node, factor_bar: Node) -> Node:
    """The adjoint of the lower triangle of a matrix from that of its lower Cholesky factor."""
    inner = _inner_adjoint(factor, factor_bar)
    return _half_lower(inner + flipped(inner))


def _inner_adjoint(factor: Node, factor_bar: Node) -> Node:
    """A matrix whose symmetric part is the adjoint of the symmetric matrix that was factored.

    It is ``L^-T M L^-1``; the inverse of a triangle is made once for all that needs it.
    """
    middle = matmul(adjoined(factor), factor_bar)
    # A symmetric matrix is its lower half and the transpose of that.
    middle = 0.5 * middle if is_symmetric(middle) else _half_lower(middle)
    inverse = inv(factor)
    return matmul(matmul(adjoined(inverse), middle), inverse)


def _diagonal_adjoint(factor: Node, diagonal: Node, bar: Node) -> Node:
    """The adjoint of a matrix from that of the diagonal of its Cholesky factor.

    It is half of ``L^-T D L^-1`` with ``D`` the products of the entries and their adjoints: half
    the inverse of the matrix for a sum of logarithms, that is for half the log-determinant.
    """
    inverse = inv(factor)
    across = adjoined(inverse)
    cancels = bar.op is divide and bar.args[1] is diagonal
    weights = bar.args[0] if cancels else bar * diagonal
    if unit_axes_of(weights.type):
        found = matmul(0.5 * (across * weights), inverse)
    else:
        found = 0.5 * weights * matmul(across, inverse)
    if is_symmetric(factor.args[0]):
        return found
    return 2.0 * _half_lower(found)


def _half_lower(matrix: Node) -> Node:
    """The lower triangle with half the diagonal."""
    if rank_of(matrix) > 2:
        return 0.5 * (tril(matrix) + tril(matrix, k=-1))  # type: ignore[no-any-return]
    return tril(matrix) - 0.5 * diag(diag(matrix))  # type: ignore[no-any-return]


def cholesky_change(factor: Node, dot: Node) -> Node:
    """The tangent of a lower Cholesky factor from that of the lower triangle of the matrix."""
    full = tril(dot) + adjoined(tril(dot, k=-1))
    inner = solve(factor, adjoined(solve(factor, full)))
    return matmul(factor, _half_lower(inner))


def _cholesky_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    return cholesky_change(out, dots[0])


cholesky.tangent_rule = _cholesky_tangent
