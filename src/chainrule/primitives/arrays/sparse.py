"""Products with matrices of :mod:`scipy.sparse`, and solutions of systems with them.

Both are linear in the array; the transpose is that of the transposed matrix.  A matrix is a
constant, or a constant and a sum of terms::

    A = C + left_1 @ diag(factor_1) @ right_1 + ...

with constant matrices ``left`` and ``right``, and a ``factor`` that is a number or an array.  It is
differentiated by the factors: A' x is the sum of ``left @ (factor' * (right @ x))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayLinear, ArrayRule, array_linear, array_rule
from chainrule.primitives.arrays.lengths import Lengths, Of
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import expand_dims
from chainrule.primitives.declare import Cost
from chainrule.primitives.effect import VERBATIM


class Term(NamedTuple):
    """``left @ diag(factor) @ right``; a matrix that is None is that of unity."""

    left: Node | None
    factor: Node
    right: Node | None


Has = tuple[tuple[bool, bool], ...]


def parts_of(terms: Sequence[Term]) -> tuple[tuple[Node, ...], Has]:
    """The nodes of terms in a row, and which of the matrices there are."""
    parts = tuple(part for term in terms for part in term if part is not None)
    return parts, tuple((term.left is not None, term.right is not None) for term in terms)


def _terms(parts: Sequence[Any], has: Has) -> Iterator[tuple[Any, int, Any]]:
    """Both matrices of each term, and between them the position of the factor."""
    position = 0
    for left, right in has:
        at = position + left
        position = at + 1 + right
        yield parts[at - 1] if left else None, at, parts[at + 1] if right else None


def _behind(matrix: Type, x: Type, **statics: Any) -> Type:
    return array_of("float64", (False, *unit_axes_of(x)[1:]))


def _before(matrix: Type, x: Type, **statics: Any) -> Type:
    return array_of("float64", (*unit_axes_of(x)[:-1], False))


def _solved(matrix: Type, b: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(b))


def transposed(matrix: Node) -> Node:
    """The node of the transposed matrix; of one that is transposed itself the original."""
    if matrix.op is VERBATIM and matrix.params[0] == "_0_.T":
        return matrix.args[0]
    return matrix.graph.cursor.add(VERBATIM, (matrix,), ("_0_.T", OPAQUE, None), OPAQUE)


def _times(matrix: Node | None, x: Node) -> Node:
    return x if matrix is None else sparse_product(matrix, x)


def _back(matrix: Node | None, x: Node) -> Node:
    return x if matrix is None else sparse_product(transposed(matrix), x)


def _weighed(factor: Node, x: Node) -> Node:
    """``diag(factor) @ x``, where x may have several columns."""
    several = len(unit_axes_of(x.type)) > 1 and unit_axes_of(factor.type)
    found: Node = (expand_dims(factor, axis=(1,)) if several else factor) * x
    return found


def _moved(parts: Sequence[Node], dots: Sequence[Node | None], x: Node, has: Has) -> Any:
    """The change of a matrix, times x; None where it does not change."""
    total: Any = None
    for left, at, right in _terms(parts, has):
        dot = dots[at]
        if dot is not None:
            term = _times(left, _weighed(dot, _times(right, x)))
            total = term if total is None else total + term
    return total


def _accumulate(walker: Any, parts: Sequence[Node], x: Node, bar: Node, has: Has) -> None:
    """Hand the adjoint of a product of a matrix and x on to the factors of its terms."""
    for left, at, right in _terms(parts, has):
        factor = parts[at]
        if not walker.active(factor):
            continue
        products = _back(left, bar) * _times(right, x)
        if not unit_axes_of(factor.type):
            products = array_sum(products)
        elif len(unit_axes_of(x.type)) > 1:
            products = array_sum(products, axis=1)
        walker.accumulate(factor, products)


def _check_constant(node: Node, moves: bool) -> None:
    if moves:
        raise UnsupportedError(
            "a sparse matrix of which it is not known how it depends on its entries",
            remedy="Make it of constant matrices, numbers times such, `diags` and "
            "`csr_matrix((values, (rows, columns)), shape=...)`.",
            position=node.origin.position,
        )


def _product(name: str, written: str, typed: Any) -> ArrayLinear:
    @array_linear(name, signature="matrix, x", arrays=2, typed=typed, written=written,
                  cost=Cost.FUNCTION)  # fmt: skip
    def product(walker: Any, node: Node, out_bar: Node) -> None:
        """Product of a sparse matrix, which is a constant, and an array."""
        matrix, x = node.args
        walker.accumulate(x, product(transposed(matrix), out_bar))

    product.linear_in = (1,)
    return product


sparse_product = _product("sparse_product", "_0_ @ _1_", _behind)
product_with_sparse = _product("product_with_sparse", "_1_ @ _0_", _before)


@array_rule("product_with_terms", signature="matrix, x, parts, has=()", arrays=2, sizes="parts",
            typed=_behind, written="_0_ @ _1_", cost=Cost.FUNCTION)  # fmt: skip
def product_with_terms(walker: Any, node: Node, out_bar: Node, has: Has) -> None:
    """Product of a sparse matrix, which is a sum of terms, and an array."""
    matrix, x, *parts = node.args
    _check_constant(node, walker.active(matrix))
    _accumulate(walker, parts, x, out_bar, has)
    if walker.active(x):
        turned = (transposed(matrix), out_bar, *_turned(parts, has))
        flipped = tuple((right, left) for left, right in has)
        walker.accumulate(x, _again(product_with_terms, turned, out_bar, flipped))


def _product_tangent(node: Node, args: Any, dots: Any, out: Node, has: Has) -> Any:
    _check_constant(node, dots[0] is not None)
    _, x, *parts = args
    total = _moved(parts, dots[2:], x, has)
    if dots[1] is not None:
        moved = _again(product_with_terms, args, dots[1], has)
        total = moved if total is None else moved + total
    return total


product_with_terms.tangent_rule = _product_tangent


def _again(op: ArrayRule, args: Sequence[Node], x: Node, has: Has) -> Node:
    """The same of another array: by the terms, it can be differentiated further."""
    matrix, _, *parts = args
    return x.graph.cursor.add(op, (matrix, x, *parts), (has, "function"))


def _lengths(node: Node, of: Of) -> Lengths:
    return of(node.args[1])


def _solver(name: str, written: str) -> ArrayRule:
    """The solution of a system, found in one way, and by ``back`` that of the transposed one."""

    @array_rule(name, signature="matrix, b, parts, has=()", arrays=2, sizes="parts", typed=_solved,
                written=written, lengths=_lengths, cost=10 * Cost.FUNCTION)  # fmt: skip
    def solver(walker: Any, node: Node, out_bar: Node, has: Has) -> None:
        """Solution of a system with a sparse matrix."""
        matrix, b, *parts = node.args
        _check_constant(node, walker.active(matrix))
        back, given = BACK[name]
        turned = (given(matrix), out_bar, *_turned(parts, has))
        flipped = tuple((right, left) for left, right in has)
        w = _again(SOLVERS[back], turned, out_bar, flipped)
        if walker.active(b):
            walker.accumulate(b, w)
        _accumulate(walker, parts, -node, w, has)

    def tangent(node: Node, args: Any, dots: Any, out: Node, has: Has) -> Any:
        _check_constant(node, dots[0] is not None)
        right = dots[1]
        moved = _moved(args[2:], dots[2:], out, has)
        if moved is not None:
            right = -moved if right is None else right - moved
        return None if right is None else _again(solver, args, right, has)

    solver.tangent_rule = tangent
    return solver


def _turned(parts: Sequence[Node], has: Has) -> tuple[Node, ...]:
    """The terms of the transposed matrix."""
    found: list[Node] = []
    for left, at, right in _terms(parts, has):
        found += [transposed(right)] if right is not None else []
        found.append(parts[at])
        found += [transposed(left)] if left is not None else []
    return tuple(found)


def _itself(matrix: Node) -> Node:
    return matrix


SOLVERS = {
    name: _solver(name, written)
    for name, written in {
        "sparse_solve": "scipy.sparse.linalg.spsolve(_0_, _1_)",
        "factored_solve": "_0_.solve(_1_)",
        "factored_solve_back": "_0_.solve(_1_, 'T')",
        "prepared_solve": "_0_(_1_)",
        "prepared_solve_back": "_0_.__self__.solve(_1_, 'T')",
    }.items()
}
# How the transposed system is solved, and of what: a factored matrix serves for both.
BACK: dict[str, tuple[str, Callable[[Node], Node]]] = {
    "sparse_solve": ("sparse_solve", transposed),
    "factored_solve": ("factored_solve_back", _itself),
    "factored_solve_back": ("factored_solve", _itself),
    "prepared_solve": ("prepared_solve_back", _itself),
    "prepared_solve_back": ("prepared_solve", _itself),
}


@array_linear("expm_multiply", signature="matrix, x", arrays=2, typed=_solved, lengths=_lengths,
              written="scipy.sparse.linalg.expm_multiply(_0_, _1_)",
              cost=10 * Cost.FUNCTION)  # fmt: skip
def expm_multiply(walker: Any, node: Node, out_bar: Node) -> None:
    """The exponential of a sparse matrix, which is a constant, times an array."""
    matrix, x = node.args
    walker.accumulate(x, expm_multiply(transposed(matrix), out_bar))


expm_multiply.linear_in = (1,)
