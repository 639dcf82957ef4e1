"""Arrays that a step of a loop replaces by arrays of other lengths."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import grad
from tests.differences import partials

C = np.array([0.6, 1.2, -0.3])


def replaced(c, x, n):
    v = c
    for k in range(n):
        v = np.array([x, x * x]) * k
    return v.sum()


def fewer_rows(c, x, n):
    rows = np.array([c, c * x, c])
    for k in range(n):
        rows = np.array([c, c * k * x])
    return (rows * rows).sum() + x * c.sum()


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", [replaced, fewer_rows])
def test_the_slope_has_the_lengths_of_what_was_replaced(f, n, mode):
    by_array, by_number = grad(f, ("c", "x"), mode=mode)(C, 0.7, n)
    assert by_array.shape == C.shape
    *entries, number = partials(lambda a, b, d, x: f(np.array([a, b, d]), x, n), [*C, 0.7])
    assert by_array == pytest.approx([slope for slope, _ in entries], rel=1e-7, abs=1e-7)
    assert by_number == pytest.approx(number[0], rel=1e-7, abs=1e-7)
