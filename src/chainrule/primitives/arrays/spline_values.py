"""Splines in FITPACK's representation at the places of an array, and by their coefficients.

A spline is linear in its coefficients; the adjoint of these is that of the splines whose
coefficients are the columns of the unit matrix.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayRule, array_rule
from chainrule.primitives.arrays.creation import eye
from chainrule.primitives.arrays.lengths import as_first
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.effect import VERBATIM

SPLEV = "scipy.interpolate.splev"


def _at(x: Type, table: Type, **statics: Any) -> Type:
    return array_of("float64", unit_axes_of(x))


def table_of(knots: Node, coefficients: Node, degree: Node) -> Node:
    """A table as it is written: ``(t, c, k)``."""
    args = (knots, coefficients, degree)
    return knots.graph.cursor.add(VERBATIM, args, ("(_0_, _1_, _2_)", OPAQUE, None), OPAQUE)


def spline_at(x: Node, table: Node, parts: tuple[Node, ...], degree: int | None, der: int) -> Any:
    """A spline or a derivative of it; 0 where that is one of higher order than its degree."""
    if degree is not None and der > degree:
        return x.graph.constant(0.0)
    op = DERIVED if der else PLAIN
    return x.graph.cursor.add(op, (x, table, *parts), (degree, der, "function"))


def _spline(name: str, written: str) -> ArrayRule:
    @array_rule(name, signature="x, table, parts, degree=None, der=0", arrays=2, sizes="parts",
                typed=_at, lengths=as_first, written=written)  # fmt: skip
    def splev_at(walker: Any, node: Node, out_bar: Node, degree: int | None, der: int) -> None:
        """A spline at each place."""
        x, table, *parts = node.args
        _check(node, [walker.active(arg) for arg in node.args])
        if walker.active(x):
            slope = spline_at(x, table, tuple(parts), degree, der + 1)
            walker.accumulate(x, out_bar * slope)
        if parts and walker.active(parts[1]):
            basis = _basis(x, parts, der)
            several = unit_axes_of(x.type)
            walker.accumulate(parts[1], matmul(out_bar, basis) if several else out_bar * basis)

    def tangent(
        node: Node, args: Any, dots: Any, out: Node, degree: int | None, der: int
    ) -> Node | None:
        x, table, *parts = args
        _check(node, [dot is not None for dot in dots])
        total: Any = None
        if dots[0] is not None:
            total = dots[0] * spline_at(x, table, tuple(parts), degree, der + 1)
        if parts and dots[3] is not None:
            moved = (parts[0], dots[3], parts[2])
            term = spline_at(x, table_of(*moved), moved, degree, der)
            total = term if total is None else total + term
        found: Node | None = total
        return found

    splev_at.tangent_rule = tangent
    return splev_at


def _check(node: Node, moves: list[bool]) -> None:
    """Refuse derivatives by a table of which the parts are not known, and by knots."""
    if moves[1] or any(moves[2:3]):
        what = "table" if moves[1] else "knots"
        raise UnsupportedError(
            f"cannot differentiate `splev` with respect to its {what}",
            remedy="Give it the coefficients beside constant knots, as splev(x, (t, c, k)), or "
            "make the curve by InterpolatedUnivariateSpline(x, y).",
            position=node.origin.position,
        )


def _basis(x: Node, parts: list[Node], der: int) -> Node:
    """The splines whose coefficients are the columns of the unit matrix, at each place."""
    from scipy.interpolate import BSpline

    knots, coefficients, degree = parts
    graph = x.graph
    maker = graph.reference(("scipy.interpolate", "BSpline"), BSpline)
    args = (x, maker, knots, eye(dimension(coefficients, axis=0)), degree)
    return graph.cursor.add(BASES[der > 0], args, (der, "function"))


def _beside(x: Type, maker: Type, **statics: Any) -> Type:
    return array_of("float64", (*unit_axes_of(x), False))


def _bases(name: str, written: str) -> ArrayRule:
    @array_rule(name, signature="x, maker, parts, der=0", arrays=2, sizes="parts", typed=_beside,
                written=written)  # fmt: skip
    def basis(walker: Any, node: Node, out_bar: Node, der: int) -> None:
        """Splines of unit coefficients, one in each column."""
        slopes = node.graph.cursor.add(BASES[True], node.args, (der + 1, "function"))
        axis = len(unit_axes_of(node.type)) - 1
        walker.accumulate(node.args[0], array_sum(out_bar * slopes, axis=axis))

    def tangent(node: Node, args: Any, dots: Any, out: Node, der: int) -> Node:
        slopes = node.graph.cursor.add(BASES[True], tuple(args), (der + 1, "function"))
        dot = dots[0]
        found: Node = (expand_dims(dot, axis=(1,)) if unit_axes_of(dot.type) else dot) * slopes
        return found

    basis.tangent_rule = tangent
    return basis


BASES = {
    False: _bases("spline_basis", "_1_(_2_, _3_, _4_)(_0_)"),
    True: _bases("spline_basis_derived", "_1_(_2_, _3_, _4_)(_0_, _der_)"),
}
PLAIN = _spline("splev_at", f"{SPLEV}(_0_, _1_)")
DERIVED = _spline("splev_derived_at", f"{SPLEV}(_0_, _1_, der=_der_)")
