"""Lambert's function on its real branches.

SciPy gives a complex number: what is understood of it is its real part, ``lambertw(x).real``.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal, less
from chainrule.primitives.control import both, choose
from chainrule.primitives.declare import Interval, elementwise
from chainrule.primitives.elementary import exp
from chainrule.primitives.special import unknown

PRINCIPAL = Interval(-0.35, 1e6)
# Below it there is no real w.
BRANCH_POINT = -math.exp(-1.0)


def _evaluated(x: float, branch: int = 0) -> float:
    from scipy.special import lambertw as found

    return float(found(x, branch).real)


@elementwise(
    "scipy.special.lambertw",
    domain=(PRINCIPAL,),
    raises=False,
    evaluate=_evaluated,
    ulps=64,
    sympy="LambertW(x)",
)
def lambertw(x: Any, out: Any) -> Any:
    """The w with w exp(w) = x, on the principal branch."""
    return choose(less(x, BRANCH_POINT), lambda: _slope_of_part(x, out), lambda: _slope(out))


@elementwise(
    "scipy.special.lambertw",
    name="lambertw_on_branch",
    domain=(PRINCIPAL, Interval(0, 0)),
    raises=False,
    evaluate=_evaluated,
    ulps=64,
    sympy="LambertW(x, y)",
)
def lambertw_on_branch(x: Any, y: Any, out: Any) -> Any:
    """The w with w exp(w) = x, on the principal branch 0 or the lower branch -1."""

    def beyond() -> Any:
        return choose(
            both(equal(y, -1), lambda: less(x, 0.0)),
            lambda: _slope(out),
            lambda: _slope_of_part(x, out),
        )

    def on_real_line() -> Any:
        return choose(equal(y, 0), lambda: _slope(out), beyond)

    slope = choose(less(x, BRANCH_POINT), lambda: _slope_of_part(x, out), on_real_line)
    return slope, unknown("lambertw", "branch")


def _slope(out: Any) -> Any:
    return choose(equal(out, -1.0), lambda: math.inf, lambda: exp(-out) / (1.0 + out))


def _slope_of_part(x: Any, out: Any) -> Any:
    """The slope of the real part where w is no real number: abs(w) is abs(x) exp(-out)."""
    size = x * exp(-out)
    rest = size * size - out * out
    return (out + out * out + rest) / (x * (1.0 + 2.0 * out + size * size))


# Only this part of what it gives is a number of the program.
lambertw.part = lambertw_on_branch.part = ".real"
