"""Arrays that are closed to writing: ``a.setflags(write=False)``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import UnsupportedError, grad, jvp

POINT = np.array([0.4, 1.1, -0.7])


@dataclass(frozen=True)
class Points:
    array: np.ndarray

    def __post_init__(self):
        array = np.array(self.array, dtype=float, copy=True)
        array.setflags(write=False)
        object.__setattr__(self, "array", array)

    def energy(self):
        return np.sum(self.array**3)


def energy(x):
    return Points(x).energy()


def copied(x):
    a = np.sin(x)
    a.setflags(write=False)
    b = a.copy()
    b[0] = 1.0
    return b * a


def test_an_array_that_is_closed_to_writing_has_the_same_slopes():
    assert grad(energy)(POINT) == pytest.approx(3.0 * POINT**2, rel=1e-14)
    value, tangent = jvp(copied, "x")(POINT, x_dot=np.ones(3))
    assert np.array_equal(value, copied(POINT))
    sine, cosine = np.sin(POINT), np.cos(POINT)
    expected = np.array([1.0, 2.0, 2.0]) * cosine * np.array([1.0, *sine[1:]])
    assert tangent == pytest.approx(expected, rel=1e-14)


def written_later(x):
    a = np.sin(x)
    a.setflags(write=False)
    a[0] = 3.0
    return a


def of_the_caller(x):
    x.setflags(write=False)
    return x * 2.0


@pytest.mark.parametrize("f", [written_later, of_the_caller])
def test_what_closing_to_writing_would_change_is_refused(f):
    with pytest.raises(UnsupportedError, match=r"written to after|the method `setflags`"):
        jvp(f, "x")(POINT.copy(), x_dot=np.ones(3))
