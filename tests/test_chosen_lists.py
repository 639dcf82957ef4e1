"""Names that are bound to one of two lists, which is then written to under these names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import ArgumentError, UnsupportedError, grad, hvp, value_and_grad
from tests import oracle
from tests.differences import along

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
    value, slope = value_and_grad(f, wrt=("x", "y"), mode=mode)(*point)
    assert oracle.same_bits(value, f(*point))
    for name, one in zip(("x", "y"), slope, strict=True):
        assert oracle.agrees(oracle.derivative(f, point, wrt=name), one)


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    x, y = POINTS[0]
    slopes = grad(f, wrt=("x", "y"))
    turned = hvp(f, wrt=("x", "y"))(x, y, 0.3, -0.8)[1]
    expected, noise = along(lambda h: slopes(x + 0.3 * h, y - 0.8 * h))
    assert turned == pytest.approx(expected, rel=1e-8, abs=1e-9 + 10.0 * noise)


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
