"""Arrays in lists: those that stand at two places, and those beside numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import grad, hessian, hvp, jvp, value_and_grad
from tests.differences import along, partials

POINTS = [(0.7, 1.3, 4), (1.31, 0.72, 3), (-0.45, 0.93, 2)]


# --- an adjoint, or an array, that a list holds several times ---------------------------------


def summed(x, y, n):
    z = np.array([x, y])
    rows = [np.sin(z + k) for k in range(n)]
    for k in range(1, n):
        rows[k] = rows[k] + rows[k - 1]
    return (sum(rows) ** 2).sum()


def made_with_numbers(x, y, n):
    z = np.array([x, y])
    rows = [0.0] * n
    for k in range(n):
        rows[k] = z * k
        if k:
            rows[k] = rows[k] + rows[k - 1]
    return (sum(rows) ** 2).sum()


def summed_twice(x, y, n):
    z = np.array([x, y])
    rows = []
    for k in range(n):
        rows.append(np.sin(z * k))
    for k in range(n - 1):
        rows[k + 1] = rows[k + 1] + np.sin(rows[k])
    more = [r + r for r in rows]
    more[0] = more[0] + rows[-1] * more[-1]
    return (sum(more) ** 2).sum() + (sum(rows) @ more[0])


def in_two_lists(x, y, n):
    z = np.array([x, y])
    a = [z * k for k in range(n)]
    b = [u for u in a]  # noqa: C416
    for k in range(1, n):
        b[k] = b[k] + b[k - 1] * a[k]
    return (sum(b) ** 2).sum() + (sum(a) ** 2).sum()


def at_a_place_that_is_asked(x, y, n):
    z = np.array([x, y])
    rows = [np.sin(z), np.cos(z), z * z]
    rows[1] = rows[1] * rows[0]
    rows[n % 3] = rows[n % 3] + rows[n % 2] * rows[0]
    return ((rows[0] + rows[1] + rows[2]) ** 2).sum()


# --- an entry that is an array, or a number in its place --------------------------------------


def the_last_or_a_number(x, y, n):
    z = np.array([x, y])
    rows = []
    for k in range(n):
        rows.append(z * k + (rows[k - 1] if k else 0.0))
    return sum(r @ r for r in rows)


def by_a_name(x, y, n):
    z = np.array([x, y])
    rows = [z]
    for k in range(n):
        if k % 2:  # noqa: SIM108
            u = rows[k]
        else:
            u = 1.5 * x
        rows.append(u * z)
    return sum(r.sum() for r in rows)


def replaced(x, y, n):
    z = np.array([x, y])
    rows = []
    for k in range(n):
        u = y
        if k:
            u = rows[-1]
        rows.append(u * 0.5 + z)
    return sum(r.sum() ** 2 for r in rows)


def in_place_of_none(x, y, n):
    z = np.array([x, y])
    rows = [None] * n
    for k in range(n):
        rows[k] = (rows[k - 1] if k > 0 else x) * z
    return sum(r.sum() ** 2 for r in rows)


def one_of_two_lists(x, y, n):
    z = np.array([x, y])
    rows = [z, z * y]
    t = 0.0
    for k in range(n):
        u = rows[k % 2] if k else x * y
        t += (u * z).sum()
    return t


# --- a name that is a number, or None, until a step of a loop gives it an entry ----------------


def handed_on(x, y, n):
    z = np.array([x, y])
    rows = [z, z * y, np.sin(z)]
    last = 0.0
    t = 0.0
    for k in range(n):
        t += (last * z).sum()
        last = rows[k % 3]
    return t


def chosen_before(x, y, n):
    z = np.array([x, y])
    rows = [z, z * y, np.sin(z)]
    u = rows[0] if n % 2 else x
    t = 0.0
    for k in range(n):
        t += (u * z).sum()
        if k == 1:
            u = rows[1]
    return t


def the_best(x, y, n):
    z = np.array([x, y])
    rows = [z * k for k in range(n)]
    best = None
    for r in rows:
        if best is None or r.sum() > best.sum():
            best = r
    return (best * z).sum()


class Cell:
    def __init__(self):
        self.last = None

    def put(self, row):
        before, self.last = self.last, row
        return before


def kept_in_an_object(x, y, n):
    z = np.array([x, y])
    rows = [z * k for k in range(n)]
    cell = Cell()
    t = x
    for r in rows:
        before = cell.put(r)
        if before is not None:
            t += (before * r).sum()
    return t


# --- a list that its own steps read -----------------------------------------------------------


def grown_by_itself(x, y, n):
    xs = []
    for k in range(n):
        xs.append(x * k + (xs[k - 1] if k else y))
    return sum(v * v for v in xs)


FUNCTIONS = [
    summed, made_with_numbers, summed_twice, in_two_lists, at_a_place_that_is_asked,
    the_last_or_a_number, by_a_name, replaced, in_place_of_none, one_of_two_lists, handed_on,
    chosen_before, the_best, kept_in_an_object, grown_by_itself,
]  # fmt: skip


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_slopes_are_those_of_the_arrays(f: Callable[..., Any], mode: str) -> None:
    derivative = value_and_grad(f, ("x", "y"), mode=mode)
    for x, y, n in POINTS:
        value, slopes = derivative(x, y, n)
        assert value == f(x, y, n)
        for slope, (expected, noise) in zip(
            slopes, partials(lambda x, y, n=n: f(x, y, n), (x, y)), strict=True
        ):
            assert slope == pytest.approx(expected, rel=1e-7, abs=1e-7 + noise)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_second_slopes_are_those_of_the_arrays(f: Callable[..., Any]) -> None:
    first, second = grad(f, ("x", "y")), hessian(f, ("x", "y"))
    for x, y, n in POINTS:
        expected = partials(lambda x, y, n=n: first(x, y, n), (x, y))
        for column, (slopes, noise) in zip(np.transpose(second(x, y, n)), expected, strict=True):
            assert column == pytest.approx(slopes, rel=1e-6, abs=1e-6 + noise)


def test_a_list_of_arrays_is_not_added_to_in_place() -> None:
    derivative = grad(in_two_lists, "x")
    derivative(*POINTS[0])
    assert "b[k] = b[k] + b[k - 1] * a[k]" in derivative.source


# --- lists of arrays that are made of a list of numbers ---------------------------------------


def one_number_for_all_entries(xs, c):
    more = [c * w for w in xs]
    u = np.tanh(more[-1] + c)
    return sum(more).sum() + u @ c


def one_number_and_others(xs, c):
    more = [np.sin(c * w) for w in xs]
    return sum(more).sum() * 0.5 + sum(r @ r for r in more) + (more[0] * more[-1]).sum()


def with_one_more(xs, c):
    rows = [c * w for w in xs]
    rows.append(np.tanh(c))
    return sum((r * r).sum() for r in rows)


XS, C = [0.9, -0.2, 1.4, 0.5], np.array([0.6, 1.2, -0.3])


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("f", [one_number_for_all_entries, one_number_and_others, with_one_more])
def test_slopes_have_the_layout_of_the_numbers(f: Callable[..., Any], mode: str) -> None:
    by_numbers, by_array = grad(f, ("xs", "c"), mode=mode)(XS, C)
    for k, expected in enumerate(partials(lambda *xs: f(list(xs), C), XS)):
        assert by_numbers[k] == pytest.approx(expected[0], rel=1e-7, abs=1e-7)
    for k, expected in enumerate(partials(lambda *c: f(XS, np.array(c)), list(C))):
        assert by_array[k] == pytest.approx(expected[0], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("f", [one_number_for_all_entries, one_number_and_others, with_one_more])
def test_tangents_of_lists_may_grow_behind_the_loop(f: Callable[..., Any]) -> None:
    direction = np.array([0.3, -0.5, 0.7])
    first = grad(f, "c")
    expected, _ = along(lambda h: first(XS, C + h * direction))
    assert hvp(f, "c")(XS, C, direction)[1] == pytest.approx(expected, rel=1e-6, abs=1e-6)
    value, tangent = jvp(f, "c")(XS, C, direction)
    assert value == f(XS, C)
    assert tangent == pytest.approx(first(XS, C) @ direction, rel=1e-12)
