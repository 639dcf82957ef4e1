"""False positions: searches whose trials follow the function have the slopes of their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainrule import value_and_grad
from tests.differences import along


def cubic(v, p, a):
    return a * v**3 + v - p


def of_the_ends(p, a):
    lo, hi = 0.0, 4.0
    for _ in range(4):
        x = hi - cubic(hi, p, a) * (hi - lo) / (cubic(hi, p, a) - cubic(lo, p, a))
        if cubic(lo, p, a) * cubic(x, p, a) < 0:
            hi = x
        else:
            lo = x
    return x


def to_a_tolerance(p, a):
    lo, hi = 0.005, 4.0
    low, high = cubic(lo, 0.0, a), cubic(hi, 0.0, a)
    v = lo + (p - low) * (hi - lo) / (high - low)
    value = cubic(v, 0.0, a)
    n = 0
    while abs(p - value) > 0.8 and n < 20:
        n += 1
        if value < p:
            lo = v
        else:
            hi = v
        low, high = cubic(lo, 0.0, a), cubic(hi, 0.0, a)
        v = lo + (p - low) * (hi - lo) / (high - low)
        value = cubic(v, 0.0, a)
    return v


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [of_the_ends, to_a_tolerance])
def test_a_false_position_far_from_the_root_has_the_slope_of_its_steps(
    f: Callable[..., Any], mode: str
) -> None:
    value, (by_p, by_a) = value_and_grad(f, ("p", "a"), mode=mode)(3.0, 0.7)
    assert value == f(3.0, 0.7)
    assert by_p == pytest.approx(along(lambda t: f(3.0 + t, 0.7))[0], rel=1e-8)
    assert by_a == pytest.approx(along(lambda t: f(3.0, 0.7 + t))[0], rel=1e-8)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_end_that_stays_where_it_was_follows_nothing_else(mode: str) -> None:
    def end(p, start):
        lo, hi = 0.0, start
        for _ in range(60):
            x = lo - (lo * lo - p) * (hi - lo) / (hi * hi - lo * lo)
            if x * x > p:
                hi = x
            else:
                lo = x
        return hi

    assert value_and_grad(end, ("p", "start"), mode=mode)(1.3, 3.0) == (3.0, (0.0, 1.0))
