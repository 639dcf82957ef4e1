"""Lists that a loop gathers, and their adjoints: which entry belongs to which step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hvp, value_and_grad
from tests import oracle


def softmax_policy(theta: list[float], features: Any, rewards: list[float]) -> float:
    scores = [sum(t * f for t, f in zip(theta, phi, strict=False)) for phi in features]
    top = max(scores)
    e = [math.exp(s - top) for s in scores]
    z = sum(e)
    return sum(ei / z * r for ei, r in zip(e, rewards, strict=False))


def counts_down(x: list[float], n: int) -> float:
    out = []
    for k in range(n, -n, -2):
        out.append(math.sin(k * x[0]) * x[1])
    return sum(v**2 * w for v, w in zip(out, reversed(out), strict=True)) + out[0]


def unknown_stride(x: list[float], stride: int) -> float:
    out = []
    for k in range(1, 12, stride):
        out.append(x[0] * k + x[1] ** k)
    return sum(v * v for v in out[1:]) * out[-1]


def leaves_early(x: list[float], bound: float) -> float:
    out = []
    for k in range(20):
        if x[0] * k > bound:
            break
        out.append(x[1] * math.exp(-k * x[0]))
    return sum(v * (i + 1) for i, v in enumerate(out))


def while_it_grows(x: list[float]) -> float:
    out = []
    y = x[0]
    while y < 10.0:
        out.append(y * x[1])
        y = y * x[0]
    return sum(v * v for v in out) + y


def reads_what_it_made(x: list[float], n: int) -> float:
    out = []
    for k in range(n):
        out.append(x[k % 2] * (1.0 + sum(out) if out else 1.0))
    return out[-1] * out[0]


def rows(x: list[list[float]]) -> float:
    squares = [[a * a for a in row] for row in x]
    totals = [sum(row) for row in squares]
    scaled = [[a / t for a in row] for row, t in zip(squares, totals, strict=True)]
    return sum(math.sin(a) * (i + 1) for i, row in enumerate(scaled) for a in row)


def grows_afterwards(x: list[float]) -> float:
    out = [a * a for a in x]
    out.append(x[0] * x[1])
    out.insert(0, math.cos(x[1]))
    first = out.pop(1)
    return sum(a * (k + 1) for k, a in enumerate(out)) * first


def shorter_partner(x: list[float], y: list[float]) -> float:
    out = [a * b for a, b in zip(x, y, strict=False)]
    return sum(a * c for a, c in zip(x, out, strict=False))


def path_length(points: list[list[float]]) -> float:
    total = 0.0
    for (x, y), (u, v) in zip(points, points[1:], strict=False):  # noqa: RUF007
        total += math.hypot(u - x, v - y) * u
    first = points[0]
    for k in range(2):
        total += first[k] * points[1][k]
    return total


def changes_rows(points: list[list[float]]) -> float:
    rows = [list(row) for row in points]
    row = rows[1]
    row[0] = row[1] * rows[0][0]
    total = 0.0
    for j in range(2):
        if row[j] > 0.0:
            total += row[j] * rows[0][j]
    return total + sum(rows[1])


def pooled(xs: list[float]) -> float:
    tops = [max(xs[i : i + 3]) for i in range(0, len(xs), 2)]
    return sum(top * top for top in tops)


def windows(xs: list[float], width: int) -> float:
    total = 0.0
    for i in range(len(xs) - width + 1):
        total += math.sin(sum(xs[i : i + width])) * xs[i]
    return total


def annuities(rates: list[float]) -> float:
    discounts: list[float] = []
    for rate in rates:
        discounts.append((1.0 - rate * sum(discounts)) / (1.0 + rate))
    return discounts[-1]


CASES: list[tuple[Callable[..., float], tuple[Any, ...]]] = [
    (softmax_policy, ([0.3, -0.2], [[1.0, 0.5], [0.2, 1.0], [1.0, 1.0]], [1.0, 2.0, 3.0])),
    (softmax_policy, ([0.3, -0.2], [[1.0, 0.5], [0.2, 1.0], [1.0, 1.0]], [1.0, 2.0])),
    (softmax_policy, ([0.3, -0.2], [[1.0], [0.2, 1.0, 5.0]], [1.0, 2.0, 4.0])),
    (counts_down, ([0.4, 1.2], 3)),
    (unknown_stride, ([0.4, 1.2], 1)),
    (unknown_stride, ([0.4, 1.2], 3)),
    (leaves_early, ([0.4, 1.2], 2.1)),
    (leaves_early, ([0.4, 1.2], 20.0)),
    (while_it_grows, ([1.7, 0.3],)),
    (reads_what_it_made, ([0.7, 0.3], 5)),
    (rows, ([[0.7, 0.3], [1.1, 0.4, 0.2], [2.0]],)),
    (grows_afterwards, ([0.7, 0.3, 1.4],)),
    (path_length, ([[0.7, 0.3], [1.4, 0.2], [2.0, 1.1]],)),
    (pooled, ([0.2, 1.0, 0.5, -0.3, 0.8, 0.1],)),
    (windows, ([0.2, 1.0, 0.5, -0.3, 0.8], 3)),
    (annuities, ([0.02, 0.03, 0.025],)),
    (changes_rows, ([[0.7, 0.3], [1.4, 0.2]],)),
    (shorter_partner, ([0.7, 0.3, 1.4], [2.0, 3.0])),
    (shorter_partner, ([0.7, 0.3], [2.0, 3.0, 4.0])),
]


def entries(found: Any) -> list[float]:
    if isinstance(found, list):
        return [number for each in found for number in entries(each)]
    return [found]


@pytest.mark.parametrize(("function", "point"), CASES)
def test_every_entry_gets_its_own_adjoint(
    function: Callable[..., float], point: tuple[Any, ...]
) -> None:
    found = entries(grad(function, mode="reverse")(*point))
    places = list(oracle.paths(point[0]))
    assert len(found) == len(places)
    for place, number in zip(places, found, strict=True):
        verdict = oracle.derivative(function, point, path=place)
        assert oracle.agrees(verdict, number), (place, number, verdict)


@pytest.mark.parametrize(("function", "point"), CASES)
def test_second_derivatives(function: Callable[..., float], point: tuple[Any, ...]) -> None:
    slopes = grad(function, mode="reverse")
    places = list(oracle.paths(point[0]))
    for k, place in enumerate(places):
        seed = _unit(point[0], place)
        found = entries(hvp(function)(*point, seed)[1])
        for other, number in enumerate(found):
            verdict = oracle.derivative(
                lambda *args, other=other: entries(slopes(*args))[other], point, path=place
            )
            assert oracle.agrees(verdict, number, rtol=1e-6), (k, other, number, verdict)


def _unit(container: Any, place: Any) -> Any:
    if isinstance(container, list):
        return [
            _unit(each, place[1:]) if place and place[0] == k else _zero(each)
            for k, each in enumerate(container)
        ]
    return 1.0


def _zero(container: Any) -> Any:
    return [_zero(each) for each in container] if isinstance(container, list) else 0.0


def test_adjoints_of_entries_are_read_in_the_order_of_the_loop() -> None:
    slope = grad(softmax_policy)
    slope(*CASES[0][1])
    text = slope.source
    assert ".pop()" not in text and "reversed(" not in text


def test_a_list_whose_every_entry_gets_one_adjoint_is_gathered() -> None:
    def mean_square(xs: list[float]) -> float:
        return sum(x * x for x in xs) / len(xs)

    derivative = grad(mean_square)
    assert derivative([1.0, 3.0]) == [1.0, 3.0]
    assert "return [2.0 * x / n_xs for x in xs]" in derivative.source


def test_entries_of_rows_are_added_where_they_stand() -> None:
    slope = grad(path_length, mode="reverse")
    slope([[0.7, 0.3], [1.4, 0.2], [2.0, 1.1]])
    assert "points_bar[i + 1][0] += " in slope.source
    assert "for p, q in zip(" not in slope.source


def test_what_a_step_adds_is_summed_up_first() -> None:
    def drift(a: float, b: float, n: int) -> float:
        y = b
        for _ in range(n):
            y = math.sin(y * a) - b * y * a + math.cos(a)
        return y

    slope = grad(drift, wrt=("a", "b"), mode="reverse")
    verdicts = [oracle.derivative(drift, (0.4, 0.9, 3), wrt=k) for k in (0, 1)]
    for verdict, number in zip(verdicts, slope(0.4, 0.9, 3), strict=True):
        assert oracle.agrees(verdict, number)
    assert "a_bar = a_bar" not in slope.source and "a_bar +=" in slope.source


def test_a_list_that_is_only_summed_up_is_a_running_sum() -> None:
    def value(rate: float, flows: list[list[float]]) -> float:
        return sum(cash / (1 + rate) ** t for t, cash in flows)

    flows = [[1.0, 100.0], [2.5, 30.0]]
    slope = grad(value)
    assert oracle.agrees(oracle.derivative(value, (0.05, flows)), slope(0.05, flows))
    assert "for t, cash in flows:" in slope.source and "append" not in slope.source
    with pytest.raises(ValueError, match="too many values"):
        slope(0.05, [[1.0, 100.0, 3.0]])


def test_a_number_inside_a_comprehension_keeps_its_value() -> None:
    def raised(xs: list[float], p: float) -> float:
        return p * sum(xs) + sum(x * xs[0] for x in xs)

    assert grad(raised, mode="reverse")([1.0, 2.0, 3.0], 5.0) == [12.0, 6.0, 6.0]


@pytest.mark.parametrize("function", [pooled, windows, annuities])
def test_no_step_takes_the_whole_list(function: Callable[..., float]) -> None:
    derivative = grad(function)
    derivative(*dict(CASES)[function])
    steps = [line for line in derivative.source.splitlines() if line.startswith(" " * 8)]
    assert not any("[0.0] * len" in line for line in steps)
    # Nor is a list kept for its length.
    assert "_tape.append(list(" not in derivative.source


def stencil(u: list[float], k: list[float]) -> float:
    v = list(u)
    for i in range(1, len(u) - 1):
        v[i] = u[i] * v[i] + k[i] * (u[i - 1] + u[i + 1])
    return sum(y * y for y in v)


def products_in_place(u: list[float], k: list[float]) -> float:
    v = list(u)
    for i in range(len(u) - 1, -1, -1):
        if u[i] > 0.5:
            v[i] = math.exp(u[i]) * v[i]
        else:
            v[i] += k[i] * u[i] * v[i]
    return sum(y * y for y in v)


def from_the_end(u: list[float], k: list[float]) -> float:
    v = list(u)
    for i in range(-3, 3):
        v[i] = v[i] * v[i] * k[0]
    return sum(y * y for y in v)


def reads_the_next(u: list[float], k: list[float]) -> float:
    v = list(u)
    for i in range(len(u) - 1):
        v[i] = k[i] * v[i] * v[i + 1]
    return sum(y * y for y in v)


def every_step_writes_one(u: list[float], k: list[float]) -> float:
    v = list(u)
    for i in range(len(u)):
        v[0] = v[0] * u[i] + k[i]
    return sum(y * y for y in v)


def two_that_change_places(u: list[float], k: list[float]) -> float:
    v, w = list(u), list(k)
    for i in range(len(u)):
        for _ in range(3):
            v[i] = v[i] * w[i]
            v, w = w, v
    return sum(y * z * z for y, z in zip(v, w, strict=True))


STEPS = (stencil, products_in_place, from_the_end, reads_the_next, every_step_writes_one)


@pytest.mark.parametrize("function", [*STEPS, two_that_change_places])
def test_steps_that_write_entries_are_taken_in_an_order_that_is_right(
    function: Callable[..., float],
) -> None:
    point = [0.3, 0.7, 0.4, 0.9, 1.2], [0.6, 0.8, 1.1, 0.5, 0.2]
    slopes = grad(function, wrt=(0, 1), mode="reverse")(*point)
    for part in (0, 1):
        for i in range(5):
            verdict = oracle.derivative(function, point, wrt=part, path=(i,))
            assert oracle.agrees(verdict, slopes[part][i])


def test_steps_that_keep_to_their_own_entries_are_taken_in_the_order_of_the_loop() -> None:
    slope = grad(stencil, wrt=0)
    slope([0.3, 0.7, 0.4, 0.9], [0.6, 0.8, 1.1, 0.5])
    assert "reversed(" not in slope.source and ", 0, -1)" not in slope.source
    slope = grad(reads_the_next, wrt=0)
    slope([0.3, 0.7, 0.4, 0.9], [0.6, 0.8, 1.1, 0.5])
    assert "reversed(" in slope.source or "pop()" in slope.source


# --- names of a comprehension and of what it runs over -----------------------------------------


def rows_and_products(x: float, n: int) -> Any:
    r = np.tile(np.array([x, 2.0 * x, 3.0 * x]), (n, 1))
    return sum([t for s, r in zip(range(n), r, strict=False) for t in (s * r.sum(), r[0] * r[1])])


def squares_of_itself(x: float) -> Any:
    r = np.arange(4.0) * x
    return sum([v * r for v, r in zip(r, r, strict=True)])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_target_may_have_the_name_of_what_the_first_clause_runs_over(mode: str) -> None:
    value, slope = value_and_grad(rows_and_products, mode=mode)(0.5, 3)
    assert (value, slope) == (rows_and_products(0.5, 3), pytest.approx(18.0 + 6.0 * 2.0 * 0.5))
    value, slope = value_and_grad(squares_of_itself, mode=mode)(0.5)
    assert (value, slope) == (squares_of_itself(0.5), pytest.approx(2.0 * 14.0 * 0.5))
