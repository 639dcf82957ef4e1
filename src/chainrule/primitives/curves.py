"""Curves through data, as objects of :mod:`scipy.interpolate`: ``CubicSpline(x, y)(t)``.

The slope of a curve is the next derivative that SciPy computes of it.  A spline through values is
linear in these: its derivative by them is the spline through their changes, and its adjoint is that
of the splines through the columns of the unit matrix.  So is one of given coefficients.  A curve
that keeps the shape of its data is linear in the values and in the slopes that it has there, which
are computed of the values.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.graph.node import Node
from chainrule.graph.types import OPAQUE, Type, array_of, unit_axes_of
from chainrule.primitives.arrays.creation import eye, zeros_like
from chainrule.primitives.arrays.linear_algebra import matmul
from chainrule.primitives.arrays.reductions import array_sum
from chainrule.primitives.arrays.shaping import dimension, expand_dims, reshape
from chainrule.primitives.broadcasting import widened
from chainrule.primitives.declare import Cost, Primitive
from chainrule.primitives.effect import VERBATIM
from chainrule.primitives.rounding import to_float
from chainrule.primitives.shape_slopes import SLOPES
from chainrule.records import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How the change of a curve is made of the changes of what made it.

    ``template`` has the maker for ``_0_`` and what it is given behind; the change is linear in
    those at ``linear``.  ``slopes`` is the name of the function that gives the last of them of the
    two others, where it is none of the caller's.
    """

    template: str
    linear: tuple[int, ...]
    slopes: str | None = None


class Curve(Primitive):
    """What is read of a curve: ``curve(t)``, or ``curve.integrate(a, b)``.

    args ``(curve, *places, *made)`` with ``made`` what makes changes of the curve and what it is
    given, or nothing where it came from outside; params ``(order, degree, shift, recipe)``: the
    derivative that is asked for, the degree of the curve where it is known, how often the curve is
    a derivative of the one that was made, and how its changes are made.  A recipe that is None is
    that of a curve whose derivative by its values is not known.
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
        made = list(dots[1 + self.places :])
        if any(dot is not None for dot in made):
            self._check(node, [dot is not None for dot in made])
            change = self.through(node, args, self._changes(node, args, made))
            total = change if total is None else total + change
        return total

    def _changes(
        self, node: Node, args: Sequence[Node], dots: list[Node | None]
    ) -> dict[int, Node]:
        """The changes of what a curve is linear in, by those of what made it."""
        recipe: Recipe = node.params[3]  # type: ignore[assignment]
        parts = tuple(args[1 + self.places :])
        found = {k: widened(dot, parts[k]) for k, dot in enumerate(dots) if dot is not None}
        if recipe.slopes is not None:
            op = SLOPES[recipe.slopes]
            slopes = node.graph.cursor.add(op, tuple(parts[1:3]), op.defaults())
            change = op.tangent(slopes, parts[1:3], dots[1:3], slopes)
            if change is not None:
                found[3] = widened(change, slopes)
        return found

    def pull(self, walker: Any, node: Node, out_bar: Node) -> None:
        slopes = self.slopes(node, node.args, node.params)
        for place, slope in zip(node.args[1:], slopes, strict=False):
            if slope is not None and walker.active(place):
                walker.accumulate(place, out_bar * slope)
        parts = node.args[1 + self.places :]
        moving = [walker.active(part) for part in parts]
        if not any(moving):
            return
        self._check(node, moving)
        recipe: Recipe = node.params[3]  # type: ignore[assignment]
        for k in recipe.linear:
            if k < len(parts) and moving[k]:
                walker.accumulate(parts[k], self._bar(node, k, parts[k], out_bar))
        if recipe.slopes is not None:
            op = SLOPES[recipe.slopes]
            made = node.graph.cursor.add(op, tuple(parts[1:3]), op.defaults())
            op.pull(walker, made, self._bar(node, 3, parts[2], out_bar))

    def _bar(self, node: Node, k: int, part: Node, out_bar: Node) -> Node:
        """The adjoint of one of the parts in which a curve is linear, which has this shape."""
        count = dimension(part, axis=0)
        several = len(unit_axes_of(part.type)) > 1
        width = dimension(part, axis=1) if several else None
        size = count if width is None else count * width
        unit = eye(size)
        if width is not None:
            unit = reshape(unit, count, width, size)
        basis = self.through(node, node.args, {k: unit}, columns=True)
        across = bool(unit_axes_of(node.type))
        bar = matmul(widened(out_bar, node), basis) if across else out_bar * basis
        return bar if width is None else reshape(bar, count, width)

    def through(
        self, node: Node, args: Sequence[Node], changes: dict[int, Node], columns: bool = False
    ) -> Node:
        """The same of the curve of these changes, or of one for each column of them."""
        order, _, shift, recipe = node.params
        assert isinstance(recipe, Recipe)
        first = 1 + self.places
        parts = list(args[first:])
        like = next(iter(changes.values()))
        if recipe.slopes is not None:
            parts.append(parts[2])
        for k in recipe.linear:
            parts[k] = changes[k] if k in changes else zeros_like(like)
        template = (recipe.template, OPAQUE, None)
        made = node.graph.cursor.add(VERBATIM, tuple(parts), template, OPAQUE)
        again = replace(recipe, slopes=None)
        params = (int(str(order)) + int(str(shift)), None, 0, None if columns else again)
        if columns:
            # Those of a unit matrix, which nothing moves.
            op = columns_at if isinstance(self, CurveAt) else columns_integral
            return node.graph.cursor.add(op, (made, *args[1:first]), params)
        found = node.graph.cursor.add(self, (made, *args[1:first], *parts), params)
        return found if unit_axes_of(found.type) else to_float(found)

    def _check(self, node: Node, moving: Sequence[bool]) -> None:
        """Refuse what has no slope by the values, and knots that move."""
        recipe = node.params[3]
        if not isinstance(recipe, Recipe):
            raise UnsupportedError(
                "cannot differentiate a curve by the values that it goes through, made in this way",
                remedy="Use scipy.interpolate.CubicSpline, make_interp_spline or a linear "
                "interp1d, which are linear in these.",
                position=node.origin.position,
            )
        if any(moves and k not in recipe.linear for k, moves in enumerate(moving)):
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
