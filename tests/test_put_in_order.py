"""Two numbers that a branch has put in order are equal at single points only."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule import grad
from tests.differences import along


def mean(small: float, large: float) -> float:
    """The logarithmic mean of two different numbers."""
    return (large - small) / math.log(large / small)


def swapped(x: float, y: float) -> float:
    """The names change places."""
    if y < x:
        x, y = y, x
    if x == y:
        return x
    return mean(x, y)


def chosen(x: float, y: float) -> float:
    """Two names more."""
    lo, hi = (y, x) if y < x else (x, y)
    return lo if lo == hi else mean(lo, hi)


def chosen_apart(x: float, y: float) -> float:
    """By comparisons that say the same the other way round."""
    lo = y if x > y else x
    hi = x if y < x else y
    return mean(lo, hi) if lo != hi else lo


def below(x: float, y: float) -> float:
    """The order is asked, not the equality."""
    if not x < y:
        x, y = y, x
    return mean(x, y) if y > x else x


def apart(x: float, y: float) -> float:
    """Their distance is asked."""
    if y < x:
        x, y = y, x
    gap = y - x
    return gap / math.log(y / x) if gap > 0.0 else x


def of_three(x: float, y: float) -> float:
    """A network that sorts."""
    a, b, c = x, y, 9.0
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    return a if a == b else mean(a, b)


def extremes(x: float, y: float) -> float:
    """The least and the greatest, one after the other."""
    lo = hi = x
    if y < lo:
        lo = y
    if y > hi:
        hi = y
    return lo if lo == hi else mean(lo, hi)


def turned(x: float, y: float) -> float:
    """A magnitude that is made by hand."""
    gap = x - y
    if gap < 0.0:
        gap = -gap
    return gap / abs(math.log(x / y)) if gap > 0.0 else x


def distance(x: float, y: float) -> float:
    """A distance that is made by hand."""
    gap = x - y if x > y else y - x
    return gap / abs(math.log(x / y)) if gap > 0.0 else x


def of_list(x: float, y: float) -> float:
    """A list that is turned round."""
    pair = [x, y]
    if pair[0] > pair[1]:
        pair = pair[::-1]
    return pair[0] if pair[0] == pair[1] else mean(pair[0], pair[1])


PROGRAMS = [swapped, chosen, chosen_apart, below, apart, of_three]
PROGRAMS += [extremes, turned, distance, of_list]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_where_they_are_equal_no_slope_is_known(f: Any, mode: Any) -> None:
    slope = grad(f, (0, 1), mode=mode)
    for x, y in ((1.0, 2.5), (2.5, 1.0)):
        found = slope(x, y)
        for k in (0, 1):
            expected, noise = along(lambda h, k=k, x=x, y=y: f(x + h * (k == 0), y + h * (k == 1)))
            assert found[k] == pytest.approx(float(expected), abs=1e-9 + noise)
    with pytest.raises(ArithmeticError, match="no slope is known at this single point"):
        slope(1.5, 1.5)


def larger(x: float, y: float) -> float:
    """Here they are equal in half of the plane."""
    high = x if x > y else y
    if high == x:
        return high * y
    return high * y * y


def clipped(x: float, y: float) -> float:
    """Here they are both y where x is large."""
    low, high = (y, y) if x > 2.0 else (x, y + 1.0)
    return x * y if low == high else low * high


def folded(x: float, y: float) -> float:
    """A number with one sign cut off is no magnitude."""
    rest = x - y if x > y else 0.0
    return x * y if rest > 0.0 else x * y * y


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_a_maximum_has_cut_off_is_at_no_point(mode: Any) -> None:
    assert grad(folded, (0, 1), mode=mode)(1.0, 3.0) == (9.0, 6.0)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("f", "point"), [(larger, (3.0, 2.0)), (clipped, (3.0, 2.0))])
def test_what_may_be_one_is_at_no_point(f: Any, point: Any, mode: Any) -> None:
    assert grad(f, (0, 1), mode=mode)(*point) == (2.0, 3.0)
