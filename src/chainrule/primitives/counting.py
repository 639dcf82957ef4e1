"""Functions of :mod:`scipy.special` about counts and losses: binomials, Pochhammer, Huber's."""

from __future__ import annotations

from typing import Any

from chainrule.primitives.arithmetic import absolute, less_equal
from chainrule.primitives.control import choose, select
from chainrule.primitives.declare import POSITIVE, REAL, Interval, elementwise
from chainrule.primitives.elementary import exp, sqrt
from chainrule.primitives.special import ORDINARY, digamma, unknown
from chainrule.primitives.whole_orders import whole


@elementwise(
    "scipy.special.binom",
    domain=(Interval(5.0, 20.0), Interval(0.5, 4.5)),
    raises=False,
    ulps=500,
    sympy="gamma(x + 1)/gamma(y + 1)/gamma(x - y + 1)",
)
def binom(x: Any, y: Any, out: Any) -> Any:
    """Binomial coefficient of real numbers."""
    rest = digamma(x - y + 1.0)
    return out * (digamma(x + 1.0) - rest), out * (rest - digamma(y + 1.0))


@elementwise(
    "scipy.special.factorial",
    name="factorial_of_reals",
    domain=(Interval(0.0, 20.0),),
    ulps=64,
    sympy="gamma(x + 1)",
)
def factorial_of_reals(x: Any, out: Any) -> Any:
    """Gamma(x + 1), and 0 for negative numbers (DLMF 5.2.2)."""
    return choose(less_equal(0.0, x), lambda: out * digamma(x + 1.0), lambda: 0.0)


@elementwise(
    "scipy.special.poch",
    domain=(Interval(0.5, 20.0), Interval(0.5, 5.0)),
    raises=False,
    ulps=500,
    sympy="gamma(x + y)/gamma(x)",
)
def poch(x: Any, y: Any, out: Any) -> Any:
    """Rising factorial gamma(x + y) / gamma(x)."""
    above = digamma(x + y)
    return out * (above - digamma(x)), out * above


@elementwise(
    "scipy.special.expn",
    domain=(Interval(1, 5), POSITIVE),
    raises=False,
    ulps=64,
    sympy="expint(x, y)",
)
def expn(x: Any, y: Any, out: Any) -> Any:
    """Generalised exponential integral of order x (DLMF 8.19.13; 8.19.12 below order 2)."""
    order = whole(x)
    # SciPy knows no negative orders, and has inf for order 0 and 1 at y = 0 itself.
    return unknown("expn", "order"), choose(
        less_equal(order, 1),
        lambda: -(exp(-y) + (1 - order) * out) / y,
        lambda: -expn(order - 1, y),
    )


@elementwise(
    "scipy.special.huber",
    domain=(ORDINARY, REAL),
    raises=False,
    sympy="Piecewise((y**2/2, Abs(y) <= x), (x*(Abs(y) - x/2), True))",
)
def huber(x: Any, y: Any, out: Any) -> Any:
    """Huber's loss: y**2 / 2 up to x, a line beyond."""
    size = absolute(y)
    within = less_equal(size, x)
    sign = select(less_equal(y, 0.0), lambda: -1.0, lambda: 1.0)
    return (
        choose(within, lambda: 0.0, lambda: size - x),
        choose(within, lambda: y, lambda: x * sign),
    )


@elementwise(
    "scipy.special.pseudo_huber",
    domain=(ORDINARY, REAL),
    raises=False,
    ulps=1000,
    sympy="x**2*(sqrt(1 + (y/x)**2) - 1)",
)
def pseudo_huber(x: Any, y: Any, out: Any) -> Any:
    """A smooth loss: x**2 (sqrt(1 + (y / x)**2) - 1)."""
    ratio = y / x
    root = sqrt(1.0 + ratio * ratio)
    # 2 (root - 1) - ratio**2 / root is (root - 1)**2 / root, which does not cancel.
    excess = ratio * ratio / (1.0 + root)
    return x * (excess * excess / root), y / root
