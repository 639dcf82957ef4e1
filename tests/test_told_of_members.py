"""Single points that sets and counts of entries tell of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.slopes import check_single_point, check_slope_at


def within(x: float) -> float:
    return 1.0 if {x} <= {1.0, 2.0} else x * x


def apart(x: float) -> float:
    return x * x if {x}.isdisjoint([1.0]) else 1.0


def shared(x: float) -> float:
    return 1.0 if {x} & {1.0} else x * x


def shared_ones(x: float) -> float:
    return 1.0 if len({x}.intersection({1.0})) > 0 else x * x


def different(x: float) -> float:
    numbers = [x, 1.0, 3.0]
    return 1.0 if len(set(numbers)) < 3 else x * x


def different_entries(x: float) -> float:
    return 1.0 if np.unique(np.array([x, 1.0])).size == 1 else x * x


def fewer_entries(x: float) -> float:
    v = np.array([x, 1.0, 3.0])
    return x * x if len(np.unique(v)) == len(v) else 1.0


def not_zero(x: float) -> float:
    return 1.0 if np.nonzero(np.array([x - 1.0]))[0].size == 0 else x * x


def places_of_not_zero(x: float) -> float:
    return x * x if len(np.flatnonzero(np.array([x - 1.0, 1.0 - x]))) else 1.0


def counted(x: float) -> float:
    return 1.0 if np.count_nonzero([x - 1.0]) < 1 else x * x


def among(x: float) -> float:
    return 1.0 if np.isin(np.array([x]), [1.0, 3.0]).any() else x * x


def common(x: float) -> float:
    return 1.0 if np.intersect1d(np.array([x]), [1.0, 3.0]).size else x * x


def none_is_zero(x: float) -> float:
    return x * x if np.array([x - 1.0, 2.0]).all() else 1.0


def same_arrays(x: float) -> float:
    return 1.0 if np.array_equal([x, 2.0], [1.0, 2.0]) else x * x


def close_to_nothing(x: float) -> float:
    return 1.0 if np.allclose(x - 1.0, 0.0, atol=0.0) else x * x


def by_a_method(x: float) -> float:
    return 1.0 if x.__eq__(1.0) else x * x


def by_the_other_method(x: float) -> float:
    return x * x if x.__ne__(1.0) else 1.0


POINTS = [
    *(within, apart, shared, shared_ones, different, different_entries, fewer_entries),
    *(not_zero, places_of_not_zero, counted, among, common, none_is_zero, same_arrays),
    *(close_to_nothing, by_a_method, by_the_other_method),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", POINTS, ids=lambda f: f.__name__)
def test_a_point_that_is_told_has_no_slope_and_those_beside_it_have_theirs(
    f: Callable[[float], float], mode: str
) -> None:
    check_single_point(f, 1.0, mode)


def positive_ones(x: float) -> float:
    v = np.array([x, -1.0, 2.0 * x])
    return x * x * np.count_nonzero(v > 0) if len(np.nonzero(v < 0)[0]) else x


def words(x: float) -> float:
    return x * x if {"a"} <= {"a", "b"} and not {"a"}.isdisjoint({"a"}) else 1.0


def with_a_zero(x: float) -> float:
    return x if np.array([x, 0.0]).all() else x * x * x


def first_entries_first(x: float) -> float:
    best, name = max((x * x, "low"), (x + 0.3, "high"), (2.0 * x, "steep"))
    return best if (best, name) > (0.1, "low") and (x, "b") <= (3.0, "a") else 1.0


def all_different(x: float) -> float:
    v = np.array([x, 2.0 * x, 5.0])
    return float(np.sum(np.unique(v) ** 2)) if np.unique(v).size == 3 else 1.0


def best_of_pairs(x: float) -> float:
    value, name = max((weight * x * x, name) for name, weight in {"a": 2.0, "b": 3.0}.items())
    return value if name == "b" else 1.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [best_of_pairs, positive_ones, words, with_a_zero, first_entries_first, all_different],
    ids=lambda f: f.__name__,
)
def test_what_is_counted_over_a_region_is_differentiated(
    f: Callable[[float], float], mode: str
) -> None:
    check_slope_at(f, (0.7, 1.0), mode)
