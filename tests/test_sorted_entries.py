"""Ties of entries in order, least magnitudes and counts that are so at single points only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule import grad
from tests.slopes import check_single_point, check_slope_at


def first_two(x: float) -> float:
    s = sorted([x, 1.0, 3.0])
    return 1.0 if s[0] == s[1] else x * x


def below(x: float) -> float:
    s = sorted((x, 1.0))
    return x**3 if s[0] < s[1] else 1.0


def from_above(x: float) -> float:
    s = sorted([x, 1.0, -3.0], reverse=True)
    return x**3 if s[0] - s[1] > 0 else 1.0


def neighbours(x: float) -> float:
    s = sorted([3.0, x, 1.0])
    for a, b in zip(s, s[1:], strict=False):
        if a == b:
            return 1.0
    return x * x


def neighbours_by_place(x: float) -> float:
    s = sorted([3.0, 1.0, x])
    for i in range(len(s) - 1):
        if s[i] == s[i + 1]:
            return 1.0
    return x * x


def least_gap(x: float) -> float:
    s = sorted([3.0, 1.0, x])
    # ruff: noqa: RUF007
    return x**3 if min([b - a for a, b in zip(s, s[1:], strict=False)]) > 0 else 1.0


def least_gap_of_arrays(x: float) -> float:
    return x**3 if np.diff(np.sort(np.array([3.0, 1.0, x]))).min() > 0 else 1.0


def turned_round(x: float) -> float:
    s = np.sort(np.array([-3.0, 1.0, x]))[::-1]
    return x**3 if s[0] > s[1] else 1.0


def least_magnitude(x: float) -> float:
    return x**3 if min(abs(x - 1.0), abs(x + 1.0), 2.0) > 0 else 1.0


def least_of_many(x: float) -> float:
    return x**3 if min(abs(q) for q in [x - 1.0, x + 1.0]) > 0 else 1.0


def least_of_array(x: float) -> float:
    return x**3 if np.abs(np.array([x - 1.0, x + 1.0])).min() > 0 else 1.0


def least_of_rows(x: float) -> float:
    return x**3 if min(abs(np.array([x - 1.0, x + 1.0]))) > 0 else 1.0


def all_of_array(x: float) -> float:
    return x**3 if np.all(np.abs(np.array([x - 1.0, x + 1.0])) > 0) else 1.0


def all_of_list(x: float) -> float:
    return x**3 if all([x - 1.0, x + 1.0]) else 1.0


def as_many_as_there_are(x: float) -> float:
    v = np.array([x - 1.0, x + 1.0])
    return x**3 if np.count_nonzero(v) == v.size else 1.0


def most_often(x: float) -> float:
    _, counts = np.unique(np.array([x, 1.0, 3.0]), return_counts=True)
    return 1.0 if counts.max() > 1 else x * x


def some_often(x: float) -> float:
    _, _, counts = np.unique(np.array([x, 1.0]), return_index=True, return_counts=True)
    return 1.0 if np.any(counts != 1) else x * x


def fewer(x: float) -> float:
    numbers = [q * q for q in (x, 1.0, 3.0)]
    return 1.0 if len(set(numbers)) < len(numbers) else x * x


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [
        *(first_two, below, from_above, neighbours, neighbours_by_place, least_gap),
        *(least_gap_of_arrays, turned_round, least_magnitude, least_of_many, least_of_array),
        *(least_of_rows, all_of_array, all_of_list, as_many_as_there_are, most_often),
        *(some_often, fewer),
    ],
    ids=lambda f: f.__name__,
)
def test_what_is_equal_at_a_point_has_no_slope_there(
    f: Callable[[float], float], mode: str
) -> None:
    check_single_point(f, 1.0, mode)


def one_twice(x: float) -> float:
    s = sorted([x, x, 3.0])
    return x**3 if s[0] == s[1] else 1.0


def distances(x: float) -> float:
    places = [x, 1.0, 2.5]
    s = sorted([abs(a - b) for a in places for b in places])
    return x**3 if s[0] == s[1] else 1.0


def cut_off(x: float) -> float:
    s = sorted([max(q, 2.0) for q in (x, 1.0, 3.0)])
    return x**3 if s[0] < s[1] else x * x


def first_of_the_others(x: float) -> float:
    _, inverse, _ = np.unique(np.array([x, 1.3, 3.0]), return_inverse=True, return_counts=True)
    return x**3 if inverse.max() > 1 else 1.0


def few_are_nothing(x: float) -> float:
    return x**3 if np.count_nonzero(np.array([x, 0.0, 2.0])) < 3 else 1.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [one_twice, distances, cut_off, first_of_the_others, few_are_nothing])
def test_what_is_equal_over_a_region_is_differentiated(
    f: Callable[[float], float], mode: str
) -> None:
    check_slope_at(f, (0.7, 1.6), mode)


def sum_without_zeros(v: np.ndarray) -> float:
    return 1.0 if np.any(v == 0) else v.sum()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_sweeps_over_the_entries_of_an_array_raise_at_what_a_mask_has_found(mode: str) -> None:
    slope = grad(sum_without_zeros, mode=mode)
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        slope(np.array([0.0, 1.0, 2.0]))
    assert list(slope(np.array([0.5, 1.0, 2.0]))) == [1.0, 1.0, 1.0]
