"""Splines in FITPACK's representation: knots, coefficients and degree, as SciPy makes them."""

from __future__ import annotations

from typing import Any

from chainrule.primitives.declare import REAL, Elementwise
from chainrule.primitives.rounding import to_float
from chainrule.primitives.special import unknown


def _spline(name: str, arity: int, doc: str) -> Elementwise:
    return Elementwise(name, (f"scipy.interpolate.{name}",), domain=(REAL,) * arity, doc=doc)


splev = _spline("splev", 3, "Value of a spline, or of a derivative of it, at a number.")
bisplev = _spline("bisplev", 5, "Value of a spline of two variables, or of a partial of it.")


def _curve(x: Any, table: Any, order: Any, out: Any) -> Any:
    # At a number `splev` gives an array without axes.
    slope = to_float(splev(x, table, order + 1))
    return slope, unknown("splev", "table"), unknown("splev", "order")


def _surface(x: Any, y: Any, table: Any, dx: Any, dy: Any, out: Any) -> Any:
    return (
        bisplev(x, y, table, dx + 1, dy),
        bisplev(x, y, table, dx, dy + 1),
        unknown("bisplev", "table"),
        unknown("bisplev", "order"),
        unknown("bisplev", "order"),
    )


splev.partials = _curve
bisplev.partials = _surface
