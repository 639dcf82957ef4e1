"""Products are written without parentheses where that makes no difference."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from chainrule import grad
from tests import oracle


def doubled(x, y, z):
    return x * x * y * z * math.sin(z)


def halved(x, y, z):
    return math.sqrt(x) * y * math.exp(z)


def tripled(x, y, z):
    return x**3 * y * z


def limited(x, n, z):
    return x**n + z


@pytest.mark.parametrize("f", [doubled, halved, tripled], ids=lambda f: f.__name__)
def test_a_power_of_two_stands_before_a_product_without_parentheses(f: Any) -> None:
    slopes = grad(f, wrt=(0, 1, 2))
    for point in itertools.product((0.7, 1.3), repeat=3):
        for k, slope in enumerate(slopes(*point)):
            verdict = oracle.derivative(f, point, wrt=k)
            assert verdict.decided and oracle.agrees(verdict, slope)
    assert "2.0 * (" not in slopes.source and "0.5 * (" not in slopes.source


def test_what_lies_between_two_numbers_is_compared_in_a_row() -> None:
    slope = grad(limited)
    assert " and 0.0 < n < 1.0" in slope.source
    assert slope(0.0, 0.5, 1.0) == math.inf
    assert slope(0.0, 1.0, 1.0) == 1.0
    assert slope(0.0, 1.5, 1.0) == 0.0
