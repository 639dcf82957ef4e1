"""Derivatives of one function begin with one graph, for as long as that is what it was."""

from __future__ import annotations

import itertools
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from chainrule import (
    define_derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    value_and_grad,
)
from chainrule.lift.statements import Statements
from chainrule.transforms import derive, lifts
from chainrule.transforms.specialise import Request

NUMBERS = itertools.count()
TRANSFORMS = (value_and_grad, grad, hessian, jacobian, value_and_grad)
RATE = 2.0
WORD = "cube"
ENTRIES = [5.0, 7.0]


def power(x, xs):
    rate = RATE * xs[0] if len(xs) > 1 else 1.0
    return rate * x**3 if WORD == "cube" else rate * x**2


def with_entry(x: float) -> float:
    return x * ENTRIES[0]


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


def by_kind(x):
    return x * x if isinstance(x, float) else 3.0 * x


def behind_a_helper(x):
    y = x + x
    return by_kind(y)


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


SCALE = 1.0
TABLE = np.array([0.5, 0.25, 2.0])


def with_parts(x, y, k):
    part = x[0:k]
    return np.sum(part * y) * part[0]


def test_lengths_that_derivatives_ask_for_are_those_of_the_call(lifted: list[Any]) -> None:
    x, y = np.array([0.5, 0.6, 0.8]), np.array([0.7, 0.4, 0.9])
    total = float(np.sum(y))
    for mode in ("forward", "reverse"):
        for k in (3, 1, 3):
            whole = [np.sum(x * y), 0.0, 0.0] + y * x[0] if k == 3 else [2 * x[0] * total, 0, 0]
            np.testing.assert_allclose(grad(with_parts, mode=mode)(x, y, k), whole, rtol=1e-14)


def test_each_derivative_asks_for_all_that_it_rests_on(lifted: list[Any]) -> None:
    x, y = np.array([0.5, 0.6, 0.8]), np.array([0.7, 0.4, 0.9])
    slopes = [grad(with_parts, name=name) for name in ("one", "two", "three")]
    assert all(slope(x, y, 3) is not None for slope in slopes)
    assert len(lifted) == 1
    for slope in slopes:
        np.testing.assert_allclose(slope(x, y, 1), [2 * x[0] * np.sum(y), 0.0, 0.0], rtol=1e-14)


def vanishing_for_one(x):
    return math.exp(SCALE * x) - math.exp(x)


def test_numbers_of_globals_on_which_derivatives_rest_are_those_of_now(
    lifted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert grad(vanishing_for_one)(0.5) == 0.0
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    slope = 2.0 * math.exp(1.0) - math.exp(0.5)
    assert value_and_grad(vanishing_for_one)(0.5)[1] == pytest.approx(slope, rel=1e-14)
    monkeypatch.setitem(globals(), "SCALE", 1.0)
    assert jacobian(vanishing_for_one)(0.5) == 0.0


def with_table(x):
    return np.sum(x * TABLE)


def test_an_array_outside_may_be_another(
    lifted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert list(grad(with_table)(x)) == [0.5, 0.25, 2.0]
    monkeypatch.setitem(globals(), "TABLE", np.array([4.0]))
    assert list(value_and_grad(with_table)(x)[1]) == [4.0, 4.0, 4.0]
    TABLE[0] = 5.0
    assert list(grad(with_table, mode="reverse")(x)) == [5.0, 5.0, 5.0]


def test_functions_that_are_given_another_body_are_read_anew(lifted: list[Any]) -> None:
    def inner(x: float, power: float = 2.0) -> float:
        return power * x

    def other(x: float, power: float = 2.0) -> float:
        return power * x * x

    one = types.FunctionType(inner.__code__, globals(), "inner_of_many", inner.__defaults__)
    globals()["inner_of_many"] = one
    assert grad(with_inner)(3.0) == 2.0
    one.__code__ = other.__code__
    assert value_and_grad(with_inner)(3.0) == (18.0, 12.0)
    one.__defaults__ = (5.0,)
    assert jacobian(with_inner)(3.0) == 30.0


def with_inner(x):
    return inner_of_many(x)  # noqa: F821


def with_own_default(x, rate=2.0):
    return rate * x


def test_other_defaults_count(lifted: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert grad(with_own_default)(3.0) == 2.0
    monkeypatch.setattr(with_own_default, "__defaults__", ("three",))
    with pytest.raises(TypeError):
        value_and_grad(with_own_default)(3.0)
    monkeypatch.setattr(with_own_default, "__defaults__", (4.0,))
    assert jacobian(with_own_default)(3.0) == 4.0


def test_what_asks_for_kinds_is_derived_once_for_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[str] = []

    def noted(lifted: Any, *how: Any) -> Any:
        derived.append(lifted.graph.name)
        return transformed(lifted, *how)

    transformed = derive.transformed
    monkeypatch.setattr(derive, "transformed", noted)
    assert grad(by_kind)(3.0) == 6.0
    assert derived == ["by_kind"]
    assert grad(by_kind)(np.array(3.0)) == 3.0


def test_what_asks_for_kinds_is_lifted_no_further_for_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statements: list[int] = []
    statement = Statements.statement

    def noted(lifter: Statements, node: Any) -> Any:
        statements.append(node.lineno)
        return statement(lifter, node)

    monkeypatch.setattr(Statements, "statement", noted)
    assert grad(behind_a_helper)(3.0) == 24.0
    assert statements.count(by_kind.__code__.co_firstlineno + 1) == 1


def test_a_derivative_that_shows_a_table_is_generated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generated: list[Any] = []
    generate = Request.generate

    def noted(request: Request, *how: Any) -> Any:
        generated.append(request.function)
        return generate(request, *how)

    monkeypatch.setattr(Request, "generate", noted)
    assert grad(with_entry)(3.0) == 5.0
    assert len(generated) == 1
    # Asked for again, it shows and runs what there is now.
    monkeypatch.setattr("tests.test_lifts.ENTRIES", [4.0, 6.0])
    assert grad(with_entry)(3.0) == 4.0
