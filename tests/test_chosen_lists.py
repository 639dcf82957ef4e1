"""Names that are bound to one of several lists or arrays, which is then written to under these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import ArgumentError, UnsupportedError, grad, value_and_grad
from tests import oracle
from tests.slopes import check_against_oracle, check_product

POINTS = [(0.7, 1.3), (1.3, 0.7), (0.4, 0.9)]


def appended(x, y):
    low, high = [x], [y]
    chosen = low if x > y else high
    chosen.append(x * y)
    return sum(low) * 2.0 + sum(high) * y


def written(x, y):
    a, b = [x, 1.0], [y, 2.0]
    big = a if x > y else b
    big[0] *= x * y
    big[1] += y
    return a[0] * b[0] + a[1] * b[1]


def by_statement(x, y):
    a, b = [x, y], [y, x]
    if x * y > 0.5:
        name, row = "a", a
    else:
        name, row = "b", b
    row[1] = row[0] ** 2
    return a[0] * a[1] + b[0] * b[1] ** 2 + len(name)


def sorted_out(x, y):
    positive, negative = [], []
    for k in range(6):
        v = x - 0.3 * k + y * 0.1
        target = positive if v > 0.0 else negative
        target.append(v * x)
    return sum(positive) - y * sum(negative)


def read_through_both(x, y):
    a, b = [x, y], [y, x]
    row = a if x > y else b
    a[0] = x * x
    b[0] = y**3
    return row[0] * 2.0 + row[1]


def in_turn(x, y):
    even, odd = [x], [y]
    for k in range(5):
        row = even if k % 2 == 0 else odd
        row.append(row[-1] * 0.5 + x * k)
    return even[-1] * odd[-1] + len(even)


def twice(x, y):
    a, b = [x], [y]
    first = a if x > y else b
    second = b if x * y > 0.5 else a
    first.append(x)
    second.append(y * y)
    first[0] += second[-1]
    return sum(a) * x + sum(b) * y


def another_in_one_arm(x, y):
    first, second = [x, x * y], [y, 2.0]
    chosen = first
    if x > 1.0:
        chosen = second
    chosen[0] = 2.0 * x
    return first[0] * y + chosen[1] * second[0]


def helped(x, y):
    def push(row, v):
        row.append(v * row[0])

    a, b = [x], [y]
    push(a if x > y else b, y)
    push(b if x > y else a, x)
    return a[0] * a[1] + b[1] * y


CASES = (
    appended,
    written,
    by_statement,
    sorted_out,
    read_through_both,
    in_turn,
    twice,
    another_in_one_arm,
    helped,
)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_writes_reach_the_list_that_was_chosen(
    f: Callable[..., Any], point: tuple[float, float], mode: str
) -> None:
    check_against_oracle(f, point, ("x", "y"), mode)


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    check_product(f, POINTS[0], ("x", "y"), (0.3, -0.8), rel=1e-8, slack=1e-9)


def of_the_caller(x, rows, others):
    row = rows if x > 1.0 else others
    row.append(x * row[0])
    row[0] = x**2
    return sum(rows) * x + sum(others)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", [0.6, 1.4])
def test_lists_of_the_caller_are_written_to_once(x: float, mode: str) -> None:
    given, plain = ([1.0, 2.0], [3.0]), ([1.0, 2.0], [3.0])
    value, slope = value_and_grad(of_the_caller, mode=mode)(x, *given)
    assert value == of_the_caller(x, *plain)
    assert given == plain
    # x (x**2 + 2 + x) + 3, or else 3 x + x**2 + 3 x.
    expected = 3.0 * x**2 + 2.0 + 2.0 * x if x > 1.0 else 6.0 + 2.0 * x
    assert slope == pytest.approx(expected)


def test_one_list_given_twice_is_told() -> None:
    given = [1.0, 2.0]
    with pytest.raises(ArgumentError, match="shares memory"):
        grad(of_the_caller)(0.6, given, given)
    assert given == [1.0, 2.0]


def one_of_three(x, y):
    a, b, c = [x], [y], [x * y]
    row = a if x > 1.0 else b if y > 1.0 else c
    row.append(x)
    return sum(a) * sum(b) + sum(c)


@pytest.mark.parametrize("point", [(1.5, 0.5), (0.5, 1.5), (0.5, 0.6)])
def test_one_of_three_is_right_or_refused(point: tuple[float, float]) -> None:
    try:
        slope = grad(one_of_three)(*point)
    except UnsupportedError as error:
        assert "row" in str(error)
    else:
        assert oracle.agrees(oracle.derivative(one_of_three, point, wrt="x"), slope)


def one_of_four(x, y):
    low, middle, high, rest = [], [], [], [1.0]
    for k in range(7):
        v = x * k + y
        bin_ = low if v < 2.05 else middle if v < 3.11 else high if v < 4.17 else rest
        bin_.append(v * y)
    (low if x > y else middle if y > 1.0 else high).append(x)
    return sum(low) + 2.0 * sum(middle) * y + sum(h * h for h in high) + rest[-1]


def two_arrays(x, y):
    a, b = np.array([x, y, 1.0]), np.array([y, 2.0, x])
    big = a if a.sum() > b.sum() + x - y else b
    big[0] *= y
    big += x
    return a @ b


def arrays_in_turn(x, y):
    a, b = np.zeros(3), np.ones(3)
    last = a
    for k in range(4):
        last = a if x * k < 1.5 else b
        last += y * k
        last[k % 3] = x
    last *= y
    return a @ b


def rows_of_an_array(x, y):
    a = np.array([[x, y], [y, 1.0]])
    for i in range(1):
        row = a[i] if a[i, 0] > a[i + 1, 0] else a[:, 1]
        row[0] *= 3.0
        row += y
    return (a**2).sum()


def parts_of_an_array(x, y):
    a = np.array([x, y, x * y, 1.0, 2.0])
    for i in range(4):
        part = a[i:] if a[i] > a[i + 1] else a[: i + 1]
        part *= x
    return (a**2).sum()


def a_transposed_array(x, y):
    a = np.array([[x, y], [y * y, 1.0]])
    turned = a.T if x > y else a
    turned[0, 1] *= y
    turned += x
    return a[0, 0] * a[0, 1] * a[1, 0] + (turned @ a).sum()


def handed_to_a_helper(x, y):
    def put(v, k):
        v[k] += x
        v *= y
        return v.sum()

    a, b = np.array([x, y]), np.array([y, 2.0])
    total = put(a if x > y else b, 1)
    return total + put(b if x > 1.0 else a, 0) + a @ b


def three_arrays(x, y):
    a, b, c = np.array([x, y]), np.array([y, 2.0]), np.ones(2)
    chosen = a if x > 1.0 else b if y > 1.0 else c
    chosen += x
    sines = np.sin(chosen)
    chosen[0] = sines[1]
    return a @ b + c @ a


ARRAYS = [
    one_of_four,
    two_arrays,
    arrays_in_turn,
    rows_of_an_array,
    parts_of_an_array,
    a_transposed_array,
    handed_to_a_helper,
    three_arrays,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("f", ARRAYS, ids=lambda f: f.__name__)
def test_writes_reach_the_array_that_was_chosen(
    f: Callable[..., Any], point: tuple[float, float], mode: str
) -> None:
    test_writes_reach_the_list_that_was_chosen(f, point, mode)


@pytest.mark.parametrize("f", ARRAYS, ids=lambda f: f.__name__)
def test_second_derivatives_of_what_was_chosen(f: Callable[..., Any]) -> None:
    test_second_derivatives(f)


def an_array_of_the_caller(x, a, b):
    big = a if a.sum() > x else b
    big[0] *= x
    return x * (a @ b)


@pytest.mark.parametrize("x", [2.0, 4.0])
def test_arrays_of_the_caller_are_written_to_once(x: float) -> None:
    given, plain = ([np.array([1.0, 2.0]), np.array([3.0, 5.0])] for _ in range(2))
    value, slope = value_and_grad(an_array_of_the_caller)(x, *given)
    assert value == an_array_of_the_caller(x, *plain)
    assert all(map(np.array_equal, given, plain))
    # x (3 x + 10) in either case.
    assert slope == pytest.approx(6.0 * x + 10.0)
    with pytest.raises(ArgumentError, match="shares memory"):
        value_and_grad(an_array_of_the_caller)(x, given[0], given[0])


def done_where_it_holds(x, y):
    a, b = np.array([x, y, 1.0]), np.array([y, 2.0, x])
    a.fill(x) if x > y else b.sort()
    x < y and y > 1.0 and a.fill(y)
    x > 1.0 or b.sort()
    x > 1.0 or y > 1.0 or a.fill(x * y)
    return a @ b


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("point", POINTS)
def test_arrays_are_written_to_in_conditional_expressions(
    point: tuple[float, float], mode: str
) -> None:
    test_writes_reach_the_list_that_was_chosen(done_where_it_holds, point, mode)


def bound_anew_in_a_loop(x, y, n):
    first, second = [x], [3.0 * x]
    row = first if x > y else second
    row[0] *= x
    for _ in range(n):
        row = first
    return row[0] * y


def written_and_bound_anew(x, y, n):
    first, second = [x], [3.0 * x]
    row = first if x > y else second
    k = 0
    while k < n:
        row[0] *= x
        row = first
        k += 1
    return row[0] + first[0] * y


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [bound_anew_in_a_loop, written_and_bound_anew])
@pytest.mark.parametrize("point", [(0.7, 1.3, 2), (1.3, 0.7, 2), (0.7, 1.3, 0)])
def test_a_loop_that_binds_the_name_to_the_first_is_right_or_refused(
    f: Callable[..., Any], point: tuple[float, float, int], mode: Any
) -> None:
    """The name was taken for what it was before the loop: the value was that of the other list."""
    try:
        value, slope = value_and_grad(f, mode=mode)(*point)
    except UnsupportedError as error:
        assert "row" in str(error)
    else:
        assert value == f(*point)
        assert oracle.agrees(oracle.derivative(f, point, wrt="x"), slope)
