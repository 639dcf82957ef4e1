"""Incomplete elliptic integrals and those of Carlson (DLMF 19).

The derivative by the parameter is taken in Carlson's form, which does not cancel where the
parameter is small.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import absolute, less
from chainrule.primitives.control import choose
from chainrule.primitives.declare import Interval, elementwise
from chainrule.primitives.elementary import cos, sin, sqrt
from chainrule.primitives.inverses import unproved
from chainrule.primitives.partials import Refusal
from chainrule.primitives.rounding import float_floor
from chainrule.primitives.special import ellipe, hyp2f1

ANGLE = Interval(-4.0, 4.0)
PARAMETER = Interval(-3.0, 0.9)


@elementwise(
    "scipy.special.ellipkm1",
    domain=(Interval(0.0, 1.0, open_low=True),),
    raises=False,
    ulps=64,
    sympy="elliptic_k(1 - x)",
)
def ellipkm1(x: Any, out: Any) -> Any:
    """Complete elliptic integral of the first kind at 1 - x."""
    return choose(
        less(absolute(1.0 - x), 0.5),
        lambda: (-math.pi / 8.0) * hyp2f1(1.5, 1.5, 2.0, 1.0 - x),
        lambda: (x * out - ellipe(1.0 - x)) / (2.0 * x * (1.0 - x)),
    )


@elementwise(
    "scipy.special.ellipkinc",
    domain=(ANGLE, PARAMETER),
    raises=False,
    ulps=2000,
    sympy="elliptic_f(x, y)",
)
def ellipkinc(x: Any, y: Any, out: Any) -> Any:
    """Incomplete elliptic integral of the first kind (DLMF 19.25.5, 19.18.4)."""
    height = sin(x - math.pi * float_floor(x / math.pi + 0.5))
    return 1.0 / sqrt(1.0 - y * height * height), ellipkinc_by_parameter(x, y)


def ellipkinc_by_parameter(x: Any, y: Any) -> Any:
    """The slope of ellipkinc by its parameter."""
    turns = float_floor(x / math.pi + 0.5)
    height = sin(x - math.pi * turns)
    left = 1.0 - y * height * height
    inside = height * height * height * elliprd(cos(x) * cos(x), 1.0, left) / 6.0
    return inside + turns * elliprd(0.0, 1.0, 1.0 - y) / 3.0


@elementwise(
    "scipy.special.ellipeinc",
    domain=(ANGLE, PARAMETER),
    raises=False,
    ulps=2000,
    sympy="elliptic_e(x, y)",
)
def ellipeinc(x: Any, y: Any, out: Any) -> Any:
    """Incomplete elliptic integral of the second kind (DLMF 19.25.9)."""
    turns = float_floor(x / math.pi + 0.5)
    height = sin(x - math.pi * turns)
    left = 1.0 - y * height * height
    inside = -(height * height * height) * elliprd(cos(x) * cos(x), left, 1.0) / 6.0
    return sqrt(left), inside - turns * elliprd(0.0, 1.0 - y, 1.0) / 3.0


@unproved("elliprd", 3)
def elliprd(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Carlson's degenerate integral; its slopes cancel where two arguments are equal."""
    refusal = Refusal(
        "cannot differentiate Carlson's integral `elliprd`",
        "Its slopes have no form that holds where two arguments are equal. Keep the parameter of "
        "the elliptic integral constant, or differentiate by it only once.",
    )
    return refusal, refusal, refusal


@unproved("elliprf", 3)
def elliprf(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Carlson's symmetric integral of the first kind (DLMF 19.18.4)."""
    return -elliprd(y, z, x) / 6.0, -elliprd(x, z, y) / 6.0, -elliprd(x, y, z) / 6.0


@unproved("elliprc", 2)
def elliprc(x: Any, y: Any, out: Any) -> Any:
    """Carlson's degenerate integral of the first kind: elliprf(x, y, y)."""
    return -elliprd(y, y, x) / 6.0, -elliprd(x, y, y) / 3.0


@unproved("agm", 2)
def agm(x: Any, y: Any, out: Any) -> Any:
    """Mean of the arithmetic and the geometric mean, and so on, of two positive numbers.

    It is pi / (2 elliprf(0, x**2, y**2)) (DLMF 19.22.1).
    """
    per_integral = 2.0 * out * out / (3.0 * math.pi)
    return (
        x * per_integral * elliprd(0.0, y * y, x * x),
        y * per_integral * elliprd(0.0, x * x, y * y),
    )
