"""What has no name in the function is called by what it is."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad, value_and_grad

GAS = 8.314


def names(function: Any, *wrt: str) -> set[str]:
    """The variables of the gradient."""
    lines = grad(function, wrt=wrt, mode="reverse").source.splitlines()
    return {line.split(" = ")[0].strip() for line in lines if " = " in line and "#" not in line}


def pressure(T, V, a, b):
    return GAS * T / (V - b) - a / (V * (V + b)) + math.sin(V + b) + math.sin(GAS * T)


def discounted(r, T, K):
    return K * math.exp(-r * T) + math.log(math.exp(-r * T) + K * r) + math.exp(-r)


def clipped(x, y):
    z = math.sqrt(math.exp(x * y) + (y * y if x > 0.5 else 3.0))
    return z * z * math.sin(z)


def last_of(xs: list[float], k: float) -> float:
    return math.exp(xs[-1] * k) * xs[-1] + math.sin(-k) * math.cos(-k)


PRICES = {"apple": 1.25, "pear": 0.75, "plum": 0.5}


def priced(x: float, words: list[str], n: int, m: int) -> float:
    total = x
    for word in words:
        total = math.sin(total * x) * PRICES[word] + math.exp(PRICES[word] * total)
    return total * math.cos(total) ** (n - m)


def rooted(root, angle):
    return math.sin(root + angle) * math.exp(root + angle)


@pytest.mark.parametrize(
    ("function", "wrt", "expected"),
    [
        (pressure, ("T", "V", "b"), {"GAS_times_T", "V_plus_b", "gap"}),
        (discounted, ("r", "T", "K"), {"exponential"}),
        (clipped, ("x", "y"), {"exp_x_times_y"}),
        (rooted, ("root", "angle"), {"root_plus_angle"}),
        (last_of, ("xs", "k"), {"last_xs", "sin_minus_k"}),
        (priced, ("x",), {"price", "price_tape", "n_minus_m"}),
    ],
)
def test_values_without_a_name(function: Any, wrt: tuple[str, ...], expected: set[str]) -> None:
    found = names(function, *wrt)
    assert expected <= found, found
    assert not [name for name in found if name[0] == "t" and name[1:].isdigit()], found


def test_a_name_that_the_user_has_is_not_taken() -> None:
    def of_own(x, total):
        exponential = x * total
        return math.sin(x * x * total + 1.0) * math.exp(x * x * total + 1.0) + exponential

    slope = value_and_grad(of_own, wrt="x")
    value, found = slope(0.3, 0.7)
    assert value == of_own(0.3, 0.7)
    near = (of_own(0.3 + 1e-6, 0.7) - of_own(0.3 - 1e-6, 0.7)) / 2e-6
    assert found == pytest.approx(near, rel=1e-8)


def judged(x, y, n):
    z = x * y if x > y else x
    z = z * y if x <= 0 else z + 1.0
    z = z * x if n == 3 else z + y
    z = z * y if y < 2300.0 else z
    return z * z if x < y and n > 2 else z * x


def test_conditions_are_called_by_what_they_say() -> None:
    found = names(judged, "x", "y")
    assert {"x_above_y", "x_not_positive", "n_is_3", "y_below_2300"} <= found


def fitted(x, regime):
    if regime == 0:
        a = 0.98
    elif regime == 2:
        a = 0.85
    return a * x * x


def test_a_variable_that_one_path_leaves_without_a_value_keeps_its_name() -> None:
    assert "a" in names(fitted, "x")
