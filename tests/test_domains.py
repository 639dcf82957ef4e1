"""Outside its domain a function has no derivative: `grad` raises there what the function raises."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import exp, log, log1p
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, jacobian
from chainrule.primitives import elementary
from chainrule.primitives.declare import TABLE, Elementwise, Primitive


def logarithm(x: float) -> float:
    return log(x)


def of_a_quotient(x: float, y: float) -> float:
    return log(x / y)


def in_a_loop(x: float, n: int) -> float:
    total = 0.0
    for k in range(n):
        total += math.log10(x - k)
    return total


def unused(x: float) -> float:
    y = math.log2(x)
    del y
    return x * x


def in_an_arm(x: float) -> float:
    if x < 5.0:
        return math.atanh(x)
    return log1p(x)


def with_base(x: float, y: float) -> float:
    return log(x, y)


def additive(x: float, n: float) -> float:
    return x + log(n)


def through_inner(x: float) -> float:
    return x * grad(lambda y: log(y - 1.0))(x)


OUTSIDE = [
    (logarithm, (-1.0,)),
    (logarithm, (0.0,)),
    (of_a_quotient, (1.0, -2.0)),
    (of_a_quotient, (0.0, 2.0)),
    (in_a_loop, (2.5, 4)),
    (unused, (-1.0,)),
    (in_an_arm, (-1.0,)),
    (in_an_arm, (3.0,)),
    (with_base, (-1.0, 2.0)),
    (with_base, (2.0, -1.0)),
    (with_base, (2.0, 1.0)),
    (additive, (2.0, -1.0)),
    (additive, (2.0, 0.0)),
]


@pytest.mark.parametrize("transform", [grad, hessian, jacobian])
@pytest.mark.parametrize(("function", "at"), OUTSIDE)
def test_outside_the_domain_the_functions_own_error_is_raised(
    transform: Any, function: Callable[..., float], at: tuple[Any, ...]
) -> None:
    with pytest.raises((ValueError, ArithmeticError)) as own:
        function(*at)
    with pytest.raises(type(own.value)) as raised:
        transform(function)(*at)
    assert str(raised.value) == str(own.value)


def test_a_derivative_inside_a_function_raises_too() -> None:
    assert grad(through_inner)(3.0) == pytest.approx(1 / 2 - 3 / 4)
    with pytest.raises(ValueError, match="domain"):
        grad(through_inner)(0.5)


def refused_before(x: float) -> float:
    if x <= 0:
        raise ValueError("no")
    return log(x)


def returned_before(x: float) -> float:
    if not x > 1e-300 or x > 10.0:
        return 0.0
    return log(x)


def chained(x: float) -> float:
    return log(x) if 0.0 < x < 8.0 else x


def certain(x: float) -> float:
    return log(1.0 + exp(x)) + log1p(x * x) + log(2.0 * math.pi) + log(math.cosh(x))


def used(x: float) -> float:
    return log(x) ** 2


@pytest.mark.parametrize("function", [refused_before, returned_before, chained, certain, used])
def test_no_check_where_it_is_certain(function: Callable[[float], float]) -> None:
    text = grad(function).source.split('"""')[-1]
    text = "\n".join(line for line in text.split("\n") if "#" not in line)
    assert text.count("log") == (1 if function is used else 0), text


def test_no_check_twice() -> None:
    def twice(x: float) -> float:
        return log(x) + 3.0 * log(x) + x * math.log10(x) - 2.0 * math.log2(x)

    text = grad(twice).source.split('"""')[-1]
    assert text.count("<= 0.0") == 1, text


def on_either_arm(x: float, y: float) -> float:
    if y > 0.0:
        z = log(x) * y
        return z * z
    return exp(log(x) - y)


def test_no_check_where_an_arm_takes_the_logarithm_itself() -> None:
    assert "if x <= 0.0" not in grad(on_either_arm, wrt=("x", "y")).source


def test_numpys_logarithm_does_not_raise() -> None:
    def f(x: float) -> float:
        return np.log(x)  # type: ignore[no-any-return]

    assert "if" not in grad(f).source.split('"""')[-1]


SINGLE = [
    primitive
    for primitive in TABLE.values()
    if isinstance(primitive, Elementwise) and primitive.raises and primitive.callables
]


@pytest.mark.parametrize("primitive", SINGLE, ids=lambda primitive: primitive.name)
def test_every_function_with_a_derivative_outside_its_domain_says_so(primitive: Primitive) -> None:
    domain = primitive.domain[0]
    if math.isinf(domain.low) and math.isinf(domain.high):
        return
    assert isinstance(primitive, Elementwise)
    for x in (domain.low - 0.75, domain.high + 0.75):
        args = (x, *(2.5 for _ in primitive.domain[1:]))
        if math.isinf(x):
            continue
        try:
            primitive.value(*args)
        except (ValueError, ArithmeticError):
            pass
        else:
            continue
        try:
            slope = primitive.partials(*args, math.nan)
        except (ValueError, ArithmeticError, TypeError):
            continue
        first = slope[0] if isinstance(slope, tuple) else slope
        assert primitive.quiet == (isinstance(first, float) and math.isfinite(first)), args


def test_the_logarithm_is_among_those_that_say_so() -> None:
    assert elementary.log.quiet and not elementary.exp.quiet


def angles(x: float) -> float:
    return np.arcsin(x) + np.arccosh(x)


def waves(x: float) -> float:
    return np.cosh(x) + np.cos(x) + np.sinc(x)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_derivatives_of_numpys_functions_of_numbers_do_not_raise(mode: str) -> None:
    """Where those give nan or infinity."""
    assert math.isnan(grad(angles, mode=mode)(-2.0))
    assert math.isnan(grad(angles, mode=mode)(np.float64(-2.0)))
    assert grad(waves, mode=mode)(800.0) == math.inf
    assert math.isnan(grad(waves, mode=mode)(math.inf))
    assert "math" not in grad(waves, mode=mode).source
