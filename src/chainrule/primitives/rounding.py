"""Rounding, signs, tests of floats, integers: flat, and the conversions between number types.

Python's own functions give ints where NumPy's give floats, so they are two primitives each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.graph.types import FLOAT, INT, Type, array_of, unit_axes_of
from chainrule.primitives import bounds
from chainrule.primitives.declare import (
    REAL,
    Cost,
    Flat,
    Interval,
    arithmetic_type,
    comparison_type,
    elementwise,
    flat,
)

COUNT = Interval(0, 20)
INTEGER = Interval(-1000, 1000)


def integer_type(types: tuple[Type, ...]) -> Type:
    """Result of a function that gives ints."""
    return INT


def float_type(types: tuple[Type, ...]) -> Type:
    """Result of a function that gives floats."""
    return FLOAT


def rounded_type(types: tuple[Type, ...]) -> Type:
    """``round(x, n)`` is of the type of x."""
    return arithmetic_type(types[:1])


def _steps(name: str, *callables: str, sympy: str | None = None, result: Any, **facts: Any) -> Any:
    return flat(name, *callables, cost=Cost.ADD, sympy=sympy, result=result, **facts)


floor = _steps("floor", "math.floor", sympy="floor(x)", result=integer_type, doc="The int below.")
ceil = _steps("ceil", "math.ceil", sympy="ceiling(x)", result=integer_type, doc="The int above.")
trunc = _steps(
    "trunc",
    "math.trunc",
    sympy="sign(x)*floor(Abs(x))",
    result=integer_type,
    doc="The int towards 0.",
)
nearest = _steps(
    "round", "builtins.round", result=integer_type, doc="The nearest int, even in a tie."
)
round_digits = _steps(
    "round_digits",
    "builtins.round",
    domain=(REAL, Interval(-5, 5)),
    result=rounded_type,
    doc="The nearest number of so many decimal digits.",
)

float_floor = _steps(
    "float_floor",
    "numpy.floor",
    sympy="floor(x)",
    result=float_type,
    raises=False,
    doc="The integral float below.",
)
float_ceil = _steps(
    "float_ceil",
    "numpy.ceil",
    sympy="ceiling(x)",
    result=float_type,
    raises=False,
    doc="The integral float above.",
)
float_trunc = _steps(
    "float_trunc",
    "numpy.trunc",
    "numpy.fix",
    sympy="sign(x)*floor(Abs(x))",
    result=float_type,
    raises=False,
    doc="The integral float towards 0.",
)
float_round = _steps(
    "float_round",
    "numpy.rint",
    "numpy.round",
    "numpy.around",
    "scipy.special.round",
    result=float_type,
    raises=False,
    doc="The nearest integral float, even in a tie.",
)
float_round_digits = _steps(
    "float_round_digits",
    "numpy.round",
    "numpy.around",
    domain=(REAL, Interval(-5, 5)),
    result=float_type,
    raises=False,
    doc="The nearest float of so many decimal digits.",
)
# Of integers NumPy gives integers, from version 2.1 on.
for _step in (float_floor, float_ceil, float_trunc, float_round, float_round_digits):
    _step.keeps_integers = True

binary_exponent = _steps(
    "binary_exponent",
    "math.frexp",
    result=integer_type,
    evaluate=lambda x: math.frexp(x)[1],
    doc="The power of 2 that is the first above the magnitude of x.",
)
binary_exponent.part = "[1]"
sign = _steps(
    "sign",
    "numpy.sign",
    sympy="sign(x)",
    result=arithmetic_type,
    raises=False,
    doc="-1, 0 or 1; flat.",
)


# Outside of the table, in which `numpy.angle` is that of complex numbers.
angle_of_real = Flat(
    "angle_of_real",
    ("numpy.angle",),
    cost=Cost.ADD,
    result=float_type,
    raises=False,
    doc="Angle of a real number: 0, and pi of a negative one; flat.",
)


def _test(name: str, *callables: str, doc: str, arity: int = 1) -> Any:
    domain = (REAL,) * arity
    return flat(
        name,
        *callables,
        domain=domain,
        cost=Cost.FREE,
        raises=False,
        result=comparison_type,
        doc=doc,
    )


isnan = _test("isnan", "math.isnan", "numpy.isnan", doc="Whether x is not a number.")
isinf = _test("isinf", "math.isinf", "numpy.isinf", doc="Whether x is infinite.")
isfinite = _test("isfinite", "math.isfinite", "numpy.isfinite", doc="Whether x is finite.")
signbit = _test("signbit", "numpy.signbit", doc="Whether the sign of x is minus, also of -0.0.")
isclose = _test("isclose", "math.isclose", arity=2, doc="Whether x and y agree.")
float_isclose = _test("float_isclose", "numpy.isclose", arity=2, doc="Whether x and y agree.")


def _whole(name: str, dotted: str, *domain: Interval, doc: str, sympy: str) -> Any:
    return flat(name, dotted, domain=domain, result=integer_type, sympy=sympy, doc=doc)


gcd = _whole("gcd", "math.gcd", INTEGER, INTEGER, sympy="gcd(x, y)", doc="Greatest common divisor.")
lcm = _whole("lcm", "math.lcm", INTEGER, INTEGER, sympy="lcm(x, y)", doc="Least common multiple.")
factorial = _whole("factorial", "math.factorial", COUNT, sympy="factorial(x)", doc="1 * 2 * ... x.")
comb = _whole(
    "comb", "math.comb", COUNT, COUNT, sympy="binomial(x, y)", doc="Choices of y out of x."
)
perm = _whole("perm", "math.perm", COUNT, COUNT, sympy="ff(x, y)", doc="Ways to arrange y of x.")
isqrt = _whole("isqrt", "math.isqrt", COUNT, sympy="floor(sqrt(x))", doc="Root rounded down.")


@elementwise(
    "builtins.float",
    "numpy.float64",
    name="to_float",
    cost=Cost.FREE,
    result=float_type,
    sympy="x",
    bounds=bounds.same,
)
def to_float(x: Any, out: Any) -> Any:
    """The float of the same value."""
    return 1.0


def _of_dtype(dtype: str) -> Callable[[tuple[Type, ...]], Type]:
    def result(types: tuple[Type, ...]) -> Type:
        return array_of(dtype, unit_axes_of(types[0]))

    return result


def _short(dtype: str) -> Any:
    """NumPy's constructor of short floats."""

    @elementwise(
        f"numpy.{dtype}", name=f"to_{dtype}", cost=Cost.FREE, result=_of_dtype(dtype), sympy="x"
    )
    def to_short(x: Any, out: Any) -> Any:
        """The float of fewer digits that is nearest."""
        return 1.0

    return to_short


to_float32 = _short("float32")
to_float16 = _short("float16")


to_int = flat(
    "to_int", "builtins.int", cost=Cost.FREE, result=integer_type, doc="The int towards 0."
)
to_int.refuses = True
to_bool = flat(
    "to_bool",
    "builtins.bool",
    cost=Cost.FREE,
    raises=False,
    result=comparison_type,
    doc="Whether x is not 0.",
)


@elementwise("math.nextafter", "numpy.nextafter", domain=(REAL, REAL), cost=Cost.ADD, sympy="x")
def nextafter(x: Any, y: Any, out: Any) -> Any:
    """The float that follows x in the direction of y: x but for its rounding."""
    return 1.0, 0.0


ulp = _steps("ulp", "math.ulp", result=float_type, doc="The value of the last bit.")
spacing = _steps(
    "spacing", "numpy.spacing", result=float_type, doc="The distance to the next float outwards."
)
