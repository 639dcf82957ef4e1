"""Splines in FITPACK's representation: knots, coefficients and degree, as SciPy makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT
from chainrule.primitives.arithmetic import greater, less
from chainrule.primitives.control import choose
from chainrule.primitives.declare import REAL, Elementwise
from chainrule.primitives.effect import VERBATIM
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


def _part_of(table: Node, text: str) -> Node:
    """A number out of a table, which ``_0_`` stands for."""
    return table.graph.cursor.add(VERBATIM, (table,), (text, FLOAT, None), FLOAT)


def _between_knots(x: Any, table: Node, axis: int, slope: Callable[[], Any]) -> Any:
    """A slope between the outer knots; beyond them the surface goes on as it is there, flat."""
    degree = f"_0_[{3 + axis}]"
    first = _part_of(table, f"_0_[{axis}][{degree}]")
    last = _part_of(table, f"_0_[{axis}][-{degree} - 1]")
    return choose(
        less(x, first),
        lambda: 0.0,
        lambda: choose(greater(x, last), lambda: 0.0, slope),
    )


def _surface(x: Any, y: Any, table: Any, dx: Any, dy: Any, out: Any) -> Any:
    return (
        _between_knots(x, table, 0, lambda: bisplev(x, y, table, dx + 1, dy)),
        _between_knots(y, table, 1, lambda: bisplev(x, y, table, dx, dy + 1)),
        unknown("bisplev", "table"),
        unknown("bisplev", "order"),
        unknown("bisplev", "order"),
    )


splev.partials = _curve
bisplev.partials = _surface
