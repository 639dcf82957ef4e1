# ruff: noqa: SIM108
"""Names that are bound on some paths only, or to values of different kinds."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad, vjp
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


def pair_of_the_step_before(x, k):
    previous = None
    total = x
    for i in range(k):
        current = (x * i, x + i)
        if previous is not None:
            total += current[0] * previous[1]
        previous = current
    return total


def list_of_the_step_before(x, k):
    previous, best = None, (None, 0)
    total = x
    for i in range(k):
        current = [math.sin(x * i), x + i]
        if previous is not None and current[0] > previous[0]:
            total += current[1] * previous[0]
        if best[0] is None or current[0] > best[0]:
            best = (current[0], i)
        previous = current
    return total if best[0] is None else total * best[0] + best[1]


def list_made_in_the_first_step(x, k):
    found = None
    for i in range(k):
        if found is None:
            found = []
        found.append(x * i)
    if found is None:
        return x
    return sum(found) * found[-1]


def tuple_then_list(x, k):
    p = (x, 2.0)
    for _ in range(k):
        p = [p[1], p[0] * 0.5]
    return p[0] + p[1] * x


def tuple_that_grows(x, k):
    p = ()
    for i in range(k):
        p = (*p, x * i)
    return sum(p) * x


def number_then_list(x, k):
    r = 1
    for i in range(k):
        r = [x * i, 1.0]
    if k > 0:
        return r[0] * r[1]
    return x


def function_of_the_step(x, k):
    g, s = math.sin, x
    for i in range(k):
        s = g(s) + 0.1
        g = math.cos if i % 2 else math.sin
    return s


def no_function_at_first(x, k):
    g, s = None, x
    for _ in range(k):
        if g is not None:
            s = g(s)
        g = math.cos
    return s


def rows_of_the_step_before(x, k):
    rows = [[x, 1.0], [2.0, x]]
    y = x
    for i in range(k):
        copied = [row.copy() for row in rows]
        copied[i % 2][0] = y * copied[i % 2][1]
        rows = [[y, copied[0][0]], [copied[1][0], 0.5 * y]]
        y = 0.1 * (copied[0][0] + copied[1][0])
    return y


def solver_given_a_function(jacobian, x, k):
    slopes_too = True if jacobian == True else False  # noqa: E712, SIM210
    for i in range(k):
        x = x - 0.1 * (x if slopes_too else jacobian(x, i))
    return x


def function_or_flag(x, k):
    return solver_given_a_function(lambda y, i: y * y + i, x, k)


def word_or_number(x, k):
    r, s = "none", x
    for _ in range(k):
        if r == "none":
            r = x * x
        else:
            s += r
            r = "none"
    return s


STEPS = (
    word_or_number,
    rows_of_the_step_before,
    function_or_flag,
    pair_of_the_step_before,
    list_of_the_step_before,
    list_made_in_the_first_step,
    tuple_then_list,
    tuple_that_grows,
    number_then_list,
    function_of_the_step,
    no_function_at_first,
)
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
                # Python 3.10 has other words.
                assert sys.version_info < (3, 11) or str(raised.value) == str(error)
        else:
            agree(function, 1.3, k, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", KINDS, ids=lambda function: function.__name__)
def test_a_name_of_two_kinds_has_the_derivative_of_the_one_that_it_is(
    function: Callable[..., Any], mode: str
) -> None:
    for k in (0, 2):
        agree(function, 1.3, k, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", STEPS, ids=lambda function: function.__name__)
def test_a_name_may_be_of_another_kind_in_another_step(
    function: Callable[..., Any], mode: str
) -> None:
    for k in (0, 1, 5):
        agree(function, 1.3, k, mode)
        slope = grad(function, mode=mode)
        verdict = oracle.derivative(slope, (1.3, k), {}, "x", ())
        if verdict.decided:
            assert oracle.agrees(verdict, grad(slope, mode="reverse")(1.3, k))


def any_stops_at_what_it_finds(x, k):
    if any(1.0 / (2 - i) > 0.9 for i in range(k)):
        return x * x
    return x


def any_binds_what_it_stops_at(x, k):
    if any((found := x * i) > 2.0 for i in range(k)):
        return found * x
    return x


def all_stops_at_the_first_that_is_not(x, k):
    if all(map(lambda i: math.log(x + 2.5 - i) > 0.0, range(k + 2))):  # noqa: C417
        return x * x
    return x


def any_of_pairs(x, k):
    if any(x / (j - 2) < 0.0 and i >= 0 for i in range(k) if i < 4 for j in range(i, 3)):
        return x**3
    return x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "function",
    (
        any_stops_at_what_it_finds,
        any_binds_what_it_stops_at,
        all_stops_at_the_first_that_is_not,
        any_of_pairs,
    ),
    ids=lambda function: function.__name__,
)
def test_any_and_all_read_no_further_than_python_does(
    function: Callable[..., Any], mode: str
) -> None:
    for k in (0, 1, 2, 5):
        agree(function, 1.3, k, mode)


def test_a_walrus_binds_in_a_lambda() -> None:
    def f(x: float) -> float:
        g = lambda t: (u := t * x) + u  # noqa: E731
        return g(2.0) * g(x)

    assert grad(f)(3.0) == 24.0 * 9.0


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
        y_dot = 2.0 * x
    else:
        raise UnboundLocalError(
            "cannot access local variable 'y' where it is not associated with a value"
        )
    # line {first + 3}: return y * x
    return y_dot * x + y
"""
    )


def test_rows_of_lists_that_a_step_makes_are_carried_where_the_lists_are_short() -> None:
    def last_row(x: list[list[float]], n: int) -> float:
        row = x[0]
        total = 0.0
        for i in range(1, n):
            rows = [[a * i for a in each] for each in x]
            total += rows[1][0] * row[1]
            row = rows[1]
        return total

    assert grad(last_row)([[1.0, 2.0], [3.0, 4.0]], 3) == [[0.0, 3.0], [10.0, 6.0]]

    def copied(x: list[list[float]], n: int) -> float:
        row = list(x[0])
        total = 0.0
        for i in range(1, n):
            rows = [[a * i for a in each] for each in x]
            total += rows[1][0] * row[1]
            row = list(rows[1])
        return total

    assert grad(copied)([[1.0, 2.0], [3.0, 4.0]], 3) == [[0.0, 3.0], [10.0, 6.0]]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_dict_whose_keys_differ_on_two_paths_has_those_of_the_path_taken(mode) -> None:
    def over_keys(x: float) -> float:
        entries = {"a": x}
        if x > 0.0:
            entries["b"] = 2.0 * x
        return sum(entries[key] for key in entries)

    slope = grad(over_keys, mode=mode)
    assert (slope(0.5), slope(-0.5)) == (3.0, 1.0)


def in_turns(x, y):
    turn = int(x) % 3
    if turn == 0:
        return x * y, y
    if turn == 1:
        return y, x * x


def used(x, y):
    first, second = in_turns(x, y)
    return first * second


def read(x, y):
    return in_turns(x, y)[0]


@pytest.mark.parametrize("f", [used, read])
def test_a_function_that_may_give_nothing_has_slopes_where_it_gives_something(f: Any) -> None:
    for x in (3.5, 4.5):
        assert oracle.agrees(oracle.derivative(f, (x, 2.0)), grad(f)(x, 2.0))
    with pytest.raises(TypeError, match="NoneType"):
        grad(f)(5.5, 2.0)


def test_nothing_has_no_slope() -> None:
    assert vjp(in_turns)(3.5, 2.0, out_bar=(1.0, 1.0)) == ((7.0, 2.0), 2.0)
    assert vjp(in_turns)(4.5, 2.0, out_bar=(1.0, 1.0)) == ((2.0, 20.25), 9.0)
    with pytest.raises(TypeError, match="gave None"):
        vjp(in_turns)(5.5, 2.0, out_bar=(1.0, 1.0))


class OfALibrary:
    """A model that keeps the library it computes with."""

    def __init__(self, factor):
        self.xp = np
        self.factor = factor

    def wave(self, x):
        return self.xp.sin(x) * self.factor


def waved(x, model):
    return model.wave(x)


def test_an_object_may_hold_a_module() -> None:
    slope = grad(waved)
    for factor in (2.0, 3.0):
        assert slope(1.0, OfALibrary(factor)) == math.cos(1.0) * factor
