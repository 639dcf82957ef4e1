"""Least squares with unknowns that are not negative."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Record, Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.decompositions import pinv
from chainrule.primitives.arrays.linear_algebra import flipped, matmul, outer
from chainrule.primitives.arrays.records import result_of, results
from chainrule.primitives.declare import TABLE, is_constant


def _types(a: Type, b: Type) -> Type:
    dtype = real_promoted(a, b)
    return Record((array_of(dtype, unit_axes_of(a)[1:]), array_of(dtype, ())))


def _free(a: Node, x: Node) -> Node:
    """The columns of the unknowns that are above 0, zeros for the others."""
    found: Node = a * TABLE["greater"](x, 0.0)
    return found


@array_rule("nnls", "scipy.optimize.nnls", signature="A, b", arrays=2, typed=_types)
def nnls(walker: Any, node: Node, out_bar: Node) -> None:
    """The unknowns, and the length of what is left.

    Those above 0 are a solution of least squares, and the others stay where they are (Golub and
    Pereyra, 1973); the length of what is left is felt as if all stayed.
    """
    a, b = node.args
    x, length = result_of(node, 0), result_of(node, 1)
    x_bar, length_bar = out_bar.args
    left = b - matmul(a, x)
    if not is_constant(x_bar, 0):
        inverse = pinv(_free(a, x))
        b_bar = matmul(flipped(inverse), x_bar)
        walker.accumulate(b, b_bar)
        if walker.active(a):
            found = outer(left, matmul(inverse, b_bar)) - outer(b_bar, x)
            walker.accumulate(a, found)
    if not is_constant(length_bar, 0):
        toward = length_bar * left / length
        walker.accumulate(b, toward)
        if walker.active(a):
            walker.accumulate(a, -outer(toward, x))


def _tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    a, b = args
    a_dot, b_dot = dots
    x, length = result_of(out, 0), result_of(out, 1)
    inverse = pinv(_free(a, x))
    left = b - matmul(a, x)
    moved: Any = b_dot
    if a_dot is not None:
        moved = -matmul(a_dot, x) if moved is None else moved - matmul(a_dot, x)
    x_dot = matmul(inverse, moved)
    if a_dot is not None:
        felt = matmul(flipped(_free(a_dot, x)), left)
        x_dot = x_dot + matmul(inverse, matmul(flipped(inverse), felt))
    return results(x_dot, matmul(left, moved) / length)


nnls.tangent_rule = _tangent
