"""Lambert's function on its principal real branch.

SciPy gives a complex number: what is understood of it is its real part, ``lambertw(x).real``.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.arithmetic import equal
from chainrule.primitives.control import choose
from chainrule.primitives.declare import Interval, elementwise
from chainrule.primitives.elementary import exp

PRINCIPAL = Interval(-0.35, 1e6)


def _evaluated(x: float) -> float:
    from scipy.special import lambertw as found

    return float(found(x).real)


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
    return choose(equal(out, -1.0), lambda: math.inf, lambda: exp(-out) / (1.0 + out))


# Only this part of what it gives is a number of the program.
lambertw.part = ".real"
