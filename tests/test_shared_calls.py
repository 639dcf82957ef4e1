"""Directions of a derivative whose branches are joined call a function of the same once."""

from __future__ import annotations

import itertools
import math

import pytest

from chainrule import grad
from tests import oracle


def beveled(a, b, angle):
    share = (1 - angle / 90.0) * (angle / 90.0) ** (1.0 / (1 + b / a))
    return 1 + 0.622 * (1 - share * (b / a) ** ((1 - math.sqrt(b / a)) / 2.0))


@pytest.mark.parametrize("wrt", [(0, 1), (0, 1, 2)])
def test_one_logarithm_serves_all_directions(wrt: tuple[int, ...]) -> None:
    slopes = grad(beveled, wrt=wrt, mode="forward")
    for point in itertools.product((0.7, 1.3), (0.4, 2.0), (30.0, 45.0)):
        for k, slope in zip(wrt, slopes(*point), strict=True):
            verdict = oracle.derivative(beveled, point, wrt=k)
            assert verdict.decided and oracle.agrees(verdict, slope)
    calls = [part for part in slopes.source.split() if part.startswith("log(")]
    assert len(calls) == len(set(calls)) == 2, slopes.source
