"""The quantile of the normal distribution as :class:`statistics.NormalDist` gives it."""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives.declare import REAL, Interval, elementwise
from chainrule.primitives.elementary import exp


def _quantile(x: float, y: float, z: float) -> float:
    from statistics import NormalDist

    return NormalDist(y, z).inv_cdf(x)


@elementwise(
    "statistics._normal_dist_inv_cdf",
    domain=(Interval(0.01, 0.99), REAL, Interval(0.1, 10.0)),
    sympy="y - sqrt(2)*z*erfcinv(2*x)",
    evaluate=_quantile,
)
def normal_quantile(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Quantile of the normal distribution of mean y and standard deviation z.

    That of the standard one is computed again: ``out - y`` would cancel for a large mean.
    """
    unit = normal_quantile(x, 0.0, 1.0)
    return z * math.sqrt(2.0 * math.pi) * exp(0.5 * unit * unit), 1.0, unit
