"""Searches for whole numbers: those that stand for real ones, positions, and counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainrule import grad
from chainrule.errors import NotDifferentiableError
from tests.slopes import check_slope_at

SCALE = 2**18


def by_bits(p: float) -> float:
    k = 0
    for b in reversed(range(20)):
        tried = k | (1 << b)
        if (tried / SCALE) ** 2 <= p:
            k = tried
    return k / SCALE


def by_powers_of_two(p: float) -> float:
    k, step = 0, 1 << 19
    while step:
        if ((k + step) / SCALE) ** 2 <= p:
            k += step
        step >>= 1
    return k / SCALE


def beside_others(p: float) -> float:
    k = 0
    for b in range(20):
        tried = k + (1 << (19 - b))
        if (tried / SCALE) ** 2 <= p:
            k = tried
    return p + k / SCALE


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [by_bits, by_powers_of_two, beside_others], ids=lambda f: f.__name__)
def test_a_number_that_is_found_bit_by_bit_is_refused(
    f: Callable[[float], float], mode: str
) -> None:
    with pytest.raises(NotDifferentiableError, match="`p` decides only which way a search goes"):
        grad(f, mode=mode)(1.3)


def between_whole_ends(p: float) -> float:
    low, high = 0, 2**40
    while high - low > 1:
        middle = (low + high) // 2
        if (middle / 2**38) ** 2 > p:
            high = middle
        else:
            low = middle
    return low / 2**38


def test_a_root_between_whole_numbers_has_its_slope() -> None:
    assert grad(between_whole_ends)(1.3) == pytest.approx(0.5 / 1.3**0.5, rel=1e-9)


TABLE = [1.0, 3.0, 2.0, 5.0, 4.0]


def on_a_grid(p: float) -> float:
    low, high = 0, 4
    while high - low > 1:
        middle = (low + high) // 2
        if middle * 0.5 > p:
            high = middle
        else:
            low = middle
    return TABLE[low] + (p - 0.5 * low) * (TABLE[high] - TABLE[low]) / 0.5


def step_of_a_table(p: float) -> float:
    low, high = 0, 4
    while high - low > 1:
        middle = (low + high) // 2
        if middle * 0.5 > p:
            high = middle
        else:
            low = middle
    return TABLE[low] * p


def by_prefix_sums(p: float) -> float:
    tree, place = [0.0, 0.2, 0.5, 0.1, 1.0, 0.3, 0.4, 0.1, 2.0], 0
    rest = p
    for b in (4, 2, 1):
        if tree[place + b] < rest:
            place += b
            rest -= tree[place]
    return TABLE[place % 5] * rest


def long_division(p: float) -> float:
    rest, quotient = 100.0 * p, 0
    for b in range(6, -1, -1):
        if rest >= 3.0 * 2**b:
            rest -= 3.0 * 2**b
            quotient += 2**b
    return rest * p + quotient


def counted(p: float) -> float:
    count, time = 0, 0.0
    while time < 5.0 * p:
        time += 0.3
        count += 1
    return count * 2.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f",
    [on_a_grid, step_of_a_table, by_prefix_sums, long_division, counted],
    ids=lambda f: f.__name__,
)
def test_positions_and_counts_stand_for_no_other_number(
    f: Callable[[float], float], mode: str
) -> None:
    check_slope_at(f, (0.71, 1.31), mode)
