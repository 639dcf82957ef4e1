# ruff: noqa: B007
"""Lists that may hold one row at several places, and lists whose rows only change their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chainrule import UnsupportedError, grad, value_and_grad
from tests.differences import along


def one_row_in_every_step(x, n):
    row = [x] * n
    rows = []
    for i in range(n):
        rows.append(row)
    rows[0][0] += x
    return rows[1][0]


def one_short_row_in_every_step(x, n):
    row = [x, 1.0]
    rows = []
    for i in range(n):
        rows.append(row)
    rows[0][0] += x
    return rows[1][0]


def one_row_in_a_comprehension(x, n):
    row = [x, 1.0]
    rows = [row for i in range(n)]
    rows[0][0] += x
    return rows[1][0]


def row_put_over_another(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows[0] = rows[1]
    rows[0][0] += x
    return rows[1][0]


def row_appended_again(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows.append(rows[0])
    rows[0][0] += x
    return rows[-1][0]


def list_twice(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows = rows + rows
    rows[0][0] += x
    return rows[n][0]


def row_handed_down(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    for i in range(n - 1):
        rows[i + 1] = rows[i]
    rows[0][0] += x
    return rows[n - 1][0]


def row_inserted_again(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows.insert(0, rows[1])
    rows[0][0] += x
    return rows[2][0]


def named_row_appended_again(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    best = rows[1]
    rows.append(best)
    best[0] += x
    return rows[1][0] + 10 * rows[-1][0]


def extended_by_its_own_part(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows.extend(rows[:1])
    rows[0][0] += x
    return rows[-1][0]


def row_added_to_a_display(x, n):
    row = [x, 1.0]
    d = [row, row]
    d.append(row)
    for i in range(n):
        d[i % 3][0] += x
    return d[1][0]


def row_in_a_dict(x, n):
    row = [x, 1.0]
    d = {}
    for i in range(n):
        d[i] = row
    d[0][0] += x
    return d[1][0]


def display_of_one_row(x, n):
    row = [x, 1.0]
    d = [row, row]
    for _ in range(n):
        d[0][0] += x
        row = [d[1][0] * x, 1.0]
        d = [row, row]
    d[0][0] += 2.0
    return d[1][0]


def display_of_one_long_row(x, n):
    row = [x] * n
    d = [row, row]
    for _ in range(n):
        d[0][0] += x
        row = [d[1][0] * x] * n
        d = [row, row]
    d[0][0] += 2.0
    return d[1][0]


REFUSED = [
    one_row_in_every_step,
    one_short_row_in_every_step,
    one_row_in_a_comprehension,
    row_put_over_another,
    row_appended_again,
    list_twice,
    row_handed_down,
    row_inserted_again,
    named_row_appended_again,
    extended_by_its_own_part,
    row_added_to_a_display,
    row_in_a_dict,
    display_of_one_row,
    display_of_one_long_row,
]


def pivots(x, n):
    rows = [[x * (i + j) + (i == j) for j in range(n + 1)] for i in range(n)]
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(rows[i][k]) > abs(rows[best][k]):
                best = i
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            for j in range(k, n + 1):
                rows[i][j] -= factor * rows[k][j]
    solution = [0.0] * n
    for k in range(n - 1, -1, -1):
        known = sum(rows[k][j] * solution[j] for j in range(k + 1, n))
        solution[k] = (rows[k][n] - known) / rows[k][k]
    return sum(solution)


def turned_round(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    for _ in range(2):
        rows.append(rows.pop(0))
        rows.insert(0, rows.pop())
        rows.append(rows.pop(0))
        rows[0][0] *= x
    return sum(row[0] * (k + 1) for k, row in enumerate(rows))


def three_change_places(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
    rows[0][0] += x
    return sum(row[0] * (k + 1) for k, row in enumerate(rows))


def copies(x, n):
    row = [x, 1.0]
    rows = []
    for _ in range(n):
        rows.append(list(row))
        rows.append(rows[0][:])
    rows[0][0] += x
    return sum(row[0] * (k + 1) for k, row in enumerate(rows))


def two_grids(x, n):
    grid = [[x * (i + 2 * j) for j in range(n)] for i in range(n)]
    other = [[0.0] * n for _ in range(n)]
    for _ in range(3):
        for i in range(n):
            for j in range(n):
                other[i][j] = 0.5 * grid[i][j] + 0.25 * grid[i - 1][j] * x
        grid, other = other, grid
    return sum(map(sum, grid))


def taken_up_step_by_step(x, n):
    row = [x, 1.0]
    rows = []
    for i in range(n):
        rows.append(row)
        row = [row[0] * x, row[1] + i]
    return sum(a * b for a, b in rows)


def all_rows_of_another(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    chosen = []
    for row in rows:
        chosen.append(row)
    for k in range(n):
        chosen[k][0] += x * k
    return sum(row[0] * (k + 1) for k, row in enumerate(chosen))


def parts_change_places(x, n):
    rows = [[x * i, 1.0] for i in range(n)]
    rows = rows[2:] + rows[:2]
    rows[0][0] += x
    return sum(row[0] * (k + 1) for k, row in enumerate(rows))


ACCEPTED = [
    pivots,
    turned_round,
    three_change_places,
    copies,
    two_grids,
    taken_up_step_by_step,
    all_rows_of_another,
    parts_change_places,
]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_a_write_to_a_row_that_a_list_may_hold_twice_is_refused(f: Callable[..., float]) -> None:
    with pytest.raises(UnsupportedError, match="may stand at several places") as caught:
        grad(f, wrt="x")(1.3, 3)
    assert "test_repeated_rows.py" in str(caught.value)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", ACCEPTED, ids=lambda f: f.__name__)
def test_rows_that_change_their_places_are_written_to(f: Callable[..., float], mode: Any) -> None:
    value, slope = value_and_grad(f, wrt="x", mode=mode)(1.3, 4)
    assert value == f(1.3, 4)
    expected, noise = along(lambda step: f(1.3 + step, 4))
    assert slope == pytest.approx(float(expected), rel=1e-7, abs=10 * noise)


@dataclass
class Particle:
    place: float
    speed: float


def object_appended_again(x, n):
    particles = [Particle(x * i, 1.0) for i in range(n)]
    particles.append(particles[0])
    particles[0].place += x
    return particles[-1].place


def dict_appended_again(x, n):
    particles = [{"place": x * i} for i in range(n)]
    particles.append(particles[0])
    for each in particles:
        each["place"] += x
    return particles[0]["place"]


def test_a_record_is_not_put_into_its_list_again() -> None:
    with pytest.raises(UnsupportedError, match="or twice into one"):
        grad(dict_appended_again, wrt="x")(1.3, 3)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_object_is_put_into_its_list_again(mode: str) -> None:
    value, slope = value_and_grad(object_appended_again, wrt="x", mode=mode)(1.3, 3)
    assert value == object_appended_again(1.3, 3)
    assert slope == 1.0


PUTS = {
    "append": "A.append(row)",
    "insert": "A.insert(0, row)",
    "concatenate": "A = A + [row]",
    "in place": "A += [row]",
    "extend": "A.extend([row])",
    "set": "A[1] = row",
    "star": "A = [*A, row]",
    "slice": "A[1:1] = [row]",
    "in front": "A = [row] + A",
    "one arm": "A = A + [row] if x > 0.5 else A",
    "from a tuple": "A.append((row, 1.0)[0])",
    "by a function": "(lambda given: A.append(given))(row)",
    "a copy": "A = A + [list(row)]",
    "by its entries": "A.append([row[0], row[1]])",
}
WRITES = {
    "by name": "row[1] += x",
    "by list": "A[k % len(A)][1] += x",
    "by none": "x = x + 0.0",
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("put", PUTS)
def test_a_row_with_a_name_and_a_place_shows_what_is_written_to_it_or_is_refused(
    put: str, write: str, tmp_path: Any
) -> None:
    lines = [
        "def f(x, n):",
        "    A = [[x * (i + j) for j in range(2)] for i in range(n)]",
        "    row = [x, 1.0]",
        f"    {PUTS[put]}",
        "    for k in range(n + 1):",
        f"        {WRITES[write]}",
        "    return sum((i + 1) * r[1] for i, r in enumerate(A)) + 10 * row[1]",
    ]
    file = tmp_path / "rows_with_names.py"
    file.write_text("\n".join(lines) + "\n")
    names: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    f = names["f"]
    apart = put in ("a copy", "by its entries") or write == "by none"
    try:
        value, slope = value_and_grad(f, wrt="x")(1.3, 3)
    except UnsupportedError as refusal:
        assert not apart, refusal
        return
    expected, noise = along(lambda step: f(1.3 + step, 3))
    assert value == f(1.3, 3)
    assert slope == pytest.approx(float(expected), rel=1e-7, abs=10 * noise)
