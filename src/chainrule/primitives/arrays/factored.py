"""Systems that are solved by an LU factor, and banded ones, of :mod:`scipy.linalg`.

The adjoint of the matrix of a system is that of Giles (2008), 2.2.3: minus the outer product of the
adjoint of the right side and the solution.  A factor is not differentiated: what depends on it
depends on the matrix that was factored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import (
    Record,
    array_of,
    is_complex,
    real_promoted,
    unit_axes_of,
)
from chainrule.primitives.arrays.call import ArrayLinear, array_rule, declared
from chainrule.primitives.arrays.complex_numbers import conjugated
from chainrule.primitives.arrays.creation import zeros
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_second
from chainrule.primitives.arrays.linear_algebra import (
    adjoined,
    by_columns,
    flipped,
    matmul,
    rank_of,
    solved_by_one_each,
)
from chainrule.primitives.arrays.shaping import concatenate, roll, stack


@array_rule("lu_factor", "scipy.linalg.lu_factor", signature="a",
            typed=lambda a: Record((a, array_of("int32", unit_axes_of(a)[:-1]))))  # fmt: skip
def lu_factor(walker: Any, node: Node, out_bar: Node) -> None:
    """The triangles of a matrix whose rows are exchanged, and how these are."""


lu_factor.tangent_rule = lambda node, args, dots, out: None


class FactoredSolution(ArrayLinear):
    """``lu_solve((lu, piv), b, trans)``; args ``(lu, piv, b)``, or the factored matrix behind them.

    Linear in b; the factor is left out of account where the matrix is given.
    """

    # As SciPy's ``trans``: of the matrix, of its transpose, of its conjugate transpose.
    trans = 0
    # All three.
    forms: Sequence[FactoredSolution] = ()

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        self._check(node, dots[0] is not None)
        change = dots[2]
        if len(args) > 3 and dots[3] is not None:
            a_dot = (dots[3], flipped(dots[3]), adjoined(dots[3]))[self.trans]
            moved = matmul(a_dot, out)
            change = -moved if change is None else change - moved
        return None if change is None else self._again(args, change)

    def _check(self, node: Node, moving: bool) -> None:
        if len(node.args) == 3 and moving:
            raise UnsupportedError(
                "cannot differentiate `lu_solve` by an LU factor",
                remedy="Give it what lu_factor gives in the same function.",
                position=node.origin.position,
            )

    def _again(self, args: Sequence[Node], b: Node) -> Node:
        return b.graph.cursor.add(self, (*args[:2], b, *args[3:]), ("function",))

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        self._check(node, walker.active(node.args[0]))
        b_bar = self._back(node.args, self.whole(out_bar, node))
        walker.accumulate(node.args[2], b_bar)
        if len(node.args) > 3 and walker.active(node.args[3]):
            left, right = (b_bar, node) if self.trans == 0 else (node, b_bar)
            if self.trans == 1:
                left = conjugated(left)
            else:
                right = conjugated(right)
            walker.accumulate(node.args[3], -by_columns(left, right))

    def _back(self, args: Sequence[Node], bar: Node) -> Node:
        """The solution with the conjugate transpose."""
        lu = args[0]
        if self.trans == 1:
            return conjugated(self.forms[0]._again(args, conjugated(bar)))
        back = 0 if self.trans else 2 if is_complex(lu.type) else 1
        return self.forms[back]._again(args, bar)


def _solution(name: str, arrays: int, trans: int) -> FactoredSolution:
    primitive = FactoredSolution(name)
    primitive.__doc__ = "Solution of a system by the LU factor of its matrix."
    primitive.trans = trans
    primitive.takes_complex = True
    # Without the matrix the factor must be seen to be constant.
    primitive.linear_in = (2, 3) if arrays == 4 else None
    facts = {
        "arrays": arrays,
        "typed": lambda lu, piv, b, *matrix: solved_by_one_each(lu, b),
        "lengths": lambda node, of: of(node.args[2]),
        "written": f"scipy.linalg.lu_solve((_0_, _1_), _2_{f', trans={trans}' if trans else ''})",
    }
    return declared(primitive, "lu, piv, b, a" if arrays == 4 else "lu, piv, b", facts)


def _forms(name: str, arrays: int) -> tuple[FactoredSolution, ...]:
    """The solutions with a matrix, its transpose, and its conjugate transpose."""
    ends = ("", "_across", "_adjoined")
    forms = tuple(_solution(f"{name}{end}", arrays, trans) for trans, end in enumerate(ends))
    for form in forms:
        form.forms = forms
    return forms


# By whether the matrix that was factored is known.
LU_SOLVE = {False: _forms("lu_solve", 3), True: _forms("lu_solve_of", 4)}

# --- banded systems -------------------------------------------------------------------------


@array_rule(
    "solve_banded", signature="ab, b, l_and_u", arrays=2,
    typed=lambda ab, b, l_and_u: array_of(real_promoted(ab, b), unit_axes_of(b)), lengths=as_second,
    written="scipy.linalg.solve_banded(_l_and_u_, _0_, _1_)",
)  # fmt: skip
def solve_banded(walker: Any, node: Node, out_bar: Node, l_and_u: tuple[int, int]) -> None:
    """Solution of a system whose matrix is given by its diagonals, a row for each."""
    ab, b = node.args
    _one_side(node)
    turned = _transposed(ab, l_and_u)
    b_bar = solve_banded(turned, out_bar, l_and_u=l_and_u[::-1])
    walker.accumulate(b, b_bar)
    if walker.active(ab):
        rows = [-_beside(b_bar, node, offset) for offset in _offsets(l_and_u)]
        walker.accumulate(ab, stack(*rows, axis=0))


def _one_side(node: Node) -> None:
    if rank_of(node.args[1]) != 1:
        raise UnsupportedError(
            "a banded system with several right sides",
            remedy="Solve it for each column.",
            position=node.origin.position,
        )


def _offsets(l_and_u: tuple[int, int]) -> range:
    """The column less the row of each diagonal, in the order in which they are stored."""
    lower, upper = l_and_u
    return range(upper, -lower - 1, -1)


def _row(ab: Node, place: int) -> Node:
    from chainrule.primitives.sequence import index

    return ab.graph.cursor.add(index, (ab, ab.graph.constant(place)))


def _transposed(ab: Node, l_and_u: tuple[int, int]) -> Node:
    """The diagonals of the transpose: each is moved to where it begins there."""
    rows = []
    for place, offset in enumerate(_offsets(l_and_u)):
        row = _row(ab, place)
        rows.append(roll(row, -offset, axis=0) if offset else row)
    return stack(*reversed(rows), axis=0)


def _beside(by_row: Node, by_column: Node, offset: int) -> Node:
    """Products of entries whose places differ by ``offset``, at the place of the second."""
    place = by_row.graph.constant
    if offset == 0:
        return by_row * by_column
    if offset > 0:
        product = part_along(by_row, 0, 0, place(-offset)) * part_along(by_column, 0, offset, None)
        return concatenate(zeros(place(offset)), product, axis=0)
    product = part_along(by_row, 0, -offset, None) * part_along(by_column, 0, 0, place(offset))
    return concatenate(product, zeros(place(-offset)), axis=0)


def _banded_tangent(
    node: Node, args: Any, dots: Any, out: Node, l_and_u: tuple[int, int]
) -> Node | None:
    ab_dot, change = dots
    _one_side(node)
    if ab_dot is not None:
        for k, offset in enumerate(_offsets(l_and_u)):
            moved = _moved(_row(ab_dot, k) * out, offset)
            change = -moved if change is None else change - moved
    return None if change is None else solve_banded(args[0], change, l_and_u=l_and_u)


def _moved(product: Node, offset: int) -> Node:
    """What the entries of a diagonal add to the rows in which they stand."""
    place = product.graph.constant
    if offset == 0:
        return product
    if offset > 0:
        return concatenate(part_along(product, 0, offset, None), zeros(place(offset)), axis=0)
    return concatenate(zeros(place(-offset)), part_along(product, 0, 0, place(offset)), axis=0)


solve_banded.tangent_rule = _banded_tangent
