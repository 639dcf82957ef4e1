"""Large functions that are called several times are functions of the generated module."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainrule import grad, hessian, jacobian, value_and_grad
from chainrule.lift.calls import repeated
from chainrule.lift.calls.functions import Callee, Functions
from tests import oracle


def density(t, p, order=3):
    total = 0.0
    for k in range(1, 6):
        total += math.sin(k * t) * math.exp(-p * k) / k
    for k in range(order):
        total += 0.1 * math.cos(p + k) * t / (1.0 + k * k)
    if total > 0.5:
        total *= math.sqrt(t * t + p * p + 1.0)
    scale = math.log(1.0 + t * t) * math.tanh(p) + t / (2.0 + p * p)
    return total + scale * scale - math.atan(scale * t) + 1.0 / (1.0 + t * t + p * p)


def mixture(x, y):
    return density(x, y) * density(y, x) - density(x + y, 0.5 * y) + density(x, x * y)


def in_a_branch(x, y):
    z = density(y, x) if x > y else 2.0 * density(x, y)
    return z * z + density(z, y) + density(x, z)


def in_a_loop(x, y):
    total = x
    for k in range(12):
        total = math.sin(density(total, y)) + 0.1 * k
    return total + density(total, x) + density(y, total) + density(x, 2.0)


def outer(u, v):
    a, b = density(u, v), density(v, u)
    inner = math.exp(-a * a) * math.cos(b) + a / (1.0 + b * b)
    return inner + density(inner, v)


def three_levels(x, y):
    return outer(x, y) + outer(y, x) * outer(x, x * y)


def pair(u, v):
    first = density(u, v, 2)
    for k in range(1, 4):
        first += math.sin(k * u) * math.cos(v) / k + math.exp(-k * v * v) * math.atan(u)
    return first, first * math.tanh(u) + math.log(2.0 + v * v) * math.sin(u * v)


def of_pairs(x, y):
    a, b = pair(x, y)
    c, d = pair(a, b)
    e, _ = pair(c, x)
    g, _ = pair(x, 0.3)
    return a * b + c * d * e + g


def checked(u, v):
    if u > 2.0:
        raise ValueError(f"too large: {u}")
    return density(u, v) + 1.0 / density(v, u)


def of_checked(x, y):
    try:
        a = checked(x, y)
    except ValueError:
        a = checked(0.5 * x, y)
    return a * checked(y, x) + checked(x * y, a)


class Model:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def flow(self, u, v):
        total = self.rate * u
        for k in range(1, 5):
            total += math.sin(self.rate * k * u) * math.exp(-v * k) / k
        scale = math.log(1.0 + u * u) * math.tanh(v) + u / (2.0 + v * v)
        total += math.atan(scale * u) * math.cos(v) - scale * scale * math.sin(total)
        total += math.log(2.0 + total * total) * math.sin(v) / (3.0 + scale * scale)
        return total / (1.0 + u * u + v * v) + math.sqrt(1.0 + total * total) * u * v

    def balance(self, x, y):
        return self.flow(x, y) * self.flow(y, x) + self.flow(x + y, x) * self.flow(y, x + 0.7)


def closure(x, y):
    rate = x * y

    def flow(u):
        total = rate * u
        for k in range(1, 5):
            total += math.sin(rate * k * u) * math.exp(-y * k) / k
        scale = math.log(1.0 + u * u) * math.tanh(rate) + u / (2.0 + y * y)
        total += math.atan(scale * u) * math.cos(y) - scale * scale * math.sin(total)
        total += math.log(2.0 + total * total) * math.sin(u) / (3.0 + scale * scale)
        return total / (1.0 + u * u + y * y) + math.sqrt(1.0 + total * total) * u * y

    return flow(x) * flow(y) + flow(x + y) + flow(0.5 * x)


CASES = [
    mixture,
    in_a_branch,
    in_a_loop,
    three_levels,
    of_pairs,
    of_checked,
    Model(1.3).balance,
    closure,
]
POINTS = ((0.4, 0.7), (2.3, 0.6))
EVERY = pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)


@EVERY
def test_values_and_slopes_are_right(function: Callable[..., Any]) -> None:
    for mode in ("forward", "reverse"):
        slopes = value_and_grad(function, ("x", "y"), mode=mode)
        for at in POINTS:
            value, found = slopes(*at)
            assert oracle.same_bits(value, function(*at))
            for slope, name in zip(found, ("x", "y"), strict=True):
                (verdict,) = oracle.gradient(function, at, {}, name).values()
                assert verdict.decided and oracle.agrees(verdict, slope), (mode, at, name)
        assert "_with_slopes(" in slopes.source


@pytest.mark.parametrize("function", [in_a_branch, closure])
def test_second_derivatives_are_those_of_the_first(function: Callable[..., Any]) -> None:
    (verdict,) = oracle.gradient(grad(function), POINTS[0], {}, "x").values()
    assert verdict.decided
    assert oracle.agrees(verdict, hessian(function)(*POINTS[0]))


def test_the_text_calls_the_derivative_of_the_helper() -> None:
    text = value_and_grad(in_a_branch, ("x", "y"), mode="reverse").source
    assert text.count("def ") == 2
    assert '"""Value of `density` and its slopes by t, p."""' in text
    body = text[text.index("def value_and_grad_in_a_branch") :]
    assert "value, density_dt, density_dp = density_with_slopes(y, x)" in body
    # Where the value is computed, the slopes are: no call for the way back.
    assert body.count("density_with_slopes(") == 4


def test_tapes_hold_slopes_rather_than_call_again() -> None:
    text = value_and_grad(in_a_loop, ("x", "y"), mode="reverse").source
    assert "density_dt_tape.append(density_dt)" in text
    assert "density_tape.append(value)" in text
    assert text.count("= density_with_slopes(total, y)") == 1


def constants(x):
    return density(x, 0.4) + density(2.0 * x, 0.4) * density(x * x, 0.4) - density(3.0, 0.4)


def test_a_constant_of_all_calls_is_written_inside() -> None:
    text = grad(constants).source
    assert "def density_with_slopes(t):" in text
    assert oracle.agrees(
        next(iter(oracle.gradient(constants, (0.3,), {}, "x").values())), grad(constants)(0.3)
    )


def small(u, v):
    return u * math.sin(v) + v / (1.0 + u * u)


def many_small(x, y):
    return small(x, y) + small(y, x) * small(small(x, x), y) - small(2.0 * x, small(y, 1.0))


def twice(x):
    return density(x, 1.0) * density(x, 1.0)


@pytest.mark.parametrize("function", [many_small, twice])
def test_what_is_small_or_called_once_is_inlined(function: Callable[..., Any]) -> None:
    """Two calls on the same arguments are one."""
    slope = grad(function)
    slope(*(0.3, 0.4)[: function.__code__.co_argcount])
    assert slope.source.count("def ") == 1


def test_a_changed_helper_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    slope = grad(mixture)
    before = slope(0.4, 0.7)
    monkeypatch.setitem(globals(), "density", lambda t, p: t * p)
    assert slope(0.4, 0.7) == pytest.approx(grad(lambda x, y: x * y * x * y)(0.4, 0.7), abs=1.0)
    monkeypatch.undo()
    assert slope(0.4, 0.7) == before


def test_jacobians_of_several_results() -> None:
    columns = jacobian(of_pairs, ("x", "y"))(0.4, 0.7)
    slopes = grad(of_pairs, ("x", "y"))(0.4, 0.7)
    assert columns == pytest.approx(slopes, rel=1e-12)


def spread(u, v, w, z):
    a = math.sin(u) * math.exp(-v) + math.cos(w) * math.tanh(z) + math.atan(u * v * w * z)
    b = math.log(2.0 + a * a) * math.sin(v) / (3.0 + u * u) + math.sqrt(1.0 + a * a + w * w)
    c = math.exp(-a * a) * math.cos(b) + a / (1.0 + b * b) - math.atan(b * z) * math.tanh(a)
    d = math.sin(a * b * c) / (2.0 + math.cos(c) * math.sin(b)) + math.log(3.0 + c * c + u * w)
    a += math.tanh(b * c * d) / (1.0 + d * d) + math.sin(d - c) * math.exp(-d * d) - u * v
    return a, b * math.sin(a + d), c * math.exp(-b * b), d * math.atan(a * c + z)


def of_spread(x, y):
    a, b, c, d = spread(x, y, x * y, 0.5)
    a, b, c, d = spread(a, b, c, d)
    a, b, c, d = spread(b, c, d, a)
    a, b, c, d = spread(d, a, b, c)
    return a + b + c + d


def test_what_takes_and_returns_much_is_not_lifted_to_be_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apart: list[str] = []
    invoke = Functions.invoke

    def noted(lifter: Functions, callee: Callee, *how: Any) -> Any:
        apart.append(callee.name)
        return invoke(lifter, callee, *how)

    monkeypatch.setattr(Functions, "invoke", noted)
    function = value_and_grad(of_spread, ("x", "y"))
    value, slopes = function(0.4, 0.7)
    assert value == of_spread(0.4, 0.7)
    for slope, name in zip(slopes, ("x", "y"), strict=True):
        (verdict,) = oracle.gradient(of_spread, (0.4, 0.7), {}, name).values()
        assert verdict.decided and oracle.agrees(verdict, slope), name
    assert apart == []
    assert "spread_with" not in function.source


def test_the_decision_counts_operations_and_calls() -> None:
    assert not repeated.is_worth_it(repeated.LARGE - 1, 1000)
    assert not repeated.is_worth_it(10_000, 1)
    assert repeated.is_worth_it(repeated.SAVED, 2)
