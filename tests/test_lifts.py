"""Derivatives of one function begin with one graph, for as long as that is what it was."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chainrule import define_derivative, grad, hessian, hvp, jacobian, value_and_grad
from chainrule.transforms import lifts

NUMBERS = itertools.count()
TRANSFORMS = (value_and_grad, grad, hessian, jacobian, value_and_grad)
RATE = 2.0
WORD = "cube"


def power(x, xs):
    rate = RATE * xs[0] if len(xs) > 1 else 1.0
    return rate * x**3 if WORD == "cube" else rate * x**2


def repeated(x, n):
    total = x
    for _ in range(n):
        total *= x
    return total


def constant(x, y):
    if y > 3.0:
        raise ValueError("y is too large")
    return 2.0


def factorial(x, n):
    return 1.0 if n < 1 else x * factorial(x + 1.0, n - 1)


def helper(x):
    return x * x


def with_helper(x):
    return helper(x) * x


@pytest.fixture
def lifted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The functions that are lifted in a test, in order."""
    found: list[Any] = []
    lift = lifts.lift

    def noted(function: Any, *how: Any) -> Any:
        found.append(function)
        return lift(function, *how)

    monkeypatch.setattr(lifts, "lift", noted)
    monkeypatch.setattr(lifts, "_KEPT", lifts._Kept())
    yield found


def test_several_derivatives_of_a_function_lift_it_once(lifted: list[Any]) -> None:
    assert value_and_grad(power)(3.0, [0.5, 1.0]) == (27.0, 27.0)
    assert grad(power, mode="reverse")(3.0, [0.5, 1.0]) == 27.0
    assert grad(power, mode="forward")(3.0, [0.25, 7.0]) == 13.5
    assert hessian(power)(3.0, [0.5, 1.0]) == 18.0
    assert hvp(power)(3.0, [0.5, 1.0], x_dot=2.0) == (27.0, 36.0)
    assert grad(grad(power))(3.0, [0.5, 1.0]) == 18.0
    assert lifted == [power]


def test_derivatives_by_other_numbers_begin_with_the_same_graph(lifted: list[Any]) -> None:
    assert grad(power, wrt=("x", "xs"))(3.0, [0.5, 1.0]) == (27.0, [54.0, 0.0])
    assert grad(power, wrt="xs")(3.0, [0.5, 1.0]) == [54.0, 0.0]
    assert grad(power)(3.0, [0.5, 1.0]) == 27.0
    assert lifted == [power]


@pytest.mark.parametrize(
    ("function", "args", "second"), [(constant, (1.0, 2.0), 0.0), (factorial, (2.0, 3), 18.0)]
)
def test_the_derivatives_before_leave_nothing_behind(
    function: Callable[..., Any], args: tuple[Any, ...], second: float, lifted: list[Any]
) -> None:
    def shown(transform: Callable[..., Any]) -> str:
        name = f"made_{next(NUMBERS)}"
        derivative = transform(function, name=name)
        derivative(*args)
        return str(derivative.source).replace(name, "made")

    alone = []
    for transform in TRANSFORMS:
        lifts._KEPT.lifts.clear()
        alone.append(shown(transform))
    lifts._KEPT.lifts.clear()
    count = len(lifted)
    assert [shown(transform) for transform in TRANSFORMS] == alone
    assert len(lifted) == count + count // len(TRANSFORMS)
    assert hessian(function)(*args) == second


def test_what_has_changed_meanwhile_is_lifted_anew(
    lifted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert grad(power)(3.0, [0.5, 1.0]) == 27.0
    monkeypatch.setitem(globals(), "RATE", 4.0)
    assert hessian(power)(3.0, [0.5, 1.0]) == 36.0
    monkeypatch.setitem(globals(), "WORD", "square")
    assert grad(power, mode="reverse")(3.0, [0.5, 1.0]) == 12.0
    assert grad(power, mode="forward")(3.0, [0.5]) == 6.0
    monkeypatch.setitem(globals(), "RATE", None)
    with pytest.raises(TypeError):
        value_and_grad(power)(3.0, [0.5, 1.0])
    assert value_and_grad(power)(3.0, [0.5]) == (9.0, 6.0)


@pytest.mark.parametrize("derivative", [grad, hessian])
def test_a_number_that_shaped_the_graph_is_asked_for(
    derivative: Callable[..., Any], lifted: list[Any]
) -> None:
    for n in (2, 3, 2, 0):
        assert value_and_grad(repeated)(2.0, n)[0] == 2.0 ** (n + 1)
        slope = (n + 1) * 2.0**n
        assert derivative(repeated)(2.0, n) == (slope if derivative is grad else slope * n / 2.0)


def test_a_rule_that_is_given_later_counts(lifted: list[Any]) -> None:
    assert grad(with_helper)(3.0) == 27.0
    define_derivative(lambda x: 100.0)(helper)
    assert value_and_grad(with_helper)(3.0) == (27.0, 309.0)


def test_what_captures_variables_is_not_kept_alive(lifted: list[Any]) -> None:
    def scaled(x: float, rate: float = 2.0) -> Any:
        return grad(lambda y: rate * y * y)(x)

    assert scaled(3.0) == 12.0
    assert not any(function.__closure__ for function, *_ in lifts._KEPT.lifts)
