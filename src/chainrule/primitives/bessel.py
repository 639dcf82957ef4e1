"""The Bessel functions of :mod:`scipy.special`, in their real argument (DLMF 10).

The forms by two neighbouring orders are used where those with ``out / x`` would divide 0 by 0.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.types import INT
from chainrule.primitives.arithmetic import absolute, greater, less, power
from chainrule.primitives.control import choose
from chainrule.primitives.declare import POSITIVE, Elementwise, Interval, Kink, elementwise
from chainrule.primitives.elementary import exp, sqrt
from chainrule.primitives.inverses import hyperu, unproved
from chainrule.primitives.rounding import sign, trunc
from chainrule.primitives.special import horner, hyp1f1, lgamma, unknown, xlogy
from chainrule.primitives.whole_orders import whole

ORDER = Interval(0.25, 5.0)
EVEN = "exp(-abs(x)) has a kink; the centre of the subdifferential"


@elementwise("scipy.special.j0", raises=False, sympy="besselj(0, x)")
def j0(x: Any, out: Any) -> Any:
    """Bessel function of the first kind of order 0."""
    return -j1(x)


@elementwise("scipy.special.j1", raises=False, sympy="besselj(1, x)")
def j1(x: Any, out: Any) -> Any:
    """Bessel function of the first kind of order 1."""
    return 0.5 * (j0(x) - jv(2.0, x))


@elementwise("scipy.special.y0", domain=(POSITIVE,), raises=False, sympy="bessely(0, x)")
def y0(x: Any, out: Any) -> Any:
    """Bessel function of the second kind of order 0."""
    return -y1(x)


@elementwise("scipy.special.y1", domain=(POSITIVE,), raises=False, sympy="bessely(1, x)")
def y1(x: Any, out: Any) -> Any:
    """Bessel function of the second kind of order 1."""
    return y0(x) - out / x


@elementwise("scipy.special.i0", "numpy.i0", raises=False, sympy="besseli(0, x)")
def i0(x: Any, out: Any) -> Any:
    """Modified Bessel function of the first kind of order 0."""
    return i1(x)


@elementwise("scipy.special.i1", raises=False, sympy="besseli(1, x)")
def i1(x: Any, out: Any) -> Any:
    """Modified Bessel function of the first kind of order 1."""
    return 0.5 * (i0(x) + iv(2.0, x))


@elementwise(
    "scipy.special.i0e",
    raises=False,
    sympy="exp(-Abs(x))*besseli(0, x)",
    kinks=(Kink("x == 0", (0.0,), EVEN),),
)
def i0e(x: Any, out: Any) -> Any:
    """exp(-abs(x)) i0(x); i1e - i0e would cancel for large x."""
    slope = hyp1f1(1.5, 2.0, -2.0 * absolute(x))
    return choose(
        greater(x, 0.0),
        lambda: -slope,
        lambda: choose(less(x, 0.0), lambda: slope, lambda: 0.0),
    )


@elementwise("scipy.special.i1e", raises=False, ulps=64, sympy="exp(-Abs(x))*besseli(1, x)")
def i1e(x: Any, out: Any) -> Any:
    """exp(-abs(x)) i1(x); the form by neighbouring orders would cancel for large x."""
    size = absolute(x)
    return choose(
        greater(size, 1e17),
        lambda: -0.5 * out / x,
        lambda: 0.5 * (hyp1f1(1.5, 3.0, -2.0 * size) - size * hyp1f1(2.5, 4.0, -2.0 * size)),
    )


@elementwise("scipy.special.k0", domain=(POSITIVE,), raises=False, sympy="besselk(0, x)")
def k0(x: Any, out: Any) -> Any:
    """Modified Bessel function of the second kind of order 0."""
    return -k1(x)


@elementwise("scipy.special.k1", domain=(POSITIVE,), raises=False, sympy="besselk(1, x)")
def k1(x: Any, out: Any) -> Any:
    """Modified Bessel function of the second kind of order 1."""
    return -k0(x) - out / x


@elementwise("scipy.special.jv", domain=(ORDER, POSITIVE), raises=False, sympy="besselj(x, y)")
def jv(x: Any, y: Any, out: Any) -> Any:
    """Bessel function of the first kind."""
    return unknown("jv", "order"), 0.5 * (jv(x - 1.0, y) - jv(x + 1.0, y))


@elementwise(
    "scipy.special.yv", domain=(ORDER, POSITIVE), raises=False, ulps=16, sympy="bessely(x, y)"
)
def yv(x: Any, y: Any, out: Any) -> Any:
    """Bessel function of the second kind."""
    return unknown("yv", "order"), 0.5 * (yv(x - 1.0, y) - yv(x + 1.0, y))


@elementwise("scipy.special.iv", domain=(ORDER, POSITIVE), raises=False, sympy="besseli(x, y)")
def iv(x: Any, y: Any, out: Any) -> Any:
    """Modified Bessel function of the first kind."""
    return unknown("iv", "order"), 0.5 * (iv(x - 1.0, y) + iv(x + 1.0, y))


@elementwise(
    "scipy.special.kv", domain=(ORDER, POSITIVE), raises=False, ulps=16, sympy="besselk(x, y)"
)
def kv(x: Any, y: Any, out: Any) -> Any:
    """Modified Bessel function of the second kind."""
    return unknown("kv", "order"), -0.5 * (kv(x - 1.0, y) + kv(x + 1.0, y))


@elementwise(
    "scipy.special.yn",
    domain=(Interval(0, 4), POSITIVE),
    raises=False,
    ulps=16,
    sympy="bessely(x, y)",
)
def yn(x: Any, y: Any, out: Any) -> Any:
    """Bessel function of the second kind of integer order."""
    order = whole(x)
    return unknown("yn", "order"), 0.5 * (yn(order - 1, y) - yn(order + 1, y))


@elementwise(
    "scipy.special.kn",
    domain=(Interval(0, 4), POSITIVE),
    raises=False,
    ulps=16,
    sympy="besselk(x, y)",
)
def kn(x: Any, y: Any, out: Any) -> Any:
    """Modified Bessel function of the second kind of integer order."""
    order = whole(x)
    return unknown("kn", "order"), -0.5 * (kn(order - 1, y) + kn(order + 1, y))


def _tail(order: int, count: int = 14) -> tuple[float, ...]:
    """Coefficients of the slope of exp(x) kv(order, x) in powers of 1 / x (DLMF 10.40.2)."""
    found, term = [], math.sqrt(0.5 * math.pi)
    for k in range(count):
        found.append(-(k + 0.5) * term)
        term *= (4.0 * order**2 - (2.0 * k + 1.0) ** 2) / (8.0 * (k + 1.0))
    return tuple(found)


def _far_out(x: Any, order: int) -> Any:
    return horner(_tail(order), 1.0 / x) / (x * sqrt(x))


@elementwise(
    "scipy.special.k0e", domain=(POSITIVE,), raises=False, ulps=400, sympy="exp(x)*besselk(0, x)"
)
def k0e(x: Any, out: Any) -> Any:
    """exp(x) k0(x); far out the slope is summed, as the closed form cancels."""
    return choose(greater(x, 60.0), lambda: _far_out(x, 0), lambda: out - k1e(x))


@elementwise(
    "scipy.special.k1e", domain=(POSITIVE,), raises=False, ulps=400, sympy="exp(x)*besselk(1, x)"
)
def k1e(x: Any, out: Any) -> Any:
    """exp(x) k1(x); far out the slope is summed, as the closed form cancels."""
    return choose(greater(x, 60.0), lambda: _far_out(x, 1), lambda: out - k0e(x) - out / x)


def _whole(order: Any) -> Any:
    """The order as SciPy takes it: it leaves the fraction out."""
    return order if getattr(order, "type", None) == INT else trunc(order)


@elementwise(
    "scipy.special.spherical_jn",
    domain=(Interval(0, 4), POSITIVE),
    raises=False,
    ulps=64,
    sympy="sqrt(pi/(2*y))*besselj(x + 1/2, y)",
)
def spherical_jn(x: Any, y: Any, out: Any) -> Any:
    """Spherical Bessel function of the first kind (DLMF 10.51.2)."""
    n = _whole(x)
    above = spherical_jn(n + 1, y)
    slope = choose(
        less(n, 1),
        lambda: -above,
        lambda: (n * spherical_jn(n - 1, y) - (n + 1) * above) / (2 * n + 1),
    )
    return unknown("spherical_jn", "order"), slope


@elementwise(
    "scipy.special.ive",
    domain=(ORDER, POSITIVE),
    raises=False,
    ulps=2000,
    sympy="exp(-y)*besseli(x, y)",
)
def ive(x: Any, y: Any, out: Any) -> Any:
    """exp(-abs(y)) iv(x, y); the form by neighbouring orders would cancel for large y."""
    slope = choose(
        greater(y, 1.0),
        lambda: (
            x / y * out
            - exp(xlogy(x, 0.5 * y) - lgamma(x + 1.0)) * hyp1f1(x + 1.5, 2.0 * x + 2.0, -2.0 * y)
        ),
        lambda: 0.5 * (ive(x - 1.0, y) + ive(x + 1.0, y)) - sign(y) * out,
    )
    return unknown("ive", "order"), slope


@elementwise(
    "scipy.special.kve",
    domain=(ORDER, POSITIVE),
    raises=False,
    ulps=4000,
    sympy="exp(y)*besselk(x, y)",
)
def kve(x: Any, y: Any, out: Any) -> Any:
    """exp(y) kv(x, y); the form by neighbouring orders would cancel for large y (DLMF 10.39.6)."""
    slope = choose(
        greater(y, 30.0),
        lambda: (
            x / y * out
            - math.sqrt(math.pi)
            * (2.0 * x + 1.0)
            * power(2.0 * y, x)
            * hyperu(x + 1.5, 2.0 * x + 2.0, 2.0 * y)
        ),
        lambda: out - 0.5 * (kve(x - 1.0, y) + kve(x + 1.0, y)),
    )
    return unknown("kve", "order"), slope


def _spherical(name: str, family: str, below: float, above: float, doc: str) -> Elementwise:
    """A spherical Bessel function with the slope of DLMF 10.51.2 or 10.51.5."""

    def slope(x: Any, y: Any, out: Any) -> Any:
        op, n = found, _whole(x)
        next_one = op(n + 1, y)
        sides = choose(
            less(n, 1),
            lambda: above * next_one,
            lambda: (below * n * op(n - 1, y) + above * (n + 1) * next_one) / (2 * n + 1),
        )
        return unknown(name, "order"), sides

    slope.__doc__ = doc
    found = elementwise(
        f"scipy.special.{name}",
        name=name,
        domain=(Interval(0, 4), Interval(0.1, 30.0)),
        raises=False,
        ulps=4000,
        sympy=f"sqrt(pi/(2*y))*{family}(x + 1/2, y)",
    )(slope)
    return found


spherical_yn = _spherical(
    "spherical_yn", "bessely", 1.0, -1.0, "Spherical Bessel function of the second kind."
)
spherical_in = _spherical(
    "spherical_in", "besseli", 1.0, 1.0, "Modified spherical Bessel function of the first kind."
)
spherical_kn = _spherical(
    "spherical_kn", "besselk", -1.0, -1.0, "Modified spherical Bessel function of the second kind."
)


@elementwise("scipy.special.jve", domain=(ORDER, POSITIVE), raises=False, sympy="besselj(x, y)")
def jve(x: Any, y: Any, out: Any) -> Any:
    """Scaled Bessel function of the first kind: of real numbers jv itself."""
    return unknown("jve", "order"), 0.5 * (jv(x - 1.0, y) - jv(x + 1.0, y))


@elementwise(
    "scipy.special.yve", domain=(ORDER, POSITIVE), raises=False, ulps=16, sympy="bessely(x, y)"
)
def yve(x: Any, y: Any, out: Any) -> Any:
    """Scaled Bessel function of the second kind: of real numbers yv itself."""
    return unknown("yve", "order"), 0.5 * (yv(x - 1.0, y) - yv(x + 1.0, y))


@elementwise(
    "scipy.special.hyp0f1",
    domain=(Interval(0.5, 5.0), Interval(-50.0, 50.0)),
    raises=False,
    ulps=2000,
    sympy="hyper([], [x], y)",
)
def hyp0f1(x: Any, y: Any, out: Any) -> Any:
    """Confluent hypergeometric limit function (DLMF 16.3.1)."""
    return unknown("hyp0f1", "parameter"), hyp0f1(x + 1.0, y) / x


@unproved("struve", 2)
def struve(x: Any, y: Any, out: Any) -> Any:
    """Struve function of order x (DLMF 11.4.27)."""
    return unknown("struve", "order"), struve(x - 1.0, y) - x * out / y


@unproved("modstruve", 2)
def modstruve(x: Any, y: Any, out: Any) -> Any:
    """Modified Struve function of order x (DLMF 11.4.29)."""
    return unknown("modstruve", "order"), modstruve(x - 1.0, y) - x * out / y


@unproved("wright_bessel", 3)
def wright_bessel(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Wright's generalised Bessel function."""
    other = unknown("wright_bessel", "parameters")
    return other, other, wright_bessel(x, x + y, z)


@unproved("log_wright_bessel", 3)
def log_wright_bessel(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Logarithm of Wright's generalised Bessel function."""
    other = unknown("log_wright_bessel", "parameters")
    return other, other, exp(log_wright_bessel(x, x + y, z) - out)
