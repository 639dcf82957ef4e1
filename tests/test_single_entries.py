"""Numbers that are made arrays of one entry, and numbers again: how many there are is known."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import jvp, value_and_grad
from tests.differences import along


def number_again(x):
    if np.isscalar(x):
        return x
    return x.item() if x.size == 1 else x


def series(t):
    t = number_again((np.atleast_1d(t) - 2.0) / 3.0)
    total = 0.0
    for k in range(60):
        total += np.sin(t * k) / (1 + k)
    return total * np.size(t)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_an_array_of_one_entry_is_a_number_again_before_a_loop(mode) -> None:
    value, slope = value_and_grad(series, mode=mode)(5.0)
    assert value == series(5.0)
    assert slope == pytest.approx(along(lambda h: series(5.0 + h))[0], rel=1e-8)


def test_an_array_of_several_entries_stays_one() -> None:
    t = np.array([1.0, 2.5, 5.0])
    value, slopes = jvp(series)(t, np.ones(3))
    np.testing.assert_array_equal(value, series(t))
    expected = along(lambda h: series(t + h))[0]
    np.testing.assert_allclose(slopes, expected, rtol=1e-8)
