"""Equations whose unknown is a matrix: those of Sylvester, of Lyapunov and of Riccati.

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
from chainrule.primitives.arrays.linear_algebra import flipped, matmul, solve


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


@array_rule(
    "solve_discrete_lyapunov", "scipy.linalg.solve_discrete_lyapunov",
    signature="a, q", arrays=2, typed=_as_second, lengths=_second_lengths,
)  # fmt: skip
def solve_discrete_lyapunov(walker: Any, node: Node, out_bar: Node) -> None:
    """The matrix x for which ``x - a @ x @ a.T`` is q."""
    a, q = node.args
    q_bar = solve_discrete_lyapunov(flipped(a), out_bar)
    walker.accumulate(q, q_bar)
    if walker.active(a):
        there = matmul(matmul(q_bar, a), flipped(node))
        walker.accumulate(a, there + matmul(matmul(flipped(q_bar), a), node))


def _discrete_tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
    a, _ = args
    a_dot, change = dots
    if a_dot is not None:
        term = matmul(matmul(a_dot, out), flipped(a)) + matmul(matmul(a, out), flipped(a_dot))
        change = term if change is None else change + term
    found: Node | None = None if change is None else solve_discrete_lyapunov(a, change)
    return found


solve_discrete_lyapunov.tangent_rule = _discrete_tangent


def _riccati(name: str, discrete: bool, doc: str) -> None:
    """An equation of Riccati's, by the loop that its solution closes.

    With the feedback ``f`` and the loop ``k = a - b @ f`` the change of the solution satisfies an
    equation of Lyapunov's with the right side ``q' + f.T @ r' @ f + t.T @ m + m.T @ t``, where t is
    ``a' - b' @ f`` (Lancaster and Rodman, *Algebraic Riccati Equations*).
    """

    def parts(node: Node, args: Any) -> tuple[Node, Node, Node]:
        """The feedback, the loop, and ``m``."""
        a, b, _, r = args
        across = matmul(flipped(b), node)
        if discrete:
            gain = solve(r + matmul(across, b), matmul(across, a))
            loop = a - matmul(b, gain)
            return gain, loop, matmul(node, loop)
        gain = solve(r, across)
        return gain, a - matmul(b, gain), node

    @array_rule(name, f"scipy.linalg.{name}", signature="a, b, q, r", arrays=4,
                typed=lambda a, b, q, r: _as_third(a, b, q), lengths=_third_lengths)  # fmt: skip
    def riccati(walker: Any, node: Node, out_bar: Node) -> None:
        a, b, q, r = node.args
        gain, loop, m = parts(node, node.args)
        if discrete:
            side = solve_discrete_lyapunov(loop, out_bar)
        else:
            side = solve_lyapunov(loop, -out_bar)
        walker.accumulate(q, side)
        if walker.active(r):
            walker.accumulate(r, matmul(matmul(gain, side), flipped(gain)))
        if walker.active(a) or walker.active(b):
            felt = matmul(m, side + flipped(side))
            if walker.active(a):
                walker.accumulate(a, felt)
            if walker.active(b):
                walker.accumulate(b, -matmul(felt, flipped(gain)))

    def tangent(node: Node, args: Any, dots: Any, out: Node) -> Node | None:
        a_dot, b_dot, change, r_dot = dots
        gain, loop, m = parts(out, args)
        if r_dot is not None:
            term = matmul(matmul(flipped(gain), r_dot), gain)
            change = term if change is None else change + term
        moved = a_dot
        if b_dot is not None:
            by_b = matmul(b_dot, gain)
            moved = -by_b if moved is None else moved - by_b
        if moved is not None:
            half = matmul(flipped(moved), m)
            term = half + flipped(half)
            change = term if change is None else change + term
        if discrete:
            return solve_discrete_lyapunov(flipped(loop), change)
        return solve_lyapunov(flipped(loop), -change)

    riccati.__doc__ = doc
    riccati.tangent_rule = tangent


_riccati("solve_continuous_are", False, "The stabilising solution of Riccati's equation.")
_riccati("solve_discrete_are", True, "The stabilising solution of the discrete equation.")
