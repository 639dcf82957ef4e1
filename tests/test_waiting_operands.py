"""What waits while the rest of an expression is evaluated sees what that writes, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import UnsupportedError, hvp, value_and_grad
from tests import oracle
from tests.test_waiting_arguments import halved, weighed

Array = Any


def squares(row: list[float]) -> float:
    return sum(v * v for v in row)


class Point:
    def __init__(self, x: float, row: list[float] | None = None) -> None:
        self.x = x
        self.row = row if row is not None else []

    def added(self, k: float) -> Point:
        self.x += k
        return self

    def __call__(self, k: float) -> float:
        return self.x * k

    def __getitem__(self, k: float) -> float:
        return self.x * k


def raised(p: Point, k: float) -> float:
    while p.x > 100.0:
        p = Point(p.x * 0.5)
    p.x += k
    return p.x


def scaled(v: Array, k: float) -> Any:
    v *= k
    return v.sum()


def lowered(v: Array, k: float) -> Any:
    while v[0] > 100.0:
        v = v * 0.5
    v[0] += k
    return v[0]


# --- one that may be refused: two ways lead to what waits ----------------------------------


def twice(a: float, b: float) -> list[list[float]]:
    row = [a, b]
    return [row, row]


def points(a: float) -> list[Point]:
    p = Point(a)
    return [p, p]


def in_a_list(a: float, b: float) -> float:
    rows = twice(a, b)
    found: list[Any] = [rows.pop(), halved(rows.pop(), b)]
    return found[0][0] * found[1]  # type: ignore[no-any-return]


def in_a_tuple(a: float, b: float) -> float:
    rows = twice(a, b)
    row, weight = rows.pop(), halved(rows.pop(), b)
    return row[0] * weight


def in_a_dict(a: float, b: float) -> float:
    rows = twice(a, b)
    found: dict[str, Any] = {"row": rows.pop(), "weight": halved(rows.pop(), b)}
    return found["row"][0] * found["weight"]  # type: ignore[no-any-return]


def in_a_sum_of_lists(a: float, b: float) -> float:
    rows = twice(a, b)
    return squares(rows.pop() + [halved(rows.pop(), b)])  # noqa: RUF005


def under_a_keyword(a: float, b: float) -> float:
    rows = twice(a, b)
    return weighed(row=rows.pop(), weight=halved(rows.pop(), b))


def before_a_keyword(a: float, b: float) -> float:
    rows = twice(a, b)
    return weighed(rows.pop(), weight=halved(rows.pop(), b))


def before_a_dict_of_keywords(a: float, b: float) -> float:
    rows = twice(a, b)
    return weighed(rows.pop(), weight=halved(rows.pop(), b))


def in_a_comparison(a: float, b: float) -> float:
    rows = twice(a, b)
    return a * b if rows.pop() < [halved(rows.pop(), b) - 1e-3, b] else a


def in_a_subscript(a: float, b: float) -> float:
    rows = twice(a, b)
    return rows.pop()[int(halved(rows.pop(), b)) * 0] * a


def owner_of_a_method(a: float, b: float) -> float:
    p = points(a)
    return p.pop().added(raised(p.pop(), b)).x


def called_object(a: float, b: float) -> float:
    p = points(a)
    return p.pop()(raised(p.pop(), b))


def asked_object(a: float, b: float) -> float:
    p = points(a)
    return p.pop()[raised(p.pop(), b)] * a


def product_of_arrays(a: float, b: float) -> Any:
    v = np.array([a, b, 2.0])
    both = [v, v]
    v = np.zeros(1)
    return (both.pop() * lowered(both.pop(), b)).sum()


def product_of_a_view(a: float, b: float) -> Any:
    v = np.array([a, b, 2.0])
    both = [v, v]
    v = np.zeros(1)
    return (both.pop()[:2] * lowered(both.pop(), b)).sum()


# --- right ---------------------------------------------------------------------------------


def spread_before(a: float, b: float) -> float:
    rows = twice(a, b)
    return squares([*rows.pop(), halved(rows.pop(), b)])


def entry_of_an_array(a: float, b: float) -> Any:
    v = np.array([a, b, 2.0])
    v[0] += scaled(v, b)
    v[1] -= scaled(v, a)
    return (v * v).sum()


def parts_of_an_array(a: float, b: float) -> Any:
    v = np.array([[a, b], [b, 2.0]])
    v[0] += scaled(v, b)
    v[:, 1] -= scaled(v, a)
    v[0, 1] *= scaled(v, b)
    return (v * v).sum()


def entries_in_a_loop(a: float, b: float) -> Any:
    v = np.array([a, b, 2.0])
    for i in range(3):
        v[i] += scaled(v, b)
    return (v * v).sum()


def name_bound_anew(a: float, b: float) -> float:
    x = [a, b]

    def other() -> list[float]:
        nonlocal x
        x = [b, a * b]
        return x

    x += other()
    return squares(x) + x[0] * len(x)


def array_bound_anew(a: float, b: float) -> Any:
    v = np.array([a, b])

    def other() -> Array:
        nonlocal v
        v = np.array([b, a * b])
        return v

    v *= other()
    return (v * v).sum() + v[0]


def attribute_bound_anew(a: float, b: float) -> float:
    p = Point(a, [a, b])

    def other() -> list[float]:
        p.row = [b, a * b]
        return p.row

    p.row += other()
    return squares(p.row) + p.row[0] * len(p.row)


def item_bound_anew(a: float, b: float) -> float:
    rows, table = [[a, b], [b, a]], {"k": [a, b]}

    def other() -> list[float]:
        rows[0] = [b, a * b]
        table["k"] = rows[0]
        return rows[0]

    rows[0] += other()
    table["k"] += other()
    return squares(rows[0]) + rows[0][0] * a + squares(table["k"]) * table["k"][0]


UNDECIDED = [
    in_a_list,
    in_a_tuple,
    in_a_dict,
    in_a_sum_of_lists,
    under_a_keyword,
    before_a_keyword,
    before_a_dict_of_keywords,
    in_a_comparison,
    in_a_subscript,
    owner_of_a_method,
    called_object,
    asked_object,
    product_of_arrays,
    product_of_a_view,
]
RIGHT = [
    spread_before,
    entry_of_an_array,
    parts_of_an_array,
    entries_in_a_loop,
    name_bound_anew,
    array_bound_anew,
    attribute_bound_anew,
    item_bound_anew,
]


def assert_right(f: Callable[..., Any], a: float, wrt: int, mode: str) -> None:
    value, slope = value_and_grad(f, wrt=wrt, mode=mode)(a, 0.7)
    assert value == f(a, 0.7)
    assert oracle.agrees(oracle.derivative(f, (a, 0.7), wrt=wrt), slope)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("wrt", [0, 1])
@pytest.mark.parametrize("f", RIGHT)
def test_what_waits_is_what_python_makes_of_it(f: Callable[..., Any], wrt: int, mode: str) -> None:
    assert_right(f, 1.3, wrt, mode)


@pytest.mark.parametrize("f", RIGHT)
def test_second_derivatives_of_what_waits(f: Callable[..., Any]) -> None:
    step = 1e-5
    up, down = (oracle.derivative(f, (1.3 + h, 0.7)).value for h in (step, -step))
    _, product = hvp(f)(1.3, 0.7, 1.0)
    assert product == pytest.approx((up - down) / (2.0 * step), rel=1e-4)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("a", [1.3, 150.0])
@pytest.mark.parametrize("f", UNDECIDED)
def test_what_is_written_to_what_waits_is_seen_or_refused(
    f: Callable[..., Any], a: float, mode: str
) -> None:
    try:
        assert_right(f, a, 0, mode)
    except UnsupportedError as refusal:
        assert "is written to" in str(refusal)
