"""The elementary functions of :mod:`math`, and NumPy's scalar functions of the same kind.

The first callable of each is its spelling without NumPy where there is one.  Partials are
written so that they neither cancel nor overflow where the function itself does not, and never
raise where the function has a value.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from chainrule.graph.node import Node
from chainrule.primitives import bounds
from chainrule.primitives.arithmetic import (
    POWER_KINKS,
    absolute,
    equal,
    folded,
    greater,
    less,
    power,
)
from chainrule.primitives.control import choose
from chainrule.primitives.declare import (
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    REAL,
    TABLE,
    UNIT,
    Cost,
    Interval,
    Kink,
    arithmetic_type,
    differential,
    elementwise,
    is_constant,
)
from chainrule.primitives.exponents import is_of_complex
from chainrule.primitives.masking import is_array
from chainrule.primitives.partials import Guarded
from chainrule.primitives.saturation import cosh_squared
from chainrule.primitives.squares import is_sum_of_squares, per_length

LN2 = math.log(2.0)
LOG2_E = 1.0 / LN2
LOG10_E = 1.0 / math.log(10.0)
# The square of 1 / cosh(x) is below the smallest float here; cosh(x) has not overflowed yet.
SECH_VANISHES = 400.0

FROM_ONE = Interval(1.0, math.inf)
INSIDE_UNIT = Interval(-1.0, 1.0, open_low=True, open_high=True)
ABOVE_MINUS_ONE = Interval(-1.0, math.inf, open_low=True)

STEEP = "the one-sided slope is infinite"
CENTRE = "centre of the subdifferential"


# --- exponentials and logarithms --------------------------------------------------------


@elementwise("math.exp", "numpy.exp", sympy="exp(x)", bounds=bounds.exponential)
def exp(x: Any, out: Any) -> Any:
    """Exponential."""
    return out


@elementwise(
    "math.exp2",
    "numpy.exp2",
    "scipy.special.exp2",
    sympy="2**x",
    bounds=bounds.always(bounds.NONNEGATIVE),
)
def exp2(x: Any, out: Any) -> Any:
    """Power of two."""
    return out * LN2


@elementwise("scipy.special.exp10", sympy="10**x", bounds=bounds.always(bounds.NONNEGATIVE))
def exp10(x: Any, out: Any) -> Any:
    """Power of ten."""
    return out * math.log(10.0)


@elementwise(
    "math.expm1",
    "numpy.expm1",
    "scipy.special.expm1",
    sympy="exp(x) - 1",
    bounds=bounds.with_its_sign,
)
def expm1(x: Any, out: Any) -> Any:
    """exp(x) - 1 without cancellation; out + 1 would cancel for x far below 0."""
    return exp(x)


@elementwise("math.log", "numpy.log", domain=(POSITIVE,), quiet=True, sympy="log(x)", strict=True)
def log(x: Any, out: Any) -> Any:
    """Natural logarithm."""
    return 1.0 / x


@elementwise(
    "math.log", domain=(POSITIVE, POSITIVE), quiet=True, sympy="log(x)/log(y)", strict=True
)
def log_base(x: Any, y: Any, out: Any) -> Any:
    """Logarithm of x to the base y."""
    scale = log(y)
    return 1.0 / (x * scale), -out / (y * scale)


@elementwise(
    "math.log2", "numpy.log2", domain=(POSITIVE,), quiet=True, sympy="log(x)/log(2)", strict=True
)
def log2(x: Any, out: Any) -> Any:
    """Logarithm to the base 2."""
    return LOG2_E / x


@elementwise(
    "math.log10", "numpy.log10", domain=(POSITIVE,), quiet=True, sympy="log(x)/log(10)", strict=True
)
def log10(x: Any, out: Any) -> Any:
    """Logarithm to the base 10."""
    return LOG10_E / x


@elementwise(
    "math.log1p",
    "numpy.log1p",
    "scipy.special.log1p",
    domain=(ABOVE_MINUS_ONE,),
    quiet=True,
    sympy="log(1 + x)",
    strict=True,
    bounds=bounds.with_its_sign,
)
def log1p(x: Any, out: Any) -> Any:
    """log(1 + x) without cancellation."""
    return 1.0 / (1.0 + x)


@elementwise(
    "numpy.logaddexp", domain=(REAL, REAL), raises=False, ulps=16, sympy="log(exp(x) + exp(y))"
)
def logaddexp(x: Any, y: Any, out: Any) -> Any:
    """log(exp(x) + exp(y)) without overflow."""
    if is_array(y) and is_constant(x, 0):
        # Softplus: its slope is the logistic function, which takes fewer operations.
        return exp(x - out), TABLE["logistic"](y)
    return exp(x - out), exp(y - out)


@elementwise("numpy.logaddexp2", domain=(REAL, REAL), raises=False, sympy="log(2**x + 2**y)/log(2)")
def logaddexp2(x: Any, y: Any, out: Any) -> Any:
    """log2(2**x + 2**y) without overflow."""
    # Python 3.10 has no math.exp2.
    return 2.0 ** (x - out), 2.0 ** (y - out)


# --- roots, powers, lengths -------------------------------------------------------------


@elementwise(
    "math.sqrt",
    "numpy.sqrt",
    domain=(NONNEGATIVE,),
    cost=Cost.ROOT,
    sympy="sqrt(x)",
    kinks=(Kink("x == 0", (math.inf,), STEEP),),
    strict=True,
    bounds=bounds.of_root,
)
def sqrt(x: Any, out: Any) -> Any:
    """Square root."""
    if isinstance(x, Node) and is_sum_of_squares(x):
        return per_length(0.5, out)
    if is_array(out):
        return 0.5 / out if bounds.bounds_of(out).excludes_zero else Guarded(0.5 / out)
    return choose(equal(out, 0.0), lambda: math.inf, lambda: 0.5 / out)


@elementwise(
    "math.cbrt",
    "numpy.cbrt",
    "scipy.special.cbrt",
    cost=Cost.ROOT,
    raises=False,
    sympy="sign(x)*Abs(x)**Rational(1, 3)",
    kinks=(Kink("x == 0", (math.inf,), "the slope is infinite"),),
    bounds=bounds.of_cube_root,
)
def cbrt(x: Any, out: Any) -> Any:
    """Cube root, also of negative numbers."""
    return choose(equal(out, 0.0), lambda: math.inf, lambda: 1.0 / (3.0 * out * out))


@elementwise(
    "math.pow",
    "numpy.float_power",
    "numpy.power",
    domain=(NONNEGATIVE, REAL),
    sympy="x**y",
    kinks=POWER_KINKS,
    bounds=bounds.of_power,
)
def real_power(x: Any, y: Any, out: Any) -> Any:
    """Power as math.pow means it: always a float, never complex."""
    return power.partials(x, y, out)


# numpy.power of integers is one.
real_power.keeps_integers = True
real_power.widening = ("numpy.float_power",)


@elementwise(
    "math.hypot",
    "numpy.hypot",
    domain=(REAL, REAL),
    cost=Cost.ROOT,
    raises=False,
    sympy="sqrt(x**2 + y**2)",
    kinks=(Kink("x == 0 and y == 0", (0.0, 0.0), CENTRE),),
    bounds=bounds.of_length,
)
def hypot(x: Any, y: Any, out: Any) -> Any:
    """Length of (x, y) without overflow."""
    return _direction(x, out), _direction(y, out)


@elementwise(
    "math.hypot",
    domain=(REAL, REAL, REAL),
    cost=Cost.ROOT,
    raises=False,
    sympy="sqrt(x**2 + y**2 + z**2)",
    kinks=(Kink("x == 0 and y == 0 and z == 0", (0.0, 0.0, 0.0), CENTRE),),
    bounds=bounds.of_length,
)
def hypot3(x: Any, y: Any, z: Any, out: Any) -> Any:
    """Length of (x, y, z) without overflow."""
    return _direction(x, out), _direction(y, out), _direction(z, out)


def _direction(side: Any, length: Any) -> Any:
    return choose(equal(length, 0.0), lambda: 0.0, lambda: side / length)


@elementwise(
    "numpy.square",
    cost=Cost.MULTIPLY,
    raises=False,
    sympy="x**2",
    result=arithmetic_type,
    bounds=bounds.squared,
)
def square(x: Any, out: Any) -> Any:
    """Square."""
    return 2.0 * x


@elementwise("numpy.reciprocal", domain=(NONZERO,), cost=Cost.DIVIDE, sympy="1/x")
def reciprocal(x: Any, out: Any) -> Any:
    """Reciprocal."""
    return -(out * out)


reciprocal.keeps_integers = True


# --- trigonometric functions ------------------------------------------------------------


@elementwise("math.sin", "numpy.sin", sympy="sin(x)", bounds=bounds.always(bounds.UNIT))
def sin(x: Any, out: Any) -> Any:
    """Sine."""
    return cos(x)


@elementwise("math.cos", "numpy.cos", sympy="cos(x)", bounds=bounds.always(bounds.UNIT))
def cos(x: Any, out: Any) -> Any:
    """Cosine."""
    return -sin(x)


@elementwise("math.tan", "numpy.tan", sympy="tan(x)")
def tan(x: Any, out: Any) -> Any:
    """Tangent."""
    return 1.0 + out * out


@elementwise(
    "math.asin",
    "numpy.arcsin",
    domain=(UNIT,),
    sympy="asin(x)",
    kinks=(Kink("abs(x) == 1", (math.inf,), STEEP),),
    strict=True,
    bounds=bounds.with_its_sign,
)
def asin(x: Any, out: Any) -> Any:
    """Arc sine."""
    if is_of_complex(x):
        return 1.0 / cos(out)
    side = sqrt((1.0 - x) * (1.0 + x))
    return choose(equal(side, 0.0), lambda: math.inf, lambda: 1.0 / side)


@elementwise(
    "math.acos",
    "numpy.arccos",
    domain=(UNIT,),
    sympy="acos(x)",
    kinks=(Kink("abs(x) == 1", (-math.inf,), STEEP),),
    strict=True,
    bounds=bounds.always(bounds.NONNEGATIVE),
)
def acos(x: Any, out: Any) -> Any:
    """Arc cosine."""
    if is_of_complex(x):
        return -1.0 / sin(out)
    side = sqrt((1.0 - x) * (1.0 + x))
    return choose(equal(side, 0.0), lambda: -math.inf, lambda: -(1.0 / side))


@elementwise(
    "math.atan", "numpy.arctan", raises=False, sympy="atan(x)", bounds=bounds.with_its_sign
)
def atan(x: Any, out: Any) -> Any:
    """Arc tangent."""
    return 1.0 / (1.0 + x * x)


@elementwise(
    "math.atan2",
    "numpy.arctan2",
    domain=(REAL, REAL),
    raises=False,
    sympy="atan2(x, y)",
    kinks=(Kink("x == 0 and y == 0", (0.0, 0.0), "the angle of (0, 0) has no slope"),),
)
def atan2(x: Any, y: Any, out: Any) -> Any:
    """Angle of the point whose ordinate is x and whose abscissa is y."""
    length = hypot(x, y)
    nowhere = equal(length, 0.0)
    return (
        choose(nowhere, lambda: 0.0, lambda: y / length / length),
        choose(nowhere, lambda: 0.0, lambda: -(x / length / length)),
    )


@elementwise(
    "math.degrees",
    "numpy.degrees",
    "numpy.rad2deg",
    cost=Cost.MULTIPLY,
    raises=False,
    sympy="180*x/pi",
    bounds=bounds.with_its_sign,
)
def degrees(x: Any, out: Any) -> Any:
    """An angle in degrees."""
    return 180.0 / math.pi


@elementwise(
    "math.radians",
    "numpy.radians",
    "numpy.deg2rad",
    cost=Cost.MULTIPLY,
    raises=False,
    sympy="pi*x/180",
    bounds=bounds.with_its_sign,
)
def radians(x: Any, out: Any) -> Any:
    """An angle in radians."""
    return math.pi / 180.0


# Taylor coefficients of sinc'(x) / x in powers of x**2.
_SINC_SLOPE = tuple(
    2.0 * k * (-1.0) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 9)
)


@elementwise("numpy.sinc", raises=False, sympy="sinc(pi*x)", bounds=bounds.always(bounds.UNIT))
def sinc(x: Any, out: Any) -> Any:
    """sin(pi x) / (pi x), 1 at 0; near 0 the slope is summed, as the closed form cancels."""
    return choose(
        less(absolute(x), 0.25), lambda: x * _series(x * x), lambda: (cos(math.pi * x) - out) / x
    )


def _series(square: Any) -> Any:
    total: Any = _SINC_SLOPE[-1]
    for coefficient in reversed(_SINC_SLOPE[:-1]):
        total = coefficient + square * total
    return total


# --- hyperbolic functions ---------------------------------------------------------------


@elementwise("math.sinh", "numpy.sinh", sympy="sinh(x)", bounds=bounds.with_its_sign)
def sinh(x: Any, out: Any) -> Any:
    """Hyperbolic sine."""
    return cosh(x)


@elementwise("math.cosh", "numpy.cosh", sympy="cosh(x)", bounds=bounds.from_one)
def cosh(x: Any, out: Any) -> Any:
    """Hyperbolic cosine."""
    return sinh(x)


@elementwise(
    "math.tanh", "numpy.tanh", raises=False, sympy="tanh(x)", bounds=bounds.always(bounds.UNIT)
)
def tanh(x: Any, out: Any) -> Any:
    """Hyperbolic tangent; 1 - out*out would cancel where out is near 1."""
    if is_of_complex(x):
        return (1.0 - out) * (1.0 + out)
    if is_array(x):
        return 1.0 / cosh_squared(x)
    vanishes = greater(absolute(x), SECH_VANISHES)
    return choose(vanishes, lambda: 0.0, lambda: 1.0 / cosh(x) / cosh(x))


@elementwise(
    "math.asinh", "numpy.arcsinh", raises=False, sympy="asinh(x)", bounds=bounds.with_its_sign
)
def asinh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic sine."""
    if is_of_complex(x):
        return 1.0 / cosh(out)
    return 1.0 / hypot(x, 1.0)


@elementwise(
    "math.acosh",
    "numpy.arccosh",
    domain=(FROM_ONE,),
    sympy="acosh(x)",
    kinks=(Kink("x == 1", (math.inf,), STEEP),),
    strict=True,
    bounds=bounds.always(bounds.NONNEGATIVE),
)
def acosh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic cosine."""
    if is_of_complex(x):
        return 1.0 / sinh(out)
    side = sqrt(x - 1.0) * sqrt(x + 1.0)
    return choose(equal(side, 0.0), lambda: math.inf, lambda: 1.0 / side)


@elementwise(
    "math.atanh",
    "numpy.arctanh",
    domain=(INSIDE_UNIT,),
    quiet=True,
    sympy="atanh(x)",
    strict=True,
    bounds=bounds.with_its_sign,
)
def atanh(x: Any, out: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return 1.0 / ((1.0 - x) * (1.0 + x))


# --- remainders, signs, parts of a float ------------------------------------------------


@elementwise(
    "math.fmod",
    "numpy.fmod",
    domain=(REAL, NONZERO),
    cost=Cost.DIVIDE,
    sympy="x - y*sign(x)*sign(y)*floor(Abs(x)/Abs(y))",
)
def fmod(x: Any, y: Any, out: Any) -> Any:
    """Remainder with the sign of x; trunc(x / y) may be one off, (x - out) / y is not."""
    return 1.0, (out - x) / y


fmod.keeps_integers = True


@elementwise(
    "math.remainder",
    name="nearest_remainder",
    domain=(REAL, NONZERO),
    cost=Cost.DIVIDE,
    sympy="x - y*floor(x/y + Rational(1, 2))",
)
def nearest_remainder(x: Any, y: Any, out: Any) -> Any:
    """Remainder of the division rounded to the nearest integer."""
    return 1.0, (out - x) / y


@elementwise(
    "math.copysign",
    "numpy.copysign",
    domain=(REAL, REAL),
    cost=Cost.ADD,
    raises=False,
    sympy="Abs(x)*sign(y)",
    kinks=(Kink("x == 0 and y != 0", (0.0, 0.0), CENTRE),),
)
def copysign(x: Any, y: Any, out: Any) -> Any:
    """Magnitude of x with the sign of y."""
    kept = choose(
        equal(x, 0.0),
        lambda: 0.0,
        lambda: choose(equal(less(x, 0.0), less(out, 0.0)), lambda: 1.0, lambda: -1.0),
    )
    return kept, 0.0


@differential(
    "math.ldexp",
    "numpy.ldexp",
    domain=(REAL, Interval(-30, 30)),
    cost=Cost.MULTIPLY,
    sympy="x*2**y",
)
def ldexp(x: Any, y: Any, x_dot: Any, y_dot: Any, out: Any) -> Any:
    """x times two to the power y; y is an integer, through which no derivative flows."""
    return ldexp(x_dot, y)


ldexp.transposed = lambda x, y, out, out_bar: (lambda: ldexp(out_bar, y), 0.0)


@elementwise("math.fma", domain=(REAL, REAL, REAL), cost=Cost.MULTIPLY, sympy="x*y + z")
def fma(x: Any, y: Any, z: Any, out: Any) -> Any:
    """x * y + z, rounded once."""
    return y, x, 1.0


# A function of constants is a constant; what this Python does not have is left as it is.
for _primitive in tuple(TABLE.values()):
    _module, _, _name = (*_primitive.callables, "")[0].rpartition(".")
    if _module == "math" and hasattr(math, _name) and _primitive.simplify is None:
        _primitive.simplify = functools.partial(folded, _primitive)
