"""The declared primitives, the points at which they are tested, and their rules on numbers."""

from __future__ import annotations

import importlib
import itertools
import math
import pkgutil
import random
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
import sympy

import chainrule.primitives
from chainrule.primitives.declare import (
    TABLE,
    Differential,
    Elementwise,
    Interval,
    Primitive,
)
from chainrule.primitives.partials import Refusal

for _module in pkgutil.iter_modules(chainrule.primitives.__path__):
    importlib.import_module(f"chainrule.primitives.{_module.name}")

# Callables that older versions do not have, each with the first version that does.
NEWER: dict[str, tuple[int, ...]] = {
    "math.cbrt": (3, 11),
    "math.exp2": (3, 11),
    "math.fma": (3, 13),
    "scipy.special.softplus": (1, 17),
}
EPSILON = 2.0**-52


def exists(dotted: str) -> bool:
    """Whether the versions that run here have this callable."""
    module = dotted.partition(".")[0]
    version: tuple[int, ...] = sys.version_info[:2]
    if module in ("numpy", "scipy"):
        found = pytest.importorskip(module).__version__.split(".")
        version = tuple(int(part) for part in found[:2])
    return version >= NEWER.get(dotted, (0,))


def computable(primitive: Primitive) -> bool:
    """Whether the primitive can be evaluated on numbers here."""
    return primitive.evaluate is not None or bool(
        primitive.callables and exists(primitive.callables[0])
    )


RULES = [
    primitive
    for primitive in TABLE.values()
    if isinstance(primitive, (Elementwise, Differential)) and computable(primitive)
]
# What flows through it is cut by decree, not because it is a step.
STEPS = [
    primitive
    for primitive in TABLE.values()
    if primitive.door == "flat"
    and computable(primitive)
    and not any(dotted.startswith("chainrule.") for dotted in primitive.callables)
]
each_rule = pytest.mark.parametrize("primitive", RULES, ids=lambda primitive: primitive.name)
each_step = pytest.mark.parametrize("primitive", STEPS, ids=lambda primitive: primitive.name)


# --- points -----------------------------------------------------------------------------

MAGNITUDES = (1e-300, 1e-150, 1e-20, 1e-8, 1e-3, 0.1, 0.37, 1.0, 1.6, 2.5, 7.3, 30.25, 400.0, 1e4)
EXTREMES = (1e8, 1e17, 1e155, 1e300)


def inside(value: float, interval: Interval) -> bool:
    """Whether an argument may take this value."""
    above = value > interval.low or (value == interval.low and not interval.open_low)
    below = value < interval.high or (value == interval.high and not interval.open_high)
    # An open end at minus infinity means that 0 is left out.
    zero = value == 0.0 and interval.low == -math.inf and interval.open_low
    return above and below and not zero


def samples(interval: Interval) -> list[Any]:
    """Values of one argument: edges, what is near them, small and large magnitudes."""
    if isinstance(interval.low, bool):
        return [False, True]
    if isinstance(interval.low, int):
        low, high = int(interval.low), int(interval.high)
        return sorted({low, min(low + 1, high), (low + high) // 2, high})
    positive = (*MAGNITUDES, *EXTREMES)
    values = [0.0, *positive, *(-value for value in positive)]
    for end in (interval.low, interval.high):
        if math.isfinite(end):
            values += [end]
            for distance in (1e-15, 1e-9, 1e-3, 0.2):
                values += [end + distance * max(1.0, abs(end)), end - distance * max(1.0, abs(end))]
    return [value for value in dict.fromkeys(values) if inside(value, interval)]


ELEMENTARY = (
    sympy.exp,
    sympy.log,
    sympy.Abs,
    sympy.sign,
    sympy.floor,
    sympy.ceiling,
    sympy.Max,
    sympy.Min,
    sympy.Piecewise,
    sympy.Mod,
    sympy.functions.elementary.trigonometric.TrigonometricFunction,
    sympy.functions.elementary.trigonometric.InverseTrigonometricFunction,
    sympy.functions.elementary.hyperbolic.HyperbolicFunction,
    sympy.functions.elementary.hyperbolic.InverseHyperbolicFunction,
)


def affordable(primitive: Primitive) -> Callable[[float], bool]:
    """Which values the oracle can bear: special functions take too long at 600 digits."""
    functions = primitive.as_sympy(*symbols(primitive)).atoms(sympy.Function)
    if all(isinstance(function, ELEMENTARY) for function in functions):
        return lambda x: True
    return lambda x: x == 0 or 1e-20 <= abs(x) <= 1e8


@cache
def points(primitive: Primitive) -> list[tuple[Any, ...]]:
    """Points of the domain where the operation has a finite value."""
    bearable = affordable(primitive)
    axes = [list(filter(bearable, samples(interval))) for interval in primitive.domain]
    everywhere = list(itertools.product(*axes))
    chosen = random.Random(primitive.name)
    count = 30 if len(axes) > 1 else len(everywhere)
    drawn = chosen.sample(everywhere, min(count, len(everywhere)))
    return [point for point in drawn if has_value(primitive, point)]


def has_value(primitive: Primitive, point: Sequence[Any]) -> bool:
    """Whether f itself gives a finite real number at this point."""
    try:
        value = quietly(primitive.value, *point)
    except (ArithmeticError, ValueError):
        return False
    return not isinstance(value, complex) and math.isfinite(value)


def quietly(function: Callable[..., Any], *args: Any) -> Any:
    """The result, without NumPy's warnings of overflow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(*args)


def symbols(primitive: Primitive) -> list[Any]:
    """One symbol an argument."""
    return [sympy.Symbol(name, real=True) for name in "xyzw"[: primitive.arity]]


# --- the rule on numbers ----------------------------------------------------------------


def partials(primitive: Primitive, args: Sequence[Any], out: Any) -> list[Any]:
    """The partial derivatives that the rule gives; None where it refuses."""
    if isinstance(primitive, Elementwise):
        found = primitive.derivatives(args, out)
        return [None if isinstance(partial, Refusal) else partial for partial in found]
    assert isinstance(primitive, Differential)
    one, zero = (1.0, 0.0) if isinstance(out, float) else (sympy.Integer(1), sympy.Integer(0))
    units = [[one if i == k else zero for i in range(len(args))] for k in range(len(args))]
    tangents = [primitive.rule(*args, *unit, out) for unit in units]
    bars = primitive.transposed(*args, out, one)
    for tangent, bar in zip(tangents, bars, strict=True):
        assert (bar() if callable(bar) else bar) == pytest.approx(tangent, rel=4 * EPSILON)
    return tangents


def partials_at(primitive: Primitive, point: Sequence[Any]) -> list[Any]:
    found = quietly(partials, primitive, point, float(quietly(primitive.value, *point)))
    return [None if partial is None else float(partial) for partial in found]
