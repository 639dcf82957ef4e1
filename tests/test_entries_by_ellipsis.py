"""`x[..., 0]` of a vector is a view of one entry: what is computed of it never writes into x."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import value_and_grad
from tests import oracle


def scaled_once(v, a):
    x = v[..., 0]
    x = x * a
    return x * x


def of_two_entries(v, a):
    x, y = v[..., 0], v[..., 1]
    y = y + x * a
    x = x / a
    return x * y


def of_either_entry(v, a):
    x = v[1, ...] if a > 0.0 else v[0, ...]
    x = x - a
    return x * x


def again_and_again(v, a):
    x = v[..., 0]
    for _ in range(3):
        x = x * a
    return x * v[1]


def entry_by_entry(v, a):
    total = 0.0
    for x in [v[..., 0], v[..., 1]]:
        x = x * a
        total = total + x * x
    return total


def of_parts(v, a):
    def parts(v):
        return v.T[..., 0], v.T[..., 1]

    x, y = parts(v)
    x = x * a
    y = y - x
    return x * y


@pytest.mark.parametrize("wrt", ["v", "a", ("v", "a")])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [scaled_once, of_two_entries, of_either_entry, again_and_again, entry_by_entry, of_parts]
)
def test_the_array_stays_as_it_was(f, mode, wrt):
    v = np.array([3.0, 2.0])
    value, slopes = value_and_grad(f, wrt=wrt, mode=mode)(v, 2.0)
    assert v.tolist() == [3.0, 2.0]
    assert value == f(np.array([3.0, 2.0]), 2.0)
    by_name = dict(zip(wrt, slopes, strict=True)) if isinstance(wrt, tuple) else {wrt: slopes}
    if "a" in by_name:
        verdict = oracle.derivative(f, (v, 2.0), wrt="a")
        assert verdict.decided, verdict.reason
        assert by_name["a"] == pytest.approx(verdict.value, rel=1e-8)
    if "v" in by_name:
        exact = [f(v + step, 2.0).imag / 1e-20 for step in 1e-20j * np.eye(2)]
        np.testing.assert_allclose(by_name["v"], exact, rtol=1e-14)
