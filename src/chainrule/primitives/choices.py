"""One of several values: the larger, the smaller, the clipped, the chosen; what is not chosen is
not felt."""

from __future__ import annotations

import functools
from typing import Any

from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import equal, greater, greater_equal, less, less_equal
from chainrule.primitives.control import choose
from chainrule.primitives.declare import (
    REAL,
    Cost,
    Interval,
    Kink,
    arithmetic_type,
    differential,
    elementwise,
)
from chainrule.primitives.masking import chosen, settled_choice
from chainrule.primitives.nothing import is_nothing_guarded, shown

TRUTH = Interval(False, True)
TIE = "a tie is split evenly"


def _share(x: Any, y: Any, out: Any) -> Any:
    """Share of x in a result that is x or y: all of it, half in a tie, or none."""
    return _part(equal(x, out), x, y)


def _part(taken: Any, x: Any, y: Any) -> Any:
    """The share of what is taken: all, or half in a tie."""
    return choose(taken, lambda: choose(equal(x, y), lambda: 0.5, lambda: 1.0), lambda: 0.0)


_one_of_two = functools.partial(
    elementwise,
    domain=(REAL, REAL),
    cost=Cost.ADD,
    raises=False,
    result=arithmetic_type,
    kinks=(Kink("x == y", (0.5, 0.5), TIE),),
)


@_one_of_two("numpy.maximum", sympy="Max(x, y)", bounds=bounds.larger)
def maximum(x: Any, y: Any, out: Any) -> Any:
    """The larger."""
    return _part(greater_equal(x, y), x, y), _part(greater_equal(y, x), x, y)


@_one_of_two("numpy.fmax", sympy="Max(x, y)", bounds=bounds.one_of)
def fmax(x: Any, y: Any, out: Any) -> Any:
    """The larger, or the other one where one is not a number."""
    return _share(x, y, out), _share(y, x, out)


@_one_of_two("numpy.minimum", sympy="Min(x, y)", bounds=bounds.smaller)
def minimum(x: Any, y: Any, out: Any) -> Any:
    """The smaller."""
    return _part(less_equal(x, y), x, y), _part(less_equal(y, x), x, y)


@_one_of_two("numpy.fmin", sympy="Min(x, y)", bounds=bounds.one_of)
def fmin(x: Any, y: Any, out: Any) -> Any:
    """The smaller, or the other one where one is not a number."""
    return _share(x, y, out), _share(y, x, out)


@elementwise(
    "numpy.clip",
    domain=(REAL, REAL, REAL),
    result=arithmetic_type,
    cost=Cost.ADD,
    raises=False,
    sympy="Min(Max(x, y), z)",
    kinks=(
        Kink("y <= x <= z and x in (y, z)", (1.0, 0.0, 0.0), "x counts where it touches a bound"),
    ),
    bounds=bounds.clipped,
)
def clip(x: Any, y: Any, z: Any, out: Any) -> Any:
    """x, but at least y and at most z."""
    return (
        choose(less(x, y), lambda: 0.0, lambda: choose(greater(x, z), lambda: 0.0, lambda: 1.0)),
        choose(less(x, y), lambda: choose(less(z, y), lambda: 0.0, lambda: 1.0), lambda: 0.0),
        choose(greater(x, z), lambda: 1.0, lambda: choose(less(z, y), lambda: 1.0, lambda: 0.0)),
    )


@differential(
    "numpy.where",
    domain=(TRUTH, REAL, REAL),
    cost=Cost.FREE,
    raises=False,
    sympy="Piecewise((y, x), (z, True))",
    bounds=bounds.chosen_one,
)
def where(x: Any, y: Any, z: Any, x_dot: Any, y_dot: Any, z_dot: Any, out: Any) -> Any:
    """y where x is true, else z; what is not chosen is not felt."""
    return shown(out, x, z_dot) if is_nothing_guarded(out) else chosen(x, y_dot, z_dot, out)


where.transposed = lambda x, y, z, out, out_bar: (
    0.0,
    lambda: chosen(x, out_bar, 0.0, out),
    lambda: shown(out, x, out_bar) if is_nothing_guarded(out) else chosen(x, 0.0, out_bar, out),
)
where.result = lambda types: arithmetic_type(types[1:])
where.simplify = settled_choice
where.boxes_numbers = True


@elementwise(
    "numpy.heaviside",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    raises=False,
    sympy="Piecewise((0, x < 0), (1, x > 0), (y, True))",
    kinks=(Kink("x == 0", (0.0, 1.0), "flat off its jump, y at it"),),
)
def heaviside(x: Any, y: Any, out: Any) -> Any:
    """The unit step at x, with the value y at 0."""
    return 0.0, choose(equal(x, 0.0), lambda: 1.0, lambda: 0.0)


@elementwise("numpy.nan_to_num", cost=Cost.ADD, raises=False, sympy="x", result=arithmetic_type)
def nan_to_num(x: Any, out: Any) -> Any:
    """x, but 0 where x is not a number and a large number where x is infinite."""
    return choose(equal(x, out), lambda: 1.0, lambda: 0.0)


for _primitive in (maximum, fmax, minimum, fmin, clip, where, heaviside, nan_to_num):
    _primitive.chooses = True
