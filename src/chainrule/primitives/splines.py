"""Splines in FITPACK's representation: knots, coefficients and degree, as SciPy makes them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import FLOAT, Array
from chainrule.primitives.arithmetic import greater, less
from chainrule.primitives.arrays.rearranging import searchsorted
from chainrule.primitives.control import choose
from chainrule.primitives.declare import REAL, Elementwise, is_constant
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


def _across(x: Any, table: Node, axis: int, degree: int, value: Callable[[Any], Any]) -> Any:
    """The slope of what is straight between two knots, from its values at both."""
    inner = Array("float64", (False,))
    text = f"_0_[{axis}][{degree + 1}:{-degree - 1}]"
    inside = table.graph.cursor.add(VERBATIM, (table,), (text, inner, None), inner)
    position = searchsorted(inside, x)
    low, high = [
        table.graph.cursor.add(
            VERBATIM,
            (table, position),
            (f"_0_[{axis}][_1_ + {degree + k}]", FLOAT, None),
            FLOAT,
        )
        for k in (0, 1)
    ]
    return (value(high) - value(low)) / (high - low)


def _surface(degrees: tuple[int, int] | None) -> Callable[..., Any]:
    """The partials of a surface; SciPy has no slope of highest order, which is that of steps."""

    def slope(axis: int, point: list[Any], table: Any, orders: list[Any]) -> Any:
        def along(at: Any) -> Any:
            return bisplev_of(degrees)(*point[:axis], at, *point[axis + 1 :], table, *orders)

        order = orders[axis].params[0] if is_constant(orders[axis]) else None
        if degrees is None or order is None or order + 1 < degrees[axis]:
            orders = [each + 1 if k == axis else each for k, each in enumerate(orders)]
            return bisplev_of(degrees)(*point, table, *orders)
        if order + 1 > degrees[axis]:
            return 0.0
        return _across(point[axis], table, axis, degrees[axis], along)

    def partials(x: Any, y: Any, table: Any, dx: Any, dy: Any, out: Any) -> Any:
        return (
            _between_knots(x, table, 0, lambda: slope(0, [x, y], table, [dx, dy])),
            _between_knots(y, table, 1, lambda: slope(1, [x, y], table, [dx, dy])),
            unknown("bisplev", "table"),
            unknown("bisplev", "order"),
            unknown("bisplev", "order"),
        )

    return partials


@functools.cache
def bisplev_of(degrees: tuple[int, int] | None) -> Elementwise:
    """`bisplev` of tables of these degrees; of those whose degrees are not known all are > 1."""
    if degrees is None or min(degrees) > 3:
        return bisplev
    made = _spline("bisplev", 5, "Value of a spline of two variables of known degrees.")
    made.partials = _surface(degrees)
    return made


splev.partials = _curve
bisplev.partials = _surface(None)
