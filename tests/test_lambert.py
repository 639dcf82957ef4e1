"""Lambert's function, of which a program has the real part: beyond its real branches, too."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.special import lambertw

from chainrule import grad


def principal(x):
    return lambertw(x).real


def lower(x):
    return lambertw(x, -1).real


def third(x):
    return lambertw(x, 2).real


BRANCHES = {principal: 0, lower: -1, third: 2}
POINTS = [-3.0, -0.73, -0.38, -0.3, -0.1, 0.5, 2.0]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("f", BRANCHES, ids=lambda f: f.__name__)
def test_the_real_part_has_its_own_slope_on_every_branch(f, x: float, mode: str) -> None:
    with mpmath.workdps(40):
        w = mpmath.lambertw(mpmath.mpf(x), BRANCHES[f])
        first = 1 / (mpmath.exp(w) * (1 + w))
        second = -(2 + w) * first**2 / (1 + w)
        expected = float(mpmath.re(first)), float(mpmath.re(second))
    assert grad(f, mode=mode)(x) == pytest.approx(expected[0], rel=1e-9)
    assert grad(grad(f, mode=mode), mode=mode)(x) == pytest.approx(expected[1], rel=1e-8)


def test_entries_of_an_array_are_told_apart() -> None:
    x = np.array(POINTS)
    found = grad(lambda x: float(np.sum(lambertw(x).real)))(x)
    assert found == pytest.approx([grad(principal)(each) for each in POINTS])
