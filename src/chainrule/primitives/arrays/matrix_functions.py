"""Functions of a matrix besides the exponential: its square root, its logarithm, its cosine.

The square root solves an equation of Sylvester's.  Of the others the derivative in a direction is
the upper right block of the function of ``[[A, E], [0, A]]`` (Higham, Functions of Matrices, 3.2).
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.creation import zeros_like
from chainrule.primitives.arrays.indexing import part_along
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.linear_algebra import flipped
from chainrule.primitives.arrays.matrix_equations import solve_sylvester
from chainrule.primitives.arrays.shaping import concatenate, dimension
from chainrule.primitives.control import raise_where, raised
from chainrule.primitives.effect import VERBATIM

COMPLEX = "the function of this matrix is complex: its slope is not known"


def _square(a: Type) -> Type:
    return array_of("float64", unit_axes_of(a))


def check_real(found: Node) -> None:
    """Raise where SciPy has given a complex matrix."""
    template = ("_0_.dtype.kind == 'c'", BOOL, None)
    raise_where(
        found.graph.cursor.add(VERBATIM, (found,), template, BOOL), raised(found.graph, COMPLEX)
    )


@array_rule("sqrtm", "scipy.linalg.sqrtm", signature="A", typed=_square, lengths=as_first)
def sqrtm(walker: Any, node: Node, out_bar: Node) -> None:
    """Principal square root of a matrix."""
    check_real(node)
    root = flipped(node)
    walker.accumulate(node.args[0], solve_sylvester(root, root, out_bar))


def _root_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    check_real(out)
    found: Node = solve_sylvester(out, out, dots[0])
    return found


sqrtm.tangent_rule = _root_tangent


def _matrix_function(name: str, doc: str) -> ArrayRule:
    """A function of a matrix that is analytic: declared by its value alone."""

    def pullback(walker: Any, node: Node, out_bar: Node) -> None:
        check_real(node)
        walker.accumulate(node.args[0], change(flipped(node.args[0]), out_bar))

    def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        check_real(out)
        return change(args[0], dots[0])

    def change(a: Node, direction: Node) -> Node:
        count = dimension(a, axis=0)
        upper = concatenate(a, direction, axis=1)
        lower = concatenate(zeros_like(a), a, axis=1)
        whole = made(concatenate(upper, lower, axis=0))
        return part_along(part_along(whole, 0, 0, count), 1, count, None)

    pullback.__doc__ = doc
    declare = array_rule(
        name, f"scipy.linalg.{name}", signature="A", typed=_square, lengths=as_first
    )
    made = declare(pullback)
    made.tangent_rule = tangent
    return made


logm = _matrix_function("logm", "Principal logarithm of a matrix.")
cosm = _matrix_function("cosm", "Cosine of a matrix.")
sinm = _matrix_function("sinm", "Sine of a matrix.")
tanm = _matrix_function("tanm", "Tangent of a matrix.")
coshm = _matrix_function("coshm", "Hyperbolic cosine of a matrix.")
sinhm = _matrix_function("sinhm", "Hyperbolic sine of a matrix.")
signm = _matrix_function("signm", "Sign of a matrix.")
tanhm = _matrix_function("tanhm", "Hyperbolic tangent of a matrix.")
