"""Whole-array code under Numba: what it alone needs, and what it cannot compile."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule import grad, value_and_grad
from chainrule.errors import UnsupportedError
from tests.differences import along

pytest.importorskip("numba")
pytestmark = pytest.mark.filterwarnings("ignore")

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(size=(4, 3))
VECTOR = RANDOM.normal(size=3)


def check(f: Any, *arguments: Any) -> Any:
    """A value and gradient by the first argument that agrees with differences."""
    derivative = value_and_grad(f, target="numba")
    value, slopes = derivative(*arguments)
    assert value == pytest.approx(f(*arguments), rel=1e-13)
    x, rest = arguments[0], arguments[1:]
    for direction in (np.ones_like(x), np.cos(np.arange(x.size)).reshape(x.shape)):
        expected, error = along(lambda t: f(x + t * direction, *rest))  # noqa: B023
        assert np.sum(slopes * direction) == pytest.approx(expected, rel=1e-9, abs=10.0 * error)
    return derivative


def test_a_name_with_a_number_is_no_version_of_the_name_without() -> None:
    def versions(x, x_1):
        total = x * x_1
        total = total * x
        total_1 = x + 1.0
        x = x * total_1
        return np.sum(total * total_1 * x * x_1)

    assert "total1 = " in check(versions, VECTOR, np.cos(VECTOR)).source


def test_vector_products_of_stacks_are_loops_over_the_rows() -> None:
    def torque(x, arm, one):
        turned = np.cross(x, arm)
        return np.sum(np.cross(turned, one) ** 2) + np.sum(np.cross(one[0], turned) * x)

    derivative = check(torque, ROWS, np.cos(ROWS), ROWS[:1] + 0.3)
    assert "cross_of_n_n(x, arm)" in derivative.source
    with pytest.raises(ValueError, match="do not match"):
        derivative(ROWS, np.cos(ROWS[:3]), ROWS[:1])


def test_a_product_of_stacks_reads_what_is_transposed_in_place() -> None:
    def whitened(x, y):
        return np.sum(np.exp(x @ np.transpose(y, (0, 2, 1))) * np.swapaxes(y @ x, 1, 2))

    x, y = RANDOM.normal(size=(2, 3, 3)) / 3.0, RANDOM.normal(size=(2, 3, 3))
    derivative = check(whitened, x, y)
    assert "einsum_aij_akj_aik(x, y)" in derivative.source
    with pytest.raises(ValueError, match="do not match"):
        derivative(x, y[:, :, :2].copy())


def test_positions_that_are_brought_in_are_refused_and_equal_ones_keep_their_order() -> None:
    def around(x, weights):
        return np.sum(x) * np.sum(np.take(weights, np.array([5, 7]), mode="wrap"))

    with pytest.raises(UnsupportedError, match="mode 'wrap'"):
        grad(around, target="numba")(VECTOR, ROWS[0])

    def ranked(x, keys):
        return np.sum(x[np.argsort(keys, kind="stable")] * np.cos(np.arange(len(x))))

    x = RANDOM.normal(size=40)
    check(ranked, x, np.arange(40.0) % 3.0)


def test_what_numba_has_no_type_for_is_told_at_the_users_line() -> None:
    def of_a_set(x, factors):
        doubled = x * 2.0
        for factor in factors:
            doubled = doubled * factor
        return np.sum(doubled)

    derivative = grad(of_a_set, target="numba")
    for _ in range(2):
        with pytest.raises(UnsupportedError, match="Unknown attribute '__iter__'"):
            derivative(VECTOR, {2.0, 3.0})


def test_reductions_over_several_axes_take_these_together() -> None:
    def spread(x):
        wide = np.ptp(x, axis=(1, 2)) * np.var(x, axis=(0, 1))[0]
        return np.sum(wide**2) + np.sum(np.max(x, axis=2, keepdims=True) ** 2 * x)

    x = RANDOM.normal(size=(2, 3, 2))
    derivative = check(spread, x)
    with pytest.raises(ValueError, match="no entry along an axis"):
        derivative(x[:, :, :0])
    x[1, 1, 1] = np.nan
    assert np.isnan(derivative(x)[0])


def test_what_numba_has_no_method_or_type_for_is_written_in_its_words() -> None:
    def words(x, places):
        above = (x > 0.0).astype(float)
        counted = np.bincount(places, weights=x**2)
        steps = np.gradient(x, 0.5) * np.tile(counted, 2)[: len(x)]
        within = np.triu(np.ones((3, 3), dtype=bool)).sum()
        return np.sum(np.interp([0.2, 1.4], counted, x[:3]) * within) + np.sum(steps * above)

    x = np.array([0.1, 1.2, -1.5, 0.7])
    source = check(words, x, np.array([0, 1, 2, 0])).source
    assert ".searchsorted(" not in source.replace("np.searchsorted(", "")


def test_lists_of_arrays_are_made_arrays_and_read_back() -> None:
    def stacked(x):
        rows, sizes = [], []
        for row in x:
            rows.append(row * row)
            sizes.append(row[0] * row[1])
        return np.sum(np.array(rows)[:, 0] * np.array(sizes)) + np.sum(np.array(rows) ** 2)

    assert "array_of_rows(rows)" in check(stacked, ROWS).source


def test_arrays_of_positions_of_two_lengths_are_refused_as_by_numpy() -> None:
    def picked(x, i, j):
        return np.sum(x[i, j] ** 2)

    derivative = check(picked, ROWS, np.array([0, 3]), np.array([2, 2]))
    with pytest.raises(ValueError, match="do not match"):
        derivative(ROWS, np.array([0, 3, 1]), np.array([2, 2]))


def test_matrices_of_whole_numbers_are_made_floats_where_they_meet_floats() -> None:
    def residual(x, design, system):
        gap = design @ x - np.dot(design[0] > 0, x)
        return gap @ gap + np.sum(np.linalg.solve(system, x) ** 2)

    design = np.arange(-4, 5).reshape(3, 3)
    check(residual, VECTOR, design, design + 7 * np.eye(3, dtype=int))


@pytest.mark.skipif(not hasattr(math, "cbrt"), reason="math.cbrt came with Python 3.11")
def test_functions_of_math_that_numba_lacks_are_those_of_numpy() -> None:
    def annotated(x: float) -> float:
        return math.cbrt(x) * math.fmod(x, 0.7)

    value, slope = value_and_grad(annotated, target="numba")(2.0)
    assert value == pytest.approx(annotated(2.0), rel=1e-15)
    assert slope == pytest.approx(0.6 * 2.0 ** (-2.0 / 3.0) / 3.0 + math.cbrt(2.0), rel=1e-13)


def test_calls_that_numba_lacks_are_written_as_what_they_are_defined_by() -> None:
    def known(x):
        return np.nanmax(x) * np.inner(x, np.insert(x, 1, 3.0)[:3])

    lines = check(known, VECTOR).source.splitlines()
    assert not any("np.nanmax" in line for line in lines if "# line" not in line)


def test_a_number_that_is_taken_for_an_array_stays_a_number() -> None:
    def polynomial(c, x):
        return np.polyval(c, x)

    check(polynomial, VECTOR, 0.3)


def test_lengths_of_complex_matrices_are_those_of_their_magnitudes() -> None:
    def lengths(x):
        z = np.outer(x + 1j, x - 2j * x)
        return np.linalg.norm(z) + np.linalg.norm(z, axis=0)[1]

    check(lengths, VECTOR)


def test_real_matrices_are_made_complex_where_they_meet_complex_ones() -> None:
    def state(x, m):
        z = np.array([x[0] + 1j, x[1] - 2j])
        return np.abs(m @ z + np.linalg.solve(np.outer(z, z.conj()) + np.eye(2), x[:2])).sum()

    check(state, VECTOR, np.array([[0, 1], [1, 1]]))
