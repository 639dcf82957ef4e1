# ruff: noqa: SIM108
"""Names that are bound on some paths only, or to values of different kinds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from tests import oracle

MODES = ("forward", "reverse")


def bound_on_two_of_three(x, k):
    if k > 1:
        y = x * x
    elif k > 0:
        y = x * x * x
    z = 2.0 * y
    return z + x


def bound_by_an_earlier_step(x, k):
    for i in range(k):
        if i % 3 == 0:
            last = x + i
        else:
            last = last * x
    return last


def bound_in_some_steps(x, k):
    for i in range(k):
        if i > 1:
            y = x * i
    return y * x


def list_bound_under_a_condition(x, k):
    if k > 0:
        parts = [x, x * x]
    if k > 1:
        parts[0] = x * 3.0
    return parts[0] * parts[1]


def deleted(x, k):
    y = x * x
    if k < 1:
        del y
    return y * x


def array_bound_by_an_earlier_step(x, k):
    for i in range(k):
        if i < 1:
            row = np.array([x, x * x])
        else:
            row = row * x + i
    return row.sum()


UNBOUND = (
    array_bound_by_an_earlier_step,
    bound_on_two_of_three,
    bound_by_an_earlier_step,
    bound_in_some_steps,
    list_bound_under_a_condition,
    deleted,
)


def number_or_none(x, k):
    y = None
    if k > 0:
        y = [x, x * x]
    if y is None:
        return x
    return y[0] * y[1]


def number_or_tuple(x, k):
    y = (x, x * x) if k > 0 else x
    if k > 0:
        return y[0] * y[1]
    return y


def one_of_two_functions(x, k):
    if k > 0:
        g = math.sin
    else:
        g = math.cos
    s = 0.0
    for i in range(3):
        s += g(x * i)
    return s


def helper(x, k):
    if k > 0:
        return {"a": x * x}
    return None


def result_of_two_kinds(x, k):
    found = helper(x, k)
    if found is not None and x > 0.0:
        return found["a"] * x
    return 2.0 * x


KINDS = (number_or_none, number_or_tuple, one_of_two_functions, result_of_two_kinds)


def agree(function: Callable[..., Any], x: float, k: int, mode: str) -> None:
    value, slope = value_and_grad(function, mode=mode)(x, k)
    assert oracle.same_bits(value, function(x, k))
    verdict = oracle.derivative(function, (x, k), {}, "x", ())
    assert verdict.decided
    assert oracle.agrees(verdict, slope)
    assert grad(function, mode=mode)(x, k) == slope


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", UNBOUND, ids=lambda function: function.__name__)
def test_a_name_that_may_be_unbound_is_right_or_raises_as_python_does(
    function: Callable[..., Any], mode: str
) -> None:
    for k in (0, 1, 2, 5):
        try:
            function(1.3, k)
        except UnboundLocalError as error:
            for transform in (grad, value_and_grad):
                with pytest.raises(UnboundLocalError) as raised:
                    transform(function, mode=mode)(1.3, k)
                assert str(raised.value) == str(error)
        else:
            agree(function, 1.3, k, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", KINDS, ids=lambda function: function.__name__)
def test_a_name_of_two_kinds_has_the_derivative_of_the_one_that_it_is(
    function: Callable[..., Any], mode: str
) -> None:
    for k in (0, 2):
        agree(function, 1.3, k, mode)


def test_a_gradient_in_reverse_raises_where_a_name_is_unbound() -> None:
    def f(x, k):
        if k > 0:
            y = x[0] * x[1]
        return y * 2.0 + x[0]

    x = np.array([2.0, 3.0])
    assert list(grad(f)(x, 1)) == [7.0, 4.0]
    with pytest.raises(UnboundLocalError):
        grad(f)(x, 0)


def test_the_check_of_a_name_stands_in_the_branch_that_leaves_it_unbound() -> None:
    def f(x: float, k: int) -> float:
        if k > 0:
            y = x * x
        return y * x

    first = f.__code__.co_firstlineno
    assert grad(f).source.endswith(
        f"""\
    if k > 0:
        y = x * x
        # line {first + 2}: y = x * x
        t1 = 2.0 * x
    else:
        raise UnboundLocalError(
            "cannot access local variable 'y' where it is not associated with a value"
        )
    # line {first + 3}: return y * x
    return t1 * x + y
"""
    )
