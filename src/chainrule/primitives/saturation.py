"""What the slopes of functions that saturate are made of."""

from __future__ import annotations

import math
from typing import Any

from chainrule.primitives import bounds
from chainrule.primitives.declare import REAL, TABLE, elementwise

# The square of cosh is still finite here; beyond, one over it is below the normal numbers.
LARGEST = {"float16": 6.0, "float32": 45.0, "float64": 355.0}


def _squared(x: float) -> float:
    return math.cosh(min(abs(x), LARGEST["float64"])) ** 2


@elementwise(name="cosh_squared", raises=False, sympy="cosh(x)**2", evaluate=_squared)
def cosh_squared(x: Any, out: Any) -> Any:
    """Square of the hyperbolic cosine, for one over it: it does not overflow."""
    return 2.0 * TABLE["tanh"](x) * out


cosh_squared.formula = {
    dtype: f"square(cosh(minimum(abs(_0_), {largest})))"
    for dtype, largest in (*LARGEST.items(), ("", LARGEST["float64"]))
}


def _inverse_cosh(x: float, y: float) -> float:
    return (1.0 + abs(math.tanh(y))) * math.exp(-abs(y))


@elementwise(
    name="inverse_cosh",
    raises=False,
    domain=(REAL, REAL),
    sympy="1/cosh(y)",
    evaluate=_inverse_cosh,
    bounds=bounds.always(bounds.Bounds(0.0, 1.0 + bounds.INEXACT)),
)
def inverse_cosh(x: Any, y: Any, out: Any) -> Any:
    """One over cosh(y), by means of ``x``, which is tanh(y) and has been computed by f.

    All digits are right and nothing overflows; the exponential takes about half of cosh's time.
    """
    return 0.0, -TABLE["tanh"](y) * out


inverse_cosh.formula = {"": "(1.0 + abs(_0_)) * exp(-abs(_1_))"}


@elementwise(
    name="opposite_exp",
    raises=False,
    domain=(REAL, REAL),
    sympy="exp(y)",
    evaluate=lambda x, y: math.exp(y),
)
def opposite_exp(x: Any, y: Any, out: Any) -> Any:
    """exp(y), computed as one over ``x``, which is exp(-y) and has been computed by f.

    Its slope is felt through y, which has to be known for nothing else.
    """
    return 0.0, out
