"""How far apart the ends of a search are is a part of how far apart they were at first."""

from __future__ import annotations

import pytest

from chainrule import grad
from tests.differences import along


def width(p, q, steps):
    lo, hi = 0.0, 2.0 * q
    for _ in range(steps):
        mid = 0.5 * (lo + hi)
        if mid * mid > p:
            hi = mid
        else:
            lo = mid
    return hi - lo


def width_beside_the_root(p, q, steps):
    lo, hi = 0.0, 2.0 * q
    for _ in range(steps):
        mid = 0.5 * (lo + hi)
        if mid * mid > p:
            hi = mid
        else:
            lo = mid
    return mid + 100.0 * (hi - lo)


def width_of_a_section(p, q, steps):
    a, b = 0.0, 2.0 * q
    for _ in range(steps):
        c, d = b - 0.618 * (b - a), a + 0.618 * (b - a)
        if (c - p) ** 2 + c**4 < (d - p) ** 2 + d**4:
            b = d
        else:
            a = c
    return b - a


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_width_of_a_section_that_moves_with_its_ends_has_no_known_slope(mode: str) -> None:
    expected, _ = along(lambda h: width_of_a_section(0.73, 1.21 + h, 6))
    assert expected == pytest.approx(2.0 * 0.618**6)
    with pytest.raises(ArithmeticError, match="no slope is known"):
        grad(width_of_a_section, wrt="q", mode=mode)(0.73, 1.21, 6)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [width, width_beside_the_root], ids=lambda f: f.__name__)
def test_a_width_that_moves_with_its_ends_has_no_known_slope(f, mode: str) -> None:
    expected, _ = along(lambda h: width(0.73, 1.21 + h, 6))
    assert expected == pytest.approx(2.0 / 2**6)
    with pytest.raises(ArithmeticError, match="too far from the root"):
        grad(f, wrt="q", mode=mode)(0.73, 1.21, 6)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_width_that_is_next_to_nothing_leaves_the_slope_of_the_root(mode: str) -> None:
    assert grad(width_beside_the_root, wrt="p", mode=mode)(0.73, 1.21, 50) == pytest.approx(
        0.5 / 0.73**0.5, rel=1e-9
    )
    assert grad(width_beside_the_root, wrt="q", mode=mode)(0.73, 1.21, 50) == pytest.approx(0.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_width_between_ends_that_stay_is_flat(mode: str) -> None:
    assert grad(width, wrt="p", mode=mode)(0.73, 1.21, 6) == 0.0
