"""Lambert's function on its real branches.

SciPy gives a complex number: what is understood of it is its real part, ``lambertw(x).real``.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import choose
from chainrule.primitives.declare import Interval, elementwise
from chainrule.primitives.elementary import exp
from chainrule.primitives.special import unknown

PRINCIPAL = Interval(-0.35, 1e6)


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
    return _slope(out)


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
    return _slope(out), unknown("lambertw", "branch")


def _slope(out: Any) -> Any:
    return choose(equal(out, -1.0), lambda: math.inf, lambda: exp(-out) / (1.0 + out))


# Only this part of what it gives is a number of the program.
lambertw.part = lambertw_on_branch.part = ".real"
