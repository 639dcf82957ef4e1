"""The oracle judges others: here it is judged itself, on derivatives known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from tests import oracle
from tests.oracle import agrees, derivative, gradient


def gaussian(x: float, width: float) -> float:
    return math.exp(-0.5 * (x / width) ** 2) / width


def newton_sqrt(a: float) -> float:
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


def test_all_witnesses_know_a_gaussian() -> None:
    exact = -1.3 / 0.49 * gaussian(1.3, 0.7)
    verdict = derivative(gaussian, (1.3, 0.7), {}, "x")
    assert verdict.decided
    assert agrees(verdict, exact, rtol=1e-14)
    assert not agrees(verdict, exact * (1.0 + 2e-6))


def test_differences_alone_are_honest_about_their_error() -> None:
    line = oracle._Line(gaussian, (1.3, 0.7), {}, "x", ())
    verdict = oracle._differences(line, line(line.at))
    exact = -1.3 / 0.49 * gaussian(1.3, 0.7)
    assert verdict.decided
    assert abs(verdict.value - exact) <= verdict.error <= 1e-8 * abs(exact)


def test_fifty_digits_follow_helpers_loops_and_domain_errors() -> None:
    def safe(x: float) -> float:
        try:
            return math.log(x - 5.0)
        except ValueError:
            return newton_sqrt(x)

    verdict = derivative(safe, (2.0,))
    assert verdict.reason == "precision"
    assert agrees(verdict, 0.5 / math.sqrt(2.0), rtol=1e-9)


def test_complex_step_is_not_believed_where_it_is_not_analytic() -> None:
    def f(x: float) -> float:
        return abs(x) * x

    assert agrees(derivative(f, (-3.0,)), 6.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (abs, 0.0),
        (lambda x: max(x, 1.0), 1.0),
        (math.sqrt, 0.0),
        (lambda x: x if x > 2.0 else 2.0 * x - 2.0, 2.0),
        (lambda x: math.floor(x), 3.0),
        (lambda x: x ** (1.0 / 3.0) if x > 0 else -((-x) ** (1.0 / 3.0)), 0.0),
        (lambda x: math.sin(1e12 * x), 0.3),
    ],
    ids=["abs", "max", "edge", "kink", "jump", "cusp", "noise"],
)
def test_kinks_edges_and_noise_are_undecided(f: Callable[[float], float], x: float) -> None:
    verdict = derivative(lambda x: f(x), (x,))
    assert not verdict.decided
    with pytest.raises(oracle.OracleError):
        agrees(verdict, 0.0)


def test_nan_equals_only_nan() -> None:
    verdict = derivative(lambda x: x * math.nan, (1.0,))
    assert verdict.decided
    assert agrees(verdict, math.nan)
    assert not agrees(verdict, 0.0)
    assert not agrees(derivative(lambda x: x * x, (1.0,)), math.nan)


def test_what_does_not_depend_has_derivative_zero() -> None:
    assert agrees(derivative(lambda x, y: y, (1.0, 2.0)), 0.0)
    assert not agrees(derivative(lambda x, y: y, (1.0, 2.0)), 1e-9)


def test_numbers_inside_containers_are_reached_and_arguments_left_alone() -> None:
    def f(weights: list[tuple[float, float]], bias: float) -> float:
        weights.append((bias, bias))
        return sum(a * b for a, b in weights)

    weights = [(1.0, 2.0), (3.0, 4.0)]
    verdicts = gradient(f, (weights, 0.5), {}, "weights")
    assert weights == [(1.0, 2.0), (3.0, 4.0)]
    expected = {(0, 0): 2.0, (0, 1): 1.0, (1, 0): 4.0, (1, 1): 3.0}
    assert set(verdicts) == set(expected)
    assert all(agrees(verdicts[path], number) for path, number in expected.items())


def test_arrays_are_judged_entry_by_entry_in_50_digits() -> None:
    x = np.array([0.3, -1.2])
    verdicts = gradient(lambda x: np.sum(np.exp(-(x**2)) * np.cos(x[0])), (x,))
    exact = -2.0 * x[1] * math.exp(-(x[1] ** 2)) * math.cos(x[0])
    assert verdicts[(1,),].reason in ("complex step", "precision")
    assert agrees(verdicts[(1,),], exact, rtol=1e-14)


def test_bits_tell_signs_of_zero_and_types() -> None:
    assert oracle.same_bits(math.nan, math.nan)
    assert not oracle.same_bits(0.0, -0.0)
    assert not oracle.same_bits(1, 1.0)
    assert oracle.same_bits((1.0, [2.0]), (1.0, [2.0]))


def test_differences_do_not_outvote_what_oscillates_between_their_steps() -> None:
    wide, fast = 1e5, 3.0**20

    def f(x: float) -> float:
        return wide * x * x + 0.5**20 * math.cos(fast * x)

    x = 40.7
    with mpmath.workdps(40):
        exact = float(2.0 * wide * x - 0.5**20 * fast * mpmath.sin(mpmath.mpf(fast) * x))
    verdict = derivative(f, (x,))
    assert not verdict.decided or agrees(verdict, exact, rtol=1e-9)
    assert abs(exact - 2.0 * wide * x) > 1e-5 * exact


def test_what_stands_still_at_the_shortest_steps_only_is_not_taken_for_flat() -> None:
    def f(x: float) -> float:
        return (1e4 + math.sin(math.floor(x * 2.0**40) / 2.0**40)) - 1e4

    verdict = derivative(f, (0.7,))
    assert not verdict.decided or agrees(verdict, math.cos(0.7), rtol=1e-4)


def test_waves_shorter_than_most_steps_leave_the_differences_undecided() -> None:
    fast, slow = math.radians(38281.0473591), math.radians(0.50426)

    def f(x: float) -> float:
        return 1e-4 * math.sin(2.32 + fast * x) + 0.5 * math.sin(0.63 + slow * x)

    x = 19.1543
    exact = 1e-4 * fast * math.cos(2.32 + fast * x) + 0.5 * slow * math.cos(0.63 + slow * x)
    verdict = oracle._differences(oracle._Line(f, (x,), {}, 0, ()), f(x))
    assert not verdict.decided or agrees(verdict, exact, rtol=1e-4)
