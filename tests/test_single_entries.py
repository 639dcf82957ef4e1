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


def test_how_many_entries_there_are_is_looked_at_where_it_is_not_known() -> None:
    def halves(t):
        t = np.asarray(t) / 2.0
        return np.cos(t[0]) if t.size == 1 else np.sin(t)

    for t in (np.array([3.0]), np.array([1.0, 2.5])):
        value, slopes = jvp(halves)(t, np.ones(t.size))
        np.testing.assert_array_equal(value, halves(t))
        np.testing.assert_allclose(slopes, along(lambda h, t=t: halves(t + h))[0], rtol=1e-8)
