"""The orthogonal polynomials of :mod:`scipy.special`, in their real argument (DLMF 18.9).

The slope of each is a polynomial of another family, of one degree less.  Forms that divide by
``1 - x**2`` would lose it at the ends of the interval.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import choose
from chainrule.primitives.declare import Interval, elementwise
from chainrule.primitives.inverses import unproved
from chainrule.primitives.special import unknown

DEGREE = Interval(1, 6)
INSIDE = Interval(-1.0, 1.0)
SHAPE = Interval(0.5, 3.0)


@elementwise(
    "scipy.special.eval_gegenbauer",
    domain=(DEGREE, SHAPE, INSIDE),
    raises=False,
    ulps=1000,
    sympy="gegenbauer(x, y, z)",
)
def eval_gegenbauer(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Gegenbauer polynomial of degree x."""
    other = unknown("eval_gegenbauer", "degree and parameter")
    return other, other, 2.0 * y * eval_gegenbauer(x - 1, y + 1.0, z)


@elementwise(
    "scipy.special.eval_legendre",
    domain=(DEGREE, INSIDE),
    raises=False,
    ulps=1000,
    sympy="legendre(x, y)",
)
def eval_legendre(x: Any, y: Any, out: Any) -> Any:
    """Legendre polynomial of degree x."""
    return unknown("eval_legendre", "degree"), eval_gegenbauer(x - 1, 1.5, y)


@elementwise(
    "scipy.special.eval_chebyt",
    domain=(DEGREE, INSIDE),
    raises=False,
    ulps=64,
    sympy="chebyshevt(x, y)",
)
def eval_chebyt(x: Any, y: Any, out: Any) -> Any:
    """Chebyshev polynomial of the first kind of degree x."""
    return unknown("eval_chebyt", "degree"), x * eval_chebyu(x - 1, y)


@elementwise(
    "scipy.special.eval_chebyu",
    domain=(DEGREE, INSIDE),
    raises=False,
    ulps=1000,
    sympy="chebyshevu(x, y)",
)
def eval_chebyu(x: Any, y: Any, out: Any) -> Any:
    """Chebyshev polynomial of the second kind of degree x."""
    return unknown("eval_chebyu", "degree"), 2.0 * eval_gegenbauer(x - 1, 2.0, y)


@elementwise(
    "scipy.special.eval_hermite",
    domain=(DEGREE, Interval(-3.0, 3.0)),
    raises=False,
    ulps=64,
    sympy="hermite(x, y)",
)
def eval_hermite(x: Any, y: Any, out: Any) -> Any:
    """Hermite polynomial of degree x of the physicists."""
    slope = choose(equal(x, 0), lambda: 0.0, lambda: 2.0 * x * eval_hermite(x - 1, y))
    return unknown("eval_hermite", "degree"), slope


@elementwise(
    "scipy.special.eval_hermitenorm",
    domain=(DEGREE, Interval(-3.0, 3.0)),
    raises=False,
    ulps=64,
    sympy="2**(-x/2)*hermite(x, y/sqrt(2))",
)
def eval_hermitenorm(x: Any, y: Any, out: Any) -> Any:
    """Hermite polynomial of degree x of the probabilists."""
    slope = choose(equal(x, 0), lambda: 0.0, lambda: 1.0 * x * eval_hermitenorm(x - 1, y))
    return unknown("eval_hermitenorm", "degree"), slope


@elementwise(
    "scipy.special.eval_genlaguerre",
    domain=(DEGREE, SHAPE, Interval(0.0, 5.0)),
    raises=False,
    ulps=64,
    sympy="gamma(x + y + 1)/gamma(x + 1)/gamma(y + 1)*hyper([-x], [y + 1], z)",
)
def eval_genlaguerre(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Generalised Laguerre polynomial of degree x."""
    other = unknown("eval_genlaguerre", "degree and parameter")
    return other, other, -eval_genlaguerre(x - 1, y + 1.0, z)


@elementwise(
    "scipy.special.eval_laguerre",
    domain=(DEGREE, Interval(0.0, 5.0)),
    raises=False,
    ulps=64,
    sympy="hyper([-x], [1], y)",
)
def eval_laguerre(x: Any, y: Any, out: Any) -> Any:
    """Laguerre polynomial of degree x."""
    return unknown("eval_laguerre", "degree"), -eval_genlaguerre(x - 1, 1.0, y)


@unproved("eval_jacobi", 4)
def eval_jacobi(x: Any, y: Any, z: Any, w: Any, out: Any) -> Any:
    """Jacobi polynomial of degree x (DLMF 18.9.15)."""
    other = unknown("eval_jacobi", "degree and parameters")
    slope = 0.5 * (x + y + z + 1.0) * eval_jacobi(x - 1, y + 1.0, z + 1.0, w)
    return other, other, other, slope


@unproved("eval_sh_legendre", 2)
def eval_sh_legendre(x: Any, y: Any, out: Any) -> Any:
    """Legendre polynomial of degree x of 2 y - 1."""
    slope = 2.0 * eval_gegenbauer(x - 1, 1.5, 2.0 * y - 1.0)
    return unknown("eval_sh_legendre", "degree"), slope


@unproved("eval_sh_chebyt", 2)
def eval_sh_chebyt(x: Any, y: Any, out: Any) -> Any:
    """Chebyshev polynomial of the first kind of degree x of 2 y - 1."""
    return unknown("eval_sh_chebyt", "degree"), 2.0 * x * eval_chebyu(x - 1, 2.0 * y - 1.0)


@unproved("eval_sh_chebyu", 2)
def eval_sh_chebyu(x: Any, y: Any, out: Any) -> Any:
    """Chebyshev polynomial of the second kind of degree x of 2 y - 1."""
    slope = 4.0 * eval_gegenbauer(x - 1, 2.0, 2.0 * y - 1.0)
    return unknown("eval_sh_chebyu", "degree"), slope


@unproved("eval_chebyc", 2)
def eval_chebyc(x: Any, y: Any, out: Any) -> Any:
    """Twice the Chebyshev polynomial of the first kind of degree x of y / 2."""
    return unknown("eval_chebyc", "degree"), x * eval_chebyu(x - 1, 0.5 * y)


@unproved("eval_chebys", 2)
def eval_chebys(x: Any, y: Any, out: Any) -> Any:
    """Chebyshev polynomial of the second kind of degree x of y / 2."""
    return unknown("eval_chebys", "degree"), eval_gegenbauer(x - 1, 2.0, 0.5 * y)


@unproved("radian", 3)
def radian(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Angle of so many degrees, minutes and seconds."""
    return math.pi / 180.0, math.pi / 10800.0, math.pi / 648000.0
