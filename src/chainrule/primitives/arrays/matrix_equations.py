"""Equations whose unknown is a matrix: those of Sylvester and of Lyapunov.

The tangent of a solution satisfies the same equation with another right side, and so does the
adjoint of the right side, with the matrices transposed.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, real_promoted, unit_axes_of
from chainrule.primitives.arrays.call import array_rule
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.lengths import Lengths, Of
from chainrule.primitives.arrays.linear_algebra import flipped, matmul


def _as_third(a: Type, b: Type, q: Type) -> Type:
    return array_of(real_promoted(a, b, q), unit_axes_of(q))


def _third_lengths(node: Node, of: Of) -> Lengths:
    return of(node.args[2])


@array_rule(
    "solve_sylvester", "scipy.linalg.solve_sylvester", signature="a, b, q", arrays=3,
    typed=_as_third, lengths=_third_lengths,
)  # fmt: skip
def solve_sylvester(walker: Any, node: Node, out_bar: Node) -> None:
    """The matrix x for which ``a @ x + x @ b`` is q."""
    a, b, q = node.args
    q_bar = solve_sylvester(flipped(a), flipped(b), out_bar)
    walker.accumulate(q, q_bar)
    if walker.active(a):
        walker.accumulate(a, -matmul(q_bar, flipped(node)))
    if walker.active(b):
        walker.accumulate(b, -matmul(flipped(node), q_bar))


def _sylvester_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    a, b, _ = args
    a_dot, b_dot, change = dots
    for dot, product in ((a_dot, (a_dot, out)), (b_dot, (out, b_dot))):
        if dot is not None:
            term = matmul(*product)
            change = -term if change is None else change - term
    found: Node | None = None if change is None else solve_sylvester(a, b, change)
    return found


solve_sylvester.tangent_rule = _sylvester_tangent


def _as_second(a: Type, q: Type) -> Type:
    return array_of(real_promoted(a, q), unit_axes_of(q))


def _second_lengths(node: Node, of: Of) -> Lengths:
    return of(node.args[1])


@array_defined(
    "solve_lyapunov", "scipy.linalg.solve_continuous_lyapunov", "scipy.linalg.solve_lyapunov",
    signature="a, q", arrays=2, typed=_as_second, lengths=_second_lengths,
)  # fmt: skip
def solve_lyapunov(a: Node, q: Node) -> Node:
    """The matrix x for which ``a @ x + x @ a.T`` is q."""
    found: Node = solve_sylvester(a, flipped(a), q)
    return found
