"""Curves through data, as objects of :mod:`scipy.interpolate`: ``CubicSpline(x, y)(t)``.

The slope of a curve is the next derivative that SciPy computes of it.  A spline through values is
linear in these: its derivative by them is the spline through their changes, and its adjoint is that
of the splines through the columns of the unit matrix.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.creation import eye
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.rearranging import argsort, at_positions, searchsorted
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import dimension, expand_dims
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.declare import TABLE, Cost, Primitive
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.rounding import to_float


class Curve(Primitive):
    """What is read of a curve: ``curve(t)``, or ``curve.integrate(a, b)``.

    args ``(curve, *places, *made)`` with ``made`` the values that the curve was put through, what
    made it, and its knots, or nothing where it came from outside; params ``(order, degree, shift,
    template)``: the derivative that is asked for, the degree of the curve where it is known, how
    often the curve is a derivative of the one that was made, and how that is written.  A template
    that is None is that of a curve whose derivative by its values is not known.
    """

    door = "array"
    places = 1

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return array_of("float64", unit_axes_of(args[1].type))

    def slopes(self, out: Node, args: Sequence[Node], params: tuple[Any, ...]) -> list[Any]:
        """The slope by each place; None where it is 0."""
        raise NotImplementedError

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        total: Node | None = None
        slopes = self.slopes(out, args, node.params)
        for dot, slope in zip(dots[1:], slopes, strict=False):
            if dot is not None and slope is not None:
                total = dot * slope if total is None else total + dot * slope
        values = 1 + self.places
        self._check(node, [dot is not None for dot in dots[values:]])
        if len(args) > values and dots[values] is not None:
            change = self.through(node, args, dots[values])
            total = change if total is None else total + change
        return total

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        slopes = self.slopes(node, node.args, node.params)
        for place, slope in zip(node.args[1:], slopes, strict=False):
            if slope is not None and walker.active(place):
                walker.accumulate(place, out_bar * slope)
        values = 1 + self.places
        self._check(node, [walker.active(arg) for arg in node.args[values:]])
        if len(node.args) > values and walker.active(node.args[values]):
            count = dimension(node.args[values], axis=0)
            basis = self.through(node, node.args, eye(count), columns=True)
            several = bool(unit_axes_of(node.type))
            bar = matmul(widened(out_bar, node), basis) if several else out_bar * basis
            walker.accumulate(node.args[values], bar)

    def through(self, node: Node, args: Sequence[Node], values: Any, columns: bool = False) -> Node:
        """The same of the curve through other values, or of one for each column of these."""
        order, _, shift, template = node.params
        first = 1 + self.places
        _, maker, *rest = args[first:]
        made = node.graph.cursor.add(
            VERBATIM, (maker, rest[0], values, *rest[1:]), (template, OPAQUE, None), OPAQUE
        )
        params = (int(str(order)) + int(str(shift)), None, 0, None)
        op: Primitive = self
        if columns:
            op = columns_at if isinstance(self, CurveAt) else columns_integral
        found = node.graph.cursor.add(op, (made, *args[1:first]), params)
        return found if columns or unit_axes_of(found.type) else to_float(found)

    def _check(self, node: Node, moving: Sequence[bool]) -> None:
        """Refuse what has no slope by the values, and knots that move."""
        if any(moving) and node.params[3] is None:
            raise UnsupportedError(
                "cannot differentiate a curve by the values that it goes through, made in this way",
                remedy="Use scipy.interpolate.CubicSpline, make_interp_spline or a linear "
                "interp1d, which are linear in these.",
                position=node.origin.position,
            )
        if any(moving[1:]):
            raise UnsupportedError(
                "cannot differentiate a spline by its knots",
                remedy="Keep the knots constant, or pass them in as a parameter that is not "
                "differentiated.",
                position=node.origin.position,
            )


class CurveAt(Curve):
    """``curve(t, order)``."""

    def slopes(self, out: Node, args: Sequence[Node], params: tuple[Any, ...]) -> list[Any]:
        order, degree, *rest = params
        if degree is not None and order >= degree:
            return [None]
        found = out.graph.cursor.add(self, tuple(args), (order + 1, degree, *rest))
        return [found if unit_axes_of(found.type) else to_float(found)]


class CurveIntegral(Curve):
    """``curve.integrate(a, b)``."""

    places = 2

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        return array_of("float64", ())

    def slopes(self, out: Node, args: Sequence[Node], params: tuple[Any, ...]) -> list[Any]:
        curve, low, high, *made = args
        ends = [
            to_float(out.graph.cursor.add(curve_at, (curve, end, *made), (0, *params[1:])))
            for end in (low, high)
        ]
        return [-ends[0], ends[1]]


class Columns(Primitive):
    """The same of several curves at once, a column for each; args and params as of one curve."""

    door = "array"

    def infer(self, args: tuple[Node, ...], params: tuple[Hashable, ...]) -> Type:
        at = unit_axes_of(args[1].type) if self is columns_at else ()
        return array_of("float64", (*at, False))

    def slopes(self, node: Node, args: Sequence[Node]) -> list[tuple[Node, float]]:
        """The slope of all columns by each place, and its sign."""
        curve, *places = args
        order = int(str(node.params[0]))
        add = node.graph.cursor.add
        if self is columns_at:
            return [(add(columns_at, (curve, *places), (order + 1, *node.params[1:])), 1.0)]
        low, high = (add(columns_at, (curve, end), (0, *node.params[1:])) for end in places)
        return [(low, -1.0), (high, 1.0)]

    def tangent(
        self, node: Node, args: Sequence[Node], dots: Sequence[Node | None], out: Node
    ) -> Node | None:
        total: Any = None
        for dot, (slope, sign) in zip(dots[1:], self.slopes(node, args), strict=True):
            if dot is not None:
                dot = expand_dims(dot, axis=-1) if unit_axes_of(dot.type) else dot
                term = dot * slope * sign
                total = term if total is None else total + term
        found: Node | None = total
        return found

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        for place, (slope, sign) in zip(node.args[1:], self.slopes(node, node.args), strict=True):
            if walker.active(place):
                walker.accumulate(place, array_sum(out_bar * slope, axis=-1) * sign)


curve_at = CurveAt("curve_at", raises=False, domain=(), cost=Cost.FUNCTION)
curve_integral = CurveIntegral("curve_integral", raises=False, domain=(), cost=Cost.FUNCTION)
columns_at = Columns("columns_at", raises=False, domain=(), cost=Cost.FUNCTION)
columns_integral = Columns("columns_integral", raises=False, domain=(), cost=Cost.FUNCTION)
curve_at.lengths = lambda node, of: of(node.args[1])


def _line_type(curve: Type, x: Type, xp: Type, fp: Type, **statics: bool) -> Type:
    return array_of("float64", unit_axes_of(x))


@array_defined(
    "interp1d", signature="curve, x, xp, fp, extrapolated=False, ordered=True", arrays=4,
    typed=_line_type, written="_0_(_1_)", cost=Cost.FUNCTION, raises=False,
)  # fmt: skip
def line_at(curve: Node, x: Node, xp: Node, fp: Node, extrapolated: bool, ordered: bool) -> Node:
    """Value of an ``interp1d`` of straight pieces; at a knot the slope to its left."""
    if not ordered:
        places = argsort(xp)
        xp, fp = (at_positions(each, places, 0, unique=True) for each in (xp, fp))
    last = dimension(xp, axis=0) - 1
    behind = TABLE["clip"](searchsorted(xp, x), 1, last)
    before = behind - 1
    low, high = _read(xp, before), _read(xp, behind)
    weight = (x - low) / (high - low)
    inside = _read(fp, before) * (1.0 - weight) + _read(fp, behind) * weight
    if extrapolated:
        return inside
    outside = TABLE["logical_or"](
        TABLE["less"](x, _read(xp, xp.graph.constant(0))),
        TABLE["greater"](x, _read(xp, xp.graph.constant(-1))),
    )
    found: Node = TABLE["where"](outside, 0.0, inside)
    return found


def _read(base: Node, places: Node) -> Node:
    if unit_axes_of(places.type):
        return at_positions(base, places, 0)
    from chainrule.primitives.sequence import index

    return base.graph.cursor.add(index, (base, places))
