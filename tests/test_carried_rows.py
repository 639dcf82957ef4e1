# ruff: noqa: B007, B023, B905, RUF005
"""Short lists that a loop binds anew in every step: they are carried by their entries."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chainrule import grad, hvp, jvp, value_and_grad
from tests.differences import along


def pendulum(x, n):
    state = [x, 0.0]
    for _ in range(n):
        slope = [state[1], -math.sin(state[0])]
        state = [s + 0.1 * k for s, k in zip(state, slope)]
    return state[0] * state[1]


def runge_kutta(x, n):
    def rhs(y):
        a, b, c = y
        return [-0.3 * a * b, 0.3 * a * b - x * b, x * b + c * 0]

    y = [0.9, 0.1, 0]
    h = 0.2
    for _ in range(n):
        k1 = rhs(y)
        k2 = rhs([u + h / 2 * v for u, v in zip(y, k1)])
        k3 = rhs([u + h / 2 * v for u, v in zip(y, k2)])
        k4 = rhs([u + h * v for u, v in zip(y, k3)])
        y = [u + h / 6 * (a + 2 * b + 2 * c + d) for u, a, b, c, d in zip(y, k1, k2, k3, k4)]
    return y[0] + 2.0 * y[1] - y[2]


def read_at_run_time(x, n):
    row = [x, 2.0, x * x]
    total = 0.0
    for i in range(n):
        total += row[i % 3]
        row = [row[1] * x, row[2], row[0]]
    return total + row[n % 3]


def written_in_place(x, n):
    row = [x, 1.0]
    for i in range(n):
        row[0] += x * i
        row = [row[1] + x, row[0] * 0.5]
        row[1] -= 0.25 * row[0]
    return row[0] - row[1]


def written_at_run_time(x, n):
    row = [x, 1.0, 2.0]
    for i in range(n):
        row = [e * x for e in row]
        row[i % 3] += 1.0
    return row[0] + 2 * row[1] + 3 * row[2]


def grows_in_some_steps(x, n):
    row = [x, 1.0]
    for i in range(n):
        row = [e * x for e in row]
        if i % 2:
            row = row + [x * i]
    return sum(row) * len(row)


def appended_to(x, n):
    row = [x, 1.0]
    for _ in range(n):
        row = [row[0] * 1.1, row[1] + x]
        row.append(row[0])
        row.pop(0)
    return row[0] * row[1]


def bound_in_one_arm(x, n):
    row = [x, 1.0]
    for i in range(n):
        if i % 3 == 1:
            row = [row[1], row[0] * x]
        elif row[0] > 40.0:
            row = [1.0, row[1] * 0.1]
    return row[0] + 3 * row[1]


def two_names(x, n):
    row = [x, 1.0]
    before = row
    for _ in range(n):
        before = row
        row = [row[0] + 0.1 * before[1] * x, row[1] - 0.1 * row[0]]
    return row[0] * before[1] + before[0]


def seen_through_another_name(x, n):
    row = [x, 1.0]
    other = row
    for _ in range(n):
        row = [row[0] * x, row[1] + 1.0]
        other = row
        other[0] += 1.0
    return row[0] + 10 * other[1]


def first_list_is_kept(x, n):
    start = [x, 1.0]
    row = start
    for _ in range(n):
        row = [row[0] * 0.9 + row[1] * x, row[1] * 0.9]
    return row[0] + start[0] * start[1]


def swapped(x, n):
    one, two = [x, 1.0], [2.0, x * x]
    for _ in range(n):
        one, two = two, [one[0] * 0.5, one[1] + two[0] * x]
    return one[0] + 2 * one[1] + 3 * two[0] + 4 * two[1]


def recorded(x, n):
    row = [x, 0.5]
    seen = [row]
    for _ in range(n):
        row = [row[0] + 0.1 * row[1], row[1] - 0.1 * x * row[0]]
        seen.append(row)
    return sum(a * b for a, b in seen)


def none_at_first(x, n):
    best = None
    row = [x, 1.0]
    for i in range(n):
        row = [row[0] * 0.8 + row[1], row[1] * x]
        if best is None or row[0] > best[0]:
            best = [row[0], row[1] * i]
    return 0.0 if best is None else best[0] + best[1]


def nested(x, n):
    row = [x, 1.0]
    for i in range(n):
        for j in range(i):
            row = [row[0] + 0.01 * j * row[1], row[1] * 0.99]
        row = [row[1] * x, row[0]]
    return row[0] - row[1]


def broken_off(x, n):
    row = [x, 1.0]
    while True:
        row = [row[0] * 1.3 + x, row[1] + 1.0]
        if row[1] > n:
            break
        if row[0] > 50.0:
            return row[0] * row[1]
    else:
        return 0.0
    return row[0] - row[1]


def whole_numbers_at_first(x, n):
    row = [1, 0]
    for _ in range(n):
        row = [row[0] + row[1], row[0] * x]
    return row[0] / row[1] if n else 0.0


def in_a_tuple(x, n):
    pair = ([x, 1.0], 0.0)
    for _ in range(n):
        row, total = pair
        pair = ([row[1], row[0] * x], total + row[0])
    return pair[0][0] + pair[0][1] * pair[1]


def in_a_dict(x, n):
    model = {"row": [x, 1.0], "t": 0.0}
    for _ in range(n):
        row = model["row"]
        model = {"row": [row[0] + 0.1 * row[1], row[1] - x * 0.1], "t": model["t"] + row[0]}
    return model["row"][0] * model["row"][1] + model["t"]


@dataclass
class Body:
    place: list = field(default_factory=list)
    speed: list = field(default_factory=list)

    def step(self, h):
        self.speed = [v - h * p for v, p in zip(self.speed, self.place)]
        self.place = [p + h * v for v, p in zip(self.speed, self.place)]


def in_an_object(x, n):
    body = Body([x, 0.5, 1.0], [0.0, x * x, 0.1])
    for _ in range(n):
        body.step(0.1)
    return sum(p * v for p, v in zip(body.place, body.speed))


def sliced(x, n):
    row = [x, 1.0, 2.0]
    for _ in range(n):
        row = [*row[1:], row[0] * x]
    return row[0] + 2 * row[1] + 3 * row[2]


def rotated_by_copies(x, n):
    row = [x, 1.0, 2.0]
    for _ in range(n):
        other = row[:]
        other[0] += x
        row = sorted(other)
    return row[0] + 2 * row[1] + 3 * row[2]


def handed_back(x, n):
    row = [x, 1.0]
    for _ in range(n):
        row = [row[0] + row[1], row[1] * x]
    return row


def covariance(x, n):
    P = [[1.0, 0.0], [0.0, 1.0]]
    F = [[1.0, 0.1 * x], [0.0, 1.0]]
    for _ in range(n):
        FP = [[sum(F[i][k] * P[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
        P = [[sum(FP[i][k] * F[j][k] for k in range(2)) for j in range(2)] for i in range(2)]
        s = P[0][0] + 0.5
        K = [P[0][0] / s, P[1][0] / s]
        P = [[(i == 0) * 0.01 + P[i][j] - K[i] * P[0][j] for j in range(2)] for i in range(2)]
    return P[0][0] + 2 * P[0][1] + 3 * P[1][0] + 4 * P[1][1]


def orbit(x, n):
    state = [[x, 0.0], [0.0, 1.0]]
    for _ in range(n):
        place, speed = state
        cube = (place[0] ** 2 + place[1] ** 2) ** 1.5
        speed = [v - 0.1 * p / cube for p, v in zip(place, speed)]
        state = [[p + 0.1 * v for p, v in zip(place, speed)], speed]
    return state[0][0] * state[1][1] - state[0][1] * state[1][0]


def rows_written_in_place(x, n):
    m = [[x, 1.0], [2.0, x * x]]
    for i in range(n):
        m[0][1] += x
        m = [m[1], [m[0][1] * 0.5, m[0][0]]]
        m[1][0] -= 0.1 * i
    return m[0][0] + 2 * m[0][1] + 3 * m[1][0] + 4 * m[1][1]


def row_read_at_run_time(x, n):
    m = [[x, 1.0], [2.0, x * x]]
    total = 0.0
    for i in range(n):
        total += m[i % 2][0]
        m = [m[1], [m[0][1] * 0.5, m[0][0]]]
    return total + m[n % 2][1]


def rows_in_another_order(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    for i in range(n):
        A = [A[1], A[0], A[2]]
    return sum(r[0] + 2 * r[1] - r[2] for r in A)


def some_of_the_rows(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    A.insert(0, [0.5] * 3)
    for i in range(n):
        A = [A[1], A[0], A[2]]
    return sum(r[0] + 2 * r[1] - r[2] for r in A)


def rows_of_another_list(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    B = [[x * (i + j) for j in range(3)] for i in range(n)]
    for i in range(n):
        A = [B[1], B[0], B[2]]
    return sum(r[0] + 2 * r[1] - r[2] for r in A)


def pairs_made_anew(x, n):
    pts = [(x, 1.0), (2.0, x * x)]
    for i in range(n):
        pts = [(q * x, p) for p, q in pts]
    return sum(p + 2 * q for p, q in pts)


def pairs_of_a_list(x, n):
    pts = [(x * i, 1.0) for i in range(n)]
    for i in range(n):
        pts = [pts[1], pts[0], (x, 0.5)]
    return sum(p + 2 * q for p, q in pts)


def last_two_rows(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    last = [A[0], A[1]]
    for i in range(n):
        last = [last[1], A[i]]
    return last[0][1] + last[1][2]


def best_row(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    best = [A[0]]
    for i in range(n):
        if A[i][0] > 1.0:
            best = [A[i]]
    return best[0][1]


def rows_added_up(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    while len(A) > 1:
        A = [[p + q for p, q in zip(A[0], A[1])], *A[2:]]
    return A[0][2]


def queue_of_rows(x, n):
    A = [[x * (i + j) for j in range(3)] for i in range(n)]
    q = [A[0]]
    t = 0.0
    while q:
        r = q.pop()
        t += r[1]
        if t < 4.0:
            q = q + [A[1]]
    return t


def truth_and_length(x, n):
    row = [x, 1.0]
    total = 0.0
    while row and len(row) == 2 and total < n:
        total += 1.0 + 0.0 * x
        row = [row[0] * x, row[1] + row[0]]
    return row[1] + total * x + max(row)


def slope_at(curve: Callable[[float], float], at: float) -> float:
    """The slope by extrapolated differences."""
    return float(along(lambda step: curve(at + step))[0])


# They read rows that short lists do not have.
NEED_ROWS = [
    whole_numbers_at_first,
    rows_in_another_order,
    some_of_the_rows,
    rows_of_another_list,
    pairs_made_anew,
    pairs_of_a_list,
    last_two_rows,
    best_row,
    rows_added_up,
    queue_of_rows,
]

SCALARS = [
    pendulum,
    runge_kutta,
    read_at_run_time,
    written_in_place,
    written_at_run_time,
    grows_in_some_steps,
    appended_to,
    bound_in_one_arm,
    two_names,
    seen_through_another_name,
    first_list_is_kept,
    swapped,
    recorded,
    none_at_first,
    nested,
    broken_off,
    in_a_tuple,
    in_a_dict,
    in_an_object,
    sliced,
    rotated_by_copies,
    covariance,
    orbit,
    rows_written_in_place,
    row_read_at_run_time,
    truth_and_length,
    *NEED_ROWS,
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", SCALARS, ids=lambda f: f.__name__)
def test_derivative_is_that_of_differences(f: Callable[..., float], mode: Any) -> None:
    for x, n in ((0.7, 0), (0.7, 1), (1.3, 4), (0.9, 7)):
        if n < 3 and f in NEED_ROWS:
            continue
        value, slope = value_and_grad(f, wrt="x", mode=mode)(x, n)
        assert value == f(x, n)
        assert slope == pytest.approx(slope_at(lambda t: f(t, n), x), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("f", SCALARS, ids=lambda f: f.__name__)
def test_second_derivative_is_that_of_differences(f: Callable[..., float]) -> None:
    first = grad(f, wrt="x")
    _, again = hvp(f, wrt="x")(1.2, 4, 1.0)
    assert again == pytest.approx(slope_at(lambda t: first(t, 4), 1.2), rel=1e-5, abs=1e-7)


def test_a_row_is_carried_by_its_entries() -> None:
    for f in (pendulum, runge_kutta, two_names, swapped, bound_in_one_arm, nested, orbit):
        source = grad(f, wrt="x", mode="forward").source
        code = [line.split("#")[0] for line in source.split('"""')[2].splitlines()]
        assert not any("[" in line for line in code), source


def test_a_row_that_is_read_at_run_time_stays_a_list() -> None:
    source = value_and_grad(read_at_run_time, wrt="x", mode="forward").source
    assert "row[i % 3]" in source


def test_rows_that_are_returned_are_lists_of_their_own() -> None:
    value, tangent = jvp(handed_back, wrt="x")(1.3, 4, 1.0)
    assert value == handed_back(1.3, 4)
    assert isinstance(value, list) and value is not tangent
    for k in range(2):
        assert tangent[k] == pytest.approx(slope_at(lambda t: handed_back(t, 4)[k], 1.3), rel=1e-7)


def test_a_list_of_the_caller_is_left_as_it_is() -> None:
    def f(row: list[float], n: int) -> float:
        for _ in range(n):
            row = [row[0] * row[1], row[1] + 0.5]
        return row[0]

    given = [1.1, 0.7]
    before = copy.copy(given)
    for mode in ("forward", "reverse"):
        value, slopes = value_and_grad(f, mode=mode)(given, 3)
        assert value == f(given, 3)
        assert given == before
        expected = [
            slope_at(lambda t: f([t, 0.7], 3), 1.1),
            slope_at(lambda t: f([1.1, t], 3), 0.7),
        ]
        assert slopes == pytest.approx(expected, rel=1e-7)
